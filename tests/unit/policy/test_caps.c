/*
 * test_caps.c - caps: what counts, within which span, and what is remembered; approvals that the
 * workspace wants; and the order of verdicts.
 */
#include "fixture.h"

static const struct quell_action disrupts = {.name = "a", .effect = QUELL_DISRUPTS},
                                 changes = {.name = "b", .effect = QUELL_CHANGES},
                                 reads = {.name = "c", .effect = QUELL_READS};

#define NOW "2026-01-05T08:00:00Z"
enum { NOW_MINUTE = 29460000 }; /* of it, since 1970 */

/* ---- what is remembered ------------------------------------------------------------------------
 */

struct memory {
    struct arena *arena;
    struct quell_value kept; /* a map, or one value that each key has */
    unsigned asked;
};

static struct quell_value recall(void *user, struct arena *arena, struct quell_str key)
{
    struct memory *memory = user;
    struct quell_value found = quell_null();

    (void)arena;
    memory->asked++;
    if (!quell_is(memory->kept, QUELL_MAP))
        return memory->kept;
    (void)quell_find(memory->kept, key, &found);
    return found;
}

static void remember(void *user, struct quell_str key, struct quell_value body, int64_t keep_us)
{
    struct memory *memory = user;

    assert_int_equal(keep_us, (int64_t)(86400 + 60) * 1000000);
    memory->kept =
        value_with(memory->arena, memory->kept, quell_str(value_copy_str(memory->arena, key)),
                   value_copy(memory->arena, body));
}

/* ---- one call ----------------------------------------------------------------------------------
 */

struct desk {
    struct arena *arena;
    struct policy *policy;
    struct memory memory;
    struct policy_memory as;
    struct policy_call call;
};

/* Kinds that need not be looked up: files of these names. */
static struct quell_value files(struct arena *arena, const char *names)
{
    struct quell_str rest = quell_str_of(names), one, list = QUELL_STR("");

    while (rest.len) {
        (void)str_cut(rest, ' ', &one, &rest);
        list = arena_format(arena, "%.*s%s{\"kind\": \"file\", \"value\": \"%.*s\"}",
                            QUELL_ARG(list), list.len ? "," : "", QUELL_ARG(one));
    }
    return json(arena, arena_format(arena, "[%.*s]", QUELL_ARG(list)).data);
}

static void open_desk(struct desk *desk, const char *yaml)
{
    struct arena *arena = arena_new(0);

    *desk = (struct desk){.arena = arena,
                          .policy = load(arena, yaml),
                          .memory = {arena, quell_map(NULL, 0), 0},
                          .call = {.playbook = QUELL_STR("p"),
                                   .uses = QUELL_STR("x.act"),
                                   .action = &disrupts,
                                   .targets = files(arena, "a b"),
                                   .now_us = us_of(NOW),
                                   .approved = true}};
    desk->as = (struct policy_memory){recall, remember, &desk->memory};
    desk->call.memory = &desk->as;
}

static void close_desk(struct desk *desk)
{
    policy_free(desk->policy);
    arena_free(desk->arena);
}

static struct quell_value judged(struct desk *desk)
{
    return policy_judge(desk->arena, desk->policy, &desk->call);
}

static void assert_reasons(struct desk *desk, const char *wanted)
{
    assert_text(reasons(desk->arena, judged(desk)), wanted);
}

static void take(struct desk *desk, const char *names, const char *now)
{
    struct policy_call call = desk->call;

    call.targets = files(desk->arena, names);
    call.now_us = us_of(now);
    policy_take(desk->arena, desk->policy, &call);
}

static void assert_message(struct desk *desk, const char *wanted)
{
    assert_text(quell_get_str(quell_at(judged(desk), 0), "message"), wanted);
}

/* ---- spans -------------------------------------------------------------------------------------
 */

static void figures_of_an_hour_and_a_day(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk, "caps: { file: { hour: 3, day: 4 }, disrupts: { day: 100 } }");
    assert_reasons(&desk, "");
    take(&desk, "a c", "2026-01-05T07:00:59Z"); /* 60 minutes ago, by whole minutes */
    assert_reasons(&desk, "");
    take(&desk, "d", "2026-01-05T07:01:00Z");
    desk.call.targets = files(desk.arena, "e f g");
    assert_message(&desk, "the workspace may touch 3 (file) a hour: 1 before this call, 3 by it");
    assert_reasons(&desk, "policy.file.hour policy.file.day");
    desk.call.targets = files(desk.arena, "e f");
    assert_reasons(&desk, "policy.file.day");
    assert_message(&desk, "the workspace may touch 4 (file) a day: 3 before this call, 2 by it");
    desk.call.targets = files(desk.arena, "A e E"); /* one of them is new, by any spelling */
    assert_reasons(&desk, "");
    desk.call.now_us = us_of("2026-01-06T07:00:00Z"); /* a and c are of a day ago */
    desk.call.targets = files(desk.arena, "e f g");
    assert_reasons(&desk, "");
    desk.call.targets = files(desk.arena, "e f g h");
    assert_reasons(&desk, "policy.file.hour policy.file.day");
    close_desk(&desk);
}

/* What is taken goes in with its minute; what is older than a day goes out. */
static void what_is_remembered(void **state)
{
    struct desk desk;
    struct quell_value kept;

    (void)state;
    open_desk(&desk, "caps: { file: { hour: 3 }, user: { day: 1 }, ip: { run: 1 } }\n"
                     "playbooks: { q: { file: { day: 1 } }, p: { file: { percent: 10 } } }");
    take(&desk, "a b", "2026-01-04T07:59:59Z");
    take(&desk, "c", "2026-01-04T08:01:00Z");
    take(&desk, "b", NOW);
    kept = quell_get(desk.memory.kept, "* file");
    assert_int_equal(quell_count(kept), 2);
    assert_int_equal(kept.as.pairs[0].value.as.integer, NOW_MINUTE - 1439);
    assert_int_equal(kept.as.pairs[1].value.as.integer, NOW_MINUTE);
    assert_true(value_equal(quell_get(desk.memory.kept, "p file"), kept));
    assert_int_equal(quell_count(quell_get(desk.memory.kept, "* disrupts")), 2);
    assert_int_equal(quell_count(desk.memory.kept), 3); /* nothing of users, of ip, of q */

    kept = desk.memory.kept;
    desk.call.action = &reads; /* a read counts nothing */
    take(&desk, "d", NOW);
    desk.call.action = &disrupts;
    desk.call.memory = NULL; /* nor does what nobody remembers */
    take(&desk, "d", NOW);
    assert_ptr_equal(desk.memory.kept.as.pairs, kept.as.pairs);
    assert_reasons(&desk, "");
    close_desk(&desk);
}

/* What is no minute is not counted, and not kept. */
static void a_damaged_memory(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk, "caps: { file: { hour: 2 }, disrupts: { day: 100 } }");
    desk.memory.kept = json(desk.arena, "{\"* file\": {\"x\": \"y\", \"z\": null}}");
    assert_reasons(&desk, "");
    take(&desk, "a", NOW);
    assert_int_equal(quell_count(quell_get(desk.memory.kept, "* file")), 1);
    desk.memory.kept = quell_unknown(QUELL_STR("the store is away"));
    assert_reasons(&desk, "policy.file.unread policy.disrupts.unread");
    assert_message(&desk, "what was touched before cannot be read");
    assert_text(quell_get_str(quell_at(judged(&desk), 0), "verdict"), "held");
    close_desk(&desk);
}

/* A disrupting call that names nobody touches one that nobody knows; another one none. */
static void a_call_without_targets(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk, "caps: { file: { hour: 0 }, disrupts: { hour: 0 } }");
    desk.call.targets = quell_list(NULL, 0);
    assert_reasons(&desk, "policy.unresolved policy.disrupts.hour");
    desk.call.action = &changes;
    desk.memory.asked = 0;
    assert_reasons(&desk, "");
    assert_int_equal(desk.memory.asked, 0);
    take(&desk, "", NOW);
    assert_int_equal(quell_count(desk.memory.kept), 0);
    desk.call.targets = files(desk.arena, "a"); /* it changes, and disrupts nothing */
    assert_reasons(&desk, "policy.file.hour");
    close_desk(&desk);
}

/* ---- runs, playbooks, fleets -------------------------------------------------------------------
 */

static bool touched(const void *user, struct quell_value target, bool by_disrupting)
{
    (void)by_disrupting;
    return quell_text_is(quell_get(target, "value"), user);
}

static unsigned in_run(const void *user, struct quell_str kind)
{
    (void)user;
    return str_is(kind, "file") ? 2 : 0;
}

static void figures_of_a_run(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk, "caps: { file: { run: 3 }, disrupts: { day: 100 } }");
    assert_reasons(&desk, ""); /* nothing was touched before */
    desk.call.in_run = in_run;
    desk.call.user = "c";
    desk.call.touched = touched;
    assert_reasons(&desk, "policy.file.run");
    assert_message(&desk, "the workspace may touch 3 (file) a run: 2 before this call, 2 by it");
    desk.call.user = "a"; /* it was touched: b is new */
    assert_reasons(&desk, "");
    close_desk(&desk);
}

/* A plan's own calls are nowhere remembered: they are added to what is. */
static void a_plan_counts_its_own_calls(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk, "caps: { file: { hour: 4, day: 4 }, disrupts: { day: 100 } }");
    take(&desk, "c", NOW);
    desk.call.in_run = in_run;
    assert_reasons(&desk, "");
    desk.call.guessing = true;
    assert_reasons(&desk, "policy.file.hour policy.file.day");
    assert_message(&desk, "the workspace may touch 4 (file) a hour: 3 before this call, 2 by it");
    close_desk(&desk);
}

static void caps_of_one_playbook(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk, "caps: { disrupts: { day: 100 } }\n"
                     "playbooks: { p: { file: { run: 1, hard: true } } }");
    assert_reasons(&desk, "policy.file.run");
    assert_message(&desk, "playbook `p` may touch 1 (file) a run: 0 before this call, 2 by it");
    assert_true(quell_get_bool(quell_at(judged(&desk), 0), "hard", false));
    desk.call.playbook = QUELL_STR("q");
    assert_reasons(&desk, "");
    close_desk(&desk);
}

static void shares_of_a_fleet(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk, "caps: { file: { percent: 25 }, ip: { percent: 1 },"
                     " disrupts: { day: 100 } }\n"
                     "fleet: { user: 1, file: 12 }");
    take(&desk, "c", NOW);
    assert_reasons(&desk, ""); /* 3 of 12 */
    take(&desk, "d", NOW);
    assert_reasons(&desk, "policy.file.percent");
    assert_message(&desk, "the workspace may touch 25 per cent of 12 (file) a day: 2 before this "
                          "call, 2 by it");
    desk.call.targets = files(desk.arena, "c d"); /* touched before: none is new */
    assert_reasons(&desk, "");
    desk.call.targets = json(desk.arena, "[{\"kind\": \"ip\", \"value\": \"10.0.0.1\"}]");
    assert_reasons(&desk, "policy.ip.percent");
    assert_message(&desk,
                   "1 per cent of ip is the cap, and `fleet` does not say how many there are");
    close_desk(&desk);
}

static void what_figures_are_shown(void **state)
{
    struct desk desk;
    struct quell_value shown;

    (void)state;
    open_desk(&desk, "caps: { file: { hour: 3 }, ip: { run: 1 }, disrupts: { day: 100 } }\n"
                     "playbooks: { p: { file: { day: 9 } } }");
    take(&desk, "a b", "2026-01-05T06:00:00Z");
    take(&desk, "c", NOW);
    shown = policy_figures(desk.arena, desk.policy, &desk.as, us_of(NOW));
    assert_text(json_text(desk.arena, shown, JSON_COMPACT),
                "[{\"kind\":\"file\",\"playbook\":null,\"hour\":{\"used\":1,\"of\":3},"
                "\"day\":{\"used\":3,\"of\":null}},"
                "{\"kind\":\"disrupts\",\"playbook\":null,\"hour\":{\"used\":1,\"of\":null},"
                "\"day\":{\"used\":3,\"of\":100}},"
                "{\"kind\":\"file\",\"playbook\":\"p\",\"hour\":{\"used\":1,\"of\":null},"
                "\"day\":{\"used\":3,\"of\":9}}]");
    assert_int_equal(quell_count(policy_figures(desk.arena, desk.policy, NULL, us_of(NOW))), 0);
    desk.memory.kept = quell_unknown(QUELL_STR("the store is away"));
    shown = policy_figures(desk.arena, desk.policy, &desk.as, us_of(NOW));
    assert_true(quell_is(quell_get(quell_get(quell_at(shown, 0), "hour"), "used"), QUELL_UNKNOWN));
    close_desk(&desk);
}

/* ---- approvals, and the order of it all --------------------------------------------------------
 */

static void approvals_that_the_workspace_wants(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk, "caps: { disrupts: { day: 100 } }\n"
                     "disrupts: { require: approve, except: [q, y.act] }");
    assert_reasons(&desk, ""); /* people agreed */
    desk.call.approved = false;
    assert_reasons(&desk, "policy.approve");
    desk.call.action = &changes;
    assert_reasons(&desk, "");
    desk.call.action = &disrupts;
    desk.call.playbook = QUELL_STR("q");
    assert_reasons(&desk, "");
    desk.call.playbook = QUELL_STR("p");
    desk.call.uses = QUELL_STR("y.act");
    assert_reasons(&desk, "");
    assert_true(policy_requires_approval(desk.policy, QUELL_STR("p"), QUELL_STR("x.act")));
    close_desk(&desk);
    open_desk(&desk, "caps: { disrupts: { day: 100 } }");
    desk.call.approved = false;
    assert_reasons(&desk, "");
    close_desk(&desk);
}

/* Refused, held for good, held, and what is judged later. */
static void the_worst_stands_first(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk, "caps: { file: { run: 0 }, disrupts: { run: 0, hard: true } }\n"
                     "protect: [{ name: mine, why: w, ids: [b] }]\n"
                     "windows: [{ name: day, weekly: daily }]\n"
                     "disrupts: { require: approve }");
    desk.call.approved = false;
    desk.call.guessing = desk.call.early = true;
    desk.call.targets = json(desk.arena, "[{\"kind\": \"device\", \"value\": \"d\"},"
                                         " {\"kind\": \"file\", \"value\": \"b\"}]");
    assert_reasons(&desk, "policy.protected.mine policy.disrupts.run policy.approve "
                          "policy.window.day policy.file.run policy.unresolved");
    close_desk(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_of_an_hour_and_a_day),
        cmocka_unit_test(what_is_remembered),
        cmocka_unit_test(a_damaged_memory),
        cmocka_unit_test(a_call_without_targets),
        cmocka_unit_test(figures_of_a_run),
        cmocka_unit_test(a_plan_counts_its_own_calls),
        cmocka_unit_test(caps_of_one_playbook),
        cmocka_unit_test(shares_of_a_fleet),
        cmocka_unit_test(what_figures_are_shown),
        cmocka_unit_test(approvals_that_the_workspace_wants),
        cmocka_unit_test(the_worst_stands_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
