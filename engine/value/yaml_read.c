/*
 * yaml_read.c - libyaml's events become a tree of nodes with places. libyaml decides nothing here:
 * values are resolved in yaml_resolve.c, faults are said by yaml_fault.c, limits are ours (libyaml
 * has none, and is quadratic in nesting).
 */
#include "value/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "value/map_index.h"
#include "value/value.h"
#include "value/yaml_parts.h"

/* libyaml counts code points; places are bytes. */
struct cursor {
    size_t points, offset;
};

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the one being worked on */
    bool has_event;
    struct arena *arena;
    struct diag_list *diags;
    struct quell_str text;
    struct cursor cursor;
    struct yaml_node *stack; /* children of collections that have not ended */
    size_t count, cap;
    size_t nodes, depth, flow_depth;
};

static bool read_node(struct reader *in, struct yaml_node *node);

/* ---- places ---------------------------------------------------------------------------------- */

static bool begins(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

/* Marks come nearly in order, so walking from the last one in either direction is short. */
static size_t offset_of(struct reader *in, yaml_mark_t mark)
{
    struct cursor *cursor = &in->cursor;
    while (cursor->points < mark.index && cursor->offset < in->text.len) {
        do
            cursor->offset++;
        while (cursor->offset < in->text.len && !begins(in->text.data[cursor->offset]));
        cursor->points++;
    }
    while (cursor->points > mark.index) {
        do
            cursor->offset--;
        while (!begins(in->text.data[cursor->offset]));
        cursor->points--;
    }
    return cursor->offset;
}

static struct place event_place(struct reader *in)
{
    size_t from = offset_of(in, in->event.start_mark);
    size_t to = offset_of(in, in->event.end_mark);
    return yaml_place_of(in->text, from, to);
}

/* ---- faults ---------------------------------------------------------------------------------- */

static struct diag *error_at(struct reader *in, const char *code, struct place place,
                             const char *message)
{
    return diag_add(in->diags, code, SEVERITY_ERROR, place, "%s", message);
}

static bool refuse(struct reader *in, const char *code, struct place place, const char *message,
                   const char *help)
{
    error_at(in, code, place, message)->help = quell_str_of(help);
    return false;
}

/* The next event, after the last one is let go; false when the text is no YAML. */
static bool next(struct reader *in)
{
    if (in->has_event)
        yaml_event_delete(&in->event);
    in->has_event = yaml_parser_parse(&in->parser, &in->event) == 1;
    if (in->has_event)
        return true;
    struct yaml_fault fault = {
        .problem = in->parser.problem,
        .context = in->parser.context,
        .at = offset_of(in, in->parser.problem_mark),
        .context_at = offset_of(in, in->parser.context_mark),
    };
    yaml_fault_tell(in->diags, &fault);
    return false;
}

/* To quote what begins at `from`: the rest of the line, but one word inside of brackets. */
static void advise(struct reader *in, struct diag *diag, struct place word)
{
    size_t from = word.offset, end = yaml_line_end(in->text, from);
    if (!in->flow_depth)
        word = yaml_place_of(in->text, from, end);
    yaml_advise_quotes(in->diags, diag, word);
}

/* Anchors and tags are said but do not end the reading: there may be more to say. */
static void check_properties(struct reader *in, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (!anchor && !tag)
        return;
    size_t from = offset_of(in, in->event.start_mark);
    size_t to = from;
    while (to < in->text.len && !strchr(" \t\r\n,]}", in->text.data[to]))
        to++;
    struct place place = {(uint32_t)from, (uint32_t)(to - from)};
    struct diag *diag;
    if (in->text.data[from] == '&') {
        diag = error_at(in, "QL003", place, "anchors are not allowed");
        diag->label = QUELL_STR("an unquoted `&` begins an anchor");
        diag->note = QUELL_STR("a playbook is read as it stands: nothing in it is expanded");
    } else {
        diag = error_at(in, "QL004", place, "tags are not allowed");
        diag->label = QUELL_STR("an unquoted `!` begins a tag");
    }
    advise(in, diag, place);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static void push(struct reader *in, struct yaml_node node)
{
    if (in->count == in->cap) {
        in->cap = in->cap ? in->cap * 2 : 64;
        in->stack = memory_resize(in->stack, in->cap * sizeof(*in->stack));
    }
    in->stack[in->count++] = node;
}

static enum yaml_style style_of(yaml_scalar_style_t style)
{
    switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        return YAML_SINGLE;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        return YAML_DOUBLE;
    case YAML_LITERAL_SCALAR_STYLE:
        return YAML_LITERAL;
    case YAML_FOLDED_SCALAR_STYLE:
        return YAML_FOLDED;
    case YAML_ANY_SCALAR_STYLE:
    case YAML_PLAIN_SCALAR_STYLE:
        break;
    }
    return YAML_PLAIN;
}

static struct yaml_node scalar(struct reader *in, bool is_key)
{
    struct quell_str text = {(const char *)in->event.data.scalar.value,
                             in->event.data.scalar.length};
    check_properties(in, in->event.data.scalar.anchor, in->event.data.scalar.tag);
    text = arena_str(in->arena, text);
    struct yaml_node node = {
        .style = style_of(in->event.data.scalar.style),
        .place = event_place(in),
        .value = quell_string(text),
    };
    if (node.style == YAML_PLAIN && !is_key)
        node.value = yaml_resolve(text);
    return node;
}

static bool count_node(struct reader *in)
{
    if (in->nodes++ < LIMIT_YAML_NODES && !arena_over(in->arena))
        return true;
    struct diag *diag = diag_add(in->diags, "QL007", SEVERITY_ERROR, event_place(in),
                                 "the document has more than %d values", LIMIT_YAML_NODES);
    diag->help = QUELL_STR("split it into several files");
    return false;
}

static bool enter(struct reader *in, const struct yaml_node *node)
{
    in->flow_depth += node->style == YAML_FLOW;
    if (in->depth++ < LIMIT_DEPTH)
        return true;
    struct diag *diag = diag_add(in->diags, "QL007", SEVERITY_ERROR, event_place(in),
                                 "lists and maps are nested deeper than %d", LIMIT_DEPTH);
    diag->help = QUELL_STR("nest less deeply");
    return false;
}

/* From the first child to the last one; flow collections have brackets of their own. */
static struct place collection_place(struct reader *in, struct place start, size_t first_child)
{
    size_t from = start.offset, to = from;
    for (size_t i = first_child; i < in->count; i++) {
        size_t end = (size_t)in->stack[i].place.offset + in->stack[i].place.len;
        to = end > to ? end : to;
    }
    return (struct place){(uint32_t)from, (uint32_t)(to - from)};
}

static void leave(struct reader *in, struct yaml_node *node)
{
    in->depth--;
    if (node->style == YAML_FLOW) {
        in->flow_depth--;
        size_t end = offset_of(in, in->event.end_mark);
        node->place.len = (uint32_t)(end - node->place.offset);
    }
}

static bool read_list(struct reader *in, struct yaml_node *node)
{
    size_t start = in->count;
    node->style =
        in->event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE ? YAML_FLOW : YAML_BLOCK;
    node->place = event_place(in);
    check_properties(in, in->event.data.sequence_start.anchor, in->event.data.sequence_start.tag);
    if (!enter(in, node) || !next(in))
        return false;
    while (in->event.type != YAML_SEQUENCE_END_EVENT) {
        struct yaml_node item;
        if (!read_node(in, &item))
            return false;
        push(in, item);
        if (!next(in))
            return false;
    }
    node->place = collection_place(in, node->place, start);
    leave(in, node);
    node->count = in->count - start;
    const struct yaml_node *items = node->count ? in->stack + start : NULL; /* it may be unborn */
    node->items = arena_copy(in->arena, items, node->count * sizeof(*items));
    struct quell_value *values = arena_array(in->arena, struct quell_value, node->count);
    for (size_t i = 0; i < node->count; i++)
        values[i] = node->items[i].value;
    node->value = quell_list(values, node->count);
    in->count = start;
    return true;
}

/* `? key`, which nobody writes; and libyaml takes `{?key: 1}` for it, where `?` is part of the key.
 */
static bool is_explicit_key(const struct reader *in, struct place place)
{
    size_t at = place.offset;
    while (at > 0 && (in->text.data[at - 1] == ' ' || in->text.data[at - 1] == '\t'))
        at--;
    return at > 0 && in->text.data[at - 1] == '?';
}

static bool read_key(struct reader *in, struct yaml_node *key)
{
    if (!count_node(in))
        return false;
    if (in->event.type == YAML_ALIAS_EVENT)
        return read_node(in, key);
    struct place place = event_place(in);
    if (in->event.type == YAML_MAPPING_START_EVENT && place.offset > 0 &&
        in->text.data[place.offset - 1] == '{' && in->text.data[place.offset] == '{')
        return refuse(in, "QL001", (struct place){place.offset - 1, 2},
                      "`{{` begins a map in a map here", "write an expression as `${{ }}`");
    if (in->event.type != YAML_SCALAR_EVENT)
        return refuse(in, "QL001", place, "a key is a text, not a list or a map",
                      "write one word before the `:`");
    if (is_explicit_key(in, place))
        return refuse(in, "QL001", place, "a key may not begin with `?`",
                      "write `key: value`; a `?` that belongs to the key stands in quotes");
    *key = scalar(in, true);
    if (key->style == YAML_PLAIN && key->value.len == 0)
        return refuse(in, "QL001", place, "the key is missing before `:`", "write `key: value`");
    if (key->value.len > LIMIT_KEY_BYTES) {
        struct diag *diag = diag_add(in->diags, "QL007", SEVERITY_ERROR, place,
                                     "a key is longer than %d bytes", LIMIT_KEY_BYTES);
        diag->help = QUELL_STR("write a shorter key, or a list of texts");
        return false;
    }
    if (key->style == YAML_PLAIN && quell_text_is(key->value, "<<")) {
        struct diag *diag = error_at(in, "QL003", place, "merge keys are not allowed");
        diag->help = QUELL_STR("write the keys out");
    }
    return true;
}

static void tell_duplicate(struct reader *in, const struct yaml_pair *first,
                           const struct yaml_pair *again)
{
    struct diag *diag =
        diag_add(in->diags, "QL002", SEVERITY_ERROR, again->key.place,
                 "the key `%.*s` stands twice in this map", QUELL_ARG(quell_str(first->key.value)));
    size_t line = diag_position(in->text, first->key.place.offset).line;
    diag->label = diag_format(in->diags, "it is there already on line %zu", line);
    diag->help = QUELL_STR("take one of them away, or rename it");
}

/* Every repeated key, not the first alone: bounded by the nodes, and only when there is one. */
static void tell_duplicates(struct reader *in, const struct yaml_node *map, size_t from)
{
    size_t told = 0;
    for (size_t i = from; i < map->count && told < LIMIT_DIAGS; i++) {
        const struct yaml_pair *first = yaml_find(map, quell_str(map->pairs[i].key.value));
        if (first == &map->pairs[i])
            continue;
        tell_duplicate(in, first, &map->pairs[i]);
        told++;
    }
}

static void make_map(struct reader *in, struct yaml_node *node, size_t start)
{
    _Static_assert(sizeof(struct yaml_pair) == 2 * sizeof(struct yaml_node), "no padding");
    size_t duplicate = SIZE_MAX;
    node->count = (in->count - start) / 2;
    const struct yaml_node *nodes = node->count ? in->stack + start : NULL; /* it may be unborn */
    node->pairs = arena_copy(in->arena, nodes, node->count * sizeof(*node->pairs));
    struct quell_pair *pairs = memory_resize(NULL, node->count * sizeof(*pairs));
    for (size_t i = 0; i < node->count; i++)
        pairs[i] = (struct quell_pair){node->pairs[i].key.value, node->pairs[i].node.value};
    node->value = map_index_make(in->arena, pairs, node->count, &duplicate);
    memory_free(pairs);
    if (duplicate != SIZE_MAX)
        tell_duplicates(in, node, duplicate);
}

static bool read_map(struct reader *in, struct yaml_node *node)
{
    size_t start = in->count;
    node->style =
        in->event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE ? YAML_FLOW : YAML_BLOCK;
    node->place = event_place(in);
    check_properties(in, in->event.data.mapping_start.anchor, in->event.data.mapping_start.tag);
    if (!enter(in, node) || !next(in))
        return false;
    while (in->event.type != YAML_MAPPING_END_EVENT) {
        struct yaml_node key, value;
        if (!read_key(in, &key) || !next(in) || !read_node(in, &value))
            return false;
        push(in, key);
        push(in, value);
        if (!next(in))
            return false;
    }
    node->place = collection_place(in, node->place, start);
    leave(in, node);
    make_map(in, node, start);
    in->count = start;
    return true;
}

static void refuse_alias(struct reader *in, struct yaml_node *node)
{
    node->place = event_place(in);
    node->value = quell_null();
    struct diag *diag = error_at(in, "QL003", node->place, "aliases are not allowed");
    diag->label = QUELL_STR("an unquoted `*` begins an alias");
    advise(in, diag, node->place);
}

/* The node that the current event begins; its last event is current afterwards. */
static bool read_node(struct reader *in, struct yaml_node *node)
{
    *node = (struct yaml_node){.style = YAML_PLAIN};
    if (!count_node(in))
        return false;
    switch (in->event.type) {
    case YAML_SCALAR_EVENT:
        *node = scalar(in, false);
        return true;
    case YAML_SEQUENCE_START_EVENT:
        return read_list(in, node);
    case YAML_MAPPING_START_EVENT:
        return read_map(in, node);
    case YAML_ALIAS_EVENT:
        refuse_alias(in, node);
        return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        break;
    }
    return refuse(in, "QL001", event_place(in), "a value is missing here", "write a value");
}

/* ---- the document ---------------------------------------------------------------------------- */

static bool refuse_second(struct reader *in)
{
    size_t from = offset_of(in, in->event.start_mark);
    struct place place = yaml_place_of(in->text, from, yaml_line_end(in->text, from));
    return refuse(in, "QL006", place, "a second document begins here",
                  "put it into a file of its own, or take the line `---` away");
}

static bool read_document(struct reader *in, struct yaml_node *root)
{
    *root = (struct yaml_node){.value = quell_null()};
    /* Stream start, then a document or the end of the stream. */
    if (!next(in) || !next(in))
        return false;
    if (in->event.type == YAML_STREAM_END_EVENT)
        return true;
    if (!next(in) || !read_node(in, root) || !next(in) || !next(in))
        return false;
    return in->event.type == YAML_STREAM_END_EVENT || refuse_second(in);
}

const struct yaml_node *yaml_read(struct arena *arena, struct diag_list *diags)
{
    struct quell_str text = diags->text.len ? diags->text : QUELL_STR("");
    size_t errors = diags->errors;
    if (!yaml_check_text(diags, text))
        return NULL;

    struct reader in = {.arena = arena, .diags = diags, .text = text};
    /* A byte order mark is allowed at the start; libyaml does not count it. */
    if (str_starts(text, QUELL_STR("\xEF\xBB\xBF")))
        in.cursor.offset = 3;
    if (!yaml_parser_initialize(&in.parser)) {
        (void)diag_add(diags, "QL007", SEVERITY_ERROR, (struct place){0, 0}, "out of memory");
        return NULL;
    }
    yaml_parser_set_encoding(&in.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&in.parser, (const unsigned char *)text.data + in.cursor.offset,
                                 text.len - in.cursor.offset);
    struct yaml_node *root = arena_one(arena, struct yaml_node);
    bool good = read_document(&in, root);
    if (in.has_event)
        yaml_event_delete(&in.event);
    yaml_parser_delete(&in.parser);
    memory_free(in.stack);
    return good && diags->errors == errors ? root : NULL;
}
