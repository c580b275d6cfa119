/*
 * test_limits.c - `limits` of a playbook: what must never be touched, figures of a run, an hour and
 * a day, counts by the minute; and the cap that is compiled in.
 */
#include "fixture.h"

#include "base/error.h"
#include "policy/cap.h"
#include "policy/limits.h"

static const struct quell_action disrupts = {.name = "a", .effect = QUELL_DISRUPTS},
                                 changes = {.name = "b", .effect = QUELL_CHANGES},
                                 notes = {.name = "c", .effect = QUELL_NOTES},
                                 reads = {.name = "d", .effect = QUELL_READS};

/* Whether there is a `never` is all that is asked of the expression. */
static const struct playbook_limits never_only = {
    .given = true, .never = {.expr = (const struct cel *)&never_only}};

#define TARGET(kind, value) "[{\"kind\": \"" kind "\", \"value\": \"" value "\"}]"

/* ---- never -------------------------------------------------------------------------------------
 */

static const struct {
    const char *never, *target, *entities;
    bool over;
} rows[] = {
    {"[]", "\"a\"", "{}", false},
    {"[\"A\"]", "\"a\"", "{}", true},
    {"[\"b\", \"a\"]", "\"a\"", "{}", true},
    {"[7]", "\"a\"", "{}", false},
    {"[\"7\"]", "7", "{}", false},
    {"[7.0]", "7", "{}", true},
    {"[{\"kind\": \"x\", \"id\": 1, \"name\": \"A\"}]", "\"a\"", "{}", true},
    {"[{\"kind\": \"x\", \"id\": 1}]", "\"a\"", "{}", false},
    {"[{\"id\": 7}]", "7", "{}", false}, /* texts of a map are names */
    /* The names that an entity has. */
    {"[\"srv1\"]", "\"d-1\"", "{\"devices\": [{\"id\": \"D-1\", \"name\": \"SRV1\"}]}", true},
    {"[\"srv1\"]", "\"d-2\"", "{\"devices\": [{\"id\": \"d-1\", \"name\": \"srv1\"}]}", false},
    {"[\"srv2\"]", "\"d-1\"", "{\"devices\": [{\"id\": \"d-1\", \"name\": \"srv1\"}]}", false},
    {"[\"srv1\"]", "\"d-1\"",
     "{\"users\": [], \"devices\": [{\"name\": \"x\"}, {\"name\": \"srv1\", \"id\": \"d-1\"}]}",
     true},
    /* What many have in common, and what is no text, names nobody. */
    {"[\"dc\"]", "\"d-1\"", "{\"devices\": [{\"id\": \"d-1\", \"role\": \"dc\"}]}", false},
    {"[\"10.0.0.1\"]", "\"d-1\"", "{\"devices\": [{\"id\": \"d-1\", \"ip\": \"10.0.0.1\"}]}",
     false},
    {"[5]", "\"d-1\"", "{\"devices\": [{\"id\": \"d-1\", \"number\": 5}]}", false},
};

static struct policy_limit never(struct arena *arena, const struct quell_action *action,
                                 const char *targets, struct quell_value list, const char *entities)
{
    return policy_never(arena, &never_only, action, json(arena, targets), list,
                        json(arena, arena_format(arena, "{\"entities\": %s}", entities).data));
}

static void what_must_never_be_touched(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new(0);
        struct policy_limit found = never(
            arena, &changes,
            arena_format(arena, "[{\"kind\": \"device\", \"value\": %s}]", rows[i].target).data,
            json(arena, rows[i].never), rows[i].entities);
        if (found.over != rows[i].over)
            fail_msg("%s, %s: %d", rows[i].never, rows[i].target, found.over);
        if (found.over)
            assert_text(found.reason, "limit.never");
        arena_free(arena);
    }
}

static void what_is_not_known_may_be_one_of_them(void **state)
{
    struct arena *arena = arena_new(0);
    struct quell_value list = json(arena, "[\"a\"]");
    struct policy_limit found = never(arena, &disrupts, "[]", list, "{}");

    (void)state;
    assert_true(found.over);
    assert_text(found.message,
                "what it disrupts is not known, and may be one that must never be touched");
    assert_false(never(arena, &changes, "[]", list, "{}").over);
    found = never(arena, &changes, "[]", quell_unknown(QUELL_STR("later")), "{}");
    assert_true(found.over);
    assert_text(found.message, "what must never be touched is not known");
    found = never(arena, &disrupts, TARGET("device", "b") "", list, "{}");
    assert_false(found.over);
    found = never(arena, &disrupts, TARGET("device", "A") "", list, "{}");
    assert_text(found.message, "device `A` must never be touched");
    assert_false(never(arena, &notes, TARGET("device", "a"), list, "{}").over);
    arena_free(arena);
}

static void without_a_list_nothing_is_never(void **state)
{
    static const struct playbook_limits none = {.given = true};
    struct arena *arena = arena_new(0);

    (void)state;
    assert_false(policy_never(arena, &none, &disrupts, json(arena, TARGET("device", "a")),
                              quell_null(), quell_null())
                     .over);
    arena_free(arena);
}

/* ---- figures -----------------------------------------------------------------------------------
 */

static bool touched(const void *user, struct quell_value target)
{
    return quell_text_is(quell_get(target, "value"), user);
}

static unsigned in_run(const void *user, struct quell_str kind)
{
    (void)user;
    return str_is(kind, "device") ? 1 : 0;
}

static void in_time(const void *user, struct quell_str kind, unsigned *hour, unsigned *day)
{
    const unsigned *figures = user;

    (void)kind;
    *hour = figures[0];
    *day = figures[1];
}

#define D(value) "{\"kind\": \"device\", \"value\": \"" value "\"}"

static void figures_of_a_kind(void **state)
{
    static const struct playbook_limit items[] = {{{"user", 4}, 0, 0, 0},
                                                  {{"device", 6}, 3, 10, 20}};
    static const struct playbook_limits limits = {.given = true, .items = items, .count = 2};
    static const struct {
        const char *targets;
        unsigned hour, day;
        const char *reason, *message; /* NULL: within them */
    } calls[] = {
        {"[" D("b") "," D("c") "]", 8, 18, NULL, NULL},
        {"[" D("b") "," D("c") "," D("d") "]", 0, 0, "limit.device.run",
         "at most 3 of kind device in a run: 1 before this action, 3 by it"},
        {"[" D("b") "," D("c") "," D("b") "," D("c") "]", 0, 0, NULL, NULL}, /* two of them */
        {"[" D("a") "," D("b") "," D("c") "]", 0, 0, NULL, NULL}, /* a was touched before */
        {"[" D("a") "]", 10, 20, NULL, NULL},
        {"[" D("b") "," D("c") "]", 9, 0, "limit.device.hour",
         "at most 10 of kind device in an hour: 9 before this action, 2 by it"},
        {"[" D("b") "," D("c") "]", 0, 19, "limit.device.day",
         "at most 20 of kind device in a day: 19 before this action, 2 by it"},
        {"[{\"kind\": \"ip\", \"value\": \"10.0.0.1\"}]", 99, 99, NULL, NULL},
        {"[{\"kind\": \"user\", \"value\": \"u\"}]", 0, 0, "limit.user.run",
         "at most 0 of kind user in a run: 0 before this action, 1 by it"},
        {"[]", 99, 99, NULL, NULL},
    };
    struct arena *arena = arena_new(0);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        unsigned figures[] = {calls[i].hour, calls[i].day};
        struct policy_use use = {touched, in_run, in_time, "a", figures};
        struct quell_value targets = json(arena, calls[i].targets);
        struct policy_limit found =
            policy_limits(arena, &limits, &changes, targets, quell_null(), quell_null(), &use);
        if (found.over != (calls[i].reason != NULL))
            fail_msg("%zu: %.*s", i, QUELL_ARG(found.message));
        if (found.over) {
            assert_text(found.reason, calls[i].reason);
            assert_text(found.message, calls[i].message);
        }
        use.in_time = NULL; /* then only the run is judged */
        found = policy_limits(arena, &limits, &changes, targets, quell_null(), quell_null(), &use);
        assert_int_equal(found.over, calls[i].reason && strstr(calls[i].reason, ".run") != NULL);
        found = policy_limits(arena, &limits, &reads, targets, quell_null(), quell_null(), &use);
        assert_false(found.over);
    }
    assert_ptr_equal(policy_limit_of(&limits, QUELL_STR("device")), &items[1]);
    assert_null(policy_limit_of(&limits, QUELL_STR("ip")));
    arena_free(arena);
}

/* What must never be touched is said before any figure. */
static void never_comes_first(void **state)
{
    static const struct playbook_limit items[] = {{{"device", 6}, 0, 0, 0}};
    struct playbook_limits limits = never_only;
    struct arena *arena = arena_new(0);
    struct policy_use use = {touched, in_run, NULL, "x", NULL};
    struct quell_value targets = json(arena, TARGET("device", "a"));

    (void)state;
    limits.items = items;
    limits.count = 1;
    assert_text(
        policy_limits(arena, &limits, &changes, targets, json(arena, "[\"a\"]"), quell_null(), &use)
            .reason,
        "limit.never");
    assert_text(
        policy_limits(arena, &limits, &changes, targets, json(arena, "[]"), quell_null(), &use)
            .reason,
        "limit.device.run");
    arena_free(arena);
}

/* ---- the compiled cap --------------------------------------------------------------------------
 */

static void the_compiled_cap(void **state)
{
    static const struct quell_target inputs[] = {
        {"device", "devices"}, {"user", "user"}, {NULL, NULL}};
    static const struct quell_action wide = {
        .name = "w", .effect = QUELL_DISRUPTS, .targets = inputs};
    struct arena *arena = arena_new(0);
    struct quell_value two =
        policy_targets(arena, &wide, json(arena, "{\"devices\": [\"a\", \"b\"], \"x\": 1}"));
    struct quell_value one = policy_targets(arena, &wide, json(arena, "{\"user\": \"u\"}"));
    struct quell_error err = {0};

    (void)state;
    assert_text(json_text(arena, two, JSON_COMPACT),
                "[{\"kind\":\"device\",\"value\":\"a\"},{\"kind\":\"device\",\"value\":\"b\"}]");
    assert_text(json_text(arena, one, JSON_COMPACT), "[{\"kind\":\"user\",\"value\":\"u\"}]");
    assert_int_equal(quell_count(policy_targets(arena, &disrupts, quell_null())), 0);
    assert_int_equal(policy_weight(&wide, two), 2);
    assert_int_equal(policy_weight(&wide, one), 1);
    assert_int_equal(policy_weight(&wide, quell_list(NULL, 0)), 1); /* one that nobody knows */
    assert_int_equal(policy_weight(&changes, two), 0);
    assert_int_equal(policy_allows(&wide, two, 3, &err), QUELL_OK);
    assert_int_equal(policy_allows(&wide, two, 4, &err), QUELL_LIMIT);
    assert_string_equal(err.message,
                        "a run may disrupt 5 targets at most: 4 before this action, 2 by it");
    assert_int_equal(policy_allows(&changes, two, 99, &err), QUELL_OK);
    arena_free(arena);
}

/* Kinds with a limit of their own are not under it. */
static void what_the_compiled_cap_counts(void **state)
{
    static const struct playbook_limit items[] = {{{"device", 6}, 100, 100, 100}};
    static const struct playbook_limits limits = {.given = true, .items = items, .count = 1};
    struct arena *arena = arena_new(0);
    struct quell_value three =
        json(arena, "[" D("a") "," D("b") ", {\"kind\": \"user\", \"value\": \"u\"}]");

    (void)state;
    assert_int_equal(policy_uncapped(&limits, &disrupts, three), 1);
    assert_int_equal(policy_uncapped(&limits, &disrupts, json(arena, "[]")), 1);
    assert_int_equal(policy_uncapped(&limits, &changes, three), 0);
    arena_free(arena);
}

/* ---- counts in time ----------------------------------------------------------------------------
 */

static void counts_by_the_minute(void **state)
{
    struct arena *arena = arena_new(0);
    int64_t now = INT64_C(2000) * 60000000;
    struct quell_value
        counts =
            json(arena,
                 "{\"minutes\": [[560, 1], [561, 2], [1940, 4], [1941, 8], [2000, 16], [2001, 32],"
                 " [\"x\", 64], [1999, \"y\"], 7]}"),
        more = policy_count_more(arena, counts, now, 100);
    unsigned hour, day;

    (void)state;
    policy_count(counts, now, &hour, &day);
    assert_int_equal(hour, 8 + 16 + 32);
    assert_int_equal(day, 2 + 4 + 8 + 16 + 32);
    assert_text(json_text(arena, more, JSON_COMPACT),
                "{\"minutes\":[[561,2],[1940,4],[1941,8],[2000,148]]}");
    policy_count(quell_null(), now, &hour, &day);
    assert_int_equal(hour + day, 0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_must_never_be_touched),
        cmocka_unit_test(what_is_not_known_may_be_one_of_them),
        cmocka_unit_test(without_a_list_nothing_is_never),
        cmocka_unit_test(figures_of_a_kind),
        cmocka_unit_test(never_comes_first),
        cmocka_unit_test(the_compiled_cap),
        cmocka_unit_test(what_the_compiled_cap_counts),
        cmocka_unit_test(counts_by_the_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
