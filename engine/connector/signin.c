/*
 * signin.c - the OAuth2 client-credentials grant, as Entra speaks it. It knows nothing of calls:
 * who needs a token asks for it, and waits.
 */
#include "connector/signin.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "connector/connection_parts.h"
#include "connector/sink.h"
#include "loop/curl.h"
#include "loop/loop.h"
#include "loop/secret.h"
#include "value/json.h"

enum {
    REFRESH_AHEAD_S = 120, /* as the Azure SDK does */
    LIFE_DEFAULT_S = 300,  /* when the answer does not say */
    LIFE_MAX_S = 86400,    /* long-lived tokens are given for a day */
    RETRY_S = 10,          /* between refreshes that fail while the old token is good */
    EXPIRY_MARGIN_S = 5,   /* a token that expires on its way is no use */
};

struct token {
    struct signin_cache *cache;
    struct token *next;
    struct quell_str key; /* what it belongs to; owned */
    char *text;           /* owned; NULL = none */
    size_t len;
    int64_t refresh_us, expires_us;
    struct curl_transfer *fetch;
    struct connection *fetching_for; /* its set is held while the fetch runs */
    uint64_t fetches;                /* started so far */
    struct signin_wait *waiting;
};

struct signin_wait {
    struct token *token;
    struct signin_wait *next;
    uint64_t fetch; /* the number of the one that is waited for */
    signin_done_fn *done;
    void *user;
};

struct signin_cache {
    struct curl_pool *pool;
    struct token *tokens;
};

/* ---- the cache -------------------------------------------------------------------------------*/

struct signin_cache *signin_cache_new(struct curl_pool *pool)
{
    struct signin_cache *cache = memory_new(sizeof(*cache));

    cache->pool = pool;
    return cache;
}

static void forget(struct token *token)
{
    if (token->text)
        memory_wipe(token->text, token->len);
    memory_free(token->text);
    token->text = NULL;
    token->len = 0;
}

void signin_cache_free(struct signin_cache *cache)
{
    if (!cache)
        return;
    while (cache->tokens) {
        struct token *token = cache->tokens;
        cache->tokens = token->next;
        if (token->fetch) {
            curl_cancel(token->fetch);
            connections_free(token->fetching_for->owner);
        }
        forget(token);
        memory_free((void *)(uintptr_t)token->key.data);
        memory_free(token);
    }
    memory_free(cache);
}

static struct quell_str key_of(struct arena *arena, const struct connection *connection)
{
    struct quell_str client = quell_get_str(connection->auth_settings, "client_id");

    return arena_format(arena, "%.*s\n%.*s://%.*s:%u\n%.*s\n%.*s\n%.*s",
                        QUELL_ARG(connection->name), QUELL_ARG(connection->origin.scheme),
                        QUELL_ARG(connection->origin.host), connection->origin.port,
                        QUELL_ARG(connection->token_url), QUELL_ARG(client),
                        QUELL_ARG(connection->scope));
}

static struct token *token_of(struct signin_cache *cache, const struct connection *connection)
{
    struct arena *arena = arena_new(0);
    struct quell_str key = key_of(arena, connection);
    struct token *token = cache->tokens;

    while (token && !quell_str_equal(token->key, key))
        token = token->next;
    if (!token) {
        token = memory_new(sizeof(*token));
        token->cache = cache;
        token->key = (struct quell_str){memory_text(key.data, key.len), key.len};
        token->next = cache->tokens;
        cache->tokens = token;
    }
    arena_free(arena);
    return token;
}

/* ---- what the token endpoint says ------------------------------------------------------------*/

static int64_t seconds_of(struct quell_value json, const char *name, int64_t otherwise)
{
    int64_t seconds = quell_get_int(json, name, -1);

    if (seconds < 0 && !str_to_int(quell_get_str(json, name), &seconds)) /* IMDS sends texts */
        seconds = otherwise;
    if (seconds < 0)
        return otherwise;
    return seconds < LIFE_MAX_S ? seconds : LIFE_MAX_S;
}

/* However short its life, a token is good for one second: whoever waited for it can use it. */
static int64_t usable_s(int64_t life_s)
{
    if (life_s > 2 * EXPIRY_MARGIN_S)
        return life_s - EXPIRY_MARGIN_S;
    return life_s > 2 ? life_s / 2 : 1;
}

static void keep_token(struct token *token, struct quell_value json)
{
    struct quell_str text = quell_get_str(json, "access_token");
    int64_t now_us = clock_now_us();
    int64_t life_s = seconds_of(json, "expires_in", LIFE_DEFAULT_S);
    int64_t ahead_s = life_s > 2 * REFRESH_AHEAD_S ? life_s - REFRESH_AHEAD_S : life_s / 2;
    int64_t refresh_s = seconds_of(json, "refresh_in", ahead_s);

    if (refresh_s > ahead_s)
        refresh_s = ahead_s;
    if (refresh_s < 1)
        refresh_s = 1; /* not at once: who asks for a token would ask again and again */
    forget(token);
    token->text = memory_text(text.data, text.len);
    token->len = text.len;
    token->expires_us = now_us + usable_s(life_s) * 1000000;
    token->refresh_us = now_us + refresh_s * 1000000;
}

/* Entra's numbers that people meet, and what to do about them. */
static const struct {
    int64_t number;
    bool again;
    const char *advice;
} entra_errors[] = {
    {7000215, false, "the client secret is wrong"},
    {7000222, false, "the client secret has expired; make a new one"},
    {700016, false, "the application is not known in this tenant"},
    {70011, false, "the scope is not valid"},
    {90002, false, "the tenant does not exist"},
    {90033, true, "Entra is temporarily unavailable"},
    {90055, true, "Entra asks for fewer requests"},
};

/* One sentence of the service's text: what follows is trace ids for its support. */
static struct quell_str first_sentence(struct quell_str text)
{
    size_t end = str_find(text, QUELL_STR(" Trace ID"), 0);
    size_t line = 0;

    if (end == SIZE_MAX)
        end = text.len;
    while (line < end && (unsigned char)text.data[line] >= 0x20)
        line++;
    return str_slice(text, 0, line);
}

static enum quell_code refusal(const struct curl_answer *answer, struct quell_value json,
                               struct quell_error *err)
{
    struct quell_str error = quell_get_str(json, "error");
    struct quell_str text = first_sentence(quell_get_str(json, "error_description"));
    struct quell_value number = quell_at(quell_get(json, "error_codes"), 0);
    bool again = answer->status == 408 || answer->status == 429 || answer->status >= 500 ||
                 str_is(error, "temporarily_unavailable");
    const char *advice = NULL;

    for (size_t i = 0; i < sizeof(entra_errors) / sizeof(entra_errors[0]); i++) {
        if (quell_is(number, QUELL_INT) && number.as.integer == entra_errors[i].number) {
            advice = entra_errors[i].advice;
            again = again || entra_errors[i].again;
        }
    }
    err->status = answer->status;
    err->retry_after_ms = answer->retry_after_ms;
    if (text.len == 0)
        text = first_sentence(error);
    if (!again)
        return error_set(err, QUELL_DENIED, "sign-in refused (%d): %s%s%.*s", answer->status,
                         advice ? advice : "", advice ? ": " : "", QUELL_ARG(text));
    return error_set(err, answer->retry_after_ms > 0 ? QUELL_THROTTLED : QUELL_UNAVAILABLE,
                     "sign-in is not possible now (%d): %.*s", answer->status, QUELL_ARG(text));
}

static enum quell_code no_answer(const struct curl_answer *answer, struct quell_error *err)
{
    /* Asking for a token changes nothing, so a lost answer is no worse than none. */
    enum quell_code code = answer->code == QUELL_UNKNOWN_OUTCOME ? QUELL_UNAVAILABLE : answer->code;

    return error_set(err, code, "sign-in: %.*s", QUELL_ARG(answer->message));
}

static enum quell_code read_answer(struct token *token, const struct curl_answer *answer,
                                   struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct quell_value json = quell_null();
    struct quell_error unread;
    enum quell_code code = QUELL_OK;

    if (answer->code) {
        arena_free(arena);
        return no_answer(answer, err);
    }
    if (json_read(arena, answer->body, LIMIT_REPLY_BYTES, &json, NULL, &unread))
        json = quell_null(); /* an error page; the status is enough to judge by */
    if (answer->status != 200)
        code = refusal(answer, json, err);
    else if (quell_get_str(json, "access_token").len == 0)
        code = error_set(err, QUELL_REFUSED, "sign-in: the answer holds no access_token");
    else
        keep_token(token, json);
    memory_wipe((void *)(uintptr_t)quell_get_str(json, "access_token").data,
                quell_get_str(json, "access_token").len);
    arena_free(arena);
    return code;
}

/* ---- fetching --------------------------------------------------------------------------------*/

/* A callback may ask anew (that is the next fetch's affair) or cancel another's waiting. */
static void tell_waiting(struct token *token, uint64_t fetch, const struct quell_error *err)
{
    struct signin_wait **here = &token->waiting;

    while (*here) {
        struct signin_wait wait = **here;
        if (wait.fetch > fetch) {
            here = &(*here)->next;
            continue;
        }
        memory_free(*here);
        *here = wait.next;
        wait.done(err, wait.user);
        here = &token->waiting; /* the list may be another one now */
    }
}

static void fetched(const struct curl_answer *answer, void *user)
{
    struct token *token = user;
    struct connections *held = token->fetching_for->owner;
    struct quell_error err = {0};

    token->fetch = NULL;
    token->fetching_for = NULL;
    err.code = read_answer(token, answer, &err);
    if (err.code)
        token->refresh_us = clock_now_us() + (int64_t)RETRY_S * 1000000;
    tell_waiting(token, token->fetches, &err);
    connections_free(held);
}

static void add_form(struct arena *arena, struct buf *form, const char *name, struct quell_str text)
{
    struct quell_str escaped = {"", 0};

    if (sink_escape(arena, "query", text, &escaped, NULL))
        return; /* percent-encoding takes everything */
    buf_add_format(form, "%s%s=", form->len > 0 ? "&" : "", name);
    buf_add_str(form, escaped);
    memory_wipe((void *)(uintptr_t)escaped.data, escaped.len);
}

static void start_fetch(struct token *token, struct connection *connection,
                        struct quell_str client_secret)
{
    static const struct quell_header header = {
        "Content-Type",
        {"application/x-www-form-urlencoded", sizeof("application/x-www-form-urlencoded") - 1}};
    struct arena *arena = arena_new(0);
    struct buf form = {0};
    struct curl_job job = {.method = "POST", .headers = &header, .header_count = 1};

    add_form(arena, &form, "grant_type", QUELL_STR("client_credentials"));
    add_form(arena, &form, "client_id", quell_get_str(connection->auth_settings, "client_id"));
    add_form(arena, &form, "scope", connection->scope);
    add_form(arena, &form, "client_secret", client_secret);
    job.url = connection->token_url;
    job.body = buf_str(&form);
    connection_dress(connection, &job);
    (void)connections_hold(connection->owner);
    token->fetching_for = connection;
    token->fetches++;
    token->fetch = curl_start(token->cache->pool, &job, fetched, token);
    memory_wipe(form.data, form.cap);
    buf_free(&form);
    arena_free(arena);
}

static enum quell_code fetch(struct token *token, struct connection *connection,
                             struct quell_error *err)
{
    struct secret secret = {0};
    enum quell_code code;

    if (token->fetch)
        return QUELL_OK;
    code = secret_read(quell_get(connection->auth_settings, "client_secret"), &secret, err);
    if (code)
        return code;
    start_fetch(token, connection, secret_text(&secret));
    secret_wipe(&secret);
    return QUELL_OK;
}

bool signin_token(struct signin_cache *cache, struct connection *connection,
                  struct quell_str *token)
{
    struct token *found = token_of(cache, connection);
    int64_t now_us = clock_now_us();
    struct quell_error unneeded;

    if (!found->text || now_us >= found->expires_us)
        return false;
    if (now_us >= found->refresh_us && fetch(found, connection, &unneeded))
        found->refresh_us = found->expires_us; /* the secret is gone: use what there is */
    *token = (struct quell_str){found->text, found->len};
    return true;
}

enum quell_code signin_start(struct signin_cache *cache, struct connection *connection,
                             signin_done_fn *done, void *user, struct signin_wait **wait,
                             struct quell_error *err)
{
    struct token *token = token_of(cache, connection);
    enum quell_code code = fetch(token, connection, err);
    struct signin_wait *made;

    if (code)
        return code;
    made = memory_new(sizeof(*made));
    *made = (struct signin_wait){token, token->waiting, token->fetches, done, user};
    token->waiting = made;
    *wait = made;
    return QUELL_OK;
}

void signin_cancel(struct signin_wait *wait)
{
    struct signin_wait **here;

    if (!wait)
        return;
    here = &wait->token->waiting;
    while (*here && *here != wait)
        here = &(*here)->next;
    if (*here)
        *here = wait->next;
    memory_free(wait);
}

void signin_drop(struct signin_cache *cache, struct connection *connection, struct quell_str token)
{
    struct token *found = token_of(cache, connection);

    if (found->text && quell_str_equal((struct quell_str){found->text, found->len}, token))
        forget(found);
}
