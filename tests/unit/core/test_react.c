/*
 * test_react.c - `on: run`: playbooks that start because a run failed, is held or was denied.
 */
#include "base/limits.h"
#include "virtual.h"

#define CONFIG "connectors: []\n"
#define MANUAL(id, steps) "quell: 1\nplaybook: " id "\non: { manual: }\nsteps:\n" steps
#define REACTS(id, to, types, steps)                                                               \
    "quell: 1\nplaybook: " id "\non: { run: { playbook: " to ", types: " types                     \
    " } }\nsteps:\n" steps

static void begin(struct virtual *v, const char *first, const char *second, const char *third)
{
    char run[37];

    virtual_open(v, CONFIG, (const char *const[]){first, second, third, NULL});
    virtual_run(v, "a", "{}", run);
}

static void a_failure_starts_another(void **state)
{
    struct virtual v;
    struct quell_value outputs;

    (void)state;
    begin(&v, MANUAL("a", "  - id: s\n    fail: no way\n"),
          REACTS("b", "[x, a]", "failed",
                 "  - wait: 1s\n"
                 "outputs: { said: \"${{ event.playbook + ' ' + event.error.message }}\",\n"
                 "           of: \"${{ event.run }}\" }\n"),
          REACTS("c", "a", "[held, denied]", "  - stop:\n"));
    assert_int_equal(virtual_count(&v, "run_started", NULL), 2);
    virtual_pass(&v, "2s");
    virtual_state(&v, 1, "succeeded");
    outputs = quell_get(virtual_show(&v, 1), "outputs");
    assert_true(quell_text_is(quell_get(outputs, "said"), "a no way"));
    assert_true(quell_str_equal(quell_get_str(outputs, "of"), virtual_id(&v, 0)));
    virtual_close(&v);
}

static void success_starts_nobody(void **state)
{
    struct virtual v;

    (void)state;
    begin(&v, MANUAL("a", "  - stop:\n"), REACTS("b", "a", "[failed, held, denied]", "  - stop:\n"),
          NULL);
    assert_int_equal(virtual_count(&v, "run_started", NULL), 1);
    virtual_close(&v);
}

static void a_held_run_starts_another_once(void **state)
{
    struct virtual v;

    (void)state;
    virtual_open(
        &v, CONFIG,
        (const char *const[]){MANUAL("a", "  - uses: http.request\n"
                                          "    with: { method: POST, url: /x, json: {} }\n"),
                              REACTS("b", "a", "held", "  - stop:\n"), NULL});
    virtual_fail(&v, "http.request", QUELL_UNKNOWN_OUTCOME);
    {
        char run[37];
        virtual_run(&v, "a", "{}", run);
    }
    virtual_state(&v, 0, "held");
    virtual_state(&v, 1, "succeeded");
    assert_int_equal(virtual_count(&v, "run_started", NULL), 2);
    virtual_close(&v);
}

/* The checker refuses such a set; a reload may bring one about all the same. */
static void a_chain_has_an_end(void **state)
{
    static char texts[LIMIT_CALL_DEPTH + 3][256];
    const char *playbooks[LIMIT_CALL_DEPTH + 4];
    struct virtual v;
    char run[37];
    size_t i;

    (void)state;
    (void)snprintf(texts[0], sizeof(texts[0]), "%s", MANUAL("p0", "  - fail: no\n"));
    for (i = 1; i < LIMIT_CALL_DEPTH + 3; i++)
        (void)snprintf(texts[i], sizeof(texts[i]),
                       "quell: 1\nplaybook: p%zu\non: { run: { playbook: p%zu } }\nsteps:\n"
                       "  - fail: no\n",
                       i, i - 1);
    for (i = 0; i < LIMIT_CALL_DEPTH + 3; i++)
        playbooks[i] = texts[i];
    playbooks[i] = NULL;
    virtual_open(&v, CONFIG, playbooks);
    virtual_run(&v, "p0", "{}", run);
    assert_int_equal(virtual_count(&v, "run_started", NULL), LIMIT_CALL_DEPTH + 1);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_starts_another),
        cmocka_unit_test(success_starts_nobody),
        cmocka_unit_test(a_held_run_starts_another_once),
        cmocka_unit_test(a_chain_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
