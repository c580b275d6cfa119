/*
 * test_virtual.c - the virtual loop: its clock stands while there is work, jumps to the next timer
 * when there is none, and two of one seed are alike.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "loop/loop.h"

enum { START_US = 1000000 };

struct record {
    struct loop *loop;
    char text[64];
    size_t len;
    int64_t at_us[64];
};

static struct record begin(void)
{
    return (struct record){.loop = loop_new_virtual(START_US, 7)};
}

static void note(struct record *record, char letter)
{
    assert_true(record->len + 1 < sizeof record->text);
    record->at_us[record->len] = loop_now_us(record->loop);
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
    struct record *record = user;

    note(record, 'c');
    (void)loop_after(record->loop, 1000, note_a, record);
    loop_post(record->loop, note_b, record);
}

static void timers_fire_at_their_time_and_in_order(void **state)
{
    struct record record = begin();

    (void)loop_after(record.loop, 86400000, note_b, &record);
    (void)loop_after(record.loop, 10, note_a, &record);
    (void)loop_after(record.loop, 86400000, note_a, &record);
    loop_run(record.loop);
    assert_string_equal(record.text, "aba");
    assert_int_equal(record.at_us[0], START_US + 10000);
    assert_int_equal(record.at_us[1], START_US + INT64_C(86400000000));
    assert_int_equal(record.at_us[2], START_US + INT64_C(86400000000));
    loop_free(record.loop);
}

/* What a timer posts is called before any time passes. */
static void the_clock_stands_while_there_is_work(void **state)
{
    struct record record = begin();

    (void)loop_after(record.loop, 5, note_c, &record);
    (void)loop_after(record.loop, 6, note_a, &record);
    loop_run(record.loop);
    assert_string_equal(record.text, "cbaa");
    assert_int_equal(record.at_us[1], START_US + 5000);
    assert_int_equal(record.at_us[3], START_US + 1005000);
    loop_free(record.loop);
}

static void an_advance_stops_at_its_time(void **state)
{
    struct record record = begin();

    (void)loop_after(record.loop, 5, note_a, &record);
    (void)loop_after(record.loop, 50, note_b, &record);
    assert_int_equal(loop_next_us(record.loop), START_US + 5000);
    loop_advance(record.loop, START_US + 49000);
    assert_string_equal(record.text, "a");
    assert_int_equal(loop_now_us(record.loop), START_US + 49000);
    loop_advance(record.loop, START_US + 50000);
    assert_string_equal(record.text, "ab");
    assert_int_equal(loop_next_us(record.loop), INT64_MAX);
    loop_advance(record.loop, 0); /* never backwards */
    assert_int_equal(loop_now_us(record.loop), START_US + 50000);
    loop_free(record.loop);
}

static void settling_takes_no_time(void **state)
{
    struct record record = begin();

    (void)loop_after(record.loop, 0, note_a, &record);
    (void)loop_after(record.loop, 1, note_b, &record);
    loop_defer(record.loop, note_a, &record);
    loop_settle(record.loop);
    assert_string_equal(record.text, "aa");
    assert_int_equal(loop_now_us(record.loop), START_US);
    loop_free(record.loop);
}

static void once_waits_no_longer_than_it_is_told(void **state)
{
    struct record record = begin();

    (void)loop_after(record.loop, 20, note_a, &record);
    loop_once(record.loop, 5);
    assert_int_equal(record.len, 0);
    assert_int_equal(loop_now_us(record.loop), START_US + 5000);
    loop_once(record.loop, 0);
    assert_int_equal(loop_now_us(record.loop), START_US + 5000);
    loop_once(record.loop, -1);
    assert_string_equal(record.text, "a");
    loop_free(record.loop);
}

/* Work of another thread is waited for, in real time, with the clock standing. */
struct worker {
    struct record record;
    pthread_t thread;
};

static void worked(void *user)
{
    struct worker *worker = user;

    loop_unhold(worker->record.loop);
    note(&worker->record, 'w');
}

static void *work(void *user)
{
    struct worker *worker = user;

    loop_post(worker->record.loop, worked, worker);
    return NULL;
}

static void a_hold_stops_the_clock(void **state)
{
    struct worker worker = {.record = begin()};

    (void)loop_after(worker.record.loop, 1, note_a, &worker.record);
    loop_hold(worker.record.loop);
    assert_int_equal(pthread_create(&worker.thread, NULL, work, &worker), 0);
    loop_run(worker.record.loop);
    assert_int_equal(pthread_join(worker.thread, NULL), 0);
    assert_string_equal(worker.record.text, "wa");
    assert_int_equal(worker.record.at_us[0], START_US);
    loop_free(worker.record.loop);
}

static void randomness_comes_from_the_seed(void **state)
{
    struct loop *loops[] = {loop_new_virtual(0, 1), loop_new_virtual(0, 1), loop_new_virtual(0, 2)};
    unsigned char bytes[3][21];

    for (size_t i = 0; i < 3; i++) {
        loop_random(loops[i], bytes[i], 13);
        loop_random(loops[i], bytes[i] + 13, 8);
        loop_free(loops[i]);
    }
    assert_memory_equal(bytes[0], bytes[1], sizeof bytes[0]);
    assert_memory_not_equal(bytes[0], bytes[2], sizeof bytes[0]);
    assert_memory_not_equal(bytes[0], bytes[0] + 13, 8);
}

static void timers_may_be_cancelled_or_left(void **state)
{
    struct record record = begin();
    struct loop_timer *timer = loop_after(record.loop, 1, note_a, &record);

    (void)loop_after(record.loop, 2, note_b, &record);
    loop_cancel(timer);
    loop_once(record.loop, -1);
    assert_string_equal(record.text, "b");
    (void)loop_after(record.loop, 2, note_a, &record);
    loop_free(record.loop);
    assert_string_equal(record.text, "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_at_their_time_and_in_order),
        cmocka_unit_test(the_clock_stands_while_there_is_work),
        cmocka_unit_test(an_advance_stops_at_its_time),
        cmocka_unit_test(settling_takes_no_time),
        cmocka_unit_test(once_waits_no_longer_than_it_is_told),
        cmocka_unit_test(a_hold_stops_the_clock),
        cmocka_unit_test(randomness_comes_from_the_seed),
        cmocka_unit_test(timers_may_be_cancelled_or_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
