/*
 * test_foreign.c - texts that are no line of a journal are refused, with a reason, and nothing is
 * taken from them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "journal/event.h"

static void test_foreign_texts_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"seq\":1}",
        "{\"seq\":0,\"at\":\"2026-01-01T00:00:00Z\",\"kind\":\"run_ended\"}",
        "{\"seq\":1.5,\"at\":\"2026-01-01T00:00:00Z\",\"kind\":\"run_ended\"}",
        "{\"seq\":1,\"at\":\"yesterday\",\"kind\":\"run_ended\"}",
        "{\"seq\":1,\"at\":\"2026-01-01T00:00:00Z\",\"kind\":\"run_exploded\"}",
        "{\"seq\":1,\"at\":\"2026-01-01T00:00:00Z\",\"kind\":\"run_ended\"} x",
    };
    static const char *const data[] = {
        "{\"$new\":1}",
        "[{\"$new\":1}]",
        "{\"a\":{\"$time\":\"now\"}}",
        "{\"$time\":5}",
        "{\"$duration\":\"long\"}",
        "{\"$bytes\":\"!\"}",
        "{\"$uint\":\"18446744073709551616\"}",
        "{\"$uint\":\"-1\"}",
        "{\"$uint\":\"\"}",
        "{\"$uint\":7}",
        "{\"$double\":\"\"}",
        "{\"$double\":\"one\"}",
        "{\"$double\":1.5}",
        "{\"$double\":\"true\"}",
        "{\"$sensitive\":1}",
        "{\"$sensitive\":[]}",
        "{\"$sensitive\":[1,2]}",
        "{\"$type\":1}",
        "{\"$unknown\":1}",
        "{\"$secret\":1}",
        "{\"$optional\":1}",
        "{\"$optional\":[1,2]}",
        "{\"$map\":1}",
        "{\"$pairs\":1}",
        "{\"$pairs\":[1]}",
        "{\"$pairs\":[[1]]}",
        "{\"$json\":1}",
        "{\"$json\":\"{\"}",
        "{\"$json\":\"{\\\"$new\\\":1}\"}",
        "{\"$map\":{\"a\":{\"$new\":1}}}",
    };
    struct arena *arena = arena_new(0);
    struct event event = {.seq = 77};
    struct quell_error err;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        err.message[0] = '\0';
        assert_int_equal(event_read(arena, quell_str_of(texts[i]), &event, &err), QUELL_INVALID);
        assert_true(err.message[0] != '\0');
    }
    for (i = 0; i < sizeof data / sizeof data[0]; i++) {
        struct quell_str text = arena_format(
            arena, "{\"seq\":1,\"at\":\"2026-01-01T00:00:00Z\",\"kind\":\"vars_set\",\"data\":%s}",
            data[i]);

        if (event_read(arena, text, &event, &err) != QUELL_INVALID)
            fail_msg("accepted: %s", data[i]);
    }
    assert_int_equal(event.seq, 77); /* outputs are untouched on failure */
    arena_free(arena);
}

/* Of several faults the first is told: what comes behind it may only follow from it. */
static void test_the_first_fault_is_told(void **state)
{
    static const char *const rows[][2] = {
        {"[{\"$time\":5},{\"$uint\":7}]", "malformed `$time` in the journal"},
        {"[{\"$uint\":7},{\"$new\":1}]", "malformed `$uint` in the journal"},
        {"[{\"$new\":1},{\"$newer\":1},{\"$uint\":7}]",
         "unknown tag `$new` in the journal: written by a newer quell"},
        {"{\"$sensitive\":[{\"$new\":1}]}",
         "unknown tag `$new` in the journal: written by a newer quell"},
    };
    struct arena *arena = arena_new(0);
    struct event event = {0};
    struct quell_error err = {0};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct quell_str text = arena_format(
            arena, "{\"seq\":1,\"at\":\"2026-01-01T00:00:00Z\",\"kind\":\"vars_set\",\"data\":%s}",
            rows[i][0]);

        assert_int_equal(event_read(arena, text, &event, &err), QUELL_INVALID);
        assert_string_equal(err.message, rows[i][1]);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_foreign_texts_are_refused),
        cmocka_unit_test(test_the_first_fault_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
