/*
 * map_index.c - building and searching the sorted index of large maps, and finding equal keys.
 */
#include "value/map_index.h"

#include "base/arena.h"
#include "base/str.h"

static uint32_t hash_of(struct quell_str key)
{
    uint64_t hash = str_hash(key);
    return (uint32_t)(hash ^ hash >> 32);
}

static struct quell_str key_at(const struct quell_pair *pairs, size_t at)
{
    return quell_str(pairs[at].key);
}

static int slot_order(const struct quell_pair *pairs, struct map_slot a, struct map_slot b)
{
    if (a.hash != b.hash)
        return a.hash < b.hash ? -1 : 1;
    return str_compare(key_at(pairs, a.at), key_at(pairs, b.at));
}

static void sift_down(const struct quell_pair *pairs, struct map_slot *slots, size_t root,
                      size_t count)
{
    struct map_slot moved = slots[root];
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && slot_order(pairs, slots[child], slots[child + 1]) < 0)
            child++;
        if (slot_order(pairs, moved, slots[child]) >= 0)
            break;
        slots[root] = slots[child];
        root = child;
    }
    slots[root] = moved;
}

/* Heapsort: n log n on any input, and no memory of its own. */
static void sort(const struct quell_pair *pairs, struct map_slot *slots, size_t count)
{
    for (size_t root = count / 2; root > 0; root--)
        sift_down(pairs, slots, root - 1, count);
    for (size_t end = count - 1; end > 0; end--) {
        struct map_slot largest = slots[0];
        slots[0] = slots[end];
        slots[end] = largest;
        sift_down(pairs, slots, 0, end);
    }
}

static bool all_strings(const struct quell_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (pairs[i].key.type != QUELL_STRING)
            return false;
    return true;
}

static size_t small_duplicate(const struct quell_pair *pairs, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (pairs[i].key.len == pairs[j].key.len && pairs[i].key.type == QUELL_STRING &&
                pairs[j].key.type == QUELL_STRING &&
                memcmp(pairs[i].key.as.text, pairs[j].key.as.text, pairs[i].key.len) == 0)
                return i;
    return SIZE_MAX;
}

/* The first pair in order whose key stands before it as well. */
static size_t large_duplicate(const struct quell_pair *pairs, const struct map_slot *slots,
                              size_t count)
{
    size_t first = SIZE_MAX;
    for (size_t i = 1; i < count; i++) {
        if (slot_order(pairs, slots[i - 1], slots[i]) != 0)
            continue;
        size_t later = slots[i].at > slots[i - 1].at ? slots[i].at : slots[i - 1].at;
        if (later < first)
            first = later;
    }
    return first;
}

struct quell_value map_index_make(struct arena *arena, const struct quell_pair *pairs, size_t count,
                                  size_t *duplicate)
{
    if (count < MAP_INDEX_LEAST || !all_strings(pairs, count)) {
        if (duplicate)
            *duplicate = small_duplicate(pairs, count);
        return quell_map(arena_copy(arena, pairs, count * sizeof(*pairs)), count);
    }
    size_t bytes = count * sizeof(*pairs);
    char *room = arena_alloc(arena, bytes + count * sizeof(struct map_slot));
    memcpy(room, pairs, bytes);
    struct map_slot *slots = (struct map_slot *)(void *)(room + bytes);
    for (size_t i = 0; i < count; i++)
        slots[i] = (struct map_slot){hash_of(key_at(pairs, i)), (uint32_t)i};
    sort(pairs, slots, count);
    if (duplicate)
        *duplicate = large_duplicate(pairs, slots, count);
    struct quell_value map = quell_map((const struct quell_pair *)(void *)room, count);
    map.flags |= QUELL_INDEXED;
    return map;
}

const struct quell_pair *map_index_find(struct quell_value map, struct quell_str key)
{
    const struct quell_pair *pairs = map.as.pairs;
    const struct map_slot *slots = (const struct map_slot *)(const void *)(pairs + map.len);
    uint32_t hash = hash_of(key);
    size_t low = 0, high = map.len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct map_slot slot = slots[middle];
        int order = slot.hash < hash   ? -1
                    : slot.hash > hash ? 1
                                       : str_compare(key_at(pairs, slot.at), key);
        if (order == 0)
            return &pairs[slot.at];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
