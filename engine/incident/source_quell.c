/*
 * source_quell.c - an incident that already has our shape: what `show -o json` prints, what tests
 * and people write by hand. Strict: a key that is none of ours is an error, not a surprise later.
 */
#include "base/error.h"
#include "base/str.h"
#include "incident/incident.h"
#include "value/fields.h"
#include "value/value.h"

/* A title, and nothing that is not ours. */
static bool recognises(struct quell_value received)
{
    struct quell_value title;
    size_t i;

    if (!quell_find(received, QUELL_STR("title"), &title))
        return false;
    for (i = 0; i < received.len; i++) {
        if (!fields_find(incident_fields, quell_str(received.as.pairs[i].key)))
            return false;
    }
    return true;
}

static enum quell_code make(struct arena *arena, struct quell_value received,
                            struct incident *incident, struct quell_error *err)
{
    struct quell_str status = quell_get_str(received, "status");
    bool closed = str_equal_fold(status, QUELL_STR("closed")) ||
                  str_equal_fold(status, QUELL_STR("resolved"));

    (void)arena; /* conforming makes the copy */
    if (!quell_is(received, QUELL_MAP))
        return error_set(err, QUELL_INVALID, "expected an object, found %s",
                         value_type_name(received));
    incident->value = received;
    incident->event = closed ? INCIDENT_CLOSED : INCIDENT_CREATED;
    return QUELL_OK;
}

const struct incident_source source_quell = {
    .name = "quell",
    .doc = "An incident in quell's own shape, as `quell show -o json` prints it.",
    .recognises = recognises,
    .make = make,
};
