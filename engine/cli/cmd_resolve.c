/*
 * cmd_resolve.c - `quell resolve RUN STEP --happened|--did-not`: a person's word on a call whose
 * outcome is unknown.
 */
#include <stdio.h>

#include "base/arena.h"
#include "cli/control.h"
#include "value/json.h"
#include "value/value.h"

static enum quell_code say(struct quell *engine, const void *user, quell_done_fn *done,
                           void *done_user, struct quell_error *err)
{
    const struct args *args = user;

    return quell_resolve(engine, quell_str_of(args->words[0]), quell_str_of(args->words[1]),
                         args_flag(args, "happened"), quell_str_of(control_who()), done, done_user,
                         err);
}

static enum quell_code resolve(const struct args *args, bool happened, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct map_builder map = {.arena = arena};
    struct control_word word = {.say = say, .user = args};
    enum quell_code code;

    map_add(&map, "step", quell_text(args->words[1]));
    map_add(&map, "happened", quell_bool(happened));
    control_add_by(args, &map);
    word.body = map_made(&map);
    word.route = arena_format(arena, "runs/%s/resolve", args->words[0]);
    code = control_say(args, &word, err);
    arena_free(arena);
    return code;
}

/* {run, step, happened, by}: the person's word as it was journaled. */
static void print_resolved(const struct args *args, bool happened)
{
    struct arena *arena = arena_new(0);
    struct map_builder map = {.arena = arena};
    struct quell_str text;

    map_add(&map, "run", quell_text(args->words[0]));
    map_add(&map, "step", quell_text(args->words[1]));
    map_add(&map, "happened", quell_bool(happened));
    map_add(&map, "by", quell_text(control_who()));
    text = json_text(arena, map_made(&map),
                     args_output(args) == OUTPUT_JSON ? JSON_PRETTY : JSON_COMPACT);
    printf("%.*s\n", QUELL_ARG(text));
    arena_free(arena);
}

static int run(const struct args *args)
{
    bool happened = args_flag(args, "happened"), did_not = args_flag(args, "did-not");
    struct quell_error err = {0};

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (happened == did_not)
        return fail_usage(args, "say one of --happened and --did-not");
    if (resolve(args, happened, &err))
        return fail(&err);
    if (args_output(args) != OUTPUT_TEXT) {
        print_resolved(args, happened);
        return EXIT_DONE;
    }
    fprintf(stderr, "step %s of run %s: %s; the run goes on\n", args->words[1], args->words[0],
            happened ? "it happened" : "it did not happen, it will be called again");
    return EXIT_DONE;
}

static const struct option_row options[] = {
    {"happened", 0, OPTION_FLAG, NULL, "The call took effect: the step succeeded."},
    {"did-not", 0, OPTION_FLAG, NULL,
     "It did not: within its time the step calls again, and looks first where it can."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_resolve = {
    .name = "resolve",
    .words = "RUN STEP --happened|--did-not",
    .doc = "Says whether a call whose outcome is unknown did happen.",
    .more =
        "`quell show RUN` names the steps that wait for a person. Beside a serving quell it is "
        "asked\n"
        "over its control socket.\n\n"
        "exit codes: 0 resolved, 2 no such run or it does not wait for this step, 5 the store is\n"
        "held by a process that does not answer\n",
    .words_min = 2,
    .words_max = 2,
    .options = options,
    .remote = true,
    .run = run,
};
