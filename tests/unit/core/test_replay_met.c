/*
 * test_replay_met.c - replays of runs that met something on their way: a downtime, a halt, another
 * text of a playbook that they call, people who took them back. By its own text each comes out the
 * same; another text meets it, too.
 */
#include "virtual.h"

#define CONFIG                                                                                     \
    "connections: { http: { url: 'http://127.0.0.1:1', egress: [loopback] } }\nhalt_file: stop\n"  \
    "groups: { soc: [ana, ben] }\n" UNPROTECTED
#define HEAD "quell: 1\nplaybook: p\non: { manual: }\nlimits: { device: { run: 9 } }\nsteps:\n"
#define CHILD "quell: 1\nplaybook: child\non: { call: }\nsteps:\n"
#define GET(id, path) "{ id: " id ", uses: http.request, with: { method: GET, url: '" path "' } }"
#define ISOLATE "uses: defender.isolate-device, with: { device_id: d1, comment: x }"

static void open_both(struct virtual *v, const char *steps, const char *child)
{
    char text[2048], called[1024], run[37];

    (void)snprintf(text, sizeof(text), HEAD "%s", steps);
    (void)snprintf(called, sizeof(called), CHILD "%s", child);
    virtual_open(v, CONFIG, (const char *const[]){text, called, NULL});
    virtual_run(v, "p", "", run);
}

static void open_one(struct virtual *v, const char *steps)
{
    open_both(v, steps, "- wait: 1m\n");
}

static struct quell_value replay(struct virtual *v, size_t nth, const char *steps)
{
    struct quell_replay_options options = {.run = virtual_id(v, nth)};
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    char path[64], text[2048];
    struct quell_value made;

    (void)snprintf(path, sizeof(path), "%s/other.yaml", v->folder);
    (void)snprintf(text, sizeof(text), HEAD "%s", steps ? steps : "");
    if (steps) {
        place_write(path, text);
        options.playbook = path;
    }
    if (quell_replay(v->engine, &options, &document, &err))
        fail_msg("%s", err.message);
    if (steps)
        (void)unlink(path); /* written above */
    made = value_copy(v->arena, document.value);
    quell_document_free(&document);
    return made;
}

static void nth_is_same(struct virtual *v, size_t nth)
{
    struct quell_value made = replay(v, nth, NULL);

    if (!quell_get_bool(made, "same", false) || quell_count(quell_get(made, "made_up")) ||
        quell_count(quell_get(made, "assumed")) || quell_count(quell_get(made, "unfit")))
        fail_msg("%.*s", QUELL_ARG(json_text(v->arena, made, 0)));
}

static void is_same(struct virtual *v)
{
    nth_is_same(v, 0);
}

/* How a step ended by another text. */
static void now_is(struct virtual *v, const char *steps, const char *path, const char *status)
{
    struct quell_value made = replay(v, 0, steps), list = quell_get(made, "steps");
    size_t i;

    for (i = 0; i < quell_count(list); i++)
        if (quell_text_is(quell_get(quell_at(list, i), "path"), path) &&
            quell_text_is(quell_get(quell_at(list, i), "now"), status))
            return;
    fail_msg("%s is not %s: %.*s", path, status, QUELL_ARG(json_text(v->arena, made, 0)));
}

static void told(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)user;
    if (code)
        fail_msg("%s", err->message);
}

/* ---- a downtime --------------------------------------------------------------------------------
 */

/* The store of a test's engine is gone with it: what is told twice is told on disk. */
static void open_again(struct virtual *v)
{
    char store[64];
    struct quell_options options = {.purpose = QUELL_FOR_RUNNING,
                                    .config = v->paths[VIRTUAL_PLAYBOOKS],
                                    .playbooks = v->playbooks,
                                    .loop = v->loop,
                                    .store = store};
    struct quell_error err = {0};

    (void)snprintf(store, sizeof(store), "sqlite:%s/s.db", v->folder);
    if (engine_open_as(&options, &v->stand_in, &v->engine, &err))
        fail_msg("%s", err.message);
    quell_watch(v->engine, virtual_event, v);
    loop_settle(v->loop);
}

static void close_disk(struct virtual *v)
{
    static const char *const names[] = {"s.db",      "s.db-wal", "s.db-shm",
                                        "s.db.lock", "s.db.key", "s.db.checkpoints"};
    char path[96];
    size_t i;

    quell_close(v->engine);
    v->engine = NULL;
    for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", v->folder, names[i]);
        (void)unlink(path); /* some are not there */
    }
    virtual_close(v);
}

static void a_downtime(void **state)
{
    static const char *const text =
        "- id: p\n  parallel:\n    left:\n"
        "    - wait: { for: { incident: { match: { title: x } } }, timeout: 4h }\n    - " GET(
            "a", "/a") "\n    right:\n    - wait: 2h\n    - " GET("b",
                                                                  "/b") "\n  fail-fast: false\n";
    struct virtual v;
    char run[37];

    (void)state;
    open_one(&v, text);
    quell_close(v.engine);
    v.event_count = 0;
    open_again(&v);
    virtual_run(&v, "p", "", run);
    virtual_pass(&v, "1h");
    v.engine->broken = true; /* no orderly end */
    quell_close(v.engine);
    virtual_pass(&v, "5h");
    open_again(&v);
    virtual_pass(&v, "1h");
    virtual_state(&v, 0, "failed");
    assert_int_equal(virtual_count(&v, "call_scheduled", "p.right.b"), 1);
    is_same(&v);
    now_is(&v,
           "- id: p\n  parallel:\n    left:\n"
           "    - wait: { for: { incident: { match: { title: x } } }, timeout: 4h }\n"
           "    right:\n    - timeout: 3h\n      id: r\n      steps:\n      - wait: 2h\n"
           "      - " GET("b", "/b") "\n  fail-fast: false\n",
           "p.right.r", "timed-out");
    close_disk(&v);
}

/* ---- a halt ------------------------------------------------------------------------------------
 */

static void halt(struct virtual *v)
{
    struct quell_halt all = {.what = "everything", .by = QUELL_STR("ana")};
    struct quell_error err = {0};

    assert_int_equal(quell_halt(v->engine, &all, told, NULL, &err), QUELL_OK);
    loop_settle(v->loop);
}

static void resume(struct virtual *v)
{
    struct quell_halt all = {.what = "everything", .by = QUELL_STR("ana")};
    struct quell_error err = {0};

    assert_int_equal(quell_resume(v->engine, &all, &err), QUELL_OK);
    loop_settle(v->loop);
}

static void a_halt(void **state)
{
    static const char *const text = "- wait: 10m\n- { id: i, " ISOLATE " }\n- " GET("a", "/a") "\n";
    struct virtual v;

    (void)state;
    open_one(&v, text);
    halt(&v);
    virtual_pass(&v, "15m");
    assert_int_equal(virtual_count(&v, "call_scheduled", "i"), 0);
    resume(&v);
    virtual_state(&v, 0, "succeeded");
    is_same(&v);
    now_is(&v, "- wait: 10m\n- wait: 1m\n- { id: i, " ISOLATE " }\n", "i", "succeeded");
    now_is(&v, "- wait: 10m\n- { id: i, " ISOLATE " }\n- " GET("a", "/b") "\n", "i", "succeeded");
    now_is(&v, "- wait: 10m\n- { id: i, timeout: 4m, " ISOLATE " }\n- " GET("a", "/a") "\n", "i",
           "timed-out");
    virtual_close(&v);
}

/* What is kept back when it ends otherwise was not about to be sent in the replay. */
static void a_halt_and_an_end(void **state)
{
    static const char *const text = "- id: p\n  parallel:\n    left: [{ id: i, " ISOLATE " }]\n"
                                    "    right: [{ id: s, uses: http.get, with: { "
                                    "url: '${{ string(1/0) }}' } }]\n"
                                    "  on-error: continue\n- { id: j, " ISOLATE " }\n";
    struct virtual v;
    struct quell_error err = {0};
    char run[37];

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){HEAD "- wait: 1m\n", NULL});
    halt(&v);
    place_write(v.paths[0], arena_format(v.arena, HEAD "%s", text).data);
    assert_int_equal(quell_reload(v.engine, &err), QUELL_OK);
    virtual_run(&v, "p", "", run);
    assert_int_equal(virtual_count(&v, "step_ended", "p.left.i"), 1);
    assert_int_equal(virtual_count(&v, "step_started", "j"), 1);
    is_same(&v); /* still halted */
    assert_int_equal(quell_cancel(v.engine, quell_str_of(run), QUELL_STR("ana"), QUELL_STR(""),
                                  told, NULL, &err),
                     QUELL_OK);
    loop_settle(v.loop);
    virtual_state(&v, 0, "cancelled");
    assert_int_equal(virtual_count(&v, "call_scheduled", NULL), 0);
    is_same(&v);
    resume(&v);
    virtual_close(&v);
}

/* ---- another text of what it calls -------------------------------------------------------------
 */

static void rewrite_child(struct virtual *v)
{
    struct quell_error err = {0};

    place_write(v->paths[1], CHILD "- wait: 2m\n");
    if (quell_reload(v->engine, &err))
        fail_msg("%s", err.message);
    loop_settle(v->loop);
}

static void agree(struct virtual *v)
{
    struct quell_decision decision = {
        .run = virtual_id(v, 0), .by = QUELL_STR("ana"), .agrees = true};
    struct quell_error err = {0};

    assert_int_equal(quell_decide(v->engine, &decision, told, NULL, &err), QUELL_OK);
    loop_settle(v->loop);
}

#define AGREED "- id: g\n  approve: { by: group:soc, within: 1h, message: q }\n  steps:\n"

static void a_question_that_is_asked_anew(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, AGREED "  - call: child\n");
    rewrite_child(&v);
    virtual_pass(&v, "10m");
    agree(&v);
    assert_int_equal(virtual_count(&v, "approval_asked", "g"), 2);
    virtual_pass(&v, "20m");
    agree(&v);
    virtual_pass(&v, "20m");
    virtual_state(&v, 0, "succeeded");
    is_same(&v);
    virtual_close(&v);
}

static void a_call_that_was_not_agreed_to(void **state)
{
    struct quell_value steps, revisions;
    struct virtual v;

    (void)state;
    open_one(&v, AGREED "  - wait: 1h\n  - { id: c, call: child, on-error: continue }\n");
    agree(&v);
    virtual_pass(&v, "10m");
    rewrite_child(&v);
    virtual_pass(&v, "2h");
    virtual_state(&v, 0, "succeeded");
    assert_int_equal(virtual_count(&v, "child_called", NULL), 0);
    steps = quell_get(virtual_show(&v, 0), "steps");
    revisions = quell_get(quell_get(quell_at(steps, quell_count(steps) - 1), "error"), "revisions");
    assert_true(quell_text_is(quell_get(quell_at(revisions, 0), "playbook"), "child"));
    is_same(&v);
    virtual_close(&v);
}

/* A run that was called as what was agreed to, by texts that are not there any more. */
static void a_called_run_of_old_texts(void **state)
{
    struct virtual v;
    struct quell_error err = {0};
    char run[37];

    (void)state;
    virtual_open(&v, CONFIG,
                 (const char *const[]){
                     HEAD AGREED "  - call: child\n", CHILD "- call: last\n",
                     "quell: 1\nplaybook: last\non: { call: }\nsteps:\n- wait: 1m\n", NULL});
    virtual_run(&v, "p", "", run);
    agree(&v);
    virtual_pass(&v, "10m");
    virtual_state(&v, 0, "succeeded");
    place_write(v.paths[2], "quell: 1\nplaybook: last\non: { call: }\nsteps:\n- wait: 2m\n");
    assert_int_equal(quell_reload(v.engine, &err), QUELL_OK);
    is_same(&v);
    nth_is_same(&v, 1);
    virtual_close(&v);
}

/* ---- an answer that is not recorded ------------------------------------------------------------
 */

#define RACE(first)                                                                                \
    "- id: p\n  parallel:\n    left:\n    - { id: a, uses: " first " }\n"                          \
    "    - { id: b, uses: http.get, with: { url: /b } }\n    right:\n    - wait: 10s\n"            \
    "    - { id: c, uses: http.get, with: { url: '${{ string(1/0) }}' } }\n"

/* It comes at once, and not with what is recorded next. */
static void an_answer_that_is_made_up(void **state)
{
    struct virtual v;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){HEAD RACE("http.get, with: { url: /a }"), NULL});
    virtual_answer(&v, "http.get", QUELL_STR("{\"status\": 200}"));
    virtual_late(&v, "20s");
    virtual_run(&v, "p", "", (char[37]){0});
    virtual_pass(&v, "1m");
    virtual_state(&v, 0, "failed");
    assert_int_equal(virtual_count(&v, "call_ended", NULL), 0);
    is_same(&v);
    now_is(&v, RACE("http.request, with: { method: POST, url: /a }"), "p.left.b", "succeeded");
    virtual_close(&v);
}

/* ---- what was taken back -----------------------------------------------------------------------
 */

static void an_undo(void **state)
{
    struct quell_undo_options undo = {.by = QUELL_STR("ana")};
    struct virtual v;
    struct quell_error err = {0};
    char run[37];

    (void)state;
    open_one(&v, "- { id: i, " ISOLATE " }\n");
    virtual_state(&v, 0, "succeeded");
    is_same(&v);
    virtual_pass(&v, "1h");
    undo.run = virtual_id(&v, 0);
    assert_int_equal(quell_undo(v.engine, &undo, run, told, NULL, &err), QUELL_OK);
    loop_settle(v.loop);
    virtual_state(&v, 0, "undone");
    is_same(&v);
    now_is(&v, "- { id: i, " ISOLATE " }\n- " GET("a", "/a") "\n", "i.undo.release_device",
           "succeeded");
    virtual_close(&v);
}

static void a_change_for_a_time(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, "- { id: i, for: 2h, " ISOLATE " }\n");
    virtual_pass(&v, "1h");
    is_same(&v); /* it is not taken back yet */
    virtual_pass(&v, "2h");
    assert_int_equal(virtual_count(&v, "undo_asked", NULL), 1);
    is_same(&v);
    now_is(&v, "- { id: i, for: 1h, " ISOLATE " }\n", "i.undo.release_device", "succeeded");
    virtual_close(&v);
}

static void a_called_run_that_is_taken_back(void **state)
{
    struct virtual v;

    (void)state;
    open_both(
        &v,
        "- id: b\n  on-error: undo\n  steps:\n  - call: child\n  - { id: s, uses: http.request, "
        "with: { method: GET, url: '${{ string(1/0) }}' } }\n",
        "- { id: i, " ISOLATE " }\n");
    assert_int_equal(virtual_count(&v, "child_undone", NULL), 1);
    is_same(&v);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_downtime),
        cmocka_unit_test(a_halt),
        cmocka_unit_test(a_halt_and_an_end),
        cmocka_unit_test(a_question_that_is_asked_anew),
        cmocka_unit_test(a_call_that_was_not_agreed_to),
        cmocka_unit_test(a_called_run_of_old_texts),
        cmocka_unit_test(an_answer_that_is_made_up),
        cmocka_unit_test(an_undo),
        cmocka_unit_test(a_change_for_a_time),
        cmocka_unit_test(a_called_run_that_is_taken_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
