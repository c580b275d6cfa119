/*
 * test_conformance.c - CEL's own conformance suite, where the corpora stand beside the source tree.
 * Each file must pass at least as many cases as it did before; skipped, with a count of 0, without
 * the corpora. Error texts are not compared, only that there is an error.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/str.h"
#include "cel/cel.h"
#include "value/json.h"
#include "value/value.h"

/* File, and how many of its cases pass. */
static const struct {
    const char *file;
    int least;
} suites[] = {
    {"conformance/basic", 43},        {"conformance/comparisons", 334},
    {"conformance/conversions", 109}, {"conformance/fields", 60},
    {"conformance/fp_math", 30},      {"conformance/integer_math", 64},
    {"conformance/lists", 39},        {"conformance/logic", 30},
    {"conformance/macros", 44},       {"conformance/namespace", 14},
    {"conformance/parse", 193},       {"conformance/plumbing", 5},
    {"conformance/string", 51},       {"conformance/timestamps", 77},
    {"conformance/optionals", 59},    {"conformance/string_ext", 213},
    {"conformance/macros2", 46},      {"cel-go-ext/lists", 39},
    {"conformance/math_ext", 199},    {"cel-go-ext/sets", 32},
    {"conformance/encoders_ext", 4},  {"conformance/bindings_ext", 8},
    {"conformance/network_ext", 69},  {"cel-go-ext/regex", 45},
    {"conformance/block_ext", 0},     {"conformance/type_deduction", 0},
};

static FILE *open_suite(const char *file)
{
    static const char *const places[] = {"..", "../..", "../../.."};
    char path[1024];
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        FILE *opened;
        (void)snprintf(path, sizeof(path), "%s/%s/shared/corpora/cel/%s.jsonl", QUELL_SOURCE_DIR,
                       places[i], file);
        opened = fopen(path, "rb");
        if (opened)
            return opened;
    }
    return NULL;
}

/* ---- tagged values ------------------------------------------------------------------------- */

static bool tagged(struct arena *arena, struct quell_value tag, struct quell_value *value);

static bool tagged_map(struct arena *arena, struct quell_value items, struct quell_value *value)
{
    struct map_builder map = {.arena = arena};
    for (size_t i = 0; i < quell_count(items); i++) {
        struct quell_value key, of;
        if (!tagged(arena, quell_at(quell_at(items, i), 0), &key) ||
            !tagged(arena, quell_at(quell_at(items, i), 1), &of))
            return false;
        map_add_key(&map, key, of);
    }
    *value = map_made(&map);
    return true;
}

static bool tagged_list(struct arena *arena, struct quell_value items, struct quell_value *value)
{
    struct list_builder list = {.arena = arena};
    for (size_t i = 0; i < quell_count(items); i++) {
        struct quell_value of;
        if (!tagged(arena, quell_at(items, i), &of))
            return false;
        list_add(&list, of);
    }
    *value = list_made(&list);
    return true;
}

static bool tagged_number(struct quell_str type, struct quell_value v, struct quell_value *value)
{
    char text[64] = "";
    struct quell_str digits = quell_str(v);
    if (digits.len >= sizeof(text))
        return false;
    memcpy(text, digits.data, digits.len);
    if (str_is(type, "int"))
        *value = quell_int(strtoll(text, NULL, 10));
    else if (str_is(type, "uint"))
        *value = value_uint(strtoull(text, NULL, 10));
    else
        *value = value_double(strtod(text, NULL));
    return true;
}

/* A tag's seconds are a number or its text. */
static int64_t seconds_of(struct quell_value tag, const char *key)
{
    struct quell_value found = quell_get(tag, key);
    int64_t number = quell_is(found, QUELL_INT) ? found.as.integer : 0;
    if (quell_is(found, QUELL_STRING))
        (void)str_to_int(quell_str(found), &number);
    return number;
}

static bool tagged(struct arena *arena, struct quell_value tag, struct quell_value *value)
{
    struct quell_str type = quell_get_str(tag, "t"), bytes;
    struct quell_value v = quell_get(tag, "v");
    if (str_is(type, "null") || str_is(type, "bool") || str_is(type, "string")) {
        *value = v;
    } else if (str_is(type, "int") || str_is(type, "uint") || str_is(type, "double")) {
        return tagged_number(type, v, value);
    } else if (str_is(type, "bytes")) {
        if (!digest_from_base64(arena, quell_get_str(tag, "b64"), &bytes))
            return false;
        *value = value_bytes(bytes);
    } else if (str_is(type, "list")) {
        return tagged_list(arena, v, value);
    } else if (str_is(type, "map")) {
        return tagged_map(arena, v, value);
    } else if (str_is(type, "type")) {
        *value = v;
        value->type = QUELL_TYPE;
    } else if (str_is(type, "timestamp")) {
        *value = value_time(seconds_of(tag, "seconds"), (uint32_t)seconds_of(tag, "nanos"));
    } else if (str_is(type, "duration")) {
        *value = value_duration(seconds_of(tag, "seconds"), (uint32_t)seconds_of(tag, "nanos"));
    } else {
        return false;
    }
    return true;
}

/* ---- running ------------------------------------------------------------------------------- */

static bool same(struct quell_value a, struct quell_value b)
{
    if (a.type != b.type || quell_count(a) != quell_count(b))
        return false;
    if (a.type == QUELL_DOUBLE && value_real(a) != value_real(a))
        return value_real(b) != value_real(b);
    return value_equal(a, b);
}

/* NULL when it passes, else why not. */
static const char *run_case(struct arena *arena, struct quell_value test)
{
    struct quell_value expect = quell_get(test, "expect"), wanted, got, unused;
    struct map_builder vars = {.arena = arena};
    struct quell_value bindings = quell_get(test, "bindings");
    struct cel_scope scope = {.outer = NULL};
    struct cel_fault fault = {.message = ""};
    struct cel_options options = {
        .container = quell_get_str(test, "container"), .dotted = true, .late = true};
    const struct cel *expr;
    enum quell_code code =
        cel_parse_with(arena, quell_get_str(test, "expr"), &options, &expr, &fault);
    for (size_t i = 0; i < quell_count(bindings); i++) {
        if (!tagged(arena, bindings.as.pairs[i].value, &got))
            return "a binding that cannot be read";
        map_add_key(&vars, bindings.as.pairs[i].key, got);
    }
    scope.vars = map_made(&vars);
    if (!code)
        code = cel_eval(expr, &scope, arena, &got, &fault);
    if (quell_find(expect, QUELL_STR("error"), &unused) ||
        quell_find(expect, QUELL_STR("error_any"), &unused))
        return code ? NULL : "no error";
    if (code)
        return arena_format(arena, "%s", fault.message).data;
    if (!quell_find(expect, QUELL_STR("value"), &wanted))
        return NULL; /* a type only */
    if (!tagged(arena, wanted, &wanted))
        return "a result that cannot be read";
    return same(got, wanted) ? NULL : json_text(arena, got, JSON_COMPACT).data;
}

static int run_suite(const char *file, FILE *opened)
{
    static char line[1 << 20];
    int passed = 0, all = 0;
    struct arena *arena = arena_new(0);
    while (fgets(line, sizeof(line), opened)) {
        struct quell_value test;
        struct quell_error err;
        const char *why;
        assert_int_equal(json_read(arena, quell_str_of(line), sizeof(line), &test, NULL, &err),
                         QUELL_OK);
        why = run_case(arena, test);
        all++;
        passed += !why;
        if (why)
            printf("  %.*s: %.*s: %s\n", QUELL_ARG(quell_get_str(test, "id")),
                   QUELL_ARG(str_slice(quell_get_str(test, "expr"), 0, 90)), why);
        arena_reset(arena);
    }
    arena_free(arena);
    printf("%-28s %4d of %4d\n", file, passed, all);
    return passed;
}

static void conformance(void **state)
{
    int files = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        FILE *opened = open_suite(suites[i].file);
        if (!opened)
            continue;
        assert_true(run_suite(suites[i].file, opened) >= suites[i].least);
        fclose(opened);
        files++;
    }
    printf("%d conformance files found\n", files);
    if (!files)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(conformance)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
