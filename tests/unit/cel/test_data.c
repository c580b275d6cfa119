/*
 * test_data.c - runs the cases of tests/cel/ (all .txt files): an expression, and what becomes of
 * it.
 *
 *   let NAME = EXPR            a variable for the cases below it
 *   json NAME TEXT             the same, read as JSON
 *   unknown NAME WHY           an unknown; secret NAME TEXT: a secret text
 *   > EXPR                     the expression, and + MORE its further lines
 *   = EXPR                     its value, of the same type; =* when it is secret
 *   ~ WHY                      it is unknown, and why
 *      ^^^ MESSAGE             it fails at these bytes; | instead of ^ for a place without length;
 *      ^^^ limit: MESSAGE      with QUELL_LIMIT instead of QUELL_INVALID
 *   ! MESSAGE                  it fails somewhere: where memory ends depends on the build
 *   ? HELP                     and with this help
 *
 * With a file as argument it prints what its cases give, to be read and kept.
 */
#include <setjmp.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "cel/cel.h"
#include "value/json.h"
#include "value/value.h"

static const char *const files[] = {"literals", "operators", "names",  "macros",   "strings",
                                    "lists",    "convert",   "times",  "optional", "regex",
                                    "unknowns", "secrets",   "faults", "budget",   "quell",
                                    "calendar", "network"};

enum { CASE_BYTES = 64 * 1024 };

struct test_case {
    char expr[CASE_BYTES]; /* empty: there is none */
    size_t len;
    int line;
    struct quell_str expected; /* the line with the value, unknown or fault */
    struct quell_str help;
};

struct suite {
    const char *file;
    struct arena *arena;
    struct map_builder vars;
    struct test_case test;
    int cases, wrong;
    bool print;
};

/* ---- what a case gives, in the form of the file --------------------------------------------- */

static bool same(struct quell_value a, struct quell_value b)
{
    if (a.type != b.type || quell_count(a) != quell_count(b))
        return false;
    if (a.type == QUELL_DOUBLE && value_real(a) != value_real(a))
        return value_real(b) != value_real(b);
    for (size_t i = 0; a.type == QUELL_LIST && i < a.len; i++) {
        if (!same(a.as.items[i], b.as.items[i]))
            return false;
    }
    return a.type == QUELL_LIST || value_equal(a, b);
}

static void show(struct suite *suite, struct buf *out, struct quell_value value)
{
    struct quell_str text = quell_str(value);
    if (value.type == QUELL_STRING) {
        json_write_string(out, text); /* its escapes are CEL's as well */
    } else if (value.type == QUELL_TYPE) {
        buf_add_str(out, text);
    } else if (value.type == QUELL_BYTES) {
        buf_add_text(out, "b'");
        for (size_t i = 0; i < text.len; i++)
            buf_add_format(out, "\\x%02x", (unsigned)(unsigned char)text.data[i]);
        buf_add_text(out, "'");
    } else if (value.type == QUELL_UINT) {
        buf_add_format(out, "%" PRIu64 "u", value.as.natural);
    } else if (value.type == QUELL_TIME || value.type == QUELL_DURATION) {
        buf_add_format(out, "%s('%.*s')", value.type == QUELL_TIME ? "timestamp" : "duration",
                       QUELL_ARG(cel_to_text(suite->arena, value)));
    } else if (value.type == QUELL_IP || value.type == QUELL_CIDR) {
        buf_add_format(out, "%s('%.*s')", value_type_name(value), QUELL_ARG(text));
    } else if (value.type == QUELL_OPTIONAL) {
        buf_add_text(out, value.len ? "optional.of(" : "optional.none(");
        if (value.len)
            show(suite, out, value.as.items[0]);
        buf_add_text(out, ")");
    } else if (value.type == QUELL_LIST || value.type == QUELL_MAP) {
        bool map = value.type == QUELL_MAP;
        buf_add_text(out, map ? "{" : "[");
        for (size_t i = 0; i < value.len; i++) {
            buf_add_text(out, i ? ", " : "");
            if (map)
                show(suite, out, value.as.pairs[i].key);
            buf_add_text(out, map ? ": " : "");
            show(suite, out, map ? value.as.pairs[i].value : value.as.items[i]);
        }
        buf_add_text(out, map ? "}" : "]");
    } else if (value.type == QUELL_DOUBLE && isnan(value_real(value))) {
        buf_add_text(out, "0.0 / 0.0");
    } else if (value.type == QUELL_DOUBLE && isinf(value_real(value))) {
        buf_add_text(out, value_real(value) < 0 ? "-1.0 / 0.0" : "1.0 / 0.0");
    } else {
        json_write(out, value, JSON_SECRETS);
    }
}

static enum quell_code evaluate(struct suite *suite, struct quell_str text, bool with_vars,
                                struct quell_value *value, struct cel_fault *fault)
{
    struct map_builder none = {.arena = suite->arena};
    struct cel_scope scope = {.vars = with_vars ? map_made(&suite->vars) : map_made(&none)};
    const struct cel *expr;
    enum quell_code code = cel_parse(suite->arena, text, &expr, fault);
    return code ? code : cel_eval(expr, &scope, suite->arena, value, fault);
}

static struct quell_str fault_line(struct suite *suite, enum quell_code code,
                                   const struct cel_fault *fault)
{
    char marks[200];
    size_t len = fault->place.len < sizeof(marks) - 1 ? fault->place.len : sizeof(marks) - 1;
    const char *limit = code == QUELL_LIMIT ? "limit: " : "";
    if (str_starts(suite->test.expected, QUELL_STR("!")))
        return arena_format(suite->arena, "! %s%s", limit, fault->message);
    memset(marks, len ? '^' : '|', len ? len : 1);
    marks[len ? len : 1] = '\0';
    return arena_format(suite->arena, "%*s%s %s%s", (int)fault->place.offset + 2, "", marks, limit,
                        fault->message);
}

/* The line that is expected, or what is there instead. */
static struct quell_str outcome(struct suite *suite, struct cel_fault *fault)
{
    struct test_case *test = &suite->test;
    struct quell_value value, wanted;
    struct quell_str rest = str_slice(test->expected, 1, test->expected.len);
    enum quell_code code =
        evaluate(suite, (struct quell_str){test->expr, test->len}, true, &value, fault);
    bool secret = rest.len && rest.data[0] == '*';
    struct buf shown = {.size_max = 0};
    if (code)
        return fault_line(suite, code, fault);
    fault->help[0] = '\0';
    if (quell_is(value, QUELL_UNKNOWN))
        return arena_format(suite->arena, "~ %.*s", QUELL_ARG(quell_str(value)));
    if (test->expected.len && test->expected.data[0] == '=' &&
        !evaluate(suite, str_slice(rest, secret, rest.len), false, &wanted, fault) &&
        same(value, wanted) && value_has_secret(value) == secret)
        return test->expected;
    show(suite, &shown, value);
    rest = arena_format(suite->arena, "=%s %.*s", value_has_secret(value) ? "*" : "",
                        QUELL_ARG(buf_str(&shown)));
    buf_free(&shown);
    return rest;
}

static void finish_case(struct suite *suite)
{
    struct test_case *test = &suite->test;
    struct cel_fault fault = {.help = ""};
    struct quell_str got;
    if (!test->len)
        return;
    got = outcome(suite, &fault);
    suite->cases++;
    if (suite->print) {
        printf("%.*s\n", QUELL_ARG(got));
        if (fault.help[0])
            printf("? %s\n", fault.help);
    } else if (!quell_str_equal(got, test->expected) || !str_is(test->help, fault.help)) {
        suite->wrong++;
        printf("%s.txt:%d: %s\n  wanted %.*s\n  got    %.*s\n", suite->file, test->line, test->expr,
               QUELL_ARG(test->expected), QUELL_ARG(got));
        if (!str_is(test->help, fault.help))
            printf("  wanted ? %.*s\n  got    ? %s\n", QUELL_ARG(test->help), fault.help);
    }
    test->len = 0;
    test->expected = test->help = QUELL_STR("");
}

/* ---- reading the file ----------------------------------------------------------------------- */

static void define(struct suite *suite, struct quell_str name, struct quell_value value)
{
    map_put(&suite->vars, arena_str(suite->arena, name), value);
}

/* `word NAME rest`; for let `NAME = rest`. */
static bool variable(struct suite *suite, struct quell_str line)
{
    struct quell_str word, rest, name, text;
    struct quell_value value = quell_null();
    struct cel_fault fault;
    struct quell_error err;
    if (!str_cut(line, ' ', &word, &rest) || !str_cut(rest, ' ', &name, &text))
        return false;
    text = arena_str(suite->arena, text);
    if (str_is(word, "let"))
        assert_int_equal(evaluate(suite, str_slice(text, 2, text.len), true, &value, &fault),
                         QUELL_OK);
    else if (str_is(word, "json"))
        assert_int_equal(json_read(suite->arena, text, text.len, &value, NULL, &err), QUELL_OK);
    else if (str_is(word, "unknown"))
        value = quell_unknown(text);
    else if (str_is(word, "secret"))
        value = value_secret(quell_string(text));
    else
        return false;
    define(suite, name, value);
    return true;
}

static void add_to_case(struct suite *suite, struct quell_str line, int number)
{
    struct test_case *test = &suite->test;
    struct quell_str text = str_slice(line, 2, line.len);
    if (!test->len)
        test->line = number;
    else
        test->expr[test->len++] = '\n';
    assert_true(test->len + text.len + 2 < CASE_BYTES);
    memcpy(test->expr + test->len, text.data, text.len);
    test->len += text.len;
    test->expr[test->len] = '\0';
}

static void read_line(struct suite *suite, struct quell_str line, int number)
{
    struct test_case *test = &suite->test;
    char first = line.len ? line.data[0] : '\0';
    if (first == '>' || first == '+') {
        if (first == '>')
            finish_case(suite);
        add_to_case(suite, line, number);
    } else if (first == '?') {
        test->help = arena_str(suite->arena, str_slice(line, 2, line.len));
    } else if (first == '=' || first == '~' || first == ' ' || first == '!') {
        if (test->expected.len)
            finish_case(suite);
        assert_true(test->len > 0);
        test->expected = arena_str(suite->arena, line);
    } else {
        finish_case(suite);
        if (line.len && first != '#' && !variable(suite, line)) {
            printf("%s.txt:%d: what is this?\n", suite->file, number);
            suite->wrong++;
        }
    }
    if (suite->print && !strchr("=~ ?!", first ? first : '>'))
        printf("%.*s\n", QUELL_ARG(line));
}

static void run_file(struct suite *suite, FILE *opened)
{
    static char line[CASE_BYTES];
    int number = 0;
    while (fgets(line, sizeof(line), opened))
        read_line(suite, (struct quell_str){line, strcspn(line, "\n")}, ++number);
    finish_case(suite);
}

static int run_suite(const char *file, const char *path, bool print)
{
    static struct suite suite;
    FILE *opened = fopen(path, "rb");
    assert_non_null(opened);
    suite = (struct suite){.file = file, .arena = arena_new(0), .print = print};
    suite.vars.arena = suite.arena;
    run_file(&suite, opened);
    fclose(opened);
    arena_free(suite.arena);
    if (!print)
        printf("%-12s %4d cases\n", file, suite.cases);
    assert_true(print || suite.cases > 0);
    return suite.wrong;
}

static void data(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[1024];
        (void)snprintf(path, sizeof(path), "%s/tests/cel/%s.txt", QUELL_SOURCE_DIR, files[i]);
        wrong += run_suite(files[i], path, false);
    }
    assert_int_equal(wrong, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(data)};
    if (argc > 1)
        return run_suite(argv[1], argv[1], true);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
