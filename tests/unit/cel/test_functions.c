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

/* ---- signatures, in the grammar of functions.def --------------------------------------------- */

struct reading {
    const char *at;
};

static bool takes(struct reading *r, const char *text)
{
    size_t len = strlen(text);
    if (strncmp(r->at, text, len) != 0)
        return false;
    r->at += len;
    return true;
}

static unsigned type_named(struct quell_str name)
{
    static const struct {
        const char *name;
        unsigned types;
    } names[] = {{"bool", T_BOOL},         {"int", T_INT},
                 {"uint", T_UINT},         {"double", T_DOUBLE},
                 {"string", T_STRING},     {"bytes", T_BYTES},
                 {"null", T_NULL},         {"list", T_LIST},
                 {"map", T_MAP},           {"timestamp", T_TIME},
                 {"duration", T_DURATION}, {"optional", T_OPTIONAL},
                 {"type", T_TYPE},         {"ip", T_IP},
                 {"cidr", T_CIDR},         {"dyn", T_ANY}};
    if (name.len == 1 && name.data[0] >= 'A' && name.data[0] <= 'Z')
        return T_ANY;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_is(name, names[i].name))
            return names[i].types;
    }
    fail_msg("%.*s is no type", QUELL_ARG(name));
    return 0;
}

/* How many types stand in the brackets of these. */
static int parameters_of(unsigned types)
{
    if (types == T_MAP)
        return 2;
    return types == T_LIST || types == T_OPTIONAL || types == T_TYPE;
}

static unsigned read_type(struct reading *r)
{
    struct quell_str name = {r->at, strspn(r->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP")};
    unsigned types = type_named(name);
    r->at += name.len;
    for (int i = 0; i < parameters_of(types); i++) {
        assert_true(takes(r, i ? ", " : "("));
        (void)read_type(r);
    }
    assert_true(!parameters_of(types) || takes(r, ")"));
    return types;
}

static unsigned read_union(struct reading *r)
{
    unsigned types = read_type(r);
    while (takes(r, " | "))
        types |= read_type(r);
    return types;
}

static unsigned read_argument(struct reading *r, bool *variable)
{
    size_t name = strspn(r->at, "abcdefghijklmnopqrstuvwxyz");
    *variable = name && strncmp(r->at + name, ": ", 2) == 0;
    if (takes(r, "x.field"))
        return T_ANY;
    if (*variable)
        r->at += name + 2;
    return read_union(r);
}

static unsigned read_receiver(struct reading *r)
{
    bool brackets = takes(r, "(");
    unsigned types = read_union(r);
    assert_true(takes(r, brackets ? ")." : "."));
    return types;
}

/* A parameter stands for any type; a row may be content with fewer. */
static void check_types(unsigned row, unsigned signature)
{
    assert_int_equal(row & T_MORE, signature & T_MORE);
    if ((signature & T_ANY) == T_ANY)
        assert_true(row & T_ANY);
    else
        assert_int_equal(row, signature);
}

/* Reads it all; what it says must be what the row has. */
static void check_signature(const struct function_row *row, const char *signature)
{
    struct reading r = {signature};
    size_t count = 0, variables = 0;
    if (row->form == METHOD && !row->macro)
        assert_int_equal(row->types[count++], read_receiver(&r));
    else if (row->form == METHOD)
        (void)(read_receiver(&r) + count++);
    assert_true(takes(&r, row->name.data) && takes(&r, "("));
    while (!takes(&r, ") -> ")) {
        bool variable = false;
        unsigned types = read_argument(&r, &variable);
        types |= takes(&r, "...") ? T_MORE : 0;
        if (!row->macro)
            check_types(row->types[count], types);
        variables += variable;
        count++;
        assert_true(takes(&r, ", ") || r.at[0] == ')');
    }
    (void)read_type(&r);
    assert_string_equal(r.at, "");
    assert_int_equal(variables, row->variables);
    if (row->macro)
        assert_int_equal(count, row->arguments);
    else
        assert_int_equal(row->types[count], 0);
}

static void signatures(void **state)
{
    size_t count;
    const struct function_row *rows = function_rows(&count);
    const struct cel_function_info *infos = cel_functions(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(rows[i].name.data, infos[i].name);
        check_signature(&rows[i], infos[i].signature);
    }
}

/* Rows of one name and form and count never share the types of all arguments, unless they run the
 * same code. */
static void no_two_rows_overlap(void **state)
{
    size_t count;
    const struct function_row *rows = function_rows(&count);
    (void)state;
    for (size_t a = 0; a < count; a++) {
        for (size_t b = a + 1; b < count; b++) {
            bool overlap = rows[a].form == rows[b].form && !rows[a].macro == !rows[b].macro &&
                           quell_str_equal(rows[a].name, rows[b].name);
            if (rows[a].run && rows[a].run == rows[b].run)
                overlap = false;
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
