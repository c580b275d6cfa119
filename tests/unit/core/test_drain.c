/*
 * test_drain.c - a drain leaves nothing in doubt: what is on its way is waited for, what waits
 * rests, and the next open goes on with it.
 */
#include "fixture.h"

#include "../peer.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
#define BUSY "HTTP/1.1 429 Busy\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n"

enum { LONG_MS = 600000 };

/* Two requests, neither of which may be sent twice. */
static const char playbook[] = "quell: 1\n"
                               "playbook: p\n"
                               "on: { manual: }\n"
                               "steps:\n"
                               "  - id: one\n"
                               "    uses: http.request\n"
                               "    with: { method: POST, url: /one, json: {} }\n"
                               "  - id: two\n"
                               "    uses: http.request\n"
                               "    with: { method: POST, url: /two, json: {} }\n";

struct scene {
    struct engine_place place;
    struct peer *peer;
    struct quell *engine;
    const char *answer; /* to every request */
    bool drained;
};

static const char *serve(struct peer *peer, size_t nth, const char *request)
{
    const struct scene *scene = peer->user;

    return scene->answer;
}

static void open_again(struct scene *scene)
{
    scene->drained = false;
    scene->engine = place_open(&scene->place, QUELL_FOR_RUNNING);
}

static void scene_open(struct scene *scene, const char *answer)
{
    char config[256];

    *scene = (struct scene){.answer = answer};
    place_make(&scene->place, "", playbook);
    scene->peer = peer_new(scene->place.loop, serve, scene);
    (void)snprintf(config, sizeof(config),
                   "connections:\n"
                   "  http: { url: 'http://127.0.0.1:%u', egress: [loopback], auth: { kind: none } "
                   "}\n",
                   scene->peer->port);
    place_write(scene->place.config, config);
    half_make(&scene->place, NULL);
    open_again(scene);
}

static void scene_close(struct scene *scene)
{
    quell_close(scene->engine);
    peer_free(scene->peer);
    place_remove(&scene->place);
}

static void on_drained(void *user)
{
    struct scene *scene = user;

    assert_false(scene->drained);
    scene->drained = true;
}

static void wait_for_requests(struct scene *scene, size_t count)
{
    while (scene->peer->count < count)
        loop_once(scene->place.loop, -1);
}

static void wait_for_event(struct scene *scene, const char *kind)
{
    struct watch watch = {.kind = kind};

    quell_watch(scene->engine, watch_event, &watch);
    watch_wait(&scene->place, &watch);
    quell_watch(scene->engine, NULL, NULL);
}

/* The run goes on after a close and ends well, with so many requests in all. */
static void ends_well(struct scene *scene, size_t requests)
{
    quell_close(scene->engine);
    scene->answer = OK;
    open_again(scene);
    wait_for_event(scene, "run_ended");
    assert_true(run_is(scene->engine, "succeeded"));
    assert_int_equal(scene->peer->count, requests);
}

static void waits_for_what_is_on_its_way(void **state)
{
    struct scene scene;

    scene_open(&scene, "");
    wait_for_requests(&scene, 1);
    quell_drain(scene.engine, LONG_MS, on_drained, &scene);
    for (int i = 0; i < 5; i++) /* it has looked some times */
        loop_once(scene.place.loop, -1);
    assert_false(scene.drained);
    bufferevent_write(scene.peer->open[0], OK, strlen(OK));
    peer_wait(scene.place.loop, &scene.drained);
    assert_int_equal(scene.peer->count, 1); /* the second step was not begun */
    ends_well(&scene, 2);
    scene_close(&scene);
}

static void gives_up_waiting(void **state)
{
    struct scene scene;

    scene_open(&scene, "");
    wait_for_requests(&scene, 1);
    quell_drain(scene.engine, 1, on_drained, &scene);
    peer_wait(scene.place.loop, &scene.drained);
    quell_close(scene.engine);
    open_again(&scene);
    wait_for_event(&scene, "run_held"); /* nobody knows */
    scene_close(&scene);
}

static void what_was_told_to_come_back_rests(void **state)
{
    struct scene scene;

    scene_open(&scene, BUSY);
    wait_for_requests(&scene, 1);
    wait_for_event(&scene, "call_sending"); /* that nothing is in flight */
    quell_drain(scene.engine, LONG_MS, on_drained, &scene);
    peer_wait(scene.place.loop, &scene.drained);
    ends_well(&scene, 3);
    scene_close(&scene);
}

static void what_was_told_to_come_back_survives_a_crash(void **state)
{
    struct scene scene;

    scene_open(&scene, BUSY);
    wait_for_requests(&scene, 1);
    wait_for_event(&scene, "call_sending");
    ends_well(&scene, 3);
    scene_close(&scene);
}

static void a_start_that_is_drained_at_once_sends_nothing(void **state)
{
    struct scene scene;

    scene_open(&scene, OK);
    quell_drain(scene.engine, LONG_MS, on_drained, &scene); /* before the intent is on disk */
    peer_wait(scene.place.loop, &scene.drained);
    assert_int_equal(scene.peer->count, 0);
    ends_well(&scene, 2);
    scene_close(&scene);
}

static void on_resolved(enum quell_code code, const struct quell_error *err, void *user)
{
    bool *resolved = user;

    assert_int_equal(code, QUELL_OK);
    *resolved = true;
}

/* As `quell resolve` does where nobody serves: the word is kept, and the call is left to others. */
static void a_word_in_a_drain_is_kept_and_nothing_sent(void **state)
{
    struct scene scene;
    struct quell_error err = {0};
    bool resolved = false;

    scene_open(&scene, "");
    wait_for_requests(&scene, 1);
    quell_close(scene.engine);
    open_again(&scene);
    wait_for_event(&scene, "run_held");
    quell_drain(scene.engine, LONG_MS, on_drained, &scene);
    if (quell_resolve(scene.engine, QUELL_STR(RUN_ID), QUELL_STR("one"), false, QUELL_STR("me"),
                      on_resolved, &resolved, &err))
        fail_msg("%s", err.message);
    peer_wait(scene.place.loop, &resolved);
    peer_wait(scene.place.loop, &scene.drained);
    assert_int_equal(scene.peer->count, 1);
    ends_well(&scene, 3);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_for_what_is_on_its_way),
        cmocka_unit_test(gives_up_waiting),
        cmocka_unit_test(what_was_told_to_come_back_rests),
        cmocka_unit_test(what_was_told_to_come_back_survives_a_crash),
        cmocka_unit_test(a_start_that_is_drained_at_once_sends_nothing),
        cmocka_unit_test(a_word_in_a_drain_is_kept_and_nothing_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
