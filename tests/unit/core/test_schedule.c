/*
 * test_schedule.c - starts by the clock: when, with what, and what becomes of times that passed
 * while nothing ran. The virtual clock begins at 10:00 UTC.
 */
#include "virtual.h"

#include "core/starts.h"

#define CONFIG "connectors: []\nconfig: { days: 3 }\n"
#define HEAD(schedule)                                                                             \
    "quell: 1\nplaybook: p\non: { schedule: [" schedule                                            \
    "] }\ninputs: { n: { type: int, default: 1 "                                                   \
    "} }\n"
#define STOP "steps:\n  - stop: { reason: '${{ inputs.n }} ${{ event.planned_at }}' }\n"

static void open_one(struct virtual *v, const char *text)
{
    virtual_open(v, CONFIG, (const char *const[]){text, NULL});
}

static size_t started(const struct virtual *v)
{
    return virtual_count(v, "run_started", NULL);
}

static struct quell_str reason(const struct virtual *v, size_t nth)
{
    for (size_t i = 0; i < v->event_count; i++)
        if (str_is(v->events[i].kind, "run_stopping") && nth-- == 0)
            return quell_get_str(v->events[i].data, "reason");
    return QUELL_STR("");
}

static void cron_in_a_zone(void **state)
{
    struct virtual v;

    open_one(&v, HEAD("{ cron: '30 14 * * *', timezone: Europe/Helsinki, with: { n: '${{ "
                      "config.days }}' } }") STOP);
    assert_int_equal(started(&v), 0);
    virtual_pass(&v, "89m");
    assert_int_equal(started(&v), 0);
    virtual_pass(&v, "2m");
    assert_int_equal(started(&v), 1);
    assert_true(str_is(reason(&v, 0), "3 2026-05-04T11:30:00Z"));
    virtual_pass(&v, "24h");
    assert_int_equal(started(&v), 2);
    virtual_close(&v);
}

static void every_so_often(void **state)
{
    struct virtual v;

    open_one(&v, HEAD("{ every: 25m }") STOP);
    virtual_pass(&v, "26m"); /* 10:00 is the 71,126,064th time since 1970 */
    assert_int_equal(started(&v), 1);
    virtual_pass(&v, "50m");
    assert_int_equal(started(&v), 3);
    virtual_close(&v);
}

static void jitter_is_always_the_same(void **state)
{
    int64_t first = 0;

    for (size_t i = 0; i < 2; i++) {
        struct virtual v;
        struct quell_value at;
        open_one(&v, HEAD("{ every: 1h, jitter: 50m }") STOP);
        virtual_pass(&v, "60m");
        virtual_pass(&v, "50m");
        assert_true(started(&v) >= 1);
        at = quell_get(virtual_show(&v, 0), "started_at");
        assert_true(quell_is(at, QUELL_TIME));
        if (i == 0)
            first = at.as.integer;
        assert_int_equal(at.as.integer, first);
        assert_true(str_is(reason(&v, 0), "1 2026-05-04T11:00:00Z"));
        virtual_close(&v);
    }
}

/* ---- a downtime --------------------------------------------------------------------------------
 */

struct again {
    struct virtual v;
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
    quell_watch(again->v.engine, virtual_event, &again->v);
    loop_settle(again->v.loop);
}

/* Starts in a downtime of 3 h 30 min of an hourly schedule. */
static size_t after_downtime(const char *text, const char *down)
{
    struct again again;
    static const char *const names[] = {"q.db",      "q.db-wal", "q.db-shm",
                                        "q.db.lock", "q.db.key", "q.db.checkpoints"};
    char path[96];
    size_t count;

    open_one(&again.v, text);
    quell_close(again.v.engine);
    (void)snprintf(again.store, sizeof(again.store), "sqlite:%s/q.db", again.v.folder);
    open_engine(&again);
    quell_close(again.v.engine);
    virtual_pass(&again.v, down);
    open_engine(&again);
    virtual_pass(&again.v, "1s");
    count = started(&again.v);
    quell_close(again.v.engine);
    again.v.engine = NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", again.v.folder, names[i]);
        (void)unlink(path); /* some are not there */
    }
    virtual_close(&again.v);
    return count;
}

static void what_was_missed(void **state)
{
    assert_int_equal(after_downtime(HEAD("{ cron: '0 * * * *' }") STOP, "210m"), 1);
    assert_int_equal(after_downtime(HEAD("{ cron: '0 * * * *', on-missed: run-all }") STOP, "210m"),
                     3);
    assert_int_equal(after_downtime(HEAD("{ cron: '0 * * * *', on-missed: skip }") STOP, "210m"),
                     0);
    /* A restart of seconds misses nothing. */
    assert_int_equal(after_downtime(HEAD("{ cron: '0 * * * *', on-missed: skip }") STOP, "3610s"),
                     1);
    assert_int_equal(after_downtime(HEAD("{ cron: '0 * * * *' }") STOP, "59m"), 0);
    assert_int_equal(after_downtime(HEAD("{ every: 1m, on-missed: run-all }") STOP, "30d"), 100);
}

static void the_last_success_is_known(void **state)
{
    struct virtual v;

    open_one(&v, "quell: 1\nplaybook: p\non: { schedule: { every: 1h }, manual: }\n"
                 "inputs: { n: { type: int, default: 1 } }\n"
                 "steps:\n"
                 "  - if: inputs.n == 2\n"
                 "    fail: no\n"
                 "  - stop: { reason: 'is ${{ run.last_success_at.orValue(run.started_at) < "
                 "run.started_at }}' }\n");
    virtual_pass(&v, "61m");
    assert_true(str_is(reason(&v, 0), "is false"));
    virtual_pass(&v, "60m");
    assert_true(str_is(reason(&v, 1), "is true"));
    virtual_close(&v);
}

/* The clock was years ahead when it was planned last. */
static void a_clock_that_was_set_right(void **state)
{
    struct virtual v;
    struct map_builder map = {0};
    struct quell_error err;

    (void)state;
    open_one(&v, HEAD("{ every: 25m }") STOP);
    map.arena = v.arena;
    map_add(&map, "last", quell_int(INT64_C(1900000000000000)));
    map_add(&map, "spec", quell_text("||1500000000"));
    turn_begin(v.engine);
    mark_write(v.engine, "schedule", mark_key(v.arena, QUELL_STR("p"), QUELL_STR("0")), 0,
               map_made(&map));
    turn_end(v.engine);
    v.engine->stand_in = NULL; /* it keeps playbooks out */
    assert_int_equal(schedules_load(v.engine, &err), QUELL_OK);
    v.engine->stand_in = &v.stand_in;
    virtual_pass(&v, "26m");
    assert_int_equal(started(&v), 1);
    virtual_close(&v);
}

static void other_inputs_start_nothing(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD("{ every: 25m, with: { n: '${{ config.none }}' } }") STOP);
    virtual_pass(&v, "26m");
    assert_int_equal(started(&v), 0);
    assert_int_equal(v.engine->counters.start_failed, 1);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cron_in_a_zone),
        cmocka_unit_test(every_so_often),
        cmocka_unit_test(jitter_is_always_the_same),
        cmocka_unit_test(what_was_missed),
        cmocka_unit_test(the_last_success_is_known),
        cmocka_unit_test(a_clock_that_was_set_right),
        cmocka_unit_test(other_inputs_start_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
