/*
 * test_space.c - a disk that others have filled to its end: nothing is acknowledged and nothing is
 * sent, what came back is kept, and all goes on by itself when there is space; an engine that is
 * closed before has lost nothing that it had acknowledged, and says that it ended badly.
 */
#include "fixture.h"

#include <sqlite3.h>
#include <stdatomic.h>

#include "../peer.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

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

/* ---- the disk ----------------------------------------------------------------------------------
 */

static atomic_bool is_full;
static sqlite3_vfs vfs;
static sqlite3_io_methods methods;
static const sqlite3_io_methods *real_methods;

static int write_file(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    return atomic_load(&is_full) ? SQLITE_FULL : real_methods->xWrite(file, data, len, at);
}

static int open_file(sqlite3_vfs *mine, const char *name, sqlite3_file *file, int flags, int *out)
{
    sqlite3_vfs *real = mine->pAppData;
    int result = real->xOpen(real, name, file, flags, out);

    if (result != SQLITE_OK || !(flags & SQLITE_OPEN_WAL))
        return result;
    real_methods = file->pMethods;
    methods = *file->pMethods;
    methods.xWrite = write_file;
    file->pMethods = &methods;
    return SQLITE_OK;
}

static int use_disk(void **state)
{
    sqlite3_vfs *real = sqlite3_vfs_find("unix");

    (void)state;
    assert_non_null(real);
    vfs = *real;
    vfs.zName = "full";
    vfs.pAppData = real;
    vfs.xOpen = open_file;
    return sqlite3_vfs_register(&vfs, 1);
}

/* ---- the scene: a run whose first request is on its way ----------------------------------------
 */

struct scene {
    struct engine_place place;
    struct peer *peer;
    struct quell *engine;
    const char *answer; /* to every request */
    size_t answered, repeated, refused;
};

static const char *serve(struct peer *peer, size_t nth, const char *request)
{
    const struct scene *scene = peer->user;

    (void)nth;
    (void)request;
    return scene->answer;
}

static void scene_open(struct scene *scene)
{
    char config[256];

    *scene = (struct scene){.answer = ""};
    atomic_store(&is_full, false);
    place_make(&scene->place, "", playbook);
    scene->peer = peer_new(scene->place.loop, serve, scene);
    (void)snprintf(config, sizeof(config),
                   "connections:\n"
                   "  http: { url: 'http://127.0.0.1:%u', egress: [loopback], auth: { kind: none } "
                   "}\n",
                   scene->peer->port);
    place_write(scene->place.config, config);
    half_make(&scene->place, NULL);
    scene->engine = place_open(&scene->place, QUELL_FOR_RUNNING);
    while (scene->peer->count < 1)
        loop_once(scene->place.loop, -1);
}

static void scene_close(struct scene *scene)
{
    assert_int_equal(quell_close(scene->engine), QUELL_OK);
    peer_free(scene->peer);
    place_remove(&scene->place);
}

/* The far side answers, and what it said finds no room. */
static void fill_up(struct scene *scene)
{
    atomic_store(&is_full, true);
    scene->answer = OK;
    bufferevent_write(scene->peer->open[0], OK, strlen(OK));
    while (!space_is_full(scene->engine))
        loop_once(scene->place.loop, -1);
}

static void on_submitted(enum quell_code code, struct quell_str answer, bool repeated,
                         const struct quell_error *err, void *user)
{
    struct scene *scene = user;

    (void)answer;
    (void)err;
    scene->answered += code == QUELL_OK;
    scene->repeated += repeated;
    scene->refused += code != QUELL_OK;
}

static enum quell_code submit(struct scene *scene)
{
    const struct quell_submission given = {.body = QUELL_STR("{\"title\": \"t\"}"),
                                           .hook = QUELL_STR("h"),
                                           .delivery = QUELL_STR("d1")};
    struct quell_error err = {0};

    return quell_submit(scene->engine, &given, on_submitted, scene, &err);
}

/* The text of a readiness check; `ready` of the whole. */
static struct quell_str check_text(struct scene *scene, struct quell_document *document,
                                   const char *name, bool *ready)
{
    struct quell_error err = {0};
    struct quell_value checks;

    assert_int_equal(quell_stats(scene->engine, document, &err), QUELL_OK);
    checks = quell_get(document->value, "checks");
    *ready = quell_get_bool(document->value, "ready", false);
    for (size_t i = 0; i < quell_count(checks); i++)
        if (quell_text_is(quell_get(quell_at(checks, i), "name"), name))
            return quell_get_str(quell_at(checks, i), "text");
    fail_msg("no check `%s`", name);
    return QUELL_STR("");
}

static void says(struct scene *scene, const char *text, bool expected_ready)
{
    struct quell_document document = {.memory = NULL};
    bool ready;

    assert_int_not_equal(
        str_find(check_text(scene, &document, "space", &ready), quell_str_of(text), 0), SIZE_MAX);
    assert_int_equal(ready, expected_ready);
    quell_document_free(&document);
}

/* ---- tests -------------------------------------------------------------------------------------
 */

static void all_waits_and_goes_on(void **state)
{
    struct watch watch = {.kind = "run_ended"};
    struct scene scene;

    (void)state;
    scene_open(&scene);
    says(&scene, "there is space", true);
    fill_up(&scene);
    says(&scene, "is full", false);
    assert_int_equal(submit(&scene), QUELL_UNAVAILABLE);
    for (int i = 0; i < 5; i++) /* the second step's intent is not on disk */
        loop_once(scene.place.loop, 20);
    assert_int_equal(scene.peer->count, 1);
    quell_watch(scene.engine, watch_event, &watch);
    atomic_store(&is_full, false);
    watch_wait(&scene.place, &watch);
    assert_true(run_is(scene.engine, "succeeded"));
    assert_int_equal(scene.peer->count, 2);
    says(&scene, "there is space", true);
    assert_int_equal(submit(&scene), QUELL_OK);
    while (!scene.answered)
        loop_once(scene.place.loop, -1);
    scene_close(&scene);
}

static void an_incident_waits_for_its_answer(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    atomic_store(&is_full, true);
    assert_int_equal(submit(&scene), QUELL_OK);
    while (!space_is_full(scene.engine))
        loop_once(scene.place.loop, -1);
    assert_int_equal(scene.answered + scene.refused, 0);
    atomic_store(&is_full, false);
    while (!scene.answered)
        loop_once(scene.place.loop, -1);
    assert_int_equal(scene.refused, 0);
    scene_close(&scene);
}

/* Its sender is told to come again, and gets then what the first delivery came to: the incident was
 * taken in once. */
static void a_sender_does_not_wait_for_ever(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    atomic_store(&is_full, true);
    assert_int_equal(submit(&scene), QUELL_OK);
    while (!scene.refused)
        loop_once(scene.place.loop, -1);
    assert_int_equal(submit(&scene), QUELL_UNAVAILABLE);
    atomic_store(&is_full, false);
    while (space_is_full(scene.engine) || scene.engine->committing)
        loop_once(scene.place.loop, -1);
    assert_int_equal(scene.answered, 0);
    assert_int_equal(submit(&scene), QUELL_OK);
    while (!scene.answered)
        loop_once(scene.place.loop, -1);
    assert_int_equal(scene.repeated, 1);
    assert_int_equal(scene.refused, 1);
    assert_int_equal(scene.engine->counters.incidents, 1);
    scene_close(&scene);
}

static void a_run_says_that_it_waits_for_space(void **state)
{
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct scene scene;

    (void)state;
    scene_open(&scene);
    fill_up(&scene);
    assert_int_equal(quell_why(scene.engine, QUELL_STR(RUN_ID), &document, &err), QUELL_OK);
    assert_true(quell_text_is(quell_get(quell_at(quell_get(document.value, "because"), 0), "what"),
                              "space"));
    quell_document_free(&document);
    atomic_store(&is_full, false);
    scene_close(&scene); /* what waited is written by the close */
}

/* Whether the first request took effect is not known to the next open: its answer found no room. */
static void a_close_gives_up(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    fill_up(&scene);
    log_set(LOG_LEVEL_ERROR, 0);
    assert_int_equal(quell_close(scene.engine), QUELL_UNAVAILABLE);
    atomic_store(&is_full, false);
    scene.engine = place_open(&scene.place, QUELL_FOR_RUNNING);
    while (!run_is(scene.engine, "held"))
        loop_once(scene.place.loop, -1);
    assert_int_equal(scene.peer->count, 1); /* it was not sent again */
    scene_close(&scene);
}

/* Nobody sends anything any more because it was short: who asks is told how it is now. */
static void what_is_said_is_how_it_is_now(void **state)
{
    struct arena *arena = arena_new(0);
    struct scene scene;

    (void)state;
    scene_open(&scene);
    scene.engine->space.kept = UINT64_MAX;
    scene.engine->space.left = 0;
    assert_int_equal(space_text(scene.engine, arena).len, 0);
    assert_true(scene.engine->space.left > 0);
    scene_close(&scene);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_waits_and_goes_on),
        cmocka_unit_test(an_incident_waits_for_its_answer),
        cmocka_unit_test(a_sender_does_not_wait_for_ever),
        cmocka_unit_test(a_run_says_that_it_waits_for_space),
        cmocka_unit_test(a_close_gives_up),
        cmocka_unit_test(what_is_said_is_how_it_is_now),
    };

    return cmocka_run_group_tests(tests, use_disk, NULL);
}
