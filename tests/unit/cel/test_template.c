/*
 * test_template.c - text with ${{ }}, and whole values of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/cel.h"
#include "value/json.h"
#include "value/value.h"

struct fixture {
    struct arena *arena;
    struct cel_scope scope;
    struct cel_fault fault;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct map_builder vars;
    struct map_builder device;
    fixture = (struct fixture){.arena = arena_new(0)};
    vars = (struct map_builder){.arena = fixture.arena};
    device = (struct map_builder){.arena = fixture.arena};
    map_add(&device, "name", quell_text("fin-ws-114"));
    map_add(&vars, "device", map_made(&device));
    map_add(&vars, "n", quell_int(3));
    map_add(&vars, "nothing", quell_null());
    map_add(&vars, "secret", value_secret(quell_text("hunter2")));
    map_add(&vars, "later", quell_unknown(QUELL_STR("known after the call")));
    map_add(&vars, "evil", quell_text("${{ n }} {{ n }} }}"));
    map_add(&vars, "when", value_time(1780228800, 500000000));
    fixture.scope.vars = map_made(&vars);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_free(f->arena);
    return 0;
}

static enum quell_code evaluate(struct fixture *f, const char *text, struct quell_value *value)
{
    const struct cel_template *template;
    enum quell_code code = cel_template_parse(f->arena, quell_str_of(text), &template, &f->fault);
    if (!code)
        code = cel_template_eval(template, &f->scope, f->arena, value, &f->fault);
    return code;
}

static struct quell_value value_of(struct fixture *f, const char *text)
{
    struct quell_value value = quell_null();
    if (evaluate(f, text, &value))
        fail_msg("%s: %s", text, f->fault.message);
    return value;
}

static void gives(struct fixture *f, const char *text, const char *wanted)
{
    struct quell_value value = value_of(f, text);
    assert_int_equal(value.type, QUELL_STRING);
    if (!str_is(quell_str(value), wanted))
        fail_msg("%s gives %.*s", text, QUELL_ARG(quell_str(value)));
}

static void fails(struct fixture *f, const char *text, uint32_t offset, uint32_t len,
                  const char *message)
{
    struct quell_value value;
    assert_int_not_equal(evaluate(f, text, &value), QUELL_OK);
    assert_string_equal(f->fault.message, message);
    assert_int_equal(f->fault.place.offset, offset);
    assert_int_equal(f->fault.place.len, len);
}

static void joins(void **state)
{
    struct fixture *f = *state;
    gives(f, "", "");
    gives(f, "plain", "plain");
    gives(f, "device ${{ device.name }}", "device fin-ws-114");
    gives(f, "${{ device.name }}.", "fin-ws-114.");
    gives(f, " ${{ n }}", " 3");
    gives(f, "${{n}}${{n}}", "33");
    gives(f, "$${{ n }}", "$3");
    gives(f, "a ${{ n }} b ${{ n + 1 }} c", "a 3 b 4 c");
    gives(f, "{{ n }} }} ${ n } $ {{", "{{ n }} }} ${ n } $ {{");
    gives(f, "x${{ nothing }}y", "xy");
    gives(f, "x${{ true }}${{ 1.5 }}${{ 2u }}", "xtrue1.52");
    gives(f, "at ${{ when }}", "at 2026-05-31T12:00:00.5Z");
    gives(f, "in ${{ duration('90m') }}", "in 5400s");
    gives(f, "l ${{ [1, 'a', {'k': null}] }}", "l [1,\"a\",{\"k\":null}]");
    gives(f, "o ${{ device.?name }}${{ device.?x }}", "o fin-ws-114");
    gives(f, "t ${{ type(1) }}", "t int");
    gives(f, "b ${{ b'abc' }} ${{ b'\\xff' }}", "b abc /w==");
}

static void one_expression_keeps_its_type(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(value_of(f, "${{ n }}").type, QUELL_INT);
    assert_int_equal(value_of(f, "${{n}}").type, QUELL_INT);
    assert_int_equal(value_of(f, "${{ nothing }}").type, QUELL_NULL);
    assert_int_equal(value_of(f, "${{ device }}").type, QUELL_MAP);
    assert_int_equal(value_of(f, "${{ n }} ").type, QUELL_STRING);
    assert_int_equal(value_of(f, "${{ n }}\n").type, QUELL_STRING);
}

/* Braces and quotes inside an expression are not its end. */
static void the_lexer_finds_the_end(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(value_of(f, "${{ {'a': {'b': 1}} }}").type, QUELL_MAP);
    assert_int_equal(value_of(f, "${{ {'a': {'b': 1}}.a.b}}").as.integer, 1);
    gives(f, "x${{ {'a': {'b': 1}}}}", "x{\"a\":{\"b\":1}}");
    gives(f, "x${{ '}}' }}y", "x}}y");
    gives(f, "x${{ \"}} ${{\" }}y", "x}} ${{y");
    gives(f, "x${{ r'\\' + '''}}''' }}y", "x\\}}y");
    gives(f, "x${{ n // }} a comment\n }}y", "x3y");
}

static void a_result_is_never_looked_at_again(void **state)
{
    struct fixture *f = *state;
    gives(f, "x${{ evil }}", "x${{ n }} {{ n }} }}");
    gives(f, "${{ evil }}", "${{ n }} {{ n }} }}");
    gives(f, "${{ '$' }}{{ n }}", "${{ n }}");
}

static void places_are_in_the_template(void **state)
{
    struct fixture *f = *state;
    fails(f, "ab ${{ n", 3, 3, "`${{` is never closed");
    assert_string_equal(f->fault.help, "write `}}` behind the expression");
    fails(f, "ab ${{ n }", 9, 1, "expected `}}` at the end of the expression, found `}`");
    fails(f, "ab ${{ 'n }}", 7, 1, "this text is never closed");
    fails(f, "ab ${{ 'n", 3, 3, "`${{` is never closed");
    fails(f, "ab ${{ }}", 7, 0, "there is no expression here");
    fails(f, "ab ${{ n + }}", 11, 0, "expected a value, found the end");
    fails(f, "ab ${{ n }} ${{ n n }}", 18, 1, "expected an operator or the end, found `n`");
    fails(f, "ab ${{ n }} ${{ nn }}", 16, 2, "`nn` is not defined");
    fails(f, "ab ${{ device.nam }}", 14, 3, "no such key: `nam`");
    fails(f, "${{ device.nam }}", 11, 3, "no such key: `nam`");
    fails(f, "ab ${{ n = 1 }}", 9, 1, "`=` cannot stand here");
    fails(f, "\xff ${{ n }}", 0, 1, "this byte is not valid UTF-8");
}

/* What is known of the text stays readable; a secret in it does not. */
static void an_unknown_makes_the_text_unknown(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"${{ later }}", "known after the call"},
        {"x ${{ later }}", "x <known after the call>"},
        {"x ${{ [1, {'k': later}] }}", "x <known after the call>"},
        {"${{ n }} ${{ later.x }}.", "3 <known after the call>."},
        {"${{ secret }} ${{ later }}", "known after the call"},
        {"${{ later }} ${{ secret }}", "known after the call"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct quell_value value = value_of(f, cases[i].text);
        assert_int_equal(value.type, QUELL_UNKNOWN);
        if (!str_is(quell_str(value), cases[i].why))
            fail_msg("%s: %.*s", cases[i].text, QUELL_ARG(quell_str(value)));
    }
    assert_int_equal(value_of(f, "${{ [later] }}").type, QUELL_LIST);
    fails(f, "${{ later }} ${{ 1 / 0 }}", 19, 1, "division by zero");
}

static void a_secret_makes_the_text_secret(void **state)
{
    struct fixture *f = *state;
    assert_true(value_of(f, "x ${{ secret }}").flags & QUELL_SECRET);
    assert_true(value_of(f, "${{ secret }}").flags & QUELL_SECRET);
    assert_true(value_of(f, "x ${{ [secret] }}").flags & QUELL_SECRET);
    assert_false(value_of(f, "x ${{ n }}").flags & QUELL_SECRET);
    gives(f, "x ${{ [secret] }}", "x [\"hunter2\"]"); /* for the wire; elsewhere the bit hides it */
}

static void texts_are_limited(void **state)
{
    struct fixture *f = *state;
    struct quell_value value;
    /* A text of 40 KB, seven times in one list. */
    assert_int_equal(evaluate(f,
                              "x${{ ['0123456789'].map(a, a + a + a + a + a + a + a + a)"
                              ".map(a, a + a + a + a + a + a + a + a)"
                              ".map(a, a + a + a + a + a + a + a + a)"
                              ".map(a, a + a + a + a + a + a + a + a)"
                              ".map(a, [a, a, a, a, a, a, a])[0] }}",
                              &value),
                     QUELL_LIMIT);
    assert_string_equal(f->fault.message, "this makes the text longer than 256 KiB");
}

static void add_each(const struct cel *expr, size_t offset, void *user)
{
    size_t *sum = user;
    *sum += offset * 100 + cel_source(expr).len;
}

static void expressions_are_listed(void **state)
{
    struct fixture *f = *state;
    const struct cel_template *template;
    size_t sum = 0;
    assert_int_equal(
        cel_template_parse(f->arena, QUELL_STR("a ${{ n }} ${{n}}"), &template, &f->fault),
        QUELL_OK);
    assert_false(cel_template_is_constant(template));
    cel_template_each(template, add_each, &sum);
    assert_int_equal(sum, 5 * 100 + 3 + 14 * 100 + 1);
    assert_int_equal(cel_template_parse(f->arena, QUELL_STR("a b"), &template, &f->fault),
                     QUELL_OK);
    assert_true(cel_template_is_constant(template));
}

/* ---- trees ---------------------------------------------------------------------------------- */

static struct quell_value json(struct fixture *f, const char *text)
{
    struct quell_value value;
    struct quell_error err;
    assert_int_equal(
        json_read(f->arena, quell_str_of(text), LIMIT_DOCUMENT_BYTES, &value, NULL, &err),
        QUELL_OK);
    return value;
}

static const struct cel_tree *tree_of(struct fixture *f, const char *text)
{
    const struct cel_tree *tree = NULL;
    struct quell_str where;
    assert_int_equal(cel_tree_parse(f->arena, json(f, text), &tree, &f->fault, &where), QUELL_OK);
    return tree;
}

static void trees_evaluate_their_texts(void **state)
{
    struct fixture *f = *state;
    const struct cel_tree *tree =
        tree_of(f, "{\"id\": \"${{ device.name }}\", \"n\": 1, \"list\": [\"${{ n }}\", "
                   "\"x${{ n }}\", {\"deep\": \"${{ [n] }}\"}], \"fixed\": [\"a\", null], "
                   "\"later\": \"${{ later }}\"}");
    struct quell_value value;
    assert_int_equal(cel_tree_eval(tree, &f->scope, f->arena, &value, &f->fault), QUELL_OK);
    assert_true(str_is(json_text(f->arena, value, JSON_COMPACT),
                       "{\"id\":\"fin-ws-114\",\"n\":1,\"list\":[3,\"x3\",{\"deep\":[3]}],"
                       "\"fixed\":[\"a\",null],\"later\":{\"unknown\":\"known after the call\"}}"));
}

static void a_tree_without_templates_is_itself(void **state)
{
    struct fixture *f = *state;
    struct quell_value with = json(f, "{\"a\": [1, \"b\", {}]}"), value;
    const struct cel_tree *tree;
    struct quell_str where;
    size_t used;
    assert_int_equal(cel_tree_parse(f->arena, with, &tree, &f->fault, &where), QUELL_OK);
    used = arena_used(f->arena);
    assert_int_equal(cel_tree_eval(tree, &f->scope, f->arena, &value, &f->fault), QUELL_OK);
    assert_ptr_equal(value.as.pairs, with.as.pairs);
    assert_int_equal(arena_used(f->arena), used);
}

static void faults_of_trees_name_the_text(void **state)
{
    struct fixture *f = *state;
    const struct cel_tree *tree;
    struct quell_str where;
    struct quell_value value;
    assert_int_equal(cel_tree_parse(f->arena, json(f, "{\"a\": {\"b\": [1, \"x ${{ n n }}\"]}}"),
                                    &tree, &f->fault, &where),
                     QUELL_INVALID);
    assert_true(str_is(where, "a.b[1]"));
    assert_int_equal(f->fault.place.offset, 8);
    tree = tree_of(f, "{\"a\": {\"b\": [1, \"x ${{ device.nam }}\"]}}");
    assert_int_equal(cel_tree_eval(tree, &f->scope, f->arena, &value, &f->fault), QUELL_INVALID);
    assert_string_equal(f->fault.message, "`a.b[1]`: no such key: `nam`");
    assert_string_equal(f->fault.help, "did you mean `name`?");
    assert_int_equal(f->fault.place.offset, 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(joins, setup, teardown),
        cmocka_unit_test_setup_teardown(one_expression_keeps_its_type, setup, teardown),
        cmocka_unit_test_setup_teardown(the_lexer_finds_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_result_is_never_looked_at_again, setup, teardown),
        cmocka_unit_test_setup_teardown(places_are_in_the_template, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unknown_makes_the_text_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(a_secret_makes_the_text_secret, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_are_limited, setup, teardown),
        cmocka_unit_test_setup_teardown(expressions_are_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(trees_evaluate_their_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(a_tree_without_templates_is_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(faults_of_trees_name_the_text, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
