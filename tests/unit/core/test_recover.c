/*
 * test_recover.c - runs are taken up where their journal ends, and each of their calls once.
 */
#include "fixture.h"

/* Nothing listens there: what is sent is tried again later. */
static const char config[] = "connections:\n"
                             "  defender:\n"
                             "    url: http://127.0.0.1:1\n"
                             "    egress: [loopback]\n"
                             "    auth: { kind: bearer, token: { env: HOME } }\n"
                             "  email:\n"
                             "    url: smtp://127.0.0.1:1\n"
                             "    tls: none\n"
                             "    egress: [loopback]\n"
                             "    from: quell@contoso.example\n"
                             "    auth: { kind: none }\n";

static const char bad_device[] = "quell: 1\n"
                                 "playbook: p\n"
                                 "on: { manual: }\n"
                                 "steps:\n"
                                 "  - id: contain\n"
                                 "    uses: defender.isolate-device\n"
                                 "    with: { device_id: no-device-id, comment: c }\n"
                                 "on-failure:\n"
                                 "  - id: tell\n"
                                 "    uses: email.send\n"
                                 "    with: { to: a@b.example, subject: s, body: b }\n";

static const char one_mail[] = "quell: 1\n"
                               "playbook: p\n"
                               "on: { manual: }\n"
                               "steps:\n"
                               "  - id: tell\n"
                               "    uses: email.send\n"
                               "    with: { to: a@b.example, subject: s, body: b }\n";

/* The call fails inside of being taken up, and the run goes on to the call of on-failure, which
 * stands behind it in the run that is being walked. */
static void a_call_that_follows_is_begun_once(void **state)
{
    struct engine_place place;
    struct watch watch = {.kind = "call_sending", .path = "on-failure.tell"};
    struct quell *engine;

    place_make(&place, config, bad_device);
    half_make(&place, NULL);
    engine = place_open(&place, QUELL_FOR_RUNNING);
    quell_watch(engine, watch_event, &watch);
    watch_wait(&place, &watch);
    assert_int_equal(watch.count, 1);
    assert_false(run_is(engine, "held")); /* as a second taking up would make it */
    quell_close(engine);
    place_remove(&place);
}

static void add_sending(struct half *half, struct run *run)
{
    struct map_builder data = {.arena = half->arena};
    struct event event = {.seq = run_seq(run) + 1,
                          .at_us = run_updated_us(run),
                          .kind = EVENT_CALL_SENDING,
                          .path = QUELL_STR("tell")};

    map_add(&data, "state", quell_map(NULL, 0));
    map_add(&data, "changes", quell_bool(true));
    event.data = map_made(&data);
    half_add(half, &event);
}

static void a_mail_in_flight_is_held(void **state)
{
    struct engine_place place;
    struct watch watch = {.kind = "run_held", .path = "tell"};
    struct quell *engine;

    place_make(&place, config, one_mail);
    half_make(&place, add_sending);
    engine = place_open(&place, QUELL_FOR_RUNNING);
    quell_watch(engine, watch_event, &watch);
    watch_wait(&place, &watch);
    assert_true(run_is(engine, "held"));
    quell_close(engine);
    place_remove(&place);
}

static void a_mail_that_had_not_left_is_sent(void **state)
{
    struct engine_place place;
    struct watch watch = {.kind = "call_sending", .path = "tell"};
    struct quell *engine;

    place_make(&place, config, one_mail);
    half_make(&place, NULL);
    engine = place_open(&place, QUELL_FOR_RUNNING);
    quell_watch(engine, watch_event, &watch);
    watch_wait(&place, &watch);
    assert_false(run_is(engine, "held"));
    quell_close(engine);
    place_remove(&place);
}

/* The clock was a day ahead when the call went to sleep, and has been set right since. */
static void add_sleep_of_tomorrow(struct half *half, struct run *run)
{
    struct map_builder data = {.arena = half->arena};
    struct event event = {.seq = run_seq(run) + 1,
                          .at_us = run_updated_us(run) + 86400 * (int64_t)1000000,
                          .kind = EVENT_CALL_SLEEPING,
                          .path = QUELL_STR("contain")};

    map_add(&data, "state", quell_map(NULL, 0));
    map_add(&data, "until", value_time_us(event.at_us + 20000));
    event.data = map_made(&data);
    half_add(half, &event);
}

static void a_clock_that_was_set_back_keeps_nobody_waiting(void **state)
{
    struct engine_place place;
    struct watch watch = {.kind = "call_sending", .path = "on-failure.tell"};
    struct quell *engine;

    place_make(&place, config, bad_device);
    half_make(&place, add_sleep_of_tomorrow);
    engine = place_open(&place, QUELL_FOR_RUNNING);
    quell_watch(engine, watch_event, &watch);
    watch_wait(&place, &watch); /* or for a day */
    quell_close(engine);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_follows_is_begun_once),
        cmocka_unit_test(a_mail_in_flight_is_held),
        cmocka_unit_test(a_clock_that_was_set_back_keeps_nobody_waiting),
        cmocka_unit_test(a_mail_that_had_not_left_is_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
