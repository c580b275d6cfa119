/*
 * cmd_run.c - `quell run PLAYBOOK`: starts a run by hand and stays until it ends or must wait for a
 * person. The engine lives in this process and holds the store's lock meanwhile.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"
#include "cli/command.h"
#include "cli/control.h"
#include "cli/follow.h"
#include "cli/plan_options.h"
#include "cli/watch.h"
#include "value/json.h"
#include "value/value.h"

static enum quell_code start(struct quell *engine, char run_id[37], void *user,
                             struct quell_error *err)
{
    const struct quell_run_options *options = user;

    return quell_run(engine, options, run_id, err);
}

/* ---- beside a serving engine -------------------------------------------------------------------
 */

static enum quell_code add_json(struct map_builder *map, const char *key, struct quell_str text,
                                struct quell_error *err)
{
    struct quell_value value;
    enum quell_code code = text.len ? json_read(map->arena, text, 0, &value, NULL, err) : QUELL_OK;

    if (code == QUELL_OK && text.len)
        map_add(map, key, value);
    return code;
}

static int run_served(const struct args *args, struct arena *arena,
                      const struct quell_run_options *options, int64_t timeout_us)
{
    struct map_builder map = {.arena = arena};
    struct quell_value answer = quell_null();
    struct control_word word = {
        .route = QUELL_STR("runs"), .arena = arena, .answer = &answer, .user = args};
    struct quell_error err = {0};
    enum quell_code code;

    map_add(&map, "playbook", quell_text(options->playbook));
    map_add(&map, "source", quell_string(options->source));
    map_add(&map, "by", quell_string(options->by));
    code = add_json(&map, "incident", options->incident, &err);
    if (code == QUELL_OK)
        code = add_json(&map, "inputs", options->inputs, &err);
    word.body = map_made(&map);
    if (code == QUELL_OK)
        code = control_ask(args, &word, &err);
    if (code)
        return fail(&err);
    return follow_run(args, arena_str(arena, quell_get_str(answer, "run")).data, timeout_us);
}

static int run_live(const struct args *args, int64_t timeout_us)
{
    struct quell_run_options options = {.playbook = args->words[0],
                                        .source = quell_str_of(args_text(args, "source")),
                                        .by = quell_str_of(control_who())};
    struct arena *arena = arena_new(0);
    struct quell_error err = {0};
    struct quell *engine = NULL;
    enum quell_code code;
    int status;

    code = args_file(args, "incident", arena, &options.incident, &err);
    if (code == QUELL_OK)
        code = args_inputs(args, arena, &options.inputs, &err);
    if (code == QUELL_OK)
        code = open_engine(args, QUELL_FOR_RUNNING, &engine, &err);
    if (code == QUELL_CONFLICT) /* another process has the store: it is asked to run it */
        status = run_served(args, arena, &options, timeout_us);
    else
        status = code ? fail(&err)
                      : watch_run(args, engine, options.playbook, timeout_us, start, &options);
    end_engine(engine);
    arena_free(arena);
    return status;
}

static int run(const struct args *args)
{
    const char *timeout = args_text(args, "timeout");
    struct when when = {0};

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (args_flag(args, "dry-run"))
        return plan_command(args);
    if (args_flag(args, "offline"))
        return fail_usage(args, "--offline is for plans: add --dry-run");
    if (timeout && !when_parse_duration(quell_str_of(timeout), &when))
        return fail_usage(args, "--timeout is a duration such as 30s or 5m, not `%s`", timeout);
    return run_live(args, when_to_us(when));
}

static const struct option_row options[] = {
    {"dry-run", 'n', OPTION_FLAG, NULL, "Only plan: the same as `quell plan`."},
    {"timeout", 't', OPTION_TEXT, "TIME", "Leave after this time (exit 3); the run is not ended."},
    INCIDENT_OPTIONS,
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_run = {
    .name = "run",
    .words = "PLAYBOOK [-i INCIDENT]",
    .doc = "Runs a playbook by hand, or with --dry-run plans it.",
    .more =
        "PLAYBOOK is a file, or the id of a configured playbook. The store is locked meanwhile;\n"
        "beside a serving quell the run is started there, by the id of a playbook that it serves.\n"
        "Ctrl-C leaves the run as it is; the next `run` or `serve` on the store takes it up.\n\n"
        "exit codes: 0 succeeded, 1 failed, 2 bad use or input, 3 it waits for a person or\n"
        "--timeout passed, 5 the store is held by another process, 130 interrupted\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .run = run,
};
