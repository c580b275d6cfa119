/*
 * test_writer.c - the writer thread: groups, order, isolation of conflicts, back pressure, the
 * sticky failure, draining. Mostly on a store of our own whose commits wait at a gate, so that what
 * a group is made of is decided here and not by the scheduler.
 */
#include "gate.h"

#include "base/error.h"
#include "base/memory.h"

/* ---- tests -----------------------------------------------------------------------------------*/

static void test_one_batch(void **state)
{
    struct play *play = play_new(true);

    (void)state;
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    assert_int_equal(writer_waiting(play->writer), 1);
    loop_run(play->loop); /* waits for the thread, then ends by itself */
    assert_int_equal(play->reported, 1);
    assert_int_equal(play->items[0].code, QUELL_OK);
    assert_int_equal(writer_waiting(play->writer), 0);
    loop_run(play->loop); /* an idle writer is nothing to wait for */
    play_free(play);
}

static void test_what_gathers_is_one_group(void **state)
{
    struct play *play = play_new(false);
    const size_t sizes[] = {1, LIMIT_WRITER_GROUP, LIMIT_WRITER_GROUP, 8};
    size_t i;

    (void)state;
    block(play);
    for (i = 0; i < 2 * LIMIT_WRITER_GROUP + 8; i++)
        assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    open_gate(play);
    loop_run(play->loop);
    check_sizes(play, sizes, 4);
    assert_int_equal(play->reported, play->handed);
    assert_int_equal(play->gate.committed, play->handed);
    for (i = 0; i < play->handed; i++) {
        assert_int_equal(play->gate.order[i], i);
        assert_int_equal(play->items[i].code, QUELL_OK);
        assert_int_equal(play->items[i].reports, 1);
    }
    play_free(play);
}

static void test_a_conflict_harms_nobody_else(void **state)
{
    struct play *play = play_new(false);
    const size_t sizes[] = {1, 5, 1, 1, 1, 1, 1};
    const size_t order[] = {0, 1, 2, 4};
    size_t i;

    (void)state;
    block(play);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    assert_int_equal(hand_over(play, CONFLICTING), QUELL_OK);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    assert_int_equal(hand_over(play, CONFLICTING), QUELL_OK);
    open_gate(play);
    loop_run(play->loop);
    check_sizes(play, sizes, 7);
    assert_int_equal(play->gate.committed, 4);
    for (i = 0; i < 4; i++)
        assert_int_equal(play->gate.order[i], order[i]);
    for (i = 0; i < 6; i++)
        assert_int_equal(play->items[i].code, i == 3 || i == 5 ? QUELL_CONFLICT : QUELL_OK);
    assert_string_equal(play->items[3].message, "conflict in 3");
    assert_string_equal(play->items[5].message, "conflict in 5");
    play_free(play);
}

static void test_a_single_conflict_is_not_tried_twice(void **state)
{
    struct play *play = play_new(true);
    const size_t sizes[] = {1};

    (void)state;
    assert_int_equal(hand_over(play, CONFLICTING), QUELL_OK);
    loop_run(play->loop);
    check_sizes(play, sizes, 1);
    assert_int_equal(play->items[0].code, QUELL_CONFLICT);
    play_free(play);
}

static void test_after_an_io_error_nothing_is_acknowledged(void **state)
{
    struct play *play = play_new(false);
    const size_t sizes[] = {1, 3};
    size_t i;

    (void)state;
    block(play);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    assert_int_equal(hand_over(play, FAILING), QUELL_OK);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    open_gate(play);
    loop_run(play->loop);
    for (i = 0; i < 3; i++)
        assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    assert_int_equal(writer_prune(play->writer, 1, NULL, NULL, NULL), QUELL_OK);
    loop_run(play->loop);
    /* The store was not asked again, not even one by one. */
    check_sizes(play, sizes, 2);
    assert_int_equal(play->items[0].code, QUELL_OK);
    for (i = 1; i < 7; i++) {
        assert_int_equal(play->items[i].code, QUELL_IO);
        assert_string_equal(play->items[i].message, "the disk is on fire");
    }
    play_free(play);
}

static void test_an_io_error_among_single_commits_is_the_last(void **state)
{
    struct play *play = play_new(false);
    const size_t sizes[] = {1, 4, 1, 1, 1};

    (void)state;
    block(play);
    assert_int_equal(hand_over(play, CONFLICTING), QUELL_OK);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    assert_int_equal(hand_over(play, FAILING), QUELL_OK);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    open_gate(play);
    loop_run(play->loop);
    check_sizes(play, sizes, 5);
    assert_int_equal(play->items[1].code, QUELL_CONFLICT);
    assert_int_equal(play->items[2].code, QUELL_OK);
    assert_int_equal(play->items[3].code, QUELL_IO);
    assert_int_equal(play->items[4].code, QUELL_IO);
    play_free(play);
}

static void test_a_busy_store_is_told_to_all_and_passes(void **state)
{
    struct play *play = play_new(false);
    const size_t sizes[] = {1, 2, 1};

    (void)state;
    block(play);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    assert_int_equal(hand_over(play, BUSY), QUELL_OK);
    open_gate(play);
    loop_run(play->loop);
    assert_int_equal(play->items[1].code, QUELL_UNAVAILABLE);
    assert_int_equal(play->items[2].code, QUELL_UNAVAILABLE);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    loop_run(play->loop);
    assert_int_equal(play->items[3].code, QUELL_OK);
    check_sizes(play, sizes, 3);
    play_free(play);
}

static void test_the_queue_has_an_end(void **state)
{
    struct play *play = play_new(false);
    struct quell_error err = {0};
    size_t i;

    (void)state;
    block(play);
    for (i = 1; i < LIMIT_WRITER_QUEUE; i++)
        assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    assert_int_equal(writer_waiting(play->writer), LIMIT_WRITER_QUEUE);
    assert_int_equal(hand_over(play, GOOD), QUELL_LIMIT);
    assert_int_equal(writer_prune(play->writer, 0, NULL, NULL, &err), QUELL_LIMIT);
    assert_non_null(strstr(err.message, "4096"));
    open_gate(play);
    loop_run(play->loop);
    assert_int_equal(play->reported, LIMIT_WRITER_QUEUE);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    play_free(play);
}

static void test_pruning_waits_its_turn(void **state)
{
    struct play *play = play_new(false);
    const size_t sizes[] = {1, 2, 0, 1, 0};
    enum quell_code good = QUELL_LIMIT, bad = QUELL_LIMIT;

    (void)state;
    block(play);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    assert_int_equal(writer_prune(play->writer, 5, pruned, &good, NULL), QUELL_OK);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    assert_int_equal(writer_prune(play->writer, -1, pruned, &bad, NULL), QUELL_OK);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    open_gate(play);
    loop_run(play->loop);
    check_sizes(play, sizes, 5);
    assert_int_equal(good, QUELL_OK);
    assert_int_equal(bad, QUELL_IO);
    assert_int_equal(play->items[3].code, QUELL_OK);
    assert_int_equal(play->items[4].code, QUELL_IO); /* a failed pruning is a failed disk too */
    play_free(play);
}

static void test_a_report_may_hand_over_more(void **state)
{
    struct play *play = play_new(true);

    (void)state;
    play->again = true;
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    loop_run(play->loop);
    assert_int_equal(play->reported, 10);
    assert_int_equal(play->gate.committed, 10);
    play_free(play);
}

static void test_stop_drains(void **state)
{
    struct play *play = play_new(false);
    size_t i;

    (void)state;
    block(play);
    for (i = 1; i < 1000; i++)
        assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    open_gate(play);
    writer_stop(play->writer); /* without a turn of the loop */
    assert_true(play->gate.closed);
    assert_int_equal(play->gate.committed, 1000);
    assert_int_equal(play->reported, 1000);
    loop_run(play->loop);
    assert_int_equal(play->reported, 1000);
    loop_free(play->loop);
    test_free(play);
}

static void test_stop_takes_nothing_new(void **state)
{
    struct play *play = play_new(true);

    (void)state;
    play->again = true;
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    writer_stop(play->writer);
    assert_int_equal(play->reported, 1);
    assert_int_equal(play->items[1].code, QUELL_UNAVAILABLE);
    loop_free(play->loop);
    test_free(play);
    writer_stop(NULL);
}

static void look(void *user)
{
    struct play *play = user;

    assert_int_equal(play->reported, play->handed);
}

/* However fast the disk is: a story that is told twice must be the same. */
static void test_on_a_virtual_loop_commits_come_before_timers(void **state)
{
    struct play *play = play_on(loop_new_virtual(0, 1), true);
    size_t i;

    (void)state;
    for (i = 0; i < 300; i++) {
        (void)loop_after(play->loop, 0, look, play);
        assert_int_equal(hand_over(play, GOOD), QUELL_OK);
        assert_int_equal(hand_over(play, GOOD), QUELL_OK);
        assert_int_equal(play->reported, 2 * i); /* by the loop, not by the hand-over */
        loop_settle(play->loop);
        assert_int_equal(play->reported, play->handed);
    }
    assert_int_equal(play->gate.calls, 600);
    assert_int_equal(hand_over(play, FAILING), QUELL_OK);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    play_free(play);
}

/* ---- on the real back ends -------------------------------------------------------------------*/

struct real {
    struct writer *writer;
    struct store_event *events;
    struct store_batch *batches;
    size_t ok, conflicts;
};

static void count(enum quell_code code, const struct quell_error *err, void *user)
{
    struct real *real = user;

    (void)err;
    real->ok += code == QUELL_OK;
    real->conflicts += code == QUELL_CONFLICT;
}

static bool check_seq(const struct store_event *event, void *user)
{
    uint64_t *expected = user;

    assert_int_equal(event->seq, ++*expected);
    return true;
}

/* A reader beside the writer sees a whole beginning of what was handed over, at any time. */
static void write_and_read(const struct store_kind *kind)
{
    enum { EVENTS = 3000 };
    struct fixture *f = fixture_new(kind);
    struct loop *loop = loop_new();
    struct real real = {0};
    uint64_t seen = 0;
    size_t i;

    fixture_open(f);
    real.events = test_calloc(EVENTS, sizeof *real.events);
    real.batches = test_calloc(EVENTS, sizeof *real.batches);
    real.writer = writer_start(loop, f->store);
    f->store = NULL; /* the writer's */
    for (i = 0; i < EVENTS; i++) {
        real.events[i] = an_event(f, "r", i + 1);
        real.batches[i] = (struct store_batch){.events = &real.events[i], .event_count = 1};
        assert_int_equal(writer_commit(real.writer, &real.batches[i], count, &real, NULL),
                         QUELL_OK);
        if (i % 100 == 0) {
            /* The same batch again conflicts, whichever group it falls into. */
            assert_int_equal(writer_commit(real.writer, &real.batches[i], count, &real, NULL),
                             QUELL_OK);
            loop_once(loop, 0);
            seen = 0;
            assert_int_equal(kind->events(f->reader, QUELL_STR("r"), 0, check_seq, &seen, NULL),
                             QUELL_OK);
            assert_true(seen >= real.ok); /* what was acknowledged is there */
        }
    }
    loop_run(loop);
    assert_int_equal(real.ok, EVENTS);
    assert_int_equal(real.conflicts, EVENTS / 100);
    seen = 0;
    assert_int_equal(kind->events(f->reader, QUELL_STR("r"), 0, check_seq, &seen, NULL), QUELL_OK);
    assert_int_equal(seen, EVENTS);
    writer_stop(real.writer);
    loop_free(loop);
    test_free(real.events);
    test_free(real.batches);
    fixture_free(f);
}

static void test_every_kind_beside_a_reader(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; store_kinds[i]; i++)
        write_and_read(store_kinds[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_batch),
        cmocka_unit_test(test_what_gathers_is_one_group),
        cmocka_unit_test(test_a_conflict_harms_nobody_else),
        cmocka_unit_test(test_a_single_conflict_is_not_tried_twice),
        cmocka_unit_test(test_after_an_io_error_nothing_is_acknowledged),
        cmocka_unit_test(test_an_io_error_among_single_commits_is_the_last),
        cmocka_unit_test(test_a_busy_store_is_told_to_all_and_passes),
        cmocka_unit_test(test_the_queue_has_an_end),
        cmocka_unit_test(test_pruning_waits_its_turn),
        cmocka_unit_test(test_a_report_may_hand_over_more),
        cmocka_unit_test(test_stop_drains),
        cmocka_unit_test(test_stop_takes_nothing_new),
        cmocka_unit_test(test_on_a_virtual_loop_commits_come_before_timers),
        cmocka_unit_test(test_every_kind_beside_a_reader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
