/*
 * entity.h - the entities of an incident: made from a sender's by rules, each once; internal to
 * incident/.
 */
#ifndef INCIDENT_ENTITY_H
#define INCIDENT_ENTITY_H

#include <stddef.h>
#include <stdint.h>

#include <quell/connector.h>
#include <quell/error.h>
#include <quell/value.h>

#include "incident/read.h"

struct arena;

enum entity_kind { /* in the order of entity_fields */
                   ENTITY_DEVICE,
                   ENTITY_USER,
                   ENTITY_MAILBOX,
                   ENTITY_MAIL,
                   ENTITY_IP,
                   ENTITY_DOMAIN,
                   ENTITY_URL,
                   ENTITY_FILE,
                   ENTITY_PROCESS,
                   ENTITY_REGISTRY,
                   ENTITY_CLOUD_RESOURCE,
                   ENTITY_APPLICATION,
                   ENTITY_KINDS
};

enum { ENTITY_FIELDS_MAX = 16, ENTITY_RULE_FIELDS = 14 };

/* One entity being made: a value for each row of its kind's field table. */
struct entity {
    enum entity_kind kind;
    const struct quell_field *fields;
    struct quell_value values[ENTITY_FIELDS_MAX];
};

/* Where a field comes from: the first path that has a text. */
struct entity_from {
    const char *field;
    const char *paths[2];
};

/* How a sender's kind becomes one of ours. */
struct entity_rule {
    const char *sent; /* the sender's word for the kind */
    enum entity_kind kind;
    struct entity_from from[ENTITY_RULE_FIELDS]; /* ends with field NULL */
    /* What a path cannot say; may be NULL. */
    void (*more)(const struct reader *reader, struct quell_value sent, struct entity *entity);
    /* A path of a list of texts: an entity for each, which is the first field's value; or NULL. */
    const char *each;
};

/* All entities of an incident. Start with `{.arena = arena}`. */
struct entity_set {
    struct arena *arena;
    struct {
        struct entity *items;
        uint64_t *keys; /* hash of each one's identity */
        size_t count, cap;
    } kinds[ENTITY_KINDS];
};

struct quell_value entity_get(const struct entity *entity, const char *field);
/* Sets a field unless `value` is null or the field has a value already. */
void entity_put(struct entity *entity, const char *field, struct quell_value value);

/* Makes an entity by a rule from `sent` (its properties) with `raw`, and adds it: one with the same
 * provider id is completed instead; one without any id or name is left out. QUELL_LIMIT above
 * LIMIT_INCIDENT_ITEMS of a kind. */
enum quell_code entity_add(struct entity_set *set, const struct reader *reader,
                           const struct entity_rule *rule, struct quell_value sent,
                           struct quell_value raw, struct quell_error *err) QUELL_MUST_CHECK;

struct quell_value entity_set_made(struct entity_set *set); /* the map of lists */

#endif
