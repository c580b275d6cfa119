/*
 * test_state.h - which cases failed the last time, for `quell test --failed`: a small file in
 * $XDG_STATE_HOME/quell, one for each folder that tests are run in.
 */
#ifndef CLI_TEST_STATE_H
#define CLI_TEST_STATE_H

#include <quell/value.h>

struct test_state;

/* What is not there, or cannot be read, is empty. */
struct test_state *test_state_read(void);
void test_state_free(struct test_state *state); /* NULL is allowed */
/* NULL-ended: "FILE\nNAME", and the files. */
const char *const *test_state_cases(const struct test_state *state);
const char *const *test_state_files(const struct test_state *state);
/* Keeps the failed ones of a result; says nothing when it cannot: it is a convenience. */
void test_state_keep(struct quell_value result);

#endif
