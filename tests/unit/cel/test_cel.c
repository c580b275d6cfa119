/*
 * test_cel.c - what the data of tests/cel cannot say: references, scopes, limits of texts, memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/cel.h"
#include "value/json.h"
#include "value/value.h"

static int setup(void **state)
{
    *state = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static const struct cel *parsed(struct arena *arena, const char *text)
{
    struct cel_fault fault;
    const struct cel *expr = NULL;
    if (cel_parse(arena, quell_str_of(text), &expr, &fault))
        fail_msg("%s: %s", text, fault.message);
    return expr;
}

/* ---- references ----------------------------------------------------------------------------- */

/* Writes each as `root.name.name[offset+len]`, `?` before an optional one. */
static void write_reference(const struct cel_reference *reference, void *user)
{
    struct buf *out = user;
    buf_add_text(out, out->len ? " " : "");
    buf_add_text(out, reference->optional ? "?" : "");
    buf_add_str(out, reference->root);
    for (size_t i = 0; i < reference->count; i++)
        buf_add_format(out, ".%.*s", QUELL_ARG(reference->path[i]));
    buf_add_format(out, "[%u+%u", (unsigned)reference->place.offset,
                   (unsigned)reference->place.len);
    for (size_t i = 0; i < reference->count; i++)
        buf_add_format(out, " %u+%u", (unsigned)reference->places[i].offset,
                       (unsigned)reference->places[i].len);
    buf_add_text(out, "]");
}

static void refers(struct arena *arena, const char *text, const char *wanted)
{
    struct buf out = {.size_max = 0};
    cel_references(parsed(arena, text), write_reference, &out);
    if (!str_is(buf_str(&out), wanted))
        fail_msg("%s refers to %.*s", text, QUELL_ARG(buf_str(&out)));
    buf_free(&out);
}

static void references(void **state)
{
    struct arena *arena = *state;
    refers(arena, "1 + 2", "");
    refers(arena, "a", "a[0+1]");
    refers(arena, ".a", "a[1+1]");
    refers(arena, "incident.title", "incident.title[0+14 9+5]");
    refers(arena, "steps.x.output.y == 'a'", "steps.x.output.y[0+16 6+1 8+6 15+1]");
    refers(arena, "steps.x.?output.y", "?steps.x.output.y[0+17 6+1 9+6 16+1]");
    refers(arena, "steps[\"x\"].status", "steps.x.status[0+17 6+3 11+6]");
    refers(arena, "steps[?'x'].status", "?steps.x.status[0+18 7+3 12+6]");
    refers(arena, "has(incident.a.b)", "?incident.a.b[4+12 13+1 15+1]");
    refers(arena, "a.b[0].c", "a.b[0+3 2+1]");
    refers(arena, "a.b[c.d].e", "c.d[4+3 6+1] a.b[0+3 2+1]");
    refers(arena, "a[b]['c']", "b[2+1] a[0+1]");
    refers(arena, "a.b.size() + c.d.contains(e.f)", "a.b[0+3 2+1] c.d[13+3 15+1] e.f[26+3 28+1]");
    refers(arena, "l.exists(x, x.y == z.w)", "l[0+1] z.w[19+3 21+1]");
    refers(arena, "l.map(x, m[x.k])", "l[0+1] m[9+1]");
    refers(arena, "l.map(x, x).filter(y, x)", "l[0+1] x[22+1]");
    refers(arena, "[1].map(x, .x)", "x[12+1]");
    refers(arena, "type(a) == int", "a[5+1]");
    refers(arena, "optional.of(a.b).orValue(c)", "a.b[12+3 14+1] c[25+1]");
    refers(arena, "[a, {b: c}] + (d ? e : f)", "a[1+1] b[5+1] c[8+1] d[15+1] e[19+1] f[23+1]");
    refers(arena, "(a).b", "a.b[1+4 4+1]");
}

/* ---- scopes --------------------------------------------------------------------------------- */

static void inner_scopes_hide_outer_ones(void **state)
{
    struct arena *arena = *state;
    struct map_builder inner = {.arena = arena}, outer = {.arena = arena};
    struct cel_scope outside = {.outer = NULL}, inside = {.outer = &outside};
    struct cel_fault fault;
    struct quell_value value;
    map_add(&outer, "a", quell_int(1));
    map_add(&outer, "b", quell_int(2));
    map_add(&inner, "a", quell_int(10));
    map_add(&inner, "severity", quell_null());
    outside.vars = map_made(&outer);
    inside.vars = map_made(&inner);
    assert_int_equal(cel_eval(parsed(arena, "a + b"), &inside, arena, &value, &fault), QUELL_OK);
    assert_int_equal(value.as.integer, 12);
    assert_int_equal(cel_eval(parsed(arena, "a + b"), &outside, arena, &value, &fault), QUELL_OK);
    assert_int_equal(value.as.integer, 3);
    assert_int_equal(cel_eval(parsed(arena, "1 + 1"), NULL, arena, &value, &fault), QUELL_OK);
    assert_int_equal(cel_eval(parsed(arena, "severty"), &inside, arena, &value, &fault),
                     QUELL_INVALID);
    assert_string_equal(fault.help, "did you mean `severity`?");
    assert_int_equal(value.as.integer, 2); /* untouched */
}

/* ---- texts and trees at their limits -------------------------------------------------------- */

static struct quell_str repeated(struct arena *arena, const char *head, const char *part,
                                 size_t times, const char *tail)
{
    struct buf out = {.size_max = 0};
    struct quell_str text;
    buf_add_text(&out, head);
    for (size_t i = 0; i < times; i++)
        buf_add_text(&out, part);
    buf_add_text(&out, tail);
    text = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

static enum quell_code outcome(struct arena *arena, struct quell_str text,
                               struct quell_value *value)
{
    struct cel_fault fault;
    const struct cel *expr;
    enum quell_code code = cel_parse(arena, text, &expr, &fault);
    return code ? code : cel_eval(expr, NULL, arena, value, &fault);
}

static void long_and_deep_texts(void **state)
{
    struct arena *arena = *state;
    struct quell_value value = quell_null();
    assert_int_equal(outcome(arena, repeated(arena, "'", "x", LIMIT_CEL_BYTES - 2, "'"), &value),
                     QUELL_OK);
    assert_int_equal(outcome(arena, repeated(arena, "'", "x", LIMIT_CEL_BYTES - 1, "'"), &value),
                     QUELL_LIMIT);
    assert_int_equal(outcome(arena, repeated(arena, "0", "+1", LIMIT_CEL_DEPTH - 1, ""), &value),
                     QUELL_OK);
    assert_int_equal(value.as.integer, LIMIT_CEL_DEPTH - 1);
    assert_int_equal(outcome(arena, repeated(arena, "0", "+1", LIMIT_CEL_DEPTH, ""), &value),
                     QUELL_LIMIT);
    assert_int_equal(outcome(arena, repeated(arena, "false", "||false", 4000, ""), &value),
                     QUELL_OK);
    assert_int_equal(outcome(arena, repeated(arena, "true", "&&true", 4000, ""), &value), QUELL_OK);
    assert_int_equal(outcome(arena, repeated(arena, "[", "0,", 16000, "]"), &value), QUELL_OK);
    assert_int_equal(value.len, 16000);
    assert_int_equal(outcome(arena, repeated(arena, "", "(", 30000, ""), &value), QUELL_LIMIT);
    assert_int_equal(outcome(arena, repeated(arena, "", "[", 30000, ""), &value), QUELL_LIMIT);
    assert_int_equal(outcome(arena, repeated(arena, "", "-", 30000, "1"), &value), QUELL_LIMIT);
    assert_int_equal(outcome(arena, repeated(arena, "", "a?b:", 8000, "c"), &value), QUELL_LIMIT);
    assert_int_equal(outcome(arena, repeated(arena, "a", ".b", 10000, ""), &value), QUELL_LIMIT);
    assert_int_equal(outcome(arena, repeated(arena, "[0]", ".map(x,x)", 390, "[0]"), &value),
                     QUELL_OK);
    assert_int_equal(outcome(arena, repeated(arena, "0", "[0].map(x,", 70, "1"), &value),
                     QUELL_LIMIT);
    assert_int_equal(outcome(arena, QUELL_STR("'\xff'"), &value), QUELL_INVALID);
    assert_int_equal(outcome(arena, QUELL_STR("'a\0b'"), &value), QUELL_OK);
    assert_int_equal(value.len, 3);
    assert_int_equal(outcome(arena, QUELL_STR(""), &value), QUELL_INVALID);
    assert_int_equal(outcome(arena, QUELL_STR(" \n"), &value), QUELL_INVALID);
}

/* ---- memory --------------------------------------------------------------------------------- */

static const char incident[] =
    "{\"severity\": \"High\", \"entities\": [{\"kind\": \"User\"}, {\"kind\": \"Host\", "
    "\"tags\": [\"a\", \"b\"]}], \"count\": 3}";

static struct cel_scope incident_scope(struct arena *arena)
{
    struct cel_scope scope = {.outer = NULL};
    struct quell_error err;
    assert_int_equal(
        json_read(arena, quell_str_of(incident), sizeof(incident), &scope.vars, NULL, &err),
        QUELL_OK);
    return scope;
}

/* Reading, comparing and deciding allocates nothing. */
static void plain_reads_take_no_memory(void **state)
{
    struct arena *arena = *state;
    static const char *const texts[] = {
        "severity",
        "entities[1].tags",
        "severity == 'High' && entities.exists(e, e.kind == 'Host')",
        "severity in ['High', 'Medium'] ? count + 1 : -1",
        "!has(entities[0].tags) || entities.all(e, e.kind.startsWith('X'))",
        "entities[1].tags[0].contains('a') && size(entities) == 2",
        "severity.matches('^H')",
        "nothing == 1 || severity < 'a'",
    };
    struct cel_scope scope = incident_scope(arena);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct cel *expr = parsed(arena, texts[i]);
        size_t used = arena_used(arena);
        struct quell_value value;
        struct cel_fault fault;
        assert_int_equal(cel_eval(expr, &scope, arena, &value, &fault), QUELL_OK);
        assert_int_equal(arena_used(arena), used);
    }
}

/* What an expression only hands on may be as deep as it came; what it makes may not. */
static void a_borrowed_result_is_not_measured(void **state)
{
    struct arena *arena = *state;
    struct map_builder vars = {.arena = arena};
    struct cel_scope scope = {.outer = NULL};
    struct quell_value value = quell_int(1);
    struct cel_fault fault;
    for (int i = 0; i < LIMIT_DEPTH - 4; i++) {
        struct quell_value *item = arena_one(arena, struct quell_value);
        *item = value;
        value = quell_list(item, 1);
    }
    map_add(&vars, "deep", value);
    scope.vars = map_made(&vars);
    assert_int_equal(cel_eval(parsed(arena, "deep"), &scope, arena, &value, &fault), QUELL_OK);
    assert_int_equal(cel_eval(parsed(arena, "[deep]"), &scope, arena, &value, &fault), QUELL_LIMIT);
}

/* What was used before an evaluation does not count against it. */
static void the_budget_is_of_one_evaluation(void **state)
{
    struct arena *arena = *state;
    const struct cel *expr =
        parsed(arena, "[0, 1, 2, 3].map(a, [0, 1, 2, 3].map(b, a * b)).size()");
    struct quell_value value;
    struct cel_fault fault;
    (void)arena_alloc(arena, 3 * (size_t)LIMIT_CEL_ARENA_BYTES);
    for (int i = 0; i < 2000; i++)
        assert_int_equal(cel_eval(expr, NULL, arena, &value, &fault), QUELL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(references, setup, teardown),
        cmocka_unit_test_setup_teardown(inner_scopes_hide_outer_ones, setup, teardown),
        cmocka_unit_test_setup_teardown(long_and_deep_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(plain_reads_take_no_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(a_borrowed_result_is_not_measured, setup, teardown),
        cmocka_unit_test_setup_teardown(the_budget_is_of_one_evaluation, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
