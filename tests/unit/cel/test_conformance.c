/*
 * test_conformance.c - CEL's own suites, where the corpora stand beside the source tree; skipped,
 * with a count of 0, where they do not. tests/cel/conformance.def says how many cases of each file
 * hold, exactly, and which do not and why. Error texts are not compared, only that there is an
 * error.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <quell/author.h>

#include "base/arena.h"
#include "base/str.h"
#include "cel/cel.h"
#include "cel/tagged.h"
#include "value/json.h"
#include "value/value.h"

enum judging {
    AS_CASE,   /* its value, its type, or that there is an error */
    AS_SYNTAX, /* whether it can be read at all */
    AS_TRUTH,  /* it is true, or fails when it is meant to */
    AS_TYPE,   /* by the type checker alone: in test_check_suites.c */
};

enum { IN_EXPR, IN_ERROR, BY_HAND /* named in test_check_suites.c */ };

static const struct suite {
    const char *file;
    enum judging judging;
    int held, all;
} suites[] = {
#define SUITE(file, judging, held, all) {file, judging, held, all},
#define EXCEPTION(file, where, mark, count, why)
#include "../../cel/conformance.def"
#undef SUITE
#undef EXCEPTION
};

static const struct exception {
    const char *file;
    int where;
    const char *mark;
    int count;
} exceptions[] = {
#define SUITE(file, judging, held, all)
#define EXCEPTION(file, where, mark, count, why) {file, where, mark, count},
#include "../../cel/conformance.def"
#undef SUITE
#undef EXCEPTION
};

enum { EXCEPTIONS = sizeof(exceptions) / sizeof(exceptions[0]) };

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

/* ---- judging: NULL when a case holds, else why not ------------------------------------------ */

static bool same(struct quell_value a, struct quell_value b)
{
    if (a.type != b.type || quell_count(a) != quell_count(b))
        return false;
    if (a.type == QUELL_DOUBLE && value_real(a) != value_real(a))
        return value_real(b) != value_real(b);
    return value_equal(a, b);
}

static bool has(struct quell_value map, const char *key)
{
    struct quell_value unused;
    return quell_find(map, quell_str_of(key), &unused);
}

static bool check_only(struct quell_value test)
{
    return quell_text_is(quell_at(quell_get(test, "flags"), 0), "check_only");
}

static const char *judge_case(struct arena *arena, struct quell_value test)
{
    struct quell_value expect = quell_get(test, "expect"), wanted, got, answer;
    struct quell_document document;
    quell_eval_case(test, &document);
    answer = value_copy(arena, document.value);
    quell_document_free(&document);
    if (has(expect, "error") || has(expect, "error_any"))
        return has(answer, "error") ? NULL : "no error";
    if (has(answer, "error"))
        return arena_format(arena, "%.*s", QUELL_ARG(quell_get_str(answer, "error"))).data;
    if (has(expect, "type") &&
        !quell_str_equal(quell_get_str(answer, "type"), quell_get_str(expect, "type")))
        return "another type";
    if (!quell_find(expect, QUELL_STR("value"), &wanted) || check_only(test))
        return has(expect, "type") ? NULL : "nothing to compare";
    if (!tagged_read(arena, wanted, &wanted))
        return "a result that cannot be read";
    if (!tagged_read(arena, quell_get(answer, "value"), &got) || !same(got, wanted))
        return json_text(arena, quell_get(answer, "value"), JSON_COMPACT).data;
    return NULL;
}

static const char *judge_syntax(struct arena *arena, struct quell_value test)
{
    struct cel_options options = {.late = true};
    struct cel_fault fault;
    const struct cel *expr;
    bool read = !cel_parse_with(arena, quell_get_str(test, "expr"), &options, &expr, &fault);
    if (read == has(test, "ast"))
        return NULL;
    return read ? "no error" : arena_format(arena, "%s", fault.message).data;
}

/* Cases of the comprehension suite that are meant to fail: a wrong use, or variables that the suite
 * binds and the file does not. */
static bool meant_to_fail(struct quell_str expr)
{
    static const char *const marks[] = {"i.j",         "i.k", "1.all",     "[1, 1].", "m.all",
                                        "m.transform", "x.",  "y.exists(", "z, y[0]"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (str_find(expr, quell_str_of(marks[i]), 0) != SIZE_MAX)
            return true;
    }
    return false;
}

static const char *judge_truth(struct arena *arena, struct quell_value test)
{
    struct quell_document document;
    bool fails, holds;
    (void)arena;
    quell_eval_case(test, &document);
    fails = has(document.value, "error");
    holds = quell_get_bool(quell_get(document.value, "value"), "v", false);
    quell_document_free(&document);
    if (meant_to_fail(quell_get_str(test, "expr")))
        return fails ? NULL : "no error";
    return holds ? NULL : "it is not true";
}

static const char *(*const judges[])(struct arena *, struct quell_value) = {
    [AS_CASE] = judge_case,
    [AS_SYNTAX] = judge_syntax,
    [AS_TRUTH] = judge_truth,
};

/* ---- the suites ---------------------------------------------------------------------------- */

/* Counts a case that does not hold as one of the named exceptions; false when it is none. */
static bool excepted(const struct suite *suite, struct quell_value test, int counts[EXCEPTIONS])
{
    for (size_t i = 0; i < EXCEPTIONS; i++) {
        struct quell_str text =
            quell_get_str(test, exceptions[i].where == IN_EXPR ? "expr" : "error");
        if (strcmp(exceptions[i].file, suite->file) == 0 &&
            str_find(text, quell_str_of(exceptions[i].mark), 0) != SIZE_MAX) {
            counts[i]++;
            return true;
        }
    }
    return false;
}

static void run_suite(const struct suite *suite, FILE *opened, int counts[EXCEPTIONS])
{
    static char line[1 << 20];
    int held = 0, all = 0;
    struct arena *arena = arena_new(0);
    while (fgets(line, sizeof(line), opened)) {
        struct quell_value test;
        struct quell_error err;
        const char *why;
        assert_int_equal(json_read(arena, quell_str_of(line), sizeof(line), &test, NULL, &err),
                         QUELL_OK);
        why = judges[suite->judging](arena, test);
        all++;
        held += !why;
        if (why && !excepted(suite, test, counts))
            printf("  %.*s: %.*s: %s\n", QUELL_ARG(quell_get_str(test, "id")),
                   QUELL_ARG(str_slice(quell_get_str(test, "expr"), 0, 90)), why);
        arena_reset(arena);
    }
    arena_free(arena);
    printf("%-28s %4d of %4d\n", suite->file, held, all);
    assert_int_equal(held, suite->held);
    assert_int_equal(all, suite->all);
}

static void conformance(void **state)
{
    int files = 0, counts[EXCEPTIONS] = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        FILE *opened = suites[i].judging == AS_TYPE ? NULL : open_suite(suites[i].file);
        if (!opened)
            continue;
        run_suite(&suites[i], opened, counts);
        fclose(opened);
        files++;
    }
    printf("%d conformance files found\n", files);
    if (!files)
        skip();
    for (size_t i = 0; i < EXCEPTIONS; i++)
        assert_true(exceptions[i].where == BY_HAND || counts[i] == exceptions[i].count);
}

/* What is said of the suites adds up: every case that does not hold is named. */
static void every_exception_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        int named = 0;
        for (size_t k = 0; k < EXCEPTIONS; k++)
            named += strcmp(exceptions[k].file, suites[i].file) == 0 ? exceptions[k].count : 0;
        assert_int_equal(suites[i].held + named, suites[i].all);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_exception_is_named),
                                       cmocka_unit_test(conformance)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
