/*
 * peer.c - a practice range of one's own, for tests in C. It talks through libcurl's easy
 * interface, which shares no code with the range.
 */
#include "peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "value/json.h"
#include "value/value.h"

enum { OPTIONS_MAX = 24, ANSWER_MAX = 16 * 1024 * 1024 };

struct peer {
    pid_t pid;
    int input; /* its standard input: closing it ends the range */
    struct arena *arena;
    struct quell_value told;
    char url[64], mail_url[64];
};

static void run_child(const char *program, const char *const *options, int in, int out)
{
    char *arguments[OPTIONS_MAX + 3];
    size_t i, count = 0;
    arguments[count++] = (char *)(uintptr_t)program;
    arguments[count++] = (char *)(uintptr_t) "--until-eof";
    for (i = 0; options && options[i] && i < OPTIONS_MAX; i++)
        arguments[count++] = (char *)(uintptr_t)options[i];
    arguments[count] = NULL;
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
        (void)execv(program, arguments);
    _exit(127);
}

static void read_line(struct peer *peer, int from)
{
    struct buf line = {.size_max = 65536};
    char c;
    struct quell_error err;
    while (read(from, &c, 1) == 1 && c != '\n')
        buf_add_char(&line, c);
    if (json_read(peer->arena, buf_str(&line), LIMIT_DOCUMENT_BYTES, &peer->told, NULL, &err))
        fail_msg("the range told no ports: %s", err.message);
    buf_free(&line);
}

struct peer *peer_start(const char *program, const char *const *options)
{
    struct peer *peer = memory_new(sizeof(*peer));
    int in[2], out[2];
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    peer->arena = arena_new(0);
    peer->pid = fork();
    assert_true(peer->pid >= 0);
    if (peer->pid == 0) {
        (void)close(in[1]); /* or the child would keep itself alive */
        run_child(program, options, in[0], out[1]);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    peer->input = in[1];
    read_line(peer, out[0]);
    (void)close(out[0]);
    (void)snprintf(peer->url, sizeof(peer->url), "http://127.0.0.1:%lld",
                   (long long)quell_get_int(peer->told, "http", 0));
    (void)snprintf(peer->mail_url, sizeof(peer->mail_url), "smtp://127.0.0.1:%lld",
                   (long long)quell_get_int(peer->told, "smtp", 0));
    return peer;
}

void peer_stop(struct peer *peer)
{
    int status = -1;
    (void)close(peer->input);
    assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0); /* a sanitizer's finding would show here */
    arena_free(peer->arena);
    memory_free(peer);
}

struct arena *peer_arena(struct peer *peer)
{
    return peer->arena;
}

struct quell_value peer_told(const struct peer *peer)
{
    return peer->told;
}

static size_t keep(char *data, size_t size, size_t count, void *user)
{
    buf_add(user, data, size * count);
    return size * count;
}

static struct curl_slist *headers_of(struct peer *peer, const struct peer_request *request)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    const char *type = request->type ? request->type : "application/json";
    headers = curl_slist_append(headers, arena_format(peer->arena, "Content-Type: %s", type).data);
    if (request->token)
        headers = curl_slist_append(
            headers, arena_format(peer->arena, "Authorization: Bearer %s", request->token).data);
    if (request->header)
        headers = curl_slist_append(headers, request->header);
    return headers;
}

static struct peer_answer finish(struct peer *peer, CURL *easy, struct buf *body, struct buf *head)
{
    struct peer_answer answer = {.json = quell_null()};
    struct quell_error ignored;
    long status = 0;
    answer.curl = (int)curl_easy_perform(easy);
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    answer.status = (int)status;
    answer.body = arena_str(peer->arena, buf_str(body));
    answer.head = arena_str(peer->arena, buf_str(head));
    if (json_read(peer->arena, answer.body, ANSWER_MAX, &answer.json, NULL, &ignored))
        answer.json = quell_null(); /* no JSON is an answer, too */
    curl_easy_cleanup(easy);
    buf_free(body);
    buf_free(head);
    return answer;
}

static CURL *easy_new(struct buf *body, struct buf *head)
{
    CURL *easy = curl_easy_init();
    assert_non_null(easy);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT, 30L);
    (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, keep);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, head);
    return easy;
}

struct peer_answer peer_ask(struct peer *peer, const struct peer_request *request)
{
    struct buf body = {.size_max = ANSWER_MAX}, head = {.size_max = ANSWER_MAX};
    CURL *easy = easy_new(&body, &head);
    struct curl_slist *headers = headers_of(peer, request);
    struct quell_str url = arena_format(peer->arena, "%s%s", peer->url, request->path);
    struct peer_answer answer;
    (void)curl_easy_setopt(easy, CURLOPT_URL, url.data);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    if (request->body)
        (void)curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body);
    (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    answer = finish(peer, easy, &body, &head);
    curl_slist_free_all(headers);
    return answer;
}

struct peer_answer peer_get(struct peer *peer, const char *path)
{
    struct peer_request request = {.method = "GET", .path = path, .token = "range-token"};
    return peer_ask(peer, &request);
}

struct peer_answer peer_post(struct peer *peer, const char *path, const char *body)
{
    struct peer_request request = {
        .method = "POST", .path = path, .token = "range-token", .body = body};
    return peer_ask(peer, &request);
}

struct peer_answer peer_put(struct peer *peer, const char *path, const char *body)
{
    struct peer_request request = {
        .method = "PUT", .path = path, .token = "range-token", .body = body};
    return peer_ask(peer, &request);
}

void peer_advance(struct peer *peer, int64_t ms)
{
    struct quell_str body = arena_format(peer->arena, "{\"advance_ms\": %lld}", (long long)ms);
    assert_int_equal(peer_post(peer, "/_range/clock", body.data).status, 200);
}

void peer_fault(struct peer *peer, const char *order)
{
    assert_int_equal(peer_post(peer, "/_range/fault", order).status, 200);
}

int64_t peer_effects(struct peer *peer, const char *kind)
{
    struct quell_value list = quell_get(peer_get(peer, "/_range/effects").json, "effects");
    int64_t count = 0;
    size_t i;
    assert_true(quell_is(list, QUELL_LIST));
    for (i = 0; i < quell_count(list); i++)
        count += quell_text_is(quell_get(quell_at(list, i), "kind"), kind);
    return count;
}

struct letter {
    struct quell_str rest;
};

static size_t give(char *data, size_t size, size_t count, void *user)
{
    struct letter *letter = user;
    size_t len = size * count;
    if (len > letter->rest.len)
        len = letter->rest.len;
    memcpy(data, letter->rest.data, len);
    letter->rest.data += len;
    letter->rest.len -= len;
    return len;
}

struct peer_answer peer_mail(struct peer *peer, const char *text, const char *user,
                             const char *password, bool tls)
{
    struct buf body = {.size_max = ANSWER_MAX}, head = {.size_max = ANSWER_MAX};
    CURL *easy = easy_new(&body, &head);
    struct curl_slist *to = curl_slist_append(NULL, "b@far.example");
    struct letter letter = {quell_str_of(text)};
    struct peer_answer answer;
    (void)curl_easy_setopt(easy, CURLOPT_URL, peer->mail_url);
    (void)curl_easy_setopt(easy, CURLOPT_MAIL_FROM, "a@quell.example");
    (void)curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, to);
    (void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, give);
    (void)curl_easy_setopt(easy, CURLOPT_READDATA, &letter);
    if (user) {
        (void)curl_easy_setopt(easy, CURLOPT_USERNAME, user);
        (void)curl_easy_setopt(easy, CURLOPT_PASSWORD, password);
    }
    if (tls) {
        struct quell_str ca = quell_get_str(peer->told, "smtp_ca");
        (void)curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, arena_str(peer->arena, ca).data);
    }
    answer = finish(peer, easy, &body, &head);
    curl_slist_free_all(to);
    return answer;
}
