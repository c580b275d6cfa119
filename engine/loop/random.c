/*
 * random.c - unpredictable bytes: the only file that asks the system for them; and the predictable
 * ones of a virtual loop.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "loop/log.h"
#include "loop/loop_parts.h"

void random_fill(void *out, size_t len)
{
    unsigned char *at = out;

    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            /* Ids and keys made without randomness would be worse than no service. */
            log_line(LOG_LEVEL_ERROR, "the system gives no random bytes: %s", strerror(errno));
            abort();
        }
        at += got;
        len -= (size_t)got;
    }
}

/* SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014). */
static uint64_t next_word(uint64_t *state)
{
    uint64_t word = *state += UINT64_C(0x9E3779B97F4A7C15);

    word = (word ^ (word >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    word = (word ^ (word >> 27)) * UINT64_C(0x94D049BB133111EB);
    return word ^ (word >> 31);
}

void random_next(uint64_t *state, void *out, size_t len)
{
    unsigned char *at = out;
    uint64_t word = 0;
    size_t i;

    for (i = 0; i < len; i++) {
        if (i % sizeof(word) == 0)
            word = next_word(state);
        at[i] = (unsigned char)(word >> (i % sizeof(word) * 8));
    }
}
