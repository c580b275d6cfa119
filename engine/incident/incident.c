/*
 * incident.c - makes the one shape of what a sender posted: picks the source, lets it read,
 * conforms the result to the field table and adds what only we know (id, source, times of arrival).
 */
#include "incident/incident.h"

#include "base/arena.h"
#include "base/id.h"
#include "base/error.h"
#include "base/str.h"
#include "incident/shape.h"
#include "value/value.h"

#define SOURCE(id) extern const struct incident_source source_##id;
#include "incident/sources.def"
#undef SOURCE

const struct incident_source *const incident_sources[] = {
#define SOURCE(id) &source_##id,
#include "incident/sources.def"
#undef SOURCE
    NULL,
};

const char *incident_event_name(enum incident_event event)
{
    switch (event) {
    case INCIDENT_CREATED:
        return "created";
    case INCIDENT_UPDATED:
        return "updated";
    case INCIDENT_CLOSED:
        return "closed";
    }
    return "updated";
}

static int rank_of(const char *const *words, struct quell_str word)
{
    int i;
    for (i = 0; words[i]; i++) {
        if (str_is(word, words[i]))
            return i;
    }
    return -1;
}

int incident_severity_rank(struct quell_str severity)
{
    return rank_of(severity_words, severity);
}

int incident_status_rank(struct quell_str status)
{
    return rank_of(status_words, status);
}

static struct quell_str names_of_sources(struct arena *arena)
{
    struct quell_str names = {"", 0};
    size_t i;
    for (i = 0; incident_sources[i]; i++)
        names = arena_format(arena, "%.*s%s%s", QUELL_ARG(names), i > 0 ? ", " : "",
                             incident_sources[i]->name);
    return names;
}

static enum quell_code pick(struct arena *arena, struct quell_str name, struct quell_value received,
                            const struct incident_source **source, struct quell_error *err)
{
    size_t i;

    for (i = 0; incident_sources[i]; i++) {
        bool it_is = name.len > 0 ? str_is(name, incident_sources[i]->name)
                                  : incident_sources[i]->recognises(received);
        if (it_is) {
            *source = incident_sources[i];
            return QUELL_OK;
        }
    }
    if (name.len > 0)
        return error_set(err, QUELL_INVALID, "there is no source `%.*s`; known are %.*s",
                         QUELL_ARG(name), QUELL_ARG(names_of_sources(arena)));
    return error_set(err, QUELL_INVALID,
                     "no source recognises this document; known are %.*s: name one (`source:` of "
                     "a hook, --source) to learn what is missing",
                     QUELL_ARG(names_of_sources(arena)));
}

static void put_missing(struct map_builder *map, const char *key, struct quell_value value)
{
    size_t i;
    for (i = 0; i < map->count; i++) {
        if (quell_text_is(map->pairs[i].key, key) && quell_is_null(map->pairs[i].value))
            map->pairs[i].value = value;
    }
}

static void put(struct map_builder *map, const char *key, struct quell_value value)
{
    map_put(map, quell_str_of(key), value);
}

/* A title is one line: a line break in it would be refused wherever it becomes a header, and a
 * hostile title could keep the team from hearing of the incident at all. `raw` stays as it came. */
static struct quell_value one_line(struct arena *arena, struct quell_value title)
{
    struct quell_str text = quell_str(title);
    char *out = arena_alloc(arena, text.len + 1);
    size_t i, len = 0;

    for (i = 0; i < text.len; i++) {
        bool control = (unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f;
        if (!control)
            out[len++] = text.data[i];
        else if (len > 0 && out[len - 1] != ' ')
            out[len++] = ' ';
    }
    return quell_is(title, QUELL_STRING) ? quell_string((struct quell_str){out, len}) : title;
}

/* The same for every version of an incident that its sender names; else that of this version. */
static struct quell_value own_id(struct arena *arena, struct quell_value incident,
                                 struct quell_str version)
{
    struct quell_str named = quell_get_str(incident, "source_id");
    struct id id;

    if (named.len == 0)
        return value_copy_str(arena, version);
    id = id_v5(arena_format(arena, "incident\n%.*s\n%.*s",
                            QUELL_ARG(quell_get_str(incident, "source")), QUELL_ARG(named)));
    return value_copy_str(arena, id_str(&id));
}

struct quell_str incident_version(struct quell_value incident)
{
    struct quell_str version = quell_get_str(incident, "version");

    return version.len ? version : quell_get_str(incident, "id");
}

/* What only we know. The map has every key of the table by now. */
static struct quell_value complete(struct arena *arena, struct quell_value conformed,
                                   const struct incident_source *source,
                                   struct quell_value received, struct quell_str id, int64_t now_us)
{
    struct map_builder map = {.arena = arena};
    int rank = incident_severity_rank(quell_get_str(conformed, "severity"));
    size_t i;

    for (i = 0; i < conformed.len; i++)
        map_add_key(&map, conformed.as.pairs[i].key, conformed.as.pairs[i].value);
    if (id.len > 0)
        put(&map, "version", value_copy_str(arena, id));
    put(&map, "title", one_line(arena, quell_get(conformed, "title")));
    put(&map, "severity_rank", rank < 0 ? quell_null() : quell_int(rank));
    put_missing(&map, "source", quell_text(source->name));
    if (id.len > 0)
        put(&map, "id", own_id(arena, map_made(&map), id));
    put_missing(&map, "received_at", value_time_us(now_us));
    put_missing(&map, "created_at", value_time_us(now_us));
    put_missing(&map, "updated_at", quell_get(map_made(&map), "created_at"));
    put_missing(&map, "raw", received);
    return map_made(&map);
}

enum quell_code incident_make(struct arena *arena, struct quell_str source,
                              struct quell_value received, struct quell_str id, int64_t now_us,
                              struct incident *incident, struct quell_error *err)
{
    const struct incident_source *row = NULL;
    struct incident made = {.value = quell_null(), .event = INCIDENT_CREATED, .delivery = {"", 0}};
    struct quell_value conformed;
    enum quell_code code;

    code = pick(arena, source, received, &row, err);
    if (code)
        return code;
    code = row->make(arena, received, &made, err);
    if (code)
        return code;
    code = shape_conform(arena, made.value, &conformed, err);
    if (code)
        return code;
    made.value = complete(arena, conformed, row, received, id, now_us);
    *incident = made;
    return QUELL_OK;
}
