/*
 * print_test.h - what quell_test() found, in the forms of `-o`.
 */
#ifndef CLI_PRINT_TEST_H
#define CLI_PRINT_TEST_H

#include <stdint.h>
#include <stdio.h>

#include <quell/quell.h>

#include "cli/term.h"

void print_test_text(FILE *file, const struct term *term, struct quell_document *document,
                     int64_t took_us);
/* Test Anything Protocol, version 14. */
void print_test_tap(FILE *file, const struct term *term, struct quell_document *document,
                    int64_t took_us);
/* JUnit's XML as build servers read it: testsuites, testsuite, testcase. */
void print_test_junit(FILE *file, const struct term *term, struct quell_document *document,
                      int64_t took_us);
void print_test_json(FILE *file, const struct term *term, struct quell_document *document,
                     int64_t took_us);
void print_test_ndjson(FILE *file, const struct term *term, struct quell_document *document,
                       int64_t took_us);

#endif
