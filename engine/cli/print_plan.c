/*
 * print_plan.c - a plan as people read it, from the document that `plan -o json` prints.
 */
#include "cli/print.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/when.h"

enum { VALUE_WIDTH = 100, DIGEST_SHOWN = 6 };

struct mark {
    const char *effect, *would; /* `disrupts`, `would disrupt` */
    const char *utf8, *ascii;
    enum tone tone;
};

static const struct mark marks[] = {
    {"reads", "would read", "●", "o", TONE_PLAIN},
    {"notes", "would note", "✎", "+", TONE_PLAIN},
    {"changes", "would change", "~", "~", TONE_WARN},
    {"disrupts", "would disrupt", "!", "!", TONE_BAD},
};

static const struct mark *mark_of(struct quell_str effect)
{
    size_t i;

    for (i = 0; i < sizeof(marks) / sizeof(*marks); i++)
        if (str_is(effect, marks[i].effect))
            return &marks[i];
    return &marks[0];
}

static void print_trigger(const struct term *term, struct quell_value plan)
{
    struct quell_value trigger = quell_get(plan, "trigger"), incident = quell_get(plan, "incident");
    struct quell_str verdict = quell_get_str(trigger, "verdict");
    bool match = str_is(verdict, "match");

    printf("%s", term_on(term, TONE_STRONG));
    term_print(quell_get_str(plan, "playbook"));
    printf("%s@%.8s", term_off(term), quell_get_str(plan, "revision").data);
    if (!quell_is_null(incident)) {
        printf("  incident ");
        if (!quell_is_null(quell_get(incident, "number")))
            term_value(term, quell_get(incident, "number"), 0);
        printf("%s\"", quell_is_null(quell_get(incident, "number")) ? "" : " ");
        term_print(quell_get_str(incident, "title"));
        printf("\"");
    }
    putchar('\n');
    if (verdict.len == 0) {
        printf("planned as a manual start\n\n");
        return;
    }
    printf("%s%s trigger: %.*s%s", term_on(term, match ? TONE_GOOD : TONE_WARN),
           match ? term_glyph(term, "✓", "+") : term_glyph(term, "✕", "x"), QUELL_ARG(verdict),
           term_off(term));
    if (!match) {
        printf(" at `");
        term_print(quell_get_str(trigger, "line"));
        printf("`; what follows is a manual start");
    }
    printf("\n\n");
}

static void print_with(const struct term *term, struct quell_value with)
{
    size_t i;

    for (i = 0; i < quell_count(with); i++) {
        struct quell_value value = with.as.pairs[i].value;
        if (quell_is_null(value))
            continue;
        printf("        ");
        term_pad(quell_str(with.as.pairs[i].key), 14);
        printf(" ");
        term_value(term, value, VALUE_WIDTH);
        putchar('\n');
    }
}

static void print_targets(const struct term *term, struct quell_value targets)
{
    size_t i;

    for (i = 0; i < quell_count(targets); i++) {
        struct quell_value target = quell_at(targets, i);
        printf("%s%.*s ", i ? ", " : "  ", QUELL_ARG(quell_get_str(target, "kind")));
        term_value(term, quell_get(target, "value"), 60);
    }
}

/* Widths of the first two columns: the longest entries, within reason. */
struct columns {
    size_t path, action;
};
enum { COLUMN_MAX = 32 };

static struct columns columns_of(struct quell_value calls)
{
    struct columns columns = {0};
    size_t i;

    for (i = 0; i < quell_count(calls); i++) {
        size_t path = utf8_width(quell_get_str(quell_at(calls, i), "path"));
        size_t action = utf8_width(quell_get_str(quell_at(calls, i), "action"));
        if (path > columns.path)
            columns.path = path < COLUMN_MAX ? path : COLUMN_MAX;
        if (action > columns.action)
            columns.action = action < COLUMN_MAX ? action : COLUMN_MAX;
    }
    return columns;
}

/* What stands against the call. */
static void print_policy(const struct term *term, struct quell_value verdicts)
{
    size_t i;

    for (i = 0; i < quell_count(verdicts); i++) {
        struct quell_value one = quell_at(verdicts, i);
        struct quell_str verdict = quell_get_str(one, "verdict");
        bool unknown = str_is(verdict, "unknown");
        printf("        %s", term_on(term, unknown ? TONE_DIM : TONE_WARN));
        term_pad(str_is(verdict, "held") ? QUELL_STR("is held") : verdict, 14);
        printf("%s ", term_off(term));
        term_print(quell_get_str(one, "reason"));
        printf(": ");
        term_print(quell_get_str(one, "message"));
        putchar('\n');
    }
}

/* `after_s`: it is taken back by itself so long after; 0 = it is not. */
static void print_inverse(struct quell_str undo, int64_t after_s)
{
    struct arena *arena = arena_new(0);

    printf("  undo: %.*s", QUELL_ARG(undo));
    if (after_s)
        printf(", by itself after %.*s", QUELL_ARG(when_format_human(arena, after_s * 1000000)));
    arena_free(arena);
}

static void print_call(const struct term *term, struct quell_value call, struct columns columns)
{
    const struct mark *mark = mark_of(quell_get_str(call, "effect"));
    struct quell_str verdict = quell_get_str(call, "verdict"), undo = quell_get_str(call, "undo");
    struct quell_value condition = quell_get(call, "if"), error = quell_get(call, "error");
    bool skipped = str_is(verdict, "skipped");

    printf("  %s%s%s ", term_on(term, skipped ? TONE_DIM : mark->tone),
           skipped ? term_glyph(term, "·", ".") : term_glyph(term, mark->utf8, mark->ascii),
           term_off(term));
    term_pad(quell_get_str(call, "path"), columns.path);
    printf("  ");
    term_pad(quell_get_str(call, "action"), columns.action);
    printf("  %s", str_is(verdict, "done") ? "was read" : skipped ? "skipped" : mark->would);
    if (!quell_is_null(condition)) {
        printf(", if ");
        term_value(term, condition, VALUE_WIDTH);
    }
    if (skipped) {
        printf(": ");
        term_print(quell_get_str(call, "because"));
    }
    print_targets(term, quell_get(call, "targets"));
    if (undo.len && !skipped)
        print_inverse(undo, quell_get_int(call, "undo_after_s", 0));
    putchar('\n');
    print_with(term, quell_get(call, "with"));
    print_policy(term, quell_get(call, "policy"));
    if (!quell_is_null(error)) {
        printf("        %sfailed%s         ", term_on(term, TONE_BAD), term_off(term));
        term_value(term, error, 0);
        putchar('\n');
    }
}

/* Whom the plan asks before the call of this number. */
static void print_asks(const struct term *term, struct quell_value asks, size_t before,
                       struct columns columns)
{
    struct arena *arena = arena_new(0);
    size_t i, k;

    for (i = 0; i < quell_count(asks); i++) {
        struct quell_value ask = quell_at(asks, i), of = quell_get(ask, "of");
        struct quell_value condition = quell_get(ask, "unless");
        if (quell_get_int(ask, "before", 0) != (int64_t)before)
            continue;
        printf("  %s?%s ", term_on(term, TONE_WARN), term_off(term));
        term_pad(quell_get_str(ask, "path"), columns.path);
        printf("  ");
        term_pad(quell_get_str(ask, "what"), columns.action);
        printf("  asks %lld of ", (long long)quell_get_int(ask, "count", 1));
        for (k = 0; k < quell_count(of); k++) {
            printf("%s", k ? ", " : "");
            term_print(quell_str(quell_at(of, k)));
        }
        printf("%s, for %.*s at most", quell_count(of) ? "" : "anyone",
               QUELL_ARG(when_format_human(arena, quell_get(ask, "within").as.integer * 1000000)));
        if (!quell_is_null(condition)) {
            printf(", unless ");
            term_value(term, condition, VALUE_WIDTH);
        }
        putchar('\n');
    }
    arena_free(arena);
}

static void print_total(const char *word, const char *words, int64_t count, bool *first)
{
    if (count == 0)
        return;
    printf("%s%lld %s", *first ? "" : ", ", (long long)count, count == 1 ? word : words);
    *first = false;
}

/* A failure is told where it begins: the blocks around it fail with the same words. */
static bool is_told_below(struct quell_value failures, size_t at)
{
    struct quell_value outer = quell_at(failures, at);
    struct quell_str path = quell_get_str(outer, "path");
    size_t i;

    for (i = 0; i < quell_count(failures); i++) {
        struct quell_str inner = quell_get_str(quell_at(failures, i), "path");
        if (inner.len > path.len && str_starts(inner, path) && inner.data[path.len] != '_' &&
            quell_str_equal(quell_get_str(quell_at(failures, i), "message"),
                            quell_get_str(outer, "message")))
            return true;
    }
    return false;
}

static void print_failures(const struct term *term, struct quell_value plan)
{
    struct quell_value failures = quell_get(plan, "failures");
    size_t i;

    for (i = 0; i < quell_count(failures); i++) {
        struct quell_value failure = quell_at(failures, i);
        if (is_told_below(failures, i))
            continue;
        printf("  %s%s fails:%s ", term_on(term, TONE_BAD), term_glyph(term, "✕", "x"),
               term_off(term));
        term_value(term, quell_get(failure, "path"), 0);
        printf(": ");
        term_value(term, quell_get(failure, "message"), 0);
        putchar('\n');
    }
    if (quell_count(failures) && quell_is_null(quell_get(plan, "incident")))
        printf("  No incident was given (-i FILE), so `incident` is null.\n");
}

/* What no undo takes back, each action once; over all paths. */
static void print_undo(struct quell_value plan)
{
    struct quell_value left = quell_get(plan, "not_undone");
    size_t i;

    if (quell_count(left) == 0) {
        printf(" Everything can be undone.");
        return;
    }
    printf(" Cannot be undone:");
    for (i = 0; i < quell_count(left); i++)
        printf("%s %.*s", i ? "," : "", QUELL_ARG(quell_str(quell_at(left, i))));
    printf(".");
}

/* The largest figures of any path. */
static void print_worst(struct quell_value plan)
{
    struct quell_value worst = quell_get(plan, "worst_case"), waiting = quell_get(plan, "waiting");
    struct quell_value rates = quell_get(plan, "rates");
    struct arena *arena = arena_new(0);
    size_t i;

    printf("Worst case %.*s", QUELL_ARG(when_format_human(arena, worst.as.integer * 1000000)));
    if (waiting.as.integer)
        printf(" (%.*s of it waiting)",
               QUELL_ARG(when_format_human(arena, waiting.as.integer * 1000000)));
    putchar('.');
    for (i = 0; i < quell_count(rates); i++) {
        struct quell_value rate = quell_at(rates, i);
        int64_t seconds = quell_get_int(rate, "seconds", 1);
        printf("%s%.*s %lld of %lld in %.*s",
               i ? ", " : " Rate limits: ", QUELL_ARG(quell_get_str(rate, "connector")),
               (long long)quell_get_int(rate, "calls", 0),
               (long long)quell_get_int(rate, "count", 0),
               QUELL_ARG(when_format_human(arena, seconds * 1000000)));
    }
    printf("%s\n", quell_count(rates) ? "." : "");
    arena_free(arena);
}

/* Calls of the playbooks that it calls, and of those that they call. */
static size_t count_called(struct quell_value plan)
{
    struct quell_value list = quell_get(plan, "called");
    size_t i, k, count = 0;

    for (i = 0; i < quell_count(list); i++) {
        struct quell_value nested = quell_get(quell_at(list, i), "plan");
        struct quell_value calls = quell_get(nested, "calls");
        for (k = 0; k < quell_count(calls); k++)
            count += !quell_text_is(quell_get(quell_at(calls, k), "verdict"), "skipped");
        count += count_called(nested);
    }
    return count;
}

static void print_summary(struct quell_value plan)
{
    size_t called = count_called(plan);
    struct quell_value totals = quell_get(plan, "totals");
    int64_t changing = quell_get_int(totals, "notes", 0) + quell_get_int(totals, "changes", 0) +
                       quell_get_int(totals, "disrupts", 0);
    bool first = true;

    printf("\nPlan %.*s: ", QUELL_ARG(str_slice(quell_get_str(plan, "digest"), 0, DIGEST_SHOWN)));
    print_total("read", "reads", quell_get_int(totals, "reads", 0), &first);
    print_total("note", "notes", quell_get_int(totals, "notes", 0), &first);
    print_total("change", "changes", quell_get_int(totals, "changes", 0), &first);
    print_total("disruptive change", "disruptive changes", quell_get_int(totals, "disrupts", 0),
                &first);
    print_total("approval", "approvals", quell_get_int(totals, "approvals", 0), &first);
    print_total("skipped", "skipped", quell_get_int(totals, "skipped", 0), &first);
    print_total("of them not certain", "of them not certain", quell_get_int(totals, "unknown", 0),
                &first);
    if (called)
        printf("%s%zu in called playbooks.", first ? "no calls of its own, " : ", ", called);
    else
        printf("%s.", first ? "no calls" : "");
    if (changing)
        print_undo(plan);
    printf(" Nothing was changed.\n");
    if (!first)
        print_worst(plan);
}

/* What the playbooks that it calls would do, each under the step that calls it. */
static void print_called(const struct term *term, struct quell_value plan)
{
    struct quell_value list = quell_get(plan, "called");
    size_t i, k;

    for (i = 0; i < quell_count(list); i++) {
        struct quell_value called = quell_at(list, i), nested = quell_get(called, "plan");
        struct quell_value calls = quell_get(nested, "calls");
        struct columns columns = columns_of(calls);

        printf("\n%s", term_on(term, TONE_STRONG));
        term_print(quell_get_str(called, "path"));
        printf("%s runs ", term_off(term));
        term_print(quell_get_str(called, "playbook"));
        if (quell_get_str(called, "error").len) {
            printf(": %s", term_on(term, TONE_BAD));
            term_print(quell_get_str(called, "error"));
            printf("%s", term_off(term));
        } else if (quell_is_null(nested)) {
            printf(", which is not here: what it does is not known");
        }
        putchar('\n');
        for (k = 0; k < quell_count(calls); k++) {
            print_asks(term, quell_get(nested, "asks"), k, columns);
            print_call(term, quell_at(calls, k), columns);
        }
        if (!quell_is_null(nested)) {
            print_asks(term, quell_get(nested, "asks"), k, columns);
            print_failures(term, nested);
            print_called(term, nested);
        }
    }
}

void print_plan(const struct term *term, struct quell_value plan, bool all_paths)
{
    struct quell_value calls = quell_get(plan, "calls"), asks = quell_get(plan, "asks");
    struct columns columns = columns_of(calls);
    size_t i;

    print_trigger(term, plan);
    if (quell_count(calls))
        printf("%s%s read, %s note (visible, harmless), ~ change, ! disruptive change, ? asks a "
               "person or is not known yet, %s skipped%s\n\n",
               term_on(term, TONE_DIM), term_glyph(term, "●", "o"), term_glyph(term, "✎", "+"),
               term_glyph(term, "·", "."), term_off(term));
    for (i = 0; i < quell_count(calls); i++) {
        print_asks(term, asks, i, columns);
        print_call(term, quell_at(calls, i), columns);
    }
    print_asks(term, asks, i, columns);
    print_called(term, plan);
    print_failures(term, plan);
    print_paths(term, plan, all_paths);
    print_summary(plan);
}
