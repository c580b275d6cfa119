/*
 * zone.h - time zones by the names of the tz database: `Europe/Helsinki`, `America/New_York`.
 *
 * The database is part of the program: it is taken from Debian's tzdata when quell is built
 * (base/zones.cmake), so that an expression gives the same on every machine and reads no file. New
 * rules come with a new build.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/value.h>

struct zone_row {
    const char *name;
    uint32_t offset, len; /* of its second header and what follows (RFC 8536), in zone_bytes */
};

/* Sorted by name. */
extern const struct zone_row zone_rows[];
extern const size_t zone_count;
extern const unsigned char zone_bytes[];

/* The zone of a name, letter by letter; NULL when there is none. */
const struct zone_row *zone_find(struct quell_str name);

/* Seconds east of UTC at a point in time, given as seconds since 1970-01-01T00:00:00Z. */
int32_t zone_offset(const struct zone_row *zone, int64_t seconds);

#endif
