/*
 * id.h - identifiers made from given time and given random bytes (pure: nothing is asked here).
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/value.h>

enum { ID_LEN = 36 }; /* 8-4-4-4-12, lower case */

struct id {
    char text[ID_LEN + 1]; /* NUL-terminated */
};

/* UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 of the 80 random bits. */
struct id id_v7(int64_t now_us, const uint8_t random[10]);
/* UUIDv5 (RFC 9562) of a name in a fixed quell namespace: the same name gives the same id. */
struct id id_v5(struct quell_str name);
bool id_valid(struct quell_str text); /* any UUID in 8-4-4-4-12 form */
struct quell_str id_str(const struct id *id);

#endif
