/*
 * read.c - reads a sender's document by tables of paths. Knows no sender.
 */
#include "incident/read.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/when.h"
#include "value/json.h"
#include "value/path.h"

struct quell_value read_at(const struct reader *reader, struct quell_value root, const char *path)
{
    return reader->fold ? path_get_fold(root, path) : path_get(root, path);
}

static struct quell_value text_of(const struct reader *reader, struct quell_value value)
{
    if (quell_is(value, QUELL_STRING) && value.len > 0)
        return value;
    if (value.type == QUELL_INT || value.type == QUELL_UINT || value.type == QUELL_DOUBLE)
        return quell_string(json_text(reader->arena, value, JSON_COMPACT));
    return quell_null();
}

struct quell_value read_text(const struct reader *reader, struct quell_value root, const char *path)
{
    return text_of(reader, read_at(reader, root, path));
}

/* Microsoft's `...Utc` fields sometimes come without the Z. */
static struct quell_value time_of(const struct reader *reader, struct quell_value value)
{
    struct when when;
    struct quell_str text = quell_str(value);

    if (!quell_is(value, QUELL_STRING))
        return quell_null();
    if (!when_parse_time(text, &when) &&
        (text.len > 40 ||
         !when_parse_time(arena_format(reader->arena, "%.*sZ", QUELL_ARG(text)), &when)))
        return quell_null();
    return value_time(when.seconds, when.nanos);
}

struct quell_value read_time(const struct reader *reader, struct quell_value root, const char *path)
{
    return time_of(reader, read_at(reader, root, path));
}

void read_add_text(struct list_builder *list, struct quell_value text)
{
    size_t i;

    if (!quell_is(text, QUELL_STRING) || text.len == 0 || list->count > LIMIT_INCIDENT_ITEMS)
        return;
    for (i = 0; i < list->count; i++) {
        if (str_equal_fold(quell_str(list->items[i]), quell_str(text)))
            return;
    }
    list_add(list, text);
}

struct quell_value read_texts(const struct reader *reader, struct quell_value root,
                              const char *path)
{
    struct quell_value list = read_at(reader, root, path);
    struct list_builder made = {.arena = reader->arena};
    size_t i;

    /* Too many stay too many, so that conforming refuses them; they are not compared one by one. */
    if (quell_is(list, QUELL_LIST) && list.len > LIMIT_INCIDENT_ITEMS)
        return quell_list(list.as.items, LIMIT_INCIDENT_ITEMS + 1);
    for (i = 0; quell_is(list, QUELL_LIST) && i < list.len; i++)
        read_add_text(&made, text_of(reader, list.as.items[i]));
    return list_made(&made);
}

static enum quell_code wrong(const char *path, const char *wanted, struct quell_value found,
                             struct quell_error *err)
{
    return error_set(err, QUELL_INVALID, "%s: expected %s, found %s", path, wanted,
                     value_type_name(found));
}

enum quell_code read_objects(const struct reader *reader, struct quell_value root, const char *path,
                             struct quell_value *list, struct quell_error *err)
{
    struct quell_value found = read_at(reader, root, path);
    size_t i;

    if (quell_is_null(found))
        found = quell_list(NULL, 0);
    if (!quell_is(found, QUELL_LIST))
        return wrong(path, "a list", found, err);
    if (found.len > LIMIT_INCIDENT_ITEMS)
        return error_set(err, QUELL_LIMIT, "%s: %u items, at most %d are taken", path,
                         (unsigned)found.len, LIMIT_INCIDENT_ITEMS);
    for (i = 0; i < found.len; i++) {
        if (!quell_is(found.as.items[i], QUELL_MAP))
            return error_set(err, QUELL_INVALID, "%s[%zu]: expected an object, found %s", path, i,
                             value_type_name(found.as.items[i]));
    }
    *list = found;
    return QUELL_OK;
}

static enum quell_code read_rule(const struct reader *reader, struct quell_value root,
                                 const struct read_rule *rule, struct quell_value *out,
                                 struct quell_error *err)
{
    struct quell_value found = read_at(reader, root, rule->path);
    struct quell_value made = quell_null();

    switch (rule->kind) {
    case READ_TEXT:
        made = text_of(reader, found);
        if (quell_is_null(made) && !quell_is_null(found) && !quell_is(found, QUELL_STRING))
            return wrong(rule->path, "text", found, err);
        break;
    case READ_TIME:
        made = time_of(reader, found);
        if (quell_is_null(made) && !quell_is_null(found))
            return quell_is(found, QUELL_STRING)
                       ? error_set(err, QUELL_INVALID,
                                   "%s: expected a time such as 2026-05-04T10:00:00Z", rule->path)
                       : wrong(rule->path, "a time", found, err);
        break;
    }
    *out = rule->word ? rule->word(reader->arena, made) : made;
    return QUELL_OK;
}

enum quell_code read_rules(const struct reader *reader, struct quell_value root,
                           const struct read_rule *rules, struct map_builder *map,
                           struct quell_error *err)
{
    struct quell_value value = quell_null(), last = quell_null();
    const char *last_name = NULL;
    enum quell_code code;

    for (; rules->ours; rules++) {
        code = read_rule(reader, root, rules, &value, err);
        if (code)
            return code;
        if (last_name && str_is(quell_str_of(rules->ours), last_name)) {
            if (quell_is_null(last))
                map_put(map, quell_str_of(rules->ours), value);
        } else {
            map_add(map, rules->ours, value);
        }
        last = value;
        last_name = rules->ours;
    }
    return QUELL_OK;
}
