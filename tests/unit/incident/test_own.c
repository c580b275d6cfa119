/*
 * test_own.c - whether the difference of two versions of an incident is what was written: fields
 * that are set, lists that are added to, and the paths of what the sender sent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "incident/incident.h"
#include "incident/own.h"
#include "value/json.h"
#include "value/value.h"

static struct quell_value read(struct arena *arena, const char *json)
{
    struct quell_value value;
    struct quell_error err = {0};

    if (json_read(arena, quell_str_of(json), 0, &value, NULL, &err))
        fail_msg("%s", err.message);
    return value;
}

static struct quell_value made(struct arena *arena, const char *json)
{
    struct quell_error err = {0};
    struct incident incident;

    if (incident_make(arena, QUELL_STR("quell"), read(arena, json), QUELL_STR("v"), 1, &incident,
                      &err))
        fail_msg("%s", err.message);
    return incident.value;
}

#define DOC(rest) "{\"id\":\"1\",\"source\":\"sentinel\",\"title\":\"t\"," rest "}"

/* What was written: status closed, a tag `seen`, and a comment `hello`. */
static bool own(struct arena *arena, const char *before, const char *now)
{
    struct quell_value raw = read(arena, "[\"status\",\"a.b\"]"), none = quell_list(NULL, 0);
    struct incident_write writes[] = {{.field = QUELL_STR("status"),
                                       .digest = incident_write_digest(arena, quell_text("closed")),
                                       .raw = raw},
                                      {.field = QUELL_STR("tags"),
                                       .digest = incident_write_digest(arena, quell_text("seen")),
                                       .raw = none},
                                      {.field = QUELL_STR("comments"),
                                       .part = QUELL_STR("text"),
                                       .digest = incident_write_digest(arena, quell_text("hello")),
                                       .raw = none}};

    return incident_is_own_change(arena, made(arena, before), made(arena, now), writes, 3);
}

static void rows(void **state)
{
    static const struct {
        const char *before, *now;
        bool own;
    } cases[] = {
        {DOC("\"raw\":1"), DOC("\"raw\":1"), true},
        {DOC("\"raw\":1"), DOC("\"raw\":1,\"status\":\"closed\""), true},
        {DOC("\"raw\":1"), DOC("\"raw\":1,\"status\":\"active\""), false},
        {DOC("\"raw\":1,\"status\":\"closed\""), DOC("\"raw\":1,\"status\":\"active\""), false},
        {DOC("\"raw\":1"), DOC("\"raw\":1,\"updated_at\":\"2026-01-01T00:00:00Z\""), true},
        {DOC("\"raw\":1"), DOC("\"raw\":1,\"severity\":\"high\""), false},
        {DOC("\"raw\":1"), DOC("\"raw\":1,\"status\":\"closed\",\"severity\":\"high\""), false},
        {DOC("\"raw\":1,\"tags\":[\"a\"]"), DOC("\"raw\":1,\"tags\":[\"seen\",\"a\"]"), true},
        {DOC("\"raw\":1,\"tags\":[\"a\"]"), DOC("\"raw\":1,\"tags\":[\"seen\"]"), false},
        {DOC("\"raw\":1,\"tags\":[\"a\"]"), DOC("\"raw\":1,\"tags\":[]"), false},
        {DOC("\"raw\":1,\"tags\":[\"a\"]"), DOC("\"raw\":1,\"tags\":[\"a\",\"a\"]"), false},
        {DOC("\"raw\":1"), DOC("\"raw\":1,\"tags\":[\"seen\",\"seen\"]"), false},
        {DOC("\"raw\":1"), DOC("\"raw\":1,\"comments\":[{\"text\":\"hello\",\"author\":\"x\"}]"),
         true},
        {DOC("\"raw\":1"), DOC("\"raw\":1,\"comments\":[{\"author\":\"hello\"}]"), false},
        /* raw */
        {DOC("\"raw\":{\"x\":1}"), DOC("\"raw\":{\"x\":2}"), false},
        {DOC("\"raw\":{\"x\":1}"), DOC("\"raw\":{\"x\":1,\"y\":2}"), false},
        {DOC("\"raw\":{\"x\":1,\"y\":2}"), DOC("\"raw\":{\"x\":1}"), false},
        {DOC("\"raw\":{\"eventUniqueId\":1}"), DOC("\"raw\":{\"EventUniqueID\":2}"), true},
        {DOC("\"raw\":{\"a\":{\"b\":1}}"), DOC("\"raw\":{\"a\":{\"b\":2}},\"status\":\"closed\""),
         true},
        {DOC("\"raw\":{\"a\":{\"b\":1}}"), DOC("\"raw\":{\"a\":{\"b\":2}}"), false},
        {DOC("\"raw\":{\"a\":{\"c\":1}}"), DOC("\"raw\":{\"a\":{\"c\":2}},\"status\":\"closed\""),
         false},
        {DOC("\"raw\":{\"a\":{\"b\":1}}"), DOC("\"raw\":{\"a\":[]},\"status\":\"closed\""), false},
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        if (own(arena, cases[i].before, cases[i].now) != cases[i].own)
            fail_msg("row %zu: %s -> %s", i, cases[i].before, cases[i].now);
    arena_free(arena);
}

static void nothing_is_known_of_before(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    assert_false(
        incident_is_own_change(arena, quell_null(), made(arena, DOC("\"raw\":1")), NULL, 0));
    arena_free(arena);
}

static void what_was_seen_explains_nothing(void **state)
{
    struct arena *arena = arena_new(0);
    struct incident_write write = {.field = QUELL_STR("status"),
                                   .digest = incident_write_digest(arena, quell_text("closed")),
                                   .seen = true};

    (void)state;
    assert_false(incident_is_own_change(arena, made(arena, DOC("\"raw\":1")),
                                        made(arena, DOC("\"raw\":1,\"status\":\"closed\"")), &write,
                                        1));
    arena_free(arena);
}

/* Beside somebody else's change ours has come back, too, and explains no later one. */
static void what_came_back_beside_others_is_known(void **state)
{
    struct arena *arena = arena_new(0);
    struct incident_write write = {.field = QUELL_STR("comments"),
                                   .part = QUELL_STR("text"),
                                   .digest = incident_write_digest(arena, quell_text("hello")),
                                   .raw = quell_list(NULL, 0)};

    (void)state;
    assert_false(incident_is_own_change(
        arena, made(arena, DOC("\"raw\":1")),
        made(arena, DOC("\"raw\":1,\"severity\":\"high\",\"comments\":[{\"text\":\"hello\"}]")),
        &write, 1));
    assert_true(write.used);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(nothing_is_known_of_before),
        cmocka_unit_test(what_was_seen_explains_nothing),
        cmocka_unit_test(what_came_back_beside_others_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
