/*
 * cmd_shadow.c - `quell shadow`: what playbooks in shadow would have done, and what people did.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"
#include "cli/command.h"
#include "cli/print.h"
#include "loop/loop.h"

enum { DAY_S = 86400, SINCE_DAYS = 30, AT = 21, ACTION = 30, TITLE = 44 };

static void print_deed(const struct term *term, struct quell_value deed, const char *sign)
{
    struct quell_value targets = quell_get(deed, "targets");
    struct quell_str by = quell_get_str(deed, "by");
    size_t i;

    printf("      %s ", sign);
    term_pad(quell_get_str(deed, "action"), ACTION);
    for (i = 0; i < quell_count(targets); i++) {
        printf("%s", i ? ", " : " ");
        term_print(quell_get_str(quell_at(targets, i), "kind"));
        putchar(' ');
        term_value(term, quell_get(quell_at(targets, i), "value"), 48);
    }
    if (by.len) {
        printf("  by ");
        term_print(by);
        printf(" (run %.*s)", QUELL_ARG(str_slice(quell_get_str(deed, "run"), 0, 13)));
    } else if (quell_get_bool(deed, "people_did", false)) {
        printf("  %speople did it%s", term_on(term, TONE_GOOD), term_off(term));
    }
    putchar('\n');
}

static void print_run_row(const struct term *term, struct quell_value row)
{
    struct quell_value would = quell_get(row, "would"), people = quell_get(row, "people");
    struct when when = {quell_get(row, "started_at").as.integer, 0};
    struct arena *arena = arena_new(0);
    size_t i;

    printf("  ");
    term_pad(when_format_time(arena, when), AT);
    printf(" %.*s  ", QUELL_ARG(str_slice(quell_get_str(row, "run"), 0, 13)));
    term_pad(quell_get_str(row, "title"), TITLE);
    printf("  %.*s\n", QUELL_ARG(quell_get_str(quell_get(row, "became"), "verdict")));
    for (i = 0; i < quell_count(would); i++)
        print_deed(term, quell_at(would, i), "~ would");
    if (quell_count(would) == 0)
        printf("      would change nothing\n");
    for (i = 0; i < quell_count(people); i++)
        print_deed(term, quell_at(people, i), "+ done ");
    arena_free(arena);
}

static void print_totals(const struct term *term, struct quell_value actions)
{
    static const char *const keys[] = {"true positive", "benign", "false positive", "open"};
    size_t i, k;

    for (i = 0; i < quell_count(actions); i++) {
        struct quell_value total = actions.as.pairs[i].value;
        printf("  ");
        term_pad(quell_str(actions.as.pairs[i].key), ACTION);
        printf(" %s%.*s%s  %" PRId64 " calls:", term_on(term, TONE_DIM),
               QUELL_ARG(quell_get_str(total, "effect")), term_off(term),
               quell_get_int(total, "calls", 0));
        for (k = 0; k < sizeof(keys) / sizeof(*keys); k++)
            printf(" %" PRId64 " %s%s", quell_get_int(total, keys[k], 0), keys[k],
                   k + 1 < sizeof(keys) / sizeof(*keys) ? "," : "");
        printf("; people did %" PRId64 " of them\n", quell_get_int(total, "people_did", 0));
    }
}

static void print_report(const struct term *term, struct quell_value report)
{
    struct quell_value runs = quell_get(report, "runs");
    size_t i;

    if (quell_count(runs) == 0) {
        printf("no shadow run since then: a playbook with `state: shadow` makes some\n");
        return;
    }
    for (i = 0; i < quell_count(runs); i++)
        print_run_row(term, quell_at(runs, i));
    printf("%swould have done%s (%zu runs%s)\n", term_on(term, TONE_STRONG), term_off(term),
           quell_count(runs), quell_get_bool(report, "cut", false) ? ", the newest" : "");
    print_totals(term, quell_get(report, "actions"));
}

static int run(const struct args *args)
{
    struct quell_shadow_options options = {.since_us = clock_now_us() -
                                                       (int64_t)SINCE_DAYS * DAY_S * 1000000};
    struct term term = term_of_output();
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine;
    enum quell_code code;

    if (args->word_count)
        options.playbook = quell_str_of(args->words[0]);
    if (args_output(args) == OUTPUT_BAD || !args_since(args, "since", &options.since_us))
        return EXIT_TOOL;
    if (open_engine(args, QUELL_FOR_READING, &engine, &err))
        return fail(&err);
    code = quell_shadow(engine, &options, &document, &err);
    if (code == QUELL_OK && args_output(args) == OUTPUT_TEXT)
        print_report(&term, document.value);
    else if (code == QUELL_OK)
        print_json(&document, args_output(args));
    quell_document_free(&document);
    quell_close(engine);
    return code ? fail(&err) : EXIT_DONE;
}

static const struct option_row options[] = {
    {"since", 0, OPTION_TEXT, "TIME", "Runs from then on: a time, or `30d` (the default)."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_shadow = {
    .name = "shadow",
    .words = "[PLAYBOOK]",
    .doc = "Tells what playbooks in shadow would have done, beside what people did.",
    .more = "What people did: changes that live runs made on the same incident, and what its\n"
            "sender says the incident turned out to be.\n"
            "exit codes: 0 told, 2 no such store\n",
    .words_min = 0,
    .words_max = 1,
    .options = options,
    .run = run,
};
