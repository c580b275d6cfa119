/*
 * tables.h - the test document as field tables, and what a test may expect: a row for each.
 */
#ifndef TEST_TABLES_H
#define TEST_TABLES_H

#include <quell/connector.h>

extern const struct quell_field test_document_fields[]; /* the whole document */
extern const struct quell_field test_case_fields[];     /* one of `cases` */
extern const struct quell_field test_defaults_fields[]; /* `defaults` */
extern const struct quell_field test_given_fields[];    /* `given` as a map */
extern const struct quell_field test_mock_fields[];     /* one answer of an action */
extern const struct quell_field test_error_fields[];    /* `error` of a mock */
extern const struct quell_field test_calls_fields[];    /* `calls` as a map */

enum test_answer { /* words of `answer`; the table below is in this order */
                   TEST_APPROVE,
                   TEST_DENY,
                   TEST_TIMEOUT,
                   TEST_HAPPENED,
                   TEST_NOT_HAPPENED,
                   TEST_FORM, /* not a word: the values of a form */
};
extern const char *const test_answer_words[];

enum test_expect_kind {
#define EXPECT(NAME, word, doc, example) TEST_EXPECT_##NAME,
#include "test/expects.def"
#undef EXPECT
    TEST_EXPECTS
};
struct test_expect_row {
    const char *name, *doc, *example;
};
extern const struct test_expect_row test_expects[TEST_EXPECTS];

/* What is said about tests alone. */
enum test_fault_kind {
#define FAULT(NAME, code, doc, bad, good) TEST_FAULT_KIND_##NAME,
#include "test/faults.def"
#undef FAULT
    TEST_FAULTS
};
struct test_fault_row {
    const char *code, *doc, *bad, *good;
};
extern const struct test_fault_row test_faults[TEST_FAULTS];
#define TEST_FAULT_FILE test_faults[TEST_FAULT_KIND_FILE].code
#define TEST_FAULT_STEP test_faults[TEST_FAULT_KIND_STEP].code
#define TEST_FAULT_NAME test_faults[TEST_FAULT_KIND_NAME].code

/* The tables in the order in which they are explained, and an example of each key; both end with a
 * NULL name. */
struct test_part {
    const char *name, *where; /* "given"; where its keys stand, as people say it */
    const struct quell_field *fields;
};
extern const struct test_part test_parts[];
struct test_example {
    const char *part, *key, *text;
};
extern const struct test_example test_examples[];

#endif
