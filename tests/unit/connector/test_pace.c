/*
 * test_pace.c - how fast requests leave: published rates in every window, pauses that all calls of
 * a connection keep, and a budget of retries, so that an outage is not answered with a storm.
 */
#include "acts.h"

#include "connector/pace.h"

/* ---- rates -------------------------------------------------------------------------------------
 */

static void no_window_has_more(void **state)
{
    static const struct quell_rate rates[] = {{10, 60}, {3, 1}, {0, 0}};
    static const struct quell_action action = {.name = "a", .rates = rates};
    struct arena *arena = arena_new(0);
    struct pace pace = {0};
    int64_t times[200], now = 5000000;
    size_t i, k, r;

    (void)state;
    for (i = 0; i < 200; i++) {
        times[i] = pace_reserve(&pace, arena, &action, now);
        assert_true(times[i] >= now);
        if (i % 7 == 0)
            now += 300000;
    }
    for (r = 0; rates[r].count; r++)
        for (i = 0; i < 200; i++) {
            size_t inside = 0;
            for (k = i; k < 200; k++)
                inside += times[k] < times[i] + (int64_t)rates[r].seconds * 1000000;
            assert_true(inside <= rates[r].count);
        }
    assert_true(times[199] <= 5000000 + INT64_C(20) * 60000000); /* and no slower than that */
    arena_free(arena);
}

static void without_rates_at_once(void **state)
{
    static const struct quell_action action = {.name = "a"};
    struct pace pace = {0};

    (void)state;
    for (int64_t i = 0; i < 100; i++)
        assert_int_equal(pace_reserve(&pace, NULL, &action, i), i);
}

static void behind_a_pause_one_by_one(void **state)
{
    static const struct quell_action action = {.name = "a"};
    struct pace pace = {0};
    int64_t last = 0;

    (void)state;
    pace_pause(&pace, 1000000);
    pace_pause(&pace, 500000); /* shorter: nothing new */
    for (size_t i = 0; i < 20; i++) {
        int64_t when = pace_reserve(&pace, NULL, &action, 1);
        assert_true(when >= 1000000);
        assert_true(last == 0 || when == last + LIMIT_PAUSE_APART_MS * 1000);
        last = when;
    }
    assert_false(pace_is_paused(&pace, 1000000));
}

static void retries_are_paid(void **state)
{
    struct pace pace = {0};
    size_t i;

    (void)state;
    for (i = 0; i < LIMIT_RETRY_SAVED; i++)
        assert_true(pace_take_retry(&pace, 1));
    assert_false(pace_take_retry(&pace, 1));
    for (i = 0; i < 4; i++)
        pace_succeeded(&pace);
    assert_false(pace_take_retry(&pace, 1));
    pace_succeeded(&pace); /* the fifth */
    assert_true(pace_take_retry(&pace, 1));
    assert_false(pace_take_retry(&pace, 1));
    assert_true(pace_take_retry(&pace, 1 + LIMIT_RETRY_REFILL_S * 1000000));
}

/* ---- storms ------------------------------------------------------------------------------------
 */

/* A far side in trouble. */
struct trouble {
    const char *what;
    unsigned each;     /* one in so many requests fails; 1: all of them */
    int64_t window_ms; /* or: it takes `most` in each window, and says 429 behind */
    size_t most;
    double requests;  /* times the successes, at the most ... */
    size_t and_more;  /* ... and so many */
    int64_t began_us; /* the window */
    size_t in_window, ok;
    char text[128];
};

static const char *in_trouble(struct peer *peer, size_t nth, const char *request)
{
    struct trouble *trouble = peer->user;
    int64_t now = clock_monotonic_us(), window_us = trouble->window_ms * 1000;

    (void)request;
    if (trouble->each && nth % trouble->each == trouble->each - 1)
        return EMPTY("503");
    if (trouble->window_ms && now - trouble->began_us >= window_us) {
        trouble->began_us = now;
        trouble->in_window = 0;
    }
    if (trouble->window_ms && ++trouble->in_window > trouble->most) {
        (void)snprintf(trouble->text, sizeof(trouble->text),
                       "HTTP/1.1 429 x\r\nretry-after-ms: %d\r\nContent-Length: 0\r\n\r\n",
                       (int)((trouble->began_us + window_us - now) / 1000) + 1);
        return trouble->text;
    }
    trouble->ok++;
    return OK;
}

enum { CALLS = 300 };

static void requests_do_not_multiply(void **state)
{
    static const struct trouble rows[] = {
        {.what = "an outage", .each = 1, .requests = 1, .and_more = CALLS + LIMIT_RETRY_SAVED},
        {.what = "one in ten", .each = 10, .requests = 1.2},
        {.what = "one in twenty", .each = 20, .requests = 1.2},
        {.what = "a rate", .window_ms = 200, .most = 100, .requests = 1.2},
    };
    struct stage *stage = *state;
    struct told *told = calloc(CALLS, sizeof(*told));

    assert_non_null(told);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct trouble trouble = rows[i];
        double most;
        if (stage->peer)
            peer_free(stage->peer);
        stage->peer = peer_new(stage->loop, in_trouble, &trouble);
        stage_connect(stage, CONNECTION);
        for (size_t k = 0; k < CALLS; k++) {
            struct call_request request = stage_request(stage, &keyed, "http", "{}");
            stage_start(stage, &told[k], &request);
        }
        while (stage->running)
            loop_once(stage->loop, -1);
        most = (double)trouble.ok * trouble.requests + (double)trouble.and_more;
        printf("%s: %zu requests, %zu successes of %d calls\n", trouble.what, stage->peer->count,
               trouble.ok, CALLS);
        if ((double)stage->peer->count > most)
            fail_msg("%s: %zu requests, at the most %.0f", trouble.what, stage->peer->count, most);
        if (trouble.each != 1)
            assert_int_equal(trouble.ok, CALLS); /* and nobody gave up */
    }
    free(told);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_set_up, stage_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_window_has_more),
        cmocka_unit_test(without_rates_at_once),
        cmocka_unit_test(behind_a_pause_one_by_one),
        cmocka_unit_test(retries_are_paid),
        TEST(requests_do_not_multiply),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
