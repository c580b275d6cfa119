/*
 * test_approval.c - who may answer a question, and who may agree beside those who have.
 */
#include "fixture.h"

#include "base/error.h"
#include "policy/approval.h"

static const char groups[] = "{\"soc\": [\"ana\", \"Bob\"], \"none\": []}";

static const struct {
    const char *of, *groups, *who;
    bool may;
} answers[] = {
    {"[]", groups, "zoe", true}, /* nobody is named: anybody may */
    {"[]", groups, "", false},
    {"[]", groups, "group:soc", false}, /* a group is nobody */
    {"[\"ana\"]", groups, "ana", true},
    {"[\"ana\"]", groups, "ANA", true},
    {"[\"ana\"]", groups, "anna", false},
    {"[\"zoe\", \"ana\"]", groups, "ana", true},
    {"[\"group:soc\"]", groups, "bob", true},
    {"[\"group:soc\"]", groups, "zoe", false},
    {"[\"group:soc\"]", groups, "soc", false},
    {"[\"group:none\"]", groups, "ana", false},
    {"[\"group:sac\", \"zoe\"]", groups, "ana", false}, /* there is no such group */
    {"[\"group:sac\", \"group:soc\"]", groups, "ana", true},
    {"[\"group:soc\", \"zoe\"]", groups, "zoe", true},
    {"[\"group:soc\"]", "null", "zoe", true}, /* groups are not known here */
    {"[\"ana\"]", "null", "zoe", false},
};

static void who_may_answer(void **state)
{
    struct arena *arena = arena_new(0);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        struct quell_error err = {0};
        enum quell_code code =
            policy_may_answer(json(arena, answers[i].of), json(arena, answers[i].groups),
                              quell_str_of(answers[i].who), &err);
        if (code != (answers[i].may ? QUELL_OK : QUELL_DENIED))
            fail_msg("%s of %s: %d %s", answers[i].who, answers[i].of, code, err.message);
        if (!answers[i].may)
            assert_true(err.message[0] != '\0');
    }
    arena_free(arena);
}

static void why_somebody_may_not_answer(void **state)
{
    struct arena *arena = arena_new(0);
    struct quell_error err = {0};

    (void)state;
    assert_int_equal(policy_may_answer(quell_null(), quell_null(), QUELL_STR(""), &err),
                     QUELL_DENIED);
    assert_string_equal(err.message, "nobody knows who says this");
    assert_int_equal(
        policy_may_answer(json(arena, "[\"ana\"]"), quell_null(), QUELL_STR("zoe"), &err),
        QUELL_DENIED);
    assert_string_equal(err.message, "zoe is not among those who are asked");
    arena_free(arena);
}

/* ana began the run. */
static const struct {
    int64_t count;
    bool four_eyes;
    const char *given, *who;
    const char *message; /* NULL: they may */
} agreements[] = {
    {1, false, "[]", "ana", NULL},
    {1, false, "[]", "token:ci", NULL},
    {1, true, "[]", "bob", NULL},
    {1, true, "[]", "Ana", "Ana started the run, and another person must agree"},
    {1, true, "[]", "token:ci",
     "several people must agree, and token:ci speaks for none: give it a user"},
    {2, false, "[]", "token:ci",
     "several people must agree, and token:ci speaks for none: give it a user"},
    {2, false, "[{\"by\": \"bob\"}]", "ana", NULL},
    {2, false, "[{\"by\": \"ana\"}, {\"by\": \"bob\"}]", "BOB",
     "BOB has agreed before, and another must agree"},
    {1, false, "[{\"by\": \"token:ci\"}]", "token:ci",
     "token:ci has agreed before, and another must agree"},
};

static void who_may_agree(void **state)
{
    struct arena *arena = arena_new(0);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(agreements) / sizeof(*agreements); i++) {
        struct approval_rule rule = {agreements[i].count, agreements[i].four_eyes,
                                     QUELL_STR("ana")};
        struct quell_error err = {0};
        enum quell_code code = policy_may_agree(&rule, json(arena, agreements[i].given),
                                                quell_str_of(agreements[i].who), &err);
        if (code != (agreements[i].message ? QUELL_DENIED : QUELL_OK))
            fail_msg("%zu: %d %s", i, code, err.message);
        if (agreements[i].message)
            assert_string_equal(err.message, agreements[i].message);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_answer),
        cmocka_unit_test(why_somebody_may_not_answer),
        cmocka_unit_test(who_may_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
