/*
 * cmd_held.c - `quell held`: the runs that wait for a person's word, what holds each, and the
 * command that lets it go on. Reads beside a serving engine.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/remote.h"

static void print_held(const struct term *term, struct arena *arena, struct quell_value held)
{
    struct quell_value since = quell_get(held, "since");
    struct quell_str step = quell_get_str(held, "step"), right = quell_get_str(held, "right");

    printf("%s%.*s%s", term_on(term, TONE_STRONG), QUELL_ARG(quell_get_str(held, "run")),
           term_off(term));
    if (step.len) {
        printf("  ");
        term_print(step);
    }
    printf("  ");
    term_value(term, quell_get(held, "playbook"), 0);
    if (quell_is(since, QUELL_TIME)) {
        struct when when = {since.as.integer, 0};
        printf("  since %.*s", QUELL_ARG(when_format_time(arena, when)));
    }
    printf("\n  %s%-8s%s ", term_on(term, TONE_WARN),
           quell_text_is(quell_get(held, "what"), "outcome") ? "outcome" : "held", term_off(term));
    term_value(term, quell_get(held, "reason"), 0);
    printf(": ");
    term_value(term, quell_get(held, "message"), 0);
    if (quell_get_str(held, "title").len) {
        printf("\n  %s%-8s%s ", term_on(term, TONE_DIM), "about", term_off(term));
        term_value(term, quell_get(held, "title"), 0);
    }
    if (right.len)
        printf("\n  %s%-8s%s whoever has the right %.*s: `quell token --help` tells the roles",
               term_on(term, TONE_DIM), "who", term_off(term), QUELL_ARG(right));
    printf("\n  %s%-8s%s %.*s\n", term_on(term, TONE_DIM), "command", term_off(term),
           QUELL_ARG(quell_get_str(held, "command")));
}

static int run(const struct args *args)
{
    struct term term = term_of_output();
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine = NULL;
    struct arena *arena;
    enum quell_code code;
    size_t i;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    code = remote_wanted(args) ? remote_read(args, QUELL_STR("held"), &document, &err)
                               : open_engine(args, QUELL_FOR_READING, &engine, &err);
    if (code == QUELL_OK && engine)
        code = quell_held(engine, &document, &err);
    arena = arena_new(0);
    if (code == QUELL_OK && args_output(args) != OUTPUT_TEXT) {
        print_json(&document, args_output(args));
    } else if (code == QUELL_OK) {
        if (quell_count(document.value) == 0)
            fprintf(stderr, "no run is held\n");
        for (i = 0; i < quell_count(document.value); i++) {
            if (i)
                putchar('\n');
            print_held(&term, arena, quell_at(document.value, i));
        }
    }
    arena_free(arena);
    quell_document_free(&document);
    quell_close(engine);
    return code ? fail(&err) : EXIT_DONE;
}

static const struct option_row options[] = {
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_held = {
    .name = "held",
    .words = "",
    .doc = "Lists what waits for a person's word: runs over a limit, and unknown outcomes.",
    .more = "Approvals and forms are listed by `quell approvals`.\n\n"
            "exit codes: 0 listed (even when no run is held), 2 no such store\n",
    .options = options,
    .remote = true,
    .run = run,
};
