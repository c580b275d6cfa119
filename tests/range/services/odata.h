/*
 * odata.h - the part of OData's $filter and $orderby that Defender's lists understand.
 */
#ifndef RANGE_ODATA_H
#define RANGE_ODATA_H

#include <stdbool.h>

#include <quell/value.h>

struct arena;

/* A parsed filter: evaluated on records (maps). */
struct odata;

/* `and`, `or`, parentheses; eq ne gt ge lt le with 'text', numbers, true, false, null and bare
 * timestamps; startswith, endswith, contains. NULL when it is no such filter. */
struct odata *odata_parse(struct arena *arena, struct quell_str filter);
bool odata_holds(const struct odata *filter, struct quell_value record);
/* The text that the filter demands of a member at its top (`member eq 'text'`), or empty. */
struct quell_str odata_demands(const struct odata *filter, const char *member);
/* Sorts by `member [asc|desc]`, stable; false when the text is none. */
bool odata_sort(struct quell_str order, struct quell_value *items, size_t count);

#endif
