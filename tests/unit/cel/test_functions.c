/*
 * test_functions.c - the tables of functions: every row's example gives its result, every signature
 * says the types that its row asks for, and no two rows can be meant by one call.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "cel/cel.h"
#include "cel/function.h"
#include "value/json.h"
#include "value/value.h"

static struct quell_value evaluate(struct arena *arena, const char *text)
{
    struct cel_scope scope = {.vars = quell_map(NULL, 0)};
    struct cel_fault fault = {.message = ""};
    struct quell_value value = quell_null();
    const struct cel *expr;
    enum quell_code code = cel_parse(arena, quell_str_of(text), &expr, &fault);
    if (!code)
        code = cel_eval(expr, &scope, arena, &value, &fault);
    if (code)
        printf("%s: %s\n", text, fault.message);
    assert_int_equal(code, QUELL_OK);
    return value;
}

static void examples(void **state)
{
    struct arena *arena = arena_new(0);
    size_t count, wrong = 0;
    const struct cel_function_info *infos = cel_functions(&count);
    (void)state;
    assert_true(count > 80);
    for (size_t i = 0; i < count; i++) {
        struct quell_value got = evaluate(arena, infos[i].example);
        struct quell_value wanted = evaluate(arena, infos[i].result);
        if (got.type != wanted.type || !value_equal(got, wanted)) {
            printf("%s gives %.*s, not %s\n", infos[i].example,
                   QUELL_ARG(json_text(arena, got, JSON_COMPACT)), infos[i].result);
            wrong++;
        }
        assert_non_null(strstr(infos[i].example, infos[i].name));
    }
    assert_int_equal(wrong, 0);
    arena_free(arena);
}

/* "a | b" as a set of types. */
static unsigned types_of(struct quell_str text)
{
    static const struct {
        const char *name;
        unsigned types;
    } names[] = {{"bool", T_BOOL},
                 {"int", T_INT},
                 {"uint", T_UINT},
                 {"double", T_DOUBLE},
                 {"string", T_STRING},
                 {"bytes", T_BYTES},
                 {"list", T_LIST},
                 {"map", T_MAP},
                 {"timestamp", T_TIME},
                 {"duration", T_DURATION},
                 {"optional", T_OPTIONAL},
                 {"type", T_TYPE},
                 {"any", T_ANY}};
    struct quell_str head, tail = text;
    unsigned types = 0;
    while (tail.len) {
        (void)str_cut(tail, '|', &head, &tail);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            if (str_is(str_trim(head), names[i].name))
                types |= names[i].types;
        }
    }
    return types;
}

/* Takes the receiver and the name off a signature; the arguments are left. */
static struct quell_str arguments_of(const struct function_row *row, struct quell_str signature,
                                     unsigned *receiver)
{
    struct quell_str name = row->name, rest = signature;
    size_t at = 0;
    if (row->form == METHOD) {
        struct quell_str of;
        at = str_find(signature, name, signature.data[0] == '(' ? 1 : 0);
        while (at != SIZE_MAX && (at == 0 || signature.data[at - 1] != '.'))
            at = str_find(signature, name, at + 1);
        assert_true(at != SIZE_MAX);
        of = str_slice(signature, 0, at - 1);
        if (of.data[0] == '(')
            of = str_slice(of, 1, of.len - 1);
        *receiver = types_of(of);
    }
    rest = str_slice(signature, at + name.len, signature.len);
    assert_true(str_starts(rest, QUELL_STR("(")));
    return str_slice(rest, 1, str_find(rest, QUELL_STR(") -> "), 0));
}

static void signatures(void **state)
{
    size_t count;
    const struct function_row *rows = function_rows(&count);
    const struct cel_function_info *infos = cel_functions(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        unsigned receiver = 0;
        size_t index = 0;
        struct quell_str rest = arguments_of(&rows[i], quell_str_of(infos[i].signature), &receiver);
        assert_true(str_is(rows[i].name, infos[i].name));
        if (rows[i].macro)
            continue;
        if (rows[i].form == METHOD)
            assert_int_equal(rows[i].types[index++], receiver);
        while (rest.len) {
            struct quell_str argument;
            (void)str_cut(rest, ',', &argument, &rest);
            assert_int_equal(rows[i].types[index++], types_of(argument));
        }
        assert_int_equal(rows[i].types[index], 0);
    }
}

/* Rows of one name and form and count never share the types of all arguments. */
static void no_two_rows_overlap(void **state)
{
    size_t count;
    const struct function_row *rows = function_rows(&count);
    (void)state;
    for (size_t a = 0; a < count; a++) {
        for (size_t b = a + 1; b < count; b++) {
            bool overlap = rows[a].form == rows[b].form && !rows[a].macro == !rows[b].macro &&
                           quell_str_equal(rows[a].name, rows[b].name);
            if (overlap && rows[a].macro)
                overlap = rows[a].arguments == rows[b].arguments;
            for (size_t i = 0; overlap && (rows[a].types[i] || rows[b].types[i]); i++)
                overlap = rows[a].types[i] & rows[b].types[i];
            assert_false(overlap);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),
        cmocka_unit_test(signatures),
        cmocka_unit_test(no_two_rows_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
