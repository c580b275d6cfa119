/*
 * declared_fields.c - the format of connector files as field tables, and the field tables that a
 * file declares for its settings, inputs and outputs.
 */
#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "connector/declared_parts.h"
#include "value/fields.h"
#include "value/json.h"

/* ---- the format ------------------------------------------------------------------------------*/

#define ROW(key, kind, needed, text)                                                               \
    {                                                                                              \
        .name = (key), .type = (kind), .flags = (needed), .doc = (text)                            \
    }
#define TEXT(key, needed, text) ROW(key, QUELL_FIELD_STRING, QUELL_NOT_EMPTY | (needed), text)
#define FLAG(key, text) ROW(key, QUELL_FIELD_BOOL, 0, text)
#define ANY_MAP(key, needed, text)                                                                 \
    {                                                                                              \
        .name = (key), .type = QUELL_FIELD_MAP, .of = QUELL_FIELD_ANY, .flags = (needed),          \
        .doc = (text)                                                                              \
    }
#define LIST(key, kind, text)                                                                      \
    {                                                                                              \
        .name = (key), .type = QUELL_FIELD_LIST, .of = (kind), .doc = (text)                       \
    }
#define WORDS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static const char *const type_words[] = {"any",    "bool",      "int",      "double",
                                         "string", "timestamp", "duration", "enum",
                                         "list",   "map",       "object",   NULL};
static const enum quell_field_type type_values[] = {
    QUELL_FIELD_ANY,    QUELL_FIELD_BOOL,      QUELL_FIELD_INT,      QUELL_FIELD_DOUBLE,
    QUELL_FIELD_STRING, QUELL_FIELD_TIMESTAMP, QUELL_FIELD_DURATION, QUELL_FIELD_ENUM,
    QUELL_FIELD_LIST,   QUELL_FIELD_MAP,       QUELL_FIELD_OBJECT};

static const char *const code_words[] = {"invalid", "not-found", "conflict",    "denied",
                                         "refused", "throttled", "unavailable", NULL};

static const struct quell_field field_fields[] = {
    {.name = "type",
     .type = QUELL_FIELD_ENUM,
     .words = type_words,
     .flags = QUELL_REQUIRED,
     .doc = "Type of the value."},
    {.name = "of",
     .type = QUELL_FIELD_ENUM,
     .words = type_words,
     .doc = "Type of a list's items or a map's values."},
    LIST("words", QUELL_FIELD_STRING, "The words of an enum."),
    ANY_MAP("fields", 0, "The fields of an object."),
    FLAG("required", "It must be given."),
    FLAG("nullable", "It may be null."),
    FLAG("not-empty", "A text or list of at least one."),
    FLAG("one-or-many", "A list that may be written as its single item."),
    ROW("default", QUELL_FIELD_ANY, 0, "The value when none is given."),
    {.name = "sink",
     .type = QUELL_FIELD_ENUM,
     .words =
         WORDS("path", "query", "header", "html", "markdown", "url", "kql", "json", "mail-address"),
     .doc = "The language in which it ends."},
    ROW("max", QUELL_FIELD_INT, 0, "Most bytes of a text or items of a list."),
    TEXT("doc", QUELL_REQUIRED, "One sentence."),
    {0},
};

static const struct quell_field request_fields[] = {
    {.name = "method",
     .type = QUELL_FIELD_ENUM,
     .words = WORDS("GET", "POST", "PUT", "PATCH", "DELETE"),
     .flags = QUELL_REQUIRED,
     .doc = "The HTTP method."},
    TEXT("resource", 0, "A whole path as data, such as an ARM id; `shape` says which ones."),
    TEXT("shape", 0, "The segments that `resource` must have; * is any one."),
    TEXT("path", 0, "Path behind the connection's url and the resource; values are escaped."),
    ANY_MAP("query", 0, "Query parameters; values are escaped, null leaves one out."),
    ANY_MAP("headers", 0, "Headers."),
    ROW("json", QUELL_FIELD_ANY, 0, "Body as a value."),
    FLAG("changes", "Whether a lost answer matters; by default what the effect says."),
    {0},
};

static const struct quell_field settle_fields[] = {
    {.name = "request",
     .type = QUELL_FIELD_OBJECT,
     .fields = request_fields,
     .flags = QUELL_REQUIRED,
     .doc = "How to look; it must change nothing."},
    LIST("ok", QUELL_FIELD_INT, "Statuses that answer the question; 404 says: not happened."),
    TEXT("happened", 0, "CEL over `reply`: whether it happened."),
    ANY_MAP("output", 0, "The output when it happened."),
    {0},
};

static const struct quell_field look_fields[] = {
    TEXT("action", QUELL_REQUIRED, "The read action."),
    ANY_MAP("with", 0, "Its inputs as CEL."),
    TEXT("same", QUELL_REQUIRED, "CEL over input, output and now: whether it is as we left it."),
    {0}};

const struct quell_field declared_action_fields[] = {
    TEXT("doc", QUELL_REQUIRED, "One sentence."),
    {.name = "effect",
     .type = QUELL_FIELD_ENUM,
     .words = WORDS("reads", "notes", "changes", "disrupts"),
     .flags = QUELL_REQUIRED,
     .doc = "What it does to the world."},
    {.name = "repeat",
     .type = QUELL_FIELD_ENUM,
     .words = WORDS("pure", "keyed", "verifiable", "once"),
     .flags = QUELL_REQUIRED,
     .doc = "What a lost answer allows."},
    ANY_MAP("inputs", QUELL_REQUIRED, "Input fields by name."),
    ANY_MAP("outputs", QUELL_REQUIRED, "Output fields by name."),
    {.name = "targets",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_OBJECT,
     .fields = (const struct quell_field[]){TEXT("kind", QUELL_REQUIRED, "Kind of target."),
                                            TEXT("input", QUELL_REQUIRED, "Input that names it."),
                                            {0}},
     .doc = "Inputs that name a target."},
    {.name = "undo",
     .type = QUELL_FIELD_OBJECT,
     .fields = (const struct quell_field[]){TEXT("action", QUELL_REQUIRED, "The inverse action."),
                                            ANY_MAP("with", 0, "Its inputs as CEL."),
                                            TEXT("changed", 0,
                                                 "CEL: whether the action changed anything."),
                                            {.name = "look",
                                             .type = QUELL_FIELD_OBJECT,
                                             .fields = look_fields,
                                             .doc = "How it is found out whether others changed "
                                                    "it since."},
                                            {0}},
     .doc = "What takes it back."},
    {.name = "writes",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_OBJECT,
     .fields =
         (const struct quell_field[]){
             TEXT("source", QUELL_REQUIRED, "Whose incidents, such as `sentinel`."),
             TEXT("incident", QUELL_REQUIRED, "Input that names the incident."),
             TEXT("field", QUELL_REQUIRED,
                  "Field of quell's incident that it changes, or a list that it adds to."),
             TEXT("part", 0, "Of an item of the list; else all of it."),
             TEXT("input", QUELL_REQUIRED, "Input whose value then stands there."),
             LIST("raw", QUELL_FIELD_STRING, "Paths in the sender's JSON that change with it."),
             {0}},
     .doc =
         "What it writes into an incident: an update that tells of nothing else starts nothing."},
    LIST("rights", QUELL_FIELD_STRING, "API permissions it needs."),
    {.name = "rates",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_OBJECT,
     .fields =
         (const struct quell_field[]){
             ROW("count", QUELL_FIELD_INT, QUELL_REQUIRED, "Requests ..."),
             ROW("seconds", QUELL_FIELD_INT, QUELL_REQUIRED, "... in this time."),
             {0}},
     .doc = "The far side's published limits."},
    TEXT("companion", 0, "The read action that a poll repeats."),
    ROW("timeout", QUELL_FIELD_DURATION, 0, "Of the whole call."),
    ANY_MAP("example", QUELL_REQUIRED, "An output, for plans and docs."),
    {.name = "request",
     .type = QUELL_FIELD_OBJECT,
     .fields = request_fields,
     .flags = QUELL_REQUIRED,
     .doc = "What is sent."},
    LIST("ok", QUELL_FIELD_INT, "Statuses that count as success; 200 to 299 when none is named."),
    ANY_MAP("output", 0, "The output, from `reply` and `input`."),
    {.name = "errors",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_OBJECT,
     .fields = (const struct quell_field[]){ROW("status", QUELL_FIELD_INT, 0, "HTTP status."),
                                            TEXT("word", 0, "The service's code in the answer."),
                                            {.name = "code",
                                             .type = QUELL_FIELD_ENUM,
                                             .words = code_words,
                                             .flags = QUELL_REQUIRED,
                                             .doc = "The step's error code."},
                                            FLAG("again", "Ask again, a few times, first."),
                                            {0}},
     .doc = "What answers that are no success mean; the first that fits."},
    {.name = "settle",
     .type = QUELL_FIELD_OBJECT,
     .fields = settle_fields,
     .doc = "How to find out whether it happened."},
    {0},
};

const struct quell_field declared_head_fields[] = {
    TEXT("connector", QUELL_REQUIRED, "Name of the connector."),
    TEXT("version", QUELL_REQUIRED, "Its version."),
    TEXT("title", QUELL_REQUIRED, "The product's name."),
    TEXT("doc", QUELL_REQUIRED, "One sentence."),
    ROW("replaces", QUELL_FIELD_BOOL, 0,
        "It takes the place of a connector of that name; else a name that is taken is a fault."),
    ROW("url", QUELL_FIELD_STRING, 0, "Base URL when the connection names none."),
    TEXT("scope", 0, "OAuth2 scope for client-secret."),
    LIST("auth", QUELL_FIELD_STRING, "Auth kinds it accepts."),
    ANY_MAP("settings", 0, "The connector's own settings of a connection."),
    ANY_MAP("actions", QUELL_REQUIRED, "Actions by name."),
    {0},
};

/* ---- tables that a file declares -------------------------------------------------------------*/

const char *declared_text(struct loading *in, const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);

    if (!node || !quell_is(node->value, QUELL_STRING))
        return NULL;
    return arena_str(in->arena, quell_str(node->value)).data;
}

const char *const *declared_texts(struct loading *in, const struct yaml_node *list)
{
    const char **texts;

    if (!list || !quell_is(list->value, QUELL_LIST))
        return NULL;
    texts = arena_array(in->arena, const char *, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        texts[i] = arena_str(in->arena, quell_str(list->items[i].value)).data;
    return texts;
}

static enum quell_field_type type_of(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);
    size_t i = 0;

    if (!node)
        return QUELL_FIELD_ANY;
    while (type_words[i] && !str_is(quell_str(node->value), type_words[i]))
        i++;
    return type_words[i] ? type_values[i] : QUELL_FIELD_ANY;
}

static unsigned flag_of(const struct yaml_node *map, const char *key, enum quell_field_flag flag)
{
    const struct yaml_node *node = yaml_get(map, key);

    return node && quell_is(node->value, QUELL_BOOL) && node->value.as.boolean ? (unsigned)flag : 0;
}

static void fill_field(struct loading *in, const struct yaml_pair *pair, struct quell_field *field)
{
    const struct yaml_node *map = &pair->node, *fallback = yaml_get(map, "default");
    const struct yaml_node *fields = yaml_get(map, "fields");

    field->name = arena_str(in->arena, quell_str(pair->key.value)).data;
    field->type = type_of(map, "type");
    field->of = type_of(map, "of");
    field->words = declared_texts(in, yaml_get(map, "words"));
    field->fields = fields ? declared_table(in, fields) : NULL;
    field->flags =
        flag_of(map, "required", QUELL_REQUIRED) | flag_of(map, "nullable", QUELL_NULLABLE) |
        flag_of(map, "not-empty", QUELL_NOT_EMPTY) | flag_of(map, "one-or-many", QUELL_ONE_OR_MANY);
    field->fallback = fallback ? json_text(in->arena, fallback->value, JSON_COMPACT).data : NULL;
    field->sink = declared_text(in, map, "sink");
    field->size_max = quell_get_int(map->value, "max", 0);
    field->doc = declared_text(in, map, "doc");
}

const struct quell_field *declared_table(struct loading *in, const struct yaml_node *map)
{
    struct quell_field *table = arena_array(in->arena, struct quell_field, map->count + 1);
    size_t count = 0;

    if (!quell_is(map->value, QUELL_MAP))
        return table;
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_node *node = &map->pairs[i].node;
        if (!quell_is(node->value, QUELL_MAP))
            (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, map->pairs[i].key.place,
                           "a field is a map with `type` and `doc`");
        else if (fields_check_node(&in->diags, field_fields, node, false))
            fill_field(in, &map->pairs[i], &table[count++]);
    }
    return table;
}
