/*
 * One case of a conformance suite: what is answered for good ones and for those that are wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <quell/author.h>

#include "base/arena.h"
#include "value/json.h"
#include "value/value.h"

static void cases(void **state)
{
    static const struct {
        const char *test, *answer;
    } rows[] = {
        {"{\"id\":1,\"expr\":\"1 + 1\"}",
         "{\"id\":1,\"value\":{\"t\":\"int\",\"v\":\"2\"},\"type\":\"int64\"}"},
        {"{\"id\":\"a\",\"expr\":\"x.y + 1\",\"container\":\"c\",\"type_env\":[{\"name\":\"c.x.y\","
         "\"type\":\"int64\"}],\"bindings\":{\"c.x.y\":{\"t\":\"int\",\"v\":\"41\"}}}",
         "{\"id\":\"a\",\"value\":{\"t\":\"int\",\"v\":\"42\"},\"type\":\"int64\"}"},
        {"{\"expr\":\"[b'\\\\x00', 1.5, 2u, null, {1: true}, int, duration('-1.5s'), "
         "optional.none()]\"}",
         "{\"id\":null,\"value\":{\"t\":\"list\",\"v\":[{\"t\":\"bytes\",\"b64\":\"AA==\"},"
         "{\"t\":\"double\",\"v\":\"1.5\"},{\"t\":\"uint\",\"v\":\"2\"},{\"t\":\"null\"},"
         "{\"t\":\"map\",\"v\":[[{\"t\":\"int\",\"v\":\"1\"},{\"t\":\"bool\",\"v\":true}]]},"
         "{\"t\":\"type\",\"v\":\"int\"},{\"t\":\"duration\",\"seconds\":-1,\"nanos\":-500000000},"
         "{\"t\":\"optional\",\"v\":[]}]},\"type\":\"list(dyn)\"}"},
        {"{\"id\":2,\"expr\":\"[1e16, 1e15, 1e-5, 0.0001, -0.0, 0.0 / 0.0, 100.0]\"}",
         "{\"id\":2,\"value\":{\"t\":\"list\",\"v\":[{\"t\":\"double\",\"v\":\"1e+16\"},"
         "{\"t\":\"double\",\"v\":\"1000000000000000.0\"},{\"t\":\"double\",\"v\":\"1e-05\"},"
         "{\"t\":\"double\",\"v\":\"0.0001\"},{\"t\":\"double\",\"v\":\"-0.0\"},"
         "{\"t\":\"double\",\"v\":\"NaN\"},{\"t\":\"double\",\"v\":\"100.0\"}]},"
         "\"type\":\"list(double)\"}"},
        /* A fault of the evaluation leaves the type; one of the checker leaves nothing ... */
        {"{\"id\":3,\"expr\":\"1 / 0\"}",
         "{\"id\":3,\"type\":\"int64\",\"error\":\"division by zero\"}"},
        {"{\"id\":3,\"expr\":\"1 + 'a'\"}",
         "{\"id\":3,\"error\":\"`+` does not take `int` and `string`\"}"},
        {"{\"id\":3,\"expr\":\"1 +\"}", "{\"id\":3,\"error\":\"expected a value, found the end\"}"},
        /* ... but what has a value all the same, when no flags say that it is checked. */
        {"{\"id\":3,\"expr\":\"x || true\"}",
         "{\"id\":3,\"value\":{\"t\":\"bool\",\"v\":true},\"type\":\"dyn\",\"problem\":\"there is "
         "no `x` here\"}"},
        {"{\"id\":3,\"expr\":\"x || true\",\"flags\":[]}",
         "{\"id\":3,\"error\":\"there is no `x` here\"}"},
        {"{\"id\":3,\"expr\":\"x || true\",\"flags\":[\"disable_check\"]}",
         "{\"id\":3,\"value\":{\"t\":\"bool\",\"v\":true},\"type\":\"dyn\"}"},
        {"{\"id\":4,\"expr\":\"f(1)\",\"flags\":[\"check_only\"],\"type_env\":[{\"name\":\"f\","
         "\"function\":[{\"params\":[\"int64\"],\"result\":\"list(string)\"}]}]}",
         "{\"id\":4,\"type\":\"list(string)\"}"},
        /* Wrong cases. */
        {"{\"id\":5}", "{\"id\":5,\"error\":\"a line has the text `expr`\"}"},
        {"{\"id\":5,\"expr\":1}", "{\"id\":5,\"error\":\"a line has the text `expr`\"}"},
        {"{\"id\":5,\"expr\":\"x\",\"bindings\":{\"x\":1}}",
         "{\"id\":5,\"error\":\"this binding is no tagged value: `x`\"}"},
        {"{\"id\":5,\"expr\":\"x\",\"bindings\":{\"x\":{\"t\":\"int\",\"v\":\"1x\"}}}",
         "{\"id\":5,\"error\":\"this binding is no tagged value: `x`\"}"},
        {"{\"id\":5,\"expr\":\"x\",\"type_env\":[{\"name\":\"x\",\"type\":\"list(\"}]}",
         "{\"id\":5,\"error\":\"this is no declaration: `list(`\"}"},
        {"{\"id\":5,\"expr\":\"x\",\"type_env\":[{}]}",
         "{\"id\":5,\"error\":\"this is no declaration: ``\"}"},
        {"{\"id\":5,\"expr\":\"1\",\"type_env\":\"none\",\"bindings\":[],\"container\":7}",
         "{\"id\":5,\"value\":{\"t\":\"int\",\"v\":\"1\"},\"type\":\"int64\"}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new(0);
        struct quell_document document;
        struct quell_value test;
        struct quell_error err;
        assert_int_equal(json_read(arena, quell_str_of(rows[i].test), 1 << 20, &test, NULL, &err),
                         QUELL_OK);
        quell_eval_case(test, &document);
        arena_free(arena); /* the document does not need it */
        assert_string_equal(quell_json(&document, false).data, rows[i].answer);
        quell_document_free(&document);
    }
}

/* What is written is read again as the same value. */
static void values_come_back(void **state)
{
    static const char test[] =
        "{\"expr\":\"[1, -9223372036854775808, 18446744073709551615u, 1.7976931348623157e308, "
        "5e-324, "
        "'\\u00e9\\\\u0000', b'\\\\xff', [[]], {'a': {true: 1u}}, null, string, timestamp(-1), "
        "timestamp('2026-01-02T03:04:05.678Z'), duration('-0.000000001s'), duration('90s'), "
        "optional.of(1), ip('::1'), cidr('10.0.0.0/8')]\"}";
    struct arena *arena = arena_new(0);
    struct map_builder line = {.arena = arena}, bindings = {.arena = arena};
    struct quell_document document, again;
    struct quell_value read;
    struct quell_error err;
    (void)state;
    assert_int_equal(json_read(arena, quell_str_of(test), 1 << 20, &read, NULL, &err), QUELL_OK);
    quell_eval_case(read, &document);
    map_add(&bindings, "x", quell_get(document.value, "value"));
    map_add(&line, "expr", quell_text("x"));
    map_add(&line, "bindings", map_made(&bindings));
    quell_eval_case(map_made(&line), &again);
    assert_true(quell_is(quell_get(again.value, "value"), QUELL_MAP));
    assert_true(value_equal(quell_get(document.value, "value"), quell_get(again.value, "value")));
    quell_document_free(&document);
    quell_document_free(&again);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases), cmocka_unit_test(values_come_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
