/*
 * load_guards.c - what may keep a start back: `expires`, `exclusive`, `dedupe`, `throttle` and
 * `concurrency`.
 */
#include "playbook/load.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/when.h"
#include "value/fields.h"
#include "value/value.h"

/* ---- expires -----------------------------------------------------------------------------------
 */

enum { DATE_BYTES = 10 }; /* 2027-03-31 */

/* The moment from which on it does not start: a date counts until its day has ended. */
static bool read_end(struct loader *loader, struct quell_str text, int64_t *end_us)
{
    struct quell_str whole = text;
    struct when when;
    if (text.len == DATE_BYTES)
        whole = arena_format(loader->arena, "%.*sT00:00:00Z", QUELL_ARG(text));
    if (!when_parse_time(whole, &when))
        return false;
    *end_us = when_to_us(when) + (text.len == DATE_BYTES ? INT64_C(86400) * 1000000 : 0);
    return true;
}

static void load_expires(struct loader *loader, const struct yaml_node *root)
{
    const struct yaml_node *node = yaml_get(root, "expires");
    struct playbook_start *start = &loader->playbook->start;
    struct diag *diag;
    start->expires_us = INT64_MAX;
    if (!node || !quell_is(node->value, QUELL_STRING))
        return;
    if (!read_end(loader, quell_str(node->value), &start->expires_us)) {
        diag = report(loader, EXPIRES, node->place, "`%.*s` is no date",
                      QUELL_ARG(quell_str(node->value)));
        diag->help = QUELL_STR("write `2027-03-31`, or a time such as `2027-03-31T18:00:00Z`");
        return;
    }
    if (loader->actions->now_us == 0 || loader->actions->now_us < start->expires_us)
        return;
    diag = report(loader, EXPIRED, node->place, "this playbook has expired");
    diag->label = QUELL_STR("it starts no more");
    diag->help = QUELL_STR("give it a later date, or take it out");
}

/* ---- keys --------------------------------------------------------------------------------------
 */

struct bare {
    struct quell_str *path;
    size_t count, refs;
    struct quell_str root;
};

static void take_reference(const struct cel_reference *ref, void *user)
{
    struct bare *bare = user;
    bare->refs++;
    bare->root = ref->root;
    bare->count = ref->count;
    if (ref->count == 1)
        bare->path[0] = ref->path[0];
}

/* A condition that only a value fulfils that is there. */
static bool asks_for_value(const struct yaml_node *condition)
{
    static const char *const positive[] = {
        "equals",   "any-of",  "all-in", "contains", "starts-with", "ends-with",  "regex",
        "at-least", "at-most", "above",  "below",    "within-cidr", "older-than", "newer-than"};
    const struct yaml_node *exists = yaml_get(condition, "exists");
    size_t i;
    if (!quell_is(condition->value, QUELL_MAP))
        return !quell_is_null(condition->value);
    for (i = 0; i < sizeof(positive) / sizeof(positive[0]); i++)
        if (yaml_get(condition, positive[i]))
            return true;
    return exists && quell_is(exists->value, QUELL_BOOL) && exists->value.as.boolean;
}

/* Whatever starts it has been asked for a value of this field; of a person's start that person is
 * told. */
static bool is_matched(const struct loader *loader, struct quell_str name)
{
    const struct yaml_node *on = yaml_get(loader->playbook->document, "on");
    const struct yaml_node *incident = on ? yaml_get(on, "incident") : NULL;
    const struct yaml_node *match = incident ? yaml_get(incident, "match") : NULL;
    const struct yaml_pair *line = match ? yaml_find(match, name) : NULL;
    size_t i;
    for (i = 0; match && i < on->count; i++) /* a match below it: it is a map */
        if (!str_is(quell_str(on->pairs[i].key.value), "incident") &&
            !str_is(quell_str(on->pairs[i].key.value), "manual"))
            return false;
    return line && asks_for_value(&line->node);
}

/* `incident.source_id` and nothing else, where the field may be null. */
static void check_null(struct loader *loader, const struct playbook_text *text, const char *what)
{
    struct quell_str name;
    struct bare bare = {.path = &name};
    const struct quell_field *field;
    struct diag *diag;
    struct quell_str source = text->expr ? cel_source(text->expr) : QUELL_STR("");
    if (!text->expr)
        return;
    cel_references(text->expr, take_reference, &bare);
    if (bare.refs != 1 || bare.count != 1 || !str_is(bare.root, "incident") ||
        str_trim(source).len != bare.root.len + 1 + name.len || str_is(name, "id"))
        return; /* the id is ours */
    field = loader->incident_fields ? fields_find(loader->incident_fields, name) : NULL;
    if (!field || !(field->flags & QUELL_NULLABLE) || is_matched(loader, name))
        return;
    diag = report(loader, NULLABLE_KEY, text->place, "`%s` may be null, and then nothing starts",
                  what);
    diag->label =
        diag_format(loader->diags, "an incident may come without `%.*s`", QUELL_ARG(name));
    diag->help = diag_format(loader->diags,
                             "match on `%.*s: { exists: true }`, or write a list, which is never "
                             "null: `[%.*s]`",
                             QUELL_ARG(name), QUELL_ARG(source));
}

static void load_key(struct loader *loader, const struct yaml_node *map, const char *key,
                     struct playbook_text *made)
{
    struct here here = {WHERE_START, NO_STEP};
    const struct yaml_pair *pair = yaml_find(map, quell_str_of(key));
    if (!pair)
        return; /* if it is required, that has been said by check_keys */
    load_expression(loader, here, pair, made);
    check_null(loader, made, key);
}

static bool is_map(const struct yaml_node *node)
{
    return node && quell_is(node->value, QUELL_MAP);
}

static void load_dedupe(struct loader *loader, const struct yaml_node *map)
{
    struct playbook_dedupe *dedupe = &loader->playbook->start.dedupe;
    if (!is_map(map))
        return;
    load_key(loader, map, "key", &dedupe->key);
    dedupe->within_us =
        duration_at(loader, map, "within", (int64_t)LIMIT_DEDUPE_DEFAULT_S * 1000000);
}

/* ---- throttle ----------------------------------------------------------------------------------
 */

static void load_at_least(struct loader *loader, const struct yaml_node *map,
                          struct playbook_throttle *throttle)
{
    int64_t count = int_at(map, "count", 2);
    const struct yaml_node *node = yaml_get(map, "count");
    throttle->within_us = duration_at(loader, map, "within", 1);
    if (count < 2 || count > LIMIT_THROTTLE_COUNT) {
        report(loader, TOO_LARGE, node ? node->place : head_place(loader, map),
               "`count` is a number from 2 to %d", LIMIT_THROTTLE_COUNT);
        count = 2;
    }
    throttle->count = (unsigned)count;
}

static void load_throttle(struct loader *loader, const struct yaml_pair *pair)
{
    static const char *const kinds[] = {"once-within", "once-after", "at-least"};
    struct playbook_throttle *throttle = &loader->playbook->start.throttle;
    const struct yaml_node *map = pair ? &pair->node : NULL;
    size_t i, found = 0;
    if (!is_map(map))
        return;
    load_key(loader, map, "by", &throttle->by);
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!yaml_get(map, kinds[i]))
            continue;
        found++;
        throttle->kind = (enum throttle_kind)(THROTTLE_ONCE_WITHIN + i);
        throttle->within_us = duration_at(loader, map, kinds[i], 1);
    }
    if (throttle->kind == THROTTLE_AT_LEAST && is_map(yaml_get(map, "at-least")))
        load_at_least(loader, yaml_get(map, "at-least"), throttle);
    if (found != 1) {
        struct diag *diag =
            report(loader, THROTTLE, pair->key.place, "`throttle` has %s of its kinds",
                   found ? "more than one" : "none");
        diag->help = QUELL_STR("give it one of `once-within`, `once-after` and `at-least`");
    }
}

/* ---- concurrency -------------------------------------------------------------------------------
 */

static enum on_conflict read_conflict(struct quell_str word)
{
    if (str_is(word, "skip"))
        return CONFLICT_SKIP;
    if (str_is(word, "cancel-running"))
        return CONFLICT_CANCEL_RUNNING;
    return str_is(word, "merge") ? CONFLICT_MERGE : CONFLICT_QUEUE;
}

static void load_concurrency(struct loader *loader, const struct yaml_node *map)
{
    struct playbook_concurrency *concurrency = &loader->playbook->start.concurrency;
    int64_t max;
    if (!is_map(map))
        return;
    max = int_at(map, "max", 1);
    load_key(loader, map, "group", &concurrency->group);
    concurrency->on_conflict = read_conflict(text_at(map, "on-conflict"));
    if (max < 1 || max > LIMIT_GROUP_RUNS) {
        report(loader, TOO_LARGE, yaml_get(map, "max")->place, "`max` is a number from 1 to %d",
               LIMIT_GROUP_RUNS);
        max = 1;
    }
    concurrency->max = (unsigned)max;
}

/* ---- limits ------------------------------------------------------------------------------------
 */

/* A figure, 0 included: it allows none. */
static unsigned read_limit(struct loader *loader, const struct yaml_node *map, const char *key)
{
    int64_t number = int_at(map, key, LIMIT_NONE);
    if (number >= 0 && number <= LIMIT_NONE)
        return (unsigned)number;
    report(loader, WRONG_TYPE, yaml_get(map, key)->place, "`%s` is a number from 0 on", key);
    return 0;
}

static void load_limits(struct loader *loader, const struct yaml_node *map)
{
    struct playbook_limits *limits = &loader->playbook->start.limits;
    struct playbook_limit *made;
    const struct yaml_node *runs;
    size_t i;
    limits->runs_hour = limits->runs_day = LIMIT_NONE;
    if (!is_map(map))
        return;
    limits->given = true;
    made = arena_array(loader->arena, struct playbook_limit, map->count + 1);
    for (i = 0; i < map->count; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        struct quell_str key = quell_str(pair->key.value);
        if (str_is(key, "runs") || !fields_find(limits_fields, key) || !is_map(&pair->node))
            continue;
        made[limits->count++] =
            (struct playbook_limit){.kind = key,
                                    .run = read_limit(loader, &pair->node, "run"),
                                    .hour = read_limit(loader, &pair->node, "hour"),
                                    .day = read_limit(loader, &pair->node, "day")};
    }
    limits->items = made;
    runs = yaml_get(map, "runs");
    if (is_map(runs)) {
        limits->runs_hour = read_limit(loader, runs, "hour");
        limits->runs_day = read_limit(loader, runs, "day");
    }
    if (yaml_find(map, QUELL_STR("never")))
        load_expression(loader, (struct here){WHERE_START, NO_STEP},
                        yaml_find(map, QUELL_STR("never")), &limits->never);
    limits->fails = str_is(text_at(map, "on-exceed"), "fail");
}

/* ---- quality -----------------------------------------------------------------------------------
 */

static void load_quality(struct loader *loader, const struct yaml_node *map)
{
    struct playbook_quality *quality = &loader->playbook->start.quality;
    const struct yaml_node *least;
    struct quell_str word;
    int64_t over;
    if (!is_map(map))
        return;
    least = yaml_get(map, "min-precision");
    quality->min_precision = least ? value_real(least->value) : 0;
    if (quality->min_precision < 0 || quality->min_precision > 1)
        report(loader, WRONG_TYPE, least->place, "`min-precision` is a number from 0.0 to 1.0");
    over = int_at(map, "over", 30);
    if (over < 1 || over > LIMIT_QUALITY_OVER)
        report(loader, TOO_LARGE, yaml_get(map, "over")->place, "`over` is a number from 1 to %d",
               LIMIT_QUALITY_OVER);
    else
        quality->over = (unsigned)over;
    word = text_at(map, "on-breach");
    quality->on_breach = str_is(word, "shadow") ? BREACH_SHADOW
                         : str_is(word, "off")  ? BREACH_OFF
                                                : BREACH_NOTIFY;
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

void load_guards(struct loader *loader, const struct yaml_node *root)
{
    const struct yaml_node *exclusive = yaml_get(root, "exclusive");
    load_expires(loader, root);
    loader->playbook->start.exclusive =
        exclusive && quell_is(exclusive->value, QUELL_BOOL) && exclusive->value.as.boolean;
    load_dedupe(loader, yaml_get(root, "dedupe"));
    load_throttle(loader, yaml_find(root, QUELL_STR("throttle")));
    load_concurrency(loader, yaml_get(root, "concurrency"));
    load_limits(loader, yaml_get(root, "limits"));
    load_quality(loader, yaml_get(root, "quality"));
}
