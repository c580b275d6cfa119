/*
 * Values: making, comparing as CEL does, copying, looking up in small and large maps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "base/arena.h"
#include "base/str.h"
#include "value/json.h"
#include "value/keyed.h"
#include "value/value.h"

static struct arena *arena;

static int setup(void **state)
{
    arena = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    arena_free(arena);
    return 0;
}

static struct quell_value parsed(const char *text)
{
    struct quell_value value = quell_null();
    struct quell_error err;
    if (json_read(arena, quell_str_of(text), 0, &value, NULL, &err))
        fail_msg("%s", err.message);
    return value;
}

static struct quell_value verbatim(const char *text)
{
    return value_verbatim(quell_str_of(text));
}

static void numbers_compare_by_their_value(void **state)
{
    const struct {
        struct quell_value a, b;
        int order; /* of a to b */
    } rows[] = {
        {quell_int(1), quell_int(1), 0},
        {quell_int(-1), value_uint(1), -1},
        {quell_int(5), value_uint(5), 0},
        {quell_int(1), value_double(1.0), 0},
        {quell_int(1), value_double(1.5), -1},
        {quell_int(-1), value_double(-1.5), 1},
        {quell_int(INT64_MAX), value_uint(UINT64_MAX), -1},
        {value_uint((uint64_t)INT64_MAX), quell_int(INT64_MAX), 0},
        /* 2^63 as a double is one more than the largest int, which no double can hold. */
        {quell_int(INT64_MAX), value_double(0x1p63), -1},
        {quell_int(INT64_MIN), value_double(-0x1p63), 0},
        {quell_int(INT64_MIN), value_double(-0x1p64), 1},
        {value_uint(UINT64_MAX), value_double(0x1p64), -1},
        {value_uint(0x8000000000000000), value_double(0x1p63), 0},
        {value_uint(1), value_double(-0.5), 1},
        /* 2^53 + 1 is no double: a conversion would make these equal. */
        {quell_int(9007199254740993), value_double(9007199254740992.0), 1},
        {value_double(0.0), value_double(-0.0), 0},
        {verbatim("-0"), quell_int(0), 0},
        {verbatim("1.50"), value_double(1.5), 0},
        {verbatim("1e2"), quell_int(100), 0},
        {verbatim("18446744073709551615"), value_uint(UINT64_MAX), 0},
        {verbatim("9223372036854775808"), quell_int(INT64_MAX), 1},
        {verbatim("1e999"), value_double(HUGE_VAL), 0},
        {quell_int(INT64_MAX), value_double(HUGE_VAL), -1},
        {quell_int(INT64_MIN), value_double(-HUGE_VAL), 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int order = 7;
        assert_true(value_compare(rows[i].a, rows[i].b, &order));
        if (order != rows[i].order)
            fail_msg("row %zu: %d", i, order);
        assert_true(value_compare(rows[i].b, rows[i].a, &order));
        assert_int_equal(order, -rows[i].order);
        assert_int_equal(value_equal(rows[i].a, rows[i].b), rows[i].order == 0);
        assert_int_equal(value_equal(rows[i].b, rows[i].a), rows[i].order == 0);
    }
}

static void not_a_number_equals_nothing(void **state)
{
    struct quell_value nan = value_double(NAN);
    int order = 7;
    assert_false(value_equal(nan, nan));
    assert_false(value_compare(nan, quell_int(1), &order));
    assert_false(value_compare(quell_int(1), nan, &order));
    assert_int_equal(order, 7);
}

static void other_types_compare_with_their_own(void **state)
{
    int order = 7;
    assert_true(value_compare(quell_text("a"), quell_text("b"), &order) && order < 0);
    assert_true(value_compare(quell_bool(true), quell_bool(false), &order) && order > 0);
    assert_true(value_compare(value_time(5, 1), value_time(5, 2), &order) && order < 0);
    assert_true(value_compare(value_duration(-1, 999), value_duration(0, 0), &order) && order < 0);
    order = 7;
    assert_false(value_compare(quell_text("1"), quell_int(1), &order));
    assert_false(value_compare(quell_null(), quell_null(), &order));
    assert_false(value_compare(value_time(1, 0), value_duration(1, 0), &order));
    assert_false(value_compare(parsed("[1]"), parsed("[1]"), &order));
    assert_int_equal(order, 7);

    assert_false(value_equal(quell_text("x"), value_bytes(QUELL_STR("x"))));
    assert_false(value_equal(quell_null(), quell_bool(false)));
    assert_true(value_equal(quell_null(), quell_null()));
    assert_true(value_equal(parsed("[1,[2,{\"a\":null}]]"), parsed("[1.0,[2e0,{\"a\":null}]]")));
    assert_false(value_equal(parsed("[1,2]"), parsed("[2,1]")));
    assert_false(value_equal(parsed("[1]"), parsed("[1,1]")));
    assert_true(value_equal(parsed("{\"a\":1,\"b\":2}"), parsed("{\"b\":2,\"a\":1}")));
    assert_false(value_equal(parsed("{\"a\":1}"), parsed("{\"b\":1}")));
    assert_false(value_equal(parsed("{\"a\":1}"), parsed("{\"a\":1,\"b\":2}")));
    assert_true(value_equal(value_secret(quell_text("s")), quell_text("s")));
}

static void large_maps_find_each_key(void **state)
{
    enum { PAIRS = 5000 };
    struct map_builder builder = {.arena = arena}, backwards = {.arena = arena};
    for (int i = 0; i < PAIRS; i++)
        map_add_key(&builder, value_format(arena, "key-%d", i), quell_int(i));
    for (int i = PAIRS; i-- > 0;)
        map_add_key(&backwards, value_format(arena, "key-%d", i), value_double(i));
    struct quell_value map = map_made(&builder), same = map_made(&backwards), found;
    assert_true(map.flags & QUELL_INDEXED);
    for (int i = 0; i < PAIRS; i++) {
        assert_true(value_find(map, quell_str(value_format(arena, "key-%d", i)), &found));
        assert_int_equal(found.as.integer, i);
        assert_int_equal(quell_str(map.as.pairs[i].key).len > 4, 1); /* order is kept */
    }
    found = quell_text("untouched");
    assert_false(value_find(map, QUELL_STR("key-5000"), &found));
    assert_false(value_find(map, QUELL_STR(""), &found));
    assert_false(value_find_key(map, quell_int(1), &found));
    assert_true(quell_text_is(found, "untouched"));
    assert_true(value_equal(map, same));

    struct quell_value with = value_with(arena, map, QUELL_STR("key-7"), quell_text("new"));
    assert_true(value_find(with, QUELL_STR("key-7"), &found) && quell_text_is(found, "new"));
    assert_true(value_find(map, QUELL_STR("key-7"), &found) && found.as.integer == 7);
    with = value_with(arena, map, QUELL_STR("more"), quell_null());
    assert_int_equal(with.len, PAIRS + 1);
    assert_true(value_find(with, QUELL_STR("more"), &found) && quell_is_null(found));
}

static void maps_of_other_keys(void **state)
{
    struct map_builder builder = {.arena = arena};
    struct quell_value found;
    map_add_key(&builder, quell_bool(true), quell_text("yes"));
    for (int i = 0; i < 40; i++)
        map_add_key(&builder, quell_int(i), quell_int(-i));
    struct quell_value map = map_made(&builder);
    assert_false(map.flags & QUELL_INDEXED);
    assert_true(value_find_key(map, quell_bool(true), &found) && quell_text_is(found, "yes"));
    assert_true(value_find_key(map, value_uint(39), &found) && found.as.integer == -39);
    assert_true(value_find_key(map, value_double(2.0), &found) && found.as.integer == -2);
    assert_false(value_find_key(map, value_double(2.5), &found));
    assert_false(value_find_key(map, quell_text("2"), &found));
    assert_false(value_find_key(quell_text("no map"), quell_int(1), &found));
}

static void builders_put_and_replace(void **state)
{
    struct map_builder builder = {.arena = arena};
    map_put(&builder, QUELL_STR("a"), quell_int(1));
    map_put(&builder, QUELL_STR("b"), quell_int(2));
    map_put(&builder, QUELL_STR("a"), quell_int(3));
    struct quell_value map = map_made(&builder);
    assert_true(value_equal(map, parsed("{\"a\":3,\"b\":2}")));
    assert_true(value_equal(value_with(arena, quell_null(), QUELL_STR("k"), quell_int(1)),
                            parsed("{\"k\":1}")));
    map = value_with(arena, value_secret(map), QUELL_STR("c"), quell_int(1));
    assert_true(map.flags & QUELL_SECRET);
    struct list_builder list = {.arena = arena};
    assert_int_equal(list_made(&list).len, 0);
    for (int i = 0; i < 100; i++)
        list_add(&list, quell_int(i));
    assert_int_equal(quell_at(list_made(&list), 99).as.integer, 99);
    map = map_made(&(struct map_builder){.arena = arena});
    assert_true(map.type == QUELL_MAP && map.len == 0);
}

/* Nothing of a copy points into the original: the original's memory is gone when it is looked at.
 */
static void a_copy_stands_alone(void **state)
{
    struct arena *other = arena_new(0);
    struct map_builder builder = {.arena = other};
    for (int i = 0; i < 50; i++)
        map_add_key(&builder, value_format(other, "key-%d", i),
                    value_format(other, "a text that is number %d", i));
    struct quell_value some = value_format(other, "some");
    struct quell_value optional = quell_list(arena_copy(other, &some, sizeof(some)), 1);
    optional.type = QUELL_OPTIONAL;
    map_add(&builder, "optional", optional);
    map_add(&builder, "number", value_verbatim(arena_str(other, QUELL_STR("1.10"))));
    map_add(&builder, "bytes", value_bytes(arena_str(other, QUELL_STR("\x01\x02"))));
    map_add(&builder, "secret", value_secret(value_copy_str(other, QUELL_STR("hidden"))));
    map_add(&builder, "unknown", quell_unknown(arena_str(other, QUELL_STR("later"))));
    map_add(&builder, "time", value_time_us(-1500000));
    struct quell_value copy = value_copy(arena, map_made(&builder)), found;
    arena_free(other);

    assert_true(copy.flags & QUELL_INDEXED);
    assert_true(value_find(copy, QUELL_STR("key-31"), &found));
    assert_true(quell_text_is(found, "a text that is number 31"));
    found = quell_get(copy, "optional");
    assert_true(found.type == QUELL_OPTIONAL && quell_text_is(found.as.items[0], "some"));
    assert_true(str_is(quell_str(quell_get(copy, "number")), "1.10"));
    assert_true(quell_get(copy, "secret").flags & QUELL_SECRET);
    found = quell_get(copy, "time");
    assert_true(found.as.integer == -2 && found.len == 500000000);
    assert_true(value_has_unknown(copy) && value_has_secret(copy));
    assert_false(value_has_unknown(parsed("{\"a\":[1,{\"b\":null}]}")));
    assert_false(value_has_secret(parsed("{\"a\":[1,{\"b\":null}]}")));
}

static void types_and_reals(void **state)
{
    assert_string_equal(value_type_name(quell_null()), "null");
    assert_string_equal(value_type_name(value_time(0, 0)), "timestamp");
    assert_string_equal(value_type_name(quell_unknown(QUELL_STR(""))), "unknown");
    assert_true(value_real(quell_int(-3)) == -3.0);
    assert_true(value_real(value_uint(UINT64_MAX)) == 0x1p64);
    assert_true(value_real(verbatim("-1.25e2")) == -125.0);
    assert_true(value_real(quell_text("5")) == 0.0);
    char digits[201];
    memset(digits, '1', 200);
    digits[200] = '\0';
    double real = value_real(verbatim(digits)); /* longer than what fits on the stack */
    assert_true(real > 1e199 && real < 2e199);
    /* The slice ends the number, not what stands behind it. */
    assert_true(value_real(value_verbatim((struct quell_str){"1.5999", 3})) == 1.5);
}

/* Masked values are told apart under a key; all else stays, and nothing tells what they are. */
static void keyed_values_are_told_apart(void **state)
{
    static const struct quell_str key = {"k1", 2}, other = {"k2", 2}, none = {"", 0};
    struct quell_value a = value_secret(quell_text("s3cret")),
                       b = value_sensitive(quell_text("0ther"));
    struct quell_value items[] = {a, quell_text("plain")}, others[] = {b, quell_text("plain")};
    struct quell_value one = quell_list(items, 2), two = quell_list(others, 2);
    struct quell_str text = json_text(arena, value_keyed(arena, key, one), JSON_COMPACT);

    (void)state;
    assert_false(value_equal(value_keyed(arena, key, one), value_keyed(arena, key, two)));
    assert_false(value_equal(value_keyed(arena, key, one), value_keyed(arena, other, one)));
    assert_true(value_equal(value_keyed(arena, key, one), value_keyed(arena, key, one)));
    assert_int_equal(str_find(text, QUELL_STR("s3cret"), 0), SIZE_MAX);
    assert_int_equal(str_find(text, QUELL_STR("[\"*** "), 0), 0);
    assert_true(str_ends(text, QUELL_STR(",\"plain\"]")));
    assert_true(value_keyed(arena, none, one).as.items == items);
    assert_true(quell_str_equal(json_text(arena, value_keyed(arena, none, one), JSON_COMPACT),
                                QUELL_STR("[\"***\",\"plain\"]")));
    items[1] = quell_text("more"); /* what is not masked is not in the print */
    assert_true(quell_str_equal(value_keyed_print(arena, key, one),
                                value_keyed_print(arena, key, quell_list(&a, 1))));
    assert_false(
        quell_str_equal(value_keyed_print(arena, key, one), value_keyed_print(arena, key, two)));
    assert_int_equal(value_keyed_print(arena, none, one).len, 0);
    assert_int_equal(value_keyed_print(arena, key, quell_text("plain")).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_compare_by_their_value),
        cmocka_unit_test(not_a_number_equals_nothing),
        cmocka_unit_test(other_types_compare_with_their_own),
        cmocka_unit_test(large_maps_find_each_key),
        cmocka_unit_test(maps_of_other_keys),
        cmocka_unit_test(builders_put_and_replace),
        cmocka_unit_test(a_copy_stands_alone),
        cmocka_unit_test(types_and_reals),
        cmocka_unit_test(keyed_values_are_told_apart),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
