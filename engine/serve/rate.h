/*
 * rate.h - how many deliveries of a hook are taken in, whoever sends them: a stolen secret must not
 * be worth more than its owner needs. Judged after the proof, so that a stranger cannot use it up,
 * and before anything is taken in.
 */
#ifndef SERVE_RATE_H
#define SERVE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/error.h>
#include <quell/value.h>

/* `600/min`: so many at once, and so many in each such time. */
struct rate {
    int64_t count; /* 0 = no limit */
    int64_t span_us;
};

/* What is left of one, and what was refused. Zero = nothing was taken yet. */
struct rate_use {
    int64_t full_us;  /* monotonic: from then on all of it is there again */
    int64_t told_us;  /* the last time that a refusal was told; 0 = never */
    uint64_t refused; /* since then */
};

/* Reads `COUNT/s`, `COUNT/min` or `COUNT/h`; empty is no limit. QUELL_INVALID says what may stand
 * there. */
enum quell_code rate_read(struct quell_str text, struct rate *rate,
                          struct quell_error *err) QUELL_MUST_CHECK;

/* Takes one at `now_us`, monotonic and not 0; false when there is none left, and *wait_us is then
 * how long until there is. */
bool rate_take(const struct rate *rate, struct rate_use *use, int64_t now_us, int64_t *wait_us);

/* Counts a refusal; true once a minute: then it should be told, and *refused is how many there were
 * since the last time, this one included. */
bool rate_refused(struct rate_use *use, int64_t now_us, uint64_t *refused);

#endif
