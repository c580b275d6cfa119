/*
 * test_cooldown.c - a target that one run of a playbook disrupted is not disrupted again by another
 * one within the policy's cooldown: held for a person, in the transaction of the intent.
 */
#include "virtual.h"

#include <quell/author.h>

#include "base/error.h"

#define COOLDOWN(text) "connectors: []\npolicy:\n  cooldown: { " text " }\n"
#define HEAD(id) "quell: 1\nplaybook: " id "\non: { incident: , call: }\n"
#define ISOLATE(id)                                                                                \
    "  - id: " id "\n    uses: defender.isolate-device\n"                                          \
    "    with: { device_id: '${{ incident.entities.devices[0].id }}', comment: x }\n"
#define PLAYBOOK(id) HEAD(id) "limits: { device: { run: 9 } }\nsteps:\n" ISOLATE("a")
#define DEVICE(id)                                                                                 \
    "{\"title\":\"T\",\"entities\":{\"devices\":[{\"id\":\"" id "\",\"name\":\"n\"}]}}"

static void open_one(struct virtual *v, const char *config, const char *text)
{
    virtual_open(v, config, (const char *const[]){text, NULL});
}

static struct quell_value last_held(const struct virtual *v)
{
    for (size_t i = v->event_count; i-- > 0;)
        if (str_is(v->events[i].kind, "run_held"))
            return v->events[i].data;
    fail_msg("nothing was held");
    return quell_null();
}

static void on_done(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)err;
    *(enum quell_code *)user = code;
}

static void another_run_is_held(void **state)
{
    enum quell_code done = QUELL_IO;
    struct quell_error err = {0};
    struct quell_str message;
    struct virtual v;

    (void)state;
    open_one(&v, COOLDOWN("device: 1h"), PLAYBOOK("p"));
    virtual_submit(&v, DEVICE("d1"));
    virtual_state(&v, 0, "succeeded");
    virtual_pass(&v, "12m");
    virtual_submit(&v, DEVICE("D1")); /* the same, as others spell it */
    virtual_state(&v, 1, "held");
    assert_true(quell_text_is(quell_get(last_held(&v), "reason"), "policy.cooldown.device"));
    message = quell_get_str(last_held(&v), "message");
    assert_true(str_find(message, QUELL_STR("device `D1` was disrupted 12m ago by run "), 0) == 0);
    assert_true(str_find(message, virtual_id(&v, 0), 0) != SIZE_MAX);
    virtual_submit(&v, DEVICE("d2"));
    virtual_state(&v, 2, "succeeded");
    virtual_pass(&v, "2h"); /* nothing goes on by itself */
    virtual_state(&v, 1, "held");
    assert_int_equal(quell_release(v.engine, virtual_id(&v, 1), QUELL_STR(""), true,
                                   QUELL_STR("ann"), QUELL_STR(""), on_done, &done, &err),
                     QUELL_OK);
    loop_settle(v.loop);
    assert_int_equal(done, QUELL_OK);
    virtual_state(&v, 1, "succeeded");
    virtual_close(&v);
}

static void it_is_over_in_time(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, COOLDOWN("device: 1h"), PLAYBOOK("p"));
    virtual_submit(&v, DEVICE("d1"));
    virtual_pass(&v, "59m");
    virtual_submit(&v, DEVICE("d1"));
    virtual_state(&v, 1, "held");
    virtual_pass(&v, "2m");
    virtual_submit(&v, DEVICE("d1"));
    virtual_state(&v, 2, "succeeded");
    virtual_close(&v);
}

/* Both begin before either has been answered. */
static void two_at_once(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, COOLDOWN("disrupts: 1h"), PLAYBOOK("p"));
    virtual_answer(&v, "defender.isolate-device", QUELL_STR("{\"action_id\":\"x\"}"));
    virtual_late(&v, "10m");
    virtual_submit(&v, DEVICE("d1"));
    virtual_submit(&v, DEVICE("d1"));
    virtual_state(&v, 1, "held");
    assert_true(quell_text_is(quell_get(last_held(&v), "reason"), "policy.cooldown.disrupts"));
    virtual_close(&v);
}

static void another_kind_and_another_playbook(void **state)
{
    struct virtual v;

    (void)state;
    virtual_open(&v, COOLDOWN("user: 1h"), (const char *const[]){PLAYBOOK("p"), NULL});
    virtual_submit(&v, DEVICE("d1"));
    virtual_submit(&v, DEVICE("d1"));
    virtual_state(&v, 1, "succeeded");
    virtual_close(&v);
    virtual_open(&v, COOLDOWN("device: 1h"),
                 (const char *const[]){PLAYBOOK("p"), PLAYBOOK("q"), NULL});
    virtual_submit(&v, DEVICE("d1"));
    virtual_state(&v, 0, "succeeded");
    virtual_state(&v, 1, "succeeded");
    virtual_close(&v);
}

/* A run and those it calls are one. */
static void the_same_run_goes_on(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, COOLDOWN("device: 1h"),
             HEAD("p") "limits: { device: { run: 9 } }\nsteps:\n" ISOLATE("a") ISOLATE("b"));
    virtual_submit(&v, DEVICE("d1"));
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
    virtual_open(&v, COOLDOWN("device: 1h"),
                 (const char *const[]){
                     "quell: 1\nplaybook: caller\non: { incident: }\nsteps:\n"
                     "  - id: c\n    call: p\n  - id: d\n    call: p\n",
                     "quell: 1\nplaybook: p\non: { call: }\nlimits: { device: { run: 9 } }\n"
                     "steps:\n" ISOLATE("a"),
                     NULL});
    virtual_submit(&v, DEVICE("d1"));
    virtual_state(&v, 0, "succeeded");
    virtual_submit(&v, DEVICE("d1")); /* another run of the caller */
    virtual_state(&v, 4, "held");
    virtual_close(&v);
}

static void a_plan_tells(void **state)
{
    struct quell_policy_question question = {.target = "device:d1", .playbook = "p"};
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_value verdicts;
    struct virtual v;
    bool found = false;

    (void)state;
    open_one(&v, COOLDOWN("device: 1h"), PLAYBOOK("p"));
    virtual_submit(&v, DEVICE("d1"));
    assert_int_equal(quell_policy_check(v.engine, &question, &document, &err), QUELL_OK);
    verdicts = quell_get(document.value, "verdicts");
    for (size_t i = 0; i < quell_count(verdicts); i++)
        found = found ||
                quell_text_is(quell_get(quell_at(verdicts, i), "reason"), "policy.cooldown.device");
    assert_true(found);
    quell_document_free(&document);
    assert_int_equal(quell_policy(v.engine, &document, &err), QUELL_OK);
    assert_true(quell_text_is(
        quell_get(quell_at(quell_get(quell_get(document.value, "policy"), "cooldown"), 0), "kind"),
        "device"));
    quell_document_free(&document);
    virtual_close(&v);
}

static enum quell_code no_mark(struct store *store, struct arena *arena, struct quell_str scope,
                               struct quell_str key, struct store_mark *mark,
                               struct quell_error *err)
{
    (void)store;
    (void)arena;
    (void)scope;
    (void)key;
    (void)mark;
    return error_set(err, QUELL_IO, "the test says so");
}

/* Fail closed. */
static void what_cannot_be_read_is_held(void **state)
{
    const struct store_kind *kind;
    struct store_kind without;
    struct virtual v;

    (void)state;
    open_one(&v, COOLDOWN("device: 1h") "  caps: { disrupts: { run: 5 } }\n", PLAYBOOK("p"));
    kind = v.engine->reader->kind;
    without = *kind;
    without.mark = no_mark;
    v.engine->reader->kind = &without;
    virtual_submit(&v, DEVICE("d1"));
    v.engine->reader->kind = kind;
    assert_true(quell_text_is(quell_get(last_held(&v), "reason"), "policy.cooldown.device"));
    virtual_close(&v);
}

static void wrong_durations(void **state)
{
    static const struct {
        const char *text, *told;
    } rows[] = {{"device: 0s", "from 1s to 30d"},
                {"device: 31d", "from 1s to 30d"},
                {"device: soon", "duration"},
                {"devices: 1h", "devices"}};
    char config[] = "/tmp/quell-cooldown-XXXXXX";

    (void)state;
    assert_true(close(mkstemp(config)) == 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const char *playbooks[] = {NULL};
        struct quell_options options = {.purpose = QUELL_FOR_RUNNING,
                                        .store = "memory:",
                                        .config = config,
                                        .playbooks = playbooks};
        struct quell_error err = {0};
        struct quell *engine;
        char text[128];

        (void)snprintf(text, sizeof(text), COOLDOWN("%s"), rows[i].text);
        place_write(config, text);
        assert_int_equal(quell_open(&options, &engine, &err), QUELL_INVALID);
        if (!strstr(err.message, rows[i].told))
            fail_msg("%s", err.message);
    }
    assert_int_equal(unlink(config), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_run_is_held),
        cmocka_unit_test(it_is_over_in_time),
        cmocka_unit_test(two_at_once),
        cmocka_unit_test(another_kind_and_another_playbook),
        cmocka_unit_test(the_same_run_goes_on),
        cmocka_unit_test(a_plan_tells),
        cmocka_unit_test(what_cannot_be_read_is_held),
        cmocka_unit_test(wrong_durations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
