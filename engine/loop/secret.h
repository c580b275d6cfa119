/*
 * secret.h - secrets, read when they are needed and wiped after use. A secret is named in the
 * configuration, never written there: `{ env: NAME }` or `{ file: PATH }`.
 */
#ifndef LOOP_SECRET_H
#define LOOP_SECRET_H

#include <stdbool.h>

#include <quell/connector.h>
#include <quell/error.h>
#include <quell/value.h>

/* The keys of a reference, for field tables. */
extern const struct quell_field secret_fields[];

struct secret {
    char *text; /* owned, NUL-terminated */
    size_t len;
};

/* Whether `reference` names a secret in exactly one way; the error never repeats its content. */
enum quell_code secret_check(struct quell_value reference,
                             struct quell_error *err) QUELL_MUST_CHECK;
/* Reads it; newlines at its end are not part of it. The caller wipes it. QUELL_DENIED when it is
 * not there or empty. */
enum quell_code secret_read(struct quell_value reference, struct secret *secret,
                            struct quell_error *err) QUELL_MUST_CHECK;
void secret_wipe(struct secret *secret); /* also frees it; an all-zero one is allowed */
struct quell_str secret_text(const struct secret *secret);

#endif
