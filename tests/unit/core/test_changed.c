/*
 * test_changed.c - an update is judged against the version before it: the one in the store, or the
 * one that is on its way there.
 */
#include "virtual.h"

#define CONFIG "connectors: []\n"
#define PLAYBOOK                                                                                   \
    "quell: 1\n"                                                                                   \
    "playbook: raised\n"                                                                           \
    "on: { incident: { changed: { severity: { to: high }, tags: { added: vip } } } }\n"            \
    "steps:\n"                                                                                     \
    "  - stop:\n"
#define INCIDENT(id, severity, tags, event)                                                        \
    "{\"source_id\": \"" id "\", \"title\": \"T\", \"severity\": \"" severity                      \
    "\", \"tags\": [" tags "], \"description\": \"" event "\"}"

static const char *const playbooks[] = {PLAYBOOK, NULL};

/* The description says what happened to it. */
static void received(struct arena *arena, struct quell_value *incident, struct quell_str *event,
                     void *user)
{
    (void)arena;
    (void)user;
    *event = quell_get_str(*incident, "description");
}

static void open_it(struct virtual *v)
{
    virtual_open(v, CONFIG, playbooks);
    v->stand_in.received = received;
}

static size_t undetermined(const struct virtual *v)
{
    return (size_t)v->engine->counters.undetermined;
}

static void an_update_is_compared(void **state)
{
    struct virtual v;

    open_it(&v);
    virtual_submit(&v, INCIDENT("1", "low", "", "created"));
    virtual_submit(&v, INCIDENT("1", "high", "", "updated"));
    assert_int_equal(virtual_count(&v, "run_started", NULL), 0);
    virtual_submit(&v, INCIDENT("1", "high", "\"vip\"", "updated"));
    assert_int_equal(virtual_count(&v, "run_started", NULL), 0); /* high it was before */
    virtual_submit(&v, INCIDENT("1", "low", "", "updated"));
    virtual_submit(&v, INCIDENT("1", "high", "\"VIP\"", "updated"));
    assert_int_equal(virtual_count(&v, "run_started", NULL), 1);
    assert_int_equal(undetermined(&v), 0);
    virtual_close(&v);
}

static void an_unknown_one_is_undetermined(void **state)
{
    struct virtual v;

    open_it(&v);
    virtual_submit(&v, INCIDENT("1", "low", "", "created"));
    virtual_submit(&v, INCIDENT("2", "high", "\"vip\"", "updated"));
    assert_int_equal(virtual_count(&v, "run_started", NULL), 0);
    assert_int_equal(undetermined(&v), 1);
    virtual_close(&v);
}

static void answered(enum quell_code code, struct quell_str answer, bool repeated,
                     const struct quell_error *err, void *user)
{
    (void)code;
    (void)answer;
    (void)repeated;
    (void)err;
    (*(size_t *)user)++;
}

/* Two in one moment: the first is not on disk when the second is judged. */
static void one_on_its_way_counts(void **state)
{
    static const char *const texts[] = {INCIDENT("1", "low", "", "created"),
                                        INCIDENT("1", "high", "\"vip\"", "updated")};
    struct virtual v;
    struct quell_error err = {0};
    size_t i, done = 0;

    open_it(&v);
    for (i = 0; i < 2; i++) {
        struct quell_submission submission = {.body = quell_str_of(texts[i])};
        assert_int_equal(quell_submit(v.engine, &submission, answered, &done, &err), QUELL_OK);
    }
    assert_int_equal(done, 0);
    loop_settle(v.loop);
    assert_int_equal(done, 2);
    assert_int_equal(virtual_count(&v, "run_started", NULL), 1);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_is_compared),
        cmocka_unit_test(an_unknown_one_is_undetermined),
        cmocka_unit_test(one_on_its_way_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
