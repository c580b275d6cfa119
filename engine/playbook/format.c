/*
 * format.c - lays out the lines of a playbook. The tree says what a line is; the line itself is the
 * author's: it gets another indentation and another place, never other words. (Writing the tree
 * anew would lose comments and quotes.)
 */
#include "playbook/format.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "playbook/load.h"

enum { LEVEL = 2 }; /* blanks */

struct layout {
    struct arena *arena;
    struct quell_str text;
    size_t *starts; /* of each line, and the end of the text behind the last one */
    size_t lines;
    struct buf out;
    bool blank; /* an empty line is due before the next one */
};

/* Lines [from, to). */
struct range {
    size_t from, to;
};

/* ---- lines -------------------------------------------------------------------------------------
 */

static void split(struct layout *layout)
{
    size_t i, count = 1;

    for (i = 0; i < layout->text.len; i++)
        count += layout->text.data[i] == '\n';
    layout->starts = arena_array(layout->arena, size_t, count + 1);
    for (i = 0; i < layout->text.len; i++)
        if (layout->text.data[i] == '\n')
            layout->starts[++layout->lines] = i + 1;
    if (layout->starts[layout->lines] < layout->text.len)
        layout->lines++;
    layout->starts[layout->lines] = layout->text.len;
}

static struct quell_str line(const struct layout *layout, size_t number)
{
    struct quell_str whole =
        str_slice(layout->text, layout->starts[number], layout->starts[number + 1]);

    while (whole.len && (whole.data[whole.len - 1] == '\n' || whole.data[whole.len - 1] == '\r'))
        whole.len--;
    return whole;
}

static size_t line_of(const struct layout *layout, size_t offset)
{
    size_t low = 0, high = layout->lines;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (layout->starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static size_t indent_of(struct quell_str text)
{
    size_t at = 0;

    while (at < text.len && text.data[at] == ' ')
        at++;
    return at;
}

static bool is_blank(struct quell_str text)
{
    return str_trim(text).len == 0;
}

static bool is_comment(struct quell_str text)
{
    size_t at = indent_of(text);

    return at < text.len && text.data[at] == '#';
}

/* The last line of a node's text. */
static size_t last_line(const struct layout *layout, const struct yaml_node *node)
{
    size_t end = (size_t)node->place.offset + node->place.len;

    while (end > node->place.offset + 1u && strchr(" \t\r\n", layout->text.data[end - 1]))
        end--;
    return line_of(layout, end > node->place.offset ? end - 1 : end);
}

/* ---- writing -----------------------------------------------------------------------------------
 */

static void write_line(struct layout *layout, size_t indent, const char *sign,
                       struct quell_str words, bool trim)
{
    if (layout->blank && layout->out.len)
        buf_add_char(&layout->out, '\n');
    layout->blank = false;
    while (trim && words.len && strchr(" \t", words.data[words.len - 1]))
        words.len--;
    buf_add_format(&layout->out, "%*s%s", (int)indent, "", sign);
    buf_add_str(&layout->out, words);
    buf_add_char(&layout->out, '\n');
}

/* Comments and empty lines. */
static void write_between(struct layout *layout, struct range range, size_t indent)
{
    for (size_t i = range.from; i < range.to; i++) {
        if (is_blank(line(layout, i)))
            layout->blank = true;
        else
            write_line(layout, indent, "", str_trim(line(layout, i)), true);
    }
}

/* Lines of a value, moved as a whole; `exact`: blanks at their ends and empty lines mean something.
 */
static void write_moved(struct layout *layout, struct range range, size_t old, size_t indent,
                        bool exact)
{
    for (size_t i = range.from; i < range.to; i++) {
        struct quell_str words = line(layout, i);
        size_t has = indent_of(words);
        if (is_blank(words) && !exact) {
            layout->blank = true;
        } else if (is_blank(words)) {
            layout->blank = false;
            buf_add_char(&layout->out, '\n');
        } else {
            write_line(layout, has >= old ? indent + has - old : indent, "",
                       str_slice(words, has, words.len), !exact);
        }
    }
}

/* ---- values ------------------------------------------------------------------------------------
 */

static void write_map(struct layout *layout, const struct yaml_node *map, struct range range,
                      size_t indent, bool item, const struct quell_field *table);
static void write_list(struct layout *layout, const struct yaml_node *list, struct range range,
                       size_t indent, const struct quell_field *table);

static bool is_block(const struct yaml_node *node, enum quell_type type)
{
    return quell_is(node->value, type) && node->count && node->style == YAML_BLOCK;
}

/* The blanks in front of a literal or folded text: those of its first line that has words. */
static size_t text_indent(const struct layout *layout, struct range range, size_t otherwise)
{
    for (size_t i = range.from; i < range.to; i++)
        if (!is_blank(line(layout, i)))
            return indent_of(line(layout, i));
    return otherwise;
}

/* `|2` says itself how deep its text is: it cannot be moved to another depth. */
static bool says_depth(const struct layout *layout, const struct yaml_node *scalar)
{
    struct quell_str head = line(layout, line_of(layout, scalar->place.offset));
    size_t at = scalar->place.offset - layout->starts[line_of(layout, scalar->place.offset)];

    for (at++; at < head.len && head.data[at] != ' '; at++)
        if (head.data[at] >= '1' && head.data[at] <= '9')
            return true;
    return false;
}

/* What stands on the lines behind the one that the value's key, or dash, is on. `old` and `indent`:
 * of that line, before and now. */
static void write_rest(struct layout *layout, const struct yaml_node *node, struct range range,
                       size_t old, size_t indent, const struct quell_field *table)
{
    bool text = node->style == YAML_LITERAL || node->style == YAML_FOLDED;
    size_t end = last_line(layout, node) + 1;
    struct range inside = {range.from, end < range.from ? range.from : end};

    if (inside.to > range.to)
        inside.to = range.to;
    if (is_block(node, QUELL_MAP) && line_of(layout, node->place.offset) >= range.from) {
        write_map(layout, node, range, indent + LEVEL, false, table);
        return;
    }
    if (is_block(node, QUELL_LIST) && line_of(layout, node->place.offset) >= range.from) {
        write_list(layout, node, range, indent + LEVEL, table);
        return;
    }
    if (text && !says_depth(layout, node))
        write_moved(layout, inside, text_indent(layout, inside, old + LEVEL), indent + LEVEL, true);
    else
        write_moved(layout, inside, old, indent, text);
    write_between(layout, (struct range){inside.to, range.to}, indent + LEVEL);
}

/* ---- maps --------------------------------------------------------------------------------------
 */

struct entry {
    const struct yaml_pair *pair;
    struct range range; /* with the comments above it */
    size_t key;         /* the line of its key */
    size_t rank;        /* among the others */
};

/* Where what stands above line `at` begins: comments that are no deeper than `column`, and empty
 * lines, down to `floor`. */
static size_t above(const struct layout *layout, size_t at, size_t floor, size_t column)
{
    while (at > floor &&
           (is_blank(line(layout, at - 1)) ||
            (is_comment(line(layout, at - 1)) && indent_of(line(layout, at - 1)) <= column)))
        at--;
    return at;
}

/* The rank of a key: the whole order of a playbook, the first three of a step. */
static size_t rank_of(const struct quell_field *table, struct quell_str key, size_t otherwise)
{
    static const char *const first[] = {"id", "name", "if"};
    size_t i;

    if (table == playbook_fields) {
        for (i = 0; table[i].name; i++)
            if (str_is(key, table[i].name))
                return i;
        return i;
    }
    if (table != step_fields)
        return otherwise;
    for (i = 0; i < sizeof(first) / sizeof(first[0]); i++)
        if (str_is(key, first[i]))
            return i;
    return i;
}

static void sort(struct entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct entry moved = entries[i];
        size_t at = i;
        for (; at > 0 && entries[at - 1].rank > moved.rank; at--)
            entries[at] = entries[at - 1];
        entries[at] = moved;
    }
}

static size_t column_of(const struct layout *layout, size_t offset)
{
    return offset - layout->starts[line_of(layout, offset)];
}

/* Cuts the lines of a map into its entries; returns where what stands behind the last one begins.
 */
static size_t cut_entries(const struct layout *layout, const struct yaml_node *map,
                          struct range range, const struct quell_field *table,
                          struct entry *entries)
{
    size_t i, floor = range.from, column = column_of(layout, map->pairs[0].key.place.offset);

    for (i = 0; i < map->count; i++) {
        entries[i] = (struct entry){.pair = &map->pairs[i],
                                    .key = line_of(layout, map->pairs[i].key.place.offset)};
        entries[i].rank = rank_of(table, quell_str(map->pairs[i].key.value), 0);
        entries[i].range.from = i ? above(layout, entries[i].key, floor, column) : range.from;
        if (i)
            entries[i - 1].range.to = entries[i].range.from;
        floor = last_line(layout, &map->pairs[i].node) + 1;
        if (floor <= entries[i].key)
            floor = entries[i].key + 1;
    }
    entries[map->count - 1].range.to =
        above(layout, range.to, floor < range.to ? floor : range.to, column);
    return entries[map->count - 1].range.to;
}

/* `key:   value` with one blank. */
static struct quell_str key_line(const struct layout *layout, const struct entry *entry)
{
    const struct yaml_node *key = &entry->pair->key;
    size_t from = column_of(layout, key->place.offset), colon = from + key->place.len, value;
    struct quell_str whole = line(layout, entry->key);

    while (colon < whole.len && whole.data[colon] == ' ')
        colon++;
    value = colon + 1;
    while (value < whole.len && whole.data[value] == ' ')
        value++;
    if (colon >= whole.len || whole.data[colon] != ':' || value >= whole.len ||
        whole.data[value] == '#')
        return str_slice(whole, from, whole.len);
    return arena_format(layout->arena, "%.*s: %.*s", (int)key->place.len, whole.data + from,
                        QUELL_ARG(str_slice(whole, value, whole.len)));
}

/* The branches of `parallel`: any names, and each is a list of steps. */
static const struct quell_field branches[] = {{.name = NULL}};

/* What the values below a key are made of. */
static const struct quell_field *table_below(const struct quell_field *table, struct quell_str key)
{
    const struct quell_field *field = table ? fields_find(table, key) : NULL;

    if (table == branches)
        return step_fields;
    if (field && field->type == QUELL_FIELD_MAP && !field->fields)
        return table == step_fields && str_is(key, "parallel") ? branches : NULL;
    return field ? field->fields : NULL;
}

/* `item`: the map is an item of a list, its first line begins with the dash. */
static void write_map(struct layout *layout, const struct yaml_node *map, struct range range,
                      size_t indent, bool item, const struct quell_field *table)
{
    struct entry *entries = arena_array(layout->arena, struct entry, map->count);
    size_t i, behind;

    while (!item && range.from < range.to && is_blank(line(layout, range.from)))
        range.from++; /* no empty line below the key of a map */
    behind = cut_entries(layout, map, range, table, entries);
    sort(entries, map->count);
    for (i = 0; i < map->count; i++) {
        const struct entry *entry = &entries[i];
        bool dash = item && i == 0;
        size_t at = dash ? indent - LEVEL : indent;
        const struct quell_field *below = table_below(table, quell_str(entry->pair->key.value));
        write_between(layout, (struct range){entry->range.from, entry->key}, at);
        write_line(layout, at, dash ? "- " : "", key_line(layout, entry), true);
        write_rest(layout, &entry->pair->node, (struct range){entry->key + 1, entry->range.to},
                   column_of(layout, entry->pair->key.place.offset), indent, below);
    }
    write_between(layout, (struct range){behind, range.to}, indent);
}

/* ---- lists -------------------------------------------------------------------------------------
 */

/* The offset of the dash of an item, or SIZE_MAX when it stands on a line of its own. */
static size_t dash_of(const struct layout *layout, const struct yaml_node *item)
{
    size_t from = item->place.offset, start = layout->starts[line_of(layout, from)];

    while (from > start && layout->text.data[from - 1] == ' ')
        from--;
    if (from <= start || layout->text.data[from - 1] != '-')
        return SIZE_MAX;
    from--;
    return indent_of(line(layout, line_of(layout, from))) == from - start ? from : SIZE_MAX;
}

static bool has_dashes(const struct layout *layout, const struct yaml_node *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (dash_of(layout, &list->items[i]) == SIZE_MAX)
            return false;
    return true;
}

static void write_item(struct layout *layout, const struct yaml_node *item, struct range range,
                       size_t indent, const struct quell_field *table)
{
    size_t dash = dash_of(layout, item), at = line_of(layout, dash);
    struct quell_str whole = line(layout, at);

    if (is_block(item, QUELL_MAP)) {
        write_map(layout, item, range, indent + LEVEL, true, table);
        return;
    }
    write_between(layout, (struct range){range.from, at}, indent);
    write_line(layout, indent, "- ",
               str_slice(whole, column_of(layout, item->place.offset), whole.len), true);
    if (is_block(item, QUELL_LIST)) /* a list in a list: moved as it is */
        write_moved(layout, (struct range){at + 1, range.to}, column_of(layout, dash), indent,
                    false);
    else
        write_rest(layout, item, (struct range){at + 1, range.to}, column_of(layout, dash), indent,
                   table);
}

static void write_list(struct layout *layout, const struct yaml_node *list, struct range range,
                       size_t indent, const struct quell_field *table)
{
    size_t i, from = range.from, to, column;

    if (!has_dashes(layout, list)) {
        write_moved(layout, range, text_indent(layout, range, indent), indent, false);
        return;
    }
    while (from < range.to && is_blank(line(layout, from)))
        from++; /* no empty line below the key of a list */
    column = column_of(layout, dash_of(layout, &list->items[0]));
    for (i = 0; i < list->count; i++) {
        size_t floor = last_line(layout, &list->items[i]) + 1;
        to = i + 1 < list->count ? line_of(layout, dash_of(layout, &list->items[i + 1])) : range.to;
        to = above(layout, to, floor < to ? floor : to, column);
        write_item(layout, &list->items[i], (struct range){from, to}, indent, table);
        from = to;
    }
    write_between(layout, (struct range){from, range.to}, indent);
}

/* ---- a document --------------------------------------------------------------------------------
 */

enum { PASSES = 20 }; /* a quote that is set right may bring the next fault to light */

/* Reads; sets quotes where YAML would not read the text, as long as that helps. */
static const struct yaml_node *read(struct diag_list *diags)
{
    const struct yaml_node *document = yaml_read(diags->arena, diags);

    for (size_t pass = 0; !document && pass < PASSES; pass++) {
        size_t count;
        struct diag_list next;
        struct quell_str better = diag_fixed(diags, false, &count);
        if (!count)
            return NULL;
        diag_init(&next, diags->arena, diags->file, better);
        *diags = next;
        document = yaml_read(diags->arena, diags);
    }
    return document;
}

static bool same(struct diag_list *diags, struct quell_str made, struct quell_value value)
{
    struct diag_list again;
    const struct yaml_node *document;

    diag_init(&again, diags->arena, diags->file, made);
    document = yaml_read(diags->arena, &again);
    return document && value_equal(document->value, value);
}

bool playbook_format(struct diag_list *diags, struct quell_str *made)
{
    const struct yaml_node *document = read(diags);
    struct layout layout = {.arena = diags->arena, .text = diags->text};
    const struct quell_field *table;

    if (!document)
        return false;
    *made = diags->text;
    if (!is_block(document, QUELL_MAP))
        return true;
    split(&layout);
    table = yaml_get(document, "quell") ? playbook_fields : NULL;
    write_map(&layout, document, (struct range){0, layout.lines}, 0, false, table);
    /* A text that would mean something else is a fault of ours: the author's stays. */
    if (same(diags, buf_str(&layout.out), document->value))
        *made = arena_str(diags->arena, buf_str(&layout.out));
    buf_free(&layout.out);
    return true;
}
