/*
 * moment.h - arithmetic of timestamps and durations, for the operators and the functions on times.
 */
#ifndef CEL_MOMENT_H
#define CEL_MOMENT_H

#include <stdbool.h>

#include "base/when.h"
#include "cel/function.h"

/* A time or duration plus (or minus) a duration, within the ranges of CEL. */
enum quell_code moment_add(struct evaluation *e, const struct node *node, struct quell_value to,
                           struct quell_value duration, bool minus,
                           struct quell_value *made) QUELL_MUST_CHECK;
/* The duration from `since` to `until`. */
enum quell_code moment_between(struct evaluation *e, const struct node *node,
                               struct quell_value until, struct quell_value since,
                               struct quell_value *made) QUELL_MUST_CHECK;

/* Seconds east of UTC at `time`, by the name of a zone or an offset like +02:00; false for others,
 * which moment_no_zone() says. */
bool moment_offset(struct quell_str zone, struct when time, int32_t *offset);
enum quell_code moment_no_zone(struct evaluation *e, const struct node *node,
                               struct quell_value zone);

/* Times within the years 1 to 9999. */
bool moment_time_fits(int64_t seconds);
/* Durations whose nanoseconds fit an int64: about 292 years. */
bool moment_nanos(struct quell_value duration, int64_t *nanos);
struct quell_value moment_duration(int64_t nanos);

#endif
