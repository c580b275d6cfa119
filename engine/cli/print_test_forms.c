/*
 * print_test_forms.c - the result of tests for machines: TAP, JUnit, JSON.
 */
#include <quell/author.h>

#include "base/str.h"
#include "cli/print_test.h"
#include "value/value.h"

/* ---- TAP ---------------------------------------------------------------------------------------
 */

/* A description in one line; `#` would begin a directive. */
static void put_tap(FILE *file, struct quell_str text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '#' || text.data[i] == '\\')
            (void)fputc('\\', file);
        (void)fputc((unsigned char)text.data[i] < 0x20 ? ' ' : text.data[i], file);
    }
}

/* A block of YAML with the rendered failures as one literal text. */
static void put_tap_failures(FILE *file, struct quell_value failures)
{
    struct quell_str line, rest;
    size_t i;
    bool more;

    fprintf(file, "  ---\n  message: |2\n");
    for (i = 0; i < quell_count(failures); i++) {
        rest = quell_get_str(quell_at(failures, i), "rendered");
        for (more = true; more && rest.len;) {
            more = str_cut(rest, '\n', &line, &rest);
            fprintf(file, "    %.*s\n", QUELL_ARG(line));
        }
    }
    fprintf(file, "  ...\n");
}

static void put_tap_case(FILE *file, struct quell_value tested, struct quell_value test,
                         size_t number)
{
    struct quell_str status = quell_get_str(test, "status");
    bool failed = str_is(status, "failed");

    fprintf(file, "%s %zu - ", failed ? "not ok" : "ok", number);
    put_tap(file, quell_get_str(tested, "file"));
    fprintf(file, ": ");
    put_tap(file, quell_get_str(test, "name"));
    if (str_is(status, "skipped")) {
        fprintf(file, " # SKIP ");
        put_tap(file, quell_get_str(test, "because"));
    }
    (void)fputc('\n', file);
    if (failed)
        put_tap_failures(file, quell_get(test, "failures"));
}

void print_test_tap(FILE *file, const struct term *term, struct quell_document *document,
                    int64_t took_us)
{
    struct quell_value files = quell_get(document->value, "files");
    size_t i, j, count = 0, number = 0;

    (void)term;
    (void)took_us;
    for (i = 0; i < quell_count(files); i++)
        count += quell_count(quell_get(quell_at(files, i), "cases")) +
                 (quell_get_int(quell_at(files, i), "faults", 0) > 0);
    fprintf(file, "TAP version 14\n1..%zu\n", count);
    for (i = 0; i < quell_count(files); i++) {
        struct quell_value tested = quell_at(files, i), cases = quell_get(tested, "cases");
        if (quell_get_int(tested, "faults", 0)) {
            struct quell_pair rendered = {quell_text("rendered"), quell_get(tested, "rendered")};
            struct quell_value failure = quell_map(&rendered, 1);
            fprintf(file, "not ok %zu - ", ++number);
            put_tap(file, quell_get_str(tested, "file"));
            fprintf(file, "\n");
            put_tap_failures(file, quell_list(&failure, 1));
        }
        for (j = 0; j < quell_count(cases); j++)
            put_tap_case(file, tested, quell_at(cases, j), ++number);
    }
}

/* ---- JUnit -------------------------------------------------------------------------------------
 */

/* XML 1.0 has no form at all for most control characters. */
static void put_xml(FILE *file, struct quell_str text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '&')
            fprintf(file, "&amp;");
        else if (c == '<')
            fprintf(file, "&lt;");
        else if (c == '>')
            fprintf(file, "&gt;");
        else if (c == '"')
            fprintf(file, "&quot;");
        else if (c == '\n')
            fprintf(file, "&#10;");
        else if (c == 0x1b)
            while (i < text.len && text.data[i] != 'm') /* a colour */
                i++;
        else
            (void)fputc(c < 0x20 && c != '\t' ? '?' : (int)c, file);
    }
}

static void put_attribute(FILE *file, const char *name, struct quell_str text)
{
    fprintf(file, " %s=\"", name);
    put_xml(file, text);
    fprintf(file, "\"");
}

static void put_time(FILE *file, int64_t took_us)
{
    fprintf(file, " time=\"%lld.%06lld\"", (long long)(took_us / 1000000),
            (long long)(took_us % 1000000));
}

static void put_junit_case(FILE *file, struct quell_value tested, struct quell_value test)
{
    struct quell_value failures = quell_get(test, "failures");
    size_t i;

    fprintf(file, "    <testcase");
    put_attribute(file, "classname", quell_get_str(tested, "playbook"));
    put_attribute(file, "name", quell_get_str(test, "name"));
    put_attribute(file, "file", quell_get_str(tested, "file"));
    fprintf(file, " line=\"%lld\"", (long long)quell_get_int(test, "line", 1));
    put_time(file, quell_get_int(test, "took_us", 0));
    fprintf(file, ">\n");
    if (quell_text_is(quell_get(test, "status"), "skipped")) {
        fprintf(file, "      <skipped");
        put_attribute(file, "message", quell_get_str(test, "because"));
        fprintf(file, "/>\n");
    }
    for (i = 0; i < quell_count(failures); i++) {
        fprintf(file, "      <failure");
        put_attribute(file, "message", quell_get_str(quell_at(failures, i), "message"));
        fprintf(file, ">");
        put_xml(file, quell_get_str(quell_at(failures, i), "rendered"));
        fprintf(file, "</failure>\n");
    }
    fprintf(file, "    </testcase>\n");
}

static void put_suite(FILE *file, struct quell_value tested)
{
    struct quell_value cases = quell_get(tested, "cases");
    bool faulty = quell_get_int(tested, "faults", 0) > 0;
    size_t i, failed = 0, skipped = 0;
    int64_t took_us = 0;

    for (i = 0; i < quell_count(cases); i++) {
        failed += quell_text_is(quell_get(quell_at(cases, i), "status"), "failed");
        skipped += quell_text_is(quell_get(quell_at(cases, i), "status"), "skipped");
        took_us += quell_get_int(quell_at(cases, i), "took_us", 0);
    }
    fprintf(file, "  <testsuite");
    put_attribute(file, "name", quell_get_str(tested, "file"));
    fprintf(file, " tests=\"%zu\" failures=\"%zu\" errors=\"%d\" skipped=\"%zu\"",
            quell_count(cases) + faulty, failed, faulty ? 1 : 0, skipped);
    put_time(file, took_us);
    fprintf(file, ">\n");
    if (faulty) {
        fprintf(file, "    <testcase");
        put_attribute(file, "classname", quell_get_str(tested, "file"));
        fprintf(file, " name=\"the document checks\">\n      <error message=\"it cannot be "
                      "tested\">");
        put_xml(file, quell_get_str(tested, "rendered"));
        fprintf(file, "</error>\n    </testcase>\n");
    }
    for (i = 0; i < quell_count(cases); i++)
        put_junit_case(file, tested, quell_at(cases, i));
    fprintf(file, "  </testsuite>\n");
}

void print_test_junit(FILE *file, const struct term *term, struct quell_document *document,
                      int64_t took_us)
{
    struct quell_value result = document->value, files = quell_get(result, "files");
    int64_t passed = quell_get_int(result, "passed", 0),
            failed = quell_get_int(result, "failed", 0);
    int64_t skipped = quell_get_int(result, "skipped", 0);
    int64_t faults = quell_get_int(result, "faults", 0);
    size_t i;

    (void)term;
    fprintf(file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"quell\"");
    fprintf(file, " tests=\"%lld\" failures=\"%lld\" errors=\"%lld\" skipped=\"%lld\"",
            (long long)(passed + failed + skipped + faults), (long long)failed, (long long)faults,
            (long long)skipped);
    put_time(file, took_us);
    fprintf(file, ">\n");
    for (i = 0; i < quell_count(files); i++)
        put_suite(file, quell_at(files, i));
    fprintf(file, "</testsuites>\n");
}

/* ---- JSON --------------------------------------------------------------------------------------
 */

static void put_json(FILE *file, struct quell_document *document, bool pretty)
{
    struct quell_str text = quell_json(document, pretty);

    (void)fwrite(text.data, 1, text.len, file); /* a full pipe is seen at the end */
    if (text.len == 0 || text.data[text.len - 1] != '\n')
        (void)fputc('\n', file);
}

void print_test_json(FILE *file, const struct term *term, struct quell_document *document,
                     int64_t took_us)
{
    (void)term;
    (void)took_us;
    put_json(file, document, true);
}

void print_test_ndjson(FILE *file, const struct term *term, struct quell_document *document,
                       int64_t took_us)
{
    struct quell_value files = quell_get(document->value, "files");
    size_t i;

    (void)term;
    (void)took_us;
    for (i = 0; i < quell_count(files); i++) {
        struct quell_document one = {quell_at(files, i), document->memory};
        put_json(file, &one, false);
    }
}
