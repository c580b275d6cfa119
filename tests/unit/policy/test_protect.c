/*
 * test_protect.c - what an entry of `protect` takes for its own, by whatever is known of a target;
 * and what is done with one of which not enough is known.
 */
#include "fixture.h"

static const struct quell_action disrupts = {.name = "a", .effect = QUELL_DISRUPTS},
                                 changes = {.name = "b", .effect = QUELL_CHANGES};

#define SRV1                                                                                       \
    "{\"entities\": {\"devices\": [{\"id\": \"D-1\", \"name\": \"srv1.corp.example\","             \
    " \"ip\": [\"10.1.2.3\", \"fe80::1\"], \"tags\": [\"Tier 1\", \"lab\"]}]}}"
#define ANA "{\"entities\": {\"users\": [{\"id\": \"U-1\", \"upn\": \"ana@corp.example\"}]}}"

/* An entry named `n`, `why` is `w`. */
static const struct {
    const char *entry;
    const char *target; /* "kind value" */
    const char *incident;
    const char *by; /* what gave it away; "": all of the kind; NULL: it is not protected */
} rows[] = {
    {"kind: url", "url https://x.example/", "{}", ""},
    {"kind: url", "file https://x.example/", "{}", NULL},
    {"ids: [HTTPS://X.example/]", "url https://x.example/", "{}", "https://x.example/"},
    {"ids: [srv1]", "device D-1", SRV1, "srv1.corp.example"},
    {"ids: [srv2]", "device D-1", SRV1, NULL},
    {"ids: [ana]", "user U-1", ANA, "ana@corp.example"},
    {"accounts: ['CORP\\ana']", "user U-1", ANA, "ana@corp.example"},
    {"accounts: [bob]", "user U-1", ANA, NULL},
    {"accounts: [ana]", "process ana", "{}", "ana"},
    {"accounts: [ana], kind: user", "mailbox ana@corp.example", "{}", "ana@corp.example"},
    {"accounts: [ana], kind: device", "mailbox ana@corp.example", "{}", NULL},
    {"accounts: [ana], kind: user", "process ana", "{}", NULL},
    /* Names, as globs and as patterns. */
    {"names: [srv*]", "device D-1", SRV1, "srv1.corp.example"},
    {"names: [srv?]", "device D-1", SRV1, "srv1.corp.example"}, /* of its short name */
    {"names: [srv??]", "device D-1", SRV1, NULL},
    {"names: [rv1]", "device D-1", SRV1, NULL},
    {"names: [SRV1.corp.example]", "device D-1", SRV1, "srv1.corp.example"},
    {"names: [an?]", "user U-1", ANA, "ana@corp.example"},
    {"names: [job9]", "process job9", "{}", "job9"}, /* of its id */
    {"names: ['{a}:9-\xc3\xbc.*']", "process {A}:9-\xc3\x9c.exe", "{}", "{A}:9-\xc3\x9c.exe"},
    {"names: ['{a}:9-\xc3\xbc.*']", "process {A}:9-\xc3\x9cxexe", "{}", NULL},
    {"names: [pc9]", "process 'CORP\\PC9$'", "{}", "CORP\\PC9$"},
    {"names: ['$']", "process $", "{}", "$"},
    {"regex: '^srv[0-9]$'", "device D-1", SRV1, "srv1.corp.example"},
    {"regex: ['^x', '^u-[0-9]$']", "user U-1", ANA, "U-1"},
    {"regex: '^srv$'", "device D-1", SRV1, NULL},
    {"tags: [tier*]", "device D-1", SRV1, "Tier 1"},
    {"tags: [lab]", "device D-1", SRV1, "lab"},
    {"tags: [tier]", "device D-1", SRV1, NULL},
    /* Addresses: one in a range, a range around one, beside it. */
    {"ips: [10.9.0.0/16, 10.1.0.0/16]", "ip 10.1.2.3", "{}", "10.1.2.3"},
    {"ips: [10.1.0.0/16]", "ip 10.0.0.0/8", "{}", "10.0.0.0/8"},
    {"ips: [10.1.0.0/16]", "ip 10.2.0.1", "{}", NULL},
    {"ips: ['fe80::/10']", "device D-1", SRV1, "fe80::1"},
    {"ips: [10.1.2.3]", "url http://10.1.2.3/", "{}", "10.1.2.3"},
    {"ips: [10.1.2.3]", "url http://x.example/", "{}", NULL},
    /* Lists of quell.yaml: texts, or maps as of an incident. */
    {"list: jewels", "device ERP-01.corp.example",
     "{\"entities\": {\"devices\": [{\"name\": \"erp-01\"}]}}", "ERP-01.corp.example"},
    {"list: jewels", "process erp-01", "{}", "erp-01"},
    {"list: jewels", "process erp-02", "{}", "erp-02"},
    {"list: jewels", "process device", "{}", NULL}, /* a kind is no name */
    {"list: people", "user U-1", ANA, "ana@corp.example"},
    {"list: people", "device D-1", SRV1, "10.1.2.3"},
    {"list: people", "process bob", "{}", NULL},
    {"list: none", "process ana", "{}", NULL}, /* an empty one, and not all there are */
    /* Built in: the machine that quell runs on. */
    {"ids: [nothing]", "domain soar01", "{}", "soar01"},
    {"ids: [nothing]", "ip 10.9.9.9", "{}", "10.9.9.9"},
};

static struct quell_value targets_of(struct arena *arena, const char *target)
{
    struct quell_str kind, value;

    (void)str_cut(quell_str_of(target), ' ', &kind, &value);
    if (value.len > 1 && value.data[0] == '\'')
        value = str_slice(value, 1, value.len - 1);
    return json(arena,
                arena_format(arena, "[{\"kind\": \"%.*s\", \"value\": %.*s}]", QUELL_ARG(kind),
                             QUELL_ARG(json_text(arena, quell_string(value), JSON_COMPACT)))
                    .data);
}

static void what_is_protected(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new(0);
        struct policy *policy = load(
            arena, arena_format(arena, "protect: [{ name: n, why: w, %s }]", rows[i].entry).data);
        struct policy_call call = {.action = &disrupts,
                                   .targets = targets_of(arena, rows[i].target),
                                   .incident = json(arena, rows[i].incident)};
        struct quell_value found = policy_judge(arena, policy, &call);
        struct quell_str message = quell_get_str(quell_at(found, 0), "message"), wanted;
        wanted = rows[i].by == NULL ? QUELL_STR("")
                 : rows[i].by[0]    ? arena_format(arena, ", by %s): ", rows[i].by)
                                    : QUELL_STR("is protected (n): w");
        if ((rows[i].by != NULL) != (quell_count(found) == 1) ||
            str_find(message, wanted, 0) == SIZE_MAX)
            fail_msg("%s, %s: %zu, `%.*s`", rows[i].entry, rows[i].target, quell_count(found),
                     QUELL_ARG(message));
        policy_free(policy);
        arena_free(arena);
    }
}

/* `from: changes` protects from what merely changes something, `from: disrupts` does not. */
static void from_what_it_is_protected(void **state)
{
    static const struct quell_action notes = {.name = "c", .effect = QUELL_NOTES};
    struct arena *arena = arena_new(0);
    struct policy *policy = load(arena, "protect:\n"
                                        "  - { name: a, why: w, ids: [x], from: changes }\n"
                                        "  - { name: b, why: w, ids: [x, y], from: disrupts }\n");
    struct policy_call call = {.action = &changes, .targets = targets_of(arena, "process x")};

    (void)state;
    assert_text(reasons(arena, policy_judge(arena, policy, &call)), "policy.protected.a");
    call.action = &notes;
    assert_text(reasons(arena, policy_judge(arena, policy, &call)), "");
    call.targets = targets_of(arena, "process y");
    call.action = &changes;
    assert_text(reasons(arena, policy_judge(arena, policy, &call)), "");
    call.action = &disrupts;
    assert_text(reasons(arena, policy_judge(arena, policy, &call)), "policy.protected.b");
    policy_free(policy);
    arena_free(arena);
}

/* One verdict for each target that is protected, whatever stands beside it. */
static void each_target_is_judged(void **state)
{
    struct arena *arena = arena_new(0);
    struct policy *policy = load(arena, "protect: [{ name: a, why: w, ids: [x, y] }]");
    struct policy_call call = {.action = &disrupts,
                               .targets =
                                   json(arena, "[{\"kind\": \"file\", \"value\": \"x\"},"
                                               " {\"kind\": \"file\", \"value\": \"z\"},"
                                               " {\"kind\": \"process\", \"value\": \"Y\"}]")};
    struct quell_value found = policy_judge(arena, policy, &call);

    (void)state;
    assert_text(reasons(arena, found), "policy.protected.a policy.protected.a");
    assert_text(quell_get_str(quell_at(found, 0), "message"), "file `x` is protected (a, by x): w");
    assert_text(quell_get_str(quell_at(found, 1), "message"),
                "process `Y` is protected (a, by Y): w");
    policy_free(policy);
    arena_free(arena);
}

/* ---- what is not known -------------------------------------------------------------------------
 */

static const struct {
    const char *target; /* JSON */
    bool guessing, early;
    const char *verdict, *message; /* NULL: nothing stands against it */
} unknowns[] = {
    {"{\"kind\": \"device\", \"value\": \"d-9\"}", false, false, "refused",
     "device `d-9` may be protected: neither the incident nor a read of this run says what it is"},
    {"{\"kind\": \"device\", \"value\": \"d-9\"}", true, false, "refused",
     "device `d-9` may be protected: neither the incident nor a read of this run says what it is"},
    {"{\"kind\": \"device\", \"value\": \"d-9\"}", false, true, "unknown",
     "whether device `d-9` is protected is judged when it is known"},
    {"{\"kind\": \"device\", \"value\": \"d-1\"}", false, false, NULL, NULL},
    {"{\"kind\": \"device\", \"value\": \"d-2\"}", true, false, "unknown",
     "whether device `d-2` is protected is judged when it is known"},
    {"{\"kind\": \"device\", \"value\": \"d-2\"}", false, false, NULL, NULL},
    {"{\"kind\": \"user\", \"value\": \"u-9\"}", false, false, "refused",
     "user `u-9` may be protected: neither the incident nor a read of this run says what it is"},
    {"{\"kind\": \"user\", \"value\": \"ana@corp.example\"}", false, false, NULL, NULL},
    {"{\"kind\": \"ip\", \"value\": \"10.1\"}", false, false, "refused",
     "ip `10.1` may be protected: neither the incident nor a read of this run says what it is"},
    {"{\"kind\": \"file\", \"value\": 7}", false, false, "refused",
     "file `?` may be protected: neither the incident nor a read of this run says what it is"},
    {"{\"kind\": \"file\", \"value\": \" \"}", false, false, "refused",
     "file ` ` may be protected: neither the incident nor a read of this run says what it is"},
    {"{\"kind\": \"file\", \"value\": \"a\"}", false, false, NULL, NULL},
    {NULL, false, false, "refused",
     "what this call disrupts may be protected: neither the incident nor a read of this run says "
     "what it is"},
    {NULL, false, true, "unknown",
     "whether what this call disrupts is protected is judged when it is known"},
};

/* d-2 was looked up, and some of what that tells is not known in a plan. */
static struct policy_call call_of(struct arena *arena, const struct quell_action *action,
                                  const char *target)
{
    return (struct policy_call){
        .action = action,
        .targets = json(arena, target ? arena_format(arena, "[%s]", target).data : "[]"),
        .incident =
            json(arena, "{\"entities\": {\"devices\": [{\"id\": \"d-1\", \"name\": \"ws-1\"}],"
                        " \"users\": [{\"name\": \"ana\"}]}}"),
        .lookups = json(arena, "[{\"id\": [\"d-2\"], \"name\": [\"ws-2\"], \"unknown\": true}]")};
}

static void what_is_not_known_is_refused(void **state)
{
    struct arena *arena = arena_new(0);
    struct policy *policy = load(arena, "caps: { disrupts: { hour: 100 } }");
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(unknowns) / sizeof(*unknowns); i++) {
        struct policy_call call = call_of(arena, &disrupts, unknowns[i].target);
        struct quell_value found, one;
        call.guessing = unknowns[i].guessing;
        call.early = unknowns[i].early;
        found = policy_judge(arena, policy, &call);
        one = quell_at(found, 0);
        if (quell_count(found) != (unknowns[i].verdict != NULL))
            fail_msg("%zu: %.*s", i, QUELL_ARG(json_text(arena, found, JSON_COMPACT)));
        if (unknowns[i].verdict) {
            assert_text(quell_get_str(one, "reason"), "policy.unresolved");
            assert_text(quell_get_str(one, "verdict"), unknowns[i].verdict);
            assert_text(quell_get_str(one, "message"), unknowns[i].message);
        }
        call.action = &changes; /* what disrupts nothing may go on */
        assert_int_equal(quell_count(policy_judge(arena, policy, &call)), 0);
    }
    policy_free(policy);
    arena_free(arena);
}

/* Where everything is off that could protect it, nobody has to know what it is. */
static void what_nothing_protects_need_not_be_known(void **state)
{
    struct arena *arena = arena_new(0);
    struct quell_value shown;
    struct quell_str text = QUELL_STR("unprotect:\n");
    struct policy *policy = load(arena, "{}");
    struct policy_call call;
    size_t i;

    (void)state;
    shown = quell_get(policy_value(arena, policy), "protect");
    for (i = 0; i < quell_count(shown); i++)
        if (!quell_text_is(quell_get(quell_at(shown, i), "kind"), "user"))
            text = arena_format(arena, "%.*s  %.*s: a lab\n", QUELL_ARG(text),
                                QUELL_ARG(quell_get_str(quell_at(shown, i), "name")));
    policy_free(policy);

    policy = load(arena, text.data);
    call = call_of(arena, &disrupts, "{\"kind\": \"device\", \"value\": \"d-9\"}");
    assert_text(reasons(arena, policy_judge(arena, policy, &call)), "");
    call = call_of(arena, &disrupts, "{\"kind\": \"user\", \"value\": \"u-9\"}");
    assert_text(reasons(arena, policy_judge(arena, policy, &call)), "policy.unresolved");
    call = call_of(arena, &disrupts, NULL); /* it may be a user */
    assert_text(reasons(arena, policy_judge(arena, policy, &call)), "policy.unresolved");
    policy_free(policy);
    for (i = 0; i < quell_count(shown); i++)
        if (quell_text_is(quell_get(quell_at(shown, i), "kind"), "user"))
            text = arena_format(arena, "%.*s  %.*s: a lab\n", QUELL_ARG(text),
                                QUELL_ARG(quell_get_str(quell_at(shown, i), "name")));
    policy = load(arena, text.data);
    assert_text(reasons(arena, policy_judge(arena, policy, &call)), "");
    policy_free(policy);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_protected),
        cmocka_unit_test(from_what_it_is_protected),
        cmocka_unit_test(each_target_is_judged),
        cmocka_unit_test(what_is_not_known_is_refused),
        cmocka_unit_test(what_nothing_protects_need_not_be_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
