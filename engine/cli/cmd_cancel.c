/*
 * cmd_cancel.c - `quell cancel RUN`: ends a run before its end.
 */
#include <stdio.h>

#include "base/arena.h"
#include "cli/control.h"
#include "value/json.h"
#include "value/value.h"

static const char *reason_of(const struct args *args)
{
    const char *reason = args_text(args, "reason");

    return reason ? reason : "";
}

static enum quell_code say(struct quell *engine, const void *user, quell_done_fn *done,
                           void *done_user, struct quell_error *err)
{
    const struct args *args = user;

    return quell_cancel(engine, quell_str_of(args->words[0]), quell_str_of(control_who()),
                        quell_str_of(reason_of(args)), done, done_user, err);
}

static int run(const struct args *args)
{
    struct arena *arena;
    struct map_builder map;
    struct control_word word = {.say = say, .user = args};
    struct quell_error err = {0};
    enum output output = args_output(args);
    struct quell_str text;
    enum quell_code code;

    if (output == OUTPUT_BAD)
        return EXIT_TOOL;
    arena = arena_new(0);
    map = (struct map_builder){.arena = arena};
    control_add_by(args, &map);
    map_add(&map, "reason", quell_text(reason_of(args)));
    word.body = map_made(&map);
    word.route = arena_format(arena, "runs/%s/cancel", args->words[0]);
    code = control_say(args, &word, &err);
    if (code == QUELL_OK && output != OUTPUT_TEXT) {
        text = json_text(arena,
                         value_with(arena, word.body, QUELL_STR("run"), quell_text(args->words[0])),
                         output == OUTPUT_JSON ? JSON_PRETTY : JSON_COMPACT);
        printf("%.*s\n", QUELL_ARG(text));
    }
    arena_free(arena);
    if (code)
        return fail(&err);
    if (output == OUTPUT_TEXT)
        fprintf(stderr, "run %s is cancelled: no further step begins\n", args->words[0]);
    return EXIT_DONE;
}

static const struct option_row options[] = {
    {"reason", 0, OPTION_TEXT, "TEXT", "Why, for whoever looks at the run."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_cancel = {
    .name = "cancel",
    .words = "RUN",
    .doc = "Ends a run before its end.",
    .more =
        "No further step begins; a change that is on its way comes to its end, and an outcome "
        "that\n"
        "nobody knows still waits for `quell resolve`. Then the steps under `finally` run. Runs "
        "that\n"
        "it has called are cancelled, too.\n\n"
        "exit codes: 0 cancelled, 2 no such run or it has ended, 5 the store is held by a process\n"
        "that does not answer\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .remote = true,
    .run = run,
};
