/*
 * test_call_restart.c - a run that called another one waits for it through the end of the process.
 */
#include "fixture.h"

#include "../peer.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

static const char caller[] =
    "quell: 1\nplaybook: caller\non: { manual: }\nsteps:\n"
    "  - uses: http.request\n    with: { method: POST, url: /first, json: {} }\n"
    "  - id: c\n    call: called\n";
static const char called[] = "quell: 1\nplaybook: called\non: { call: }\nsteps:\n"
                             "  - uses: http.request\n    with: { method: GET, url: /second }\n";

struct scene {
    struct engine_place place;
    char second[64], run[37];
    struct peer *peer;
    struct quell *engine;
    bool drained;
};

/* Nothing is answered by itself. */
static const char *serve(struct peer *peer, size_t nth, const char *request)
{
    return "";
}

static void open_engine(struct scene *scene)
{
    const char *playbooks[] = {scene->place.playbook, scene->second, NULL};
    struct quell_options options = {.purpose = QUELL_FOR_RUNNING,
                                    .config = scene->place.config,
                                    .store = scene->place.store,
                                    .playbooks = playbooks,
                                    .loop = scene->place.loop};
    struct quell_error err = {0};

    if (quell_open(&options, &scene->engine, &err))
        fail_msg("%s", err.message);
}

static void open_again(struct scene *scene)
{
    quell_close(scene->engine);
    open_engine(scene);
}

static void scene_open(struct scene *scene)
{
    struct quell_run_options options = {.playbook = "caller", .by = QUELL_STR("test")};
    struct quell_error err = {0};
    char config[256];

    *scene = (struct scene){0};
    place_make(&scene->place, "", caller);
    (void)snprintf(scene->second, sizeof(scene->second), "%s/second.yaml", scene->place.folder);
    place_write(scene->second, called);
    scene->peer = peer_new(scene->place.loop, serve, scene);
    (void)snprintf(config, sizeof(config),
                   "connections:\n"
                   "  http: { url: 'http://127.0.0.1:%u', egress: [loopback], auth: { kind: none } "
                   "}\n",
                   scene->peer->port);
    place_write(scene->place.config, config);
    open_engine(scene);
    if (quell_run(scene->engine, &options, scene->run, &err))
        fail_msg("%s", err.message);
}

static void scene_close(struct scene *scene)
{
    quell_close(scene->engine);
    peer_free(scene->peer);
    (void)unlink(scene->second);
    place_remove(&scene->place);
}

/* The nth request comes, counted from 1, and is answered. */
static void answer(struct scene *scene, size_t nth)
{
    while (scene->peer->count < nth)
        loop_once(scene->place.loop, -1);
    bufferevent_write(scene->peer->open[scene->peer->accepted - 1], OK, strlen(OK));
}

static void wait_for_end(struct scene *scene)
{
    struct quell_document shown = {0};
    struct quell_error err = {0};
    struct quell_str state = {"", 0};

    while (!str_is(state, "succeeded")) {
        quell_document_free(&shown);
        loop_once(scene->place.loop, -1);
        if (quell_show(scene->engine, quell_str_of(scene->run), &shown, &err))
            fail_msg("%s", err.message);
        state = quell_get_str(shown.value, "state");
        assert_false(str_is(state, "failed"));
    }
    quell_document_free(&shown);
}

static void the_called_goes_on(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    answer(&scene, 1);
    while (scene.peer->count < 2) /* of the called run */
        loop_once(scene.place.loop, -1);
    open_again(&scene);
    answer(&scene, 3); /* it asks again, and its caller has waited for it */
    wait_for_end(&scene);
    scene_close(&scene);
}

static void on_drained(void *user)
{
    struct scene *scene = user;

    scene->drained = true;
}

static void a_call_in_a_drain_is_started_later(void **state)
{
    struct watch called_watch = {.kind = "child_called"};
    struct scene scene;

    (void)state;
    scene_open(&scene);
    while (scene.peer->count < 1)
        loop_once(scene.place.loop, -1);
    quell_watch(scene.engine, watch_event, &called_watch);
    quell_drain(scene.engine, 600000, on_drained, &scene);
    answer(&scene, 1);
    watch_wait(&scene.place, &called_watch);
    peer_wait(scene.place.loop, &scene.drained);
    assert_int_equal(scene.peer->count, 1);
    open_again(&scene);
    answer(&scene, 2);
    wait_for_end(&scene);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_called_goes_on),
        cmocka_unit_test(a_call_in_a_drain_is_started_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
