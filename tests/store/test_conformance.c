/*
 * test_conformance.c - runs the suite on each row of stores.def: a new back end needs no line here.
 */
#include "suite.h"

static const struct suite_test *const suites[] = {suite_commit, suite_read, suite_marks,
                                                  suite_audits, suite_forget};

enum { SUITES = sizeof suites / sizeof suites[0], TESTS_MAX = 512 };

/* One test on one back end. */
struct pairing {
    const struct store_kind *kind;
    const struct suite_test *test;
    char name[96];
};

static void run_one(void **state)
{
    const struct pairing *pairing = *state;
    struct fixture *fixture = fixture_new(pairing->kind);

    fixture_open(fixture);
    pairing->test->run(fixture);
    fixture_free(fixture);
}

static void pair(struct pairing *pairing, struct CMUnitTest *test, const struct store_kind *kind,
                 const struct suite_test *suite_test)
{
    pairing->kind = kind;
    pairing->test = suite_test;
    (void)snprintf(pairing->name, sizeof pairing->name, "%s: %s", kind->scheme, suite_test->name);
    test->name = pairing->name;
    test->test_func = run_one;
    test->initial_state = pairing;
}

int main(void)
{
    static struct pairing pairings[TESTS_MAX];
    static struct CMUnitTest tests[TESTS_MAX];
    const struct store_kind *const *kind;
    const struct suite_test *test;
    size_t suite, count = 0;

    for (kind = store_kinds; *kind; kind++) {
        for (suite = 0; suite < SUITES; suite++) {
            for (test = suites[suite]; test->name && count < TESTS_MAX; test++, count++)
                pair(&pairings[count], &tests[count], *kind, test);
        }
    }
    return _cmocka_run_group_tests("conformance", tests, count, NULL, NULL);
}
