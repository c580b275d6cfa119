/*
 * facts.c - what is known of a target: from the call itself, from the incident's entities, and from
 * the reads of the run that looked it up. All of it counts: a name that is protected is protected,
 * whoever told it.
 */
#include "policy/internal.h"

#include "base/arena.h"
#include "base/str.h"
#include "value/value.h"

enum class { CLASS_ID, CLASS_NAME, CLASS_ACCOUNT, CLASS_TAG, CLASS_IP, CLASSES };

static const char *const class_names[CLASSES] = {"id", "name", "account", "tag", "ip"};

static const struct {
    const char *key, *class;
} attributes[] = {
#define ATTRIBUTE(key, class) {key, class},
#include "policy/attributes.def"
#undef ATTRIBUTE
};
enum { ATTRIBUTES = sizeof(attributes) / sizeof(*attributes) };

struct facts {
    struct list_builder lists[CLASSES];
    bool unknown; /* something of it is not known yet */
};

static void facts_init(struct facts *facts, struct arena *arena)
{
    size_t i;
    *facts = (struct facts){.unknown = false};
    for (i = 0; i < CLASSES; i++)
        facts->lists[i].arena = arena;
}

static size_t class_of(const char *name)
{
    size_t i;
    for (i = 0; i < CLASSES - 1; i++)
        if (str_is(quell_str_of(name), class_names[i]))
            break;
    return i;
}

/* A text, or each of a list. Masked ones tell nothing. */
static void add(struct facts *facts, size_t class, struct quell_value value)
{
    struct list_builder *list = &facts->lists[class];
    size_t i;
    if (quell_is(value, QUELL_LIST))
        for (i = 0; i < quell_count(value); i++)
            add(facts, class, quell_at(value, i));
    facts->unknown |= quell_is(value, QUELL_UNKNOWN);
    if (!quell_is(value, QUELL_STRING) || value_has_secret(value) || quell_str(value).len == 0)
        return;
    for (i = 0; i < list->count; i++)
        if (quell_str_equal(quell_str(list->items[i]), quell_str(value)))
            return;
    list_add(list, value);
}

static struct quell_value made(struct facts *facts, struct arena *arena)
{
    struct map_builder map = {.arena = arena};
    size_t i;
    for (i = 0; i < CLASSES; i++)
        map_add(&map, class_names[i], list_made(&facts->lists[i]));
    map_add(&map, "unknown", quell_bool(facts->unknown));
    return map_made(&map);
}

/* ---- the target itself -------------------------------------------------------------------------
 */

/* The host of a URL, without the user before it and the port behind it. */
static struct quell_str host_of(struct quell_str url)
{
    size_t at = str_find(url, QUELL_STR("://"), 0), end;
    struct quell_str host = at == SIZE_MAX ? url : str_slice(url, at + 3, url.len), head, rest;
    for (end = 0; end < host.len && host.data[end] != '/' && host.data[end] != '?' &&
                  host.data[end] != '#' && host.data[end] != '\\';
         end++)
        ;
    host = str_slice(host, 0, end);
    while (str_cut(host, '@', &head, &rest))
        host = rest;
    if (host.len && host.data[0] == '[') {
        (void)str_cut(str_slice(host, 1, host.len), ']', &head, &rest);
        return head;
    }
    (void)str_cut(host, ':', &head, &rest);
    return head;
}

static struct quell_str last_part(struct quell_str path)
{
    size_t i;
    for (i = path.len; i > 0 && path.data[i - 1] != '/'; i--)
        ;
    return str_slice(path, i, path.len);
}

/* What a value of the kind says by itself. */
static void add_own(struct facts *facts, struct quell_str kind, struct quell_value value)
{
    struct quell_str text = quell_str(value);
    facts->unknown |= quell_is(value, QUELL_UNKNOWN);
    if (!quell_is(value, QUELL_STRING))
        return;
    add(facts, CLASS_ID, value);
    if (str_is(kind, "user") || str_is(kind, "mailbox"))
        add(facts, CLASS_ACCOUNT, value);
    else if (str_is(kind, "ip"))
        add(facts, CLASS_IP, value);
    else if (str_is(kind, "device") || str_is(kind, "domain"))
        add(facts, CLASS_NAME, value);
    else if (str_is(kind, "url")) {
        add(facts, CLASS_NAME, quell_string(host_of(text)));
        add(facts, CLASS_IP, quell_string(host_of(text)));
    } else if (str_is(kind, "cloud_resource"))
        add(facts, CLASS_NAME, quell_string(last_part(text)));
}

/* ---- who else is it ----------------------------------------------------------------------------
 */

typedef bool same_fn(struct arena *arena, struct quell_str a, struct quell_str b);

static bool meet(struct arena *arena, struct quell_value a, struct quell_value b, same_fn *same)
{
    size_t i, k;
    for (i = 0; i < quell_count(a); i++)
        for (k = 0; k < quell_count(b); k++)
            if (same(arena, quell_str(quell_at(a, i)), quell_str(quell_at(b, k))))
                return true;
    return false;
}

/* Whether two descriptions are of one thing: an id, a name or an account in common. */
static bool is_it(struct arena *arena, struct quell_value known, struct quell_value other)
{
    return meet(arena, quell_get(known, "id"), quell_get(other, "id"), spelling_same_id) ||
           meet(arena, quell_get(known, "name"), quell_get(other, "name"), spelling_same_name) ||
           meet(arena, quell_get(known, "account"), quell_get(other, "account"),
                spelling_same_account);
}

static void add_all(struct facts *facts, struct quell_value other)
{
    size_t i;
    for (i = 0; i < CLASSES; i++)
        add(facts, i, quell_get(other, class_names[i]));
    facts->unknown |= quell_get_bool(other, "unknown", false);
}

/* An account's `name` is an account, and of a mailbox what people call it. */
static struct quell_value of_entity(struct arena *arena, struct quell_str kinds,
                                    struct quell_value entity)
{
    struct facts facts;
    size_t i;
    facts_init(&facts, arena);
    for (i = 0; i < ATTRIBUTES; i++) {
        size_t class = class_of(attributes[i].class);
        if (class == CLASS_NAME && str_is(kinds, "users"))
            class = CLASS_ACCOUNT;
        add(&facts, class, quell_get(entity, attributes[i].key));
    }
    return made(&facts, arena);
}

/* All descriptions there are: of the incident's entities that may be targets by themselves, and of
 * lookups. */
static struct quell_value descriptions(struct arena *arena, struct quell_value incident,
                                       struct quell_value lookups)
{
    static const char *const kinds[] = {"devices", "users", "mailboxes", "cloud_resources"};
    struct quell_value entities = quell_get(incident, "entities");
    struct list_builder list = {.arena = arena};
    size_t i, k;
    for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        struct quell_value items = quell_get(entities, kinds[i]);
        for (k = 0; k < quell_count(items); k++)
            list_add(&list, of_entity(arena, quell_str_of(kinds[i]), quell_at(items, k)));
    }
    for (i = 0; i < quell_count(lookups); i++)
        list_add(&list, quell_at(lookups, i));
    return list_made(&list);
}

/* Whether what is known is enough to say that it is not protected. A machine or an account must
 * have been looked up, or stand in the incident, with a name; other kinds are what they say. */
static bool is_resolved(struct quell_str kind, struct quell_value value, bool described)
{
    struct cidr range;
    if (!quell_is(value, QUELL_STRING) || str_trim(quell_str(value)).len == 0)
        return false;
    if (str_is(kind, "device") || str_is(kind, "user"))
        return described;
    return !str_is(kind, "ip") || cidr_parse(quell_str(value), &range);
}

struct quell_value policy_facts(struct arena *arena, struct quell_value target,
                                struct quell_value incident, struct quell_value lookups)
{
    struct quell_value all = descriptions(arena, incident, lookups), known, value;
    struct quell_str kind = quell_get_str(target, "kind");
    size_t i, count = quell_count(all), names = 0;
    bool *taken = arena_array(arena, bool, count + 1), more = true, resolved;
    struct facts facts;
    facts_init(&facts, arena);
    value = quell_get(target, "value");
    add_own(&facts, kind, value);
    while (more) { /* what one description adds may lead to another */
        known = made(&facts, arena);
        more = false;
        for (i = 0; i < count; i++) {
            struct quell_value one = quell_at(all, i);
            if (taken[i] || !is_it(arena, known, one))
                continue;
            add_all(&facts, one);
            names += quell_count(quell_get(one, "name")) + quell_count(quell_get(one, "account"));
            taken[i] = more = true;
        }
    }
    resolved = is_resolved(kind, value, names > 0);
    return value_with(arena, made(&facts, arena), QUELL_STR("resolved"), quell_bool(resolved));
}

/* ---- reads that look a target up ---------------------------------------------------------------
 */

struct quell_value policy_lookup(struct arena *arena, const struct quell_action *action,
                                 struct quell_value input, struct quell_value output)
{
    const struct quell_attribute *row = action->attributes;
    struct facts facts;
    if (row == NULL || action->targets == NULL || action->targets[0].kind == NULL)
        return quell_null();
    facts_init(&facts, arena);
    add_own(&facts, quell_str_of(action->targets[0].kind),
            quell_get(input, action->targets[0].input));
    for (; row->what; row++) {
        facts.unknown |= quell_is(output, QUELL_UNKNOWN);
        add(&facts, class_of(row->what), quell_get(output, row->output));
    }
    return made(&facts, arena);
}
