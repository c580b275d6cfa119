/*
 * test_pages.c - what the reference pages say beside the examples of keywords (test_examples.c):
 * the first playbook, the questions whether something is there, the traps of YAML, the operators.
 */
#include "virtual.h"

#include <quell/author.h>

#include "playbook/guide.h"

#define PAGES QUELL_SOURCE_DIR "/tests/docs/"
#define PRESENT                                                                                    \
    "{\"incident\": {\"owner\": null, \"tags\": [], \"raw\": {}, \"entities\": {\"devices\": "     \
    "[]}}}"

static void what_is_there(void **state)
{
    static const struct {
        const char *expression, *gives;
    } rows[] = {
#define PRESENCE(expression, gives, says) {expression, gives},
#include "../../docs/presence.def"
#undef PRESENCE
    };
    struct arena *arena = arena_new(0);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_document gave = {.memory = NULL};
        struct quell_error err = {0};
        struct quell_str text;
        if (quell_eval(quell_str_of(rows[i].expression), QUELL_STR(PRESENT), &gave, NULL, NULL,
                       &err))
            fail_msg("%s: %s", rows[i].expression, err.message);
        text = json_text(arena, gave.value, JSON_COMPACT);
        if (!str_is(text, rows[i].gives))
            fail_msg("%s gives %.*s", rows[i].expression, QUELL_ARG(text));
        quell_document_free(&gave);
    }
    arena_free(arena);
}

/* ---- linted texts ------------------------------------------------------------------------------
 */

/* The diagnostics of a file, as a document. */
static struct quell_document lint(struct quell *engine, const char *path)
{
    const char *const paths[] = {path, NULL};
    struct quell_lint_options options = {.ascii = true};
    struct quell_document found = {.memory = NULL};
    struct quell_error err = {0};

    if (quell_lint(engine, paths, &options, &found, &err))
        fail_msg("%s: %s", path, err.message);
    return found;
}

/* The text has this diagnostic and no other; NULL: none. */
static void says(struct quell *engine, struct engine_place *place, const char *text,
                 const char *code)
{
    struct arena *arena = arena_new(0);
    struct quell_document found;
    struct quell_value all;

    place_write(place->playbook, guide_complete(arena, text).data);
    found = lint(engine, place->playbook);
    all = quell_get(found.value, "diagnostics");
    if (quell_count(all) != (code ? 1 : 0) ||
        (code && !quell_text_is(quell_get(quell_at(all, 0), "code"), code)))
        fail_msg("%s: %.*s", text, QUELL_ARG(quell_get_str(found.value, "rendered")));
    quell_document_free(&found);
    arena_free(arena);
}

static void traps(void **state)
{
    static const struct {
        const char *code, *bad, *good;
    } rows[] = {
#define TRAP(what, code, bad, good) {code, bad "\n", good "\n"},
#include "../../docs/traps.def"
#undef TRAP
    };
    struct engine_place place;
    struct quell *engine;
    size_t i;

    (void)state;
    place_make(&place, "config: {}\n", "");
    place.playbooks[0] = NULL;
    engine = place_open(&place, QUELL_FOR_AUTHORING);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        says(engine, &place, rows[i].bad, rows[i].code);
        says(engine, &place, rows[i].good, NULL);
    }
    quell_close(engine);
    place_remove(&place);
}

static void operators(void **state)
{
    size_t i, count;
    const struct match_operator_info *rows = match_operators(&count);
    struct arena *arena = arena_new(0);
    struct engine_place place;
    struct quell *engine;

    (void)state;
    place_make(&place, "config: {}\n", "");
    place.playbooks[0] = NULL;
    engine = place_open(&place, QUELL_FOR_AUTHORING);
    for (i = 0; i < count; i++)
        says(engine, &place,
             arena_format(arena, "on:\n  incident:\n    match:\n      %s\n", rows[i].example).data,
             NULL);
    quell_close(engine);
    place_remove(&place);
    arena_free(arena);
}

static void the_first_playbook(void **state)
{
    static const char incident[] =
        "{\"title\": \"Ransomware\", \"severity\": \"high\", \"entities\": {\"devices\": "
        "[{\"kind\": \"device\", \"id\": \"d-1\", \"name\": \"fin-ws-114\"}]}}";
    struct quell_plan_options options = {
        .playbook = PAGES "first.yaml", .incident = quell_str_of(incident), .offline = true};
    struct engine_place place;
    struct quell_document found, plan = {.memory = NULL};
    struct quell_error err = {0};
    struct quell *engine;

    (void)state;
    place_make(&place,
               "config: { soc_mailbox: soc@contoso.example }\nlists: { crown_jewels: [dc-01] }\n",
               "");
    place.playbooks[0] = NULL;
    engine = place_open(&place, QUELL_FOR_AUTHORING);
    found = lint(engine, options.playbook);
    if (quell_count(quell_get(found.value, "diagnostics")))
        fail_msg("%.*s", QUELL_ARG(quell_get_str(found.value, "rendered")));
    if (quell_plan(engine, &options, &plan, &err))
        fail_msg("%s", err.message);
    assert_int_equal(quell_get_int(quell_get(plan.value, "totals"), "disrupts", 0), 1);
    assert_int_equal(quell_get_int(quell_get(plan.value, "totals"), "approvals", 0), 1);
    assert_true(quell_text_is(quell_get(quell_get(plan.value, "trigger"), "verdict"), "match"));
    quell_document_free(&plan);
    quell_document_free(&found);
    quell_close(engine);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_there), cmocka_unit_test(traps),
                                       cmocka_unit_test(operators),
                                       cmocka_unit_test(the_first_playbook)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
