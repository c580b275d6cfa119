/*
 * print_run.c - the story of a run, from the document that `show -o json` prints, and its events
 * one line each while it is under way.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"
#include "cli/print.h"
#include "value/json.h"
#include "value/value.h"

enum { VALUE_WIDTH = 100 };

struct status_row {
    const char *word, *utf8, *ascii;
    enum tone tone;
};

static const struct status_row status_rows[] = {
    {"succeeded", "✓", "+", TONE_GOOD}, {"failed", "✕", "x", TONE_BAD},
    {"timed-out", "✕", "x", TONE_BAD},  {"unknown", "?", "?", TONE_WARN},
    {"denied", "✕", "x", TONE_BAD},     {"cancelled", "✕", "x", TONE_WARN},
    {"held", "?", "?", TONE_WARN},      {"skipped", "·", ".", TONE_DIM},
    {"running", "○", "o", TONE_PLAIN},  {"waiting", "○", "o", TONE_PLAIN},
    {"simulated", "~", "~", TONE_DIM},  {"not-run", "·", ".", TONE_DIM},
};

static const struct status_row *row_of(struct quell_str status)
{
    size_t i;

    for (i = 0; i < sizeof(status_rows) / sizeof(*status_rows); i++)
        if (str_is(status, status_rows[i].word))
            return &status_rows[i];
    return &status_rows[sizeof(status_rows) / sizeof(*status_rows) - 1];
}

enum tone status_tone(struct quell_str status)
{
    return row_of(status)->tone;
}

static int64_t microseconds(struct quell_value time)
{
    return quell_is(time, QUELL_TIME) ? time.as.integer * 1000000 + time.len / 1000 : 0;
}

static void print_took(struct quell_value from, struct quell_value to)
{
    struct arena *arena = arena_new(0);

    if (quell_is(from, QUELL_TIME) && quell_is(to, QUELL_TIME))
        term_print(when_format_human(arena, microseconds(to) - microseconds(from)));
    arena_free(arena);
}

static void print_time(struct quell_value time)
{
    struct arena *arena = arena_new(0);

    if (quell_is(time, QUELL_TIME)) {
        struct when when = {time.as.integer, time.len / 1000000 * 1000000};
        struct quell_str text = when_format_time(arena, when);
        printf("%.*s", QUELL_ARG(text));
    } else {
        printf("-");
    }
    arena_free(arena);
}

/* ---- show --------------------------------------------------------------------------------------
 */

static void print_pairs(const struct term *term, const char *title, struct quell_value map)
{
    size_t i;

    for (i = 0; i < quell_count(map); i++) {
        if (quell_is_null(map.as.pairs[i].value))
            continue;
        printf("        %s%-6s%s ", term_on(term, TONE_DIM), title, term_off(term));
        term_pad(quell_str(map.as.pairs[i].key), 14);
        printf(" ");
        term_value(term, map.as.pairs[i].value, VALUE_WIDTH);
        putchar('\n');
    }
}

static void print_error(const struct term *term, struct quell_value error)
{
    if (quell_is_null(error))
        return;
    printf("        %serror%s  ", term_on(term, TONE_BAD), term_off(term));
    term_value(term, quell_get(error, "code"), 0);
    printf(": ");
    term_value(term, quell_get(error, "message"), 0);
    putchar('\n');
}

static void print_step(const struct term *term, struct quell_value step)
{
    struct quell_str status = quell_get_str(step, "status");
    const struct status_row *row = row_of(status);
    struct quell_value action = quell_get(step, "action"), reason = quell_get(step, "reason");
    struct quell_value waits = quell_get(step, "waits_for"), child = quell_get(step, "run");
    bool call = !quell_is_null(action) || !quell_is_null(quell_get(step, "calls"));

    printf("  %s%s%s ", term_on(term, row->tone), term_glyph(term, row->utf8, row->ascii),
           term_off(term));
    term_pad(quell_get_str(step, "path"), 22);
    printf(" ");
    term_pad(!quell_is_null(action) ? quell_str(action)
             : call                 ? quell_get_str(step, "calls")
                                    : QUELL_STR(""),
             24);
    printf(" %s", term_on(term, row->tone));
    term_pad(status, 10);
    printf("%s ", term_off(term));
    print_took(quell_get(step, "started_at"), quell_get(step, "ended_at"));
    if (quell_get_int(step, "attempts", 1) > 1)
        printf(" attempt %lld", (long long)quell_get_int(step, "attempts", 1));
    if (!quell_is_null(waits)) {
        printf(" waits for ");
        term_value(term, waits, 0);
        if (!quell_is_null(quell_get(step, "until"))) {
            printf(" until ");
            print_time(quell_get(step, "until"));
        }
    }
    if (!quell_is_null(child)) {
        printf(" run ");
        term_print(quell_str(child));
    }
    if (!quell_is_null(reason)) {
        printf(" ");
        term_value(term, reason, VALUE_WIDTH);
    }
    putchar('\n');
    if (call) {
        print_pairs(term, "with", quell_get(step, "with"));
        print_pairs(term, "gave", quell_get(step, "output"));
    }
    print_error(term, quell_get(step, "error"));
}

/* A failed run says at once where and why; the story follows. */
static void print_failure(const struct term *term, struct quell_value run)
{
    struct quell_value events = quell_get(run, "events"), error = quell_null();
    size_t i;

    for (i = 0; i < quell_count(events); i++)
        if (quell_text_is(quell_get(quell_at(events, i), "kind"), "run_ended"))
            error = quell_get(quell_at(events, i), "error");
    if (quell_is_null(error))
        return;
    if (!quell_is_null(quell_get(error, "step"))) {
        printf("%sfailed at%s ", term_on(term, TONE_BAD), term_off(term));
        term_value(term, quell_get(error, "step"), 0);
        printf(": ");
    }
    term_value(term, quell_get(error, "code"), 0);
    printf(": ");
    term_value(term, quell_get(error, "message"), 0);
    putchar('\n');
}

/* What the last undo could not take back: it is as the run made it. */
static void print_not_undone(const struct term *term, struct quell_value run)
{
    struct quell_value events = quell_get(run, "events"), left = quell_null();
    size_t i;

    for (i = 0; i < quell_count(events); i++) {
        struct quell_value event = quell_at(events, i), undone;
        struct quell_str kind = quell_get_str(event, "kind");
        if (str_is(kind, "undo_ended") ||
            (str_is(kind, "run_ended") && quell_find(event, QUELL_STR("undone"), &undone)))
            left = quell_null();
        if (!quell_is_null(quell_get(event, "not_undone")) && !str_is(kind, "step_ended"))
            left = quell_get(event, "not_undone");
    }
    for (i = 0; i < quell_count(left); i++) {
        printf("%snot undone%s ", term_on(term, TONE_BAD), term_off(term));
        term_value(term, quell_at(left, i), 0);
        putchar('\n');
    }
}

static void print_head(const struct term *term, struct quell_value run)
{
    struct quell_str state = quell_get_str(run, "state");

    printf("%srun %s", term_on(term, TONE_STRONG), term_off(term));
    term_print(quell_get_str(run, "run"));
    printf("  ");
    term_print(quell_get_str(run, "playbook"));
    printf("@%.8s  %s%.*s%s  (%.*s)\n", quell_get_str(run, "revision").data,
           term_on(term, status_tone(state)), QUELL_ARG(state), term_off(term),
           QUELL_ARG(quell_get_str(run, "mode")));
    if (quell_get_str(run, "title").len) {
        printf("incident ");
        term_print(quell_get_str(run, "incident"));
        printf("  \"");
        term_print(quell_get_str(run, "title"));
        printf("\"\n");
    }
    if (quell_get_str(run, "parent").len) {
        printf("called by run ");
        term_print(quell_get_str(run, "parent"));
        putchar('\n');
    }
    printf("started ");
    print_time(quell_get(run, "started_at"));
    printf("  ended ");
    print_time(quell_get(run, "ended_at"));
    putchar('\n');
    print_failure(term, run);
    print_not_undone(term, run);
    putchar('\n');
}

/* How the open questions are answered. */
static void print_questions(struct quell_value run)
{
    struct quell_value steps = quell_get(run, "steps");
    size_t i;

    for (i = 0; i < quell_count(steps); i++) {
        struct quell_value step = quell_at(steps, i), waits = quell_get(step, "waits_for");
        bool form = quell_text_is(waits, "form");
        if (!form && !quell_text_is(waits, "approval"))
            continue;
        printf("\n`");
        term_print(quell_get_str(step, "path"));
        printf("` asks: ");
        term_print(quell_get_str(quell_get(step, "asked"), "message"));
        printf(form ? "\n  quell answer " : "\n  quell approve | deny ");
        printf("%.*s:", QUELL_ARG(quell_get_str(run, "run")));
        term_print(quell_get_str(step, "path"));
        printf(form ? " --set FIELD=VALUE ...\n" : "\n");
    }
}

/* Who was told of the questions, and who could not be. */
static void print_told(struct quell_value run)
{
    struct quell_value told = quell_get(run, "notified");
    size_t i, k;

    for (i = 0; i < quell_count(told); i++) {
        struct quell_value notice = quell_at(told, i), tellings = quell_get(notice, "tellings");

        printf("\nTold of `");
        term_print(quell_get_str(notice, "step"));
        printf("`:\n");
        for (k = 0; k < quell_count(tellings); k++) {
            struct quell_value one = quell_at(tellings, k);
            printf("  ");
            term_print(quell_get_str(one, "via"));
            printf(" ");
            term_print(quell_get_str(one, "to"));
            printf("  ");
            term_print(quell_get_str(one, "state"));
            if (!quell_is_null(quell_get(one, "error"))) {
                printf(": ");
                term_print(quell_get_str(one, "error"));
            }
            putchar('\n');
        }
    }
}

static void print_held(const struct term *term, struct quell_value run)
{
    struct quell_value steps = quell_get(run, "steps");
    size_t i;

    for (i = 0; i < quell_count(steps); i++) {
        struct quell_value step = quell_at(steps, i);
        if (!quell_text_is(quell_get(step, "waits_for"), "person"))
            continue;
        printf("\nA person must say whether `");
        term_print(quell_get_str(step, "path"));
        printf("` happened:\n  quell resolve %.*s ", QUELL_ARG(quell_get_str(run, "run")));
        term_print(quell_get_str(step, "path"));
        printf(" --happened | --did-not\n");
    }
    (void)term;
}

static void print_events(struct quell_value events)
{
    size_t i, k;

    printf("\nevents\n");
    for (i = 0; i < quell_count(events); i++) {
        struct quell_value event = quell_at(events, i);
        struct arena *arena = arena_new(0);

        printf("  %4lld ", (long long)quell_get_int(event, "seq", 0));
        print_time(quell_get(event, "at"));
        printf("  ");
        term_pad(quell_get_str(event, "kind"), 18);
        term_print(quell_get_str(event, "path"));
        for (k = 0; k < quell_count(event); k++) {
            struct quell_str key = quell_str(event.as.pairs[k].key);
            if (str_is(key, "seq") || str_is(key, "at") || str_is(key, "kind") ||
                str_is(key, "path") || str_is(key, "incident") ||
                quell_is_null(event.as.pairs[k].value))
                continue;
            printf(" %.*s=", QUELL_ARG(key));
            term_print(json_text(arena, event.as.pairs[k].value, JSON_COMPACT));
        }
        putchar('\n');
        arena_free(arena);
    }
}

static void print_outputs(const struct term *term, struct quell_value outputs)
{
    size_t i;

    if (quell_count(outputs) > 0)
        printf("\noutputs\n");
    for (i = 0; i < quell_count(outputs); i++) {
        printf("  ");
        term_pad(quell_str(outputs.as.pairs[i].key), 22);
        printf(" ");
        term_value(term, outputs.as.pairs[i].value, VALUE_WIDTH);
        putchar('\n');
    }
}

void print_run(const struct term *term, struct quell_value run, bool events)
{
    struct quell_value steps = quell_get(run, "steps");
    size_t i;

    print_head(term, run);
    for (i = 0; i < quell_count(steps); i++)
        print_step(term, quell_at(steps, i));
    print_outputs(term, quell_get(run, "outputs"));
    if (quell_get_str(run, "fault").len) {
        printf("%sThe run cannot be taken up:%s ", term_on(term, TONE_BAD), term_off(term));
        term_print(quell_get_str(run, "fault"));
        putchar('\n');
    }
    print_held(term, run);
    print_questions(run);
    print_told(run);
    if (events)
        print_events(quell_get(run, "events"));
}

/* ---- live --------------------------------------------------------------------------------------
 */

struct line_row {
    const char *kind, *words;
    const char *key; /* a key of the event that is worth a look */
};

static const struct line_row line_rows[] = {
    {"call_scheduled", "calls", "action"},
    {"call_sleeping", "waits until", "until"},
    {"retry_waiting", "will try again at", "until"},
    {"step_skipped", "skipped", "reason"},
    {"wait_started", "waits until", "until"},
    {"event_came", "saw what it waits for", NULL},
    {"approval_asked", "asks for approval:", "message"},
    {"approval_waived", "needs no approval:", "because"},
    {"approval_given", "agreed:", "by"},
    {"approval_denied", "did not agree:", "by"},
    {"approval_escalated", "nobody answered, asks", "to"},
    {"approval_expired", "nobody answered", NULL},
    {"form_asked", "asks:", "message"},
    {"form_answered", "answered by", "by"},
    {"form_expired", "nobody answered", NULL},
    {"child_called", "calls the playbook", "playbook"},
    {"child_started", "which is run", "run"},
    {"child_cancelling", "ends the run that it called:", "reason"},
    {"child_ended", "the run that it called", "status"},
    {"undo_asked", "is undone, asked by", "by"},
    {"child_undoing", "undoes the run that it called:", "run"},
    {"child_undone", "the run that it called is", "status"},
    {"run_cancelling", "run is ended, by", "by"},
    {"run_finishing", "run ends, finally begins:", "status"},
    {"run_held", "held", "reason"},
    {"outcome_resolved", "resolved", "by"},
    {"run_failing", "run fails", NULL},
    {"run_stopping", "run stops", "reason"},
};

static void print_status_line(const struct term *term, struct quell_value event)
{
    struct quell_str status = quell_get_str(event, "status");
    const struct status_row *row = row_of(status);
    struct quell_value error = quell_get(event, "error");

    printf("  %s%s%s ", term_on(term, row->tone), term_glyph(term, row->utf8, row->ascii),
           term_off(term));
    term_pad(quell_get_str(event, "path"), 22);
    printf(" %s%.*s%s", term_on(term, row->tone), QUELL_ARG(status), term_off(term));
    if (!quell_is_null(error)) {
        printf("  ");
        term_value(term, quell_get(error, "message"), 0);
    }
    putchar('\n');
}

bool print_event(const struct term *term, struct quell_value event)
{
    struct quell_str kind = quell_get_str(event, "kind");
    size_t i;

    if (str_is(kind, "step_ended")) {
        print_status_line(term, event);
        return true;
    }
    for (i = 0; i < sizeof(line_rows) / sizeof(*line_rows); i++) {
        const struct line_row *row = &line_rows[i];
        if (!str_is(kind, row->kind))
            continue;
        printf("  %s ", term_glyph(term, "○", "o"));
        term_pad(quell_get_str(event, "path"), 22);
        printf(" %s", row->words);
        if (row->key && !quell_is_null(quell_get(event, row->key))) {
            printf(" ");
            if (quell_is(quell_get(event, row->key), QUELL_TIME))
                print_time(quell_get(event, row->key));
            else
                term_value(term, quell_get(event, row->key), VALUE_WIDTH);
        }
        putchar('\n');
        return true;
    }
    return false;
}
