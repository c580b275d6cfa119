/*
 * test_loop.c - the reactor: order of timers, posts from threads, deferred calls, when loop_run
 * ends, signals, and what may be done from inside a call.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "loop/loop.h"

/* What was called, in order: one letter each. */
struct record {
    struct loop *loop;
    char text[128];
    size_t len;
    struct loop_timer *timer;
};

static void note(struct record *record, char letter)
{
    assert_true(record->len + 1 < sizeof record->text);
    record->text[record->len++] = letter;
    record->text[record->len] = '\0';
}

static void note_a(void *user)
{
    note(user, 'a');
}

static void note_b(void *user)
{
    note(user, 'b');
}

static void note_c(void *user)
{
    note(user, 'c');
}

static void stop(void *user)
{
    struct record *record = user;

    note(record, 's');
    loop_stop(record->loop);
}

static struct record begin(void)
{
    struct record record = {.loop = loop_new()};

    return record;
}

static void test_empty_loop_returns(void **state)
{
    struct record record = begin();

    (void)state;
    loop_run(record.loop);
    loop_free(record.loop);
}

static void test_timers_fire_in_order_of_their_times(void **state)
{
    struct record record = begin();

    (void)state;
    (void)loop_after(record.loop, 30, note_c, &record);
    (void)loop_after(record.loop, 0, note_a, &record);
    (void)loop_after(record.loop, 15, note_b, &record);
    loop_run(record.loop);
    assert_string_equal(record.text, "abc");
    loop_free(record.loop);
}

static void test_timer_is_never_early(void **state)
{
    struct record record = begin();
    int i;

    (void)state;
    for (i = 0; i < 60; i++) {
        int64_t before_us = clock_monotonic_us(), set_us;

        /* Any place between two ticks of the system's coarse clock, which are 4 ms apart. */
        do
            set_us = clock_monotonic_us();
        while (set_us - before_us < i * 100);
        (void)loop_after(record.loop, i % 4, note_a, &record);
        loop_run(record.loop);
        assert_true(clock_monotonic_us() - set_us >= i % 4 * 1000);
    }
    loop_free(record.loop);
}

/* A turn that takes long: the loop's idea of the time must not be that of its beginning. */
struct late {
    struct loop *loop;
    int64_t set_us, fired_us;
};

static void note_time(void *user)
{
    struct late *late = user;

    late->fired_us = clock_monotonic_us();
}

static void work_and_wait(void *user)
{
    struct late *late = user;
    int64_t begun_us = clock_monotonic_us();

    do
        late->set_us = clock_monotonic_us();
    while (late->set_us - begun_us < 20000);
    (void)loop_after(late->loop, 10, note_time, late);
}

static void test_timer_set_late_in_a_turn_is_not_early(void **state)
{
    struct late late = {.loop = loop_new()};

    (void)state;
    (void)loop_after(late.loop, 0, work_and_wait, &late);
    loop_run(late.loop);
    assert_true(late.fired_us - late.set_us >= 10000);
    loop_free(late.loop);
}

static void test_negative_wait_fires_at_once(void **state)
{
    struct record record = begin();

    (void)state;
    (void)loop_after(record.loop, -5, note_a, &record);
    loop_run(record.loop);
    assert_string_equal(record.text, "a");
    loop_free(record.loop);
}

static void cancel_other(void *user)
{
    struct record *record = user;

    note(record, 'x');
    loop_cancel(record->timer);
}

static void test_cancelled_timer_does_not_fire(void **state)
{
    struct record record = begin();

    (void)state;
    loop_cancel(NULL);
    loop_cancel(loop_after(record.loop, 0, note_a, &record));
    record.timer = loop_after(record.loop, 20, note_b, &record);
    (void)loop_after(record.loop, 0, cancel_other, &record);
    loop_run(record.loop);
    assert_string_equal(record.text, "x");
    loop_free(record.loop);
}

static void test_free_forgets_what_waits(void **state)
{
    struct record record = begin();

    (void)state;
    (void)loop_after(record.loop, 0, note_a, &record);
    (void)loop_after(record.loop, 100000, note_a, &record);
    loop_post(record.loop, note_b, &record);
    loop_defer(record.loop, note_c, &record);
    loop_free(record.loop);
    loop_free(NULL);
    assert_string_equal(record.text, "");
}

static void test_stop_leaves_the_rest_for_later(void **state)
{
    struct record record = begin();

    (void)state;
    (void)loop_after(record.loop, 0, stop, &record);
    (void)loop_after(record.loop, 40, note_a, &record);
    loop_run(record.loop);
    assert_string_equal(record.text, "s");
    loop_run(record.loop);
    assert_string_equal(record.text, "sa");
    loop_free(record.loop);
}

static void test_stop_before_run_counts_once(void **state)
{
    struct record record = begin();

    (void)state;
    (void)loop_after(record.loop, 0, note_a, &record);
    loop_stop(record.loop);
    loop_run(record.loop);
    assert_string_equal(record.text, "");
    loop_run(record.loop);
    assert_string_equal(record.text, "a");
    loop_free(record.loop);
}

/* ---- deferred calls --------------------------------------------------------------------------*/

static void note_a_and_defer_b(void *user)
{
    struct record *record = user;

    note(record, 'a');
    loop_defer(record->loop, note_b, record);
}

static void test_deferred_calls_end_the_turn(void **state)
{
    struct record record = begin();

    (void)state;
    /* Both posts belong to one turn, so what the first defers comes behind the second. */
    loop_post(record.loop, note_a_and_defer_b, &record);
    loop_post(record.loop, note_c, &record);
    loop_once(record.loop, 0);
    assert_string_equal(record.text, "acb");
    loop_free(record.loop);
}

static void test_what_a_deferred_call_defers_waits_a_turn(void **state)
{
    struct record record = begin();

    (void)state;
    loop_defer(record.loop, note_a_and_defer_b, &record);
    loop_once(record.loop, -1);
    assert_string_equal(record.text, "a");
    loop_run(record.loop); /* deferred calls alone keep it going */
    assert_string_equal(record.text, "ab");
    loop_free(record.loop);
}

/* ---- posts -----------------------------------------------------------------------------------*/

enum { THREADS = 4, POSTS = 2000 };

struct poster {
    struct counter *counter;
    int number, next; /* next: what this thread's posts must count up to, seen by the loop */
    pthread_t thread;
};

struct counter {
    struct loop *loop;
    struct poster posters[THREADS];
    int called;
};

struct post {
    struct poster *poster;
    int index;
};

static struct post posts[THREADS][POSTS];

static void count_post(void *user)
{
    struct post *post = user;
    struct counter *counter = post->poster->counter;

    assert_int_equal(post->index, post->poster->next);
    post->poster->next++;
    counter->called++;
    if (counter->called == THREADS * POSTS)
        loop_unhold(counter->loop);
}

static void *post_many(void *user)
{
    struct poster *poster = user;
    int i;

    for (i = 0; i < POSTS; i++) {
        struct post *post = &posts[poster->number][i];

        post->poster = poster;
        post->index = i;
        loop_post(poster->counter->loop, count_post, post);
    }
    return NULL;
}

static void test_posts_of_threads_arrive_in_their_order(void **state)
{
    struct counter counter = {.loop = loop_new()};
    int i;

    (void)state;
    loop_hold(counter.loop);
    for (i = 0; i < THREADS; i++) {
        counter.posters[i] = (struct poster){.counter = &counter, .number = i};
        assert_int_equal(
            pthread_create(&counter.posters[i].thread, NULL, post_many, &counter.posters[i]), 0);
    }
    loop_run(counter.loop);
    assert_int_equal(counter.called, THREADS * POSTS);
    for (i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(counter.posters[i].thread, NULL), 0);
    loop_free(counter.loop);
}

static void test_post_alone_keeps_the_loop_going(void **state)
{
    struct record record = begin();

    (void)state;
    loop_post(record.loop, note_a, &record);
    loop_run(record.loop);
    assert_string_equal(record.text, "a");
    loop_free(record.loop);
}

static void unpost_b(void *user)
{
    struct record *record = user;

    note(record, 'x');
    loop_unpost(record->loop, note_b, record);
}

static void test_unpost_takes_back_what_was_not_called(void **state)
{
    struct record record = begin();

    (void)state;
    loop_post(record.loop, note_a, &record);
    loop_post(record.loop, note_b, &record);
    loop_post(record.loop, note_b, &record);
    loop_unpost(record.loop, note_b, &record);
    loop_post(record.loop, note_c, &record); /* the list's end is still right */
    loop_run(record.loop);
    assert_string_equal(record.text, "ac");
    /* Also what is being called in this very turn. */
    loop_post(record.loop, unpost_b, &record);
    loop_post(record.loop, note_b, &record);
    loop_post(record.loop, note_c, &record);
    loop_run(record.loop);
    assert_string_equal(record.text, "acxc");
    loop_free(record.loop);
}

static void post_again(void *user)
{
    struct record *record = user;

    note(record, 'p');
    if (record->len < 5)
        loop_post(record->loop, post_again, record);
}

static void test_post_from_a_post(void **state)
{
    struct record record = begin();

    (void)state;
    loop_post(record.loop, post_again, &record);
    loop_run(record.loop);
    assert_string_equal(record.text, "ppppp");
    loop_free(record.loop);
}

/* ---- signals ---------------------------------------------------------------------------------*/

static void raised(int number, void *user)
{
    note(user, number == SIGHUP ? 'h' : number == SIGTERM ? 't' : '?');
}

static void test_signals_are_ordinary_events(void **state)
{
    struct record record = begin();
    struct loop_watch *hup = loop_signal(record.loop, SIGHUP, raised, &record);
    struct loop_watch *term = loop_signal(record.loop, SIGTERM, raised, &record);

    (void)state;
    loop_run(record.loop); /* watches alone are nothing to wait for */
    assert_string_equal(record.text, "");
    assert_int_equal(raise(SIGHUP), 0);
    loop_once(record.loop, -1);
    assert_string_equal(record.text, "h");
    assert_int_equal(raise(SIGTERM), 0);
    assert_int_equal(raise(SIGTERM), 0); /* pending signals merge or not; at least one is told */
    loop_once(record.loop, -1);
    assert_true(strcmp(record.text, "ht") == 0 || strcmp(record.text, "htt") == 0);
    loop_unwatch(hup);
    loop_unwatch(term);
    loop_unwatch(NULL);
    loop_free(record.loop);
}

/* ---- what else keeps a loop going ------------------------------------------------------------*/

static void readable(evutil_socket_t fd, short what, void *user)
{
    char byte;

    (void)what;
    assert_int_equal(read(fd, &byte, 1), 1);
    note(user, 'r');
}

static void write_byte(void *user)
{
    assert_int_equal(write(*(int *)user, "x", 1), 1);
}

static void test_foreign_event_keeps_the_loop_going(void **state)
{
    struct record record = begin();
    struct event *event;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    event = event_new(loop_base(record.loop), ends[0], EV_READ, readable, &record);
    assert_int_equal(event_add(event, NULL), 0);
    (void)loop_after(record.loop, 5, write_byte, &ends[1]);
    loop_run(record.loop);
    assert_string_equal(record.text, "r");
    event_free(event);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(close(ends[1]), 0);
    loop_free(record.loop);
}

static void test_once_without_waiting(void **state)
{
    struct record record = begin();

    (void)state;
    (void)loop_after(record.loop, 100000, note_a, &record);
    loop_once(record.loop, 0);
    loop_once(record.loop, 1);
    assert_string_equal(record.text, "");
    loop_free(record.loop);
}

/* ---- time and randomness ---------------------------------------------------------------------*/

static void test_clocks(void **state)
{
    int64_t before_us = clock_monotonic_us();
    int i;

    (void)state;
    assert_true(clock_now_us() > 1700000000000000); /* later than 2023 */
    for (i = 0; i < 1000; i++) {
        int64_t after_us = clock_monotonic_us();

        assert_true(after_us >= before_us);
        before_us = after_us;
    }
}

static void test_random_bytes_differ(void **state)
{
    unsigned char a[600] = {0}, b[600] = {0};

    (void)state;
    random_fill(a, sizeof a); /* more than the 256 that getrandom gives without interruption */
    random_fill(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a + 300, b + 300, 300);
    random_fill(a, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_loop_returns),
        cmocka_unit_test(test_timers_fire_in_order_of_their_times),
        cmocka_unit_test(test_timer_is_never_early),
        cmocka_unit_test(test_timer_set_late_in_a_turn_is_not_early),
        cmocka_unit_test(test_negative_wait_fires_at_once),
        cmocka_unit_test(test_cancelled_timer_does_not_fire),
        cmocka_unit_test(test_free_forgets_what_waits),
        cmocka_unit_test(test_stop_leaves_the_rest_for_later),
        cmocka_unit_test(test_stop_before_run_counts_once),
        cmocka_unit_test(test_deferred_calls_end_the_turn),
        cmocka_unit_test(test_what_a_deferred_call_defers_waits_a_turn),
        cmocka_unit_test(test_posts_of_threads_arrive_in_their_order),
        cmocka_unit_test(test_post_alone_keeps_the_loop_going),
        cmocka_unit_test(test_unpost_takes_back_what_was_not_called),
        cmocka_unit_test(test_post_from_a_post),
        cmocka_unit_test(test_signals_are_ordinary_events),
        cmocka_unit_test(test_foreign_event_keeps_the_loop_going),
        cmocka_unit_test(test_once_without_waiting),
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_random_bytes_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
