/*
 * cmd_release.c - `quell release RUN [STEP]`: a person lets go on what a limit holds.
 */
#include <stdio.h>

#include "base/arena.h"
#include "cli/control.h"
#include "value/json.h"
#include "value/value.h"

static const char *step_of(const struct args *args)
{
    return args->word_count > 1 ? args->words[1] : "";
}

static const char *reason_of(const struct args *args)
{
    const char *reason = args_text(args, "reason");

    return reason ? reason : "";
}

static enum quell_code say(struct quell *engine, const void *user, quell_done_fn *done,
                           void *done_user, struct quell_error *err)
{
    const struct args *args = user;

    return quell_release(engine, quell_str_of(args->words[0]), quell_str_of(step_of(args)),
                         !args_flag(args, "refuse"), quell_str_of(control_who()),
                         quell_str_of(reason_of(args)), done, done_user, err);
}

static int run(const struct args *args)
{
    struct arena *arena;
    struct map_builder map;
    struct control_word word = {.say = say, .user = args};
    struct quell_error err = {0};
    enum output output = args_output(args);
    bool allowed = !args_flag(args, "refuse");
    enum quell_code code;

    if (output == OUTPUT_BAD)
        return EXIT_TOOL;
    arena = arena_new(0);
    map = (struct map_builder){.arena = arena};
    map_add(&map, "step", quell_text(step_of(args)));
    map_add(&map, "allowed", quell_bool(allowed));
    control_add_by(args, &map);
    map_add(&map, "reason", quell_text(reason_of(args)));
    word.body = map_made(&map);
    word.route = arena_format(arena, "runs/%s/release", args->words[0]);
    code = control_say(args, &word, &err);
    if (code == QUELL_OK && output != OUTPUT_TEXT) {
        struct quell_str text = json_text(
            arena, value_with(arena, word.body, QUELL_STR("run"), quell_text(args->words[0])),
            output == OUTPUT_JSON ? JSON_PRETTY : JSON_COMPACT);
        printf("%.*s\n", QUELL_ARG(text));
    } else if (code == QUELL_OK) {
        fprintf(stderr, "run %s: %s\n", args->words[0],
                allowed ? "released, it goes on" : "refused, what was held fails");
    }
    arena_free(arena);
    return code ? fail(&err) : EXIT_DONE;
}

static const struct option_row options[] = {
    {"refuse", 0, OPTION_FLAG, NULL, "Do not let it go on: the step fails."},
    {"reason", 0, OPTION_TEXT, "TEXT", "Why, for whoever looks at the run or the audit."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_release = {
    .name = "release",
    .words = "RUN [STEP]",
    .doc = "Lets go on what a limit holds, or refuses it.",
    .more =
        "`quell ps -s held` lists the runs that are held, `quell show RUN` tells by what limit.\n"
        "Without STEP the first step that is held is meant, or the run before its first step.\n"
        "Beside a serving quell it is asked over its control socket.\n\n"
        "exit codes: 0 done, 2 no such run or no limit holds it, 5 the store is held by a\n"
        "process that does not answer\n",
    .words_min = 1,
    .words_max = 2,
    .options = options,
    .remote = true,
    .run = run,
};
