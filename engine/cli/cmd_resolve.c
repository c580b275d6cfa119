/*
 * cmd_resolve.c - `quell resolve RUN STEP --happened|--did-not`: a person's word on a call whose
 * outcome is unknown. A serving engine is asked over its control socket; without one the store is
 * opened here, and the run goes on when it is next served.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "cli/command.h"
#include "loop/curl.h"
#include "loop/file.h"
#include "loop/loop.h"
#include "serve/serve.h"
#include "value/json.h"
#include "value/value.h"

static const char *who(void)
{
    const char *user = file_environment("SUDO_USER");

    if (user == NULL)
        user = file_environment("USER");
    return user ? user : "command line";
}

struct waiting {
    struct arena *arena;
    bool done;
    enum quell_code code;
    struct quell_error err;
};

/* ---- through the serving engine ----------------------------------------------------------------
 */

static void on_answer(const struct curl_answer *answer, void *user)
{
    struct waiting *waiting = user;
    struct quell_value problem = quell_null();
    struct quell_error ignored;

    waiting->done = true;
    if (answer->code) {
        waiting->code = error_set(&waiting->err, answer->code, "the serving quell: %.*s",
                                  QUELL_ARG(answer->message));
        return;
    }
    if (answer->status < 300)
        return;
    if (json_read(waiting->arena, answer->body, 0, &problem, NULL, &ignored))
        problem = quell_null();
    waiting->code = error_set(&waiting->err,
                              answer->status == 404   ? QUELL_NOT_FOUND
                              : answer->status == 409 ? QUELL_REFUSED
                                                      : QUELL_UNAVAILABLE,
                              "%.*s", QUELL_ARG(quell_get_str(problem, "detail")));
}

static enum quell_code ask_server(const struct args *args, const char *socket, bool happened,
                                  struct arena *arena, struct quell_error *err)
{
    static const struct quell_header headers[] = {{"Content-Type", {"application/json", 16}}};
    struct loop *loop = loop_new();
    struct curl_pool *pool = curl_pool_new(loop);
    struct map_builder map = {.arena = arena};
    struct waiting waiting = {.arena = arena};
    struct curl_job job = {.method = "POST",
                           .headers = headers,
                           .header_count = 1,
                           .unix_socket = quell_str_of(socket),
                           .egress = CURL_EGRESS_LOOPBACK,
                           .timeout_ms = 30000};

    map_add(&map, "step", quell_text(args->words[1]));
    map_add(&map, "happened", quell_bool(happened));
    map_add(&map, "by", quell_text(who()));
    job.body = json_text(arena, map_made(&map), JSON_COMPACT);
    job.url = arena_format(arena, "http://127.0.0.1/api/v1/runs/%s/resolve", args->words[0]);
    (void)curl_start(pool, &job, on_answer, &waiting);
    while (!waiting.done)
        loop_once(loop, -1);
    curl_pool_free(pool);
    loop_free(loop);
    *err = waiting.err;
    return waiting.code;
}

/* ---- in this process ---------------------------------------------------------------------------
 */

static void on_durable(enum quell_code code, const struct quell_error *err, void *user)
{
    struct waiting *waiting = user;

    waiting->done = true;
    waiting->code = code;
    if (code)
        waiting->err = *err;
}

static enum quell_code resolve_here(const struct args *args, struct quell *engine, bool happened,
                                    struct quell_error *err)
{
    struct waiting waiting = {0};
    enum quell_code code =
        quell_resolve(engine, quell_str_of(args->words[0]), quell_str_of(args->words[1]), happened,
                      quell_str_of(who()), on_durable, &waiting, err);

    if (code == QUELL_CONFLICT) /* not the store's lock: the run does not wait for this */
        err->code = code = QUELL_REFUSED;
    if (code)
        return code;
    while (!waiting.done)
        loop_once(quell_loop(engine), -1);
    if (waiting.code)
        *err = waiting.err;
    return waiting.code;
}

static enum quell_code resolve(const struct args *args, bool happened, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct quell *engine = NULL;
    const char *socket;
    enum quell_code code;

    code = open_engine(args, QUELL_FOR_READING, &engine, err);
    if (code) {
        arena_free(arena);
        return code;
    }
    socket = serve_control_path(arena, quell_store_url(engine));
    quell_close(engine);
    engine = NULL;
    code = open_engine(args, QUELL_FOR_RUNNING, &engine, err);
    if (code == QUELL_OK)
        code = resolve_here(args, engine, happened, err);
    else if (code == QUELL_CONFLICT && socket && file_type(socket) == FILE_OTHER)
        code = ask_server(args, socket, happened, arena, err);
    end_engine(engine);
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
    map_add(&map, "by", quell_text(who()));
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
    {"did-not", 0, OPTION_FLAG, NULL, "It did not: the step calls again."},
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
    .run = run,
};
