/*
 * cmd_approve.c - `quell approve RUN[:STEP]` and `quell deny RUN[:STEP]`: a person's answer to an
 * approval. What is agreed to is named by its digest, which the engine compares once more with what
 * is going to be done.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"
#include "cli/control.h"
#include "cli/print.h"
#include "value/json.h"
#include "value/value.h"

static enum quell_code say(struct quell *engine, const void *user, quell_done_fn *done,
                           void *done_user, struct quell_error *err)
{
    return quell_decide(engine, user, done, done_user, err);
}

static struct quell_str option(const struct args *args, const char *name)
{
    const char *text = args_text(args, name);

    return text ? quell_str_of(text) : QUELL_STR("");
}

static enum quell_code tell(const struct args *args, struct arena *arena,
                            const struct quell_decision *decision, const char *run,
                            struct quell_error *err)
{
    struct map_builder map = {.arena = arena};
    struct control_word word = {.say = say, .user = decision};

    map_add(&map, "step", quell_string(decision->step));
    map_add(&map, "agrees", quell_bool(decision->agrees));
    map_add(&map, "by", quell_string(decision->by));
    map_add(&map, "digest", quell_string(decision->digest));
    map_add(&map, "round", quell_int(decision->round));
    map_add(&map, "reason", quell_string(decision->reason));
    word.body = map_made(&map);
    word.route = arena_format(arena, "runs/%s/decide", run);
    return control_say(args, &word, err);
}

/* {run, step, agrees, by, reason}: the person's word as it was journaled. */
static void print_decision(const struct args *args, struct arena *arena,
                           const struct quell_decision *decision)
{
    struct map_builder map = {.arena = arena};
    struct quell_str text;

    map_add(&map, "run", quell_string(decision->run));
    map_add(&map, "step", decision->step.len ? quell_string(decision->step) : quell_null());
    map_add(&map, "agrees", quell_bool(decision->agrees));
    map_add(&map, "by", quell_string(decision->by));
    map_add(&map, "reason", decision->reason.len ? quell_string(decision->reason) : quell_null());
    text = json_text(arena, map_made(&map),
                     args_output(args) == OUTPUT_JSON ? JSON_PRETTY : JSON_COMPACT);
    printf("%.*s\n", QUELL_ARG(text));
}

/* At a terminal, whoever agrees sees to what, and what they saw is what they agree to. False: they
 * do not, or *err says why it cannot be shown. */
static bool confirmed(const struct args *args, struct quell_document *document,
                      struct quell_decision *decision, struct quell_error *err)
{
    struct term term = term_of_output();
    char line[16];

    if (!decision->agrees || decision->digest.len || args_flag(args, "yes") ||
        args_output(args) != OUTPUT_TEXT || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return true;
    if (approval_read(args, document, err))
        return false;
    print_approval(&term, document->value);
    printf("Agree to this? [y/N] ");
    (void)fflush(stdout);
    if (!fgets(line, sizeof(line), stdin) || (line[0] != 'y' && line[0] != 'Y'))
        return false;
    decision->digest = quell_get_str(document->value, "digest");
    decision->round = quell_get_int(document->value, "round", 0);
    return true;
}

static int run(const struct args *args, bool agrees)
{
    struct quell_document document = {0};
    struct arena *arena = arena_new(0);
    struct quell_decision decision = {
        .agrees = agrees, .digest = option(args, "digest"), .reason = option(args, "reason")};
    struct quell_error err = {0};
    const char *run;
    int status = EXIT_DONE;

    (void)str_cut(quell_str_of(args->words[0]), ':', &decision.run, &decision.step);
    run = arena_str(arena, decision.run).data;
    if (!confirmed(args, &document, &decision, &err)) {
        status = err.code ? fail(&err) : EXIT_FINDING;
        if (!err.code)
            fprintf(stderr, "nothing was decided\n");
    } else if (control_speaker(args, arena, &decision.by, &err) ||
               tell(args, arena, &decision, run, &err)) {
        status = fail(&err);
    } else if (args_output(args) != OUTPUT_TEXT) {
        print_decision(args, arena, &decision);
    } else {
        fprintf(stderr, "run %s: %.*s %s\n", run, QUELL_ARG(decision.by),
                agrees ? "agreed" : "did not agree");
    }
    quell_document_free(&document);
    arena_free(arena);
    return status;
}

static int run_approve(const struct args *args)
{
    return args_output(args) == OUTPUT_BAD ? EXIT_TOOL : run(args, true);
}

static int run_deny(const struct args *args)
{
    return args_output(args) == OUTPUT_BAD ? EXIT_TOOL : run(args, false);
}

#define DECIDE_OPTIONS                                                                             \
    {"as", 0, OPTION_TEXT, "NAME", "Who decides; without it, your user name."},                    \
    {                                                                                              \
        "digest", 0, OPTION_TEXT, "HEX",                                                           \
            "What you looked at, as `quell approvals` shows it: refused when it has changed."      \
    }

static const struct option_row approve_options[] = {
    DECIDE_OPTIONS,
    {"yes", 'y', OPTION_FLAG, NULL, "At a terminal: does not show it and ask first."},
    {"reason", 0, OPTION_TEXT, "TEXT", "Why, for people."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

static const struct option_row deny_options[] = {
    DECIDE_OPTIONS,
    {"reason", 0, OPTION_TEXT, "TEXT", "Why not, for people."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

#define DECIDE_MORE                                                                                \
    "STEP is a path or an id, needed when several steps of the run ask. Beside a serving quell "   \
    "it\n"                                                                                         \
    "is asked over its control socket: whoever may open the socket or the store is believed to "   \
    "be\n"                                                                                         \
    "who they say. With --server the token says who decides.\n\n"                                  \
    "exit codes: 0 journaled, 2 no such run or nothing is asked there, 4 not by this person,\n"    \
    "5 the store is held by a process that does not answer\n"

const struct command command_approve = {
    .name = "approve",
    .words = "RUN[:STEP]",
    .doc = "Agrees to what a step is about to do.",
    .more = DECIDE_MORE,
    .words_min = 1,
    .words_max = 1,
    .options = approve_options,
    .remote = true,
    .run = run_approve,
};

const struct command command_deny = {
    .name = "deny",
    .words = "RUN[:STEP]",
    .doc = "Does not agree to what a step is about to do.",
    .more = DECIDE_MORE,
    .words_min = 1,
    .words_max = 1,
    .options = deny_options,
    .remote = true,
    .run = run_deny,
};
