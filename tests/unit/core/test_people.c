/*
 * test_people.c - questions to people on a whole engine: they are listed without being woken,
 * answered by the right ones, and time out; what they decide is durable.
 */
#include "core/fold.h"
#include "virtual.h"

#define HEAD "quell: 1\nplaybook: p\non: { manual: }\nsteps:\n"
#define CONFIG "groups: { soc: [ana, ben] }\n"
#define GATED                                                                                      \
    "  - id: a\n    approve: { by: group:soc, within: 1h, message: 'Do it?' }\n    steps:\n"       \
    "      - wait: 1m\n"                                                                           \
    "  - fail: ${{ steps.a.status }}\n"

static void open_one(struct virtual *v, const char *steps, char run[37])
{
    char text[2048];

    (void)snprintf(text, sizeof(text), HEAD "%s", steps);
    virtual_open(v, CONFIG, (const char *const[]){text, NULL});
    virtual_run(v, "p", "{}", run);
}

static void on_decided(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)err;
    assert_int_equal(code, QUELL_OK);
    ++*(int *)user;
}

static enum quell_code decide(struct virtual *v, struct quell_decision decision)
{
    struct quell_error err = {0};
    int done = 0;
    enum quell_code code = quell_decide(v->engine, &decision, on_decided, &done, &err);

    loop_settle(v->loop);
    assert_int_equal(done, code == QUELL_OK);
    assert_int_equal(code != QUELL_OK, err.message[0] != '\0');
    return code;
}

static size_t open_questions(struct virtual *v, struct quell_value *first)
{
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    size_t count;

    assert_int_equal(quell_approvals(v->engine, &document, &err), QUELL_OK);
    count = quell_count(document.value);
    *first = value_copy(v->arena, quell_at(document.value, 0));
    quell_document_free(&document);
    return count;
}

static struct quell_str end_of(struct virtual *v)
{
    struct quell_value events = quell_get(virtual_show(v, 0), "events");
    struct quell_value last = quell_at(events, quell_count(events) - 1);

    return quell_get_str(quell_get(last, "error"), "message");
}

static void a_question_waits_out_of_memory(void **state)
{
    struct virtual v;
    struct quell_value asked;
    char run[37];

    (void)state;
    open_one(&v, GATED, run);
    assert_int_equal(v.engine->active_count, 0);
    assert_int_equal(fold_count(v.engine), 1);
    assert_int_equal(open_questions(&v, &asked), 1);
    assert_int_equal(fold_count(v.engine), 1);
    assert_true(quell_text_is(quell_get(asked, "message"), "Do it?"));
    assert_true(quell_text_is(quell_get(asked, "step"), "a"));
    assert_true(quell_text_is(quell_get(asked, "started_by"), "test"));
    assert_int_equal(quell_get_str(asked, "digest").len, 64);
    virtual_pass(&v, "61m");
    assert_true(str_is(end_of(&v), "denied"));
    assert_int_equal(open_questions(&v, &asked), 0);
    virtual_close(&v);
}

static void the_right_person_decides(void **state)
{
    struct virtual v;
    char run[37];
    struct quell_decision decision = {.agrees = true};

    (void)state;
    open_one(&v, GATED, run);
    decision.run = quell_str_of(run);
    decision.by = QUELL_STR("eve");
    assert_int_equal(decide(&v, decision), QUELL_DENIED);
    assert_int_equal(fold_count(v.engine), 1); /* it was woken for nothing, and sleeps again */
    decision.by = QUELL_STR("ana");
    decision.step = QUELL_STR("b");
    assert_int_equal(decide(&v, decision), QUELL_NOT_FOUND);
    decision.step = QUELL_STR("a");
    decision.answers = QUELL_STR("{}");
    assert_int_equal(decide(&v, decision), QUELL_CONFLICT); /* it asks for no form */
    decision.answers = QUELL_STR("");
    decision.digest = QUELL_STR("0123456789");
    assert_int_equal(decide(&v, decision), QUELL_CONFLICT);
    decision.digest = QUELL_STR("");
    assert_int_equal(virtual_count(&v, "approval_given", NULL), 0);
    assert_int_equal(decide(&v, decision), QUELL_OK);
    assert_int_equal(virtual_count(&v, "approval_granted", "a"), 1);
    assert_int_equal(decide(&v, decision), QUELL_CONFLICT);
    virtual_pass(&v, "1m");
    assert_true(str_is(end_of(&v), "succeeded"));
    assert_int_equal(decide(&v, decision), QUELL_CONFLICT); /* it has ended */
    virtual_close(&v);
}

static void a_person_denies(void **state)
{
    struct virtual v;
    char run[37];

    (void)state;
    open_one(&v, GATED, run);
    assert_int_equal(decide(&v, (struct quell_decision){.run = quell_str_of(run),
                                                        .by = QUELL_STR("ben"),
                                                        .reason = QUELL_STR("not now")}),
                     QUELL_OK);
    assert_true(str_is(end_of(&v), "denied"));
    virtual_close(&v);
}

static void a_shadow_run_asks_nobody(void **state)
{
    struct virtual v;
    char run[37];

    (void)state;
    virtual_open(&v, CONFIG,
                 (const char *const[]){"quell: 1\nplaybook: p\nstate: shadow\non: { manual: }\n"
                                       "steps:\n" GATED,
                                       NULL});
    virtual_run(&v, "p", "{}", run);
    virtual_pass(&v, "1m");
    assert_int_equal(virtual_count(&v, "approval_waived", "a"), 1);
    assert_int_equal(virtual_count(&v, "approval_asked", NULL), 0);
    assert_true(str_is(end_of(&v), "succeeded"));
    virtual_close(&v);
}

static void a_form_is_filled_in(void **state)
{
    struct virtual v;
    struct quell_value asked;
    struct quell_decision decision = {.by = QUELL_STR("ana")};
    char run[37];

    (void)state;
    open_one(
        &v,
        "  - id: q\n    ask: { of: ana, within: 1h, form: { n: { type: int, required: true } } }\n"
        "  - fail: ${{ steps.q.output.n + 1 }}\n",
        run);
    decision.run = quell_str_of(run);
    assert_int_equal(open_questions(&v, &asked), 1);
    assert_true(quell_text_is(quell_get(asked, "what"), "form"));
    decision.answers = QUELL_STR("{\"n\": \"x\"}");
    assert_int_equal(decide(&v, decision), QUELL_INVALID);
    decision.answers = QUELL_STR("[1]");
    assert_int_equal(decide(&v, decision), QUELL_INVALID);
    decision.answers = QUELL_STR("{\"n\": 41}");
    assert_int_equal(decide(&v, decision), QUELL_OK);
    assert_true(str_is(end_of(&v), "42"));
    virtual_close(&v);
}

/* The timer comes late, as after a sleep of the machine: the time was up all the same. */
static void an_answer_after_the_time_is_none(void **state)
{
    struct virtual v;
    char run[37];

    (void)state;
    open_one(&v, GATED, run);
    loop_cancel(v.engine->folds->timer);
    v.engine->folds->timer = NULL;
    virtual_pass(&v, "2h");
    assert_int_equal(decide(&v, (struct quell_decision){.run = quell_str_of(run),
                                                        .by = QUELL_STR("ana"),
                                                        .agrees = true}),
                     QUELL_CONFLICT);
    virtual_state(&v, 0, "failed");
    assert_true(str_is(end_of(&v), "denied"));
    virtual_close(&v);
}

/* Who started the caller does not agree in the run that it calls. */
static void four_eyes_see_the_caller(void **state)
{
    struct virtual v;
    char run[37];
    struct quell_decision decision = {.by = QUELL_STR("test"), .agrees = true};

    (void)state;
    virtual_open(&v, CONFIG,
                 (const char *const[]){HEAD "  - call: q\n",
                                       "quell: 1\nplaybook: q\non: { call: }\nsteps:\n  - id: a\n"
                                       "    approve: { within: 1h, four-eyes: true }\n"
                                       "    steps:\n      - wait: 1m\n",
                                       NULL});
    virtual_run(&v, "p", "{}", run);
    decision.run = virtual_id(&v, 1);
    assert_int_equal(decide(&v, decision), QUELL_DENIED);
    decision.by = QUELL_STR("ana");
    assert_int_equal(decide(&v, decision), QUELL_OK);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_waits_out_of_memory),
        cmocka_unit_test(the_right_person_decides),
        cmocka_unit_test(a_person_denies),
        cmocka_unit_test(a_shadow_run_asks_nobody),
        cmocka_unit_test(a_form_is_filled_in),
        cmocka_unit_test(an_answer_after_the_time_is_none),
        cmocka_unit_test(four_eyes_see_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
