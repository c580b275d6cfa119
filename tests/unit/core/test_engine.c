/*
 * The engine whole: a store, a loop, a scripted peer on loopback and a connector that does what a
 * playbook tells it. What is closed here in the middle of something must be found again by the next
 * open.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../peer.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "core/core.h"
#include "loop/file.h"
#include "value/json.h"
#include "value/value.h"

struct stage {
    char folder[64];
    struct arena *arena;
    struct loop *loop;
    struct peer *peer;
    const char *answer; /* of the peer, to everything */
    struct quell *engine;
    char run[37];
};

#define SILENT ""
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
#define BUSY "HTTP/1.1 429 No\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n"

static const char *say_answer(struct peer *peer, size_t nth, const char *request)
{
    struct stage *stage = peer->user;

    (void)nth;
    (void)request;
    return stage->answer;
}

static const char *path_of(struct stage *stage, const char *name)
{
    return arena_format(stage->arena, "%s/%s", stage->folder, name).data;
}

static void write_file(struct stage *stage, const char *name, const char *text)
{
    FILE *file = fopen(path_of(stage, name), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    (void)snprintf(stage->folder, sizeof(stage->folder), "%s", "/tmp/quell-core-XXXXXX");
    assert_non_null(mkdtemp(stage->folder));
    stage->arena = arena_new(0);
    stage->loop = loop_new();
    stage->peer = peer_new(stage->loop, say_answer, stage);
    stage->answer = ANSWER;
    write_file(stage, "empty.yaml", "connectors: []\n");
    write_file(stage, "quell.yaml",
               arena_format(stage->arena,
                            "connectors: ['%s']\n"
                            "connections:\n  puppet: { url: '%s', egress: [loopback] }\n",
                            QUELL_BINARY_DIR "/tests/unit/core/puppet", peer_url(stage->peer, ""))
                   .data);
    write_file(stage, "unconnected.yaml",
               arena_format(stage->arena, "connectors: ['%s']\n",
                            QUELL_BINARY_DIR "/tests/unit/core/puppet")
                   .data);
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = {"quell.yaml", "empty.yaml", "unconnected.yaml", "p.yaml",
                                        "q.db",       "q.db-wal",   "q.db-shm",         "q.db.lock",
                                        "q.db-lock",  "q.db.key",   "q.db.checkpoints"};
    struct stage *stage = *state;
    size_t i;

    quell_close(stage->engine);
    peer_free(stage->peer);
    loop_free(stage->loop);
    for (i = 0; i < sizeof(files) / sizeof(*files); i++)
        (void)unlink(path_of(stage, files[i]));
    (void)rmdir(stage->folder);
    arena_free(stage->arena);
    free(stage);
    return 0;
}

static void open_with(struct stage *stage, const char *config, bool with_playbook)
{
    const char *playbooks[] = {path_of(stage, "p.yaml"), NULL};
    const char *none[] = {NULL};
    struct quell_options options = {
        .purpose = QUELL_FOR_RUNNING,
        .config = path_of(stage, config),
        .store = arena_format(stage->arena, "sqlite:%s/q.db", stage->folder).data,
        .playbooks = with_playbook ? playbooks : none,
        .loop = stage->loop,
    };
    struct quell_error err = {0};

    if (quell_open(&options, &stage->engine, &err))
        fail_msg("%s", err.message);
}

static void close_engine(struct stage *stage)
{
    quell_close(stage->engine);
    stage->engine = NULL;
}

/* A playbook of these steps, begun by hand. */
static void run(struct stage *stage, const char *steps)
{
    struct quell_run_options options = {.playbook = "p", .by = QUELL_STR("test")};
    struct quell_error err = {0};

    write_file(
        stage, "p.yaml",
        arena_format(stage->arena, "quell: 1\nplaybook: p\non: { manual: }\nsteps:\n%s", steps)
            .data);
    open_with(stage, "quell.yaml", true);
    if (quell_run(stage->engine, &options, stage->run, &err))
        fail_msg("%s", err.message);
}

static void wait_for_requests(struct stage *stage, size_t count)
{
    while (stage->peer->count < count)
        loop_once(stage->loop, -1);
}

static void settle(struct stage *stage)
{
    size_t i;

    for (i = 0; i < 50 || stage->engine->committing > 0; i++)
        loop_once(stage->loop, i < 50 ? 1 : -1);
}

static struct quell_value show(struct stage *stage)
{
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell_value value;

    if (quell_show(stage->engine, quell_str_of(stage->run), &document, &err))
        fail_msg("%s", err.message);
    value = value_copy(stage->arena, document.value);
    quell_document_free(&document);
    return value;
}

static size_t count_events(struct quell_value shown, const char *kind, const char *path)
{
    struct quell_value events = quell_get(shown, "events");
    size_t i, count = 0;

    for (i = 0; i < quell_count(events); i++)
        count += quell_text_is(quell_get(quell_at(events, i), "kind"), kind) &&
                 (!path || quell_text_is(quell_get(quell_at(events, i), "path"), path));
    return count;
}

static void state_is(struct stage *stage, const char *expected)
{
    struct quell_str state = quell_get_str(show(stage), "state");

    if (!str_is(state, expected))
        fail_msg("%.*s, expected %s", QUELL_ARG(state), expected);
}

/* ---- taking up ------------------------------------------------------------------------------- */

/* A call that ends while the calls of its run are taken up: what follows is begun once. */
static void what_follows_is_begun_once(void **state)
{
    struct stage *stage = *state;
    struct quell_value shown;

    stage->answer = SILENT;
    run(stage, "  - id: a\n    uses: puppet.put\n    with: { script: s, resumed: true }\n"
               "  - id: b\n    uses: puppet.put\n    with: { script: s }\n");
    wait_for_requests(stage, 1);
    close_engine(stage);
    open_with(stage, "quell.yaml", true);
    wait_for_requests(stage, 2);
    settle(stage);
    assert_int_equal(stage->peer->count, 2);
    shown = show(stage);
    assert_int_equal(count_events(shown, "call_sending", "b"), 1);
    assert_int_equal(count_events(shown, "call_ended", "a"), 1);
}

/* The connection of a call in flight is gone: nobody knows what became of it, so a person must say.
 */
static void a_lost_connection_hides_no_doubt(void **state)
{
    struct stage *stage = *state;

    stage->answer = SILENT;
    run(stage, "  - id: a\n    uses: puppet.post\n    with: { script: s }\n");
    wait_for_requests(stage, 1);
    close_engine(stage);
    open_with(stage, "unconnected.yaml", true);
    settle(stage);
    state_is(stage, "held");
}

/* The connector is gone: the run is shown as held, its events and the reason can be read, and it
 * goes on once the connector is back. */
static void a_run_without_its_connector_is_held(void **state)
{
    struct stage *stage = *state;
    struct quell_value shown;
    struct quell_error err = {0};

    stage->answer = SILENT;
    run(stage, "  - id: a\n    uses: puppet.put\n    with: { script: s }\n");
    wait_for_requests(stage, 1);
    close_engine(stage);
    open_with(stage, "empty.yaml", false);
    settle(stage);
    shown = show(stage);
    assert_true(quell_text_is(quell_get(shown, "state"), "held"));
    assert_true(quell_get_str(shown, "fault").len > 0);
    assert_int_equal(count_events(shown, "call_sending", "a"), 1);
    assert_int_equal(quell_resolve(stage->engine, quell_str_of(stage->run), QUELL_STR("a"), true,
                                   QUELL_STR("me"), NULL, NULL, &err),
                     QUELL_CONFLICT);
    assert_null(strstr(err.message, "has ended"));
    close_engine(stage);
    stage->answer = ANSWER;
    open_with(stage, "quell.yaml", false); /* the pinned text is enough */
    while (quell_active(stage->engine))
        loop_once(stage->loop, -1);
    state_is(stage, "succeeded");
}

/* ... and its row is right again even when nothing happens at that open. */
static void a_row_says_what_the_run_is(void **state)
{
    struct stage *stage = *state;

    run(stage, "  - id: a\n    uses: puppet.look\n    with: { script: z }\n");
    settle(stage);
    state_is(stage, "waiting");
    close_engine(stage);
    open_with(stage, "empty.yaml", false);
    settle(stage);
    state_is(stage, "held");
    close_engine(stage);
    open_with(stage, "quell.yaml", true);
    settle(stage);
    state_is(stage, "waiting");
}

/* ---- a run of its full size ------------------------------------------------------------------ */

static void a_call_that_fills_its_run_ends(void **state)
{
    struct stage *stage = *state;
    struct quell_value shown;

    run(stage, "  - id: a\n    uses: puppet.look\n    with: { script: L }\n"
               "  - id: b\n    uses: puppet.put\n    with: { script: s }\n");
    while (quell_active(stage->engine))
        loop_once(stage->loop, -1);
    shown = show(stage);
    assert_true(quell_text_is(quell_get(shown, "state"), "failed"));
    assert_int_equal(count_events(shown, "run_ended", NULL), 1);
    assert_int_equal(stage->peer->count, 0);
}

/* ---- closing and reloading ------------------------------------------------------------------- */

/* Whatever is under way: journaling, signing in, in flight, between two calls, at the end. */
static void an_engine_may_be_closed_at_any_time(void **state)
{
    struct stage *stage = *state;
    struct quell_runs_options all = {.limit = 100};
    struct quell_document document = {0};
    struct quell_error err = {0};
    int turns, i;

    for (turns = 0; turns < 10; turns++) {
        run(stage, "  - id: a\n    uses: puppet.put\n    with: { script: s }\n"
                   "  - id: b\n    uses: puppet.put\n    with: { script: sg }\n");
        for (i = 0; i < turns; i++)
            loop_once(stage->loop, 1);
        close_engine(stage);
    }
    open_with(stage, "quell.yaml", true);
    while (quell_active(stage->engine))
        loop_once(stage->loop, -1);
    assert_int_equal(quell_runs(stage->engine, &all, &document, &err), QUELL_OK);
    assert_int_equal(quell_count(document.value), 10);
    for (i = 0; i < 10; i++)
        assert_true(
            quell_text_is(quell_get(quell_at(document.value, (size_t)i), "state"), "succeeded"));
    quell_document_free(&document);
}

/* Runs keep what they began with, however often it is replaced. */
static void a_reload_leaves_runs_alone(void **state)
{
    struct stage *stage = *state;
    struct quell_error err = {0};
    int i;

    run(stage, "  - id: a\n    uses: puppet.look\n    with: { script: L }\n");
    for (i = 0; i < 5; i++) {
        loop_once(stage->loop, 1);
        write_file(stage, "p.yaml",
                   arena_format(stage->arena,
                                "quell: 1\nplaybook: p%d\non: { manual: }\nsteps:\n  - stop: {}\n",
                                i)
                       .data);
        if (quell_reload(stage->engine, &err))
            fail_msg("%s", err.message);
    }
    while (quell_active(stage->engine))
        loop_once(stage->loop, -1);
    assert_true(count_events(show(stage), "call_sleeping", "a") > 100);
    state_is(stage, "failed");
}

/* ---- submitting ------------------------------------------------------------------------------ */

struct heard {
    struct stage *stage;
    size_t answers, repeated, refused;
    char last[512];
    struct heard *then; /* submit once more from inside the answer, heard by this one */
};

static void submit(struct stage *stage, const char *body, struct quell_str delivery,
                   struct heard *by);

static void heard(enum quell_code code, struct quell_str answer, bool repeated,
                  const struct quell_error *err, void *user)
{
    struct heard *by = user;

    (void)err;
    (void)snprintf(by->last, sizeof(by->last), "%.*s", QUELL_ARG(answer));
    by->answers++;
    by->repeated += repeated;
    by->refused += code != QUELL_OK;
    if (by->then)
        submit(by->stage, "{\"title\": \"t\", \"severity\": \"high\"}", QUELL_STR(""), by->then);
}

static void submit(struct stage *stage, const char *body, struct quell_str delivery,
                   struct heard *by)
{
    struct quell_submission submission = {
        .body = quell_str_of(body), .hook = QUELL_STR("h"), .delivery = delivery};
    struct quell_error err = {0};

    by->stage = stage;
    if (quell_submit(stage->engine, &submission, heard, by, &err))
        fail_msg("%s", err.message);
}

static const char body[] = "{\"title\": \"t\", \"severity\": \"high\"}";

/* Two who wait for one delivery each submit anew from inside their answer. */
static void answers_may_submit_anew(void **state)
{
    struct stage *stage = *state;
    struct heard late[2] = {{0}}, first[2] = {{.then = &late[0]}, {.then = &late[1]}};

    open_with(stage, "quell.yaml", false);
    submit(stage, body, QUELL_STR("d1"), &first[0]);
    submit(stage, body, QUELL_STR("d1"), &first[1]);
    settle(stage);
    assert_int_equal(first[0].answers, 1);
    assert_int_equal(first[1].repeated, 1);
    assert_int_equal(late[0].answers, 1);
    assert_int_equal(late[1].answers, 1);
    assert_int_equal(stage->engine->counters.incidents, 3);
}

/* A close answers who asked again, and forgets nobody. */
static void a_close_answers_repeats(void **state)
{
    struct stage *stage = *state;
    struct heard first = {0}, again = {0}, open = {0};

    open_with(stage, "quell.yaml", false);
    submit(stage, body, QUELL_STR("d1"), &first);
    while (first.answers == 0)
        loop_once(stage->loop, -1);
    submit(stage, body, QUELL_STR("d1"), &again);
    submit(stage, body, QUELL_STR("d2"), &open);
    assert_int_equal(again.answers, 0);
    close_engine(stage);
    assert_int_equal(again.answers, 1);
    assert_int_equal(again.repeated, 1);
    assert_int_equal(again.refused, 0);
    assert_int_equal(open.answers, 1);
    loop_once(stage->loop, 0);
    assert_int_equal(again.answers, 1);
}

/* The id of a delivery is the sender's to choose: even as our name of the event in it. */
static void a_delivery_named_like_its_event(void **state)
{
    struct stage *stage = *state;
    struct heard first = {0}, second = {0};
    struct quell_str text, event, own = {"", 0};
    struct quell_value value;
    struct quell_error err = {0};

    if (file_read(stage->arena, QUELL_SOURCE_DIR "/tests/data/incidents/sentinel-update.json",
                  LIMIT_DOCUMENT_BYTES, &text, &err))
        fail_msg("%s", err.message);
    assert_int_equal(incident_from_text(stage->loop, stage->arena, QUELL_STR(""), text, &value,
                                        &event, &own, &err),
                     QUELL_OK);
    assert_true(own.len > 0);
    open_with(stage, "quell.yaml", false);
    submit(stage, arena_str(stage->arena, text).data,
           arena_format(stage->arena, "event:%.*s", QUELL_ARG(own)), &first);
    settle(stage);
    assert_int_equal(first.answers, 1);
    assert_int_equal(first.refused, 0);
    submit(stage, body, QUELL_STR(""), &second);
    settle(stage);
    assert_int_equal(second.refused, 0);
}

/* Without a hook there is nothing that its id would be known by: it comes in, however often. */
static void an_event_without_a_hook_is_no_repetition(void **state)
{
    struct stage *stage = *state;
    struct heard heard_of[2] = {{0}};
    struct quell_submission submission = {.hook = QUELL_STR("")};
    struct quell_error err = {0};

    if (file_read(stage->arena, QUELL_SOURCE_DIR "/tests/data/incidents/sentinel-update.json",
                  LIMIT_DOCUMENT_BYTES, &submission.body, &err))
        fail_msg("%s", err.message);
    open_with(stage, "quell.yaml", false);
    for (size_t i = 0; i < 2; i++) {
        heard_of[i].stage = stage;
        assert_int_equal(quell_submit(stage->engine, &submission, heard, &heard_of[i], &err),
                         QUELL_OK);
        settle(stage);
        assert_int_equal(heard_of[i].answers, 1);
        assert_int_equal(heard_of[i].refused, 0);
        assert_int_equal(heard_of[i].repeated, 0);
    }
}

/* An hour after the last time, the next open or incident forgets what is older than a week. */
static void old_deliveries_are_forgotten(void **state)
{
    struct stage *stage = *state;
    struct store_delivery rows[2] = {
        {QUELL_STR("h"), QUELL_STR("old"), 0, QUELL_STR("{}")},
        {QUELL_STR("h"), QUELL_STR("new"), 0, QUELL_STR("{}")},
    };
    struct store_batch batch = {.deliveries = rows, .delivery_count = 2};
    const struct store_batch *batches[] = {&batch};
    struct heard old = {0}, recent = {0};
    struct quell_error err = {0};
    struct store *store;

    rows[0].at_us = clock_now_us() - (LIMIT_DELIVERY_KEEP_S + 60) * INT64_C(1000000);
    rows[1].at_us = clock_now_us() - (LIMIT_DELIVERY_KEEP_S - 60) * INT64_C(1000000);
    assert_int_equal(store_open(quell_str_of(path_of(stage, "q.db")), STORE_WRITE, &store, &err),
                     QUELL_OK);
    assert_int_equal(store->kind->commit(store, batches, 1, &err), QUELL_OK);
    store_close(store);
    open_with(stage, "quell.yaml", false);
    settle(stage);
    submit(stage, body, QUELL_STR("old"), &old);
    submit(stage, body, QUELL_STR("new"), &recent);
    settle(stage);
    assert_int_equal(old.answers, 1);
    assert_int_equal(old.repeated, 0);
    assert_int_equal(recent.repeated, 1);
}

/* A playbook that matches and cannot begin is named in the answer. */
static void what_cannot_begin_is_said(void **state)
{
    struct stage *stage = *state;
    struct heard by = {0};

    write_file(stage, "p.yaml",
               "quell: 1\nplaybook: p\non:\n  incident:\n    types: [created]\n"
               "    match: { title: t }\n"
               "inputs:\n  owner: { type: string, default: '${{ incident.owner.name }}' }\n"
               "steps:\n  - stop: {}\n");
    open_with(stage, "quell.yaml", true);
    submit(stage, body, QUELL_STR(""), &by);
    settle(stage);
    assert_int_equal(by.answers, 1);
    assert_non_null(
        strstr(by.last, "\"not_started\":[{\"playbook\":\"p\",\"reason\":\"failed\",\"error\":"));
    assert_non_null(strstr(by.last, "\"runs\":[]"));
}

/* A shadow run makes up what it does not send, and knows what it made up. */
static void a_shadow_sends_no_change(void **state)
{
    struct stage *stage = *state;
    struct quell_value shown;

    run(stage, "  - id: a\n    uses: puppet.put\n    with: { script: s }\n    on-error: continue\n"
               "  - id: b\n    if: steps.a.status == 'succeeded'\n    uses: puppet.look\n"
               "    with: { script: g }\n"
               "state: shadow\n");
    while (quell_active(stage->engine))
        loop_once(stage->loop, -1);
    shown = show(stage);
    assert_true(quell_text_is(quell_get(shown, "state"), "succeeded"));
    assert_int_equal(stage->peer->count, 1);
    assert_int_equal(count_events(shown, "call_sending", "b"), 1);
}

/* ---- plans ----------------------------------------------------------------------------------- */

/* A service that turns us away now says nothing about the run: the read is unknown, not failed. */
static void a_busy_service_is_unknown(void **state)
{
    struct stage *stage = *state;
    struct quell_plan_options options = {.playbook = path_of(stage, "p.yaml"), .timeout_ms = 20000};
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell_value calls;

    stage->answer = BUSY;
    write_file(stage, "p.yaml",
               "quell: 1\nplaybook: p\non: { manual: }\nsteps:\n"
               "  - id: a\n    uses: puppet.look\n    with: { script: g }\n"
               "  - id: b\n    uses: puppet.put\n    with: { script: s }\n");
    open_with(stage, "quell.yaml", false);
    if (quell_plan(stage->engine, &options, &document, &err))
        fail_msg("%s", err.message);
    calls = quell_get(document.value, "calls");
    assert_int_equal(quell_count(calls), 2);
    assert_true(quell_text_is(quell_get(quell_at(calls, 0), "verdict"), "unknown"));
    assert_true(quell_get_str(quell_at(calls, 0), "error").len > 0);
    assert_true(quell_text_is(quell_get(quell_at(calls, 1), "verdict"), "would"));
    assert_int_equal(stage->peer->count, 1);
    quell_document_free(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_follows_is_begun_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lost_connection_hides_no_doubt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_without_its_connector_is_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_says_what_the_run_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_call_that_fills_its_run_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_engine_may_be_closed_at_any_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reload_leaves_runs_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_may_submit_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_close_answers_repeats, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_delivery_named_like_its_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_event_without_a_hook_is_no_repetition, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(old_deliveries_are_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_begin_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_shadow_sends_no_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_busy_service_is_unknown, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
