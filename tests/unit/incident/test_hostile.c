/*
 * test_hostile.c - documents that no sender should send: every node of every sample replaced by a
 * value of every other type, and more of everything than there may be. The answer is an error with
 * a message, or an incident that still keeps its promises; run under the sanitizers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "incident/incident.h"
#include "value/json.h"
#include "value/value.h"

static const char *const samples[] = {"sentinel-create", "sentinel-update", "sentinel-kinds",
                                      "graph",           "graph-kinds",     "quell"};

static struct quell_value read_sample(struct arena *arena, const char *name)
{
    char path[512];
    FILE *file;
    char *text = arena_alloc(arena, LIMIT_DOCUMENT_BYTES);
    struct quell_value value;
    size_t len;

    (void)snprintf(path, sizeof path, "%s/tests/data/incidents/%s.json", QUELL_SOURCE_DIR, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    len = fread(text, 1, LIMIT_DOCUMENT_BYTES, file);
    (void)fclose(file);
    assert_int_equal(
        json_read(arena, (struct quell_str){text, len}, LIMIT_DOCUMENT_BYTES, &value, NULL, NULL),
        QUELL_OK);
    return value;
}

/* The promises: a map with every key, known types for what others rely on. */
static void assert_promises(const struct incident *incident)
{
    static const char *const lists[] = {"tags", "tactics", "techniques", "alerts", "comments"};
    struct quell_value entities = quell_get(incident->value, "entities"), rank;
    size_t i, keys = 0;

    while (incident_fields[keys].name)
        keys++;
    assert_int_equal(incident->value.type, QUELL_MAP);
    assert_int_equal(incident->value.len, keys);
    for (i = 0; i < sizeof lists / sizeof lists[0]; i++)
        assert_int_equal(quell_get(incident->value, lists[i]).type, QUELL_LIST);
    assert_int_equal(entities.type, QUELL_MAP);
    for (i = 0; i < entities.len; i++)
        assert_int_equal(entities.as.pairs[i].value.type, QUELL_LIST);
    rank = quell_get(incident->value, "severity_rank");
    assert_true(quell_is_null(rank) || quell_is(rank, QUELL_INT));
    assert_int_equal(quell_get(incident->value, "received_at").type, QUELL_TIME);
    assert_int_equal(quell_get(incident->value, "created_at").type, QUELL_TIME);
}

/* 1 when an incident came out. */
static size_t try(struct quell_value received, const char *source)
{
    struct arena *arena = arena_new(0);
    struct incident incident;
    struct quell_error err = {0};
    enum quell_code code =
        incident_make(arena, quell_str_of(source), received, QUELL_STR("id"), 0, &incident, &err);
    if (code) {
        assert_true(code == QUELL_INVALID || code == QUELL_LIMIT);
        assert_true(strlen(err.message) > 0);
    } else {
        assert_promises(&incident);
        assert_true(json_text(arena, incident.value, JSON_COMPACT).len > 0);
    }
    arena_free(arena);
    return code == QUELL_OK;
}

/* ---- every node replaced ----------------------------------------------------------------------
 */

struct mutation {
    struct arena *arena;
    size_t target, at; /* the node to replace; the one that is looked at */
    struct quell_value with;
};

static struct quell_value mutate(struct mutation *mutation, struct quell_value value)
{
    struct list_builder list = {.arena = mutation->arena};
    struct map_builder map = {.arena = mutation->arena};
    size_t i;

    if (mutation->at++ == mutation->target)
        return mutation->with;
    if (quell_is(value, QUELL_LIST)) {
        for (i = 0; i < value.len; i++)
            list_add(&list, mutate(mutation, value.as.items[i]));
        return list_made(&list);
    }
    if (!quell_is(value, QUELL_MAP))
        return value;
    for (i = 0; i < value.len; i++)
        map_add_key(&map, value.as.pairs[i].key, mutate(mutation, value.as.pairs[i].value));
    return map_made(&map);
}

static void every_node_of_every_sample_may_be_anything(void **state)
{
    static const struct quell_pair pair = {{QUELL_STRING, 0, 0, 1, {.text = "x"}},
                                           {QUELL_INT, 0, 0, 0, {.integer = 1}}};
    const struct quell_value nothing = quell_null();
    const struct quell_value others[] = {
        quell_null(),
        quell_bool(true),
        quell_int(-1),
        value_verbatim(QUELL_STR("1e400")),
        quell_string(QUELL_STR("")),
        quell_string(QUELL_STR("[\"not\", \"closed\"")),
        quell_string(QUELL_STR("nul\0inside\xC3\xA9")),
        quell_list(&nothing, 1),
        quell_list(NULL, 0),
        quell_map(&pair, 1),
        quell_map(NULL, 0),
    };
    size_t made = 0, tried = 0;

    (void)state;
    for (size_t s = 0; s < sizeof samples / sizeof samples[0]; s++) {
        struct arena *keep = arena_new(0), *arena = arena_new(0);
        struct quell_value sample = read_sample(keep, samples[s]);
        struct mutation count = {.arena = keep, .target = SIZE_MAX};
        (void)mutate(&count, sample);
        for (size_t node = 0; node < count.at; node++) {
            for (size_t o = 0; o < sizeof others / sizeof others[0]; o++) {
                struct mutation mutation = {.arena = arena, .target = node, .with = others[o]};
                struct quell_value changed = mutate(&mutation, sample);
                made += try(changed, "");
                made += try(changed, s < 3 ? "sentinel" : s < 5 ? "graph" : "quell");
                tried += 2;
                arena_reset(arena);
            }
        }
        arena_free(arena);
        arena_free(keep);
    }
    printf("figures: %zu of %zu changed documents became incidents\ncases: %zu\n", made, tried,
           tried);
    assert_true(tried > 5000);
    assert_true(made > tried / 2); /* one odd field must not keep an incident out */
}

/* ---- too many ---------------------------------------------------------------------------------
 */

/* `head`, then `count` times an item with its number in place of `#`, then `tail`. */
static size_t try_many(const char *head, const char *item, const char *tail, size_t count,
                       size_t *items)
{
    struct arena *arena = arena_new(0);
    struct buf text = {0};
    struct quell_value received;
    struct incident incident;
    struct quell_error err;
    enum quell_code code;

    buf_add_text(&text, head);
    for (size_t i = 0; i < count; i++) {
        struct quell_str rest = quell_str_of(item);
        const char *mark = strchr(item, '#');
        buf_add_text(&text, i > 0 ? "," : "");
        buf_add(&text, item, (size_t)(mark - item));
        buf_add_format(&text, "%zu", i);
        buf_add(&text, mark + 1, rest.len - (size_t)(mark + 1 - item));
    }
    buf_add_text(&text, tail);
    assert_int_equal(json_read(arena, buf_str(&text), text.len, &received, NULL, &err), QUELL_OK);
    code = incident_make(arena, QUELL_STR(""), received, QUELL_STR("id"), 0, &incident, &err);
    assert_true(code == QUELL_OK || code == QUELL_LIMIT);
    *items = code ? 0
                  : quell_count(quell_get(quell_get(incident.value, "entities"), "ips")) +
                        quell_count(quell_get(incident.value, "alerts"));
    buf_free(&text);
    arena_free(arena);
    return code == QUELL_OK;
}

static void more_than_the_limit_is_refused_and_the_limit_is_not(void **state)
{
    static const struct {
        const char *head, *item, *tail;
    } frames[] = {
        {"{\"objectSchemaType\":\"Incident\",\"object\":{\"id\":\"i\",\"properties\":{\"alerts\":[",
         "{\"name\":\"#\"}", "]}}}"},
        {"{\"objectSchemaType\":\"Incident\",\"object\":{\"id\":\"i\",\"properties\":{"
         "\"relatedEntities\":[",
         "{\"kind\":\"Ip\",\"properties\":{\"address\":\"ip-#\"}}", "]}}}"},
        {"{\"incidentWebUrl\":\"u\",\"id\":\"1\",\"alerts\":[", "{\"id\":\"#\"}", "]}"},
        {"{\"incidentWebUrl\":\"u\",\"id\":\"1\",\"alerts\":[{\"evidence\":[",
         "{\"@odata.type\":\"ipEvidence\",\"ipAddress\":\"ip-#\"}", "]}]}"},
        {"{\"title\":\"t\",\"alerts\":[", "{\"id\":\"#\"}", "]}"},
        {"{\"title\":\"t\",\"entities\":{\"ips\":[", "{\"address\":\"ip-#\"}", "]}}"},
    };
    size_t items;

    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        assert_true(
            try_many(frames[i].head, frames[i].item, frames[i].tail, LIMIT_INCIDENT_ITEMS, &items));
        assert_in_range(items, LIMIT_INCIDENT_ITEMS, LIMIT_INCIDENT_ITEMS + 1);
        assert_false(try_many(frames[i].head, frames[i].item, frames[i].tail,
                              LIMIT_INCIDENT_ITEMS + 1, &items));
    }
}

/* Texts are counted too, before they are compared with one another. */
static void too_many_texts_are_refused(void **state)
{
    static const char *const heads[] = {
        "{\"incidentWebUrl\":\"u\",\"id\":\"1\",\"customTags\":[",
        "{\"incidentWebUrl\":\"u\",\"id\":\"1\",\"systemTags\":[",
        "{\"title\":\"t\",\"tags\":[",
    };
    size_t items;

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        assert_true(try_many(heads[i], "\"t#\"", "]}", LIMIT_INCIDENT_ITEMS, &items));
        assert_false(try_many(heads[i], "\"t#\"", "]}", LIMIT_INCIDENT_ITEMS + 1, &items));
        assert_false(try_many(heads[i], "\"t#\"", "]}", 60000, &items));
    }
}

/* The same evidence in one alert, many times over, is one entity and no limit. */
static void repetitions_are_merged(void **state)
{
    size_t items;
    (void)state;
    assert_true(try_many("{\"incidentWebUrl\":\"u\",\"id\":\"1\",\"alerts\":[{\"evidence\":[",
                         "{\"@odata.type\":\"ipEvidence\",\"ipAddress\":\"203.0.113.9\",\"n\":#}",
                         "]}]}", 9000, &items));
    assert_int_equal(items, 2); /* the address and the alert */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_node_of_every_sample_may_be_anything),
        cmocka_unit_test(more_than_the_limit_is_refused_and_the_limit_is_not),
        cmocka_unit_test(too_many_texts_are_refused),
        cmocka_unit_test(repetitions_are_merged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
