/*
 * test_defender_model.c - isolation against a small model of the service that crashes and loses
 * answers wherever it can: never a second isolation.
 */
#include "defender.h"

struct service {
    uint64_t dice;
    struct {
        const char *type, *comment;
        int age; /* looks since it was created: 0, 1 pending, 2 in progress, then ended */
    } actions[16];
    size_t count;
    size_t isolations; /* accepted */
};

static unsigned roll(struct service *service, unsigned sides)
{
    service->dice ^= service->dice << 13;
    service->dice ^= service->dice >> 7;
    service->dice ^= service->dice << 17;
    return (unsigned)(service->dice >> 33) % sides;
}

static const char *status_of(struct service *service, size_t i)
{
    int age = service->actions[i].age;

    return age < 2 ? "Pending" : age < 3 ? "InProgress" : "Succeeded";
}

static const char *list_json(struct service *service)
{
    static char text[4096];
    size_t len = (size_t)snprintf(text, sizeof(text), "{\"value\":[");

    for (size_t i = 0; i < service->count; i++) {
        len += (size_t)snprintf(
            text + len, sizeof(text) - len,
            "%s{\"id\":\"a%zu\",\"type\":\"%s\",\"status\":\"%s\",\"creationDateTimeUtc\":"
            "\"2026-01-02T00:00:%02zuZ\",\"requestorComment\":\"%s\"}",
            i > 0 ? "," : "", i, service->actions[i].type, status_of(service, i), i,
            service->actions[i].comment);
        service->actions[i].age++;
    }
    (void)snprintf(text + len, sizeof(text) - len, "]}");
    return text;
}

/* The engine ends and is started again; time passes meanwhile. */
static void crash(struct service *service, struct fake *fake)
{
    for (size_t i = 0; i < service->count; i++)
        service->actions[i].age += (int)roll(service, 4);
    fake->resumed = true;
    fake_turn(fake, NULL);
    fake->resumed = false;
}

/* Takes the request; its answer may be lost on the way, before or after it took effect. */
static void serve(struct service *service, struct fake *fake)
{
    static char text[512];
    size_t i;

    if (strcmp(fake->method, "POST") == 0) {
        if (roll(service, 3) == 0) {
            fake_no_reply(fake, QUELL_UNKNOWN_OUTCOME); /* it never got there */
            return;
        }
        for (i = 0; i < service->count && strcmp(status_of(service, i), "Succeeded") == 0;)
            i++;
        if (i < service->count) {
            fake_reply(fake, 400, "{\"error\":{\"code\":\"ActiveRequestAlreadyExists\"}}");
            return;
        }
        assert_true(service->count < 16);
        i = service->count++;
        service->actions[i].type = "Isolate";
        service->actions[i].comment = MARK;
        service->actions[i].age = 0;
        service->isolations++;
        (void)snprintf(text, sizeof(text),
                       "{\"id\":\"a%zu\",\"status\":\"Pending\",\"requestorComment\":\"%s\"}", i,
                       MARK);
        if (roll(service, 3) == 0)
            fake_no_reply(fake, QUELL_UNKNOWN_OUTCOME);
        else if (roll(service, 3) == 0)
            crash(service, fake);
        else
            fake_reply(fake, 201, text);
    } else if (strstr(fake->path, "?")) {
        fake_reply(fake, 200, list_json(service));
    } else {
        i = (size_t)strtoul(strrchr(fake->path, 'a') + 1, NULL, 10);
        (void)snprintf(text, sizeof(text), "{\"id\":\"a%zu\",\"status\":\"%s\"}", i,
                       status_of(service, i));
        service->actions[i].age++;
        fake_reply(fake, 200, text);
    }
}

/* At every request the engine may crash before it is sent, or after. */
static void never_isolates_twice(void **state)
{
    size_t crashes = 0, adopted = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct service service = {.dice = seed * 0x9E3779B97F4A7C15u};
        struct fake *fake;
        size_t turns = 0, before;
        bool foreign = roll(&service, 4) == 0;
        if (foreign) {
            service.actions[service.count].type = "Isolate";
            service.actions[service.count].comment = "somebody else's";
            service.actions[service.count++].age = (int)roll(&service, 4);
        }
        before = service.count;
        fake = start("defender.isolate-device", ISOLATE_INPUT);
        while (fake->asked == QUELL_SENDING || fake->asked == QUELL_SLEEPING) {
            assert_true(++turns < 200);
            if (fake->asked == QUELL_SLEEPING) {
                fake_turn(fake, NULL);
            } else if (roll(&service, 6) == 0) {
                crashes++;
                crash(&service, fake);
            } else {
                serve(&service, fake);
            }
        }
        if (fake->asked == QUELL_FAILED)
            fail_msg("seed %llu: %s", (unsigned long long)seed, fake->message);
        assert_true(service.isolations + before == 1);
        adopted += before;
        fake_free(fake);
    }
    assert_true(crashes > 500 && adopted > 100); /* the dice did roll */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_isolates_twice),
    };

    return cmocka_run_group_tests_name("connector.defender.model", tests, load, unload);
}
