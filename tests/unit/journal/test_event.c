/*
 * test_event.c - a journal's line comes back as it was written: every type, any depth, any key; and
 * what is secret never gets there.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "journal/event.h"
#include "value/json.h"
#include "value/value.h"

/* ---- comparing: types and flags too ----------------------------------------------------------*/

static bool same(struct quell_value a, struct quell_value b);

static bool same_items(struct quell_value a, struct quell_value b)
{
    uint32_t i;

    for (i = 0; i < a.len; i++) {
        if (!same(a.as.items[i], b.as.items[i]))
            return false;
    }
    return true;
}

static bool same_pairs(struct quell_value a, struct quell_value b)
{
    uint32_t i;

    for (i = 0; i < a.len; i++) {
        if (!same(a.as.pairs[i].key, b.as.pairs[i].key) ||
            !same(a.as.pairs[i].value, b.as.pairs[i].value))
            return false;
    }
    return true;
}

static bool same_double(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0; /* -0.0 is not 0.0 */
}

static bool same(struct quell_value a, struct quell_value b)
{
    enum { FLAGS = QUELL_SECRET | QUELL_VERBATIM };

    if (a.type != b.type || a.len != b.len || (a.flags & FLAGS) != (b.flags & FLAGS))
        return false;
    switch ((enum quell_type)a.type) {
    case QUELL_NULL:
        return true;
    case QUELL_BOOL:
        return a.as.boolean == b.as.boolean;
    case QUELL_INT:
    case QUELL_UINT:
    case QUELL_TIME:
    case QUELL_DURATION:
        return a.as.natural == b.as.natural;
    case QUELL_DOUBLE:
        if (!(a.flags & QUELL_VERBATIM))
            return same_double(a.as.real, b.as.real);
        return quell_str_equal(quell_str(a), quell_str(b));
    case QUELL_STRING:
    case QUELL_BYTES:
    case QUELL_TYPE:
    case QUELL_UNKNOWN:
    case QUELL_IP:
    case QUELL_CIDR:
        return quell_str_equal(quell_str(a), quell_str(b));
    case QUELL_LIST:
    case QUELL_OPTIONAL:
        return same_items(a, b);
    case QUELL_MAP:
        return same_pairs(a, b);
    }
    return false;
}

/* ---- random values ---------------------------------------------------------------------------*/

static uint64_t seed;

/* xorshift64*: any sequence will do, the same one every time. */
static uint64_t any(void)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * 2685821657736338717u;
}

static uint64_t below(uint64_t n)
{
    return any() % n;
}

static const char canary[] = "canary-that-must-not-appear";

static struct quell_str any_text(struct arena *arena)
{
    static const char *const pieces[] = {"a",    "\"",       "\\",    "\n",
                                         "\x7f", "\xc3\xbc", "$time", "\xf0\x9f\x94\xa5",
                                         "$",    "{",        "x y",   "\x01"};
    size_t count = below(6), i;
    struct quell_str text = {"", 0};

    for (i = 0; i < count; i++) {
        text = arena_format(arena, "%.*s%s", QUELL_ARG(text),
                            pieces[below(sizeof pieces / sizeof pieces[0])]);
    }
    return text;
}

static struct quell_str any_key(struct arena *arena, size_t index)
{
    static const char *const keys[] = {"$time", "$map",  "$json", "$pairs",   "$secret",
                                       "$x",    "$",     "",      "$unknown", "seq",
                                       "data",  "$uint", "kind",  "$bytes",   "$optional"};
    struct quell_str text;

    if (below(50) == 0) /* longer than JSON's reader takes */
        return arena_format(arena, "k%zu%0400d", index, 7);
    if (index == 0 && below(2))
        return quell_str_of(keys[below(sizeof keys / sizeof keys[0])]);
    text = any_text(arena);
    return arena_format(arena, "k%zu%.*s", index, QUELL_ARG(text));
}

static struct quell_value any_number(struct arena *arena)
{
    static const char *const verbatim[] = {
        "0.1",  "1e400", "-1E-5", "18446744073709551615",          "9223372036854775808",
        "1.50", "-0",    "-0.0",  "123456789012345678901234567890"};
    static const double doubles[] = {0.0,       -0.0,   1.0,     0.1,
                                     1e308,     5e-324, -2.5e-7, INFINITY,
                                     -INFINITY, NAN,    1.0 / 3, 9007199254740993.0,
                                     1e23,      4.35,   2e-308,  123456};
    double real;
    uint64_t bits = any();

    switch (below(6)) {
    case 0:
        return quell_int((int64_t)any());
    case 1:
        return quell_int((int64_t)below(3) - 1);
    case 2:
        return value_uint(below(2) ? any() : below(5));
    case 3:
        memcpy(&real, &bits, sizeof real);
        return value_double(real);
    case 4:
        return value_double(doubles[below(sizeof doubles / sizeof doubles[0])]);
    }
    return value_verbatim(
        arena_str(arena, quell_str_of(verbatim[below(sizeof verbatim / sizeof verbatim[0])])));
}

static struct quell_value any_time(void)
{
    /* 0001-01-01 to 9999-12-31, and CEL's durations of about 10,000 years either way. */
    int64_t first = -62135596800, last = 253402300799, longest = 315576000000;
    uint32_t nanos = below(2) ? (uint32_t)below(1000000000) : 0;

    if (below(2))
        return value_time(first + (int64_t)below((uint64_t)(last - first + 1)), nanos);
    if (below(2))
        return value_duration((int64_t)below(200) - 100, nanos);
    return value_duration((int64_t)below((uint64_t)(2 * longest)) - longest, nanos);
}

static struct quell_value any_scalar(struct arena *arena)
{
    struct quell_value value;

    switch (below(11)) {
    case 0:
        return quell_null();
    case 1:
        return quell_bool(below(2));
    case 2:
    case 3:
        return any_number(arena);
    case 4:
        return value_bytes(any_text(arena));
    case 5:
        return any_time();
    case 6:
        return quell_unknown(any_text(arena));
    case 7:
        value = quell_text("timestamp");
        value.type = QUELL_TYPE;
        return value;
    case 8:
        value = quell_text("2001:db8::1");
        value.type = QUELL_IP;
        return value;
    case 9:
        value = quell_text("10.0.0.0/8");
        value.type = QUELL_CIDR;
        return value;
    }
    return quell_string(any_text(arena));
}

static struct quell_value any_value(struct arena *arena, size_t depth);

static struct quell_value any_map(struct arena *arena, size_t depth)
{
    struct map_builder map = {.arena = arena};
    size_t count = below(2) ? 1 : below(5), i;
    bool odd_keys = below(6) == 0;

    for (i = 0; i < count; i++) {
        struct quell_value key = quell_string(any_key(arena, i));

        if (odd_keys && i % 2 == 0)
            key = below(2) ? quell_int((int64_t)i - 2) : value_uint(i);
        map_add_key(&map, key, any_value(arena, depth));
    }
    return map_made(&map);
}

static struct quell_value any_list(struct arena *arena, size_t depth)
{
    struct list_builder list = {.arena = arena};
    size_t count = below(4), i;

    for (i = 0; i < count; i++)
        list_add(&list, any_value(arena, depth));
    return list_made(&list);
}

static struct quell_value any_secret(struct arena *arena, size_t depth)
{
    struct list_builder list = {.arena = arena};

    if (below(2))
        return value_secret(quell_text(canary));
    list_add(&list, quell_text(canary));
    list_add(&list, any_value(arena, depth));
    return value_secret(list_made(&list));
}

static struct quell_value any_value(struct arena *arena, size_t depth)
{
    struct quell_value value;

    if (depth == 0)
        return any_scalar(arena);
    switch (below(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
        return any_map(arena, depth - 1);
    case 4:
    case 5:
    case 6:
        return any_list(arena, depth - 1);
    case 7:
        value = any_list(arena, depth - 1);
        value.type = QUELL_OPTIONAL;
        value.len = value.len > 0 ? 1 : 0;
        return value;
    case 8:
        return any_secret(arena, depth - 1);
    }
    return any_scalar(arena);
}

/* A chain of containers around something: depth is what random branching does not reach. */
static struct quell_value any_chain(struct arena *arena, size_t depth)
{
    struct quell_value value = any_value(arena, 2);
    size_t i;

    for (i = 0; i < depth; i++) {
        struct list_builder list = {.arena = arena};
        struct map_builder map = {.arena = arena};

        if (below(2)) {
            list_add(&list, value);
            if (below(3) == 0)
                list_add(&list, any_scalar(arena));
            value = list_made(&list);
            if (value.len == 1 && below(4) == 0)
                value.type = QUELL_OPTIONAL;
        } else {
            map_add_key(&map,
                        below(5) ? quell_string(any_key(arena, 0)) : quell_int((int64_t)below(9)),
                        value);
            value = map_made(&map);
        }
    }
    return value;
}

/* ---- properties ------------------------------------------------------------------------------*/

static void check_round_trip(struct arena *arena, const struct event *event)
{
    struct quell_value stored = event_stored(arena, event->data);
    struct quell_str text = event_write(arena, event), again;
    struct event read = {0};
    struct quell_error err = {0};

    if (event_read(arena, text, &read, &err) != QUELL_OK)
        fail_msg("seed %llx: %s", (unsigned long long)seed, err.message);
    assert_int_equal(read.seq, event->seq);
    assert_int_equal(read.at_us, event->at_us);
    assert_int_equal(read.kind, event->kind);
    assert_true(quell_str_equal(read.path, event->path));
    if (!same(read.data, stored))
        fail_msg("seed %llx: not the same: %.*s", (unsigned long long)seed, QUELL_ARG(text));
    /* The stored form is a fixed point: it is its own stored form and writes the same bytes. */
    assert_true(same(event_stored(arena, read.data), stored));
    again = event_write(arena, &read);
    assert_true(quell_str_equal(again, text));
    assert_int_equal(str_find(text, QUELL_STR(canary), 0), SIZE_MAX);
}

static void test_random_values_come_back(void **state)
{
    enum { CASES = 20000 };
    struct arena *arena = arena_new(0);
    int i;

    (void)state;
    seed = 0x9E3779B97F4A7C15;
    for (i = 0; i < CASES; i++) {
        struct event event = {
            .seq = 1 + below(2) * below(INT64_MAX),
            .at_us = (int64_t)below(4102444800000000),
            .kind = (enum event_kind)below(EVENT_KINDS),
            .path = below(2) ? any_text(arena) : (struct quell_str){"", 0},
            .data = i % 4 ? any_value(arena, 5) : any_chain(arena, below(150)),
        };

        check_round_trip(arena, &event);
        arena_reset(arena);
    }
    arena_free(arena);
}

static void test_every_depth_comes_back(void **state)
{
    struct arena *arena = arena_new(0);
    size_t depth;

    (void)state;
    seed = 42;
    for (depth = 0; depth < 300; depth++) {
        struct event event = {.seq = 1, .kind = EVENT_VARS_SET, .data = any_chain(arena, depth)};

        check_round_trip(arena, &event);
        arena_reset(arena);
    }
    arena_free(arena);
}

static void test_equal_values_stay_equal(void **state)
{
    struct arena *arena = arena_new(0);
    int i;

    (void)state;
    seed = 7;
    for (i = 0; i < 2000; i++) {
        struct event event = {.seq = 1, .data = any_value(arena, 4)}, read;

        if (!value_has_secret(event.data)) {
            assert_int_equal(event_read(arena, event_write(arena, &event), &read, NULL), QUELL_OK);
            /* NaN equals nothing, so ask the value itself what to expect. */
            assert_int_equal(value_equal(read.data, event.data),
                             value_equal(event.data, event.data));
        }
        arena_reset(arena);
    }
    arena_free(arena);
}

/* ---- examples --------------------------------------------------------------------------------*/

static struct quell_value from_json(struct arena *arena, const char *text)
{
    struct quell_value value;

    assert_int_equal(json_read(arena, quell_str_of(text), SIZE_MAX, &value, NULL, NULL), QUELL_OK);
    return value;
}

static void test_the_bytes_of_the_journal(void **state)
{
    struct arena *arena = arena_new(0);
    struct map_builder data = {.arena = arena};
    struct event event = {.seq = 3,
                          .at_us = 1767225600123456,
                          .kind = EVENT_STEP_STARTED,
                          .path = QUELL_STR("contain[0].isolate")};

    (void)state;
    assert_string_equal(event_write(arena, &event).data,
                        "{\"seq\":3,\"at\":\"2026-01-01T00:00:00.123456Z\",\"kind\":"
                        "\"step_started\",\"path\":\"contain[0].isolate\"}");
    map_add(&data, "t", value_time(0, 500000000));
    map_add(&data, "d", value_duration(90, 0));
    map_add(&data, "u", value_uint(UINT64_MAX));
    map_add(&data, "f", value_double(0.1));
    map_add(&data, "b", value_bytes(QUELL_STR("\xff")));
    map_add(&data, "s", value_secret(quell_text("hunter2")));
    map_add(&data, "v", value_verbatim(QUELL_STR("1.50")));
    map_add(&data, "m", from_json(arena, "{\"$time\":1}"));
    event.path = QUELL_STR("");
    event.data = map_made(&data);
    assert_string_equal(
        event_write(arena, &event).data,
        "{\"seq\":3,\"at\":\"2026-01-01T00:00:00.123456Z\",\"kind\":\"step_started\",\"data\":{"
        "\"t\":{\"$time\":\"1970-01-01T00:00:00.5Z\"},\"d\":{\"$duration\":\"90s\"},"
        "\"u\":{\"$uint\":\"18446744073709551615\"},\"f\":{\"$double\":\"0.1\"},"
        "\"b\":{\"$bytes\":\"/w==\"},\"s\":{\"$secret\":\"***\"},\"v\":1.50,"
        "\"m\":{\"$map\":{\"$time\":1}}}}");
    arena_free(arena);
}

static void test_events_for_people(void **state)
{
    struct arena *arena = arena_new(0);
    struct event event = {.seq = 1,
                          .at_us = 1000000,
                          .kind = EVENT_RUN_ENDED,
                          .data = from_json(arena, "{\"status\":\"succeeded\"}")};
    struct quell_value value = event_to_value(arena, &event);

    (void)state;
    assert_string_equal(json_text(arena, value, JSON_COMPACT).data,
                        "{\"seq\":1,\"at\":\"1970-01-01T00:00:01Z\",\"kind\":\"run_ended\","
                        "\"status\":\"succeeded\"}");
    assert_true(quell_is(quell_get(value, "at"), QUELL_TIME));
    event.path = QUELL_STR("a.b");
    event.data = quell_null();
    assert_string_equal(
        json_text(arena, event_to_value(arena, &event), JSON_COMPACT).data,
        "{\"seq\":1,\"at\":\"1970-01-01T00:00:01Z\",\"kind\":\"run_ended\",\"path\":\"a.b\"}");
    arena_free(arena);
}

static void test_secrets_stay_marked(void **state)
{
    struct arena *arena = arena_new(0);
    struct map_builder data = {.arena = arena};
    struct event event = {.seq = 1}, read;
    struct quell_value password;

    (void)state;
    map_add(&data, "password", value_secret(quell_text("hunter2")));
    map_add(&data, "list", value_secret(from_json(arena, "[\"hunter2\"]")));
    map_add(&data, "name", quell_text("bob"));
    event.data = map_made(&data);
    assert_int_equal(event_read(arena, event_write(arena, &event), &read, NULL), QUELL_OK);
    password = quell_get(read.data, "password");
    assert_true(quell_text_is(password, "***"));
    assert_true(password.flags & QUELL_SECRET);
    assert_true(quell_get(read.data, "list").flags & QUELL_SECRET);
    assert_false(quell_get(read.data, "name").flags & QUELL_SECRET);
    assert_true(same(read.data, event_stored(arena, event.data)));
    arena_free(arena);
}

/* What is sensitive is kept, whatever it is, and stays marked. */
static void test_sensitive_values_are_kept(void **state)
{
    struct arena *arena = arena_new(0);
    struct map_builder data = {.arena = arena}, person = {.arena = arena};
    struct event event = {.seq = 1}, read;
    struct quell_value who;

    (void)state;
    map_add(&person, "name", quell_text("ana"));
    map_add(&person, "password", value_secret(quell_text("hunter2")));
    map_add(&data, "who", value_sensitive(map_made(&person)));
    map_add(&data, "text", value_sensitive(quell_text("4711")));
    event.data = map_made(&data);
    assert_int_equal(event_read(arena, event_write(arena, &event), &read, NULL), QUELL_OK);
    assert_true(quell_text_is(quell_get(read.data, "text"), "4711"));
    assert_true(quell_get(read.data, "text").flags & QUELL_SENSITIVE);
    who = quell_get(read.data, "who");
    assert_true(quell_text_is(quell_get(who, "name"), "ana"));
    assert_true(who.flags & QUELL_SENSITIVE);
    assert_false(quell_get(who, "name").flags & QUELL_SENSITIVE);
    assert_true(quell_text_is(quell_get(who, "password"), "***"));
    assert_true(same(event_stored(arena, event.data), read.data));
    assert_true(quell_get(event_stored(arena, event.data), "who").flags & QUELL_SENSITIVE);
    arena_free(arena);
}

/* What changes nothing is shared, not copied: a big incident passes through untouched. */
static void test_plain_data_is_not_copied(void **state)
{
    struct arena *arena = arena_new(0);
    struct quell_value plain = from_json(arena, "{\"a\":[1,2,{\"b\":\"c\"}],\"d\":{}}");

    (void)state;
    assert_ptr_equal(event_stored(arena, plain).as.pairs, plain.as.pairs);
    arena_free(arena);
}

/* ---- the table of kinds ----------------------------------------------------------------------*/

static void test_kinds_are_named_and_documented(void **state)
{
    static const char *const taken[] = {"seq", "at", "kind", "path"};
    unsigned i, j;
    size_t k;

    (void)state;
    assert_string_equal(event_name(EVENT_CALL_SCHEDULED), "call_scheduled");
    for (i = 0; i < EVENT_KINDS; i++) {
        struct quell_str keys = quell_str_of(event_infos[i].keys), key;

        assert_true(strlen(event_infos[i].name) > 0);
        assert_true(strlen(event_infos[i].doc) > 0);
        for (j = 0; j < i; j++)
            assert_string_not_equal(event_infos[i].name, event_infos[j].name);
        /* event_to_value puts data beside these. */
        while (keys.len > 0) {
            (void)str_cut(keys, ' ', &key, &keys);
            for (k = 0; k < sizeof taken / sizeof taken[0]; k++)
                assert_false(str_is(key, taken[k]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_values_come_back),
        cmocka_unit_test(test_every_depth_comes_back),
        cmocka_unit_test(test_equal_values_stay_equal),
        cmocka_unit_test(test_the_bytes_of_the_journal),
        cmocka_unit_test(test_events_for_people),
        cmocka_unit_test(test_secrets_stay_marked),
        cmocka_unit_test(test_sensitive_values_are_kept),
        cmocka_unit_test(test_plain_data_is_not_copied),
        cmocka_unit_test(test_kinds_are_named_and_documented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
