/*
 * test_cancel.c - a run that is cancelled: what changed nothing is broken off, a change on its way
 * comes to its end, a folded run is woken for it; and a branch that fails breaks off the others.
 */
#include "fixture.h"

#include "../peer.h"
#include "core/fold.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
#define NO "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"

struct scene {
    struct engine_place place;
    struct peer *peer;
    struct quell *engine;
    bool durable;
};

/* Requests to /no are refused, those to /ok answered, all others are not. */
static const char *serve(struct peer *peer, size_t nth, const char *request)
{
    return strstr(request, " /no ") ? NO : strstr(request, " /ok ") ? OK : "";
}

static void scene_open(struct scene *scene, const char *steps)
{
    char config[256], text[1024];

    *scene = (struct scene){0};
    (void)snprintf(text, sizeof(text), "quell: 1\nplaybook: p\non: { manual: }\nsteps:\n%s", steps);
    place_make(&scene->place, "", text);
    scene->peer = peer_new(scene->place.loop, serve, scene);
    (void)snprintf(config, sizeof(config),
                   "connections:\n"
                   "  http: { url: 'http://127.0.0.1:%u', egress: [loopback], auth: { kind: none } "
                   "}\n",
                   scene->peer->port);
    place_write(scene->place.config, config);
    half_make(&scene->place, NULL);
    scene->engine = place_open(&scene->place, QUELL_FOR_RUNNING);
}

static void scene_close(struct scene *scene)
{
    quell_close(scene->engine);
    peer_free(scene->peer);
    place_remove(&scene->place);
}

static void wait_for_requests(struct scene *scene, size_t count)
{
    while (scene->peer->count < count)
        loop_once(scene->place.loop, -1);
}

static void wait_for_end(struct scene *scene)
{
    struct watch watch = {.kind = "run_ended"};

    quell_watch(scene->engine, watch_event, &watch);
    watch_wait(&scene->place, &watch);
    quell_watch(scene->engine, NULL, NULL);
}

static void on_durable(enum quell_code code, const struct quell_error *err, void *user)
{
    struct scene *scene = user;

    assert_int_equal(code, QUELL_OK);
    scene->durable = true;
}

static enum quell_code cancel(struct scene *scene)
{
    struct quell_error err = {0};

    return quell_cancel(scene->engine, QUELL_STR(RUN_ID), QUELL_STR("ann"), QUELL_STR("a drill"),
                        on_durable, scene, &err);
}

static struct quell_value step(struct quell_value shown, const char *path)
{
    struct quell_value steps = quell_get(shown, "steps");
    size_t i;

    for (i = 0; i < quell_count(steps); i++)
        if (quell_text_is(quell_get(quell_at(steps, i), "path"), path))
            return quell_at(steps, i);
    return quell_null();
}

static void step_is(struct scene *scene, const char *path, const char *status)
{
    struct quell_document shown = {0};
    struct quell_error err = {0};

    if (quell_show(scene->engine, QUELL_STR(RUN_ID), &shown, &err))
        fail_msg("%s", err.message);
    if (!quell_text_is(quell_get(step(shown.value, path), "status"), status))
        fail_msg("%s is not %s", path, status);
    quell_document_free(&shown);
}

static void a_read_is_broken_off(void **state)
{
    struct scene scene;

    scene_open(&scene, "  - id: one\n    uses: http.request\n    with: { method: GET, url: /one }\n"
                       "finally:\n  - id: two\n    uses: http.request\n"
                       "    with: { method: GET, url: /ok }\n");
    wait_for_requests(&scene, 1);
    assert_int_equal(cancel(&scene), QUELL_OK);
    wait_for_end(&scene);
    assert_true(scene.durable);
    assert_int_equal(scene.peer->count, 2);
    assert_true(run_is(scene.engine, "cancelled"));
    step_is(&scene, "one", "cancelled");
    step_is(&scene, "finally.two", "succeeded");
    assert_int_equal(cancel(&scene), QUELL_CONFLICT);
    scene_close(&scene);
}

static void a_change_comes_to_its_end(void **state)
{
    struct scene scene;

    scene_open(&scene,
               "  - id: one\n    uses: http.request\n    with: { method: POST, url: /one, json: {} "
               "}\n"
               "  - id: two\n    uses: http.request\n    with: { method: GET, url: /two }\n");
    wait_for_requests(&scene, 1);
    assert_int_equal(cancel(&scene), QUELL_OK);
    assert_int_equal(cancel(&scene), QUELL_CONFLICT);
    peer_wait(scene.place.loop, &scene.durable);
    assert_false(run_is(scene.engine, "cancelled"));
    bufferevent_write(scene.peer->open[0], OK, strlen(OK));
    wait_for_end(&scene);
    assert_true(run_is(scene.engine, "cancelled"));
    step_is(&scene, "one", "succeeded");
    assert_int_equal(scene.peer->count, 1);
    scene_close(&scene);
}

static void a_cancel_survives_a_restart(void **state)
{
    struct watch held = {.kind = "run_held"};
    struct quell_error err = {0};
    struct scene scene;

    scene_open(&scene,
               "  - id: one\n    uses: http.request\n    with: { method: PUT, url: /one, json: {} "
               "}\n"
               "  - id: two\n    uses: http.request\n    with: { method: GET, url: /two }\n");
    wait_for_requests(&scene, 1);
    assert_int_equal(cancel(&scene), QUELL_OK);
    peer_wait(scene.place.loop, &scene.durable);
    quell_close(scene.engine);
    scene.engine = place_open(&scene.place, QUELL_FOR_RUNNING);
    assert_int_equal(cancel(&scene), QUELL_CONFLICT); /* it is being cancelled */
    quell_watch(scene.engine, watch_event, &held);
    watch_wait(&scene.place, &held); /* nobody knows whether it was sent */
    quell_watch(scene.engine, NULL, NULL);
    scene.durable = false;
    assert_int_equal(quell_resolve(scene.engine, QUELL_STR(RUN_ID), QUELL_STR("one"), false,
                                   QUELL_STR("ann"), on_durable, &scene, &err),
                     QUELL_OK);
    peer_wait(scene.place.loop, &scene.durable);
    assert_true(run_is(scene.engine, "cancelled"));
    step_is(&scene, "one", "cancelled");
    assert_int_equal(scene.peer->count, 1);
    scene_close(&scene);
}

static void a_folded_run_is_woken(void **state)
{
    struct scene scene;

    scene_open(&scene, "  - id: one\n    wait: 3h\n");
    while (fold_count(scene.engine) == 0)
        loop_once(scene.place.loop, -1);
    assert_int_equal(cancel(&scene), QUELL_OK);
    peer_wait(scene.place.loop, &scene.durable);
    assert_true(run_is(scene.engine, "cancelled"));
    step_is(&scene, "one", "cancelled");
    scene_close(&scene);
}

static void branches_are_under_way_together(void **state)
{
    struct scene scene;

    scene_open(&scene, "  - id: p\n    parallel:\n"
                       "      a:\n        - id: one\n          uses: http.request\n"
                       "          with: { method: GET, url: /one }\n"
                       "      b:\n        - id: two\n          uses: http.request\n"
                       "          with: { method: GET, url: /two }\n"
                       "        - id: three\n          uses: http.request\n"
                       "          with: { method: GET, url: /no }\n");
    wait_for_requests(&scene, 2); /* no answer yet to either */
    bufferevent_write(scene.peer->open[1], OK, strlen(OK));
    wait_for_end(&scene);
    assert_true(run_is(scene.engine, "failed"));
    step_is(&scene, "p.a.one", "cancelled");
    step_is(&scene, "p.b.three", "failed");
    step_is(&scene, "p", "failed");
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_is_broken_off),
        cmocka_unit_test(a_change_comes_to_its_end),
        cmocka_unit_test(a_cancel_survives_a_restart),
        cmocka_unit_test(a_folded_run_is_woken),
        cmocka_unit_test(branches_are_under_way_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
