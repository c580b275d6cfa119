/*
 * remote.c - one request to a serving quell elsewhere, and its answer. The token comes from
 * QUELL_TOKEN or from a file, never from the command line, where others on the machine see it.
 */
#include "cli/remote.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "cli/control.h"
#include "loop/curl.h"
#include "loop/file.h"
#include "loop/loop.h"
#include "value/json.h"
#include "value/value.h"

enum { ANSWER_MS = 30000, TOKEN_BYTES = 4096 };

const struct option_row remote_options[] = {
    {"server", 0, OPTION_TEXT, "URL",
     "Ask the quell that serves there; the token is read from QUELL_TOKEN or --token-file."},
    {"token-file", 0, OPTION_TEXT, "FILE", "The file with the token for --server."},
    {"ca", 0, OPTION_TEXT, "FILE", "PEM file of the authority that --server's certificate is of."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

struct reply {
    struct arena *arena;
    struct quell_value value;
    bool done;
    enum quell_code code;
    struct quell_error err;
};

bool remote_wanted(const struct args *args)
{
    return args->command->remote && args_text(args, "server") != NULL;
}

static enum quell_code read_token(const struct args *args, struct arena *arena,
                                  struct quell_str *token, struct quell_error *err)
{
    const char *file = args_text(args, "token-file");
    const char *text = file_environment("QUELL_TOKEN");

    if (file) {
        enum quell_code code = file_read(arena, file, TOKEN_BYTES, token, err);

        if (code)
            return code;
    } else {
        *token = quell_str_of(text ? text : "");
    }
    *token = str_trim(*token);
    if (token->len == 0)
        return error_set(err, QUELL_DENIED,
                         "--server needs a token, in QUELL_TOKEN or --token-file: `quell token "
                         "create` makes one");
    return QUELL_OK;
}

/* ---- one request -------------------------------------------------------------------------------
 */

static const struct {
    int status;
    enum quell_code code;
} codes[] = {
    {400, QUELL_INVALID}, {401, QUELL_DENIED},  {403, QUELL_DENIED},    {404, QUELL_NOT_FOUND},
    {409, QUELL_REFUSED}, {422, QUELL_REFUSED}, {429, QUELL_THROTTLED},
};

static enum quell_code code_of(int status)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].status == status)
            return codes[i].code;
    return QUELL_UNAVAILABLE;
}

static void on_reply(const struct curl_answer *answer, void *user)
{
    struct reply *reply = user;
    struct quell_error ignored;
    bool json;

    reply->done = true;
    if (answer->code) {
        reply->code =
            error_set(&reply->err, answer->code, "--server: %.*s", QUELL_ARG(answer->message));
        return;
    }
    json = json_read(reply->arena, arena_str(reply->arena, answer->body), 0, &reply->value, NULL,
                     &ignored) == QUELL_OK;
    if (answer->status >= 200 && answer->status < 300 && json)
        return;
    if (json && quell_get_str(reply->value, "detail").len)
        reply->code = error_set(&reply->err, code_of(answer->status), "%.*s",
                                QUELL_ARG(quell_get_str(reply->value, "detail")));
    else
        reply->code = error_set(&reply->err, QUELL_UNAVAILABLE,
                                "--server: it answered %d, which no quell does", answer->status);
}

static void turn(struct curl_job *job, struct reply *reply)
{
    struct loop *loop = loop_new();
    struct curl_pool *pool = curl_pool_new(loop);

    (void)curl_start(pool, job, on_reply, reply);
    while (!reply->done)
        loop_once(loop, -1);
    curl_pool_free(pool);
    loop_free(loop);
}

static struct quell_str url_of(const struct args *args, struct arena *arena, struct quell_str route)
{
    struct quell_str server = quell_str_of(args_text(args, "server"));

    if (str_ends(server, QUELL_STR("/")))
        server = str_slice(server, 0, server.len - 1);
    return arena_format(arena, "%.*s/api/v1/%.*s", QUELL_ARG(server), QUELL_ARG(route));
}

/* `body` null: it only reads. */
static enum quell_code ask(const struct args *args, struct quell_str route, struct quell_value body,
                           struct arena *arena, struct quell_value *value, struct quell_error *err)
{
    const char *ca = args_text(args, "ca");
    struct quell_header headers[] = {{"Authorization", {"", 0}},
                                     {"Content-Type", QUELL_STR("application/json")}};
    struct curl_job job = {.method = quell_is_null(body) ? "GET" : "POST",
                           .changes = !quell_is_null(body),
                           .headers = headers,
                           .header_count = 2,
                           .ca_file = quell_str_of(ca ? ca : ""),
                           .egress = CURL_EGRESS_LOOPBACK | CURL_EGRESS_PRIVATE,
                           .timeout_ms = ANSWER_MS};
    struct reply reply = {.arena = arena};
    struct quell_str token;
    enum quell_code code = read_token(args, arena, &token, err);

    if (code)
        return code;
    headers[0].value = arena_format(arena, "Bearer %.*s", QUELL_ARG(token));
    job.url = url_of(args, arena, route);
    if (!quell_is_null(body))
        job.body = json_text(arena, body, JSON_COMPACT);
    turn(&job, &reply);
    *value = reply.value;
    *err = reply.err;
    return reply.code;
}

/* ---- what commands want ------------------------------------------------------------------------
 */

enum quell_code remote_say(const struct args *args, const struct control_word *word,
                           struct quell_error *err)
{
    struct arena *arena = word->answer ? word->arena : arena_new(0);
    struct quell_value value;
    enum quell_code code = ask(args, word->route, word->body, arena, &value, err);

    if (code == QUELL_OK && word->answer)
        *word->answer = value;
    if (!word->answer)
        arena_free(arena);
    return code;
}

enum quell_code remote_read(const struct args *args, struct quell_str route,
                            struct quell_document *document, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct quell_value value;
    enum quell_code code = ask(args, route, quell_null(), arena, &value, err);

    if (code == QUELL_OK)
        quell_document_of(value, document);
    arena_free(arena);
    return code;
}

enum quell_code remote_who(const struct args *args, struct arena *arena, struct quell_str *name,
                           struct quell_error *err)
{
    struct quell_value me;
    enum quell_code code = ask(args, QUELL_STR("me"), quell_null(), arena, &me, err);

    if (code == QUELL_OK)
        *name = quell_get_str(me, "name");
    return code;
}
