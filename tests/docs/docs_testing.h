/*
 * docs_testing.h - prints docs/testing.md.
 */
#ifndef DOCS_DOCS_TESTING_H
#define DOCS_DOCS_TESTING_H

void print_testing(void);

#endif
