/*
 * notify.c - the life of a notice: written down with the question, told when that is on disk, tried
 * again, and kept as what became of it.
 *
 * Mail is `once`: when the process ends while one is on its way it is not sent again, and the
 * notice says that its outcome is not known. A webhook is `keyed`: it is sent again, with the same
 * id. Whoever answers 410 does not want to hear of anything any more.
 */
#include "core/notify.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "core/starts.h"
#include "loop/log.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/value.h"

#define SCOPE_GONE "notify-gone"
enum { STATUS_GONE = 410 };

/* ---- what is remembered ------------------------------------------------------------------------
 */

static bool is_over(const struct telling *telling)
{
    return !str_is(telling->state, "due") && !str_is(telling->state, "sending");
}

static struct quell_value telling_value(struct arena *arena, const struct telling *telling)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "via", quell_string(telling->via));
    map_add(&map, "to", quell_string(telling->to));
    map_add(&map, "state", quell_string(telling->state));
    map_add(&map, "tries", quell_int(telling->tries));
    map_add(&map, "at_us", quell_int(telling->at_us));
    if (telling->error.len)
        map_add(&map, "error", quell_string(telling->error));
    return map_made(&map);
}

/* In the open turn. */
static void remember(struct notice *notice)
{
    struct quell *engine = notice->engine;
    struct arena *arena = turn_commit(engine)->arena;
    struct list_builder list = {.arena = arena};
    struct map_builder map = {.arena = arena};
    int64_t keep_us = loop_now_us(engine->loop) + (int64_t)LIMIT_NOTICE_KEEP_S * 1000000;
    bool open = false;

    for (size_t i = 0; i < notice->count; i++) {
        list_add(&list, telling_value(arena, &notice->tellings[i]));
        open |= !is_over(&notice->tellings[i]);
    }
    map_add(&map, "tellings", list_made(&list));
    if (open) {
        map_add(&map, "question", notice->question);
        mark_write(engine, NOTICE_OPEN, notice->key, 0, map_made(&map));
    } else {
        mark_write(engine, NOTICE_OPEN, notice->key, 0, quell_null());
        mark_write(engine, NOTICE_TOLD, notice->key, keep_us, map_made(&map));
    }
}

static void set_state(struct telling *telling, const char *state, const char *error)
{
    struct notice *notice = telling->notice;

    telling->state = quell_str_of(state);
    telling->error = arena_str(notice->arena, quell_str_of(error));
    telling->at_us = loop_now_us(notice->engine->loop);
}

static struct notice *notice_new(struct quell *engine)
{
    struct arena *arena = arena_new(0);
    struct notice *notice = arena_one(arena, struct notice);

    notice->engine = engine;
    notice->arena = arena;
    notice->next = engine->notices;
    engine->notices = notice;
    return notice;
}

static void notice_free(struct notice *notice)
{
    struct notice **at = &notice->engine->notices;

    while (*at != notice)
        at = &(*at)->next;
    *at = notice->next;
    for (size_t i = 0; i < notice->count; i++) {
        call_free(notice->tellings[i].call);
        loop_cancel(notice->tellings[i].timer);
    }
    arena_free(notice->arena);
}

/* It is gone when nothing of it is under way. */
static void notice_retire(struct notice *notice)
{
    for (size_t i = 0; i < notice->count; i++)
        if (!is_over(&notice->tellings[i]) || notice->tellings[i].call)
            return;
    notice_free(notice);
}

/* ---- how one ends ------------------------------------------------------------------------------
 */

static void tell_end(const struct telling *telling)
{
    struct quell *engine = telling->notice->engine;
    bool sent = str_is(telling->state, "sent");

    engine->counters.notices_sent += sent;
    engine->counters.notices_failed += !sent;
    log_line(sent ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
             "run=%.*s step=%.*s notified via=%.*s to=%.*s state=%.*s%s%.*s",
             QUELL_ARG(quell_get_str(telling->notice->question, "run")),
             QUELL_ARG(quell_get_str(telling->notice->question, "step")), QUELL_ARG(telling->via),
             QUELL_ARG(telling->to), QUELL_ARG(telling->state), telling->error.len ? ": " : "",
             QUELL_ARG(telling->error));
}

static void end_as(struct telling *telling, const char *state, const char *error)
{
    set_state(telling, state, error);
    tell_end(telling);
}

static void begin(struct telling *telling);

static void on_due(void *user)
{
    struct telling *telling = user;
    struct notice *notice = telling->notice;

    telling->timer = NULL;
    turn_begin(notice->engine);
    begin(telling);
    turn_end(notice->engine);
    notice_retire(notice);
}

static void wait_until_due(struct telling *telling)
{
    struct loop *loop = telling->notice->engine->loop;
    int64_t left_us = telling->at_us - loop_now_us(loop);

    telling->timer = loop_after(loop, left_us > 0 ? left_us / 1000 + 1 : 0, on_due, telling);
}

/* Later again: the call itself has tried for a minute or so. */
static void try_later(struct telling *telling, const struct quell_error *err)
{
    int64_t wait_us = (int64_t)LIMIT_NOTICE_RETRY_S * 1000000 << (telling->tries - 1);

    set_state(telling, "due", err->message);
    telling->at_us += wait_us;
    wait_until_due(telling);
}

static bool is_worth_trying(const struct telling *telling, const struct quell_error *err)
{
    return telling->tries < LIMIT_NOTICE_TRIES && err->status != STATUS_GONE &&
           (err->code == QUELL_UNAVAILABLE || err->code == QUELL_TIMED_OUT ||
            err->code == QUELL_THROTTLED || err->status >= 500);
}

static void gone(const struct telling *telling)
{
    struct quell *engine = telling->notice->engine;
    struct map_builder map = {.arena = turn_commit(engine)->arena};

    map_add(&map, "at", value_time_us(loop_now_us(engine->loop)));
    mark_write(engine, SCOPE_GONE, telling->to, 0, map_made(&map));
}

static void on_ended(struct call *call, const struct call_outcome *result, void *user)
{
    struct telling *telling = user;
    struct quell *engine = telling->notice->engine;

    (void)call;
    call_free(telling->call);
    telling->call = NULL;
    telling->announced++;
    turn_begin(engine);
    if (result->code == QUELL_OK)
        end_as(telling, "sent", "");
    else if (result->code == QUELL_UNKNOWN_OUTCOME)
        end_as(telling, "unknown", result->error.message);
    else if (is_worth_trying(telling, &result->error))
        try_later(telling, &result->error);
    else
        end_as(telling, "failed", result->error.message);
    if (result->error.status == STATUS_GONE && !str_is(telling->via, "email"))
        gone(telling);
    remember(telling->notice);
    turn_end(engine);
    if (!telling->starting)
        notice_retire(telling->notice);
}

/* ---- how one is sent ---------------------------------------------------------------------------
 */

struct leave { /* what a commit lets go */
    struct notice *notice;
    struct telling *telling;
    uint64_t announced;
};

static void leave(struct quell *engine, void *user)
{
    struct leave *leave = user;
    struct notice *notice = engine->notices;

    while (notice && notice != leave->notice)
        notice = notice->next;
    if (notice && leave->telling->call && leave->telling->announced == leave->announced &&
        !engine->drain)
        call_proceed(leave->telling->call);
}

/* A mail that waits to be sent again is announced as no change: it is not on its way. */
static void on_sending(struct call *call, struct quell_value state, bool changes, void *user)
{
    struct telling *telling = user;
    struct quell *engine = telling->notice->engine;
    struct leave *leaving;

    (void)call;
    (void)state;
    turn_begin(engine);
    set_state(telling, changes ? "sending" : "due", "");
    remember(telling->notice);
    telling->announced++;
    leaving = arena_one(turn_commit(engine)->arena, struct leave);
    *leaving = (struct leave){telling->notice, telling, telling->announced};
    if (changes && !engine->drain)
        commit_then(turn_commit(engine), leave, leaving);
    turn_end(engine);
}

static void on_sleeping(struct call *call, struct quell_value state, int64_t until_us, void *user)
{
    (void)state;
    (void)until_us;
    (void)user;
    call_proceed(call); /* neither of the two actions sleeps; nothing of it would have to last */
}

static void on_answered(struct call *call, int status, int64_t took_us, void *user)
{
    struct telling *telling = user;

    (void)call;
    (void)status;
    (void)took_us;
    telling->notice->engine->counters.requests++;
}

static bool on_may_send(struct call *call, bool changes, void *user)
{
    (void)call;
    return telling_may_send(user, changes);
}

static const struct call_events call_events = {.sending = on_sending,
                                               .sleeping = on_sleeping,
                                               .ended = on_ended,
                                               .answered = on_answered,
                                               .may_send = on_may_send};

static bool is_gone(const struct telling *telling, struct arena *arena)
{
    struct quell_value body;
    struct quell_error err;

    return !mark_read(telling->notice->engine, arena, SCOPE_GONE, telling->to, &body, &err) &&
           !quell_is_null(body);
}

/* Why there is no use in telling it, or NULL. */
static const char *reason_not(const struct telling *telling, struct arena *arena)
{
    int64_t until_us = quell_get_int(telling->notice->question, "until_us", INT64_MAX);

    if (until_us <= loop_now_us(telling->notice->engine->loop))
        return "the question was over before anybody could be told";
    if (!str_is(telling->via, "email") && is_gone(telling, arena))
        return "it answered 410 before, and is not told anything until it has another name";
    return NULL;
}

static void send(struct telling *telling, struct arena *arena, struct quell_error *err)
{
    struct notice *notice = telling->notice;
    struct quell *engine = notice->engine;
    const struct quell_connector *connector = NULL;
    struct connection *connection = telling_connection(telling, &connector, err);
    bool mail = str_is(telling->via, "email");
    struct quell_value given = mail ? notify_mail(arena, notice->question, telling->to)
                                    : notify_payload(arena, notice->question);
    struct quell_value input;

    if (!connection || fields_check(arena, connector->actions[0]->inputs, given, &input, err))
        return;
    telling->tries++;
    telling->connector = connector;
    telling->starting = true;
    telling->call = call_start(
        engine->calls,
        &(struct call_request){
            .connector = connector,
            .action = connector->actions[0],
            .connection = connection,
            .run = quell_get_str(notice->question, "run"),
            .step = arena_format(arena, "notice-%zu", (size_t)(telling - notice->tellings) + 1),
            .key = arena_format(arena, "notice %.*s %.*s %.*s", QUELL_ARG(notice->key),
                                QUELL_ARG(telling->via), QUELL_ARG(telling->to)),
            .attempt = telling->tries,
            .input = input,
            .deadline_us = loop_now_us(engine->loop) + (int64_t)LIMIT_CALL_MS * 1000,
            .state = quell_null(),
        },
        &call_events, telling);
    telling->starting = false;
}

/* In the open turn. */
static void begin(struct telling *telling)
{
    struct quell *engine = telling->notice->engine;
    struct arena *arena = arena_new(0);
    const char *reason = reason_not(telling, arena);
    struct quell_error err = {.code = QUELL_OK};

    if (engine->drain || engine->broken) {
        arena_free(arena); /* the next open does it */
        return;
    }
    if (!reason)
        send(telling, arena, &err);
    if (reason || err.code)
        end_as(telling, "failed", reason ? reason : err.message);
    if (!telling->call)
        remember(telling->notice);
    arena_free(arena);
}

/* ---- asked -------------------------------------------------------------------------------------
 */

/* The question is on disk: now people may hear of it. */
static void begin_all(struct quell *engine, void *user)
{
    struct notice *notice = engine->notices;

    while (notice && notice != user)
        notice = notice->next;
    if (!notice)
        return;
    for (size_t i = 0; i < notice->count; i++)
        if (!is_over(&notice->tellings[i]) && !notice->tellings[i].call &&
            !notice->tellings[i].timer)
            wait_until_due(&notice->tellings[i]);
    notice_retire(notice);
}

void notify_asked(struct active *active, const struct event *event)
{
    struct quell *engine = active->engine;
    struct notice *notice;
    struct quell_value to = quell_get(event->data, "to");

    if ((event->kind != EVENT_APPROVAL_ASKED && event->kind != EVENT_FORM_ASKED &&
         event->kind != EVENT_APPROVAL_ESCALATED) ||
        run_mode(active->run) != RUN_LIVE || engine->stand_in)
        return;
    notice = notice_new(engine);
    notice->key = notice_key(notice->arena, run_id(active->run), event->seq);
    notice->question = notify_question(notice->arena, active, event);
    notice_address(notice, quell_is_null(to) ? quell_get(notice->question, "of") : to,
                   quell_get(notice->question, "via"));
    if (notice->count == 0) {
        notice_free(notice);
        return;
    }
    for (size_t i = 0; i < notice->count; i++)
        if (is_over(&notice->tellings[i]))
            tell_end(&notice->tellings[i]);
    remember(notice);
    commit_then(turn_commit(engine), begin_all, notice);
}

/* ---- after a stop ------------------------------------------------------------------------------
 */

static void read_telling(struct notice *notice, struct quell_value value, struct telling *telling)
{
    *telling = (struct telling){.notice = notice,
                                .via = quell_get_str(value, "via"),
                                .to = quell_get_str(value, "to"),
                                .state = quell_get_str(value, "state"),
                                .error = quell_get_str(value, "error"),
                                .tries = (unsigned)quell_get_int(value, "tries", 0),
                                .at_us = quell_get_int(value, "at_us", 0)};
    if (!str_is(telling->state, "sending"))
        return;
    if (str_is(telling->via, "email"))
        end_as(telling, "unknown",
               "the engine ended while this was being sent: it may have arrived, and is not sent "
               "again");
    else
        set_state(telling, "due", "");
}

struct opening {
    struct quell *engine;
    enum quell_code code;
    struct quell_error *err;
};

static bool read_notice(const struct store_mark *mark, void *user)
{
    struct opening *opening = user;
    struct notice *notice = notice_new(opening->engine);
    struct quell_value body = quell_null(), list;

    notice->key = arena_str(notice->arena, mark->key);
    opening->code = json_read_own(notice->arena, mark->body, &body, opening->err);
    if (opening->code) {
        notice_free(notice);
        return false;
    }
    notice->question = quell_get(body, "question");
    list = quell_get(body, "tellings");
    notice->tellings = arena_array(notice->arena, struct telling, quell_count(list) + 1);
    for (; notice->count < quell_count(list); notice->count++)
        read_telling(notice, quell_at(list, notice->count), &notice->tellings[notice->count]);
    return true;
}

enum quell_code notify_open(struct quell *engine, struct quell_error *err)
{
    struct opening opening = {.engine = engine, .err = err};
    enum quell_code code = engine->reader->kind->marks(engine->reader, QUELL_STR(NOTICE_OPEN),
                                                       read_notice, &opening, err);
    struct notice *notice;

    if (code || opening.code)
        return code ? code : opening.code;
    turn_begin(engine);
    for (notice = engine->notices; notice; notice = notice->next) {
        remember(notice);
        commit_then(turn_commit(engine), begin_all, notice);
    }
    turn_end(engine);
    return QUELL_OK;
}

bool notify_rest(struct quell *engine)
{
    bool any = false;

    for (struct notice *notice = engine->notices; notice; notice = notice->next) {
        for (size_t i = 0; i < notice->count; i++) {
            struct telling *telling = &notice->tellings[i];

            if (telling->call && call_in_the_air(telling->call)) {
                any = true;
            } else if (telling->call) {
                call_free(telling->call);
                telling->call = NULL;
                set_state(telling, "due", "");
                remember(notice);
            }
        }
    }
    return any;
}

void notify_close(struct quell *engine)
{
    while (engine->notices)
        notice_free(engine->notices);
}
