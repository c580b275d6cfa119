/*
 * test_fold.c - runs that only wait are folded out of memory and woken: by their time, by an event,
 * and by a restart, which finds them in the store without reading their journals.
 */
#include "core/fold.h"
#include "virtual.h"

#include "base/limits.h"

#define HEAD "quell: 1\nplaybook: p\non: { incident: { match: { title: malware } }, manual: }\n"
#define MALWARE "{\"title\": \"Malware\", \"severity\": \"high\"}"
#define CONFIG "connectors: []\n"

static void open_one(struct virtual *v, const char *steps)
{
    char text[2048];

    (void)snprintf(text, sizeof(text), HEAD "steps:\n%s", steps);
    virtual_open(v, CONFIG, (const char *const[]){text, NULL});
}

static void counts_are(const struct virtual *v, size_t in_memory, size_t folded)
{
    assert_int_equal(v->engine->active_count, in_memory);
    assert_int_equal(fold_count(v->engine), folded);
}

static void a_long_wait_is_folded(void **state)
{
    struct virtual v;
    struct quell_value wait;

    (void)state;
    open_one(&v, "  - id: w\n    wait: 3h\n  - id: x\n    wait: 2s\n");
    virtual_submit(&v, MALWARE);
    counts_are(&v, 0, 1);
    virtual_state(&v, 0, "waiting");
    wait = quell_at(quell_get(virtual_show(&v, 0), "waits"), 0);
    assert_true(quell_text_is(quell_get(wait, "step"), "w"));
    assert_true(quell_text_is(quell_get(wait, "what"), "time"));
    assert_true(quell_text_is(quell_get(wait, "until"), "2026-05-04T13:00:00Z"));
    virtual_pass(&v, "2h59m");
    counts_are(&v, 0, 1);
    virtual_pass(&v, "1m1s");
    counts_are(&v, 1, 0); /* two seconds are not worth it */
    virtual_pass(&v, "2s");
    virtual_state(&v, 0, "succeeded");
    counts_are(&v, 0, 0);
    virtual_close(&v);
}

static void each_is_woken_in_its_time(void **state)
{
    struct virtual v;
    char run[37], inputs[32];
    int i;

    (void)state;
    virtual_open(
        &v, CONFIG,
        (const char *const[]){
            "quell: 1\nplaybook: p\non: { manual: }\ninputs: { m: { type: int } }\nsteps:\n"
            "  - wait: \"${{ duration(string(inputs.m) + 'm') }}\"\n",
            NULL});
    for (i = 0; i < 100; i++) {
        (void)snprintf(inputs, sizeof(inputs), "{\"m\": %d}", 1 + i * 37 % 100);
        virtual_run(&v, "p", inputs, run);
    }
    counts_are(&v, 0, 100);
    for (i = 1; i <= 100; i++) {
        virtual_pass(&v, "1m");
        assert_int_equal(virtual_count(&v, "run_ended", NULL), i);
    }
    virtual_close(&v);
}

#define LISTENS                                                                                    \
    "  - id: w\n    wait:\n"                                                                       \
    "      for: { incident: { match: { title: { starts-with: closed } } } }\n"                     \
    "      where: event.description == incident.title\n      timeout: 2h\n"                        \
    "    on-error: continue\n"                                                                     \
    "  - fail: ${{ steps.w.status }} ${{ steps.w.?output.title.orValue('none') }}\n"

static struct quell_str reason(struct virtual *v, size_t nth)
{
    struct quell_value events = quell_get(virtual_show(v, nth), "events");
    struct quell_value last = quell_at(events, quell_count(events) - 1);

    return quell_get_str(quell_get(last, "error"), "message");
}

static void an_event_wakes(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, LISTENS);
    virtual_submit(&v, MALWARE);
    counts_are(&v, 0, 1);
    assert_true(str_find(v.answer, QUELL_STR("woken"), 0) == SIZE_MAX);
    virtual_submit(&v, "{\"title\": \"opened\", \"description\": \"Malware\"}");
    assert_int_equal(virtual_count(&v, "event_came", NULL), 0);
    virtual_submit(&v, "{\"title\": \"closed\", \"description\": \"something else\"}");
    assert_int_equal(virtual_count(&v, "event_came", NULL), 0);
    counts_are(&v, 0, 1); /* it was woken to be asked */
    virtual_pass(&v, "1s");
    virtual_submit(&v, "{\"title\": \"closed 7\", \"description\": \"Malware\"}");
    assert_true(str_find(v.answer, QUELL_STR("woken"), 0) != SIZE_MAX);
    assert_int_equal(virtual_count(&v, "event_came", "w"), 1);
    assert_true(str_is(reason(&v, 0), "succeeded closed 7"));
    counts_are(&v, 0, 0);
    virtual_close(&v);
}

static void no_event_is_a_time_out(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, LISTENS);
    virtual_submit(&v, MALWARE);
    virtual_pass(&v, "2h");
    assert_true(str_is(reason(&v, 0), "timed-out none"));
    virtual_close(&v);
}

/* ---- restarts ----------------------------------------------------------------------------------
 */

static struct quell *open_at(struct engine_place *place, const char *time)
{
    struct when when;

    assert_true(when_parse_time(quell_str_of(time), &when));
    loop_free(place->loop);
    place->loop = loop_new_virtual(when_to_us(when), 1);
    return place_open(place, QUELL_FOR_RUNNING);
}

static void state_is(struct quell *engine, const char *run, const char *state)
{
    struct quell_document shown = {.memory = NULL};
    struct quell_error err = {0};

    if (quell_show(engine, quell_str_of(run), &shown, &err))
        fail_msg("%s", err.message);
    if (!quell_text_is(quell_get(shown.value, "state"), state))
        fail_msg("`%.*s`, not `%s`", QUELL_ARG(quell_get_str(shown.value, "state")), state);
    quell_document_free(&shown);
}

static void a_restart_keeps_the_time(void **state)
{
    struct engine_place place;
    struct quell_run_options options = {.playbook = "p", .by = QUELL_STR("test")};
    struct quell_error err = {0};
    struct quell *engine;
    char run[37];

    (void)state;
    place_make(&place, CONFIG, HEAD "timeout: 48h\nsteps:\n  - wait: 1h\n  - wait: 5h\n");
    engine = open_at(&place, "2026-05-04T10:00:00Z");
    assert_int_equal(quell_run(engine, &options, run, &err), QUELL_OK);
    loop_settle(place.loop);
    quell_close(engine);
    engine = open_at(&place, "2026-05-04T10:59:00Z"); /* its time has not come */
    loop_settle(place.loop);
    assert_int_equal(engine->active_count, 0);
    assert_int_equal(fold_count(engine), 1);
    loop_advance(place.loop, loop_now_us(place.loop) + 61000000);
    assert_int_equal(fold_count(engine), 1); /* the second wait */
    quell_close(engine);
    engine = open_at(&place, "2026-05-04T23:00:00Z"); /* ... has passed meanwhile */
    loop_settle(place.loop);
    loop_advance(place.loop, loop_now_us(place.loop) + 1000);
    state_is(engine, run, "succeeded");
    assert_int_equal(fold_count(engine), 0);
    quell_close(engine);
    place_remove(&place);
}

static void a_restart_keeps_listening(void **state)
{
    struct engine_place place;
    struct quell_submission malware = {.body = QUELL_STR(MALWARE)};
    struct quell_submission closed = {
        .body = QUELL_STR("{\"title\": \"closed\", \"description\": \"Malware\"}")};
    struct virtual v = {.arena = arena_new(0)};
    struct quell_error err = {0};
    struct quell *engine;

    (void)state;
    place_make(&place, CONFIG, HEAD "steps:\n" LISTENS);
    engine = open_at(&place, "2026-05-04T10:00:00Z");
    assert_int_equal(quell_submit(engine, &malware, virtual_submitted, &v, &err), QUELL_OK);
    loop_settle(place.loop);
    assert_int_equal(fold_count(engine), 1);
    quell_close(engine);
    place_write(place.playbook, HEAD "steps:\n  - stop:\n"); /* the pinned text is enough */
    engine = open_at(&place, "2026-05-04T11:00:00Z");
    assert_int_equal(fold_count(engine), 1);
    assert_int_equal(quell_submit(engine, &closed, virtual_submitted, &v, &err), QUELL_OK);
    loop_settle(place.loop);
    assert_true(str_find(v.answer, QUELL_STR("woken"), 0) != SIZE_MAX);
    assert_int_equal(quell_active(engine), 0);
    quell_close(engine);
    arena_free(v.arena);
    place_remove(&place);
}

#define LISTENS_TO_ALERTS                                                                          \
    "  - id: w\n    wait:\n"                                                                       \
    "      for: { alert: { types: [created, closed], match: { severity: high } } }\n"              \
    "      where: event.title != incident.title\n      timeout: 2h\n"                              \
    "    on-error: continue\n"                                                                     \
    "  - fail: ${{ steps.w.status }} ${{ steps.w.?output.id.orValue('none') }}\n"

/* An incident that comes in again brings its alerts along: only what is new in them is an event. */
static void an_alert_wakes(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, LISTENS_TO_ALERTS);
    virtual_submit(&v, MALWARE);
    counts_are(&v, 0, 1);
    virtual_submit(&v,
                   "{\"title\": \"other\", \"source_id\": \"9\", \"alerts\": [{\"id\": \"a1\", "
                   "\"title\": \"low one\", \"severity\": \"low\"}, {\"id\": \"a2\", \"title\": "
                   "\"Malware\", \"severity\": \"high\"}]}");
    assert_int_equal(virtual_count(&v, "event_came", NULL), 0);
    virtual_submit(&v,
                   "{\"title\": \"other\", \"source_id\": \"9\", \"alerts\": [{\"id\": \"a1\", "
                   "\"title\": \"low one\", \"severity\": \"low\"}, {\"id\": \"a2\", \"title\": "
                   "\"Malware\", \"severity\": \"high\"}, {\"id\": \"a3\", \"title\": \"theft\", "
                   "\"severity\": \"high\"}]}");
    assert_int_equal(virtual_count(&v, "event_came", NULL), 1);
    assert_string_equal(reason(&v, 0).data, "succeeded a3");
    virtual_close(&v);
}

/* ---- many --------------------------------------------------------------------------------------
 */

#define MANY_PLAYBOOKS                                                                             \
    HEAD "steps:\n  - wait: 3h\n",                                                                 \
        "quell: 1\nplaybook: e\non: { manual: }\nsteps:\n  - wait:\n"                              \
        "      for: { incident: { match: { title: closed } } }\n      timeout: 3h\n"               \
        "    on-error: continue\n",                                                                \
        "quell: 1\nplaybook: a\non: { manual: }\nsteps:\n  - uses: http.get\n"                     \
        "    with: { url: / }\n    approve: { by: ann, within: 3h, message: go on? }\n"            \
        "    on-error: continue\n"
#define MANY_CONFIG                                                                                \
    "connections: { http: { url: 'http://127.0.0.1:1', egress: [loopback], "                       \
    "auth: { kind: none } } }\n"

static void open_many(struct virtual *v, size_t each)
{
    static const char *const names[] = {"p", "e", "a"};
    char run[37];
    size_t i, k;

    virtual_open(v, MANY_CONFIG, (const char *const[]){MANY_PLAYBOOKS, NULL});
    quell_watch(v->engine, NULL, NULL); /* so many events are not kept */
    for (k = 0; k < 3; k++)
        for (i = 0; i < each; i++)
            virtual_run(v, names[k], "{}", run);
    counts_are(v, 0, 3 * each);
}

/* What the promise of limits.h counts is all that is left of such runs: nothing else is in memory.
 */
static void a_folded_run_is_small(void **state)
{
    struct virtual v;
    size_t few, many;

    (void)state;
    open_many(&v, 1);
    few = fold_bytes(v.engine);
    virtual_close(&v);
    open_many(&v, 333);
    many = fold_bytes(v.engine);
    assert_true(few < 3 * 8192); /* one slab */
    assert_true(many > 999 * sizeof(struct folded));
    assert_true(many < 999 * (size_t)LIMIT_FOLDED_BYTES);
    assert_null(v.engine->active);
    assert_int_equal(v.engine->folds->listenings->refs, 333); /* all by one */
    assert_null(v.engine->folds->listenings->next);
    virtual_pass(&v, "3h");
    counts_are(&v, 0, 0);
    assert_true(fold_bytes(v.engine) < 1024); /* given back */
    virtual_close(&v);
}

static void many_are_woken_once_each(void **state)
{
    struct virtual v;
    size_t ended;

    (void)state;
    open_many(&v, 1667);
    virtual_pass(&v, "2h59m");
    counts_are(&v, 0, 5001);
    virtual_submit(&v, "{\"title\": \"closed\"}");
    loop_settle(v.loop);
    ended = (size_t)v.engine->counters.runs_succeeded;
    assert_int_equal(ended, 1667);
    virtual_pass(&v, "1m");
    counts_are(&v, 0, 0);
    assert_int_equal(v.engine->counters.runs_succeeded + v.engine->counters.runs_failed, 5001);
    virtual_close(&v);
}

/* ---- a clock that is set ------------------------------------------------------------------------
 */

static void jump(struct virtual *v, int hours)
{
    loop_jump(v->loop, hours * INT64_C(3600000000));
}

/* virtual_pass() goes by the clock; what it adds is the same by any. */
static void pass_hours(struct virtual *v, int hours)
{
    loop_advance(v->loop, loop_monotonic_us(v->loop) + hours * INT64_C(3600000000));
}

static void wait_three_hours(struct virtual *v)
{
    char run[37];

    virtual_run(v, "p", "{}", run);
}

/* Both runs last three hours, the one from before and the one from after. */
static void a_clock_set_back_changes_no_wait(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, "  - wait: 3h\n");
    wait_three_hours(&v);
    pass_hours(&v, 1);
    jump(&v, -5);
    wait_three_hours(&v);
    counts_are(&v, 0, 2);
    pass_hours(&v, 1);
    counts_are(&v, 0, 2);
    pass_hours(&v, 1);
    loop_advance(v.loop, loop_monotonic_us(v.loop) + 1000000);
    counts_are(&v, 0, 1);
    assert_int_equal(virtual_count(&v, "run_ended", NULL), 1);
    pass_hours(&v, 1);
    counts_are(&v, 0, 0);
    assert_int_equal(virtual_count(&v, "run_ended", NULL), 2);
    virtual_close(&v);
}

/* Three hours from ten are at one, whatever became of the hours between. */
static void a_clock_set_forward_is_followed(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, "  - wait: 3h\n");
    wait_three_hours(&v);
    pass_hours(&v, 1);
    counts_are(&v, 0, 1);
    jump(&v, 5);
    virtual_pass(&v, "1m1s");
    counts_are(&v, 0, 0);
    pass_hours(&v, 5);
    assert_int_equal(virtual_count(&v, "run_ended", NULL), 1);
    virtual_close(&v);
}

/* It was wrong for a while: a run of that while is due by the clock that is right again. */
static void a_clock_set_back_and_right_again(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, "  - wait: 3h\n");
    pass_hours(&v, 1);
    wait_three_hours(&v);
    jump(&v, -5);
    pass_hours(&v, 1);
    wait_three_hours(&v);
    counts_are(&v, 0, 2);
    jump(&v, 5);
    virtual_pass(&v, "1m1s");
    counts_are(&v, 0, 1); /* the second: at its hour of the wrong clock */
    assert_int_equal(virtual_count(&v, "run_ended", NULL), 1);
    pass_hours(&v, 2);
    assert_int_equal(virtual_count(&v, "run_ended", NULL), 2);
    pass_hours(&v, 9);
    assert_int_equal(virtual_count(&v, "run_ended", NULL), 2);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_wait_is_folded),
        cmocka_unit_test(each_is_woken_in_its_time),
        cmocka_unit_test(an_event_wakes),
        cmocka_unit_test(an_alert_wakes),
        cmocka_unit_test(no_event_is_a_time_out),
        cmocka_unit_test(a_restart_keeps_the_time),
        cmocka_unit_test(a_restart_keeps_listening),
        cmocka_unit_test(a_folded_run_is_small),
        cmocka_unit_test(many_are_woken_once_each),
        cmocka_unit_test(a_clock_set_back_changes_no_wait),
        cmocka_unit_test(a_clock_set_forward_is_followed),
        cmocka_unit_test(a_clock_set_back_and_right_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
