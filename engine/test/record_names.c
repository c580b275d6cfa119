/*
 * record_names.c - takes names out of what was recorded: machines, people and mailboxes of the
 * incident, its owner, and the settings of quell.yaml. The same name gets the same word everywhere,
 * so that what was equal stays equal.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "test/record.h"

enum { NAME_MIN = 3 }; /* bytes: shorter ones would be found in other words */

static void add_name(struct record_names *names, struct quell_str name, struct quell_str word)
{
    bool mail = str_find(name, QUELL_STR("@"), 0) != SIZE_MAX;
    size_t i;

    if (name.len < NAME_MIN)
        return;
    for (i = 0; i < names->count; i++)
        if (quell_str_equal(names->items[i].name, name))
            return;
    if (names->count == names->cap) {
        size_t cap = names->cap ? names->cap * 2 : 16;
        names->items = arena_grow(names->arena, names->items, names->cap * sizeof(*names->items),
                                  cap * sizeof(*names->items));
        names->cap = cap;
    }
    names->items[names->count++] = (struct record_name){
        name, mail ? arena_format(names->arena, "%.*s@example.test", QUELL_ARG(word)) : word};
}

static const struct {
    const char *list, *word;
} kinds[] = {{"devices", "host"}, {"users", "user"}, {"mailboxes", "mailbox"}};

static const char *const name_fields[] = {"name",    "fqdn",     "dns_name", "hostname", "upn",
                                          "mail",    "email",    "address",  "sid",      "account",
                                          "display", "username", "domain",   NULL};

static void add_entities(struct record_names *names, struct quell_value entities)
{
    size_t i, j, k;

    for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        struct quell_value list = quell_get(entities, kinds[i].list);
        for (j = 0; j < quell_count(list); j++)
            for (k = 0; name_fields[k]; k++)
                add_name(names, quell_get_str(quell_at(list, j), name_fields[k]),
                         arena_format(names->arena, "%s-%zu", kinds[i].word, j + 1));
    }
}

/* The longest first: a name may stand in another. */
static int longest_first(const void *a, const void *b)
{
    const struct record_name *one = a, *other = b;

    if (one->name.len != other->name.len)
        return one->name.len < other->name.len ? 1 : -1;
    return str_compare(one->name, other->name);
}

void record_find_names(struct record_names *names, struct quell_value incident,
                       struct quell_value config)
{
    struct quell_value owner = quell_get(incident, "owner");
    size_t i;

    add_entities(names, quell_get(incident, "entities"));
    for (i = 0; name_fields[i]; i++)
        add_name(names, quell_get_str(owner, name_fields[i]), QUELL_STR("owner-1"));
    for (i = 0; i < quell_count(config); i++)
        add_name(names, quell_str(config.as.pairs[i].value), quell_str(config.as.pairs[i].key));
    if (names->count)
        qsort(names->items, names->count, sizeof(*names->items), longest_first);
}

static struct quell_str hide_text(struct record_names *names, struct quell_str text)
{
    struct buf out = {0};
    struct quell_str made;
    size_t at = 0, i, before = names->used;

    while (at < text.len) {
        for (i = 0; i < names->count; i++)
            if (str_starts(str_slice(text, at, text.len), names->items[i].name))
                break;
        if (i == names->count) {
            buf_add_char(&out, text.data[at++]);
            continue;
        }
        buf_add_str(&out, names->items[i].instead);
        at += names->items[i].name.len;
        names->used++;
    }
    made = names->used == before ? text : arena_str(names->arena, buf_str(&out));
    buf_free(&out);
    return made;
}

struct quell_value record_hide(struct record_names *names, struct quell_value value)
{
    struct map_builder map = {.arena = names->arena};
    struct list_builder list = {.arena = names->arena};
    size_t i;

    if (quell_is(value, QUELL_STRING) && !value_has_secret(value))
        return quell_string(hide_text(names, quell_str(value)));
    if (quell_is(value, QUELL_LIST)) {
        for (i = 0; i < quell_count(value); i++)
            list_add(&list, record_hide(names, quell_at(value, i)));
        return list_made(&list);
    }
    if (!quell_is(value, QUELL_MAP))
        return value;
    for (i = 0; i < quell_count(value); i++)
        map_add_key(&map, value.as.pairs[i].key, record_hide(names, value.as.pairs[i].value));
    return map_made(&map);
}
