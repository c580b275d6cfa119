/*
 * value/value.h - making, comparing and walking values. Reading one needs only <quell/value.h>.
 */
#ifndef VALUE_VALUE_H
#define VALUE_VALUE_H

#include <quell/value.h>

struct arena;

struct quell_value value_uint(uint64_t natural);
struct quell_value value_double(double real);
struct quell_value value_bytes(struct quell_str bytes);
struct quell_value value_time(int64_t seconds, uint32_t nanos);
struct quell_value value_time_us(int64_t us);
struct quell_value value_duration(int64_t seconds, uint32_t nanos);
/* A number that is not an int64, kept as its (valid JSON number) text; borrowed. */
struct quell_value value_verbatim(struct quell_str text);
struct quell_value value_copy_str(struct arena *arena, struct quell_str text);
struct quell_value value_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct quell_value value_secret(struct quell_value value);    /* the same with the secret bit */
struct quell_value value_sensitive(struct quell_value value); /* masked, but kept by the journal */
/* With each mask that `source`, or anything inside it, has. */
struct quell_value value_masked_as(struct quell_value value, struct quell_value source);
/* A deep copy whose every byte lives in `arena`. */
struct quell_value value_copy(struct arena *arena, struct quell_value value);

double value_real(struct quell_value value); /* int, uint, double (verbatim is converted), else 0 */
const char *value_type_name(struct quell_value value); /* "string", "list", "timestamp" ... */
bool value_has_unknown(struct quell_value value);      /* it, or anything inside */
bool value_has_secret(struct quell_value value);       /* of either mask */

/* CEL equality: numbers compare across types by value, maps without order, NaN equals nothing. */
bool value_equal(struct quell_value a, struct quell_value b);
/* Orders two values of comparable types (numbers, strings, bytes, bools, times, durations);
 * false when they cannot be compared, else *order is < 0, 0 or > 0. */
bool value_compare(struct quell_value a, struct quell_value b, int *order);

/* Lookup with the hash index of large maps. */
bool value_find(struct quell_value map, struct quell_str key, struct quell_value *found);
bool value_find_key(struct quell_value map, struct quell_value key, struct quell_value *found);

/* Builders. Start with `{.arena = arena}`; the made value lives as long as the arena. */
struct list_builder {
    struct arena *arena;
    struct quell_value *items;
    size_t count, cap;
};
void list_add(struct list_builder *list, struct quell_value item);
struct quell_value list_made(struct list_builder *list);

struct map_builder {
    struct arena *arena;
    struct quell_pair *pairs;
    size_t count, cap;
};
/* Keys are the caller's duty to keep unique; texts are borrowed. */
void map_add(struct map_builder *map, const char *key, struct quell_value value);
void map_add_key(struct map_builder *map, struct quell_value key, struct quell_value value);
/* Replaces the value of an equal string key or adds it. */
void map_put(struct map_builder *map, struct quell_str key, struct quell_value value);
struct quell_value map_made(struct map_builder *map); /* indexes it when it is large */
/* A copy of `map` with one key added or replaced; shares the rest. */
struct quell_value value_with(struct arena *arena, struct quell_value map, struct quell_str key,
                              struct quell_value value);

#endif
