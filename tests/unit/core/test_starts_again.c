/*
 * test_starts_again.c - what starts remember survives a stop of any kind: the engine is closed in
 * the middle, as a crash leaves it, and opened again on the same store.
 */
#include "virtual.h"

#include "core/starts.h"

#define CONFIG "connectors: []\n"
#define HEAD "quell: 1\nplaybook: p\non: { incident: }\n"
#define INCIDENT(title) "{\"title\": \"" title "\"}"

struct again {
    struct virtual v; /* its engine is of a store on disk */
    char store[80];
};

static void open_engine(struct again *again)
{
    struct quell_options options = {.purpose = QUELL_FOR_RUNNING,
                                    .store = again->store,
                                    .config = again->v.paths[VIRTUAL_PLAYBOOKS],
                                    .playbooks = again->v.playbooks,
                                    .loop = again->v.loop};
    struct quell_error err = {0};

    if (quell_open(&options, &again->v.engine, &err))
        fail_msg("%s", err.message);
    again->v.engine->stand_in = &again->v.stand_in;
    quell_watch(again->v.engine, virtual_event, &again->v);
    loop_settle(again->v.loop);
}

static void again_open(struct again *again, const char *text)
{
    virtual_open(&again->v, CONFIG, (const char *const[]){text, NULL});
    quell_close(again->v.engine);
    (void)snprintf(again->store, sizeof(again->store), "sqlite:%s/q.db", again->v.folder);
    open_engine(again);
}

static void again_reopen(struct again *again)
{
    quell_close(again->v.engine);
    open_engine(again);
}

static void again_close(struct again *again)
{
    static const char *const names[] = {"q.db",      "q.db-wal", "q.db-shm",
                                        "q.db.lock", "q.db.key", "q.db.checkpoints"};
    char path[96];

    quell_close(again->v.engine);
    again->v.engine = NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", again->v.folder, names[i]);
        (void)unlink(path); /* some are not there */
    }
    virtual_close(&again->v);
}

static size_t count(const struct again *again, const char *kind)
{
    return virtual_count(&again->v, kind, NULL);
}

static void a_key_is_remembered(void **state)
{
    struct again again;

    again_open(&again, HEAD "dedupe: { key: incident.title, within: 1h }\nsteps:\n  - stop:\n");
    virtual_submit(&again.v, INCIDENT("A"));
    again_reopen(&again);
    virtual_submit(&again.v, INCIDENT("A"));
    assert_int_equal(count(&again, "run_started"), 1);
    virtual_pass(&again.v, "61m");
    again_reopen(&again);
    virtual_submit(&again.v, INCIDENT("A"));
    assert_int_equal(count(&again, "run_started"), 2);
    again_close(&again);
}

static void counts_are_remembered(void **state)
{
    struct again again;

    again_open(&again,
               HEAD "throttle: { at-least: { count: 2, within: 1h } }\nsteps:\n  - stop:\n");
    virtual_submit(&again.v, INCIDENT("A"));
    again_reopen(&again);
    virtual_submit(&again.v, INCIDENT("B"));
    assert_int_equal(count(&again, "run_started"), 1);
    again_close(&again);
}

static void a_window_ends_after_a_stop(void **state)
{
    struct again again;

    again_open(&again, HEAD "throttle: { once-after: 10m }\nsteps:\n  - stop:\n");
    virtual_submit(&again.v, INCIDENT("A"));
    again_reopen(&again);
    virtual_submit(&again.v, INCIDENT("B"));
    assert_int_equal(count(&again, "run_started"), 1);
    assert_int_equal(count(&again, "run_merged"), 1);
    virtual_pass(&again.v, "11m");
    assert_int_equal(count(&again, "run_ended"), 1);
    again_close(&again);
}

/* Those in line, and their order, though the one that runs is not in memory but waits. */
static void a_line_is_remembered(void **state)
{
    struct again again;

    again_open(&again, HEAD "concurrency: { group: \"'all'\" }\nsteps:\n  - wait: 1h\n");
    virtual_submit(&again.v, INCIDENT("A"));
    virtual_submit(&again.v, INCIDENT("B"));
    virtual_submit(&again.v, INCIDENT("C"));
    again_reopen(&again);
    virtual_submit(&again.v, INCIDENT("D"));
    virtual_state(&again.v, 0, "waiting");
    assert_int_equal(count(&again, "run_begun"), 0);
    virtual_pass(&again.v, "61m");
    virtual_state(&again.v, 0, "succeeded");
    assert_int_equal(count(&again, "run_begun"), 1);
    again_reopen(&again);
    virtual_pass(&again.v, "61m");
    virtual_state(&again.v, 1, "succeeded");
    again_reopen(&again);
    virtual_pass(&again.v, "130m");
    virtual_state(&again.v, 3, "succeeded");
    assert_int_equal(count(&again, "run_begun"), 3);
    again_close(&again);
}

/* Stopped between the end of one and the begin of the next: the open lets it begin. */
static void a_turn_is_not_lost(void **state)
{
    struct again again;

    again_open(&again, HEAD "concurrency: { group: \"'all'\" }\nsteps:\n  - wait: 1h\n");
    virtual_submit(&again.v, INCIDENT("A"));
    virtual_submit(&again.v, INCIDENT("B"));
    loop_cancel(again.v.engine->starts->look);
    again.v.engine->starts->look = (struct loop_timer *)1; /* it is never looked */
    virtual_pass(&again.v, "61m");
    virtual_state(&again.v, 0, "succeeded");
    virtual_state(&again.v, 1, "waiting");
    again.v.engine->starts->look = NULL;
    again_reopen(&again);
    assert_int_equal(count(&again, "run_begun"), 1);
    again_close(&again);
}

static void on_cancelled(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)err;
    (void)user;
    assert_int_equal(code, QUELL_OK);
}

/* What it does at its end is under way, and no longer its turn. */
static void a_run_that_is_cancelled_in_line_tidies_up(void **state)
{
    struct again again;
    struct quell_error err = {0};

    (void)state;
    again_open(&again, HEAD "concurrency: { group: \"'all'\" }\nsteps:\n  - wait: 2h\n"
                            "finally:\n  - uses: http.get\n    timeout: 1h\n"
                            "    with: { url: 'https://a.example/' }\n");
    virtual_answer(&again.v, "http.get",
                   QUELL_STR("{\"status\": 200, \"body\": null, \"headers\": {}}"));
    virtual_late(&again.v, "10m");
    virtual_submit(&again.v, INCIDENT("1"));
    virtual_submit(&again.v, INCIDENT("2"));
    virtual_state(&again.v, 1, "waiting");
    assert_int_equal(quell_cancel(again.v.engine, virtual_id(&again.v, 1), QUELL_STR("ana"),
                                  QUELL_STR(""), on_cancelled, NULL, &err),
                     QUELL_OK);
    loop_settle(again.v.loop);
    virtual_state(&again.v, 1, "running");
    quell_close(again.v.engine);
    virtual_pass(&again.v, "1m");
    open_engine(&again);
    virtual_pass(&again.v, "30m");
    virtual_state(&again.v, 1, "cancelled");
    again_close(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_remembered),
        cmocka_unit_test(counts_are_remembered),
        cmocka_unit_test(a_window_ends_after_a_stop),
        cmocka_unit_test(a_line_is_remembered),
        cmocka_unit_test(a_turn_is_not_lost),
        cmocka_unit_test(a_run_that_is_cancelled_in_line_tidies_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
