/*
 * test_doubt.c - a change whose answer was lost is looked for until that is settled, whatever ends
 * in between: it is never sent a second time.
 */
#include "fixture.h"

#include <sys/stat.h>

#include "../peer.h"

#define ANSWER(body) "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " body

static const char lamp[] = "connector: lamp\n"
                           "version: 1.0.0\n"
                           "title: Lamp\n"
                           "doc: A lamp.\n"
                           "auth: [none]\n"
                           "actions:\n"
                           "  light:\n"
                           "    doc: Lights it.\n"
                           "    effect: changes\n"
                           "    repeat: verifiable\n"
                           "    inputs: {}\n"
                           "    outputs: {}\n"
                           "    request: { method: POST, path: /light }\n"
                           "    ok: [200]\n"
                           "    settle: { request: { method: GET, path: /lit }, ok: [200] }\n"
                           "    example: {}\n";

static const char playbook[] = "quell: 1\n"
                               "playbook: p\n"
                               "on: { manual: }\n"
                               "steps:\n"
                               "  - id: light\n"
                               "    uses: lamp.light\n";

struct scene {
    struct engine_place place;
    char connectors[64], lamp[80];
    struct peer *peer;
    bool answers;
};

/* A change is done, and its answer lost; a look is answered when the scene says so. */
static const char *serve(struct peer *peer, size_t nth, const char *request)
{
    const struct scene *scene = peer->user;

    if (strncmp(request, "POST", 4) == 0)
        return NULL;
    return scene->answers ? ANSWER("2\r\n\r\n{}") : "";
}

static void scene_open(struct scene *scene)
{
    char config[512];

    *scene = (struct scene){.answers = false};
    place_make(&scene->place, "", playbook);
    (void)snprintf(scene->connectors, sizeof(scene->connectors), "%s/c", scene->place.folder);
    (void)snprintf(scene->lamp, sizeof(scene->lamp), "%s/lamp.yaml", scene->connectors);
    assert_int_equal(mkdir(scene->connectors, 0700), 0);
    place_write(scene->lamp, lamp);
    scene->peer = peer_new(scene->place.loop, serve, scene);
    (void)snprintf(config, sizeof(config),
                   "connectors: [%s]\n"
                   "connections:\n"
                   "  lamp: { url: 'http://127.0.0.1:%u', egress: [loopback] }\n",
                   scene->connectors, scene->peer->port);
    place_write(scene->place.config, config);
}

static void scene_close(struct scene *scene)
{
    peer_free(scene->peer);
    assert_int_equal(unlink(scene->lamp), 0);
    assert_int_equal(rmdir(scene->connectors), 0);
    place_remove(&scene->place);
}

static struct quell *open_engine(struct scene *scene)
{
    struct quell *engine = place_open(&scene->place, QUELL_FOR_RUNNING);

    call_host_set_backoff(engine->calls, 1);
    return engine;
}

static void wait_for_requests(struct scene *scene, size_t count)
{
    while (scene->peer->count < count)
        loop_once(scene->place.loop, -1);
}

static void a_crash_while_looking_looks_again(void **state)
{
    struct scene scene;
    struct watch watch = {.kind = "run_ended"};
    struct quell *engine;

    scene_open(&scene);
    half_make(&scene.place, NULL);
    engine = open_engine(&scene);
    wait_for_requests(&scene, 2); /* the change, and a look that nobody answers */
    quell_close(engine);
    scene.answers = true;
    engine = open_engine(&scene);
    quell_watch(engine, watch_event, &watch);
    watch_wait(&scene.place, &watch);
    assert_true(run_is(engine, "succeeded"));
    assert_int_equal(scene.peer->count, 3);
    assert_memory_equal(scene.peer->requests[0], "POST /light ", 12);
    assert_memory_equal(scene.peer->requests[1], "GET /lit ", 9);
    assert_memory_equal(scene.peer->requests[2], "GET /lit ", 9);
    quell_close(engine);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crash_while_looking_looks_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
