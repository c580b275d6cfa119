/*
 * test_corpora.c - regular expressions of the real world, where the corpora stand beside the source
 * tree (they are not ours to ship): what Python's `re` said of fail2ban's, through quell_match; and
 * patterns with the text that makes them run away.
 *
 * The one known difference is `{,n}`: a repetition in Python, plain text in PCRE2 before 10.43.
 * Lint says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <quell/author.h>

#include "base/arena.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"

static FILE *open_corpus(const char *file)
{
    static const char *const places[] = {"..", "../..", "../../.."};
    char path[1024];

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        FILE *opened;
        (void)snprintf(path, sizeof(path), "%s/%s/shared/corpora/regex/%s", QUELL_SOURCE_DIR,
                       places[i], file);
        opened = fopen(path, "rb");
        if (opened)
            return opened;
    }
    printf("the corpus %s is not here: nothing is compared with it\n", file);
    return NULL;
}

/* The next line as a value in `arena`; false at the end. */
static bool next(FILE *file, struct arena *arena, struct quell_value *line)
{
    static char *text;
    static size_t cap;
    struct quell_error err;
    ssize_t len = getline(&text, &cap, file);

    if (len < 0)
        return false;
    assert_int_equal(json_read(arena, (struct quell_str){text, (size_t)len}, 0, line, NULL, &err),
                     QUELL_OK);
    return true;
}

/* ---- fail2ban ----------------------------------------------------------------------------------
 */

enum { PATTERNS = 1000, CASES_MIN = 5500 };

struct figures {
    int cases, agreed, repetition;
};

static bool groups_agree(struct quell_value wanted, struct quell_value got)
{
    for (size_t i = 0; i < quell_count(wanted); i++) {
        struct quell_pair pair = wanted.as.pairs[i];
        struct quell_value found;
        bool took_part = quell_is(pair.value, QUELL_STRING);
        if (quell_find(got, quell_str(pair.key), &found) != took_part ||
            (took_part && !value_equal(found, pair.value)))
            return false;
    }
    return true;
}

/* Whether a pattern has `{,n}`, which means another thing to Python. */
static bool has_open_repetition(struct quell_str regex)
{
    size_t at = 0;
    while ((at = str_find(regex, QUELL_STR("{,"), at)) != SIZE_MAX) {
        size_t end = at + 2 + strspn(regex.data + at + 2, "0123456789");
        if (end > at + 2 && regex.data[end] == '}')
            return true;
        at += 2;
    }
    return false;
}

static void compare(struct quell_value pattern, struct quell_value test, struct figures *figures)
{
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell_str regex = quell_get_str(pattern, "regex");
    bool wanted = quell_get_bool(test, "match", false), agreed = false;

    figures->cases++;
    if (quell_match(regex, quell_get_str(pattern, "flags"), quell_get_str(test, "text"), &document,
                    &err) == QUELL_OK)
        agreed = value_equal(quell_get(document.value, "match"), quell_bool(wanted)) &&
                 groups_agree(quell_get(test, "groups"), quell_get(document.value, "groups"));
    figures->agreed += agreed;
    if (!agreed && has_open_repetition(regex))
        figures->repetition++;
    else if (!agreed)
        printf("differs: %.*s\n  on %.*s: %.*s%s\n", QUELL_ARG(regex),
               QUELL_ARG(quell_get_str(test, "text")),
               QUELL_ARG(quell_get_str(document.value, "why")), err.message);
    quell_document_free(&document);
}

static void fail2ban(void **state)
{
    static struct quell_value patterns[PATTERNS];
    struct arena *kept = arena_new(0);
    FILE *file = open_corpus("fail2ban-patterns.jsonl");
    struct quell_value line;
    struct figures figures = {0};

    (void)state;
    if (!file)
        skip();
    while (next(file, kept, &line)) {
        int64_t id = quell_get_int(line, "rid", -1);
        assert_in_range(id, 0, PATTERNS - 1);
        patterns[id] = line;
    }
    (void)fclose(file);
    file = open_corpus("fail2ban-cases.jsonl");
    assert_non_null(file);
    for (struct arena *arena = arena_new(0);; arena = arena_new(0)) {
        bool more = next(file, arena, &line);
        if (more)
            compare(patterns[quell_get_int(line, "rid", 0)], line, &figures);
        arena_free(arena);
        if (!more)
            break;
    }
    (void)fclose(file);
    arena_free(kept);
    printf("fail2ban: %d of %d as Python's re; %d differ by {,n}\n", figures.agreed, figures.cases,
           figures.repetition);
    assert_true(figures.cases >= CASES_MIN);
    assert_int_equal(figures.agreed + figures.repetition, figures.cases);
}

/* ---- patterns that run away ---------------------------------------------------------------------
 */

static double milliseconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void redos(void **state)
{
    FILE *file = open_corpus("redos.jsonl");
    int count = 0, undecided = 0, refused = 0;
    double worst = 0;
    struct quell_value line;

    (void)state;
    if (!file)
        skip();
    for (struct arena *arena = arena_new(0);; arena = arena_new(0)) {
        bool more = next(file, arena, &line);
        struct quell_document document = {0};
        struct quell_error err;
        double from = milliseconds(), took;
        if (more) {
            enum quell_code code =
                quell_match(quell_get_str(line, "regex"), quell_get_str(line, "flags"),
                            quell_get_str(line, "attack"), &document, &err);
            took = milliseconds() - from;
            worst = took > worst ? took : worst;
            count++;
            refused += code != QUELL_OK;
            if (code)
                printf("refused: %.*s: %s\n", QUELL_ARG(quell_get_str(line, "id")), err.message);
            else if (quell_is(quell_get(document.value, "match"), QUELL_NULL)) {
                undecided++;
                assert_true(
                    str_starts(quell_get_str(document.value, "why"), QUELL_STR("undecided: ")));
            }
        }
        quell_document_free(&document);
        arena_free(arena);
        if (!more)
            break;
    }
    (void)fclose(file);
    printf("runaway patterns: %d, %d undecided, %d refused, slowest %.2f ms\n", count, undecided,
           refused, worst);
    assert_true(count >= 200);
    assert_true(undecided > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fail2ban), cmocka_unit_test(redos)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
