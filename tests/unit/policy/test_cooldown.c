/*
 * test_cooldown.c - cooldowns as the policy judges them: which targets, which runs, how long, and
 * what is remembered of it.
 */
#include "fixture.h"

static const struct quell_action disrupts = {.name = "a", .effect = QUELL_DISRUPTS},
                                 changes = {.name = "b", .effect = QUELL_CHANGES};

#define TWO "[{\"kind\": \"file\", \"value\": \"a\"}, {\"kind\": \"process\", \"value\": \"7\"}]"

struct desk {
    struct arena *arena;
    struct policy *policy;
    struct quell_value kept; /* a map of what is remembered */
    struct policy_memory memory;
    struct policy_call call;
};

static struct quell_value recall(void *user, struct arena *arena, struct quell_str key)
{
    struct desk *desk = user;
    struct quell_value found = quell_null();

    (void)arena;
    (void)quell_find(desk->kept, key, &found);
    return found;
}

static void remember(void *user, struct quell_str key, struct quell_value body, int64_t keep_us)
{
    struct desk *desk = user;

    if (!str_starts(key, QUELL_STR("cooldown ")))
        return; /* the built-in caps count, too */
    assert_int_equal(keep_us, INT64_C(3600000000));
    desk->kept = value_with(desk->arena, desk->kept, quell_str(value_copy_str(desk->arena, key)),
                            value_copy(desk->arena, body));
}

static void open_desk(struct desk *desk)
{
    *desk = (struct desk){.arena = arena_new(0), .kept = quell_map(NULL, 0)};
    desk->policy = load(desk->arena, "cooldown: { file: 1h }\n");
    desk->memory = (struct policy_memory){recall, remember, desk};
    desk->call = (struct policy_call){.playbook = QUELL_STR("p"),
                                      .run = QUELL_STR("r1"),
                                      .uses = QUELL_STR("x.act"),
                                      .action = &disrupts,
                                      .targets = json(desk->arena, TWO),
                                      .now_us = us_of("2026-01-05T08:00:00Z"),
                                      .approved = true,
                                      .memory = &desk->memory};
}

static void close_desk(struct desk *desk)
{
    policy_free(desk->policy);
    arena_free(desk->arena);
}

static void judged_as(struct desk *desk, const char *wanted)
{
    assert_text(reasons(desk->arena, policy_judge(desk->arena, desk->policy, &desk->call)), wanted);
}

static void another_run_of_it_waits_for_an_hour(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk);
    judged_as(&desk, "");
    policy_take(desk.arena, desk.policy, &desk.call);
    assert_int_equal(quell_count(desk.kept), 1); /* the file; nobody asked for processes */
    judged_as(&desk, "");                        /* the same run goes on */
    desk.call.run = QUELL_STR("r2");
    judged_as(&desk, "policy.cooldown.file");
    desk.call.now_us = us_of("2026-01-05T08:59:59Z");
    judged_as(&desk, "policy.cooldown.file");
    desk.call.now_us = us_of("2026-01-05T09:00:00Z");
    judged_as(&desk, "");
    close_desk(&desk);
}

/* Two targets are remembered apart, and the first that is too early is enough to say so once. */
static void each_target_by_itself(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk);
    desk.call.targets = json(desk.arena, "[{\"kind\": \"file\", \"value\": \"a\"},"
                                         " {\"kind\": \"file\", \"value\": \"b\"}]");
    policy_take(desk.arena, desk.policy, &desk.call);
    assert_int_equal(quell_count(desk.kept), 2);
    desk.call.run = QUELL_STR("r2");
    judged_as(&desk, "policy.cooldown.file");
    desk.call.targets = json(desk.arena, "[{\"kind\": \"file\", \"value\": \"c\"}]");
    judged_as(&desk, "");
    desk.call.targets = json(desk.arena, "[{\"kind\": \"file\", \"value\": \"c\"},"
                                         " {\"kind\": \"file\", \"value\": \"b\"}]");
    judged_as(&desk, "policy.cooldown.file");
    close_desk(&desk);
}

static void what_it_is_not_meant_for(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk);
    policy_take(desk.arena, desk.policy, &desk.call);
    desk.call.run = QUELL_STR("r2");
    desk.call.action = &changes;
    judged_as(&desk, "");
    desk.call.action = &disrupts;
    desk.call.playbook = QUELL_STR("q"); /* another playbook */
    judged_as(&desk, "");
    desk.call.playbook = QUELL_STR(""); /* `quell policy check` of no playbook */
    judged_as(&desk, "");
    desk.call.playbook = QUELL_STR("p");
    desk.call.memory = NULL; /* nothing is known of before */
    judged_as(&desk, "");
    desk.call.memory = &desk.memory;
    judged_as(&desk, "policy.cooldown.file");
    desk.call.targets = json(desk.arena, "[{\"kind\": \"process\", \"value\": \"7\"}]");
    judged_as(&desk, "");
    desk.kept = quell_map(NULL, 0);
    policy_take(desk.arena, desk.policy, &desk.call); /* nor is anything kept of those */
    assert_int_equal(quell_count(desk.kept), 0);
    close_desk(&desk);
}

/* A row of a store that somebody wrote into: no time is no reason to hold. */
static void what_is_no_time_is_not_young(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk);
    policy_take(desk.arena, desk.policy, &desk.call);
    desk.call.run = QUELL_STR("r2");
    judged_as(&desk, "policy.cooldown.file");
    desk.kept = value_with(desk.arena, desk.kept, quell_str(desk.kept.as.pairs[0].key),
                           json(desk.arena, "[\"soon\", \"r0\"]"));
    judged_as(&desk, "");
    close_desk(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_run_of_it_waits_for_an_hour),
        cmocka_unit_test(each_target_by_itself),
        cmocka_unit_test(what_it_is_not_meant_for),
        cmocka_unit_test(what_is_no_time_is_not_young),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
