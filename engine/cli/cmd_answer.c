/*
 * cmd_answer.c - `quell answer RUN[:STEP] --set FIELD=VALUE ...`: fills in the form of an `ask`.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "cli/control.h"
#include "value/json.h"
#include "value/value.h"

static enum quell_code say(struct quell *engine, const void *user, quell_done_fn *done,
                           void *done_user, struct quell_error *err)
{
    return quell_decide(engine, user, done, done_user, err);
}

/* FIELD=VALUE, where a value that is JSON is what it says, and a text otherwise. */
static enum quell_code add_field(struct map_builder *map, const char *pair, struct quell_error *err)
{
    struct quell_str name, text;
    struct quell_value value;
    struct quell_error ignored;

    if (!str_cut(quell_str_of(pair), '=', &name, &text) || name.len == 0)
        return error_set(err, QUELL_INVALID, "--set takes FIELD=VALUE, not `%s`", pair);
    if (json_read(map->arena, text, 0, &value, NULL, &ignored))
        value = quell_string(text);
    map_put(map, name, value);
    return QUELL_OK;
}

static enum quell_code tell(const struct args *args, struct arena *arena,
                            struct quell_decision *decision, const char *run,
                            struct quell_error *err)
{
    struct map_builder map = {.arena = arena}, answers = {.arena = arena};
    struct control_word word = {.say = say, .user = decision};
    const char *pairs[ARGS_MAX + 1];
    size_t i, count = args_many(args, "set", pairs);
    enum quell_code code = QUELL_OK;

    for (i = 0; i < count && code == QUELL_OK; i++)
        code = add_field(&answers, pairs[i], err);
    if (code)
        return code;
    decision->answers = json_text(arena, map_made(&answers), JSON_COMPACT);
    map_add(&map, "step", quell_string(decision->step));
    map_add(&map, "by", quell_string(decision->by));
    map_add(&map, "answers", map_made(&answers));
    word.body = map_made(&map);
    word.route = arena_format(arena, "runs/%s/answer", run);
    return control_say(args, &word, err);
}

static int run(const struct args *args)
{
    struct arena *arena = arena_new(0);
    const char *run;
    struct quell_decision decision = {.agrees = false};
    struct quell_error err = {0};
    int status = EXIT_DONE;

    if (args_output(args) == OUTPUT_BAD) {
        arena_free(arena);
        return EXIT_TOOL;
    }
    (void)str_cut(quell_str_of(args->words[0]), ':', &decision.run, &decision.step);
    run = arena_str(arena, decision.run).data;
    if (control_speaker(args, arena, &decision.by, &err) || tell(args, arena, &decision, run, &err))
        status = fail(&err);
    else if (args_output(args) != OUTPUT_TEXT)
        printf("%.*s\n", QUELL_ARG(decision.answers));
    else
        fprintf(stderr, "run %s: %.*s answered\n", run, QUELL_ARG(decision.by));
    arena_free(arena);
    return status;
}

static const struct option_row options[] = {
    {"set", 's', OPTION_MANY, "FIELD=VALUE", "One field of the form."},
    {"as", 0, OPTION_TEXT, "NAME", "Who answers; without it, your user name."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_answer = {
    .name = "answer",
    .words = "RUN[:STEP] --set FIELD=VALUE ...",
    .doc = "Fills in the form of a step that asks.",
    .more = "`quell approvals` shows the forms. Fields that are left out have their defaults.\n"
            "A value that is JSON is what it says (true, 7, a list), any other is a text.\n\n"
            "exit codes: 0 journaled, 2 no such run or answers that do not fit the form, 4 not by\n"
            "this person, 5 the store is held by a process that does not answer\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .remote = true,
    .run = run,
};
