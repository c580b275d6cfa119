/*
 * test_facts.c - what is known of a target: from its own text, from the incident, from reads.
 */
#include "fixture.h"

static const struct {
    const char *target, *incident, *lookups;
    const char *facts; /* without the classes that are empty */
} rows[] = {
    /* What a text says by itself. */
    {"[\"file\", \"a\"]", "{}", "[]", "{\"id\":[\"a\"],\"resolved\":true}"},
    {"[\"domain\", \"x.example\"]", "{}", "[]",
     "{\"id\":[\"x.example\"],\"name\":[\"x.example\"],\"resolved\":true}"},
    {"[\"mailbox\", \"a@x.example\"]", "{}", "[]",
     "{\"id\":[\"a@x.example\"],\"account\":[\"a@x.example\"],\"resolved\":true}"},
    {"[\"ip\", \"10.0.0.1\"]", "{}", "[]",
     "{\"id\":[\"10.0.0.1\"],\"ip\":[\"10.0.0.1\"],\"resolved\":true}"},
    {"[\"cloud_resource\", \"/subscriptions/s/vms/vm1\"]", "{}", "[]",
     "{\"id\":[\"/subscriptions/s/vms/vm1\"],\"name\":[\"vm1\"],\"resolved\":true}"},
    {"[\"cloud_resource\", \"vm1\"]", "{}", "[]",
     "{\"id\":[\"vm1\"],\"name\":[\"vm1\"],\"resolved\":true}"},
    {"[\"file\", 7]", "{}", "[]", "{\"resolved\":false}"},
    {"[\"file\", null]", "{}", "[]", "{\"resolved\":false}"},
    {"[\"device\", \"\"]", "{\"devices\": [{\"id\": \"\"}]}", "[]", "{\"resolved\":false}"},
    /* The host of a URL. */
    {"[\"url\", \"https://x.example/a?b#c\"]", "{}", "[]",
     "{\"id\":[\"https://x.example/a?b#c\"],\"name\":[\"x.example\"],\"ip\":[\"x.example\"],"
     "\"resolved\":true}"},
    {"[\"url\", \"http://u:p@y@x.example:8443\"]", "{}", "[]",
     "{\"id\":[\"http://u:p@y@x.example:8443\"],\"name\":[\"x.example\"],\"ip\":[\"x.example\"],"
     "\"resolved\":true}"},
    {"[\"url\", \"x.example?a/b\"]", "{}", "[]",
     "{\"id\":[\"x.example?a/b\"],\"name\":[\"x.example\"],\"ip\":[\"x.example\"],"
     "\"resolved\":true}"},
    {"[\"url\", \"x.example#a/b\"]", "{}", "[]",
     "{\"id\":[\"x.example#a/b\"],\"name\":[\"x.example\"],\"ip\":[\"x.example\"],"
     "\"resolved\":true}"},
    {"[\"url\", \"http://x.example\\\\@y.example\"]", "{}", "[]",
     "{\"id\":[\"http://x.example\\\\@y.example\"],\"name\":[\"x.example\"],\"ip\":[\"x.example\"],"
     "\"resolved\":true}"},
    {"[\"url\", \"http://[2001:db8::1]:80/\"]", "{}", "[]",
     "{\"id\":[\"http://[2001:db8::1]:80/\"],\"name\":[\"2001:db8::1\"],\"ip\":[\"2001:db8::1\"],"
     "\"resolved\":true}"},
    {"[\"url\", \"http://\"]", "{}", "[]", "{\"id\":[\"http://\"],\"resolved\":true}"},
    /* What the incident says: an id, a name or an account in common, and on from there. */
    {"[\"device\", \"d-1\"]",
     "{\"devices\": [{\"id\": \"d-2\", \"name\": \"b\"}, {\"id\": \"D-1\", \"name\": \"a\","
     " \"tags\": [\"x\", \"\", \"x\", 7, [\"y\"]], \"ip\": \"10.0.0.1\"}]}",
     "[]",
     "{\"id\":[\"d-1\",\"D-1\"],\"name\":[\"d-1\",\"a\"],\"tag\":[\"x\",\"y\"],"
     "\"ip\":[\"10.0.0.1\"],\"resolved\":true}"},
    {"[\"device\", \"a.corp.example\"]",
     "{\"devices\": [{\"id\": \"d-1\", \"hostname\": \"A\", \"role\": \"dc\"}]}", "[]",
     "{\"id\":[\"a.corp.example\",\"d-1\"],\"name\":[\"a.corp.example\",\"A\"],\"tag\":[\"dc\"],"
     "\"resolved\":true}"},
    {"[\"device\", \"d-1\"]", "{\"devices\": [{\"id\": \"d-1\"}]}", "[]",
     "{\"id\":[\"d-1\"],\"name\":[\"d-1\"],\"resolved\":false}"},
    {"[\"user\", \"ana@x.example\"]",
     "{\"users\": [{\"sid\": \"S-1\", \"name\": \"X\\\\ana\", \"group\": \"admins\"}]}", "[]",
     "{\"id\":[\"ana@x.example\",\"S-1\"],\"account\":[\"ana@x.example\",\"X\\\\ana\"],"
     "\"tag\":[\"admins\"],\"resolved\":true}"},
    {"[\"user\", \"u-1\"]", "{\"users\": [{\"user_id\": \"u-1\"}]}", "[]",
     "{\"id\":[\"u-1\"],\"account\":[\"u-1\"],\"resolved\":false}"},
    {"[\"mailbox\", \"m@x.example\"]",
     "{\"mailboxes\": [{\"address\": \"M@x.example\", \"name\": \"Post room\"}]}", "[]",
     "{\"id\":[\"m@x.example\"],\"name\":[\"Post room\"],"
     "\"account\":[\"m@x.example\",\"M@x.example\"],\"resolved\":true}"},
    {"[\"ip\", \"10.0.0.1\"]", "{\"ips\": [{\"id\": \"10.0.0.1\", \"name\": \"gw\"}]}", "[]",
     "{\"id\":[\"10.0.0.1\"],\"ip\":[\"10.0.0.1\"],\"resolved\":true}"},
    /* What reads told: one leads to another. */
    {"[\"device\", \"d-1\"]", "{}",
     "[{\"name\": [\"a\"], \"tag\": [\"t\"]}, {\"id\": [\"d-1\"], \"name\": [\"a\"]}]",
     "{\"id\":[\"d-1\"],\"name\":[\"d-1\",\"a\"],\"tag\":[\"t\"],\"resolved\":true}"},
    {"[\"device\", \"d-1\"]", "{}", "[{\"id\": [\"d-1\"], \"name\": [\"a\"], \"unknown\": true}]",
     "{\"id\":[\"d-1\"],\"name\":[\"d-1\",\"a\"],\"unknown\":true,\"resolved\":true}"},
};

/* Without empty classes, and without `unknown` where it is not. */
static struct quell_value short_of(struct arena *arena, struct quell_value facts)
{
    struct map_builder map = {.arena = arena};
    size_t i;

    for (i = 0; i < quell_count(facts); i++) {
        const struct quell_pair *pair = &facts.as.pairs[i];
        if (quell_is(pair->value, QUELL_LIST)
                ? quell_count(pair->value) > 0
                : !quell_text_is(pair->key, "unknown") || pair->value.as.boolean)
            map_add_key(&map, pair->key, pair->value);
    }
    return map_made(&map);
}

static void assert_facts(struct arena *arena, struct quell_value facts, const char *wanted)
{
    assert_text(json_text(arena, short_of(arena, facts), JSON_COMPACT), wanted);
}

static struct quell_value target_of(struct arena *arena, const char *kind, struct quell_value value)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "kind", quell_text(kind));
    map_add(&map, "value", value);
    return map_made(&map);
}

static void what_is_known(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new(0);
        struct quell_value pair = json(arena, rows[i].target);
        struct quell_value incident =
            json(arena, arena_format(arena, "{\"entities\": %s}", rows[i].incident).data);
        assert_facts(
            arena,
            policy_facts(
                arena,
                target_of(arena,
                          arena_format(arena, "%.*s", QUELL_ARG(quell_str(quell_at(pair, 0)))).data,
                          quell_at(pair, 1)),
                incident, json(arena, rows[i].lookups)),
            rows[i].facts);
        arena_free(arena);
    }
}

/* What is masked tells nothing, and nothing is taken for the same by it. */
static void what_is_masked_tells_nothing(void **state)
{
    struct arena *arena = arena_new(0);
    struct quell_value incident =
        json(arena, "{\"entities\": {\"devices\": [{\"id\": \"***\", \"name\": \"a\"}]}}");

    (void)state;
    assert_facts(arena,
                 policy_facts(arena, target_of(arena, "device", value_secret(quell_text("***"))),
                              incident, quell_null()),
                 "{\"resolved\":false}");
    assert_facts(arena,
                 policy_facts(arena, target_of(arena, "device", quell_unknown(QUELL_STR("later"))),
                              incident, quell_null()),
                 "{\"unknown\":true,\"resolved\":false}");
    arena_free(arena);
}

/* ---- reads -------------------------------------------------------------------------------------
 */

static void what_a_read_tells(void **state)
{
    static const struct quell_target targets[] = {{"device", "device_id"}, {NULL, NULL}};
    static const struct quell_target none[] = {{NULL, NULL}};
    static const struct quell_attribute told[] = {
        {"name", "computer"}, {"tag", "tags"}, {"ip", "address"}, {NULL, NULL}};
    static const struct quell_action read = {.name = "r", .targets = targets, .attributes = told},
                                     says_nothing = {.name = "r", .targets = targets},
                                     of_nothing = {.name = "r", .attributes = told},
                                     of_none = {.name = "r", .attributes = told, .targets = none};
    struct arena *arena = arena_new(0);
    struct quell_value input = json(arena, "{\"device_id\": \"d-1\"}");
    struct quell_value output =
        json(arena,
             "{\"computer\": \"a\", \"tags\": [\"x\"], \"address\": \"10.0.0.1\", \"os\": \"y\"}");

    (void)state;
    assert_facts(arena, policy_lookup(arena, &read, input, output),
                 "{\"id\":[\"d-1\"],\"name\":[\"d-1\",\"a\"],\"tag\":[\"x\"],"
                 "\"ip\":[\"10.0.0.1\"]}");
    assert_facts(arena, policy_lookup(arena, &read, input, quell_unknown(QUELL_STR("later"))),
                 "{\"id\":[\"d-1\"],\"name\":[\"d-1\"],\"unknown\":true}");
    assert_true(quell_is_null(policy_lookup(arena, &says_nothing, input, output)));
    assert_true(quell_is_null(policy_lookup(arena, &of_nothing, input, output)));
    assert_true(quell_is_null(policy_lookup(arena, &of_none, input, output)));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known),
        cmocka_unit_test(what_is_masked_tells_nothing),
        cmocka_unit_test(what_a_read_tells),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
