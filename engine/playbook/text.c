/*
 * text.c - the texts of a playbook: keys against their tables, durations, names, expressions and
 * templates. A fault inside an expression is shown in the author's own file, whatever the quoting.
 */
#include "playbook/types.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/when.h"

/* ---- keys --------------------------------------------------------------------------------------
 */

static void refuse_later(struct loader *loader, const struct quell_field *table,
                         const struct yaml_node *map)
{
    size_t i;
    for (i = 0; quell_is(map->value, QUELL_MAP) && i < map->count; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        struct quell_str key = quell_str(pair->key.value);
        const struct quell_field *field = fields_find(table, key);
        struct diag *diag;
        if (field && field->type == QUELL_FIELD_OBJECT)
            refuse_later(loader, field->fields, &pair->node);
        if (!field || !(field->flags & PLAYBOOK_LATER))
            continue;
        diag =
            report(loader, LATER, pair->key.place, "`%.*s` is not supported yet", QUELL_ARG(key));
        diag->label = QUELL_STR("this version of quell cannot run it");
        diag->note = diag_format(loader->diags, "`%.*s`: %s", QUELL_ARG(key), field->doc);
        diag->help = QUELL_STR("take it out; nothing in a playbook is ever left out silently");
    }
}

void check_keys(struct loader *loader, const struct quell_field *table, const struct yaml_node *map)
{
    size_t i, before = loader->diags->count;
    (void)fields_check_node(loader->diags, table, map, true); /* faults are in diags */
    for (i = before; i < loader->diags->count; i++)
        if (loader->diags->items[i].place.offset == map->place.offset)
            loader->diags->items[i].place = head_place(loader, map); /* not the whole map */
    advise_keys(loader, table, map, before);
    refuse_later(loader, table, map);
}

struct quell_str text_at(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);
    bool is_text = node && quell_is(node->value, QUELL_STRING) &&
                   str_find(quell_str(node->value), QUELL_STR("${{"), 0) == SIZE_MAX;
    return is_text ? quell_str(node->value) : QUELL_STR("");
}

int64_t int_at(const struct yaml_node *map, const char *key, int64_t otherwise)
{
    const struct yaml_node *node = yaml_get(map, key);
    return node && quell_is(node->value, QUELL_INT) ? node->value.as.integer : otherwise;
}

int64_t duration_at(struct loader *loader, const struct yaml_node *map, const char *key,
                    int64_t otherwise)
{
    struct when duration;
    const struct yaml_node *node = yaml_get(map, key);
    if (!node || !quell_is(node->value, QUELL_STRING) ||
        !when_parse_duration(quell_str(node->value), &duration))
        return otherwise;
    if (when_to_us(duration) > 0)
        return when_to_us(duration);
    report(loader, WRONG_TYPE, node->place, "`%s` must be longer than nothing", key);
    return otherwise;
}

struct place head_place(const struct loader *loader, const struct yaml_node *node)
{
    struct place place = node->place;
    struct quell_str text = loader->diags->text, line;
    size_t end;
    if (node->count && node->pairs)
        return node->pairs[0].key.place;
    line = str_slice(text, place.offset, (size_t)place.offset + place.len);
    end = str_find(line, QUELL_STR("\n"), 0);
    if (end != SIZE_MAX)
        place.len = (uint32_t)str_trim(str_slice(line, 0, end)).len;
    return place;
}

/* ---- names -------------------------------------------------------------------------------------
 */

enum { NAME_BYTES = 64 };

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* No selectors in CEL: `steps.in` cannot be read. */
static bool is_word(struct quell_str name)
{
    static const char *const words[] = {"true", "false", "null", "in"};
    size_t i;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (str_is(name, words[i]))
            return true;
    return false;
}

static bool is_spelt(struct quell_str name, char joint)
{
    size_t i;
    if (!name.len || name.len > NAME_BYTES || !is_lower(name.data[0]))
        return false;
    for (i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (!is_lower(c) && !(c >= '0' && c <= '9') && c != joint)
            return false;
    }
    return joint != '_' || !is_word(name);
}

/* The name as it should have been written, or empty: `Isolate-Device` and
 * `isolateDevice` -> `isolate_device`. */
static struct quell_str respell(struct arena *arena, struct quell_str name, char joint)
{
    char *text = arena_alloc(arena, 2 * name.len + 1);
    struct quell_str made = {text, 0};
    size_t i;
    for (i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool capital = c >= 'A' && c <= 'Z';
        if (capital && i && is_lower(name.data[i - 1]))
            text[made.len++] = joint;
        text[made.len++] = capital                                        ? (char)(c - 'A' + 'a')
                           : c == '-' || c == '_' || c == ' ' || c == '.' ? joint
                                                                          : c;
    }
    return is_spelt(made, joint) ? made : (struct quell_str){"", 0};
}

struct quell_str better_spelling(const struct loader *loader, struct quell_str name,
                                 enum spelling spelling)
{
    return respell(loader->arena, name, spelling == SPELLING_KEBAB ? '-' : '_');
}

bool check_spelling(struct loader *loader, struct quell_str what, const struct yaml_node *node,
                    enum spelling spelling)
{
    char joint = spelling == SPELLING_KEBAB ? '-' : '_';
    struct quell_str name = quell_str(node->value), better;
    struct diag *diag;
    if (is_spelt(name, joint))
        return true;
    better = respell(loader->arena, name, joint);
    diag = report(loader, SPELLING, node->place, "`%.*s` cannot be the %.*s", QUELL_ARG(name),
                  QUELL_ARG(what));
    diag->label =
        diag_format(loader->diags, "a letter a-z, then letters, digits and `%c`, at most %d in all",
                    joint, NAME_BYTES);
    if (better.len) {
        diag->help = diag_format(loader->diags, "write `%.*s`", QUELL_ARG(better));
        diag_set_fix(diag, node->place, better, false); /* what names it has to follow */
    }
    return false;
}

/* ---- expressions and templates -----------------------------------------------------------------
 */

static struct quell_str source_of(const struct loader *loader, const struct yaml_node *scalar)
{
    if (quell_is(scalar->value, QUELL_STRING))
        return quell_str(scalar->value);
    return str_slice(loader->diags->text, scalar->place.offset,
                     (size_t)scalar->place.offset + scalar->place.len);
}

/* Where a comment begins that an author may have meant as text: behind an unquoted text with an
 * expression, without the blank that people put behind `#`. Empty when there is none. */
static struct place cut_by_comment(const struct loader *loader, const struct yaml_node *scalar,
                                   bool sure)
{
    struct quell_str text = loader->diags->text;
    size_t end = (size_t)scalar->place.offset + scalar->place.len, at = end;
    struct place none = {0, 0};
    if (scalar->style != YAML_PLAIN ||
        str_find(quell_str(scalar->value), QUELL_STR("${{"), 0) == SIZE_MAX)
        return none;
    while (at < text.len && text.data[at] == ' ')
        at++;
    if (at == end || at + 1 >= text.len || text.data[at] != '#')
        return none;
    end = at;
    while (end < text.len && text.data[end] != '\n' && text.data[end] != '\r')
        end++;
    if (sure && (text.data[at + 1] == ' ' || end == at + 1))
        return none;
    return (struct place){(uint32_t)at, (uint32_t)(end - at)};
}

/* A fault at the end of an expression has no length: what stands there is shown, unless the line
 * ends. */
static struct place fault_place(const struct loader *loader, const struct yaml_node *scalar,
                                struct place inside)
{
    struct quell_str text = loader->diags->text;
    struct place place = yaml_place_inside(text, scalar, inside.offset, inside.len);
    uint32_t code_point;
    if (!place.len && place.offset < text.len && text.data[place.offset] != '\n' &&
        text.data[place.offset] != '\r')
        place.len = (uint32_t)utf8_read(text, place.offset, &code_point);
    return place;
}

static void report_fault(struct loader *loader, const struct yaml_node *scalar,
                         struct quell_str text, const struct cel_fault *fault)
{
    struct place place = fault_place(loader, scalar, fault->place);
    struct diag *diag = report(loader, EXPRESSION, place, "%s", fault->message);
    if (fault->help[0])
        diag->help = diag_format(loader->diags, "%s", fault->help);
    if (str_starts(str_trim(text), QUELL_STR("{{")))
        diag->help = QUELL_STR("write the expression without `{{ }}`");
    if (cut_by_comment(loader, scalar, false).len)
        diag->help =
            QUELL_STR("the text ends at ` #`, where YAML begins a comment: put it in quotes");
}

/* An expression with a fault: a function that is not there does not hide what else is wrong. */
static void report_expression(struct loader *loader, struct here here,
                              const struct yaml_node *scalar, struct quell_str source,
                              size_t offset, struct cel_fault *fault)
{
    struct cel_options options = {.late = true};
    const struct cel *expr;
    struct cel_fault unused;
    if (cel_parse_with(loader->arena, source, &options, &expr, &unused) == QUELL_OK) {
        bind_expression(loader, here, expr, scalar, offset);
        return;
    }
    fault->place.offset += (uint32_t)offset;
    report_fault(loader, scalar, source_of(loader, scalar), fault);
}

struct template_walk {
    struct loader *loader;
    struct here here;
    const struct yaml_node *scalar;
};

static void report_part(struct quell_str source, size_t offset, const struct cel_fault *broken,
                        void *user)
{
    const struct template_walk *walk = user;
    struct cel_fault fault;
    const struct cel *expr;
    if (broken)
        report_fault(walk->loader, walk->scalar, source_of(walk->loader, walk->scalar), broken);
    else if (cel_parse(walk->loader->arena, source, &expr, &fault))
        report_expression(walk->loader, walk->here, walk->scalar, source, offset, &fault);
    else
        bind_expression(walk->loader, walk->here, expr, walk->scalar, offset);
}

/* All that is wrong in a text that is no template; `fault` is the first of it. */
static void report_parts(struct loader *loader, struct here here, const struct yaml_node *scalar,
                         const struct cel_fault *fault)
{
    struct template_walk walk = {loader, here, scalar};
    struct quell_str text = source_of(loader, scalar);
    struct cel_fault end;
    size_t errors = loader->diags->errors;
    if (cel_template_scan(text, report_part, &walk, &end))
        report_fault(loader, scalar, text, &end);
    if (loader->diags->errors == errors)
        report_fault(loader, scalar, text, fault);
}

/* The one expression of a text that is wrapped whole, or none. */
struct wrapped {
    const struct cel *expr;
    size_t offset, count;
};

static void take_wrapped(const struct cel *expr, size_t offset, void *user)
{
    struct wrapped *wrapped = user;
    wrapped->expr = expr;
    wrapped->offset = offset;
    wrapped->count++;
}

static bool is_wrapped_whole(struct quell_str text, const struct wrapped *wrapped)
{
    size_t end;
    if (wrapped->count != 1 || !str_starts(str_trim(text), QUELL_STR("${{")))
        return false;
    end = wrapped->offset + cel_source(wrapped->expr).len;
    return str_is(str_trim(str_slice(text, end, text.len)), "}}");
}

static void report_wrapping(struct loader *loader, const struct yaml_pair *pair, size_t at)
{
    struct place place = yaml_place_inside(loader->diags->text, &pair->node, at, 3);
    struct diag *diag = report(loader, WRAPPING, place, "`%.*s` takes one expression, not a text",
                               QUELL_ARG(quell_str(pair->key.value)));
    diag->help = QUELL_STR("write it without `${{ }}`, or put one around the whole");
}

/* Fills *wrapped with the expression of a text and where it begins; false after a fault. */
static bool parse_bare(struct loader *loader, struct here here, const struct yaml_pair *pair,
                       struct quell_str text, struct wrapped *wrapped)
{
    struct cel_fault fault = {0};
    const struct cel_template *template;
    size_t opened = str_find(text, QUELL_STR("${{"), 0);
    if (!str_starts(str_trim(text), QUELL_STR("${{"))) {
        if (cel_parse(loader->arena, text, &wrapped->expr, &fault) == QUELL_OK)
            return true;
        if (opened != SIZE_MAX)
            report_wrapping(loader, pair, opened);
        else
            report_expression(loader, here, &pair->node, text, 0, &fault);
        return false;
    }
    if (cel_template_parse(loader->arena, text, &template, &fault)) {
        report_parts(loader, here, &pair->node, &fault);
        return false;
    }
    cel_template_each(template, take_wrapped, wrapped);
    if (is_wrapped_whole(text, wrapped))
        return true;
    report_wrapping(loader, pair, opened);
    return false;
}

void load_expression(struct loader *loader, struct here here, const struct yaml_pair *pair,
                     struct playbook_text *made)
{
    struct wrapped wrapped = {0};
    const struct yaml_node *node = &pair->node;
    struct quell_str text = source_of(loader, node), key = quell_str(pair->key.value);
    *made = (struct playbook_text){.place = node->place};
    if (quell_is(node->value, QUELL_LIST) || quell_is(node->value, QUELL_MAP)) {
        struct diag *diag = report(loader, WRONG_TYPE, head_place(loader, node),
                                   "`%.*s` takes an expression, not a %s", QUELL_ARG(key),
                                   quell_is(node->value, QUELL_LIST) ? "list" : "map");
        diag->help = QUELL_STR("quote it, so that YAML leaves it alone");
        return;
    }
    if (quell_is_null(node->value) || !str_trim(text).len) {
        struct diag *diag =
            report(loader, WRONG_TYPE, pair->key.place, "`%.*s` is empty", QUELL_ARG(key));
        diag->help =
            QUELL_STR("give it an expression; one that begins with `!`, `'`, `*`, `&`, `%` or "
                      "`@` needs quotes");
        return;
    }
    if (!parse_bare(loader, here, pair, text, &wrapped))
        return;
    made->expr = wrapped.expr;
    if (wrapped.count)
        made->place = yaml_place_inside(loader->diags->text, node, wrapped.offset,
                                        cel_source(wrapped.expr).len);
    bind_expression(loader, here, wrapped.expr, node, wrapped.offset);
    type_keyword(loader, here, pair, wrapped.expr);
}

static void bind_part(const struct cel *expr, size_t offset, void *user)
{
    const struct template_walk *walk = user;
    bind_expression(walk->loader, walk->here, expr, walk->scalar, offset);
}

static const struct cel_template *parse_template(struct loader *loader, struct here here,
                                                 const struct yaml_node *scalar)
{
    struct cel_fault fault = {0};
    const struct cel_template *template;
    struct template_walk walk = {loader, here, scalar};
    struct quell_str text = quell_str(scalar->value);
    struct place cut = cut_by_comment(loader, scalar, true);
    if (cel_template_parse(loader->arena, text, &template, &fault)) {
        report_parts(loader, here, scalar, &fault);
        return NULL;
    }
    if (cut.len) {
        struct diag *diag = report(loader, CUT, cut, "this is a comment, not part of the text");
        diag->help = QUELL_STR("put the text in quotes, or a blank behind the `#`");
    }
    cel_template_each(template, bind_part, &walk);
    advise_brackets(loader, scalar);
    return template;
}

void load_template(struct loader *loader, struct here here, const struct yaml_node *node,
                   struct playbook_text *made)
{
    *made = (struct playbook_text){.place = node->place};
    if (quell_is(node->value, QUELL_STRING))
        made->text = parse_template(loader, here, node);
}

static bool check_texts(struct loader *loader, struct here here, const struct yaml_node *node)
{
    bool good = true;
    size_t i;
    if (quell_is(node->value, QUELL_STRING))
        return parse_template(loader, here, node) != NULL;
    for (i = 0; node->items && i < node->count; i++)
        good &= check_texts(loader, here, &node->items[i]);
    for (i = 0; node->pairs && i < node->count; i++)
        good &= check_texts(loader, here, &node->pairs[i].node);
    return good;
}

const struct cel_tree *load_tree(struct loader *loader, struct here here,
                                 const struct yaml_node *node)
{
    return load_arguments(loader, here, node, NULL);
}

const struct cel_tree *load_arguments(struct loader *loader, struct here here,
                                      const struct yaml_node *node,
                                      const struct quell_field *fields)
{
    const struct cel_tree *tree;
    struct cel_fault fault;
    struct quell_str where;
    if (!check_texts(loader, here, node))
        return NULL;
    if (cel_tree_parse_for(loader->arena, node->value, fields, &tree, &fault, &where))
        return NULL; /* cannot be: each text has just been parsed */
    return tree;
}

/* ---- places ------------------------------------------------------------------------------------
 */

/* The scalar of the document in which a place lies. */
static const struct yaml_node *scalar_around(const struct yaml_node *node, struct place place)
{
    const struct yaml_node *found = NULL;
    size_t i;
    for (i = 0; node->items && i < node->count && !found; i++)
        found = scalar_around(&node->items[i], place);
    for (i = 0; node->pairs && i < node->count && !found; i++)
        found = scalar_around(&node->pairs[i].node, place);
    if (found || node->items || node->pairs)
        return found;
    return node->place.offset <= place.offset && node->place.len &&
                   place.offset < node->place.offset + node->place.len
               ? node
               : NULL;
}

/* A narrower place than the scalar's is that of a wrapped expression: what lies before it inside
 * the scalar's value? */
static size_t value_offset(struct quell_str text, const struct yaml_node *scalar,
                           struct place place)
{
    size_t from, len = quell_str(scalar->value).len;
    if (place.offset == scalar->place.offset && place.len == scalar->place.len)
        return 0;
    for (from = 0; from < len; from++)
        if (yaml_place_inside(text, scalar, from, 1).offset >= place.offset)
            return from;
    return 0;
}

struct place playbook_place(const struct playbook *playbook, struct place scalar,
                            struct place inside)
{
    const struct yaml_node *node = scalar_around(playbook->document, scalar);
    if (!node)
        return scalar;
    return yaml_place_inside(playbook->text, node,
                             value_offset(playbook->text, node, scalar) + inside.offset,
                             inside.len);
}
