/*
 * test_load.c - what a loaded playbook holds: numbers, ids, defaults, places, revision; and what
 * playbook_load leaves behind when there are faults.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/str.h"
#include "fixture.h"

#define HEAD "quell: 1\nplaybook: example\non: { manual: }\n"

static const char text[] =
    HEAD "name: Example\nowner: soc\ntags: [a, b]\nstate: shadow\ntimeout: 90m\n"
         "inputs:\n"
         "  level: { type: enum, of: [low, high], default: low, description: how much }\n"
         "  title: { default: '${{ incident.title }}' }\n"
         "  count: { type: int, required: true }\n"
         "steps:\n"
         "  - id: contain\n"
         "    for-each: ${{ incident.entities.devices }}\n"
         "    as: device\n"
         "    max: 4\n"
         "    steps:\n"
         "      - id: isolate\n"
         "        name: cut it off\n"
         "        if: device.id != ''\n"
         "        uses: defender.isolate-device\n"
         "        connection: other\n"
         "        timeout: 1h30m\n"
         "        retry: { max: 2, backoff: fixed, first: 500ms, on: server }\n"
         "        with: { device_id: '${{ device.id }}' }\n"
         "        on-error:\n"
         "          - stop: { as: escalated, reason: 'no ${{ device.id }}' }\n"
         "  - set: { a: 1, b: '${{ inputs.level }}' }\n"
         "  - if: vars.a == 1\n"
         "    steps:\n"
         "      - uses: email.send\n"
         "        with: { to: a@example.org }\n"
         "        retry: {}\n"
         "        on-error: continue\n"
         "    else:\n"
         "      - fail: it is ${{ vars.b }}\n"
         "on-failure:\n"
         "  - stop:\n";

static struct playbook *load(struct arena *arena, const char *source)
{
    struct diag_list diags;
    struct playbook *playbook = fixture_load(arena, quell_str_of(source), &diags);
    if (!playbook)
        fail_msg("%.*s", QUELL_ARG(diags.items[0].message));
    return playbook;
}

static void assert_str(struct quell_str found, const char *expected)
{
    if (!str_is(found, expected))
        fail_msg("`%.*s` is not `%s`", QUELL_ARG(found), expected);
}

static void test_top_level(void **state)
{
    struct arena *arena = arena_new(0);
    struct playbook *playbook = load(arena, text);
    (void)state;
    assert_str(playbook->id, "example");
    assert_str(playbook->name, "Example");
    assert_str(playbook->owner, "soc");
    assert_int_equal(quell_count(playbook->tags), 2);
    assert_int_equal(playbook->state, PLAYBOOK_SHADOW);
    assert_true(playbook->timeout_us == INT64_C(5400000000));
    assert_true(playbook->manual);
    assert_null(playbook->incident);
    assert_str(playbook->file, "test.yaml");
    assert_int_equal(playbook->steps.count, 3);
    assert_int_equal(playbook->on_failure.count, 1);
    assert_int_equal(playbook->step_count, 8);
    assert_int_equal(playbook->disrupts, 1);
    assert_int_equal(strlen(playbook->revision), 64);
    playbook_free(playbook);
    arena_free(arena);
}

static void test_inputs(void **state)
{
    struct arena *arena = arena_new(0);
    struct playbook *playbook = load(arena, text);
    const struct playbook_input *inputs = playbook->inputs;
    (void)state;
    assert_int_equal(playbook->input_count, 3);
    assert_str(inputs[0].name, "level");
    assert_int_equal(inputs[0].field.type, QUELL_FIELD_ENUM);
    assert_string_equal(inputs[0].field.words[1], "high");
    assert_null(inputs[0].field.words[2]);
    assert_string_equal(inputs[0].field.fallback, "\"low\"");
    assert_string_equal(inputs[0].field.doc, "how much");
    assert_null(inputs[0].fallback);
    assert_int_equal(inputs[1].field.type, QUELL_FIELD_STRING);
    assert_non_null(inputs[1].fallback);
    assert_null(inputs[1].field.fallback);
    assert_int_equal(inputs[2].field.type, QUELL_FIELD_INT);
    assert_int_equal(inputs[2].field.flags & QUELL_REQUIRED, QUELL_REQUIRED);
    playbook_free(playbook);
    arena_free(arena);
}

static void test_loop_and_action(void **state)
{
    struct arena *arena = arena_new(0);
    struct playbook *playbook = load(arena, text);
    const struct step *loop = playbook->steps.items[0], *step;
    (void)state;
    assert_int_equal(loop->kind, STEP_FOR_EACH);
    assert_int_equal(loop->number, 0);
    assert_str(loop->as, "device");
    assert_int_equal(loop->max, 4);
    assert_int_equal(loop->concurrency, 1);
    assert_true(loop->disrupts);
    assert_non_null(loop->items.expr);
    step = loop->steps.items[0];
    assert_int_equal(step->kind, STEP_USES);
    assert_int_equal(step->number, 1);
    assert_ptr_equal(playbook->all[1], step);
    assert_str(step->id, "isolate");
    assert_str(step->name, "cut it off");
    assert_str(step->uses, "defender.isolate-device");
    assert_str(step->connection, "other");
    assert_ptr_equal(step->connector, &defender);
    assert_ptr_equal(step->action, &isolate_device);
    assert_non_null(step->with);
    assert_non_null(step->condition.expr);
    assert_true(step->timeout_us == INT64_C(5400000000));
    assert_true(step->disrupts);
    assert_int_equal(step->on_error, ON_ERROR_STEPS);
    assert_str(step->on_error_steps.items[0]->stop_as, "escalated");
    assert_non_null(step->on_error_steps.items[0]->reason.text);
    playbook_free(playbook);
    arena_free(arena);
}

static void test_retry(void **state)
{
    struct arena *arena = arena_new(0);
    struct playbook *playbook = load(arena, text);
    const struct retry *retry = &playbook->all[1]->retry;
    (void)state;
    assert_int_equal(retry->max, 2);
    assert_int_equal(retry->backoff, BACKOFF_FIXED);
    assert_true(retry->first_us == 500000 && retry->cap_us == 60000000);
    assert_int_equal(retry->on_count, 1);
    assert_str(retry->on[0], "server");
    retry = &playbook->all[5]->retry;
    assert_int_equal(retry->max, 3);
    assert_int_equal(retry->backoff, BACKOFF_EXPONENTIAL);
    assert_true(retry->first_us == 2000000 && retry->cap_us == 60000000);
    assert_int_equal(retry->on_count, 0);
    playbook_free(playbook);
    arena_free(arena);
}

static void test_block_and_ends(void **state)
{
    struct arena *arena = arena_new(0);
    struct playbook *playbook = load(arena, text);
    const struct step *block = playbook->steps.items[2];
    (void)state;
    assert_int_equal(playbook->steps.items[1]->kind, STEP_SET);
    assert_non_null(playbook->steps.items[1]->set);
    assert_int_equal(block->kind, STEP_BLOCK);
    assert_false(block->disrupts);
    assert_false(block->id_given);
    assert_str(block->id, "_4");
    assert_int_equal(block->steps.items[0]->on_error, ON_ERROR_CONTINUE);
    assert_int_equal(block->otherwise.items[0]->kind, STEP_FAIL);
    assert_non_null(block->otherwise.items[0]->reason.text);
    assert_int_equal(playbook->on_failure.items[0]->kind, STEP_STOP);
    assert_str(playbook->on_failure.items[0]->stop_as, "done");
    assert_null(playbook->on_failure.items[0]->reason.text);
    playbook_free(playbook);
    arena_free(arena);
}

/* What an expression's own place says must be the same words in the file. */
static void check_place(const struct playbook *playbook, const struct playbook_text *made,
                        const char *word)
{
    struct quell_str source =
        made->expr ? cel_source(made->expr) : QUELL_STR("no ${{ device.id }}");
    size_t at = str_find(source, quell_str_of(word), 0);
    struct place inside = {(uint32_t)at, (uint32_t)strlen(word)}, place;
    assert_true(at != SIZE_MAX);
    place = playbook_place(playbook, made->place, inside);
    assert_str(str_slice(playbook->text, place.offset, place.offset + place.len), word);
}

static void test_places(void **state)
{
    struct arena *arena = arena_new(0);
    struct playbook *playbook = load(arena, text);
    (void)state;
    check_place(playbook, &playbook->all[0]->items, "entities.devices"); /* wrapped */
    check_place(playbook, &playbook->all[1]->condition, "device.id");    /* bare */
    check_place(playbook, &playbook->all[2]->reason, "device.id");       /* in a template */
    playbook_free(playbook);
    arena_free(arena);
}

static void test_revision_is_of_the_text(void **state)
{
    struct arena *arena = arena_new(0);
    struct playbook *a = load(arena, HEAD "steps:\n  - stop:\n");
    struct playbook *b = load(arena, HEAD "steps:\n  - stop:\n");
    struct playbook *c = load(arena, HEAD "steps:\n  - stop: \n");
    (void)state;
    assert_string_equal(a->revision, b->revision);
    assert_string_not_equal(a->revision, c->revision);
    playbook_free(a);
    playbook_free(b);
    playbook_free(c);
    arena_free(arena);
}

static size_t errors_of(const char *source, const char *code)
{
    struct arena *arena = arena_new(0);
    struct diag_list diags;
    size_t i, count = 0;
    struct playbook *playbook = fixture_load(arena, quell_str_of(source), &diags);
    assert_true((playbook == NULL) == (diags.errors > 0));
    for (i = 0; i < diags.count; i++)
        count += strcmp(diags.items[i].code, code) == 0;
    playbook_free(playbook);
    arena_free(arena);
    return count;
}

static void test_texts_that_are_no_playbook(void **state)
{
    (void)state;
    assert_int_equal(errors_of("", "QL104"), 1);
    assert_int_equal(errors_of("just words\n", "QL104"), 1);
    assert_int_equal(errors_of("- a\n- b\n", "QL104"), 1);
    assert_int_equal(errors_of("{}\n", "QL103"), 4); /* quell, playbook, on, steps */
    assert_int_equal(errors_of("a: [\n", "QL104"), 0);
}

/* LIMIT_STEPS steps load, one more does not. */
static void test_many_steps(void **state)
{
    struct arena *arena = arena_new(0);
    size_t i, len, at = strlen(HEAD "steps:\n");
    char *source = arena_alloc(arena, at + (LIMIT_STEPS + 2) * 10);
    (void)state;
    memcpy(source, HEAD "steps:\n", at);
    for (i = 0; i <= LIMIT_STEPS; i++) {
        len = strlen("- stop:\n");
        if (i == LIMIT_STEPS)
            assert_int_equal(errors_of(source, "QL107"), 0);
        memcpy(source + at, "- stop:\n", len);
        at += len;
    }
    assert_int_equal(errors_of(source, "QL107"), 1);
    arena_free(arena);
}

/* More faults than are kept are counted, and the playbook does not load. */
static void test_many_faults(void **state)
{
    struct arena *arena = arena_new(0);
    size_t i, at = strlen(HEAD "steps:\n"), len = strlen("- fail: ${{ x }}\n");
    char *source = arena_alloc(arena, at + 300 * len + 1);
    struct diag_list diags;
    (void)state;
    memcpy(source, HEAD "steps:\n", at);
    for (i = 0; i < 300; i++)
        memcpy(source + at + i * len, "- fail: ${{ x }}\n", len);
    assert_null(fixture_load(arena, quell_str_of(source), &diags));
    assert_int_equal(diags.errors, 300);
    assert_int_equal(diags.count, LIMIT_DIAGS);
    arena_free(arena);
}

/* Every keyword that is not run yet is refused by its name, wherever it may stand. */
/* `steps.a.output` behind a step that ends the run unless `a` succeeded, and behind others. */
static void test_ends_unless_it_succeeded(void **state)
{
    static const struct {
        const char *exit;
        size_t errors;
    } rows[] = {
        {"  - if: steps.a.status != 'succeeded'\n    stop:\n", 0},
        {"  - if: incident.owner == null || steps.a.status != \"succeeded\"\n    fail: no\n", 0},
        {"  - if: steps.a.status != 'succeeded'\n    steps:\n"
         "      - set: { x: 1 }\n      - stop:\n",
         0},
        {"  - if: steps.a.status == 'failed'\n    stop:\n", 1},
        {"  - if: steps.a.status != 'succeeded' && incident.owner == null\n    stop:\n", 1},
        {"  - if: \"!(true || steps.a.status != 'succeeded' || false)\"\n    stop:\n", 1},
        {"  - if: steps.a.status != 'succeeded'\n    set: { x: 1 }\n", 1},
        {"  - if: steps.a.status != 'succeeded'\n    steps:\n"
         "      - if: incident.owner == null\n        stop:\n",
         1},
        {"  - if: steps.a.status != 'succeeded'\n    steps: [{ fail: no }]\n"
         "    on-error: continue\n",
         1},
    };
    struct arena *arena = arena_new(0);
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_str source =
            arena_format(arena,
                         HEAD "steps:\n  - id: a\n    uses: defender.get-device\n"
                              "    with: { device_id: d }\n    on-error: continue\n%s"
                              "  - set: { name: '${{ steps.a.output.name }}' }\n",
                         rows[i].exit);
        if (errors_of(source.data, "QL115") != rows[i].errors)
            fail_msg("%s", source.data);
    }
    arena_free(arena);
}

/* Its keys are not those of a playbook: no fix may make one of it. */
static void test_a_test_is_no_playbook(void **state)
{
    struct arena *arena = arena_new(0);
    struct diag_list diags;
    (void)state;
    assert_null(fixture_load(arena, QUELL_STR("quell-test: 1\nplaybook: a\ncases: [{ name: a }]\n"),
                             &diags));
    assert_int_equal(diags.count, 1);
    assert_str(diags.items[0].help, "`quell test` checks and runs it");
    arena_free(arena);
}

static void test_later_keywords(void **state)
{
    const struct quell_field *field;
    struct arena *arena = arena_new(0);
    (void)state;
    for (field = playbook_fields; field->name; field++)
        if (field->flags & PLAYBOOK_LATER) {
            struct quell_str source =
                arena_format(arena, HEAD "%s: { x: 1 }\nsteps:\n  - stop:\n", field->name);
            assert_int_equal(errors_of(source.data, "QL105"), 1);
        }
    for (field = step_fields; field->name; field++)
        if (field->flags & PLAYBOOK_LATER) {
            bool kind = (field->flags & PLAYBOOK_KIND) != 0;
            struct quell_str source = arena_format(arena, HEAD "steps:\n  - %s: { x: 1 }\n%s",
                                                   field->name, kind ? "" : "    stop:\n");
            assert_int_equal(errors_of(source.data, "QL105"), 1);
            assert_int_equal(errors_of(source.data, "QL121"), 0);
        }
    arena_free(arena);
}

static void test_connections(void **state)
{
    struct arena *arena = arena_new(0);
    struct playbook *playbook =
        load(arena, HEAD "order: 10\nconnections: { email: east }\nsteps:\n"
                         "  - uses: email.send\n    with: { to: a@b.c }\n"
                         "  - uses: email.send\n    connection: own\n"
                         "    with: { to: a@b.c }\n"
                         "  - uses: defender.hunt\n    with: { query: x }\n");
    (void)state;
    assert_int_equal(playbook->start.order, 10);
    assert_str(playbook->steps.items[0]->connection, "east");
    assert_str(playbook->steps.items[1]->connection, "own");
    assert_str(playbook->steps.items[2]->connection, "");
    playbook_free(playbook);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_top_level),
        cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_loop_and_action),
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_block_and_ends),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_revision_is_of_the_text),
        cmocka_unit_test(test_texts_that_are_no_playbook),
        cmocka_unit_test(test_many_steps),
        cmocka_unit_test(test_many_faults),
        cmocka_unit_test(test_ends_unless_it_succeeded),
        cmocka_unit_test(test_a_test_is_no_playbook),
        cmocka_unit_test(test_later_keywords),
        cmocka_unit_test(test_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
