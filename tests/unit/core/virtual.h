/*
 * virtual.h - an engine under a virtual clock: memory store, playbooks given as texts, calls that
 * the test answers. For whatever has to do with time: retries, waits, schedules, dedupe, limits.
 *
 *     struct virtual v;
 *     virtual_open(&v, config, (const char *const[]){text, NULL});
 *     virtual_answer(&v, "http.request", QUELL_STR("{\"status\": 200}"));  // from now on
 *     virtual_submit(&v, "{\"id\": \"1\", \"title\": \"malware\"}");      // quell's own shape
 *     virtual_pass(&v, "2h");                                             // time goes by
 *     virtual_state(&v, 0, "succeeded");                                  // of the first run
 *     assert_int_equal(virtual_count(&v, "call_scheduled", NULL), 1);
 *     virtual_close(&v);
 *
 * The clock begins at VIRTUAL_START and stands still but in virtual_pass(). A call that has no
 * answer of the test gets the example of its action's manifest.
 */
#ifndef UNIT_CORE_VIRTUAL_H
#define UNIT_CORE_VIRTUAL_H

#include "fixture.h"

#include "base/when.h"
#include "value/json.h"

#define VIRTUAL_START "2026-05-04T10:00:00Z"
enum { VIRTUAL_PLAYBOOKS = 16, VIRTUAL_ANSWERS = 16, VIRTUAL_EVENTS = 4096 };

struct virtual
{
    struct arena *arena;
    char folder[32];
    char paths[VIRTUAL_PLAYBOOKS + 1][64]; /* the last one is quell.yaml */
    const char *playbooks[VIRTUAL_PLAYBOOKS + 1];
    struct loop *loop;
    struct quell *engine;
    struct stand_in stand_in;
    struct {
        const char *action;
        struct quell_value output;
        struct quell_error error;
        int64_t after_us;
    } answers[VIRTUAL_ANSWERS];
    size_t answer_count;
    struct { /* every event of every run, in order */
        struct quell_str run, kind, path;
        struct quell_value data;
    } events[VIRTUAL_EVENTS];
    size_t event_count;
    struct quell_str answer; /* to the last submission */
};

static UNUSED void virtual_call(struct active *active, const struct run_call *call,
                                struct stand_in_answer *answer, void *user)
{
    struct virtual *v = user;
    struct quell_str name = call->step->uses;

    (void)active;
    for (size_t i = v->answer_count; i-- > 0;) {
        if (!str_is(name, v->answers[i].action))
            continue;
        answer->outcome.code = v->answers[i].error.code;
        answer->outcome.error = v->answers[i].error;
        answer->outcome.output = v->answers[i].output;
        answer->after_us = v->answers[i].after_us;
        return;
    }
    answer->outcome.output =
        simulate_output(v->arena, call->step->action, call->input, QUELL_STR(""), true);
}

static UNUSED void virtual_event(struct quell_str run, struct quell_value event, void *user)
{
    struct virtual *v = user;

    assert_true(v->event_count < VIRTUAL_EVENTS);
    v->events[v->event_count].run = arena_str(v->arena, run);
    v->events[v->event_count].kind = arena_str(v->arena, quell_get_str(event, "kind"));
    v->events[v->event_count].path = arena_str(v->arena, quell_get_str(event, "path"));
    v->events[v->event_count++].data = value_copy(v->arena, event);
}

/* Opens (again: after virtual_close a new store). `config` is the text of quell.yaml. */
static UNUSED void virtual_open(struct virtual *v, const char *config, const char *const *texts)
{
    struct quell_options options = {.purpose = QUELL_FOR_RUNNING, .store = "memory:"};
    struct quell_error err = {0};
    struct when start = {0};
    size_t i;

    *v = (struct virtual){.arena = arena_new(0)};
    log_set(LOG_LEVEL_ERROR, 0);
    (void)snprintf(v->folder, sizeof(v->folder), "/tmp/quell-core-XXXXXX");
    assert_non_null(mkdtemp(v->folder));
    for (i = 0; texts[i]; i++) {
        assert_true(i < VIRTUAL_PLAYBOOKS);
        (void)snprintf(v->paths[i], sizeof(v->paths[i]), "%s/p%zu.yaml", v->folder, i);
        place_write(v->paths[i], texts[i]);
        v->playbooks[i] = v->paths[i];
    }
    (void)snprintf(v->paths[VIRTUAL_PLAYBOOKS], sizeof(v->paths[0]), "%s/quell.yaml", v->folder);
    place_write(v->paths[VIRTUAL_PLAYBOOKS], config);
    assert_true(when_parse_time(QUELL_STR(VIRTUAL_START), &start));
    v->loop = loop_new_virtual(when_to_us(start), 1);
    options.config = v->paths[VIRTUAL_PLAYBOOKS];
    options.playbooks = v->playbooks;
    options.loop = v->loop;
    if (quell_open(&options, &v->engine, &err))
        fail_msg("%s", err.message);
    v->stand_in = (struct stand_in){.answer = virtual_call, .user = v};
    v->engine->stand_in = &v->stand_in;
    quell_watch(v->engine, virtual_event, v);
    loop_settle(v->loop);
}

static UNUSED void virtual_close(struct virtual *v)
{
    quell_close(v->engine);
    loop_free(v->loop);
    for (size_t i = 0; i <= VIRTUAL_PLAYBOOKS; i++)
        if (v->paths[i][0])
            (void)unlink(v->paths[i]); /* written by virtual_open */
    assert_int_equal(rmdir(v->folder), 0);
    arena_free(v->arena);
}

/* ---- answers -----------------------------------------------------------------------------------
 */

static UNUSED void virtual_answer(struct virtual *v, const char *action, struct quell_str output)
{
    struct quell_error err = {0};

    assert_true(v->answer_count < VIRTUAL_ANSWERS);
    v->answers[v->answer_count].action = action;
    if (json_read(v->arena, output, 0, &v->answers[v->answer_count].output, NULL, &err))
        fail_msg("%s", err.message);
    v->answer_count++;
}

static UNUSED void virtual_fail(struct virtual *v, const char *action, enum quell_code code)
{
    assert_true(v->answer_count < VIRTUAL_ANSWERS);
    v->answers[v->answer_count].action = action;
    v->answers[v->answer_count].output = quell_null();
    (void)snprintf(v->answers[v->answer_count].error.message, sizeof(v->answers[0].error.message),
                   "the test says so");
    v->answers[v->answer_count++].error.code = code;
}

/* The answer that was given last comes only after this time. */
static UNUSED void virtual_late(struct virtual *v, const char *duration)
{
    struct when after = {0};

    assert_true(v->answer_count > 0 && when_parse_duration(quell_str_of(duration), &after));
    v->answers[v->answer_count - 1].after_us = when_to_us(after);
}

/* ---- what happens ------------------------------------------------------------------------------
 */

static UNUSED void virtual_submitted(enum quell_code code, struct quell_str answer, bool repeated,
                                     const struct quell_error *err, void *user)
{
    struct virtual *v = user;

    (void)repeated;
    if (code)
        fail_msg("%s", err->message);
    v->answer = arena_str(v->arena, answer);
}

/* Takes an incident in, and does all that needs no time. */
static UNUSED void virtual_submit(struct virtual *v, const char *json)
{
    struct quell_submission submission = {.body = quell_str_of(json)};
    struct quell_error err = {0};

    if (quell_submit(v->engine, &submission, virtual_submitted, v, &err))
        fail_msg("%s", err.message);
    loop_settle(v->loop);
}

/* Starts playbook `id` by hand. */
static UNUSED void virtual_run(struct virtual *v, const char *id, const char *inputs, char run[37])
{
    struct quell_run_options options = {
        .playbook = id, .inputs = quell_str_of(inputs), .by = QUELL_STR("test")};
    struct quell_error err = {0};

    if (quell_run(v->engine, &options, run, &err))
        fail_msg("%s", err.message);
    loop_settle(v->loop);
}

static UNUSED void virtual_pass(struct virtual *v, const char *duration)
{
    struct when time = {0};

    assert_true(when_parse_duration(quell_str_of(duration), &time));
    loop_advance(v->loop, loop_monotonic_us(v->loop) + when_to_us(time));
}

/* The id of the nth run, counted from 0 in the order they began; empty = there is none. */
static UNUSED struct quell_str virtual_id(const struct virtual *v, size_t nth)
{
    for (size_t i = 0; i < v->event_count; i++)
        if (str_is(v->events[i].kind, "run_started") && nth-- == 0)
            return v->events[i].run;
    return QUELL_STR("");
}

/* It as quell_show has it: {run, playbook, state, steps ...}. */
static UNUSED struct quell_value virtual_show(struct virtual *v, size_t nth)
{
    struct quell_document shown = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_value value;

    if (quell_show(v->engine, virtual_id(v, nth), &shown, &err))
        fail_msg("run %zu: %s", nth, err.message);
    value = value_copy(v->arena, shown.value);
    quell_document_free(&shown);
    return value;
}

static UNUSED void virtual_state(struct virtual *v, size_t nth, const char *state)
{
    struct quell_str found = quell_get_str(virtual_show(v, nth), "state");

    if (!str_is(found, state))
        fail_msg("run %zu is `%.*s`, not `%s`", nth, QUELL_ARG(found), state);
}

/* Events of this kind and path (NULL = any) of all runs so far. */
static UNUSED size_t virtual_count(const struct virtual *v, const char *kind, const char *path)
{
    size_t count = 0;

    for (size_t i = 0; i < v->event_count; i++)
        count += str_is(v->events[i].kind, kind) && (!path || str_is(v->events[i].path, path));
    return count;
}

#endif
