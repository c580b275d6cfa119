/*
 * keyed.c - see keyed.h. Who calls it: whatever makes a digest that people or plans are bound to.
 */
#include "value/keyed.h"

#include "base/arena.h"
#include "base/digest.h"
#include "value/json.h"
#include "value/value.h"

enum { PRINT_BYTES = 16 }; /* of the HMAC that stand in a journal beside each call */

struct keyed {
    struct arena *arena;
    struct quell_str key;
};

static struct quell_str hmac_of(const struct keyed *keyed, struct quell_value value, size_t bytes)
{
    struct quell_str text = json_text(keyed->arena, value, JSON_SECRETS);
    uint8_t mac[DIGEST_SHA256];

    digest_hmac_sha256(keyed->key, &text, 1, mac);
    return digest_hex(keyed->arena, mac, bytes);
}

static struct quell_value replace(const struct keyed *keyed, struct quell_value value)
{
    struct list_builder list = {.arena = keyed->arena};
    struct map_builder map = {.arena = keyed->arena};
    size_t i;

    if (value.flags & QUELL_MASKED)
        return value_format(keyed->arena, "*** %.*s",
                            QUELL_ARG(hmac_of(keyed, value, DIGEST_SHA256)));
    if (!value_has_secret(value))
        return value;
    if (quell_is(value, QUELL_MAP)) {
        for (i = 0; i < quell_count(value); i++)
            map_add_key(&map, replace(keyed, value.as.pairs[i].key),
                        replace(keyed, value.as.pairs[i].value));
        return map_made(&map);
    }
    for (i = 0; i < value.len; i++) /* a list, or what an optional holds */
        list_add(&list, replace(keyed, value.as.items[i]));
    return list_made(&list);
}

struct quell_value value_keyed(struct arena *arena, struct quell_str key, struct quell_value value)
{
    struct keyed keyed = {arena, key};

    return key.len && value_has_secret(value) ? replace(&keyed, value) : value;
}

/* Those inside, in their order. */
static void collect(const struct keyed *keyed, struct quell_value value, struct list_builder *found)
{
    size_t i;

    if (value.flags & QUELL_MASKED)
        list_add(found, replace(keyed, value));
    else if (quell_is(value, QUELL_MAP))
        for (i = 0; i < quell_count(value); i++)
            collect(keyed, value.as.pairs[i].value, found);
    else if (quell_is(value, QUELL_LIST))
        for (i = 0; i < quell_count(value); i++)
            collect(keyed, quell_at(value, i), found);
}

struct quell_str value_keyed_print(struct arena *arena, struct quell_str key,
                                   struct quell_value value)
{
    struct keyed keyed = {arena, key};
    struct list_builder found = {.arena = arena};

    if (key.len)
        collect(&keyed, value, &found);
    return found.count ? hmac_of(&keyed, list_made(&found), PRINT_BYTES) : QUELL_STR("");
}
