/*
 * replay_answer.c - who answers in a replay: the journal. What it does not hold is made up from the
 * manifest's example, and said to be.
 */
#include "core/replay.h"

#include "base/str.h"
#include "value/value.h"

/* What comes at one time comes in the order in which it is recorded; `recorded` is its place there,
 * or replay->count. */
static void come(struct replay *replay, int64_t at_us, enum event_kind kind, struct quell_str path,
                 struct quell_value data, size_t recorded)
{
    struct coming *coming;

    if (replay->coming_count == replay->coming_cap) {
        size_t cap = replay->coming_cap ? replay->coming_cap * 2 : 16;
        replay->coming =
            arena_grow(replay->arena, replay->coming, replay->coming_cap * sizeof(*replay->coming),
                       cap * sizeof(*replay->coming));
        replay->coming_cap = cap;
    }
    coming = &replay->coming[replay->coming_count++];
    *coming = (struct coming){.event = {.at_us = at_us, .kind = kind, .path = path, .data = data},
                              .order = recorded};
}

/* The first event behind `from` of this kind and path that has not answered yet. */
static size_t find(const struct replay *replay, size_t from, enum event_kind kind,
                   struct quell_str path)
{
    for (; from < replay->count; from++)
        if (!replay->used[from] && replay->events[from].kind == kind &&
            quell_str_equal(replay->events[from].path, path))
            return from;
    return replay->count;
}

/* A recorded answer comes as long after its question as it did then. */
static void answer_with(struct replay *replay, size_t question, size_t answer)
{
    const struct event *event = &replay->events[answer];
    int64_t asked_us = replay->events[question].at_us, at_us = replay->now_us;

    if (event->at_us > asked_us)
        at_us += event->at_us - asked_us;
    if (replay->now_us < asked_us && asked_us - replay->now_us <= REPLAY_LATE_US)
        at_us = event->at_us;
    replay->used[answer] = true;
    come(replay, at_us, event->kind, event->path, event->data, answer);
}

/* ---- calls -------------------------------------------------------------------------------------
 */

static void make_up(struct replay *replay, const struct event *event)
{
    struct map_builder map = {.arena = replay->arena};
    struct run_call call;

    if (!run_find_call(replay->run, event->path, &call))
        return;
    map_add(&map, "outcome", quell_text("succeeded"));
    map_add(&map, "output",
            simulate_output(replay->arena, call.action, call.input, QUELL_STR("not sent"), true));
    list_add(&replay->made_up, value_copy_str(replay->arena, event->path));
    come(replay, replay->now_us, EVENT_CALL_ENDED, arena_str(replay->arena, event->path),
         map_made(&map), replay->count);
}

static void answer_call(struct replay *replay, const struct event *event)
{
    struct quell_str action = quell_get_str(event->data, "action");
    size_t asked = find(replay, 0, event->kind, event->path), next, ended;

    while (asked < replay->count &&
           !quell_str_equal(quell_get_str(replay->events[asked].data, "action"), action))
        asked = find(replay, asked + 1, event->kind, event->path);
    if (asked == replay->count) {
        make_up(replay, event);
        return;
    }
    replay->used[asked] = true;
    next = find(replay, asked + 1, event->kind, event->path);
    ended = find(replay, asked + 1, EVENT_CALL_ENDED, event->path);
    if (ended < next)
        answer_with(replay, asked, ended);
}

/* ---- people ------------------------------------------------------------------------------------
 */

/* Who agreed then agrees now, even to something else: that is told. */
static void answer_approval(struct replay *replay, const struct event *event)
{
    static const enum event_kind kinds[] = {EVENT_APPROVAL_GIVEN, EVENT_APPROVAL_DENIED};
    size_t asked = find(replay, 0, event->kind, event->path), next, i, at;
    struct quell_value digest = quell_get(event->data, "digest");
    bool other;

    if (asked == replay->count)
        return;
    replay->used[asked] = true;
    other = !value_equal(digest, quell_get(replay->events[asked].data, "digest"));
    next = find(replay, asked + 1, event->kind, event->path);
    for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        for (at = find(replay, asked + 1, kinds[i], event->path); at < next;
             at = find(replay, at + 1, kinds[i], event->path)) {
            answer_with(replay, asked, at);
            replay->coming[replay->coming_count - 1].event.data =
                value_with(replay->arena, replay->events[at].data, QUELL_STR("digest"),
                           value_copy(replay->arena, digest));
            if (other)
                list_add(&replay->assumed, value_copy_str(replay->arena, event->path));
            other = false;
        }
}

/* ---- all ---------------------------------------------------------------------------------------
 */

static void answer_one(struct replay *replay, const struct event *event, enum event_kind kind)
{
    size_t asked = find(replay, 0, event->kind, event->path), answer;

    if (asked == replay->count)
        return;
    replay->used[asked] = true;
    answer = find(replay, asked + 1, kind, event->path);
    if (answer < replay->count)
        answer_with(replay, asked, answer);
}

static void answer_child(struct replay *replay, const struct event *event)
{
    struct map_builder map = {.arena = replay->arena};
    size_t asked = find(replay, 0, event->kind, event->path), at;

    if (asked < replay->count) {
        replay->used[asked] = true;
        at = find(replay, asked + 1, EVENT_CHILD_STARTED, event->path);
        if (at < replay->count)
            answer_with(replay, asked, at);
        at = find(replay, asked + 1, EVENT_CHILD_ENDED, event->path);
        if (at < replay->count)
            answer_with(replay, asked, at);
        return;
    }
    list_add(&replay->made_up, value_copy_str(replay->arena, event->path));
    map_add(&map, "status", quell_text("succeeded"));
    come(replay, replay->now_us, EVENT_CHILD_ENDED, arena_str(replay->arena, event->path),
         map_made(&map), replay->count);
}

void replay_answer(struct replay *replay, const struct event *event)
{
    switch ((int)event->kind) {
    case EVENT_CALL_SCHEDULED:
        answer_call(replay, event);
        break;
    case EVENT_APPROVAL_ASKED:
        answer_approval(replay, event);
        break;
    case EVENT_FORM_ASKED:
        answer_one(replay, event, EVENT_FORM_ANSWERED);
        break;
    case EVENT_WAIT_STARTED:
        answer_one(replay, event, EVENT_EVENT_CAME);
        break;
    case EVENT_CHILD_CALLED:
        answer_child(replay, event);
        break;
    case EVENT_CHILD_UNDOING:
        answer_one(replay, event, EVENT_CHILD_UNDONE);
        break;
    case EVENT_RUN_HELD:
        answer_one(replay, event,
                   quell_get_bool(event->data, "limit", false) ? EVENT_RUN_RELEASED
                                                               : EVENT_OUTCOME_RESOLVED);
        break;
    default: /* nobody is asked */
        break;
    }
}

void replay_unasked(struct replay *replay)
{
    size_t i;

    for (i = 1; i < replay->count; i++) {
        const struct event *event = &replay->events[i];
        bool unasked =
            event->kind == EVENT_RUN_BEGUN || event->kind == EVENT_RUN_MERGED ||
            event->kind == EVENT_RUN_CANCELLING || event->kind == EVENT_RUN_BOUND ||
            (event->kind == EVENT_UNDO_ASKED && !quell_get_bool(event->data, "due", false)) ||
            (event->kind == EVENT_RUN_RELEASED && event->path.len == 0);
        if (!unasked)
            continue;
        replay->used[i] = true;
        come(replay, event->at_us, event->kind, event->path, event->data, i);
    }
}
