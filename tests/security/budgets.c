/*
 * budgets.c - what is meant to cost without end meets its budget: patterns, expressions, documents
 * that are deep or giant. Each ends in a limit or a refusal, never in an answer that would act; the
 * memory of the process stays where it was. Limits are counts of steps; the times and the growth
 * of memory are told, not asserted to the millisecond.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/cel.h"
#include "figures.h"
#include "match/regex.h"
#include "value/json.h"
#include "value/value.h"
#include "value/yaml.h"

enum { ROUNDS = 5, GROWTH_KIB = 8 * 1024 };

static double worst_ms;

static double cpu_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void took(double since_ms)
{
    double ms = cpu_ms() - since_ms;

    if (ms > worst_ms)
        worst_ms = ms;
}

static long rss_kib(void)
{
    long pages = 0, all;
    FILE *file = fopen("/proc/self/statm", "r");

    if (!file || fscanf(file, "%ld %ld", &all, &pages) != 2)
        pages = 0;
    if (file)
        (void)fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static struct quell_str repeated(struct arena *arena, const char *head, const char *unit,
                                 size_t times, const char *tail)
{
    struct buf out = {.size_max = 8u << 20};
    struct quell_str made;

    buf_add_text(&out, head);
    while (times-- > 0)
        buf_add_text(&out, unit);
    buf_add_text(&out, tail);
    made = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return made;
}

/* ---- patterns of triggers
 * ------------------------------------------------------------------------*/

static const struct {
    const char *pattern, *unit, *tail; /* the text: 2,000 units and the tail */
} patterns[] = {
    {"^(a+)+$", "a", "!"},       {"^(a|aa)+$", "a", "!"},
    {"^(a|a?)+$", "a", "!"},     {"^(([a-z])+.)+[A-Z]([a-z])+$", "a", "!"},
    {"(.*)*x$", "a", "!"},       {"^(.*?,){11}P", "1,", "Q"},
    {"(a*)*b", "a", "c"},        {"^([a-zA-Z0-9]+\\s?)+$", "a ", "!"},
    {"(x+x+)+y", "x", "z"},      {"^(?:(?:a|b|ab)*)*c$", "ab", "d"},
    {"(?=(a+))a*b\\1", "a", ""}, {"^(\\w+)+@\\1$", "a", "@b"},
};

static void try_patterns(struct figures *figures, struct arena *arena)
{
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct quell_str text = repeated(arena, "", patterns[i].unit, 2000, patterns[i].tail);
        struct regex *regex;
        struct quell_error err;
        enum regex_result result;
        size_t offset;
        double since = cpu_ms();

        if (regex_new(quell_str_of(patterns[i].pattern), 0, &regex, &offset, &err)) {
            figures_add(figures, false, "%s: %s", patterns[i].pattern, err.message);
            continue;
        }
        result = regex_test(regex, text);
        took(since);
        figures_add(figures, result != REGEX_YES, "%s matches", patterns[i].pattern);
        regex_free(regex);
    }
}

/* ---- expressions
 * ---------------------------------------------------------------------------------*/

static const char *const expressions[] = {
    "l.map(a, l.map(b, l.map(c, l.map(d, a + b + c + d))))",
    "l.all(a, l.all(b, l.all(c, l.all(d, a + b + c + d >= 0))))",
    "l.exists(a, l.exists(b, l.exists(c, l.exists(d, a + b + c + d < 0))))",
    "l.map(a, t + t + t + t).map(x, x + x + x + x).map(x, x + x + x + x)",
    "l.map(a, l).map(b, l.map(c, l.map(d, l)))",
    "l.map(a, t).exists(x, x.matches('^(a+)+$'))",
    "l.filter(a, l.filter(b, l.filter(c, l.filter(d, true) == l) == l) == l)",
};

static void try_expressions(struct figures *figures, struct arena *arena)
{
    struct list_builder list = {.arena = arena};
    struct map_builder map = {.arena = arena};
    struct cel_scope scope = {.outer = NULL};

    for (int64_t i = 0; i < 300; i++)
        list_add(&list, quell_int(i));
    map_add(&map, "l", list_made(&list));
    map_add(&map, "t", quell_string(repeated(arena, "", "a", 4000, "!")));
    scope.vars = map_made(&map);
    for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
        struct arena *work = arena_new(0);
        const struct cel *expr;
        struct cel_fault fault;
        struct quell_value value;
        enum quell_code code;
        double since = cpu_ms();

        code = cel_parse(work, quell_str_of(expressions[i]), &expr, &fault);
        if (!code)
            code = cel_eval(expr, &scope, work, &value, &fault);
        took(since);
        figures_add(figures, code == QUELL_LIMIT, "%s: code %d", expressions[i], (int)code);
        arena_free(work);
    }
}

/* ---- texts that are too deep or too large -------------------------------------------------------
 */

static void parse_json(struct figures *figures, const char *name, struct quell_str text)
{
    struct arena *work = arena_new(0);
    struct quell_value value;
    struct quell_error err;
    double since = cpu_ms();
    enum quell_code code = json_read(work, text, 0, &value, NULL, &err);

    took(since);
    figures_add(figures, code != QUELL_OK, "JSON is taken: %s", name);
    arena_free(work);
}

static void parse_yaml(struct figures *figures, const char *name, struct quell_str text)
{
    struct arena *work = arena_new(0);
    struct diag_list diags;
    double since = cpu_ms();

    diag_init(&diags, work, QUELL_STR("x"), text);
    figures_add(figures, yaml_read(work, &diags) == NULL, "YAML is taken: %s", name);
    took(since);
    arena_free(work);
}

static void parse_cel(struct figures *figures, const char *name, struct quell_str text)
{
    struct arena *work = arena_new(0);
    const struct cel *expr;
    struct cel_fault fault;
    double since = cpu_ms();

    figures_add(figures, cel_parse(work, text, &expr, &fault) != QUELL_OK, "CEL is taken: %s",
                name);
    took(since);
    arena_free(work);
}

static void try_documents(struct figures *figures, struct arena *arena)
{
    size_t large = LIMIT_DOCUMENT_BYTES;

    parse_json(figures, "65 lists in each other", repeated(arena, "", "[", 65, "1"));
    parse_json(figures, "100,000 lists", repeated(arena, "", "[", 100000, ""));
    parse_json(figures, "100,000 maps", repeated(arena, "", "{\"a\":", 100000, "1"));
    parse_json(figures, "above 1 MiB", repeated(arena, "\"", "a", large, "\""));
    parse_json(figures, "a number of 1 MiB", repeated(arena, "", "1", large + 1, ""));
    parse_yaml(figures, "100,000 lists", repeated(arena, "", "[", 100000, ""));
    parse_yaml(figures, "100,000 dashes", repeated(arena, "", "- ", 100000, "a"));
    parse_yaml(figures, "100,000 maps", repeated(arena, "", "{a: ", 100000, ""));
    parse_yaml(figures, "above 1 MiB", repeated(arena, "a: '", "a", large, "'"));
    parse_cel(figures, "10,000 brackets", repeated(arena, "", "(", 10000, "1"));
    parse_cel(figures, "10,000 minus signs", repeated(arena, "", "-", 10000, "a"));
    parse_cel(figures, "10,000 lists", repeated(arena, "", "[", 10000, ""));
    parse_cel(figures, "10,000 sums", repeated(arena, "1", "+1", 10000, ""));
    parse_cel(figures, "above its size", repeated(arena, "'", "a", LIMIT_CEL_BYTES, "'"));
}

int main(void)
{
    struct figures figures = {0, 0};
    long before = 0, grown;

    for (int round = 0; round < ROUNDS; round++) {
        struct arena *arena = arena_new(0);

        try_patterns(&figures, arena);
        try_expressions(&figures, arena);
        try_documents(&figures, arena);
        arena_free(arena);
        if (round == 0)
            before = rss_kib();
    }
    grown = rss_kib() - before;
    figures_add(&figures, grown <= GROWTH_KIB, "memory has grown by %ld KiB", grown);
    printf(
        "figures: budgets: %zu patterns, %zu expressions, 14 documents; the worst took %.1f ms of "
        "one core, memory grew by %ld KiB\n",
        sizeof(patterns) / sizeof(patterns[0]), sizeof(expressions) / sizeof(expressions[0]),
        worst_ms, grown);
    return figures_end(&figures);
}
