/*
 * test_writer_room.c - the writer on a store that has no room: what finds none waits, in its order,
 * until there is some or the writer is stopped.
 */
#include "gate.h"

struct crammed {
    struct play *play;
    size_t told_full, told_room;
    size_t reported_then; /* when room was told */
    bool stays;
};

static void set_crammed(struct play *play, bool crammed)
{
    (void)pthread_mutex_lock(&play->gate.mutex);
    play->gate.crammed = crammed;
    (void)pthread_mutex_unlock(&play->gate.mutex);
}

/* There is room as soon as it is told that there is none. */
static void on_full(bool full, void *user)
{
    struct crammed *crammed = user;

    assert_int_equal(writer_full(crammed->play->writer), full);
    crammed->told_full += full;
    crammed->told_room += !full;
    if (full && crammed->stays)
        loop_stop(crammed->play->loop);
    else if (full)
        set_crammed(crammed->play, false);
    else
        crammed->reported_then = crammed->play->reported;
}

static void test_what_finds_no_room_waits(void **state)
{
    struct play *play = play_new(false);
    struct crammed crammed = {.play = play};
    size_t i;

    (void)state;
    writer_watch_full(play->writer, on_full, &crammed);
    block(play);
    set_crammed(play, true);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    assert_int_equal(hand_over(play, LARGE), QUELL_OK);
    for (i = 0; i < LIMIT_WRITER_GROUP; i++) /* the last two are a group of their own */
        assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    open_gate(play);
    loop_run(play->loop);
    assert_int_equal(crammed.told_full, 1);
    assert_int_equal(crammed.told_room, 1);
    assert_int_equal(crammed.reported_then, 1); /* the one before it only */
    assert_false(writer_full(play->writer));
    assert_int_equal(play->reported, play->handed);
    assert_int_equal(play->gate.committed, play->handed);
    for (i = 0; i < play->handed; i++) {
        assert_int_equal(play->gate.order[i], i);
        assert_int_equal(play->items[i].code, QUELL_OK);
        assert_int_equal(play->items[i].reports, 1);
    }
    play_free(play);
}

static void test_a_stop_ends_the_wait_for_room(void **state)
{
    struct play *play = play_new(false);
    struct crammed crammed = {.play = play, .stays = true};
    struct item *items = play->items;
    size_t i;

    (void)state;
    writer_watch_full(play->writer, on_full, &crammed);
    block(play);
    set_crammed(play, true);
    assert_int_equal(hand_over(play, LARGE), QUELL_OK);
    open_gate(play);
    loop_run(play->loop); /* until it is told */
    assert_true(writer_full(play->writer));
    assert_int_equal(hand_over(play, GOOD),
                     QUELL_OK); /* it would fit, and leans on the one before */
    assert_int_equal(writer_prune(play->writer, 1, NULL, NULL, NULL), QUELL_OK);
    writer_stop(play->writer);
    assert_int_equal(play->reported, 3);
    assert_int_equal(items[0].code, QUELL_OK);
    for (i = 1; i < 3; i++) {
        assert_int_equal(items[i].code, QUELL_UNAVAILABLE);
        assert_string_equal(items[i].message, "no room for 1");
    }
    assert_int_equal(play->gate.committed, 1);
    loop_free(play->loop);
    test_free(play);
}

static void test_housekeeping_does_not_wait_for_room(void **state)
{
    struct play *play = play_new(false);
    enum quell_code code = QUELL_OK;
    const size_t sizes[] = {1, 0, 1};

    (void)state;
    block(play);
    set_crammed(play, true);
    assert_int_equal(writer_prune(play->writer, 5, pruned, &code, NULL), QUELL_OK);
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    open_gate(play);
    loop_run(play->loop);
    assert_int_equal(code, QUELL_UNAVAILABLE);
    assert_int_equal(play->items[1].code, QUELL_OK);
    check_sizes(play, sizes, 3);
    play_free(play);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_finds_no_room_waits),
        cmocka_unit_test(test_a_stop_ends_the_wait_for_room),
        cmocka_unit_test(test_housekeeping_does_not_wait_for_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
