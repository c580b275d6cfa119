/*
 * suite.h - the tests that every back end runs: lists that end with NULL.
 */
#ifndef TESTS_STORE_SUITE_H
#define TESTS_STORE_SUITE_H

#include "fixture.h"

struct suite_test {
    const char *name;
    void (*run)(struct fixture *f); /* with an open store and a reader beside it */
};
#define SUITE_TEST(name)                                                                           \
    {                                                                                              \
#name, name                                                                                \
    }

extern const struct suite_test suite_commit[];
extern const struct suite_test suite_read[];
extern const struct suite_test suite_marks[];
extern const struct suite_test suite_audits[];
extern const struct suite_test suite_forget[];

#endif
