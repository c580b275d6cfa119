/*
 * test_halt.c - the kill switch in a whole engine: at every point of a run, with every kind of
 * file, with what waits, what expires, and what is judged anew.
 */
#include "virtual.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/limits.h"

#define POLICY UNPROTECTED_AND("caps: { disrupts: { hour: 1000, day: 1000 } }, ")
#define CONFIG "connectors: []\nhalt_file: stop\n" POLICY
#define HEAD "quell: 1\nplaybook: p\non: { incident: , manual: }\n"
#define ISOLATE(id)                                                                                \
    "  - id: " id "\n"                                                                             \
    "    uses: defender.isolate-device\n"                                                          \
    "    with: { device_id: '" id "', comment: x }\n"
#define THREE HEAD "limits: { device: { run: 9 } }\nsteps:\n" ISOLATE("a") ISOLATE("b") ISOLATE("c")

static const char *stop_path(struct virtual *v)
{
    return arena_format(v->arena, "%s/stop", v->folder).data;
}

static void touch(struct virtual *v, const char *text)
{
    place_write(stop_path(v), text);
}

static void untouch(struct virtual *v)
{
    assert_int_equal(unlink(stop_path(v)), 0);
}

static void close_halted(struct virtual *v)
{
    untouch(v);
    virtual_close(v);
}

static void open_one(struct virtual *v, const char *text)
{
    virtual_open(v, CONFIG, (const char *const[]){text, NULL});
}

static void submit(struct virtual *v)
{
    virtual_submit(v, "{\"title\": \"T\"}");
}

static size_t calls(const struct virtual *v)
{
    return virtual_count(v, "call_scheduled", NULL);
}

/* The row of the nth run says so, with its step. */
static void assert_halted(struct virtual *v, size_t nth, const char *step)
{
    struct quell_value waits = quell_at(quell_get(virtual_show(v, nth), "waits"), 0);

    virtual_state(v, nth, "halted");
    assert_true(quell_text_is(quell_get(waits, "what"), "halted"));
    assert_true(quell_text_is(quell_get(waits, "step"), step));
}

static void a_run_waits_and_goes_on(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, THREE);
    touch(&v, "");
    submit(&v);
    assert_int_equal(v.answer.len > 0, 1); /* taken in */
    assert_halted(&v, 0, "a");
    virtual_pass(&v, "3h");
    assert_int_equal(calls(&v), 0);
    assert_int_equal(quell_active(v.engine), 1);
    untouch(&v);
    virtual_pass(&v, "2s");
    virtual_state(&v, 0, "succeeded");
    assert_int_equal(calls(&v), 3);
    virtual_close(&v);
}

/* ---- at every point ----------------------------------------------------------------------------
 */

struct halting {
    struct virtual v;
    size_t at; /* events after which it is halted */
    bool halted;
};

static void count_down(struct quell_str run, struct quell_value event, void *user)
{
    struct halting *halting = user;

    virtual_event(run, event, &halting->v);
    if (halting->halted || halting->v.event_count != halting->at)
        return;
    halting->halted = true;
    touch(&halting->v, "");
}

static void at_every_point_of_a_run(void **state)
{
    static const char text[] = HEAD "limits: { device: { run: 9 } }\nsteps:\n" ISOLATE(
        "a") "  - wait: 1m\n"
             "  - parallel:\n"
             "      left:\n    "
             "    - uses: defender.isolate-device\n"
             "          with: { device_id: l, comment: x }\n"
             "      right:\n        - wait: 30s\n"
             "        - uses: defender.isolate-device\n"
             "          with: { device_id: r, comment: x }\n" ISOLATE("z");
    size_t at, all = 1;

    (void)state;
    for (at = 1; at <= all; at++) {
        struct halting halting = {.at = at};
        size_t before;

        open_one(&halting.v, text);
        quell_watch(halting.v.engine, count_down, &halting);
        submit(&halting.v);
        virtual_pass(&halting.v, "5m");
        before = calls(&halting.v);
        virtual_pass(&halting.v, "3m");
        assert_int_equal(calls(&halting.v), before); /* nothing meanwhile */
        if (halting.halted)
            untouch(&halting.v);
        virtual_pass(&halting.v, "5m");
        virtual_state(&halting.v, 0, "succeeded");
        assert_int_equal(calls(&halting.v), 4);
        all = halting.v.event_count;
        virtual_close(&halting.v);
    }
    assert_in_range(all, 20, 100);
}

/* ---- files -------------------------------------------------------------------------------------
 */

static void what_cannot_be_read_halts(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, THREE);
    assert_int_equal(mkdir(stop_path(&v), 0700), 0);
    submit(&v);
    assert_halted(&v, 0, "a");
    assert_int_equal(rmdir(stop_path(&v)), 0);
    assert_int_equal(symlink(stop_path(&v), stop_path(&v)), 0); /* ELOOP */
    submit(&v);
    assert_halted(&v, 1, "a");
    untouch(&v);
    assert_int_equal(mkfifo(stop_path(&v), 0600), 0); /* reading it would wait for ever */
    submit(&v);
    assert_halted(&v, 2, "a");
    untouch(&v);
    virtual_pass(&v, "2s");
    virtual_state(&v, 2, "succeeded");
    virtual_close(&v);
}

static void a_part_is_halted(void **state)
{
    static const char two[] = "quell: 1\nplaybook: q\non: { incident: }\nsteps:\n" ISOLATE("a");
    struct quell_halt p = {.what = "playbook", .name = QUELL_STR("p"), .by = QUELL_STR("ana")};
    struct quell_halt defender = {.what = "connector", .name = QUELL_STR("defender")};
    struct quell_error err = {0};
    struct virtual v;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){THREE, two, NULL});
    assert_int_equal(quell_halt(v.engine, &p, NULL, NULL, &err), QUELL_OK);
    submit(&v);
    assert_halted(&v, 0, "a");
    virtual_state(&v, 1, "succeeded");
    assert_int_equal(quell_halt(v.engine, &defender, NULL, NULL, &err), QUELL_OK);
    submit(&v);
    assert_halted(&v, 3, "a");
    assert_int_equal(quell_resume(v.engine, &defender, &err), QUELL_OK);
    virtual_pass(&v, "1s");
    virtual_state(&v, 3, "succeeded");
    assert_halted(&v, 2, "a");
    assert_int_equal(quell_resume(v.engine, &p, &err), QUELL_OK);
    virtual_pass(&v, "1s");
    virtual_state(&v, 0, "succeeded");
    virtual_state(&v, 2, "succeeded");
    assert_int_not_equal(access(stop_path(&v), F_OK), 0); /* the last one took the file away */
    virtual_close(&v);
}

/* A part is halted, everything was: it is not let go by that. */
static void a_part_beside_all_lets_nothing_go(void **state)
{
    struct quell_halt part = {.what = "playbook", .name = QUELL_STR("x")};
    struct quell_halt all = {.what = "everything"};
    struct quell_error err = {0};
    struct virtual v;

    (void)state;
    open_one(&v, THREE);
    touch(&v, "");
    assert_int_equal(quell_halt(v.engine, &part, NULL, NULL, &err), QUELL_OK);
    submit(&v);
    assert_halted(&v, 0, "a");
    assert_int_equal(quell_resume(v.engine, &part, &err), QUELL_OK);
    virtual_pass(&v, "2s");
    assert_halted(&v, 0, "a");
    assert_int_equal(quell_resume(v.engine, &all, &err), QUELL_OK);
    virtual_pass(&v, "2s");
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
}

static void without_a_file_the_process_remembers(void **state)
{
    struct quell_halt all = {.what = "everything"}, odd = {.what = "some"};
    struct quell_error err = {0};
    struct virtual v;

    (void)state;
    virtual_open(&v, "connectors: []\n" POLICY, (const char *const[]){THREE, NULL});
    assert_null(quell_halt_file(v.engine)); /* the store is in memory */
    assert_int_equal(quell_halt(v.engine, &odd, NULL, NULL, &err), QUELL_INVALID);
    assert_int_equal(quell_halt(v.engine, &all, NULL, NULL, &err), QUELL_OK);
    submit(&v);
    assert_halted(&v, 0, "a");
    assert_int_equal(quell_resume(v.engine, &all, &err), QUELL_OK);
    virtual_pass(&v, "1s");
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
}

/* ---- what waits --------------------------------------------------------------------------------
 */

static void the_oldest_go_first_and_not_all_at_once(void **state)
{
    enum { RUNS = 35 };
    struct virtual v;
    size_t i, seen = 0;

    (void)state;
    open_one(&v, HEAD "steps:\n" ISOLATE("a"));
    touch(&v, "");
    for (i = 0; i < RUNS; i++)
        submit(&v);
    untouch(&v);
    submit(&v); /* asks, and sees that it is gone */
    assert_int_equal(calls(&v), 1 + LIMIT_RESUME_RUNS);
    virtual_pass(&v, "100ms");
    assert_int_equal(calls(&v), 1 + 2 * LIMIT_RESUME_RUNS);
    virtual_pass(&v, "1s");
    assert_int_equal(calls(&v), RUNS + 1);
    for (i = 0; i < v.event_count; i++)
        if (str_is(v.events[i].kind, "call_scheduled") &&
            !quell_str_equal(v.events[i].run, virtual_id(&v, RUNS)))
            assert_true(quell_str_equal(v.events[i].run, virtual_id(&v, seen++)));
    assert_int_equal(seen, RUNS);
    virtual_close(&v);
}

static void caps_are_judged_when_it_goes_on(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "limits: { device: { hour: 2 } }\nsteps:\n" ISOLATE("a"));
    touch(&v, "");
    submit(&v);
    submit(&v);
    submit(&v);
    untouch(&v);
    virtual_pass(&v, "2s");
    virtual_state(&v, 0, "succeeded");
    virtual_state(&v, 1, "succeeded");
    virtual_state(&v, 2, "held");
    virtual_close(&v);
}

static void what_expires_fails_for_all_to_see(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "steps:\n" ISOLATE("a") "    timeout: 10m\n");
    touch(&v, "");
    submit(&v);
    virtual_pass(&v, "9m");
    assert_halted(&v, 0, "a");
    virtual_pass(&v, "2m");
    virtual_state(&v, 0, "failed");
    assert_int_equal(calls(&v), 0);
    untouch(&v);
    virtual_pass(&v, "1m");
    assert_int_equal(calls(&v), 0);
    virtual_close(&v);
}

/* One that waits in one branch and is halted in the other is not folded away. */
static void one_that_waits_as_well_goes_on(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "steps:\n  - parallel:\n      left:\n        - wait: 2h\n"
                      "      right:\n        - uses: defender.isolate-device\n"
                      "          with: { device_id: r, comment: x }\n");
    touch(&v, "");
    submit(&v);
    virtual_pass(&v, "1h");
    untouch(&v);
    virtual_pass(&v, "1m");
    assert_int_equal(calls(&v), 1);
    virtual_pass(&v, "2h");
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
}

static void reads_and_shadows_go_on(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, HEAD "state: shadow\nsteps:\n" ISOLATE("a"));
    touch(&v, "");
    submit(&v);
    virtual_state(&v, 0, "succeeded");
    close_halted(&v);
    open_one(&v, HEAD "steps:\n  - id: r\n    uses: http.request\n"
                      "    with: { method: GET, url: 'https://x.example/' }\n" ISOLATE("a"));
    touch(&v, "");
    submit(&v);
    assert_int_equal(virtual_count(&v, "call_ended", "r"),
                     virtual_count(&v, "call_scheduled", "r"));
    virtual_state(&v, 0, "halted");
    close_halted(&v);
}

static void a_person_cancels_what_is_halted(void **state)
{
    struct quell_error err = {0};
    struct virtual v;

    (void)state;
    open_one(&v, THREE);
    touch(&v, "");
    submit(&v);
    assert_int_equal(quell_cancel(v.engine, virtual_id(&v, 0), QUELL_STR("ana"), QUELL_STR(""),
                                  NULL, NULL, &err),
                     QUELL_OK);
    loop_settle(v.loop);
    virtual_state(&v, 0, "cancelled");
    untouch(&v);
    virtual_pass(&v, "1m");
    assert_int_equal(calls(&v), 0);
    virtual_close(&v);
}

/* ---- said --------------------------------------------------------------------------------------
 */

static int64_t counter(struct virtual *v, const char *name)
{
    struct quell_document stats = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_value counters;
    int64_t value = -1;

    assert_int_equal(quell_stats(v->engine, &stats, &err), QUELL_OK);
    counters = quell_get(stats.value, "counters");
    for (size_t i = 0; i < quell_count(counters); i++)
        if (quell_text_is(quell_get(quell_at(counters, i), "name"), name))
            value = quell_get_int(quell_at(counters, i), "value", -1);
    quell_document_free(&stats);
    return value;
}

static void it_is_counted(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, THREE);
    assert_int_equal(counter(&v, "quell_halted"), 0);
    touch(&v, "");
    submit(&v);
    submit(&v);
    assert_int_equal(counter(&v, "quell_halted"), 1);
    assert_int_equal(counter(&v, "quell_runs_kept_back"), 2);
    untouch(&v);
    virtual_pass(&v, "2s");
    assert_int_equal(counter(&v, "quell_halted"), 0);
    assert_int_equal(counter(&v, "quell_runs_kept_back"), 0);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_waits_and_goes_on),
        cmocka_unit_test(at_every_point_of_a_run),
        cmocka_unit_test(what_cannot_be_read_halts),
        cmocka_unit_test(a_part_is_halted),
        cmocka_unit_test(a_part_beside_all_lets_nothing_go),
        cmocka_unit_test(without_a_file_the_process_remembers),
        cmocka_unit_test(the_oldest_go_first_and_not_all_at_once),
        cmocka_unit_test(caps_are_judged_when_it_goes_on),
        cmocka_unit_test(what_expires_fails_for_all_to_see),
        cmocka_unit_test(one_that_waits_as_well_goes_on),
        cmocka_unit_test(reads_and_shadows_go_on),
        cmocka_unit_test(a_person_cancels_what_is_halted),
        cmocka_unit_test(it_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
