/*
 * quell/error.h - how the library says that something went wrong.
 *
 * Every function that can fail returns an `enum quell_code` and fills a caller-owned
 * `struct quell_error`. A code tells the program what it may do next; the message tells a person
 * what is true. On failure, outputs are untouched. Errors own no memory.
 */
#ifndef QUELL_ERROR_H
#define QUELL_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define QUELL_MUST_CHECK __attribute__((warn_unused_result))
#define QUELL_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#else
#define QUELL_MUST_CHECK
#define QUELL_PRINTF(text, first)
#endif

/* What the caller may do next. The word beside each is its name in playbooks and in JSON. */
enum quell_code {
    QUELL_OK = 0,          /* "ok" */
    QUELL_INVALID,         /* "invalid": the input is wrong; repeating it changes nothing */
    QUELL_NOT_FOUND,       /* "not-found": the thing named does not exist */
    QUELL_CONFLICT,        /* "conflict": the state forbids it (already there, lock held) */
    QUELL_LIMIT,           /* "limit": a limit of ours was reached (size, depth, steps, cap) */
    QUELL_DENIED,          /* "denied": authentication, authorisation or policy said no */
    QUELL_REFUSED,         /* "refused": the far side understood and said no */
    QUELL_THROTTLED,       /* "throttled": repeat after retry_after_ms */
    QUELL_TIMED_OUT,       /* "timed-out": a deadline passed */
    QUELL_UNAVAILABLE,     /* "unavailable": not reached; nothing happened there, may be repeated */
    QUELL_UNKNOWN_OUTCOME, /* "unknown-outcome": sent; whether it took effect is not known */
    QUELL_IO,              /* "io": our own disk or store failed */
};

/* One failure. `status` is the far side's number (HTTP, SMTP) or 0; `retry_after_ms` is 0 or what
 * the far side asked for. `message` is one line, lower case, NUL-terminated, cut when too long. */
struct quell_error {
    enum quell_code code;
    int status;
    int64_t retry_after_ms;
    char message[496];
};

/* The word of a code ("not-found"); static, never NULL. */
const char *quell_code_name(enum quell_code code);

#ifdef __cplusplus
}
#endif
#endif
