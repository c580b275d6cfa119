/*
 * random.c - unpredictable bytes: the only file that asks the system for them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "loop/log.h"
#include "loop/loop.h"

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
