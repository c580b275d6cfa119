/*
 * test_audits.c - who did what outside of a run, on a whole engine: each word of a person leaves a
 * row with the name, what it was about, and when; so does what one may not do.
 */
#include "virtual.h"

#define TEXT                                                                                       \
    "quell: 1\nplaybook: p\non: { manual: }\nsteps:\n"                                             \
    "  - id: a\n    approve: { by: group:soc, within: 1h, message: 'Do it?' }\n    steps:\n"       \
    "      - wait: 1h\n"

static void open_one(struct virtual *v, char run[37])
{
    virtual_open(v, "groups: { soc: [ana] }\n", (const char *const[]){TEXT, NULL});
    virtual_run(v, "p", "{}", run);
}

/* "who what, ": newest first. */
static struct quell_str told(struct virtual *v, struct quell_audits_options options)
{
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_str text = {"", 0};
    size_t i;

    if (quell_audits(v->engine, &options, &document, &err))
        fail_msg("%s", err.message);
    for (i = 0; i < quell_count(document.value); i++) {
        struct quell_value row = quell_at(document.value, i);

        text = arena_format(v->arena, "%.*s%.*s %.*s, ", QUELL_ARG(text),
                            QUELL_ARG(quell_get_str(row, "who")),
                            QUELL_ARG(quell_get_str(row, "what")));
    }
    quell_document_free(&document);
    return text;
}

static void assert_told(struct virtual *v, struct quell_audits_options options, const char *wanted)
{
    struct quell_str text = told(v, options);

    if (!str_is(text, wanted))
        fail_msg("`%.*s`, not `%s`", QUELL_ARG(text), wanted);
}

static void on_done(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)err;
    assert_int_equal(code, QUELL_OK);
    ++*(int *)user;
}

static void test_words_of_people(void **state)
{
    struct quell_error err = {0};
    struct virtual v;
    char run[37];
    int done = 0;
    struct quell_decision decision = {.by = QUELL_STR("ben"), .agrees = true};

    (void)state;
    open_one(&v, run);
    decision.run = quell_str_of(run);
    assert_told(&v, (struct quell_audits_options){.limit = 0}, "test started, quell opened, ");
    assert_int_equal(quell_decide(v.engine, &decision, on_done, &done, &err), QUELL_DENIED);
    decision.by = QUELL_STR("ana");
    assert_int_equal(quell_decide(v.engine, &decision, on_done, &done, &err), QUELL_OK);
    loop_settle(v.loop);
    assert_int_equal(quell_cancel(v.engine, quell_str_of(run), QUELL_STR("ben"), QUELL_STR("late"),
                                  on_done, &done, &err),
                     QUELL_OK);
    loop_settle(v.loop);
    assert_int_equal(done, 2);
    assert_int_equal(quell_cancel(v.engine, quell_str_of(run), QUELL_STR("ben"), QUELL_STR(""),
                                  on_done, &done, &err),
                     QUELL_CONFLICT);
    loop_settle(v.loop);
    assert_told(&v, (struct quell_audits_options){.limit = 0},
                "ben cancelled, ana decided, ben refused, test started, quell opened, ");
    assert_told(&v, (struct quell_audits_options){.subject = quell_str_of(run)},
                "ben cancelled, ana decided, ben refused, test started, ");
    assert_told(&v, (struct quell_audits_options){.what = QUELL_STR("decided")}, "ana decided, ");
    assert_told(&v, (struct quell_audits_options){.since_us = INT64_MAX}, "");
    virtual_close(&v);
}

static void test_detail_and_time(void **state)
{
    struct quell_audits_options options = {.what = QUELL_STR("started")};
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_value row;
    struct virtual v;
    char run[37];

    (void)state;
    open_one(&v, run);
    assert_int_equal(quell_audits(v.engine, &options, &document, &err), QUELL_OK);
    row = quell_at(document.value, 0);
    assert_string_equal(quell_get_str(row, "subject").data, run);
    assert_true(str_is(quell_get_str(quell_get(row, "detail"), "playbook"), "p"));
    assert_int_equal(quell_get_str(quell_get(row, "detail"), "revision").len, 64);
    quell_document_free(&document);
    virtual_close(&v);
}

/* Front ends write rows of known kinds only. */
static void test_rows_of_front_ends(void **state)
{
    struct quell_audit_row row = {.who = QUELL_STR("ana"), .what = "token_created"};
    struct quell_audit_row odd = {.who = QUELL_STR("ana"), .what = "danced"};
    struct quell_error err = {0};
    struct virtual v;
    int done = 0;

    (void)state;
    virtual_open(&v, "{}\n", (const char *const[]){NULL});
    assert_int_equal(quell_audit(v.engine, &row, on_done, &done, &err), QUELL_OK);
    assert_int_equal(done, 0); /* not before it is durable */
    loop_settle(v.loop);
    assert_int_equal(done, 1);
    assert_int_equal(quell_audit(v.engine, &odd, on_done, &done, &err), QUELL_INVALID);
    assert_told(&v, (struct quell_audits_options){.limit = 1}, "ana token_created, ");
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_of_people),
        cmocka_unit_test(test_detail_and_time),
        cmocka_unit_test(test_rows_of_front_ends),
    };

    return cmocka_run_group_tests_name("audits", tests, NULL, NULL);
}
