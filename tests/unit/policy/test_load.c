/*
 * test_load.c - `policy:` as it is read: what is a fault of it and where, and what holds of it.
 */
#include "fixture.h"

static const struct {
    const char *yaml, *at; /* the text that is pointed at */
    const char *message, *help;
} faults[] = {
    {"caps: { device: { hour: -1 } }", "-1", "`hour` is a number from 0 to 4096", ""},
    {"caps: { device: { run: 4097 } }", "4097", "`run` is a number from 0 to 4096", ""},
    {"caps: { device: { percent: -0.5 } }", "-0.5", "`percent` is a number from 0 to 100", ""},
    {"caps: { device: { percent: 100.5 } }", "100.5", "`percent` is a number from 0 to 100", ""},
    {"playbooks: { p: { device: { hour: x } } }", "x",
     "`hour`: an int is expected, this is a string", "write a number without quotes"},
    {"playbooks: { p: { device: { day: -1 } } }", "-1", "`day` is a number from 0 to 4096", ""},
    {"fleet: { devise: 5 }", "devise", "`devise` is no kind of target", "did you mean `device`?"},
    {"fleet: { device: -5 }", "-5", "`device` is a number, or `lists.NAME`", ""},
    {"fleet: { device: many }", "many", "`device` is a number, or `lists.NAME`", ""},
    {"fleet: { device: lists.machins }", "lists.machins", "there is no list `machins`",
     "did you mean `machines`?"},
    {"protect: [{ name: n, why: w, regex: '(' }]", "'('",
     "the pattern is not valid: missing closing parenthesis", ""},
    {"protect: [{ name: n, why: w, ips: [10.0.0.1, 10.0.0.300] }]", "10.0.0.300",
     "`10.0.0.300` is no address or range", "write `10.1.0.0/16` or `10.1.2.3`"},
    {"protect: [{ name: n, why: w, list: jewls }]", "jewls", "there is no list `jewls`",
     "did you mean `jewels`?"},
    {"protect: [{ name: n, why: w }]", "{ name: n, why: w }", "this entry protects nothing",
     "give it one of `ids`, `names`, `regex`, `accounts`, `tags`, `ips`, `list`, `kind`"},
    {"protect: [{ name: n, why: w, from: changes }]", "{ name: n, why: w, from: changes }",
     "this entry protects nothing",
     "give it one of `ids`, `names`, `regex`, `accounts`, `tags`, `ips`, `list`, `kind`"},
    {"unprotect: { krbtg: x }", "krbtg", "there is no built-in protection `krbtg`",
     "did you mean `krbtgt`?"},
    {"unprotect: { krbtgt: ' ' }", "' '", "a protection is off for a reason: write it here", ""},
    {"windows: [{ name: w, weekly: [Mon 8-10] }]", "Mon 8-10", "`Mon 8-10` is no time of the week",
     "write `Mon-Fri 08:00-18:00`, or `Fri 18:00 - Mon 08:00`"},
    {"windows: [{ name: w, cron: '0 1 * * *' }]", "'0 1 * * *'", "`cron` and `for` stand together",
     "`cron` says when the window begins, `for` how long it lasts"},
    {"windows: [{ name: w, for: 2h }]", "2h", "`cron` and `for` stand together",
     "`cron` says when the window begins, `for` how long it lasts"},
    {"windows: [{ name: w, cron: '0 25 * * *', for: 2h }]", "'0 25 * * *'",
     "this is no value of the field", ""},
    {"windows: [{ name: w, cron: '0 1 * * *', for: 59s }]", "59s",
     "`for` is a duration from 1m to 31d", ""},
    {"windows: [{ name: w, cron: '0 1 * * *', for: 745h }]", "745h",
     "`for` is a duration from 1m to 31d", ""},
    {"windows: [{ name: w, cron: '0 1 * * *', for: soon }]", "soon",
     "`for`: `soon` is no duration as 90s, 1h30m or 250ms",
     "write a number and its unit: `90s`, `5m`, `4h` or `7d`"},
    {"windows: [{ name: w, weekly: Mon, deny: changes, allow-only: changes }]", "changes",
     "`deny` and `allow-only` exclude each other", ""},
    {"windows: [{ name: w, weekly: Mon, zone: Europe/Helsinky }]", "Europe/Helsinky",
     "there is no time zone `Europe/Helsinky`",
     "write a name of the tz database, such as `Europe/Helsinki`"},
    {"windows: [{ name: w, deny: changes }]", "{ name: w, deny: changes }", "this window is never",
     "give it `weekly`, or `cron` with `for`"},
};

static void faults_have_a_place_and_help(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
        struct arena *arena = arena_new(0);
        struct diag_list diags;
        const struct diag *diag;
        if (load_with(arena, faults[i].yaml, &diags))
            fail_msg("loaded: %s", faults[i].yaml);
        if (diags.errors != 1)
            fail_msg("%zu errors: %s", diags.errors, faults[i].yaml);
        diag = &diags.items[0];
        assert_text(diag->message, faults[i].message);
        assert_text(diag->help, faults[i].help);
        assert_text(str_slice(diags.text, diag->place.offset, diag->place.offset + diag->place.len),
                    faults[i].at);
        arena_free(arena);
    }
}

/* Each way to say what is protected is enough by itself. */
static void one_key_is_enough(void **state)
{
    static const char *const keys[] = {"ids: x",  "names: x",      "regex: x",   "accounts: x",
                                       "tags: x", "ips: 10.0.0.1", "list: none", "kind: device"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        struct arena *arena = arena_new(0);
        policy_free(
            load(arena, arena_format(arena, "protect: [{ name: n, why: w, %s }]", keys[i]).data));
        arena_free(arena);
    }
}

static void assert_json(struct arena *arena, struct quell_value value, const char *wanted)
{
    assert_text(json_text(arena, value, JSON_COMPACT), wanted);
}

/* The entry of a list whose `name` it is. */
static struct quell_value entry(struct quell_value list, const char *name)
{
    size_t i;

    for (i = 0; i < quell_count(list); i++)
        if (quell_text_is(quell_get(quell_at(list, i), "name"), name))
            return quell_at(list, i);
    fail_msg("no %s", name);
    return quell_null();
}

static void what_holds_is_shown_with_its_origin(void **state)
{
    struct arena *arena = arena_new(0);
    struct policy *policy = load(arena, "caps:\n"
                                        "  device: { run: 1, percent: 2.5, hard: true }\n"
                                        "  user: { hour: 2, day: 3, hard: false }\n"
                                        "playbooks: { p: { disrupts: { day: 4 } } }\n"
                                        "fleet: { device: lists.machines, user: 7 }\n"
                                        "protect:\n"
                                        "  - { name: mine, why: 'I say so', ids: [x] }\n"
                                        "  - { name: ours, why: w, kind: user, accounts: [ana] }\n"
                                        "unprotect: { hypervisors: a lab }\n"
                                        "windows: [{ name: w, weekly: Mon }]\n"
                                        "disrupts: { require: approve, except: [p, a.b] }\n");
    struct quell_value shown = policy_value(arena, policy), protect = quell_get(shown, "protect");

    (void)state;
    assert_true(policy_is_given(policy));
    assert_text(quell_get_str(shown, "origin"), "quell.yaml");
    assert_json(arena, quell_get(shown, "caps"),
                "[{\"kind\":\"device\",\"playbook\":null,\"run\":1,\"percent\":2.5,\"hard\":true,"
                "\"origin\":\"quell.yaml\"},"
                "{\"kind\":\"user\",\"playbook\":null,\"hour\":2,\"day\":3,\"hard\":false,"
                "\"origin\":\"quell.yaml\"},"
                "{\"kind\":\"disrupts\",\"playbook\":\"p\",\"day\":4,\"hard\":false,"
                "\"origin\":\"quell.yaml\"},"
                "{\"kind\":\"disrupts\",\"playbook\":null,\"hour\":20,\"day\":50,\"hard\":false,"
                "\"origin\":\"built in\"}]");
    assert_json(arena, quell_get(shown, "fleet"), "{\"device\":4,\"user\":7}");
    assert_json(arena, entry(protect, "mine"),
                "{\"name\":\"mine\",\"state\":\"on\",\"kind\":null,\"why\":\"I say so\","
                "\"origin\":\"quell.yaml\"}");
    assert_text(quell_get_str(entry(protect, "ours"), "kind"), "user");
    assert_json(arena, entry(protect, "hypervisors"),
                "{\"name\":\"hypervisors\",\"state\":\"off\",\"kind\":\"device\","
                "\"why\":\"every machine on it goes down with it\",\"off_because\":\"a lab\","
                "\"origin\":\"built in\"}");
    assert_json(arena, quell_get(shown, "windows"),
                "[{\"name\":\"w\",\"weekly\":\"Mon\",\"origin\":\"quell.yaml\"}]");
    assert_json(arena, quell_get(shown, "disrupts"),
                "{\"require\":\"approve\",\"except\":[\"p\",\"a.b\"],\"by\":[],\"four_eyes\":false,"
                "\"origin\":\"quell.yaml\"}");
    policy_free(policy);
    arena_free(arena);
}

static void who_agrees_is_as_it_is_written(void **state)
{
    static const struct {
        const char *yaml, *shown;
    } rows[] = {
        {"disrupts: { require: approve, by: [ana, 'group:leads'], four-eyes: true }",
         "{\"require\":\"approve\",\"except\":[],\"by\":[\"ana\",\"group:leads\"],"
         "\"four_eyes\":true,\"origin\":\"quell.yaml\"}"},
        {"disrupts: { require: approve, by: ana, four-eyes: false }",
         "{\"require\":\"approve\",\"except\":[],\"by\":[\"ana\"],\"four_eyes\":false,"
         "\"origin\":\"quell.yaml\"}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new(0);
        struct policy *policy = load(arena, rows[i].yaml);
        assert_json(arena, quell_get(policy_value(arena, policy), "disrupts"), rows[i].shown);
        policy_free(policy);
        arena_free(arena);
    }
}

static void what_is_built_in_is_shown(void **state)
{
    struct arena *arena = arena_new(0);
    struct policy_surroundings around = {.file = QUELL_STR("quell.yaml")};
    struct diag_list diags;
    struct policy *policy;
    struct quell_value shown;

    (void)state;
    diag_init(&diags, arena, QUELL_STR("t"), QUELL_STR(""));
    policy = policy_load(arena, NULL, &around, &diags);
    assert_non_null(policy);
    assert_int_equal(diags.count, 0);
    shown = policy_value(arena, policy);
    assert_false(policy_is_given(policy));
    assert_text(quell_get_str(shown, "origin"), "built in");
    assert_int_equal(quell_count(quell_get(shown, "caps")), 1);
    assert_json(arena, quell_get(shown, "fleet"), "{}");
    assert_json(arena, quell_get(shown, "windows"), "[]");
    assert_json(
        arena, quell_get(shown, "disrupts"),
        "{\"require\":null,\"except\":[],\"by\":[],\"four_eyes\":false,\"origin\":\"built in\"}");
    policy_free(policy);
    policy_free(NULL);
    arena_free(arena);
}

/* A cap of the file that is of all disrupting calls stands in the place of the one built in. */
static void the_built_in_cap_gives_way(void **state)
{
    struct arena *arena = arena_new(0);
    struct policy *policy = load(arena, "caps: { disrupts: { hour: 0 } }");

    (void)state;
    assert_json(arena, quell_get(policy_value(arena, policy), "caps"),
                "[{\"kind\":\"disrupts\",\"playbook\":null,\"hour\":0,\"hard\":false,"
                "\"origin\":\"quell.yaml\"}]");
    policy_free(policy);
    arena_free(arena);
}

static void revisions_differ_with_the_text(void **state)
{
    struct arena *arena = arena_new(0);
    struct policy *a = load(arena, "caps: { device: { hour: 1 } }"),
                  *b = load(arena, "caps: { device: { hour: 2 } }"),
                  *again = load(arena, "caps:\n  device:\n    hour: 1\n");

    (void)state;
    assert_int_equal(strlen(policy_revision(a)), 64);
    assert_string_equal(policy_revision(a), policy_revision(again));
    assert_string_not_equal(policy_revision(a), policy_revision(b));
    policy_free(a);
    policy_free(b);
    policy_free(again);
    arena_free(arena);
}

static void kinds_of_targets(void **state)
{
    (void)state;
    assert_true(policy_is_kind(QUELL_STR("device")));
    assert_false(policy_is_kind(QUELL_STR("devise")));
    assert_false(policy_is_kind(QUELL_STR("disrupts"))); /* of caps, and no kind */
    assert_text(policy_nearest_kind(QUELL_STR("devise")), "device");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_have_a_place_and_help),
        cmocka_unit_test(one_key_is_enough),
        cmocka_unit_test(what_holds_is_shown_with_its_origin),
        cmocka_unit_test(who_agrees_is_as_it_is_written),
        cmocka_unit_test(what_is_built_in_is_shown),
        cmocka_unit_test(the_built_in_cap_gives_way),
        cmocka_unit_test(revisions_differ_with_the_text),
        cmocka_unit_test(kinds_of_targets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
