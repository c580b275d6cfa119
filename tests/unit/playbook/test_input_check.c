/*
 * test_input_check.c - values of typed inputs: what passes, what is refused and in which words, and
 * what a bare text becomes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "fixture.h"
#include "value/json.h"

/* The input `{ TYPE }`, a value as JSON, and what is said of it; NULL: it passes. */
static const struct {
    const char *input, *value, *fault;
} cases[] = {
    {"type: ip", "\"10.0.0.1\"", NULL},
    {"type: ip", "\"2001:db8::1\"", NULL},
    {"type: ip", "\"10.0.0.256\"", "is no IP address"},
    {"type: ip", "\"10.0.0.0/8\"", "is no IP address"},
    {"type: ip", "\"\"", "is no IP address"},
    {"type: url", "\"https://a.example/b?c\"", NULL},
    {"type: url", "\"HTTP://a\"", NULL},
    {"type: url", "\"https://\"", "is no URL: it has no host"},
    {"type: url", "\"https:///x\"", "is no URL: it has no host"},
    {"type: url", "\"javascript:alert(1)\"", "is no URL: it begins with"},
    {"type: url", "\"https://a.example/ b\"", "is no URL: it has a blank"},
    {"type: url", "\"https://a\\r\\nX: y\"", "is no URL: it has a blank"},
    {"type: hash", "\"d41d8cd98f00b204e9800998ecf8427e\"", NULL},
    {"type: hash", "\"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709\"", NULL},
    {"type: hash", "\"d41d8cd98f00b204e9800998ecf8427\"", "is no MD5"},
    {"type: hash", "\"g41d8cd98f00b204e9800998ecf8427e\"", "is no hash"},
    {"type: hash", "\"\\u000041d8cd98f00b204e9800998ecf8427e\"", "is no hash"},
    {"type: int, min: 1, max: 50", "1", NULL},
    {"type: int, min: 1, max: 50", "50", NULL},
    {"type: int, min: 1, max: 50", "0", "must be at least 1"},
    {"type: int, min: 1, max: 50", "51", "must be at most 50"},
    {"type: float, min: 0.5", "0.25", "must be at least 0.5"},
    {"type: string, min: 2, max: 3", "\"\\u00e4\\u00f6\"", NULL},
    {"type: string, min: 2, max: 3", "\"x\"", "must be at least 2 characters"},
    {"type: string, max: 3", "\"abcd\"", "must be at most 3 characters"},
    {"type: list, max: 1", "[1, 2]", "must be at most 1 items"},
    {"type: string, regex: '^a+$'", "\"aa\"", NULL},
    {"type: string, regex: '^a+$'", "\"ab\"", "does not match `^a+$`"},
    {"type: device", "{\"kind\": \"user\"}", "is a user, not a device"},
    {"type: device", "7", "is no device"},
    {"type: device", "\"\"", "is no device"},
    {"type: device", "null", NULL},
    {"type: int, min: 1", "null", NULL},
};

static struct playbook *with_input(struct arena *arena, const char *input)
{
    struct diag_list diags;
    struct playbook *playbook = fixture_load(
        arena,
        arena_format(arena,
                     "quell: 1\nplaybook: example\non: { manual: }\ninputs:\n  x: { %s }\n"
                     "steps:\n  - stop:\n",
                     input),
        &diags);
    if (!playbook)
        fail_msg("%s: %.*s", input, QUELL_ARG(diags.items[0].message));
    return playbook;
}

static enum quell_code check(struct arena *arena, const struct playbook *playbook, const char *json,
                             struct quell_value *made, struct quell_error *err)
{
    struct quell_value value;
    assert_int_equal(json_read(arena, quell_str_of(json), 1000, &value, NULL, err), QUELL_OK);
    return playbook_input_check(arena, &playbook->inputs[0], value, made, err);
}

static void test_cases(void **state)
{
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new(0);
        struct playbook *playbook = with_input(arena, cases[i].input);
        struct quell_error err = {0};
        struct quell_value made;
        enum quell_code code = check(arena, playbook, cases[i].value, &made, &err);
        bool as_said = cases[i].fault
                           ? code == QUELL_INVALID &&
                                 str_starts(quell_str_of(err.message), quell_str_of(cases[i].fault))
                           : code == QUELL_OK;
        if (!as_said)
            fail_msg("%s %s: %s", cases[i].input, cases[i].value, code ? err.message : "passes");
        playbook_free(playbook);
        arena_free(arena);
    }
}

/* A bare text is the id of the entity. */
static void test_entities(void **state)
{
    static const struct {
        const char *input, *id;
    } kinds[] = {{"type: device", "id"},
                 {"type: user", "upn"},
                 {"type: mail", "network_message_id"},
                 {"type: file", "sha256"}};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct arena *arena = arena_new(0);
        struct playbook *playbook = with_input(arena, kinds[i].input);
        struct quell_error err = {0};
        struct quell_value made;
        assert_int_equal(check(arena, playbook, "\"x-1\"", &made, &err), QUELL_OK);
        assert_true(quell_text_is(quell_get(made, kinds[i].id), "x-1"));
        assert_true(quell_text_is(quell_get(made, "name"), "x-1"));
        assert_int_equal(check(arena, playbook, "{\"other\": 1}", &made, &err), QUELL_OK);
        assert_true(quell_text_is(quell_get(made, "kind"), kinds[i].input + strlen("type: ")));
        assert_int_equal(quell_get_int(made, "other", 0), 1);
        playbook_free(playbook);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases),
                                       cmocka_unit_test(test_entities)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
