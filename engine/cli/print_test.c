/*
 * print_test.c - the result of tests for people: one line a case, what failed with both places,
 * what was covered, and a last line that build servers know.
 */
#include "cli/print_test.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/when.h"
#include "value/value.h"

enum { NAME_WIDTH = 56, MISSED_MAX = 5 };

/* Foreign text without control characters. */
static void put_clean(FILE *file, struct quell_str text)
{
    size_t i;

    for (i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] >= 0x20 && text.data[i] != 0x7f)
            (void)fputc(text.data[i], file);
        else
            (void)fputc(' ', file);
}

static void put_took(FILE *file, int64_t took_us)
{
    if (took_us < 1000000)
        fprintf(file, "%lld ms", (long long)((took_us + 500) / 1000));
    else
        fprintf(file, "%lld.%lld s", (long long)(took_us / 1000000),
                (long long)(took_us % 1000000 / 100000));
}

/* ---- cases -------------------------------------------------------------------------------------
 */

static void put_indented(FILE *file, struct quell_str text)
{
    struct quell_str line, rest = text;
    bool more = true;

    while (more && rest.len) {
        more = str_cut(rest, '\n', &line, &rest);
        fprintf(file, "    %.*s\n", QUELL_ARG(line));
    }
}

static void put_case(FILE *file, const struct term *term, struct quell_value test)
{
    struct quell_str status = quell_get_str(test, "status"), name = quell_get_str(test, "name");
    struct quell_value failures = quell_get(test, "failures");
    bool passed = str_is(status, "passed"), failed = str_is(status, "failed");
    enum tone tone = passed ? TONE_GOOD : failed ? TONE_BAD : TONE_DIM;
    const char *glyph = passed   ? term_glyph(term, "\xE2\x9C\x93", "ok")
                        : failed ? term_glyph(term, "\xE2\x9C\x95", "!!")
                                 : term_glyph(term, "\xC2\xB7", "--");
    size_t width = utf8_width(name), i;

    fprintf(file, "  %s%s%s ", term_on(term, tone), glyph, term_off(term));
    put_clean(file, name);
    fprintf(file, "%*s", width < NAME_WIDTH ? (int)(NAME_WIDTH - width) + 1 : 1, "");
    if (!passed)
        fprintf(file, "%s%.*s%s  ", term_on(term, tone), QUELL_ARG(status), term_off(term));
    if (passed || failed)
        put_took(file, quell_get_int(test, "took_us", 0));
    else
        put_clean(file, quell_get_str(test, "because"));
    (void)fputc('\n', file);
    for (i = 0; i < quell_count(failures); i++) {
        (void)fputc('\n', file);
        put_indented(file, quell_get_str(quell_at(failures, i), "rendered"));
    }
    if (quell_count(failures))
        (void)fputc('\n', file);
}

static void put_file(FILE *file, const struct term *term, struct quell_value tested)
{
    struct quell_value cases = quell_get(tested, "cases");
    struct quell_str faults = quell_get_str(tested, "rendered");
    size_t i;

    fprintf(file, "%s", term_on(term, TONE_STRONG));
    put_clean(file, quell_get_str(tested, "file"));
    fprintf(file, "%s\n", term_off(term));
    if (faults.len)
        fprintf(file, "%.*s", QUELL_ARG(faults));
    for (i = 0; i < quell_count(cases); i++)
        put_case(file, term, quell_at(cases, i));
}

/* ---- coverage ----------------------------------------------------------------------------------
 */

struct sums {
    int64_t steps, all_steps, branches, all_branches, whole;
};

static void add_share(struct quell_value share, int64_t *seen, int64_t *all)
{
    *seen += quell_get_int(share, "seen", 0);
    *all += quell_get_int(share, "all", 0);
}

static int percent(int64_t seen, int64_t all)
{
    return all ? (int)(seen * 100 / all) : 100;
}

static struct quell_str base_name(struct quell_str path)
{
    size_t i;

    for (i = path.len; i-- > 0;)
        if (path.data[i] == '/')
            return str_slice(path, i + 1, path.len);
    return path;
}

static void put_missed(FILE *file, struct quell_value coverage)
{
    size_t i, j, count = 0;

    for (i = 0; i < quell_count(coverage); i++) {
        struct quell_value one = quell_at(coverage, i), missed = quell_get(one, "missed");
        struct quell_str name = base_name(quell_get_str(one, "file"));
        for (j = 0; j < quell_count(missed); j++) {
            if (count++ >= MISSED_MAX)
                continue;
            fprintf(file, "%s", count == 1 ? "  (" : "; ");
            put_clean(file, name);
            fprintf(file, ":%lld: %.*s", (long long)quell_get_int(quell_at(missed, j), "line", 0),
                    QUELL_ARG(quell_get_str(quell_at(missed, j), "what")));
        }
    }
    if (count > MISSED_MAX)
        fprintf(file, "; %zu more, -o json names them", count - MISSED_MAX);
    if (count)
        fprintf(file, ")");
}

static void put_coverage(FILE *file, const struct term *term, struct quell_value coverage)
{
    const char *dot = term_glyph(term, "\xC2\xB7", "-");
    struct sums sums = {0};
    size_t i;

    for (i = 0; i < quell_count(coverage); i++) {
        struct quell_value one = quell_at(coverage, i);
        add_share(quell_get(one, "steps"), &sums.steps, &sums.all_steps);
        add_share(quell_get(one, "branches"), &sums.branches, &sums.all_branches);
        sums.whole += quell_count(quell_get(one, "missed")) == 0;
    }
    if (quell_count(coverage) == 0)
        return;
    fprintf(file, "\nplaybooks: %lld of %zu covered %s steps %d %% %s branches %d %%",
            (long long)sums.whole, quell_count(coverage), dot, percent(sums.steps, sums.all_steps),
            dot, percent(sums.branches, sums.all_branches));
    put_missed(file, coverage);
    (void)fputc('\n', file);
}

/* The last line is one that build servers know. */
static void put_sums(FILE *file, const struct term *term, struct quell_value result,
                     int64_t took_us)
{
    int64_t failed = quell_get_int(result, "failed", 0),
            faults = quell_get_int(result, "faults", 0);

    if (faults)
        fprintf(file, "%lld file%s could not be tested.\n", (long long)faults,
                faults == 1 ? "" : "s");
    fprintf(file, "%lld passed, %lld failed, %lld skipped (%lld.%lld s)",
            (long long)quell_get_int(result, "passed", 0), (long long)failed,
            (long long)quell_get_int(result, "skipped", 0), (long long)(took_us / 1000000),
            (long long)(took_us % 1000000 / 100000));
    if (failed && term->terminal)
        fprintf(file, "%s          re-run only %s:  quell test --failed%s", term_on(term, TONE_DIM),
                failed == 1 ? "it" : "them", term_off(term));
    (void)fputc('\n', file);
}

void print_test_text(FILE *file, const struct term *term, struct quell_document *document,
                     int64_t took_us)
{
    struct quell_value files = quell_get(document->value, "files");
    size_t i;

    for (i = 0; i < quell_count(files); i++)
        put_file(file, term, quell_at(files, i));
    put_coverage(file, term, quell_get(document->value, "coverage"));
    put_sums(file, term, document->value, took_us);
}
