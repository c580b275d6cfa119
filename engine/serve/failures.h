/*
 * failures.h - counts failed proofs by address, so that a flood of them is answered shortly and
 * logged once. A good proof is never refused for the failures of others: behind a proxy all clients
 * have one address, and what guessing could find is 256 bits long.
 */
#ifndef SERVE_FAILURES_H
#define SERVE_FAILURES_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/value.h>

enum { FAILURES_SLOTS = 512 }; /* addresses that are told apart */

struct failures {
    struct {
        uint64_t address; /* its hash */
        int64_t minute;
        unsigned count;
    } slots[FAILURES_SLOTS];
};

/* One more from `peer` ("192.0.2.1:4711"; its port does not matter) in this minute; false when that
 * is more than LIMIT_AUTH_FAILURES. */
bool failures_add(struct failures *failures, struct quell_str peer, int64_t now_us);

#endif
