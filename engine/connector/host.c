/*
 * host.c - the functions that a connector sees (struct quell_host). They only write down what the
 * turn wishes; call.c acts on it afterwards.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "connector/call_parts.h"
#include "connector/sink.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "value/json.h"
#include "value/value.h"

static struct call *call_of(const struct quell_call *view)
{
    return view->engine;
}

/* ---- memory and text -------------------------------------------------------------------------*/

static void *host_alloc(struct quell_call *view, size_t size)
{
    return arena_alloc(call_of(view)->turn_arena, size);
}

static struct quell_str format_list(struct arena *arena, const char *format, va_list list)
{
    va_list again;
    char *text;
    int len;

    va_copy(again, list);
    len = vsnprintf(NULL, 0, format, list);
    text = arena_alloc(arena, (size_t)(len > 0 ? len : 0) + 1);
    if (len > 0)
        (void)vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return (struct quell_str){text, (size_t)(len > 0 ? len : 0)};
}

static struct quell_str host_format(struct quell_call *view, const char *format, ...)
{
    struct quell_str text;
    va_list list;

    va_start(list, format);
    text = format_list(call_of(view)->turn_arena, format, list);
    va_end(list);
    return text;
}

static struct quell_str host_escape(struct quell_call *view, const char *sink,
                                    struct quell_str text)
{
    struct call *call = call_of(view);
    struct quell_str escaped = {"", 0};

    if (sink_escape(call->turn_arena, sink, text, &escaped, &call->wish.error))
        call->wish.refused = true;
    return escaped;
}

static struct quell_value host_map(struct quell_call *view, ...)
{
    struct map_builder map = {.arena = call_of(view)->turn_arena};
    const char *key;
    va_list list;

    va_start(list, view);
    for (key = va_arg(list, const char *); key; key = va_arg(list, const char *))
        map_add(&map, key, va_arg(list, struct quell_value));
    va_end(list);
    return map_made(&map);
}

static struct quell_value host_json(struct quell_call *view, struct quell_str text)
{
    struct quell_value value = quell_null();
    struct quell_error unread;

    if (json_read(call_of(view)->turn_arena, text, LIMIT_REPLY_BYTES, &value, NULL, &unread))
        return quell_null();
    return value;
}

static struct quell_str host_json_text(struct quell_call *view, struct quell_value value)
{
    return json_text(call_of(view)->turn_arena, value, JSON_COMPACT);
}

static void host_note(struct quell_call *view, const char *format, ...)
{
    struct quell_str text;
    va_list list;

    va_start(list, format);
    text = format_list(call_of(view)->turn_arena, format, list);
    va_end(list);
    log_line(LOG_LEVEL_DEBUG, "call %.*s: %.*s", QUELL_ARG(view->id), QUELL_ARG(text));
}

/* ---- what happens next -----------------------------------------------------------------------*/

static enum quell_turn say(struct call *call, enum quell_turn turn)
{
    call->wish.said = true;
    call->wish.turn = turn;
    return turn;
}

static enum quell_turn say_failed(struct call *call, enum quell_code code, int status)
{
    call->wish.error.code = code ? code : QUELL_INVALID;
    call->wish.error.status = status;
    return say(call, QUELL_FAILED);
}

/* Keeps a copy of the state, whose JSON must fit into the journal. */
static enum quell_code keep_state(struct call *call, struct quell_value state)
{
    struct quell_str text = json_text(call->turn_arena, state, JSON_COMPACT);

    if (text.len > LIMIT_STATE_BYTES)
        return error_set(&call->wish.error, QUELL_LIMIT,
                         "the state of the call has more than %d bytes", LIMIT_STATE_BYTES);
    arena_free(call->wish.state_arena);
    call->wish.state_arena = arena_new(0);
    call->wish.state = value_copy(call->wish.state_arena, state);
    return QUELL_OK;
}

static enum quell_turn host_send(struct quell_call *view, const struct quell_request *request,
                                 struct quell_value state)
{
    struct call *call = call_of(view);
    enum quell_code code = keep_state(call, state);

    call->wish.changes = request->changes && !call->settling;
    if (!code)
        code = sending_prepare(call, request, &call->wish.error);
    return code ? say_failed(call, code, 0) : say(call, QUELL_SENDING);
}

static enum quell_turn host_later(struct quell_call *view, int64_t ms, struct quell_value state)
{
    struct call *call = call_of(view);
    enum quell_code code = keep_state(call, state);

    static const int64_t most_ms = INT64_C(100) * 366 * 86400000; /* a century: no sum wraps */

    ms = ms > most_ms ? most_ms : ms;
    ms = ms < 0 ? 0 : ms;
    call->wish.until_us = loop_now_us(call->host->loop) + ms * 1000;
    call->wish.awake_us = loop_monotonic_us(call->host->loop) + ms * 1000;
    return code ? say_failed(call, code, 0) : say(call, QUELL_SLEEPING);
}

/* What APIs answer is not always UTF-8; what a step gives out always is. */
static struct quell_str repaired(struct arena *arena, struct quell_str text)
{
    size_t at = utf8_valid(text), step;
    struct quell_str made;
    uint32_t code_point;
    char *out;

    if (at == text.len)
        return arena_str(arena, text);
    out = arena_alloc(arena, text.len * 3 + 1);
    made = (struct quell_str){out, 0};
    for (at = 0; at < text.len; at += step) {
        step = utf8_read(text, at, &code_point);
        if (step > 0) {
            memcpy(out + made.len, text.data + at, step);
            made.len += step;
        } else {
            made.len += utf8_write(0xFFFD, out + made.len);
            step = 1;
        }
    }
    return made;
}

static struct quell_value clean_copy(struct arena *arena, struct quell_value value, unsigned depth)
{
    if (depth > LIMIT_DEPTH)
        return quell_null();
    if (quell_is(value, QUELL_STRING)) {
        struct quell_value copy = quell_string(repaired(arena, quell_str(value)));
        copy.flags = value.flags;
        return copy;
    }
    if (quell_is(value, QUELL_LIST)) {
        struct list_builder list = {.arena = arena};
        for (size_t i = 0; i < quell_count(value); i++)
            list_add(&list, clean_copy(arena, quell_at(value, i), depth + 1));
        return list_made(&list);
    }
    if (quell_is(value, QUELL_MAP)) {
        struct map_builder map = {.arena = arena};
        for (size_t i = 0; i < quell_count(value); i++) {
            const struct quell_pair *pair = &value.as.pairs[i];
            map_add_key(&map, clean_copy(arena, pair->key, depth + 1),
                        clean_copy(arena, pair->value, depth + 1));
        }
        return map_made(&map);
    }
    return value_copy(arena, value);
}

static enum quell_turn host_done(struct quell_call *view, struct quell_value output)
{
    struct call *call = call_of(view);

    call->wish.output = clean_copy(call->arena, output, 0);
    return say(call, QUELL_FINISHED);
}

static enum quell_turn host_fail(struct quell_call *view, enum quell_code code, int status,
                                 const char *format, ...)
{
    struct call *call = call_of(view);
    va_list list;

    va_start(list, format);
    (void)error_set(&call->wish.error, code, "%s",
                    format_list(call->turn_arena, format, list).data);
    va_end(list);
    return say_failed(call, code, status);
}

/* ---- the usual answer to a reply that is no success ------------------------------------------*/

/* What a status says about a request that was understood. */
static enum quell_code code_of_http(int status, bool changes)
{
    if (status == 401 || status == 403)
        return QUELL_DENIED;
    if (status == 404 || status == 410)
        return QUELL_NOT_FOUND;
    if (status == 409 || status == 412)
        return QUELL_CONFLICT;
    if (status == 429)
        return QUELL_THROTTLED;
    if (status == 408 || status >= 500)
        return changes ? QUELL_REFUSED : QUELL_UNAVAILABLE; /* a change may have been made */
    return QUELL_REFUSED;
}

static enum quell_code code_of_smtp(int status)
{
    if (status == 530 || status == 534 || status == 535 || status == 538)
        return QUELL_DENIED;
    return status < 500 ? QUELL_UNAVAILABLE : QUELL_REFUSED;
}

/* The service's own words: {"error": {"code", "message"}}, OAuth2's error_description, RFC 9457's
 * detail and title, or a plain message. */
static struct quell_str words_of(struct arena *arena, struct quell_value json)
{
    static const char *const keys[] = {"message", "error_description", "detail", "title", "error"};
    struct quell_value error = quell_get(json, "error");
    struct quell_str code, text = {"", 0};

    if (quell_is(error, QUELL_MAP)) {
        code = quell_get_str(error, "code");
        text = quell_get_str(error, "message");
        return arena_format(arena, "%.*s%s%.*s", QUELL_ARG(code),
                            code.len > 0 && text.len > 0 ? ": " : "", QUELL_ARG(text));
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && text.len == 0; i++)
        text = quell_get_str(json, keys[i]);
    return text;
}

static struct quell_str one_line(struct arena *arena, struct quell_str text)
{
    char *copy = (char *)(uintptr_t)repaired(arena, text).data;
    size_t len = 0;

    for (; copy[len]; len++) {
        if ((unsigned char)copy[len] < 0x20 || copy[len] == 0x7f)
            copy[len] = ' ';
    }
    return (struct quell_str){copy, len};
}

static enum quell_turn host_refuse(struct quell_call *view, const struct quell_reply *reply)
{
    struct call *call = call_of(view);
    struct quell_error *error = &call->wish.error;
    bool mail = call->sending.job.method == NULL;
    struct quell_str words = reply->message;
    enum quell_code code = reply->code;

    if (!code)
        code = mail ? code_of_smtp(reply->status)
                    : code_of_http(reply->status, call->sending.job.changes);
    if (!mail && words.len == 0)
        words = words_of(call->turn_arena, reply->json);
    words = one_line(call->turn_arena, words);
    if (reply->code)
        (void)error_set(error, code, "%.*s", QUELL_ARG(words));
    else if (mail) /* its words begin with the status */
        (void)error_set(error, code, "the mail server said: %.*s", QUELL_ARG(words));
    else
        (void)error_set(error, code, "answered %d%s%.*s", reply->status, words.len > 0 ? ": " : "",
                        QUELL_ARG(words));
    error->retry_after_ms = curl_retry_after_ms(reply->headers, view->now_us);
    call->wish.refuses = true;
    return say_failed(call, code, reply->status);
}

static void host_found(struct quell_call *view)
{
    call_of(view)->in_doubt = false;
}

static void host_lost(struct quell_call *view)
{
    call_of(view)->in_doubt = true;
}

const struct quell_host call_host_functions = {
    .size = sizeof(struct quell_host),
    .alloc = host_alloc,
    .format = host_format,
    .escape = host_escape,
    .map = host_map,
    .json = host_json,
    .json_text = host_json_text,
    .note = host_note,
    .send = host_send,
    .later = host_later,
    .done = host_done,
    .fail = host_fail,
    .refuse = host_refuse,
    .found = host_found,
    .lost = host_lost,
};
