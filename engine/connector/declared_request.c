/*
 * declared_request.c - the requests and answers of a connector file, compiled: every expression is
 * parsed and its names are checked, every fixed text is checked, before anything runs.
 */
#include "base/arena.h"
#include "base/str.h"
#include "connector/declared_parts.h"
#include "value/fields.h"
#include "value/value.h"

/* ---- expressions -----------------------------------------------------------------------------*/

struct naming {
    struct loading *in;
    const struct yaml_node *node;
    const struct declared_scope *scope;
    size_t offset; /* of the expression in the node's text */
};

static struct diag *fault_at(struct loading *in, const struct yaml_node *node, struct place inside,
                             const char *message)
{
    struct place place = yaml_place_inside(in->diags.text, node, inside.offset, inside.len);

    return diag_add(&in->diags, FAULT, SEVERITY_ERROR, place, "%s", message);
}

static bool is_one_of(struct quell_str name, const char *const *names)
{
    for (; *names; names++) {
        if (str_is(name, *names))
            return true;
    }
    return false;
}

/* The table that a root's first name must be in; *names for roots with fixed names. */
static bool find_root(const struct naming *naming, struct quell_str root,
                      const struct quell_field **table, const char *const **names)
{
    static const char *const call_names[] = {"key", "uuid", "run", "step", NULL};
    static const char *const reply_names[] = {"status", "json", "body", "headers", NULL};
    static const char *const setting_names[] = {"url", "cloud", NULL};
    static const char *const none[] = {NULL};
    const struct declared_scope *scope = naming->scope;

    *table = NULL;
    *names = str_is(root, "settings") ? setting_names : none;
    if (str_is(root, "input"))
        *table = scope->inputs;
    else if (str_is(root, "output") && scope->outputs)
        *table = scope->outputs;
    else if (str_is(root, "settings") && scope->settings)
        *table = scope->settings;
    else if (str_is(root, "call") && scope->settings)
        *names = call_names;
    else if (str_is(root, "reply") && scope->reply)
        *names = reply_names;
    else
        return false;
    return true;
}

static void check_reference(const struct cel_reference *reference, void *user)
{
    const struct naming *naming = user;
    struct place place = reference->place;
    const struct quell_field *table;
    const char *const *names;

    place.offset += (uint32_t)naming->offset;
    if (!find_root(naming, reference->root, &table, &names)) {
        struct diag *diag = fault_at(naming->in, naming->node, place, "there is no such name here");
        diag->help = diag_format(&naming->in->diags, "known here: input, %s",
                                 naming->scope->outputs ? "output"
                                 : naming->scope->reply ? "settings, call, reply"
                                                        : "settings, call");
        return;
    }
    if (reference->count == 0 || is_one_of(reference->path[0], names) ||
        (table && fields_find(table, reference->path[0])))
        return;
    place = reference->places[0];
    place.offset += (uint32_t)naming->offset;
    (void)fault_at(naming->in, naming->node, place, "there is no such field");
}

static void check_names(const struct cel *expr, size_t offset, void *user)
{
    struct naming naming = *(const struct naming *)user;

    naming.offset = offset;
    cel_references(expr, check_reference, &naming);
}

void declared_check_expression(struct loading *in, const struct yaml_node *node,
                               const struct declared_scope *scope, const struct cel **expr)
{
    struct naming naming = {in, node, scope, 0};
    struct cel_fault fault = {0};

    *expr = NULL;
    if (cel_parse(in->arena, quell_str(node->value), expr, &fault))
        (void)fault_at(in, node, fault.place, fault.message);
    else
        check_names(*expr, 0, &naming);
}

static const struct cel_template *read_template(struct loading *in, const struct yaml_node *node,
                                                const struct declared_scope *scope)
{
    struct naming naming = {in, node, scope, 0};
    const struct cel_template *made = NULL;
    struct cel_fault fault = {0};

    if (cel_template_parse(in->arena, quell_str(node->value), &made, &fault)) {
        (void)fault_at(in, node, fault.place, fault.message);
        return NULL;
    }
    cel_template_each(made, check_names, &naming);
    return made;
}

/* Checks every text of a subtree, then makes a tree of the whole. */
static void check_texts(struct loading *in, const struct yaml_node *node,
                        const struct declared_scope *scope)
{
    if (quell_is(node->value, QUELL_STRING))
        (void)read_template(in, node, scope);
    for (size_t i = 0; i < node->count; i++)
        check_texts(in, node->items ? &node->items[i] : &node->pairs[i].node, scope);
}

static const struct cel_tree *read_tree(struct loading *in, const struct yaml_node *node,
                                        const struct declared_scope *scope)
{
    const struct cel_tree *tree = NULL;
    struct cel_fault told;
    struct quell_str where;

    if (!node)
        return NULL;
    check_texts(in, node, scope);
    if (in->diags.errors == 0 && cel_tree_parse(in->arena, node->value, &tree, &told, &where))
        return NULL; /* never: each text was parsed just now */
    return tree;
}

/* ---- paths -----------------------------------------------------------------------------------*/

/* What RFC 3986 allows in a path besides our own escapes. */
static bool is_path_text(struct quell_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alnum && (c == '\0' || !strchr("/-._~!$&'()*+,;=:@%", c)))
            return false;
    }
    return true;
}

struct cutting {
    struct loading *in;
    const struct yaml_node *node;
    struct declared_part *parts;
    size_t count, done;
};

static void add_text(struct cutting *cut, size_t to)
{
    struct quell_str text = str_slice(quell_str(cut->node->value), cut->done, to);

    if (!is_path_text(text))
        (void)fault_at(cut->in, cut->node, (struct place){(uint32_t)cut->done, (uint32_t)text.len},
                       "a path holds letters, digits and marks like / - . _ only");
    if (text.len > 0)
        cut->parts[cut->count++].text = arena_str(cut->in->arena, text);
}

/* An expression stands between `${{` and `}}`. */
static void add_expression(const struct cel *expr, size_t offset, void *user)
{
    struct cutting *cut = user;

    add_text(cut, offset - 3);
    cut->parts[cut->count++].expr = expr;
    cut->done = offset + cel_source(expr).len + 2;
}

static void count_expression(const struct cel *expr, size_t offset, void *user)
{
    size_t *count = user;

    (void)expr;
    (void)offset;
    ++*count;
}

static void read_path(struct loading *in, const struct yaml_node *node,
                      const struct declared_scope *scope, struct declared_request *request)
{
    const struct cel_template *made = read_template(in, node, scope);
    struct cutting cut = {.in = in, .node = node};
    size_t expressions = 0;

    if (!made)
        return;
    cel_template_each(made, count_expression, &expressions);
    cut.parts = arena_array(in->arena, struct declared_part, 2 * expressions + 1);
    cel_template_each(made, add_expression, &cut);
    add_text(&cut, quell_str(node->value).len);
    if (cut.count > 0 && (cut.parts[0].expr || cut.parts[0].text.data[0] != '/'))
        (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, node->place,
                       "a path begins with `/`; for a path that is data, use `resource`");
    request->path = cut.parts;
    request->path_count = cut.count;
}

static void read_shape(struct loading *in, const struct yaml_node *node,
                       struct declared_request *request)
{
    struct quell_str text = quell_str(node->value), segment, rest;
    struct quell_str *shape = arena_array(in->arena, struct quell_str, text.len + 1);

    if (!str_cut(text, '/', &segment, &rest) || segment.len > 0 || !is_path_text(text) ||
        rest.len == 0) {
        (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, node->place,
                       "a shape is a path like `/subscriptions/*/resourceGroups/*`");
        return;
    }
    while (rest.len > 0) {
        (void)str_cut(rest, '/', &segment, &rest);
        shape[request->shape_count++] = arena_str(in->arena, segment);
    }
    request->shape = shape;
}

static void read_resource(struct loading *in, const struct yaml_node *map,
                          const struct declared_scope *scope, struct declared_request *request)
{
    const struct yaml_node *resource = yaml_get(map, "resource"), *shape = yaml_get(map, "shape");

    if (!resource != !shape)
        (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, map->place,
                       "`resource` and `shape` belong together: data may not choose any path");
    if (resource)
        request->resource = read_template(in, resource, scope);
    if (shape)
        read_shape(in, shape, request);
    if (!resource && !yaml_get(map, "path"))
        (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, map->place, "`path` is missing");
}

/* ---- names and values ------------------------------------------------------------------------*/

static bool is_plain_name(struct quell_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    c == '-' || c == '_' || c == '.' || c == '$';
        if (!fine)
            return false;
    }
    return name.len > 0;
}

/* Numbers and booleans are written as the text that stands in the file. */
static struct quell_str scalar_text(struct loading *in, const struct yaml_node *node)
{
    if (quell_is(node->value, QUELL_STRING))
        return quell_str(node->value);
    return str_slice(in->diags.text, node->place.offset, node->place.offset + node->place.len);
}

static const struct declared_pair *read_pairs(struct loading *in, const struct yaml_node *map,
                                              const struct declared_scope *scope, size_t *count)
{
    struct declared_pair *pairs;

    if (!map)
        return NULL;
    pairs = arena_array(in->arena, struct declared_pair, map->count);
    for (size_t i = 0; i < map->count; i++) {
        struct quell_str name = quell_str(map->pairs[i].key.value);
        struct yaml_node node = map->pairs[i].node;
        if (!is_plain_name(name) || node.count > 0) {
            (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, map->pairs[i].key.place,
                           "a name of letters, digits, - _ . $ and a text is expected");
            continue;
        }
        node.value = quell_string(scalar_text(in, &node));
        pairs[*count].name = arena_str(in->arena, name).data;
        pairs[(*count)++].text = read_template(in, &node, scope);
    }
    return pairs;
}

struct declared_request declared_request(struct loading *in, const struct yaml_node *map,
                                         const struct declared_scope *scope, bool changes)
{
    struct declared_request made = {.method = declared_text(in, map, "method")};
    const struct yaml_node *path = yaml_get(map, "path");

    made.changes = quell_get_bool(map->value, "changes", changes);
    read_resource(in, map, scope, &made);
    if (path)
        read_path(in, path, scope, &made);
    made.query = read_pairs(in, yaml_get(map, "query"), scope, &made.query_count);
    made.headers = read_pairs(in, yaml_get(map, "headers"), scope, &made.header_count);
    made.json = read_tree(in, yaml_get(map, "json"), scope);
    return made;
}

struct declared_answer declared_answer(struct loading *in, const struct yaml_node *ok,
                                       const struct yaml_node *output,
                                       const struct declared_scope *scope)
{
    struct declared_scope with_reply = *scope;
    struct declared_answer made = {0};
    int *statuses;

    with_reply.reply = true;
    made.output = read_tree(in, output, &with_reply);
    if (!ok || ok->count == 0)
        return made;
    statuses = arena_array(in->arena, int, ok->count + 1);
    for (size_t i = 0; i < ok->count; i++) {
        int64_t status = ok->items[i].value.as.integer;
        if (status < 100 || status > 599)
            (void)diag_add(&in->diags, FAULT, SEVERITY_ERROR, ok->items[i].place,
                           "this is no HTTP status");
        else
            statuses[i] = (int)status;
    }
    made.ok = statuses;
    return made;
}
