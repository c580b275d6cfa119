/*
 * test_sources.c - what each sender's document becomes, held against expected JSON; and what every
 * incident promises whatever it came from.
 *
 * tests/data/incidents/X.json must give X.expected.json (without `raw`, whose identity is checked
 * here).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "incident/incident.h"
#include "value/json.h"
#include "value/path.h"
#include "value/value.h"

static const int64_t now_us = 1777896000000000; /* 2026-05-04T12:00:00Z */
static const char id[] = "01969b1e-8c00-7000-8000-000000000001";

static struct quell_str read_file(struct arena *arena, const char *name)
{
    char path[512];
    FILE *file;
    char *text = arena_alloc(arena, LIMIT_DOCUMENT_BYTES);
    size_t len;

    (void)snprintf(path, sizeof path, "%s/%s", QUELL_SOURCE_DIR, name);
    file = fopen(path, "rb");
    if (!file)
        print_error("cannot read %s\n", path);
    assert_non_null(file);
    len = fread(text, 1, LIMIT_DOCUMENT_BYTES, file);
    (void)fclose(file);
    return (struct quell_str){text, len};
}

static struct quell_value read_json(struct arena *arena, const char *name)
{
    struct quell_value value;
    struct quell_error err;
    enum quell_code code =
        json_read(arena, read_file(arena, name), LIMIT_DOCUMENT_BYTES, &value, NULL, &err);
    if (code)
        print_error("%s: %s\n", name, err.message);
    assert_int_equal(code, QUELL_OK);
    return value;
}

/* A copy without the keys named `raw`. */
static struct quell_value without_raw(struct arena *arena, struct quell_value value)
{
    struct list_builder list = {.arena = arena};
    struct map_builder map = {.arena = arena};
    size_t i;

    if (quell_is(value, QUELL_LIST)) {
        for (i = 0; i < value.len; i++)
            list_add(&list, without_raw(arena, value.as.items[i]));
        return list_made(&list);
    }
    if (!quell_is(value, QUELL_MAP))
        return value;
    for (i = 0; i < value.len; i++) {
        if (!quell_text_is(value.as.pairs[i].key, "raw"))
            map_add_key(&map, value.as.pairs[i].key, without_raw(arena, value.as.pairs[i].value));
    }
    return map_made(&map);
}

static struct incident make(struct arena *arena, const char *source, struct quell_value received)
{
    struct incident incident;
    struct quell_error err;
    enum quell_code code = incident_make(arena, quell_str_of(source), received, QUELL_STR(id),
                                         now_us, &incident, &err);
    if (code)
        print_error("%s\n", err.message);
    assert_int_equal(code, QUELL_OK);
    return incident;
}

/* ---- expected documents -----------------------------------------------------------------------
 */

static const struct row {
    const char *name, *source;
    enum incident_event event;
    const char *delivery;
} rows[] = {
    {"sentinel-create", "sentinel", INCIDENT_CREATED, "9d6d6a2e-8f3b-4d0a-9c1c-6f3f0f0e0001"},
    {"sentinel-update", "sentinel", INCIDENT_UPDATED,
     "9d6d6a2e-8f3b-4d0a-9c1c-6f3f0f0e0001/update"},
    {"sentinel-kinds", "sentinel", INCIDENT_CLOSED, "e-2/update"},
    {"graph", "graph", INCIDENT_CREATED, "2972395@2021-09-30T09:35:45.1133333Z"},
    {"graph-kinds", "graph", INCIDENT_CLOSED, "4711@2026-05-04T11:00:00Z"},
    {"quell", "quell", INCIDENT_CREATED, ""},
};

static void documents_become_what_is_expected(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new(0);
        char name[200];
        struct quell_value received;
        struct incident incident;
        struct quell_str made, expected;

        (void)snprintf(name, sizeof name, "tests/data/incidents/%s.json", rows[i].name);
        received = read_json(arena, name);
        incident = make(arena, i % 2 ? "" : rows[i].source, received); /* named, and recognised */
        made = json_text(arena, without_raw(arena, incident.value), JSON_PRETTY);
        (void)snprintf(name, sizeof name, "tests/data/incidents/%s.expected.json", rows[i].name);
        expected = str_trim(read_file(arena, name));
        if (!quell_str_equal(str_trim(made), expected))
            print_error("%s is now:\n%.*s\n", name, QUELL_ARG(made));
        assert_true(quell_str_equal(str_trim(made), expected));
        assert_int_equal(incident.event, rows[i].event);
        assert_true(str_is(incident.delivery, rows[i].delivery));
        assert_ptr_equal(quell_get(incident.value, "raw").as.pairs, received.as.pairs);
        arena_free(arena);
    }
}

/* Every key of the table, in its order, in every map that the table describes. */
static void assert_complete(struct quell_value map, const struct quell_field *table)
{
    size_t count = 0;

    assert_int_equal(map.type, QUELL_MAP);
    for (; table[count].name; count++) {
        const struct quell_field *field = &table[count];
        assert_true(count < map.len);
        struct quell_value value = map.as.pairs[count].value;
        assert_true(quell_text_is(map.as.pairs[count].key, field->name));
        assert_non_null(field->doc);
        if (field->type == QUELL_FIELD_OBJECT && !quell_is_null(value))
            assert_complete(value, field->fields);
        if (field->type != QUELL_FIELD_LIST)
            continue;
        assert_int_equal(value.type, QUELL_LIST);
        for (size_t i = 0; field->fields && i < value.len; i++)
            assert_complete(value.as.items[i], field->fields);
    }
    assert_int_equal(map.len, count);
}

static void every_incident_has_every_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new(0);
        char name[200];
        (void)snprintf(name, sizeof name, "tests/data/incidents/%s.json", rows[i].name);
        assert_complete(make(arena, "", read_json(arena, name)).value, incident_fields);
        arena_free(arena);
    }
}

/* What `show` prints can be given back: nothing changes but the id. */
static void our_own_shape_comes_back_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new(0);
        struct quell_value again;
        struct quell_error err;
        struct incident second;
        char name[200];

        (void)snprintf(name, sizeof name, "tests/data/incidents/%s.json", rows[i].name);
        struct quell_str first =
            json_text(arena, make(arena, "", read_json(arena, name)).value, JSON_COMPACT);
        assert_int_equal(json_read(arena, first, first.len, &again, NULL, &err), QUELL_OK);
        assert_int_equal(
            incident_make(arena, QUELL_STR(""), again, QUELL_STR(""), 0, &second, &err), QUELL_OK);
        assert_true(quell_str_equal(first, json_text(arena, second.value, JSON_COMPACT)));
        arena_free(arena);
    }
}

/* The practice samples that plans and the demo use. */
static void the_shipped_samples_name_one_device(void **state)
{
    static const char *const names[] = {"playbooks/samples/sentinel-malware.json",
                                        "playbooks/samples/graph-malware.json"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct arena *arena = arena_new(0);
        struct incident incident = make(arena, "", read_json(arena, names[i]));
        struct quell_value devices = path_get(incident.value, "entities.devices");
        assert_int_equal(devices.len, 1);
        assert_int_equal(quell_get(devices.as.items[0], "id").len, 40);
        assert_true(quell_text_is(quell_get(incident.value, "source"), i ? "graph" : "sentinel"));
        arena_free(arena);
    }
}

static void ranks_ascend(void **state)
{
    (void)state;
    assert_int_equal(incident_severity_rank(QUELL_STR("informational")), 0);
    assert_int_equal(incident_severity_rank(QUELL_STR("critical")), 4);
    assert_int_equal(incident_severity_rank(QUELL_STR("urgent")), -1);
    assert_int_equal(incident_severity_rank(QUELL_STR("")), -1);
    assert_int_equal(incident_status_rank(QUELL_STR("new")), 0);
    assert_int_equal(incident_status_rank(QUELL_STR("closed")), 3);
    assert_int_equal(incident_status_rank(QUELL_STR("redirected")), -1);
    assert_string_equal(incident_event_name(INCIDENT_CREATED), "created");
    assert_string_equal(incident_event_name(INCIDENT_UPDATED), "updated");
    assert_string_equal(incident_event_name(INCIDENT_CLOSED), "closed");
}

/* ---- what is refused, and how it is said -------------------------------------------------------
 */

static const struct {
    const char *source, *json, *message;
    enum quell_code code;
} refused[] = {
    {"", "{}", "no source recognises this document; known are sentinel, graph, quell",
     QUELL_INVALID},
    {"", "[]", "no source recognises", QUELL_INVALID},
    {"", "null", "no source recognises", QUELL_INVALID},
    {"", "{\"title\":\"x\",\"titel\":1}", "no source recognises", QUELL_INVALID},
    {"splunk", "{}", "there is no source `splunk`; known are sentinel, graph, quell",
     QUELL_INVALID},
    {"quell", "{\"title\":\"x\",\"severty\":\"high\"}",
     "`severty` is no field of an incident; did you mean `severity`?", QUELL_INVALID},
    {"quell", "{\"title\":[]}", "title: expected text, found list", QUELL_INVALID},
    {"quell", "{\"title\":true}", "title: expected text, found bool", QUELL_INVALID},
    {"quell", "{\"title\":\"x\",\"alerts\":{}}", "alerts: expected a list, found map",
     QUELL_INVALID},
    {"quell", "{\"title\":\"x\",\"alerts\":[{},{\"title\":{}}]}",
     "alerts[1].title: expected text, found map", QUELL_INVALID},
    {"quell", "{\"title\":\"x\",\"entities\":{\"devices\":[{\"nmae\":1}]}}",
     "entities.devices[0]: `nmae` is no field of an incident; did you mean `name`?", QUELL_INVALID},
    {"quell", "{\"title\":\"x\",\"created_at\":\"yesterday\"}",
     "created_at: expected a time such as", QUELL_INVALID},
    {"quell", "{\"title\":\"x\",\"owner\":\"Alice\"}", "owner: expected an object, found string",
     QUELL_INVALID},
    {"quell", "[]", "expected an object, found list", QUELL_INVALID},
    {"sentinel", "{}", "object.properties: expected an object, found null", QUELL_INVALID},
    {"sentinel", "[]", "expected an object, found list", QUELL_INVALID},
    {"sentinel", "{\"objectSchemaType\":\"Alert\",\"object\":{\"properties\":{}}}",
     "objectSchemaType: expected Incident", QUELL_INVALID},
    {"sentinel", "{\"object\":{\"properties\":{}}}", "object.id: missing", QUELL_INVALID},
    {"sentinel", "{\"object\":{\"id\":\"x\",\"properties\":{\"title\":{}}}}",
     "object.properties.title: expected text, found map", QUELL_INVALID},
    {"sentinel", "{\"object\":{\"id\":\"x\",\"properties\":{\"createdTimeUtc\":5}}}",
     "object.properties.createdTimeUtc: expected a time, found int", QUELL_INVALID},
    {"sentinel", "{\"object\":{\"id\":\"x\",\"properties\":{\"alerts\":\"no\"}}}",
     "object.properties.alerts: expected a list, found string", QUELL_INVALID},
    {"sentinel", "{\"object\":{\"id\":\"x\",\"properties\":{\"relatedEntities\":[1]}}}",
     "object.properties.relatedEntities[0]: expected an object, found int", QUELL_INVALID},
    {"graph", "{\"value\":[]}", "value: 0 incidents in one document", QUELL_INVALID},
    {"graph", "{\"value\":[{\"id\":\"1\"},{\"id\":\"2\"}]}",
     "value: 2 incidents in one document; send each by itself", QUELL_INVALID},
    {"graph", "{\"value\":[7]}", "value[0]: expected an object, found int", QUELL_INVALID},
    {"graph", "{\"value\":7}", "value: expected a list, found int", QUELL_INVALID},
    {"graph", "{\"displayName\":\"x\"}", "id: missing", QUELL_INVALID},
    {"graph", "{\"id\":\"1\",\"severity\":[]}", "severity: expected text, found list",
     QUELL_INVALID},
    {"graph", "7", "expected an object, found int", QUELL_INVALID},
};

static void refusals_name_the_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct arena *arena = arena_new(0);
        struct incident incident = {.event = INCIDENT_UPDATED};
        struct quell_value received;
        struct quell_error err = {0};
        struct quell_str json = quell_str_of(refused[i].json);

        assert_int_equal(json_read(arena, json, json.len, &received, NULL, &err), QUELL_OK);
        assert_int_equal(incident_make(arena, quell_str_of(refused[i].source), received,
                                       QUELL_STR(id), now_us, &incident, &err),
                         refused[i].code);
        if (!strstr(err.message, refused[i].message))
            print_error("%s\n  says:    %s\n  expected %s\n", refused[i].json, err.message,
                        refused[i].message);
        assert_non_null(strstr(err.message, refused[i].message));
        assert_int_equal(incident.event, INCIDENT_UPDATED); /* untouched */
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_become_what_is_expected),
        cmocka_unit_test(every_incident_has_every_key),
        cmocka_unit_test(our_own_shape_comes_back_as_it_was),
        cmocka_unit_test(the_shipped_samples_name_one_device),
        cmocka_unit_test(ranks_ascend),
        cmocka_unit_test(refusals_name_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
