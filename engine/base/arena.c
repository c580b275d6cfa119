/*
 * arena.c - a list of blocks that grow geometrically; giving out is adding to an offset.
 *
 * Under AddressSanitizer the unused part of every block is poisoned and allocations stand apart, so
 * that an arena hides no overflow and no use after a reset.
 */
#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif

#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#define POISON(start, size) ASAN_POISON_MEMORY_REGION((start), (size))
#define UNPOISON(start, size) ASAN_UNPOISON_MEMORY_REGION((start), (size))
enum { ARENA_GAP = 16 };
#else
#define POISON(start, size) ((void)0)
#define UNPOISON(start, size) ((void)0)
enum { ARENA_GAP = 0 };
#endif

enum {
    ARENA_ALIGN = 16,
    ARENA_BLOCK_FIRST = 4096,      /* bytes: a call or a small document in one block */
    ARENA_BLOCK_MAX = 1024 * 1024, /* bytes: growing stops here, larger requests get their own */
};

struct block {
    struct block *older;
    size_t size, used; /* bytes of data */
    size_t unused;     /* keeps data aligned */
    char data[];
};
_Static_assert(sizeof(struct block) % ARENA_ALIGN == 0, "data must be aligned for any type");

struct arena {
    struct block *newest;
    size_t size_max, given, block_next;
};

struct arena *arena_new(size_t size_max)
{
    struct arena *arena = memory_new(sizeof(*arena));
    arena->size_max = size_max;
    arena->block_next = ARENA_BLOCK_FIRST;
    return arena;
}

static void free_block(struct block *block)
{
    UNPOISON(block->data, block->size);
    memory_free(block);
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    while (arena->newest) {
        struct block *block = arena->newest;
        arena->newest = block->older;
        free_block(block);
    }
    memory_free(arena);
}

void arena_reset(struct arena *arena)
{
    struct block *largest = NULL;
    while (arena->newest) {
        struct block *block = arena->newest;
        arena->newest = block->older;
        if (largest && largest->size >= block->size) {
            free_block(block);
            continue;
        }
        if (largest)
            free_block(largest);
        largest = block;
    }
    if (largest) {
        largest->older = NULL;
        largest->used = 0;
        POISON(largest->data, largest->size);
    }
    arena->newest = largest;
    arena->given = 0;
}

static struct block *add_block(struct arena *arena, size_t at_least)
{
    size_t size = arena->block_next;
    if (size < at_least)
        size = at_least;
    if (arena->block_next < ARENA_BLOCK_MAX)
        arena->block_next *= 2;
    struct block *block = memory_resize(NULL, sizeof(*block) + size);
    *block = (struct block){.older = arena->newest, .size = size};
    POISON(block->data, size);
    arena->newest = block;
    return block;
}

static size_t rounded(size_t size)
{
    /* A size so large that it wraps is refused by malloc as what it is: out of memory. */
    if (size > SIZE_MAX / 2)
        return SIZE_MAX / 2;
    return (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
}

/* Not zeroed. */
static char *take(struct arena *arena, size_t size)
{
    size_t whole = rounded(size ? size : 1) + ARENA_GAP;
    struct block *block = arena->newest;
    if (!block || block->size - block->used < whole)
        block = add_block(arena, whole);
    char *start = block->data + block->used;
    block->used += whole;
    arena->given += whole;
    UNPOISON(start, size);
    return start;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    char *start = take(arena, size);
    memset(start, 0, size);
    return start;
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
    char *start = take(arena, size);
    if (size)
        memcpy(start, data, size);
    return start;
}

void *arena_grow(struct arena *arena, void *old, size_t old_size, size_t new_size)
{
    assert(new_size >= old_size);
    struct block *block = arena->newest;
    size_t old_whole = rounded(old_size ? old_size : 1) + ARENA_GAP;
    size_t more = rounded(new_size ? new_size : 1) + ARENA_GAP - old_whole;
    char *start = old;

    /* What was given out last can grow where it is. */
    if (start && block && block->used >= old_whole &&
        start == block->data + block->used - old_whole && block->size - block->used >= more) {
        block->used += more;
        arena->given += more;
        UNPOISON(start, new_size);
    } else {
        start = take(arena, new_size);
        if (old_size)
            memcpy(start, old, old_size);
    }
    memset(start + old_size, 0, new_size - old_size);
    return start;
}

struct quell_str arena_str(struct arena *arena, struct quell_str text)
{
    char *copy = take(arena, text.len + 1);
    if (text.len)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return (struct quell_str){copy, text.len};
}

struct quell_str arena_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct quell_str text = arena_format_list(arena, format, args);
    va_end(args);
    return text;
}

struct quell_str arena_format_list(struct arena *arena, const char *format, va_list args)
{
    char few[256]; /* most texts fit: no second formatting */
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(few, sizeof(few), format, args);
    assert(len >= 0);
    struct quell_str text = {few, (size_t)len};
    if (text.len < sizeof(few)) {
        text = arena_str(arena, text);
    } else {
        char *room = take(arena, text.len + 1);
        (void)vsnprintf(room, text.len + 1, format, again); /* measured above */
        text.data = room;
    }
    va_end(again);
    return text;
}

size_t arena_used(const struct arena *arena)
{
    return arena->given;
}

bool arena_over(const struct arena *arena)
{
    return arena->size_max && arena->given > arena->size_max;
}
