/*
 * build.c - growing lists and maps in an arena, and changed copies of maps.
 */
#include "base/arena.h"
#include "value/map_index.h"
#include "value/value.h"

enum { BUILDER_FIRST = 8 }; /* items of the first piece */

static size_t next_cap(size_t cap)
{
    return cap ? cap * 2 : BUILDER_FIRST;
}

void list_add(struct list_builder *list, struct quell_value item)
{
    if (list->count == list->cap) {
        size_t cap = next_cap(list->cap);
        list->items =
            arena_grow(list->arena, list->items, list->cap * sizeof(item), cap * sizeof(item));
        list->cap = cap;
    }
    list->items[list->count++] = item;
}

struct quell_value list_made(struct list_builder *list)
{
    return quell_list(list->items, list->count);
}

void map_add_key(struct map_builder *map, struct quell_value key, struct quell_value value)
{
    if (map->count == map->cap) {
        size_t cap = next_cap(map->cap);
        map->pairs = arena_grow(map->arena, map->pairs, map->cap * sizeof(map->pairs[0]),
                                cap * sizeof(map->pairs[0]));
        map->cap = cap;
    }
    map->pairs[map->count++] = (struct quell_pair){key, value};
}

void map_add(struct map_builder *map, const char *key, struct quell_value value)
{
    map_add_key(map, quell_string(quell_str_of(key)), value);
}

void map_put(struct map_builder *map, struct quell_str key, struct quell_value value)
{
    for (size_t i = 0; i < map->count; i++) {
        struct quell_pair *pair = &map->pairs[i];
        if (pair->key.type == QUELL_STRING && quell_str_equal(quell_str(pair->key), key)) {
            pair->value = value;
            return;
        }
    }
    map_add_key(map, quell_string(key), value);
}

struct quell_value map_made(struct map_builder *map)
{
    if (map->count < MAP_INDEX_LEAST)
        return quell_map(map->pairs, map->count);
    return map_index_make(map->arena, map->pairs, map->count, NULL);
}

struct quell_value value_with(struct arena *arena, struct quell_value map, struct quell_str key,
                              struct quell_value value)
{
    struct map_builder made = {.arena = arena};
    size_t count = quell_count(map);
    bool replaced = false;

    made.cap = count + 1;
    made.pairs = arena_array(arena, struct quell_pair, made.cap);
    for (size_t i = 0; map.type == QUELL_MAP && i < count; i++) {
        struct quell_pair pair = map.as.pairs[i];
        if (!replaced && pair.key.type == QUELL_STRING &&
            quell_str_equal(quell_str(pair.key), key)) {
            pair.value = value;
            replaced = true;
        }
        made.pairs[made.count++] = pair;
    }
    if (!replaced)
        map_add_key(&made, quell_string(key), value);
    struct quell_value with = map_made(&made);
    with.flags |= map.type == QUELL_MAP ? map.flags & QUELL_MASKED : 0;
    return with;
}

bool value_find(struct quell_value map, struct quell_str key, struct quell_value *found)
{
    if (!(map.flags & QUELL_INDEXED) || map.type != QUELL_MAP)
        return quell_find(map, key, found);
    const struct quell_pair *pair = map_index_find(map, key);
    if (!pair)
        return false;
    *found = pair->value;
    return true;
}

bool value_find_key(struct quell_value map, struct quell_value key, struct quell_value *found)
{
    if (key.type == QUELL_STRING)
        return value_find(map, quell_str(key), found);
    if (map.type != QUELL_MAP || map.flags & QUELL_INDEXED) /* only strings are indexed */
        return false;
    for (uint32_t i = 0; i < map.len; i++) {
        if (value_equal(map.as.pairs[i].key, key)) {
            *found = map.as.pairs[i].value;
            return true;
        }
    }
    return false;
}
