/*
 * fixture.h - a fresh store of one kind in a folder of its own, and rows to put into it.
 */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "store/store.h"

struct fixture {
    const struct store_kind *kind;
    struct arena *arena;
    char folder[64];
    struct quell_str url, path; /* path: the database's, for back ends that persist */
    struct store *store;        /* open for writing */
    struct store *reader;       /* beside it */
};

/* Makes the folder and the names, opens nothing. */
struct fixture *fixture_new(const struct store_kind *kind);
/* Opens `store` and `reader`. */
void fixture_open(struct fixture *fixture);
void fixture_close(struct fixture *fixture);
/* Closes, and removes the folder with all in it. */
void fixture_free(struct fixture *fixture);

const struct store_kind *kind_of(const char *scheme);
struct quell_str format(struct fixture *fixture, const char *text, ...)
    __attribute__((format(printf, 2, 3)));
struct quell_str repeat(struct fixture *fixture, char letter, size_t len);

/* Rows with every field filled from the id; texts are literals or live in the fixture's arena. */
struct store_incident an_incident(struct fixture *fixture, const char *id);
struct store_delivery a_delivery(struct fixture *fixture, const char *hook, const char *id);
struct store_revision a_revision(struct fixture *fixture, const char *revision);
struct store_run a_run(struct fixture *fixture, const char *id);
struct store_event an_event(struct fixture *fixture, const char *run, uint64_t seq);

/* Commits one batch. */
enum quell_code commit(struct fixture *fixture, const struct store_batch *batch);
enum quell_code commit_events(struct fixture *fixture, const struct store_event *events,
                              size_t count);
enum quell_code commit_runs(struct fixture *fixture, const struct store_run *runs, size_t count);

/* "1 2 3 ": the sequence numbers of a run's events as the reader sees them. */
struct quell_str seqs(struct fixture *fixture, const char *run, uint64_t after);
/* "c b a ": the ids that a query gives. */
struct quell_str ids(struct fixture *fixture, const struct store_query *query);

#define assert_str(actual, expected) assert_str_(actual, expected, __FILE__, __LINE__)
void assert_str_(struct quell_str actual, struct quell_str expected, const char *file, int line);
#define assert_text(actual, expected) assert_str(actual, quell_str_of(expected))

#endif
