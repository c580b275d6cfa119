/*
 * Arenas and buffers: alignment, zeroes, growth, limits, reuse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/memory.h"

static bool all_are(const char *bytes, size_t len, char c)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != c)
            return false;
    return true;
}

static void an_arena_gives_zeroed_aligned_pieces(void **state)
{
    struct arena *arena = arena_new(0);
    char *pieces[300];
    for (size_t i = 0; i < 300; i++) {
        pieces[i] = arena_alloc(arena, i * 7);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        assert_true(all_are(pieces[i], i * 7, 0));
        memset(pieces[i], (int)(i % 100) + 1, i * 7);
    }
    for (size_t i = 0; i < 300; i++)
        assert_true(all_are(pieces[i], i * 7, (char)(i % 100 + 1)));
    assert_ptr_not_equal(arena_alloc(arena, 0), arena_alloc(arena, 0));
    char *large = arena_alloc(arena, 3 * 1024 * 1024);
    assert_true(all_are(large, 3 * 1024 * 1024, 0));
    assert_true(arena_used(arena) >= 3 * 1024 * 1024);
    arena_free(arena);
    arena_free(NULL);
}

static void a_reset_arena_gives_zeroes_again(void **state)
{
    struct arena *arena = arena_new(0);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 50; i++) {
            char *piece = arena_alloc(arena, 1000);
            assert_true(all_are(piece, 1000, 0));
            memset(piece, 'x', 1000);
        }
        assert_true(arena_used(arena) >= 50000);
        arena_reset(arena);
        assert_int_equal(arena_used(arena), 0);
    }
    arena_free(arena);
}

/* The largest block is kept: had it been freed, the next of its size from malloc would be there. */
static void a_reset_arena_keeps_its_largest_block(void **state)
{
    struct arena *arena = arena_new(0);
    (void)arena_alloc(arena, 100);
    char *large = arena_alloc(arena, 100000);
    (void)arena_alloc(arena, 100);
    arena_reset(arena);
    char *others[8];
    for (size_t i = 0; i < 8; i++)
        others[i] = memory_new(100000);
    assert_ptr_equal(arena_alloc(arena, 100000), large);
    for (size_t i = 0; i < 8; i++)
        memory_free(others[i]);
    arena_free(arena);
}

static void growing_keeps_what_was_there(void **state)
{
    struct arena *arena = arena_new(0);
    int *numbers = NULL;
    size_t count = 0;
    for (size_t next = 1; next < 100000; next = next * 3 / 2 + 1) {
        numbers = arena_grow(arena, numbers, count * sizeof(int), next * sizeof(int));
        for (size_t i = count; i < next; i++) {
            assert_int_equal(numbers[i], 0);
            numbers[i] = (int)i;
        }
        if (next % 2)
            (void)arena_alloc(arena, 1); /* now it cannot grow where it is */
        count = next;
    }
    for (size_t i = 0; i < count; i++)
        assert_int_equal(numbers[i], i);
    arena_free(arena);
}

static void what_grows_last_stays_where_it_is(void **state)
{
    struct arena *arena = arena_new(0);
    char *piece = arena_alloc(arena, 10);
    assert_ptr_equal(arena_grow(arena, piece, 10, 200), piece);
    (void)arena_alloc(arena, 1);
    assert_ptr_not_equal(arena_grow(arena, piece, 200, 400), piece);
    arena_free(arena);
}

static void an_arena_says_when_it_is_over(void **state)
{
    struct arena *arena = arena_new(1000);
    (void)arena_alloc(arena, 900);
    assert_false(arena_over(arena));
    (void)arena_alloc(arena, 200);
    assert_true(arena_over(arena));
    arena_reset(arena);
    assert_false(arena_over(arena));
    arena_free(arena);
}

static void texts_in_an_arena(void **state)
{
    struct arena *arena = arena_new(0);
    struct quell_str text = arena_str(arena, (struct quell_str){"ab\0cd", 5});
    assert_int_equal(text.len, 5);
    assert_memory_equal(text.data, "ab\0cd", 6);
    assert_string_equal(arena_str(arena, (struct quell_str){NULL, 0}).data, "");
    assert_string_equal(arena_format(arena, "%d %s", 7, "seven").data, "7 seven");
    text = arena_format(arena, "%0*d", 5000, 1); /* more than is tried at first */
    assert_int_equal(text.len, 5000);
    assert_int_equal(strlen(text.data), 5000);
    assert_int_equal(text.data[4999], '1');
    arena_free(arena);
}

static void a_buffer_grows_up_to_its_cap(void **state)
{
    struct buf buf = {.size_max = 1000};
    assert_int_equal(buf_str(&buf).len, 0);
    for (int i = 0; i < 100; i++)
        buf_add_format(&buf, "%09d,", i);
    assert_int_equal(buf.len, 1000);
    assert_false(buf_over(&buf));
    assert_int_equal(buf.data[1000], '\0');
    buf_add_char(&buf, 'x');
    assert_true(buf_over(&buf));
    assert_int_equal(buf.len, 1000);
    buf_add_text(&buf, ""); /* over stays over, and takes nothing any more */
    assert_true(buf_over(&buf));
    buf_reset(&buf);
    assert_false(buf_over(&buf));
    assert_string_equal(buf.data, "");
    buf_add_str(&buf, QUELL_STR("again"));
    assert_string_equal(buf.data, "again");
    buf_free(&buf);
    assert_null(buf.data);
    buf_add_text(&buf, "reused");
    assert_string_equal(buf.data, "reused");
    buf_free(&buf);
}

static void a_piece_larger_than_the_cap_adds_nothing(void **state)
{
    struct buf buf = {.size_max = 4};
    buf_add_text(&buf, "abc");
    buf_add_text(&buf, "de");
    buf_add_char(&buf, 'f');
    assert_true(buf_over(&buf));
    assert_string_equal(buf.data, "abc");
    buf_free(&buf);
}

static void memory_outside_of_arenas(void **state)
{
    char *bytes = memory_new(100);
    assert_true(all_are(bytes, 100, 0));
    memset(bytes, 's', 100);
    memory_wipe(bytes, 100);
    assert_true(all_are(bytes, 100, 0));
    memory_free(bytes);
    memory_free(NULL);
    memory_wipe(NULL, 0);
    char *text = memory_text("abcdef", 3);
    assert_string_equal(text, "abc");
    memory_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_gives_zeroed_aligned_pieces),
        cmocka_unit_test(a_reset_arena_gives_zeroes_again),
        cmocka_unit_test(a_reset_arena_keeps_its_largest_block),
        cmocka_unit_test(growing_keeps_what_was_there),
        cmocka_unit_test(what_grows_last_stays_where_it_is),
        cmocka_unit_test(an_arena_says_when_it_is_over),
        cmocka_unit_test(texts_in_an_arena),
        cmocka_unit_test(a_buffer_grows_up_to_its_cap),
        cmocka_unit_test(a_piece_larger_than_the_cap_adds_nothing),
        cmocka_unit_test(memory_outside_of_arenas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
