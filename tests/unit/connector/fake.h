/*
 * fake.h - plays the host for one action. Between two turns everything is freed and made anew from
 * JSON text, as after a crash: input, settings and state. What a turn asked for is kept as text.
 */
#ifndef UNIT_CONNECTOR_FAKE_H
#define UNIT_CONNECTOR_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "connector/registry.h"
#include "connector/sink.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/value.h"

struct fake {
    const struct quell_action *action;
    char *input, *settings; /* JSON */
    const char *id, *key, *uuid, *run, *step;
    bool resumed, settling;
    bool found, lost;   /* it said so last */
    struct arena *turn; /* of the running turn */
    /* What the last turn asked for; texts live until the next one. */
    struct arena *kept;
    enum quell_turn asked;
    bool said;
    struct quell_str state; /* JSON; stays for the next turn */
    bool changes;
    const char *method, *path, *url; /* of a request; url when it named one */
    struct quell_value json;
    const char *body, *content_type;
    struct quell_value headers; /* map */
    struct quell_value mail;    /* map */
    int64_t ms;
    struct quell_value output;
    enum quell_code code;
    int status;
    const char *message;
};

static struct fake *fake_of(struct quell_call *call)
{
    return call->engine;
}

static void *fake_alloc(struct quell_call *call, size_t size)
{
    return arena_alloc(fake_of(call)->turn, size);
}

static struct quell_str fake_text(struct arena *arena, const char *format, va_list list)
{
    char text[8192];
    int len = vsnprintf(text, sizeof(text), format, list);

    assert_true(len >= 0 && (size_t)len < sizeof(text));
    return arena_str(arena, quell_str_of(text));
}

static struct quell_str fake_format(struct quell_call *call, const char *format, ...)
{
    struct quell_str text;
    va_list list;

    va_start(list, format);
    text = fake_text(fake_of(call)->turn, format, list);
    va_end(list);
    return text;
}

static struct quell_str fake_escape(struct quell_call *call, const char *sink,
                                    struct quell_str text)
{
    struct quell_str escaped = {"", 0};
    struct quell_error err = {0};

    if (sink_escape(fake_of(call)->turn, sink, text, &escaped, &err))
        fail_msg("escape %s: %s", sink, err.message);
    return escaped;
}

static struct quell_value fake_map(struct quell_call *call, ...)
{
    struct map_builder map = {.arena = fake_of(call)->turn};
    const char *key;
    va_list list;

    va_start(list, call);
    for (key = va_arg(list, const char *); key; key = va_arg(list, const char *))
        map_add(&map, key, va_arg(list, struct quell_value));
    va_end(list);
    return map_made(&map);
}

static struct quell_value fake_read(struct arena *arena, struct quell_str text)
{
    struct quell_value value = quell_null();
    struct quell_error err = {0};

    if (text.len > 0 && json_read(arena, text, 1 << 20, &value, NULL, &err))
        fail_msg("%s in %.*s", err.message, QUELL_ARG(text));
    return value;
}

static struct quell_value fake_json(struct quell_call *call, struct quell_str text)
{
    return fake_read(fake_of(call)->turn, text);
}

static struct quell_str fake_json_text(struct quell_call *call, struct quell_value value)
{
    return json_text(fake_of(call)->turn, value, JSON_COMPACT);
}

static void fake_note(struct quell_call *call, const char *format, ...)
{
    (void)call;
    (void)format;
}

static enum quell_turn fake_say(struct fake *fake, enum quell_turn turn)
{
    fake->said = true;
    fake->asked = turn;
    return turn;
}

static void fake_keep_state(struct fake *fake, struct quell_value state)
{
    fake->state = json_text(fake->kept, state, JSON_COMPACT);
}

static struct quell_value fake_keep_mail(struct fake *fake, const struct quell_mail *mail)
{
    struct map_builder map = {.arena = fake->kept};

    map_add(&map, "from", value_copy_str(fake->kept, mail->from));
    map_add(&map, "to", value_copy(fake->kept, mail->to));
    map_add(&map, "cc", value_copy(fake->kept, mail->cc));
    map_add(&map, "bcc", value_copy(fake->kept, mail->bcc));
    map_add(&map, "subject", value_copy_str(fake->kept, mail->subject));
    map_add(&map, "text", value_copy_str(fake->kept, mail->text));
    map_add(&map, "html", value_copy_str(fake->kept, mail->html));
    map_add(&map, "message_id", value_copy_str(fake->kept, mail->message_id));
    return map_made(&map);
}

static enum quell_turn fake_send(struct quell_call *call, const struct quell_request *request,
                                 struct quell_value state)
{
    struct fake *fake = fake_of(call);
    struct map_builder headers = {.arena = fake->kept};

    fake_keep_state(fake, state);
    fake->changes = request->changes;
    fake->method =
        request->method ? arena_str(fake->kept, quell_str_of(request->method)).data : NULL;
    fake->path = arena_str(fake->kept, request->path).data;
    fake->url = arena_str(fake->kept, request->url).data;
    fake->json = value_copy(fake->kept, request->json);
    fake->body = arena_str(fake->kept, request->body).data;
    fake->content_type = request->content_type
                             ? arena_str(fake->kept, quell_str_of(request->content_type)).data
                             : NULL;
    for (size_t i = 0; i < request->header_count; i++)
        map_add_key(&headers, value_copy_str(fake->kept, quell_str_of(request->headers[i].name)),
                    value_copy_str(fake->kept, request->headers[i].value));
    fake->headers = map_made(&headers);
    fake->mail = request->mail ? fake_keep_mail(fake, request->mail) : quell_null();
    return fake_say(fake, QUELL_SENDING);
}

static enum quell_turn fake_later(struct quell_call *call, int64_t ms, struct quell_value state)
{
    struct fake *fake = fake_of(call);

    fake_keep_state(fake, state);
    fake->ms = ms;
    return fake_say(fake, QUELL_SLEEPING);
}

/* An output must fit its table, as call.c demands. */
static enum quell_turn fake_done(struct quell_call *call, struct quell_value output)
{
    struct fake *fake = fake_of(call);
    struct quell_error err = {0};

    if (fields_check(fake->kept, fake->action->outputs, value_copy(fake->kept, output),
                     &fake->output, &err))
        fail_msg("output: %s", err.message);
    return fake_say(fake, QUELL_FINISHED);
}

static enum quell_turn fake_fail(struct quell_call *call, enum quell_code code, int status,
                                 const char *format, ...)
{
    struct fake *fake = fake_of(call);
    va_list list;

    va_start(list, format);
    fake->message = fake_text(fake->kept, format, list).data;
    va_end(list);
    fake->code = code;
    fake->status = status;
    return fake_say(fake, QUELL_FAILED);
}

static enum quell_turn fake_refuse(struct quell_call *call, const struct quell_reply *reply)
{
    return fake_fail(call, reply->code ? reply->code : QUELL_REFUSED, reply->status, "refused");
}

static void fake_found(struct quell_call *call)
{
    fake_of(call)->found = true;
    fake_of(call)->lost = false;
}

static void fake_lost(struct quell_call *call)
{
    fake_of(call)->lost = true;
    fake_of(call)->found = false;
}

static const struct quell_host fake_host = {
    .size = sizeof(struct quell_host),
    .alloc = fake_alloc,
    .format = fake_format,
    .escape = fake_escape,
    .map = fake_map,
    .json = fake_json,
    .json_text = fake_json_text,
    .note = fake_note,
    .send = fake_send,
    .later = fake_later,
    .done = fake_done,
    .fail = fake_fail,
    .refuse = fake_refuse,
    .found = fake_found,
    .lost = fake_lost,
};

static struct fake *fake_new(const struct quell_action *action, const char *input,
                             const char *settings)
{
    struct fake *fake = calloc(1, sizeof(*fake));

    assert_non_null(fake);
    assert_non_null(action);
    fake->action = action;
    fake->input = strdup(input);
    fake->settings = strdup(settings);
    fake->id = "id";
    fake->key = "key-1";
    fake->uuid = "c2d4c5a8-3c1b-5f4e-9a51-3a6a2f0f9b11";
    fake->run = "0197b0b7-5a3c-7000-8000-000000000001";
    fake->step = "contain[0].isolate";
    fake->kept = arena_new(0);
    return fake;
}

static void fake_free(struct fake *fake)
{
    arena_free(fake->kept);
    free(fake->input);
    free(fake->settings);
    free(fake);
}

/* One turn in fresh memory. The input is checked and filled with defaults like the engine's. */
static void fake_turn(struct fake *fake, const struct quell_reply *reply)
{
    struct arena *inputs = arena_new(0), *kept = fake->kept;
    struct quell_error err = {0};
    struct quell_value input;
    struct quell_call call;

    if (fields_check(inputs, fake->action->inputs, fake_read(inputs, quell_str_of(fake->input)),
                     &input, &err))
        fail_msg("input: %s", err.message);
    call = (struct quell_call){
        .host = &fake_host,
        .id = quell_str_of(fake->id),
        .key = quell_str_of(fake->key),
        .uuid = quell_str_of(fake->uuid),
        .run = quell_str_of(fake->run),
        .step = quell_str_of(fake->step),
        .input = input,
        .settings = fake_read(inputs, quell_str_of(fake->settings)),
        .state = fake_read(inputs, fake->state),
        .now_us = 1000000,
        .resumed = fake->resumed,
        .engine = fake,
        .action = fake->action,
    };
    fake->kept = arena_new(0);
    fake->turn = arena_new(0);
    fake->said = false;
    fake->asked =
        fake->settling ? fake->action->settle(&call, reply) : fake->action->turn(&call, reply);
    assert_true(fake->said);
    if (fake->asked == QUELL_FINISHED || fake->asked == QUELL_FAILED)
        fake->state = (struct quell_str){"", 0};
    arena_free(fake->turn);
    arena_free(inputs);
    arena_free(kept);
}

static inline void fake_start(struct fake *fake)
{
    fake_turn(fake, NULL);
}

/* The next turn with an answer of this status and JSON body. */
static inline void fake_reply(struct fake *fake, int status, const char *json)
{
    struct arena *arena = arena_new(0);
    struct quell_reply reply = {.code = QUELL_OK,
                                .status = status,
                                .json = fake_read(arena, quell_str_of(json)),
                                .body = quell_str_of(json),
                                .headers = quell_map(NULL, 0)};

    fake_turn(fake, &reply);
    arena_free(arena);
}

/* The next turn without an answer. */
static inline void fake_no_reply(struct fake *fake, enum quell_code code)
{
    struct quell_reply reply = {.code = code, .json = quell_null(), .headers = quell_map(NULL, 0)};

    fake_turn(fake, &reply);
}

static inline const char *fake_json_of(struct fake *fake, struct quell_value value)
{
    return json_text(fake->kept, value, JSON_COMPACT).data;
}

#define assert_sends(fake, wanted_method, wanted_path)                                             \
    do {                                                                                           \
        assert_int_equal((fake)->asked, QUELL_SENDING);                                            \
        assert_string_equal((fake)->method, wanted_method);                                        \
        assert_string_equal((fake)->path, wanted_path);                                            \
    } while (0)

#endif
