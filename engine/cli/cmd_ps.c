/*
 * cmd_ps.c - `quell ps`: the runs of the store, newest first. Reads beside a serving engine.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/when.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/remote.h"

enum { ID_SHORT = 18, STATE_WIDTH = 10, PLAYBOOK_MAX = 32, STARTED_WIDTH = 20, STARTED_SHORT = 16 };

/* As RFC 3339, or up to its minutes. */
static void print_started(struct quell_value time, size_t width)
{
    struct arena *arena = arena_new(0);
    struct when when = {time.as.integer, 0};
    struct quell_str text =
        quell_is(time, QUELL_TIME) ? when_format_time(arena, when) : QUELL_STR("-");

    term_pad(str_slice(text, 0, width), width);
    arena_free(arena);
}

/* Of the playbooks' column: its longest entry, within reason. */
static size_t playbook_width(struct quell_value list)
{
    size_t i, width = sizeof("PLAYBOOK") - 1;

    for (i = 0; i < quell_count(list); i++) {
        size_t shown = utf8_width(quell_get_str(quell_at(list, i), "playbook"));
        if (shown > width)
            width = shown < PLAYBOOK_MAX ? shown : PLAYBOOK_MAX;
    }
    return width;
}

/* What it waits for and until when: `event w` and the minutes of its time; `-` when it does not
 * wait. A terminal is told only what for. */
static struct quell_str waits_text(struct arena *arena, struct quell_value run, bool brief)
{
    struct quell_value waits = quell_get(run, "waits"), due = quell_get(run, "due_at");
    struct quell_value first = quell_at(waits, 0);
    struct quell_str what = quell_get_str(first, "what"), step = quell_get_str(first, "step"), text;

    if (quell_count(waits) == 0)
        return QUELL_STR("-");
    if (brief)
        return quell_count(waits) == 1
                   ? what
                   : arena_format(arena, "%.*s +%zu", QUELL_ARG(what), quell_count(waits) - 1);
    text = arena_format(arena, "%.*s%s%.*s", QUELL_ARG(what), step.len ? " " : "", QUELL_ARG(step));
    if (quell_count(waits) > 1)
        text = arena_format(arena, "%.*s +%zu", QUELL_ARG(text), quell_count(waits) - 1);
    if (quell_is(due, QUELL_TIME)) {
        struct when when = {due.as.integer, 0};
        text = arena_format(arena, "%.*s until %.*s", QUELL_ARG(text),
                            QUELL_ARG(when_format_time(arena, when)));
    }
    return text;
}

/* Of the column of waits: 0 when no run waits. */
static size_t waits_width(struct arena *arena, struct quell_value list, bool brief)
{
    size_t i, width = 0;

    for (i = 0; i < quell_count(list); i++) {
        size_t shown = utf8_width(waits_text(arena, quell_at(list, i), brief));
        if (quell_count(quell_get(quell_at(list, i), "waits")) && shown > width)
            width = shown;
    }
    return width && width < sizeof("WAITS FOR") - 1 ? sizeof("WAITS FOR") - 1 : width;
}

/* The column of those that called a run: 0 when no run was called. */
static size_t parent_width(struct quell_value list, size_t id)
{
    size_t i;

    for (i = 0; i < quell_count(list); i++)
        if (quell_get_str(quell_at(list, i), "parent").len)
            return id;
    return 0;
}

static void print_parent(struct quell_value run, size_t width)
{
    struct quell_str parent = quell_get_str(run, "parent");

    if (width == 0)
        return;
    printf("  ");
    term_pad(parent.len ? str_slice(parent, 0, width) : QUELL_STR("-"), width);
}

/* A terminal gets the beginning of the id, which is enough for `show`, and one line a run; a pipe
 * gets everything. */
static void print_runs(const struct term *term, struct quell_value list)
{
    int id = term->terminal ? ID_SHORT : 36;
    size_t started = term->terminal ? STARTED_SHORT : STARTED_WIDTH;
    size_t i, playbook = playbook_width(list);
    struct arena *arena = arena_new(0);
    size_t waits = waits_width(arena, list, term->terminal);
    size_t parent = parent_width(list, (size_t)id);
    size_t before = (size_t)id + 2 + STATE_WIDTH + 2 + playbook + 2 + started + 2 +
                    (parent ? parent + 2 : 0) + (waits ? waits + 2 : 0);
    size_t rest = term->width > before + 10 ? term->width - before : 10;

    if (quell_count(list) == 0)
        fprintf(stderr, "no runs\n");
    else
        printf("%-*s  %-*s  %-*s  %-*s  %-*s%s%-*s%sINCIDENT\n", id, "RUN", STATE_WIDTH, "STATE",
               (int)playbook, "PLAYBOOK", (int)started, "STARTED", (int)parent,
               parent ? "CALLED BY" : "", parent ? "  " : "", (int)waits, waits ? "WAITS FOR" : "",
               waits ? "  " : "");
    for (i = 0; i < quell_count(list); i++) {
        struct quell_value run = quell_at(list, i);
        struct quell_str state = quell_get_str(run, "state");

        printf("%.*s  %s", id, quell_get_str(run, "run").data, term_on(term, status_tone(state)));
        term_pad(state, STATE_WIDTH);
        printf("%s  ", term_off(term));
        term_pad(quell_get_str(run, "playbook"), playbook);
        printf("  ");
        print_started(quell_get(run, "started_at"), started);
        print_parent(run, parent);
        if (waits) {
            printf("  ");
            term_pad(waits_text(arena, run, term->terminal), waits);
        }
        if (quell_get_str(run, "title").len) {
            printf("  ");
            term_value(term, quell_get(run, "title"), term->terminal ? rest : 0);
        }
        putchar('\n');
    }
    arena_free(arena);
}

/* Events that matched and started nothing, and why. */
static void print_refusals(const struct term *term, struct quell_value list)
{
    size_t i, playbook = playbook_width(list);

    if (quell_count(list) == 0)
        fprintf(stderr, "no event that matched was refused\n");
    else
        printf("%-*s  %-*s  %-*s  WHY\n", STARTED_WIDTH, "AT", STATE_WIDTH, "REASON", (int)playbook,
               "PLAYBOOK");
    for (i = 0; i < quell_count(list); i++) {
        struct quell_value refusal = quell_at(list, i);

        print_started(quell_get(refusal, "at"), STARTED_WIDTH);
        printf("  ");
        term_pad(quell_get_str(refusal, "reason"), STATE_WIDTH);
        printf("  ");
        term_pad(quell_get_str(refusal, "playbook"), playbook);
        printf("  ");
        term_value(term, quell_get(refusal, "detail"), 0);
        if (quell_get_str(refusal, "run").len)
            printf(" (run %.*s)", QUELL_ARG(quell_get_str(refusal, "run")));
        putchar('\n');
    }
}

static int refused(const struct args *args, struct quell *engine, size_t limit,
                   struct quell_error *err)
{
    struct term term = term_of_output();
    struct quell_refusals_options options = {.reason = quell_str_of(args_text(args, "state")),
                                             .playbook = quell_str_of(args_text(args, "playbook")),
                                             .limit = limit};
    struct quell_document document = {0};

    if (quell_refusals(engine, &options, &document, err))
        return fail(err);
    if (args_output(args) == OUTPUT_TEXT)
        print_refusals(&term, document.value);
    else
        print_json(&document, args_output(args));
    quell_document_free(&document);
    return EXIT_DONE;
}

static int elsewhere(const struct args *args, const struct term *term,
                     struct quell_runs_options options)
{
    struct arena *arena = arena_new(0);
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct buf route = {.size_max = 4096};
    enum quell_code code = QUELL_OK;

    buf_add_format(&route, "runs?limit=%zu&state=", options.limit ? options.limit : 100);
    escape_percent(&route, options.state);
    buf_add_text(&route, "&playbook=");
    escape_percent(&route, options.playbook);
    if (args_flag(args, "refused"))
        code = error_set(&err, QUELL_INVALID, "--refused is for a store, not for --server");
    if (!code)
        code = remote_read(args, arena_str(arena, buf_str(&route)), &document, &err);
    if (!code && args_output(args) == OUTPUT_TEXT)
        print_runs(term, document.value);
    else if (!code)
        print_json(&document, args_output(args));
    quell_document_free(&document);
    buf_free(&route);
    arena_free(arena);
    return code ? fail(&err) : EXIT_DONE;
}

static int run(const struct args *args)
{
    struct term term = term_of_output();
    struct quell_runs_options options = {.state = quell_str_of(args_text(args, "state")),
                                         .playbook = quell_str_of(args_text(args, "playbook"))};
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine;
    const char *limit = args_text(args, "limit");
    int64_t number = 0;
    enum quell_code code;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (limit && (!str_to_int(quell_str_of(limit), &number) || number < 1))
        return fail_usage(args, "--limit is a number from 1 on, not `%s`", limit);
    options.limit = (size_t)number;
    if (remote_wanted(args))
        return elsewhere(args, &term, options);
    if (open_engine(args, QUELL_FOR_READING, &engine, &err))
        return fail(&err);
    if (args_flag(args, "refused")) {
        int exit = refused(args, engine, options.limit, &err);
        quell_close(engine);
        return exit;
    }
    code = quell_runs(engine, &options, &document, &err);
    if (code == QUELL_OK && args_output(args) == OUTPUT_TEXT)
        print_runs(&term, document.value);
    else if (code == QUELL_OK)
        print_json(&document, args_output(args));
    quell_document_free(&document);
    quell_close(engine);
    return code ? fail(&err) : EXIT_DONE;
}

static const struct option_row options[] = {
    {"state", 's', OPTION_TEXT, "STATE", "Only running, waiting, held, succeeded or failed ones."},
    {"playbook", 0, OPTION_TEXT, "ID", "Only runs of this playbook."},
    {"refused", 0, OPTION_FLAG, NULL,
     "Events that came to nothing, and why; --state is then a reason such as deduped."},
    {"limit", 'n', OPTION_TEXT, "N", "At most so many (default 100)."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_ps = {
    .name = "ps",
    .words = "",
    .doc = "Lists runs, newest first.",
    .more = "exit codes: 0 listed (even when there are none), 2 no such store\n",
    .options = options,
    .remote = true,
    .run = run,
};
