/*
 * control.c - saying something to the engine from the command line: a serving one is asked over its
 * control socket; without one the store is opened here, and the run goes on when it is next served.
 */
#include "cli/control.h"

#include "base/arena.h"
#include "base/error.h"
#include "cli/remote.h"
#include "loop/curl.h"
#include "loop/file.h"
#include "loop/loop.h"
#include "serve/serve.h"
#include "value/json.h"
#include "value/value.h"

enum { ANSWER_MS = 30000 }; /* what is durable waits for the disk */

enum quell_code control_speaker(const struct args *args, struct arena *arena,
                                struct quell_str *name, struct quell_error *err)
{
    const char *as = args_text(args, "as");

    if (remote_wanted(args))
        return as ? error_set(err, QUELL_INVALID,
                              "--as is believed over the control socket only: elsewhere the token "
                              "says who you are")
                  : remote_who(args, arena, name, err);
    *name = quell_str_of(as ? as : control_who());
    return QUELL_OK;
}

const char *control_who(void)
{
    const char *user = file_environment("SUDO_USER");

    if (user == NULL)
        user = file_environment("USER");
    return user ? user : "command-line";
}

void control_add_by(const struct args *args, struct map_builder *body)
{
    if (!remote_wanted(args))
        map_add(body, "by", quell_text(control_who()));
}

struct waiting {
    struct arena *arena;
    const struct control_word *word; /* through the serving engine */
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
    if (answer->status < 300) {
        if (waiting->word->answer)
            waiting->code =
                json_read(waiting->word->arena, arena_str(waiting->word->arena, answer->body), 0,
                          waiting->word->answer, NULL, &waiting->err);
        return;
    }
    if (json_read(waiting->arena, answer->body, 0, &problem, NULL, &ignored))
        problem = quell_null();
    waiting->code = error_set(&waiting->err,
                              answer->status == 404   ? QUELL_NOT_FOUND
                              : answer->status == 409 ? QUELL_REFUSED
                              : answer->status == 400 ? QUELL_INVALID
                              : answer->status == 403 ? QUELL_DENIED
                                                      : QUELL_UNAVAILABLE,
                              "%.*s", QUELL_ARG(quell_get_str(problem, "detail")));
}

enum quell_code control_ask_at(const struct control_word *word, const char *socket,
                               int64_t timeout_ms, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    static const struct quell_header headers[] = {{"Content-Type", {"application/json", 16}}};
    struct loop *loop = loop_new();
    struct curl_pool *pool = curl_pool_new(loop);
    struct waiting waiting = {.arena = arena, .word = word};
    struct curl_job job = {.method = "POST",
                           .headers = headers,
                           .header_count = 1,
                           .unix_socket = quell_str_of(socket),
                           .egress = CURL_EGRESS_LOOPBACK,
                           .timeout_ms = timeout_ms};

    job.body = json_text(arena, word->body, JSON_COMPACT);
    job.url = arena_format(arena, "http://127.0.0.1/api/v1/%.*s", QUELL_ARG(word->route));
    (void)curl_start(pool, &job, on_answer, &waiting);
    while (!waiting.done)
        loop_once(loop, -1);
    curl_pool_free(pool);
    loop_free(loop);
    arena_free(arena);
    *err = waiting.err;
    return waiting.code;
}

static enum quell_code ask_server(const struct control_word *word, const char *socket,
                                  struct quell_error *err)
{
    return control_ask_at(word, socket, ANSWER_MS, err);
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

static enum quell_code say_here(const struct control_word *word, struct quell *engine,
                                struct quell_error *err)
{
    struct waiting waiting = {0};
    enum quell_code code = word->say(engine, word->user, on_durable, &waiting, err);

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

/* The control socket of whoever serves the store; NULL when there is none. */
static enum quell_code find_socket(const struct args *args, struct arena *arena,
                                   const char **socket, struct quell_error *err)
{
    struct quell *engine = NULL;
    enum quell_code code = open_engine(args, QUELL_FOR_READING, &engine, err);

    if (code)
        return code;
    *socket = serve_control_path(arena, quell_store_url(engine));
    if (*socket && file_type(*socket) != FILE_OTHER)
        *socket = NULL;
    quell_close(engine);
    return QUELL_OK;
}

enum quell_code control_ask(const struct args *args, const struct control_word *word,
                            struct quell_error *err)
{
    struct arena *arena;
    const char *socket;
    enum quell_code code;

    if (remote_wanted(args))
        return remote_say(args, word, err);
    arena = arena_new(0);
    code = find_socket(args, arena, &socket, err);

    if (code == QUELL_OK)
        code = socket ? ask_server(word, socket, err)
                      : error_set(err, QUELL_UNAVAILABLE,
                                  "the store is held by a process that has no control socket");
    arena_free(arena);
    return code;
}

enum quell_code control_say(const struct args *args, const struct control_word *word,
                            struct quell_error *err)
{
    struct arena *arena;
    struct quell *engine = NULL;
    const char *socket;
    enum quell_code code;

    if (remote_wanted(args))
        return remote_say(args, word, err);
    arena = arena_new(0);
    socket = NULL;
    code = find_socket(args, arena, &socket, err);
    if (code == QUELL_NOT_FOUND && word->makes_store)
        code = QUELL_OK; /* nobody serves what is not there */
    if (code) {
        arena_free(arena);
        return code;
    }
    code = open_engine(args, QUELL_FOR_RUNNING, &engine, err);
    if (code == QUELL_OK)
        code = say_here(word, engine, err);
    else if (code == QUELL_CONFLICT && socket)
        code = ask_server(word, socket, err);
    end_engine(engine);
    arena_free(arena);
    return code;
}
