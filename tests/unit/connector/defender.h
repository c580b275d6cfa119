/*
 * defender.h - the shipped connector, and its isolating one device.
 */
#ifndef UNIT_CONNECTOR_DEFENDER_H
#define UNIT_CONNECTOR_DEFENDER_H

#include "fake.h"

#define DEVICE "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
#define LIST "/api/machineactions?$filter=machineId%20eq%20%27" DEVICE "%27"
#define MARK "[quell:0197b0b7-5a3c-7000-8000-000000000001/contain[0].isolate]"
#define ISOLATE_INPUT "{\"device_id\":\"" DEVICE "\",\"comment\":\"malware\"}"
#define EMPTY "{\"value\":[]}"

static struct registry *registry;

static inline int load(void **state)
{
    struct quell_error err;

    (void)state;
    return (int)registry_new(NULL, 0, &registry, &err);
}

static inline int unload(void **state)
{
    (void)state;
    registry_release(registry);
    return 0;
}

static inline struct fake *start(const char *name, const char *input)
{
    struct fake *fake = fake_new(registry_action(registry, quell_str_of(name), NULL), input, "{}");

    fake_start(fake);
    return fake;
}

#endif
