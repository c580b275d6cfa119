/*
 * rows.h - one row of each kind, and comparing what a store gives back with it.
 */
#ifndef TESTS_STORE_ROWS_H
#define TESTS_STORE_ROWS_H

#include "fixture.h"

/* One row of each. */
struct rows {
    struct store_incident incident;
    struct store_delivery delivery;
    struct store_revision revision;
    struct store_run run;
    struct store_event event;
    struct store_batch batch;
};

/* Fills all of them from an id; the batch points to them. */
void fill(struct fixture *f, struct rows *rows, const char *id);
/* Asserts that all of them come back from a handle, each field equal. */
void check(struct fixture *f, struct store *store, const struct rows *rows);
void check_incident(struct fixture *f, struct store *store, const struct store_incident *in);
void check_run(struct fixture *f, struct store *store, const struct store_run *run);

#endif
