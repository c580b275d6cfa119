/*
 * shelf.h - rows in the order of their keys, found by halving: the tables of the memory store.
 */
#ifndef STORE_SHELF_H
#define STORE_SHELF_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/value.h>

/* What a row is found by; every row begins with it. Texts are borrowed from the row's owner. */
struct shelf_key {
    struct quell_str first, second;
    uint64_t number;
};

/* Start with zeroes. Rows are borrowed, their array is the shelf's. */
struct shelf {
    struct shelf_key **rows;
    size_t count, cap;
};

/* The first place whose row is not before `key`. */
size_t shelf_place(const struct shelf *shelf, const struct shelf_key *key);
bool shelf_at(const struct shelf *shelf, size_t place, const struct shelf_key *key);
void *shelf_find(const struct shelf *shelf, const struct shelf_key *key); /* NULL when absent */
void shelf_insert(struct shelf *shelf, size_t place, struct shelf_key *row);
void shelf_remove(struct shelf *shelf, size_t place);
void shelf_free(struct shelf *shelf);

#endif
