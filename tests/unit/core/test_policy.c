/*
 * test_policy.c - the workspace's policy where it counts: in the transaction of a call, over all
 * playbooks, over runs that call runs, over time, and when it is changed.
 */
#include "virtual.h"

#define CAPS(text) "connectors: []\nlists: { jewels: [vip-1] }\npolicy:\n  " text "\n"
#define HEAD(id) "quell: 1\nplaybook: " id "\non: { incident: , manual: }\n"
#define WIDE "limits: { device: { run: 100 } }\n"
#define EACH                                                                                       \
    "steps:\n  - id: all\n    for-each: incident.entities.devices\n    as: device\n"               \
    "    max: 100\n    steps:\n"
#define ISOLATE                                                                                    \
    "      - id: isolate\n        uses: defender.isolate-device\n"                                 \
    "        with: { device_id: '${{ device.id }}', comment: x }\n"
#define LOOK                                                                                       \
    "      - id: look\n        uses: defender.get-device\n"                                        \
    "        with: { device_id: '${{ device.id }}' }\n"

static void open_one(struct virtual *v, const char *config, const char *text)
{
    virtual_open(v, config, (const char *const[]){text, NULL});
}

/* `id/name id/name`: one without a name has no name. */
static void submit(struct virtual *v, const char *devices)
{
    struct quell_str rest = quell_str_of(devices), one, id, name, list = QUELL_STR("");

    while (rest.len) {
        (void)str_cut(rest, ' ', &one, &rest);
        (void)str_cut(one, '/', &id, &name);
        list = arena_format(v->arena, "%.*s%s{\"id\": \"%.*s\"%s%.*s%s}", QUELL_ARG(list),
                            list.len ? "," : "", QUELL_ARG(id), name.len ? ", \"name\": \"" : "",
                            QUELL_ARG(name), name.len ? "\"" : "");
    }
    virtual_submit(v,
                   arena_format(v->arena, "{\"title\": \"T\", \"entities\": {\"devices\": [%.*s]}}",
                                QUELL_ARG(list))
                       .data);
}

/* A run of `p` by hand. */
static void begin_by(struct virtual *v, const char *by, const char *device)
{
    struct quell_run_options options = {.playbook = "p", .by = quell_str_of(by)};
    struct quell_error err = {0};
    struct quell_str id, name;
    char run[37];

    (void)str_cut(quell_str_of(device), '/', &id, &name);
    options.incident = arena_format(
        v->arena,
        "{\"title\": \"T\", \"entities\": {\"devices\": [{\"id\": \"%.*s\", \"name\": \"%.*s\"}]}}",
        QUELL_ARG(id), QUELL_ARG(name));
    if (quell_run(v->engine, &options, run, &err))
        fail_msg("%s", err.message);
    loop_settle(v->loop);
}

static size_t isolated(const struct virtual *v)
{
    size_t i, count = 0;

    for (i = 0; i < v->event_count; i++)
        count += str_is(v->events[i].kind, "call_scheduled") &&
                 quell_text_is(quell_get(v->events[i].data, "action"), "defender.isolate-device");
    return count;
}

static struct quell_value last(const struct virtual *v, const char *kind)
{
    size_t i;

    for (i = v->event_count; i-- > 0;)
        if (str_is(v->events[i].kind, kind))
            return v->events[i].data;
    fail_msg("no %s", kind);
    return quell_null();
}

static void assert_held(struct virtual *v, size_t nth, const char *reason)
{
    virtual_state(v, nth, "held");
    if (!quell_text_is(quell_get(last(v, "run_held"), "reason"), reason))
        fail_msg("%.*s", QUELL_ARG(quell_get_str(last(v, "run_held"), "reason")));
}

static void told(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)err;
    *(enum quell_code *)user = code;
}

static enum quell_code release_by(struct virtual *v, size_t nth, const char *by, bool allowed)
{
    enum quell_code done = QUELL_IO, code;
    struct quell_error err = {0};

    code = quell_release(v->engine, virtual_id(v, nth), QUELL_STR(""), allowed, quell_str_of(by),
                         QUELL_STR(""), told, &done, &err);
    loop_settle(v->loop);
    return code;
}

static enum quell_code release(struct virtual *v, size_t nth)
{
    return release_by(v, nth, "ana", true);
}

/* ---- caps --------------------------------------------------------------------------------------
 */

static void caps_are_of_all_playbooks(void **state)
{
    struct virtual v;

    (void)state;
    virtual_open(
        &v, CAPS("caps: { device: { hour: 3 } }"),
        (const char *const[]){HEAD("p") WIDE EACH ISOLATE, HEAD("q") WIDE EACH ISOLATE, NULL});
    submit(&v, "d1/a d2/b"); /* by both: two different ones */
    assert_int_equal(isolated(&v), 4);
    submit(&v, "d3/c d4/d");
    assert_int_equal(isolated(&v), 6); /* d3 by both; and it counts once */
    assert_held(&v, 2, "policy.device.hour");
    assert_held(&v, 3, "policy.device.hour");
    submit(&v, "d1/A D2/b"); /* touched within the hour: under any spelling */
    virtual_state(&v, 4, "succeeded");
    virtual_pass(&v, "61m");
    assert_int_equal(release(&v, 2), QUELL_OK); /* judged anew: there is room now */
    virtual_state(&v, 2, "succeeded");
    virtual_close(&v);
}

/* A release lets one reason pass, and no other. */
static void what_is_released_is_judged_anew(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, CAPS("caps: { device: { hour: 1 }, disrupts: { run: 0 } }"),
             HEAD("p") WIDE EACH ISOLATE);
    submit(&v, "d1/a");
    assert_held(&v, 0, "policy.disrupts.run");
    assert_int_equal(release(&v, 0), QUELL_OK);
    virtual_state(&v, 0, "succeeded");
    submit(&v, "d2/b");
    assert_held(&v, 1, "policy.device.hour");
    assert_int_equal(release(&v, 1), QUELL_OK);
    assert_held(&v, 1, "policy.disrupts.run");
    assert_int_equal(release(&v, 1), QUELL_OK);
    virtual_state(&v, 1, "succeeded");
    virtual_close(&v);
}

static void a_hard_cap_is_not_released(void **state)
{
    struct virtual v;
    struct quell_error err = {0};

    (void)state;
    open_one(&v, CAPS("caps: { device: { day: 1, hard: true } }"), HEAD("p") WIDE EACH ISOLATE);
    submit(&v, "d1/a d2/b");
    assert_held(&v, 0, "policy.device.day");
    assert_int_equal(release(&v, 0), QUELL_DENIED);
    assert_int_equal(isolated(&v), 1);
    place_write(v.paths[VIRTUAL_PLAYBOOKS], CAPS("caps: { device: { day: 2, hard: true } }"));
    assert_int_equal(quell_reload(v.engine, &err), QUELL_OK);
    assert_int_equal(release(&v, 0), QUELL_OK); /* the file was changed */
    virtual_state(&v, 0, "succeeded");
    assert_int_equal(isolated(&v), 2);
    virtual_close(&v);
}

static void a_part_of_the_fleet(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, CAPS("fleet: { device: 50 }\n  caps: { device: { percent: 4 } }"),
             HEAD("p") WIDE EACH ISOLATE);
    submit(&v, "d1/a d2/b d3/c");
    assert_int_equal(isolated(&v), 2);
    assert_held(&v, 0, "policy.device.percent");
    virtual_close(&v);
    open_one(&v, CAPS("caps: { device: { percent: 99 } }"), HEAD("p") WIDE EACH ISOLATE);
    submit(&v, "d1/a"); /* of a fleet that nobody counted */
    assert_held(&v, 0, "policy.device.percent");
    virtual_close(&v);
    open_one(&v, CAPS("fleet: { device: lists.jewels }\n  caps: { device: { percent: 100 } }"),
             HEAD("p") WIDE EACH ISOLATE);
    submit(&v, "d1/a d2/b");
    assert_int_equal(isolated(&v), 1);
    virtual_close(&v);
}

static void a_playbook_has_caps_of_its_own(void **state)
{
    struct virtual v;

    (void)state;
    virtual_open(
        &v, CAPS("playbooks: { q: { device: { day: 1 } } }"),
        (const char *const[]){HEAD("p") WIDE EACH ISOLATE, HEAD("q") WIDE EACH ISOLATE, NULL});
    submit(&v, "d1/a d2/b");
    virtual_state(&v, 0, "succeeded");
    assert_held(&v, 1, "policy.device.day");
    virtual_close(&v);
}

#define CALLER                                                                                     \
    HEAD("caller")                                                                                 \
    WIDE "steps:\n  - id: first\n    uses: defender.isolate-device\n"                              \
         "    with: { device_id: '${{ incident.entities.devices[0].id }}', comment: x }\n"         \
         "  - id: each\n    for-each: incident.entities.devices\n    as: device\n    max: 9\n"     \
         "    steps:\n      - call: called\n        with: { id: '${{ device.id }}' }\n"
#define CALLED                                                                                     \
    "quell: 1\nplaybook: called\non: { call: }\ninputs: { id: { type: string } }\n" WIDE           \
    "steps:\n  - uses: defender.isolate-device\n"                                                  \
    "    with: { device_id: '${{ inputs.id }}', comment: x }\n"

static void a_call_is_one_with_its_caller(void **state)
{
    struct virtual v;

    (void)state;
    virtual_open(&v, CAPS("caps: { device: { run: 3 } }"),
                 (const char *const[]){CALLER, CALLED, NULL});
    submit(&v, "d1/a d2/b d3/c d4/d");
    assert_int_equal(isolated(&v), 4); /* d1 twice */
    assert_true(quell_text_is(quell_get(last(&v, "run_held"), "reason"), "policy.device.run"));
    virtual_close(&v);
    /* The compiled cap is of the whole call, too. */
    virtual_open(
        &v, "connectors: []\n",
        (const char *const[]){"quell: 1\nplaybook: caller\non: { incident: }\n"
                              "steps:\n  - id: each\n    for-each: incident.entities.devices\n"
                              "    as: device\n    max: 9\n    steps:\n      - call: called\n"
                              "        with: { id: '${{ device.id }}' }\n",
                              "quell: 1\nplaybook: called\non: { call: }\n"
                              "inputs: { id: { type: string } }\nsteps:\n"
                              "  - uses: defender.isolate-device\n"
                              "    with: { device_id: '${{ inputs.id }}', comment: x }\n",
                              NULL});
    submit(&v, "d1/a d2/b d3/c d4/d d5/e d6/f");
    assert_int_equal(isolated(&v), 5);
    virtual_close(&v);
}

/* Without a word in quell.yaml. */
static void a_flood_stops_by_itself(void **state)
{
    struct virtual v;
    char devices[32];
    int i;

    (void)state;
    open_one(&v, "connectors: []\n", HEAD("p") EACH ISOLATE);
    for (i = 0; i < 60; i++) {
        (void)snprintf(devices, sizeof(devices), "d%d/w%d", i, i);
        submit(&v, devices);
    }
    assert_int_equal(isolated(&v), LIMIT_DISRUPTS_PER_HOUR);
    assert_held(&v, 59, "policy.disrupts.hour");
    virtual_pass(&v, "61m");
    for (; i < 120; i++) {
        (void)snprintf(devices, sizeof(devices), "d%d/w%d", i, i);
        submit(&v, devices);
    }
    virtual_pass(&v, "61m");
    for (; i < 180; i++) {
        (void)snprintf(devices, sizeof(devices), "d%d/w%d", i, i);
        submit(&v, devices);
    }
    assert_int_equal(isolated(&v), LIMIT_DISRUPTS_PER_DAY);
    assert_held(&v, 179, "policy.disrupts.day");
    virtual_close(&v);
}

/* ---- what is protected -------------------------------------------------------------------------
 */

static void assert_refused(struct virtual *v, size_t nth, const char *reason)
{
    struct quell_value error = quell_get(last(v, "run_ended"), "error");

    virtual_state(v, nth, "failed");
    if (!quell_text_is(quell_get(error, "code"), "protected") ||
        !str_starts(quell_get_str(error, "message"), quell_str_of(reason)))
        fail_msg("%.*s", QUELL_ARG(quell_get_str(error, "message")));
}

static void a_protected_one_is_refused(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v,
             CAPS("protect:\n    - { name: vips, why: they pay, list: jewels }\n"
                  "    - { name: lab, why: it is watched, names: 'lab-*', ips: 10.9.0.0/16 }"),
             HEAD("p") WIDE EACH ISOLATE);
    submit(&v, "d1/srv-dc01.corp.example");
    assert_refused(&v, 0, "policy.protected.domain-controllers");
    submit(&v, "vip-1/x");
    assert_refused(&v, 1, "policy.protected.vips");
    submit(&v, "d3/LAB-7.corp.example");
    assert_refused(&v, 2, "policy.protected.lab");
    submit(&v, "d4"); /* of which nobody knows a name */
    assert_refused(&v, 3, "policy.unresolved");
    submit(&v, "d5/ws-5");
    virtual_state(&v, 4, "succeeded");
    assert_int_equal(isolated(&v), 1);
    assert_int_equal(virtual_count(&v, "run_held", NULL), 0); /* nobody can let it through */
    virtual_close(&v);
}

static void what_was_looked_up_counts(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, "connectors: []\n", HEAD("p") WIDE EACH LOOK ISOLATE);
    virtual_answer(&v, "defender.get-device",
                   QUELL_STR("{\"device_id\": \"d1\", \"name\": \"ws-1.corp.example\", "
                             "\"tags\": [\"Tier 0\"]}"));
    submit(&v, "d1/ws-1");
    assert_refused(&v, 0, "policy.protected.domain-controllers"); /* by its tag */
    virtual_answer(&v, "defender.get-device",
                   QUELL_STR("{\"device_id\": \"d2\", \"name\": \"ws-2.corp.example\"}"));
    submit(&v, "d2");
    virtual_state(&v, 1, "succeeded");
    assert_int_equal(isolated(&v), 1);
    virtual_close(&v);
}

static void what_is_switched_off_protects_nothing(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, CAPS("unprotect: { domain-controllers: it is a lab }"),
             HEAD("p") WIDE EACH ISOLATE);
    submit(&v, "d1/dc01");
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
}

/* Nobody is asked about what would be refused. */
static void no_question_is_asked_in_vain(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, "connectors: []\n",
             HEAD("p") WIDE EACH ISOLATE "        approve: { by: 'group:leads', within: 1h }\n");
    submit(&v, "d1/dc01");
    assert_refused(&v, 0, "policy.protected.domain-controllers");
    assert_int_equal(virtual_count(&v, "approval_asked", NULL), 0);
    submit(&v, "d2/ws-2");
    assert_int_equal(virtual_count(&v, "approval_asked", NULL), 1);
    virtual_close(&v);
    open_one(&v, CAPS("caps: { device: { day: 0 } }"),
             HEAD("p") WIDE EACH ISOLATE "        approve: { by: 'group:leads', within: 1h }\n");
    submit(&v, "d2/ws-2"); /* a cap is told, and may have room later */
    assert_true(quell_text_is(
        quell_get(quell_at(quell_get(last(&v, "approval_asked"), "verdicts"), 0), "reason"),
        "policy.device.day"));
    virtual_close(&v);
}

/* ---- windows -----------------------------------------------------------------------------------
 */

/* The clock begins on a Monday at 10:00 UTC. */
static void a_window_holds_until_it_is_over(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, CAPS("windows: [{ name: day, weekly: 'Mon-Fri 08:00-12:00' }]"),
             HEAD("p") WIDE EACH ISOLATE);
    submit(&v, "d1/a");
    assert_held(&v, 0, "policy.window.day");
    submit(&v, "d2/b");
    assert_int_equal(release(&v, 1), QUELL_OK); /* a person may */
    virtual_state(&v, 1, "succeeded");
    virtual_pass(&v, "119m");
    virtual_state(&v, 0, "held");
    virtual_pass(&v, "2m");
    virtual_state(&v, 0, "succeeded");
    assert_int_equal(isolated(&v), 2);
    virtual_close(&v);
    open_one(&v, CAPS("windows: [{ name: n, weekly: 'Mon 11:00-12:00', allow-only: disrupts }]"),
             HEAD("p") WIDE EACH ISOLATE);
    submit(&v, "d1/a");
    assert_held(&v, 0, "policy.window.n");
    virtual_pass(&v, "61m");
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
}

/* ---- approvals ---------------------------------------------------------------------------------
 */

static void what_nobody_agreed_to_is_held(void **state)
{
    struct virtual v;

    (void)state;
    virtual_open(&v, CAPS("disrupts: { require: approve, except: [q] }"),
                 (const char *const[]){
                     HEAD("p") WIDE EACH ISOLATE
                     "        approve: { by: 'group:leads', within: 1h, unless: 'true' }\n",
                     HEAD("q") WIDE EACH ISOLATE, NULL});
    submit(&v, "d1/a");
    virtual_state(&v, 1, "succeeded");
    assert_held(&v, 0, "policy.approve"); /* `unless` is below the workspace */
    assert_int_equal(release(&v, 0), QUELL_OK);
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
}

/* Such a release is the approval: by whom the policy says, and not who began it. */
static void a_release_that_is_an_approval(void **state)
{
    static const struct {
        const char *by;
        bool allowed;
        enum quell_code code;
    } rows[] = {{"eve", true, QUELL_DENIED},
                {"cem", true, QUELL_DENIED},
                {"CEM", true, QUELL_DENIED},
                {"token:ci", true, QUELL_DENIED},
                {"group:leads", true, QUELL_DENIED},
                {"", true, QUELL_INVALID},
                {"ben\n", true, QUELL_INVALID},
                {"eve", false, QUELL_OK},
                {"ben", true, QUELL_OK},
                {"Ben", true, QUELL_OK}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct virtual v;
        enum quell_code code;
        virtual_open(
            &v,
            CAPS("disrupts: { require: approve, by: [group:leads], four-eyes: true }") "groups: { "
                                                                                       "leads: "
                                                                                       "[ben, cem, "
                                                                                       "'token:ci']"
                                                                                       " }\n",
            (const char *const[]){
                HEAD("p") WIDE EACH ISOLATE
                "        approve: { by: 'group:leads', within: 1h, unless: 'true' }\n",
                NULL});
        begin_by(&v, "cem", "d1/a");
        assert_held(&v, 0, "policy.approve");
        code = release_by(&v, 0, rows[i].by, rows[i].allowed);
        if (code != rows[i].code || isolated(&v) != (code == QUELL_OK && rows[i].allowed))
            fail_msg("%zu: %s", i, quell_code_name(code));
        virtual_close(&v);
    }
}

/* A further attempt is not judged again, but it is when the target was touched last. */
static void a_day_begins_with_the_last_attempt(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, CAPS("caps: { device: { day: 1, hard: true } }"),
             HEAD("p") WIDE EACH ISOLATE "        retry: { max: 2 }\n");
    virtual_answer(&v, "defender.isolate-device", QUELL_STR("{}"));
    virtual_late(&v, "100d"); /* an attempt takes half an hour to fail */
    submit(&v, "d1/a");
    virtual_pass(&v, "23h");
    assert_int_equal(isolated(&v), 3);
    virtual_pass(&v, "70m"); /* more than a day after the first attempt, less after the last */
    submit(&v, "d2/b");
    virtual_state(&v, 1, "held");
    assert_true(quell_text_is(quell_get(last(&v, "run_held"), "reason"), "policy.device.day"));
    assert_int_equal(isolated(&v), 3);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_release_that_is_an_approval),
        cmocka_unit_test(caps_are_of_all_playbooks),
        cmocka_unit_test(what_is_released_is_judged_anew),
        cmocka_unit_test(a_hard_cap_is_not_released),
        cmocka_unit_test(a_part_of_the_fleet),
        cmocka_unit_test(a_playbook_has_caps_of_its_own),
        cmocka_unit_test(a_call_is_one_with_its_caller),
        cmocka_unit_test(a_flood_stops_by_itself),
        cmocka_unit_test(a_protected_one_is_refused),
        cmocka_unit_test(what_was_looked_up_counts),
        cmocka_unit_test(what_is_switched_off_protects_nothing),
        cmocka_unit_test(no_question_is_asked_in_vain),
        cmocka_unit_test(a_window_holds_until_it_is_over),
        cmocka_unit_test(a_day_begins_with_the_last_attempt),
        cmocka_unit_test(what_nobody_agreed_to_is_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
