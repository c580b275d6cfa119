/*
 * print_approval.c - a question to people: what would be done, what takes it back, and how to
 * answer; and of one that is decided how it ended.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"
#include "cli/print.h"

enum { VALUE_WIDTH = 100, DIGEST_SHOWN = 12 };

static void print_line(const struct term *term, const char *name, struct quell_value value)
{
    if (quell_is_null(value) || (quell_is(value, QUELL_LIST) && quell_count(value) == 0) ||
        (quell_is(value, QUELL_STRING) && value.len == 0))
        return;
    printf("  %s%-8s%s ", term_on(term, TONE_DIM), name, term_off(term));
    if (quell_is(value, QUELL_TIME)) {
        struct arena *arena = arena_new(0);
        struct when when = {value.as.integer, 0};
        term_print(when_format_time(arena, when));
        arena_free(arena);
    } else {
        term_value(term, value, VALUE_WIDTH);
    }
    putchar('\n');
}

/* Who is asked. */
static void print_of(const struct term *term, struct quell_value of)
{
    size_t i;

    if (quell_count(of) == 0)
        return;
    printf("  %s%-8s%s ", term_on(term, TONE_DIM), "of", term_off(term));
    for (i = 0; i < quell_count(of); i++) {
        printf("%s", i ? ", " : "");
        term_print(quell_str(quell_at(of, i)));
    }
    putchar('\n');
}

/* What would be done, one call a line. */
static void print_plan_calls(const struct term *term, struct quell_value plan)
{
    struct quell_value calls = quell_get(plan, "calls");
    size_t i;

    for (i = 0; i < quell_count(calls); i++) {
        struct quell_value call = quell_at(calls, i), with = quell_get(call, "with");
        printf("  %s%-8s%s ", term_on(term, TONE_DIM), i == 0 ? "would" : "", term_off(term));
        term_value(term, quell_get(call, "action"), 0);
        printf("  ");
        if (quell_is_null(with))
            printf("(known when it runs)");
        else
            term_value(term, with, VALUE_WIDTH);
        putchar('\n');
        printf("           %s", term_on(term, TONE_DIM));
        term_value(term, quell_get(call, "effect"), 0);
        printf("; ");
        term_value(term, quell_get(call, "undo"), 0);
        printf("%s\n", term_off(term));
    }
    if (quell_get_int(plan, "more", 0))
        printf("           and %lld more\n", (long long)quell_get_int(plan, "more", 0));
}

/* What the policy said when it was asked. */
static void print_verdicts(const struct term *term, struct quell_value verdicts)
{
    size_t i;

    for (i = 0; i < quell_count(verdicts); i++) {
        struct quell_value one = quell_at(verdicts, i);
        printf("  %s%-8s%s ", term_on(term, TONE_WARN), i == 0 ? "policy" : "", term_off(term));
        term_value(term, quell_get(one, "verdict"), 0);
        printf(": ");
        term_value(term, quell_get(one, "message"), 0);
        putchar('\n');
    }
}

static void print_form(const struct term *term, struct quell_value form)
{
    size_t i;

    for (i = 0; i < quell_count(form); i++) {
        struct quell_value row = quell_at(form, i);
        printf("  %s%-8s%s ", term_on(term, TONE_DIM), i == 0 ? "form" : "", term_off(term));
        term_value(term, quell_get(row, "name"), 0);
        printf(": ");
        term_value(term, quell_get(row, "type"), 0);
        if (!quell_is_null(quell_get(row, "of"))) {
            printf(" ");
            term_value(term, quell_get(row, "of"), VALUE_WIDTH);
        }
        if (quell_get_bool(row, "required", false))
            printf(", required");
        if (!quell_is_null(quell_get(row, "default"))) {
            printf(", default ");
            term_value(term, quell_get(row, "default"), VALUE_WIDTH);
        }
        putchar('\n');
    }
}

void print_approval(const struct term *term, struct quell_value asked)
{
    bool form = quell_text_is(quell_get(asked, "what"), "form");
    struct quell_str run = quell_get_str(asked, "run"), step = quell_get_str(asked, "step");
    long long given = (long long)quell_count(quell_get(asked, "given")),
              count = (long long)quell_get_int(asked, "count", 1);

    printf("%s%.*s:%s", term_on(term, TONE_STRONG), QUELL_ARG(run), term_off(term));
    term_print(step);
    printf("  ");
    term_value(term, quell_get(asked, "playbook"), 0);
    printf("  %s", form ? "form" : "approval");
    if (!form && count > 1)
        printf(" %lld of %lld", given, count);
    putchar('\n');
    print_line(term, "asks", quell_get(asked, "message"));
    print_line(term, "about", quell_get(asked, "title"));
    print_of(term, quell_get(asked, "of"));
    print_line(term, "until", quell_get(asked, "until"));
    print_line(term, "shows", quell_get(asked, "show"));
    print_plan_calls(term, quell_get(asked, "plan"));
    print_verdicts(term, quell_get(asked, "verdicts"));
    print_form(term, quell_get(asked, "form"));
    if (form)
        printf("  %-8s quell answer %.*s:%.*s --set FIELD=VALUE ...\n", "answer", QUELL_ARG(run),
               QUELL_ARG(step));
    else
        printf("  %-8s quell approve %.*s:%.*s --digest %.*s\n", "answer", QUELL_ARG(run),
               QUELL_ARG(step), DIGEST_SHOWN, quell_get_str(asked, "digest").data);
}

/* ---- one in full -------------------------------------------------------------------------------
 */

static void print_told(const struct term *term, struct quell_value event)
{
    term_value(term, quell_get(event, "at"), 0);
    printf(" ");
    term_value(term, quell_get(event, "kind"), 0);
    if (!quell_is_null(quell_get(event, "by"))) {
        printf(" by ");
        term_value(term, quell_get(event, "by"), 0);
    }
    if (!quell_is_null(quell_get(event, "reason"))) {
        printf(": ");
        term_value(term, quell_get(event, "reason"), VALUE_WIDTH);
    }
    putchar('\n');
}

void print_approval_full(const struct term *term, struct quell_value question)
{
    struct quell_value history = quell_get(question, "history");

    if (quell_get_str(question, "what").len) {
        print_approval(term, question);
    } else {
        printf("%.*s:", QUELL_ARG(quell_get_str(question, "run")));
        term_print(quell_get_str(question, "step"));
        printf("  asks nobody now; the step is ");
        term_value(term, quell_get(question, "status"), 0);
        putchar('\n');
    }
    print_line(term, "incident", quell_get(quell_get(question, "about"), "description"));
    for (size_t i = 0; i < quell_count(history); i++) {
        printf("  %s%-8s%s ", term_on(term, TONE_DIM), i == 0 ? "history" : "", term_off(term));
        print_told(term, quell_at(history, i));
    }
}
