/*
 * print_why.c - the document of `quell why`, for people.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"
#include "cli/print.h"
#include "value/value.h"

enum { CHILD_INDENT = 4 };

static void print_time(struct quell_value time)
{
    struct arena *arena = arena_new(0);
    struct when when = {time.as.integer, 0};

    printf("%.*s", QUELL_ARG(when_format_time(arena, when)));
    arena_free(arena);
}

static void print_line(const struct term *term, int indent, const char *title)
{
    printf("%*s%s%-6s%s ", indent + 4, "", term_on(term, TONE_DIM), title, term_off(term));
}

static void print_until(const struct term *term, struct quell_value entry, int indent)
{
    struct quell_value until = quell_get(entry, "until"), then = quell_get(entry, "then");

    if (quell_is(until, QUELL_TIME)) {
        print_line(term, indent, "until");
        print_time(until);
        if (!quell_is_null(then))
            printf(": then ");
    } else if (!quell_is_null(then)) {
        print_line(term, indent, "then");
    } else {
        return;
    }
    term_value(term, then, 0);
    putchar('\n');
}

/* What a person must know to look for a call whose outcome nobody knows. */
static void print_fact(const struct term *term, struct quell_value entry, const char *key,
                       int indent)
{
    struct quell_value value = quell_get(entry, key);

    if (quell_is_null(value))
        return;
    print_line(term, indent, key);
    term_value(term, value, 0);
    putchar('\n');
}

/* Events that may have been the one that is waited for, and could not be judged. */
static void print_unheard(const struct term *term, struct quell_value list, int indent)
{
    size_t i;

    for (i = 0; i < quell_count(list); i++) {
        struct quell_value one = quell_at(list, i);
        print_line(term, indent, i ? "" : "missed");
        print_time(quell_get(one, "at"));
        printf(" incident %.*s: ", QUELL_ARG(quell_get_str(one, "incident")));
        term_value(term, quell_get(one, "detail"), 0);
        putchar('\n');
    }
}

/* Who was to be told of a question, and was not. */
static void print_unreached(const struct term *term, struct quell_value list, int indent)
{
    size_t i;

    for (i = 0; i < quell_count(list); i++) {
        struct quell_value one = quell_at(list, i);
        print_line(term, indent, i ? "" : "untold");
        term_value(term, quell_get(one, "to"), 0);
        printf(" via ");
        term_value(term, quell_get(one, "via"), 0);
        printf(": ");
        term_value(term, quell_get(one, "error"), 0);
        putchar('\n');
    }
}

static void print_of_run(const struct term *term, struct quell_value why, int indent);

static void print_entry(const struct term *term, struct quell_value entry, int indent)
{
    struct quell_value commands = quell_get(entry, "commands"), child = quell_get(entry, "child");
    struct quell_str step = quell_get_str(entry, "step"), what = quell_get_str(entry, "what");
    size_t i;

    printf("%*s%.*s%s%.*s: ", indent + 2, "", QUELL_ARG(what), step.len ? " at " : "",
           QUELL_ARG(step));
    term_value(term, quell_get(entry, "text"), 0);
    putchar('\n');
    if (quell_is(quell_get(entry, "since"), QUELL_TIME)) {
        print_line(term, indent, "since");
        print_time(quell_get(entry, "since"));
        putchar('\n');
    }
    print_until(term, entry, indent);
    if (str_is(what, "unknown")) {
        print_fact(term, entry, "key", indent);
        print_fact(term, entry, "with", indent);
    }
    print_unheard(term, quell_get(entry, "unheard"), indent);
    print_unreached(term, quell_get(entry, "unreached"), indent);
    for (i = 0; i < quell_count(commands); i++) {
        print_line(term, indent, i ? "" : "do");
        printf("%.*s\n", QUELL_ARG(quell_str(quell_at(commands, i))));
    }
    if (!quell_is_null(child))
        print_of_run(term, child, indent + CHILD_INDENT);
}

static void print_of_run(const struct term *term, struct quell_value why, int indent)
{
    struct quell_value because = quell_get(why, "because");
    struct quell_str state = quell_get_str(why, "state");
    int64_t more = quell_get_int(why, "more", 0);
    size_t i;

    printf("%*srun %.*s  %.*s  %s%.*s%s\n", indent, "", QUELL_ARG(quell_get_str(why, "run")),
           QUELL_ARG(quell_get_str(why, "playbook")), term_on(term, status_tone(state)),
           QUELL_ARG(state), term_off(term));
    for (i = 0; i < quell_count(because); i++)
        print_entry(term, quell_at(because, i), indent);
    if (more)
        printf("%*sand %lld more steps that wait\n", indent + 2, "", (long long)more);
}

/* ---- of an incident ----------------------------------------------------------------------------
 */

static void print_runs(const struct term *term, struct quell_value runs)
{
    size_t i;

    for (i = 0; i < quell_count(runs); i++) {
        struct quell_value run = quell_at(runs, i);
        struct quell_str state = quell_get_str(run, "state");
        printf("  started %.*s: run %.*s, %s%.*s%s\n", QUELL_ARG(quell_get_str(run, "playbook")),
               QUELL_ARG(quell_get_str(run, "run")), term_on(term, status_tone(state)),
               QUELL_ARG(state), term_off(term));
    }
}

static void print_refusals(const struct term *term, struct quell_value refusals)
{
    size_t i;

    for (i = 0; i < quell_count(refusals); i++) {
        struct quell_value refusal = quell_at(refusals, i);
        printf("  %.*s %.*s: ", QUELL_ARG(quell_get_str(refusal, "reason")),
               QUELL_ARG(quell_get_str(refusal, "playbook")));
        term_value(term, quell_get(refusal, "detail"), 0);
        if (quell_get_str(refusal, "run").len)
            printf(" (run %.*s)", QUELL_ARG(quell_get_str(refusal, "run")));
        putchar('\n');
    }
}

static void print_verdicts(const struct term *term, struct quell_value playbooks)
{
    size_t i, k;

    for (i = 0; i < quell_count(playbooks); i++) {
        struct quell_value playbook = quell_at(playbooks, i), lines = quell_get(playbook, "lines");
        if (quell_text_is(quell_get(playbook, "verdict"), "match"))
            continue;
        printf("  not matched by %.*s", QUELL_ARG(quell_get_str(playbook, "playbook")));
        for (k = 0; k < quell_count(lines); k++)
            if (quell_get_bool(quell_at(lines, k), "decides", false)) {
                printf(": ");
                term_value(term, quell_get(quell_at(lines, k), "condition"), 0);
                break;
            }
        putchar('\n');
    }
}

static void print_of_incident(const struct term *term, struct quell_value why)
{
    printf("incident %.*s  ", QUELL_ARG(quell_get_str(why, "incident")));
    term_value(term, quell_get(why, "title"), 0);
    putchar('\n');
    print_runs(term, quell_get(why, "runs"));
    print_refusals(term, quell_get(why, "refusals"));
    print_verdicts(term, quell_get(why, "playbooks"));
    if (!quell_is_null(quell_get(why, "fault"))) {
        printf("  the playbooks cannot be asked: ");
        term_value(term, quell_get(why, "fault"), 0);
        putchar('\n');
    }
}

void print_why(const struct term *term, struct quell_value why)
{
    if (quell_is_null(quell_get(why, "run")))
        print_of_incident(term, why);
    else
        print_of_run(term, why, 0);
}
