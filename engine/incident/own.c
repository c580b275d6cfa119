/*
 * own.c - the difference of two versions of an incident, held against what we wrote; see own.h.
 */
#include "incident/own.h"

#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/str.h"
#include "incident/incident.h"
#include "value/json.h"
#include "value/value.h"

struct comparing {
    struct arena *arena;
    struct incident_write *writes;
    size_t count;
    const char *const *restless; /* paths of `raw` */
};

struct quell_str incident_write_digest(struct arena *arena, struct quell_value value)
{
    uint8_t digest[DIGEST_SHA256];

    digest_sha256(json_text(arena, value, JSON_COMPACT), digest);
    return digest_hex(arena, digest, sizeof(digest));
}

/* ---- the shape ---------------------------------------------------------------------------------
 */

/* What differs in each version, or follows from another field. */
static bool is_ours_to_make(struct quell_str field)
{
    static const char *const names[] = {"version", "received_at", "updated_at", "severity_rank",
                                        "raw" /* compared by its paths */};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (str_is(field, names[i]))
            return true;
    return false;
}

/* A write that what stands there now may be from; it is used once. */
static bool explain(const struct comparing *with, struct quell_str field, struct quell_value now)
{
    size_t i;

    for (i = 0; i < with->count; i++) {
        struct incident_write *write = &with->writes[i];
        struct quell_value part = now;

        if (write->seen || write->used || !quell_str_equal(write->field, field))
            continue;
        if (write->part.len && !quell_find(now, write->part, &part))
            continue;
        if (quell_str_equal(incident_write_digest(with->arena, part), write->digest)) {
            write->used = true;
            return true;
        }
    }
    return false;
}

/* Each item of before is still there, and each other one was written by us. */
static bool explain_list(const struct comparing *with, struct quell_str field,
                         struct quell_value before, struct quell_value now)
{
    bool *taken = arena_array(with->arena, bool, quell_count(before) + 1);
    size_t i, k, kept = 0;

    for (i = 0; i < quell_count(now); i++) {
        struct quell_value item = quell_at(now, i);

        for (k = 0; k < quell_count(before); k++)
            if (!taken[k] && value_equal(quell_at(before, k), item))
                break;
        if (k < quell_count(before)) {
            taken[k] = true;
            kept++;
        } else if (!explain(with, field, item)) {
            return false;
        }
    }
    return kept == quell_count(before);
}

static bool explain_field(const struct comparing *with, struct quell_str field,
                          struct quell_value before, struct quell_value now)
{
    if (is_ours_to_make(field) || value_equal(before, now))
        return true;
    if (quell_is(before, QUELL_LIST) && quell_is(now, QUELL_LIST))
        return explain_list(with, field, before, now);
    return explain(with, field, now);
}

/* ---- what the sender sent ----------------------------------------------------------------------
 */

static bool is_expected(const struct comparing *with, struct quell_str path)
{
    const char *const *restless;
    size_t i, k;

    for (restless = with->restless; restless && *restless; restless++)
        if (str_equal_fold(path, quell_str_of(*restless)))
            return true;
    for (i = 0; i < with->count; i++)
        for (k = 0; with->writes[i].used && k < quell_count(with->writes[i].raw); k++)
            if (str_equal_fold(path, quell_str(quell_at(with->writes[i].raw, k))))
                return true;
    return false;
}

static bool explain_raw(const struct comparing *with, struct quell_str path,
                        struct quell_value before, struct quell_value now);

/* The keys of `of`, against what `other` has there; only those it lacks, when both were walked. */
static bool explain_keys(const struct comparing *with, struct quell_str path, struct quell_value of,
                         struct quell_value other, bool only_lacking)
{
    size_t i;

    for (i = 0; i < quell_count(of); i++) {
        struct quell_str key = quell_str(of.as.pairs[i].key);
        struct quell_str below = arena_format(with->arena, "%.*s%s%.*s", QUELL_ARG(path),
                                              path.len ? "." : "", QUELL_ARG(key));
        struct quell_value there = quell_null();
        bool has = quell_find(other, key, &there);

        if (has && only_lacking)
            continue;
        if (has ? !explain_raw(with, below, of.as.pairs[i].value, there)
                : !is_expected(with, below))
            return false;
    }
    return true;
}

static bool explain_raw(const struct comparing *with, struct quell_str path,
                        struct quell_value before, struct quell_value now)
{
    if (value_equal(before, now) || is_expected(with, path))
        return true;
    return quell_is(before, QUELL_MAP) && quell_is(now, QUELL_MAP) &&
           explain_keys(with, path, before, now, false) &&
           explain_keys(with, path, now, before, true);
}

/* ---- both --------------------------------------------------------------------------------------
 */

static const char *const *restless_of(struct quell_str source)
{
    size_t i;

    for (i = 0; incident_sources[i]; i++)
        if (str_is(source, incident_sources[i]->name))
            return incident_sources[i]->restless;
    return NULL;
}

bool incident_is_own_change(struct arena *arena, struct quell_value before, struct quell_value now,
                            struct incident_write *writes, size_t count)
{
    struct comparing with = {arena, writes, count, restless_of(quell_get_str(now, "source"))};
    bool own = true;
    size_t i;

    if (!quell_is(before, QUELL_MAP) || quell_count(before) != quell_count(now))
        return false;
    for (i = 0; i < quell_count(now); i++) {
        struct quell_str field = quell_str(now.as.pairs[i].key);
        struct quell_value old;

        /* All of them: what came back beside somebody else's change has come back, too. */
        own = quell_find(before, field, &old) &&
              explain_field(&with, field, old, now.as.pairs[i].value) && own;
    }
    return explain_raw(&with, QUELL_STR(""), quell_get(before, "raw"), quell_get(now, "raw")) &&
           own;
}
