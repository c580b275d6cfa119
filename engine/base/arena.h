/*
 * arena.h - memory that is freed all at once.
 *
 * The default owner of everything in quell. An arena never moves what it gave out. Out of memory
 * ends the process (the journal makes the restart harmless), so nothing here returns NULL.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <quell/value.h>

struct arena;

/* A new arena. `size_max` in bytes is a soft limit: see arena_over. 0 = no limit. */
struct arena *arena_new(size_t size_max);

/* Frees the arena and all it gave out; NULL is allowed. */
void arena_free(struct arena *arena);

/* Forgets all it gave out but keeps the largest block for reuse: no allocation after warm-up. */
void arena_reset(struct arena *arena);

/* `size` zeroed bytes, aligned for any type. size 0 gives a valid unique-enough pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* A larger copy of an array (new bytes zeroed); `old` may be NULL with old_size 0. */
void *arena_grow(struct arena *arena, void *old, size_t old_size, size_t new_size);

/* A copy of `size` bytes, aligned for any type. */
void *arena_copy(struct arena *arena, const void *data, size_t size);

/* A copy, NUL-terminated behind its end. */
struct quell_str arena_str(struct arena *arena, struct quell_str text);

/* printf into the arena; NUL-terminated. */
struct quell_str arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct quell_str arena_format_list(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Bytes given out so far, and whether they passed size_max: readers of foreign data ask this in
 * their loops and answer QUELL_LIMIT. */
size_t arena_used(const struct arena *arena);
bool arena_over(const struct arena *arena);

/* An array of `count` zeroed elements of a type. */
#define arena_array(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))
#define arena_one(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

#endif
