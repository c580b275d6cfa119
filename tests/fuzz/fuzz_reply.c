/*
 * fuzz_reply.c - any bytes as what a service answers: through the real life of a call of a declared
 * connector, with the far side in the place of libcurl. The call ends, its output is what the
 * manifest promises, and a refusal can be shown.
 *
 * The first byte chooses the action; answers are divided by a line "--", and each is a status line,
 * headers, an empty line and a body. Behind the last one the connection is lost.
 */
#include <curl/curl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/utf8.h"
#include "connector/call.h"
#include "connector/connection_parts.h"
#include "connector/registry.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "loop/transfer.h"
#include "value/fields.h"
#include "value/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char manifest[] =
    "connector: far\nversion: 1.0.0\ntitle: Far\ndoc: A far side.\nurl: https://far.example\n"
    "auth: [none]\nactions:\n"
    "  read:\n    doc: Reads.\n    effect: reads\n    repeat: pure\n    inputs: {}\n"
    "    outputs: { id: { type: string, doc: a }, count: { type: int, doc: b },\n"
    "      items: { type: list, of: string, doc: c }, rest: { type: any, doc: d } }\n"
    "    example: {}\n    request: { method: GET, path: /read }\n"
    "    output: { id: '${{ reply.json.id }}', count: '${{ reply.json.?count }}',\n"
    "      items: '${{ reply.json.?items }}', rest: '${{ reply.json.?rest }}' }\n"
    "  change:\n    doc: Changes.\n    effect: changes\n    repeat: verifiable\n    inputs: {}\n"
    "    outputs: { where: { type: string, doc: a }, text: { type: string, doc: b } }\n"
    "    example: {}\n    ok: [200, 201, 204]\n    request: { method: POST, path: /change }\n"
    "    output: { where: '${{ reply.headers.?location }}', text: '${{ reply.body }}' }\n"
    "    errors: [{ status: 409, word: Busy, code: conflict, again: true }, { status: 409, code: "
    "conflict },\n"
    "      { word: Gone, code: not-found }]\n"
    "    settle: { ok: [200], happened: 'reply.json.state == \"done\"',\n"
    "      request: { method: GET, path: /look } }\n"
    "  once:\n    doc: Acts.\n    effect: changes\n    repeat: once\n    inputs: {}\n"
    "    outputs: { all: { type: any, doc: a } }\n    example: {}\n"
    "    request: { method: POST, path: /once }\n    output: { all: '${{ reply.json }}' }\n";

/* ---- the far side ------------------------------------------------------------------------------
 */

struct curl_pool {
    struct loop *loop;
};

static struct quell_str answers; /* what is left of them */
static CURL *easy;

struct pending {
    struct curl_transfer transfer; /* what curl_answer.c reads */
    struct loop_timer *timer;
    curl_done_fn *done;
    void *user;
};

struct curl_pool *__wrap_curl_pool_new(struct loop *loop);
void __wrap_curl_pool_free(struct curl_pool *pool);
struct curl_transfer *__wrap_curl_start(struct curl_pool *pool, const struct curl_job *job,
                                        curl_done_fn *done, void *user);
void __wrap_curl_cancel(struct curl_transfer *transfer);
bool __wrap_curl_begun(const struct curl_transfer *transfer);

static void require(bool promise)
{
    if (!promise)
        abort();
}

static void drop(struct pending *pending)
{
    loop_cancel(pending->timer);
    buf_free(&pending->transfer.head);
    buf_free(&pending->transfer.content);
    arena_free(pending->transfer.arena);
    memory_free(pending);
}

/* "201\nName: value\n\nbody" */
static struct curl_answer next_answer(struct curl_transfer *transfer)
{
    struct quell_str one, line, head = QUELL_STR(""), rest;
    struct curl_answer answer;
    int64_t status = 0;
    size_t end = str_find(answers, QUELL_STR("\n--\n"), 0);

    if (answers.len == 0)
        return transfer_answer(transfer, CURLE_GOT_NOTHING);
    one = end == SIZE_MAX ? answers : str_slice(answers, 0, end);
    answers = end == SIZE_MAX ? QUELL_STR("") : str_slice(answers, end + 4, answers.len);
    (void)str_cut(one, '\n', &line, &rest);
    end = str_find(rest, QUELL_STR("\n\n"), 0);
    head = end == SIZE_MAX ? rest : str_slice(rest, 0, end);
    buf_add_str(&transfer->head, head);
    if (end != SIZE_MAX)
        buf_add_str(&transfer->content, str_slice(rest, end + 2, rest.len));
    answer = transfer_answer(transfer, CURLE_OK);
    answer.status = str_to_int(line, &status) && status >= 100 && status < 600 ? (int)status : 200;
    return answer;
}

static void come_back(void *user)
{
    struct pending *pending = user;
    struct curl_answer answer = next_answer(&pending->transfer);

    pending->timer = NULL;
    pending->done(&answer, pending->user);
    drop(pending);
}

struct curl_pool *__wrap_curl_pool_new(struct loop *loop)
{
    struct curl_pool *pool = memory_new(sizeof(*pool));

    pool->loop = loop;
    return pool;
}

void __wrap_curl_pool_free(struct curl_pool *pool)
{
    memory_free(pool);
}

struct curl_transfer *__wrap_curl_start(struct curl_pool *pool, const struct curl_job *job,
                                        curl_done_fn *done, void *user)
{
    struct pending *pending = memory_new(sizeof(*pending));

    pending->transfer.arena = arena_new(0);
    pending->transfer.easy = easy;
    pending->transfer.begun = job->changes;
    pending->transfer.head.size_max = pending->transfer.content.size_max = 1 << 20;
    pending->done = done;
    pending->user = user;
    pending->timer = loop_after(pool->loop, 1, come_back, pending);
    return &pending->transfer;
}

void __wrap_curl_cancel(struct curl_transfer *transfer)
{
    if (transfer)
        drop((struct pending *)(void *)transfer); /* its first member */
}

bool __wrap_curl_begun(const struct curl_transfer *transfer)
{
    return transfer->begun;
}

/* ---- the call ----------------------------------------------------------------------------------
 */

struct told {
    const struct quell_action *action;
    bool ended;
};

static void sending(struct call *call, struct quell_value state, bool changes, void *user)
{
    (void)state;
    (void)changes;
    (void)user;
    call_proceed(call); /* nothing, when it only waits to be sent again */
}

static void sleeping(struct call *call, struct quell_value state, int64_t until_us, void *user)
{
    (void)state;
    (void)until_us;
    (void)user;
    call_proceed(call);
}

static void ended(struct call *call, const struct call_outcome *outcome, void *user)
{
    struct told *told = user;

    require(!told->ended);
    told->ended = true;
    if (outcome->code == QUELL_OK) {
        struct arena *arena = arena_new(0);
        struct quell_value checked;
        struct quell_error err = {0};
        require(quell_is(outcome->output, QUELL_MAP));
        require(fields_check(arena, told->action->outputs, outcome->output, &checked, &err) ==
                QUELL_OK);
        arena_free(arena);
    } else {
        struct quell_str message = quell_str_of(outcome->error.message);
        require(outcome->error.code == outcome->code && message.len > 0);
        require(utf8_valid(message) == message.len);
        require(memchr(message.data, '\n', message.len) == NULL);
    }
    call_free(call);
}

static const struct call_events events = {.sending = sending, .sleeping = sleeping, .ended = ended};

static const struct quell_connector *connector;
static struct connection *connection;

/* The manifest is a file for as long as it is read. */
static void set_up(void)
{
    char folder[] = "/tmp/quell-fuzz-XXXXXX", path[64];
    const char *folders[] = {folder};
    struct registry *registry;
    struct connections *connections;
    struct quell_error err = {0};
    FILE *file;

    log_set(LOG_LEVEL_ERROR, 0);
    require(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof(path), "%s/far.yaml", folder);
    file = fopen(path, "we");
    require(file && fputs(manifest, file) >= 0 && fclose(file) == 0);
    (void)!registry_new(folders, 1, &registry, &err);
    (void)unlink(path);
    (void)rmdir(folder);
    if (err.code) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    require(registry_action(registry, QUELL_STR("far.read"), &connector) != NULL);
    require(connections_new(registry, quell_null(), &connections, &err) == QUELL_OK);
    connection = connections_find(connections, connector, QUELL_STR(""));
    require(connection != NULL);
    easy = curl_easy_init();
    require(easy != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call_request request = {.run = QUELL_STR("run"),
                                   .step = QUELL_STR("step"),
                                   .key = QUELL_STR("key"),
                                   .input = quell_map(NULL, 0),
                                   .state = quell_null()};
    struct told told = {0};
    struct call_host *host;
    struct loop *loop;
    size_t count = 0, turns = 0;

    if (connection == NULL)
        set_up();
    if (size == 0)
        return 0;
    while (connector->actions[count])
        count++;
    answers = (struct quell_str){(const char *)data + 1, size - 1};
    request.connector = connector;
    request.connection = connection;
    request.action = told.action = connector->actions[data[0] % count];
    connection->pace = (struct pace){0}; /* each input for itself */
    loop = loop_new_virtual(1777888800000000, 1);
    host = call_host_new(loop);
    (void)call_start(host, &request, &events, &told);
    while (!told.ended && turns++ < 1000)
        loop_once(loop, -1);
    require(told.ended);
    call_host_free(host);
    loop_free(loop);
    return 0;
}
