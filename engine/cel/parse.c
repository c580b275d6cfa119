/*
 * parse.c - the grammar of CEL, by recursive descent; binary operators by precedence.
 *
 * Calls and macros are resolved in parse_call.c. Nothing is evaluated here but lists of literals.
 */
#include "cel/parse.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cel/fault.h"
#include "cel/literal.h"
#include "cel/overload.h"
#include "value/value.h"

static struct node *expression(struct parser *p);

/* From the beginning of a node (or an offset) to the end of what was read last. */
static struct place place_to_here(const struct parser *p, size_t from)
{
    return (struct place){(uint32_t)from, (uint32_t)(p->end - from)};
}

/* ---- tokens and places --------------------------------------------------------------------- */

static bool advance(struct parser *p)
{
    p->end = (size_t)p->token.place.offset + p->token.place.len;
    p->code = token_next(&p->lexer, &p->token, p->fault);
    return p->code == QUELL_OK;
}

/* The next token, as messages name it. */
static struct quell_str found(const struct parser *p)
{
    struct quell_str text = token_text(&p->lexer, p->token);
    if (p->token.kind == TOKEN_END)
        return QUELL_STR("the end");
    if (p->token.kind == TOKEN_QUOTED)
        return text;
    return arena_format(p->arena, "`%.*s`", (int)(text.len < 40 ? text.len : 40), text.data);
}

/* Words that are operators in other languages. */
static const struct {
    const char *wrong, *right;
} foreign_words[] = {{"and", "&&"}, {"or", "||"}, {"not", "!"}, {"is", "=="}, {"eq", "=="}};

static struct node *expected(struct parser *p, const char *what)
{
    struct quell_str text = token_text(&p->lexer, p->token);
    const struct function_row *row = NULL;
    (void)parse_fail(p, p->token.place, "expected %s, found %.*s", what, QUELL_ARG(found(p)));
    for (size_t i = 0; i < sizeof(foreign_words) / sizeof(foreign_words[0]); i++) {
        if (p->token.kind == TOKEN_NAME && str_is(text, foreign_words[i].wrong))
            return parse_help(p, "did you mean `%s`?", foreign_words[i].right);
    }
    if (p->token.kind == TOKEN_NAME && p->end >= 3 && p->end <= p->lexer.text.len &&
        str_ends(str_trim(str_slice(p->lexer.text, 0, p->end)), QUELL_STR("not")))
        return parse_help(p, "did you mean `!`?");
    if (p->token.kind == TOKEN_NAME && function_find(text, METHOD, &row, 1))
        return parse_help(p, "a function is called on a value: `.%.*s(...)`", QUELL_ARG(text));
    return NULL;
}

/* Takes a closing mark. */
static bool take(struct parser *p, enum token_kind kind, const char *what)
{
    if (p->token.kind != kind) {
        (void)expected(p, what);
        return false;
    }
    return advance(p);
}

/* CEL keeps these for languages that embed it. */
static bool is_reserved(struct quell_str name)
{
    static const char *const words[] = {
        "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
        "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_is(name, words[i]))
            return true;
    }
    return false;
}

/* ---- primaries ----------------------------------------------------------------------------- */

static struct node *literal(struct parser *p, struct place place, struct quell_value value)
{
    struct node *node = node_make(p, NODE_LITERAL, place, NULL, 0);
    node->value = value;
    return node;
}

static struct node *literal_token(struct parser *p, bool minus, size_t from)
{
    struct token token = p->token;
    struct quell_value value;
    bool is_text = token.kind == TOKEN_STRING || token.kind == TOKEN_BYTES;
    p->code = is_text ? literal_text(p->arena, &p->lexer, token, &value, p->fault)
                      : literal_number(&p->lexer, token, minus, &value, p->fault);
    if (p->code || !advance(p))
        return NULL;
    return literal(p, place_to_here(p, from), value);
}

/* Arguments and items: expressions between commas up to `close`, which is taken. With `entries`,
 * a `?` before an item makes it optional. A comma may stand behind the last item. */
static bool items(struct parser *p, enum token_kind close, const char *what, bool entries,
                  struct node_list *list)
{
    while (p->token.kind != close) {
        bool optional = entries && p->token.kind == TOKEN_QUESTION;
        struct node *item;
        if (optional && !advance(p))
            return false;
        item = expression(p);
        if (!item)
            return false;
        item->entry = optional;
        node_list_add(p, list, item);
        if (p->token.kind != TOKEN_COMMA)
            break;
        if (!advance(p))
            return false;
        if (!entries && p->token.kind == close) {
            (void)expected(p, "an argument");
            return false;
        }
    }
    return take(p, close, what);
}

/* A list of literals is a literal: `x in ['a', 'b']` builds nothing when it is evaluated. */
static struct node *fold_list(struct parser *p, struct place place, const struct node_list *list)
{
    struct quell_value *values;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind != NODE_LITERAL || list->items[i]->entry)
            return node_make(p, NODE_LIST, place, list->items, list->count);
    }
    values = arena_array(p->arena, struct quell_value, list->count);
    for (size_t i = 0; i < list->count; i++)
        values[i] = list->items[i]->value;
    return literal(p, place, quell_list(values, list->count));
}

static struct node *list_literal(struct parser *p)
{
    size_t from = p->token.place.offset;
    struct node_list list = {0};
    if (!advance(p) || !items(p, TOKEN_CLOSE_LIST, "`,` or `]`", true, &list))
        return NULL;
    return fold_list(p, place_to_here(p, from), &list);
}

static struct node *map_literal(struct parser *p)
{
    size_t from = p->token.place.offset;
    struct node_list list = {0};
    if (!advance(p))
        return NULL;
    while (p->token.kind != TOKEN_CLOSE_MAP) {
        bool optional = p->token.kind == TOKEN_QUESTION;
        struct node *key, *value;
        if (optional && !advance(p))
            return NULL;
        key = expression(p);
        if (!key || !take(p, TOKEN_COLON, "`:` behind a key of the map"))
            return NULL;
        key->entry = optional;
        node_list_add(p, &list, key);
        value = expression(p);
        if (!value)
            return NULL;
        node_list_add(p, &list, value);
        if (p->token.kind != TOKEN_COMMA)
            break;
        if (!advance(p))
            return NULL;
    }
    if (!take(p, TOKEN_CLOSE_MAP, "`,` or `}`"))
        return NULL;
    return node_make(p, NODE_MAP, place_to_here(p, from), list.items, list.count);
}

/* Names of types are values, unless a variable has the name. */
static struct quell_value type_named(struct quell_str name)
{
    static const struct {
        const char *name, *type;
    } types[] = {
        {"int", "int"},
        {"uint", "uint"},
        {"double", "double"},
        {"bool", "bool"},
        {"string", "string"},
        {"bytes", "bytes"},
        {"list", "list"},
        {"map", "map"},
        {"type", "type"},
        {"null_type", "null_type"},
        {"optional_type", "optional_type"},
        {"timestamp", "google.protobuf.Timestamp"},
        {"duration", "google.protobuf.Duration"},
        {"google.protobuf.Timestamp", "google.protobuf.Timestamp"},
        {"google.protobuf.Duration", "google.protobuf.Duration"},
        {"net.IP", "net.IP"},
        {"net.CIDR", "net.CIDR"},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (str_is(name, types[i].name)) {
            struct quell_value type = quell_text(types[i].type);
            type.type = QUELL_TYPE;
            return type;
        }
    }
    return quell_null();
}

static struct node *arguments(struct parser *p, struct node *target, struct token name)
{
    struct node_list list = {0};
    if (!advance(p) || !items(p, TOKEN_CLOSE, "`,` or `)`", false, &list))
        return NULL;
    return parse_call(p, target, name, &list);
}

static struct node *name(struct parser *p, bool rooted)
{
    struct token token = p->token;
    struct quell_str text = token_text(&p->lexer, token);
    struct node *node;
    if (!rooted && (str_is(text, "true") || str_is(text, "false") || str_is(text, "null"))) {
        struct quell_value value = text.data[0] == 'n' ? quell_null() : quell_bool(text.len == 4);
        return advance(p) ? literal(p, token.place, value) : NULL;
    }
    if (str_is(text, "in"))
        return expected(p, "a value");
    if (is_reserved(text))
        return parse_fail(p, token.place, "`%.*s` is a reserved word", QUELL_ARG(text));
    if (!advance(p))
        return NULL;
    if (p->token.kind == TOKEN_OPEN)
        return arguments(p, NULL, token);
    node = node_make(p, NODE_NAME, token.place, NULL, 0);
    node->name = text;
    node->rooted = rooted;
    node->value = type_named(text);
    return node;
}

static struct node *parenthesised(struct parser *p)
{
    struct node *node;
    if (!advance(p))
        return NULL;
    node = expression(p);
    return node && take(p, TOKEN_CLOSE, "`)`") ? node : NULL;
}

static struct node *primary(struct parser *p)
{
    switch (p->token.kind) {
    case TOKEN_INT:
    case TOKEN_UINT:
    case TOKEN_DOUBLE:
    case TOKEN_STRING:
    case TOKEN_BYTES:
        return literal_token(p, false, p->token.place.offset);
    case TOKEN_NAME:
        return name(p, false);
    case TOKEN_OPEN:
        return parenthesised(p);
    case TOKEN_OPEN_LIST:
        return list_literal(p);
    case TOKEN_OPEN_MAP:
        return map_literal(p);
    case TOKEN_DOT:
        if (!advance(p))
            return NULL;
        return p->token.kind == TOKEN_NAME ? name(p, true) : expected(p, "a name behind `.`");
    case TOKEN_END:
    case TOKEN_QUOTED:
    case TOKEN_CLOSE:
    case TOKEN_CLOSE_LIST:
    case TOKEN_CLOSE_MAP:
    case TOKEN_COMMA:
    case TOKEN_QUESTION:
    case TOKEN_COLON:
    case TOKEN_NOT:
    case TOKEN_MINUS:
    case TOKEN_PLUS:
    case TOKEN_TIMES:
    case TOKEN_DIVIDE:
    case TOKEN_MODULO:
    case TOKEN_LESS:
    case TOKEN_LESS_EQUAL:
    case TOKEN_GREATER:
    case TOKEN_GREATER_EQUAL:
    case TOKEN_EQUAL:
    case TOKEN_NOT_EQUAL:
    case TOKEN_AND:
    case TOKEN_OR:
        break;
    }
    return expected(p, "a value");
}

/* ---- what may stand behind a primary ------------------------------------------------------- */

static struct node *selected(struct parser *p, struct node *of, struct token token, bool optional)
{
    struct quell_str text = token_text(&p->lexer, token);
    struct node *node = node_make(p, NODE_SELECT, token.place, &of, 1);
    char spelt[32];
    size_t len;
    if (!node)
        return NULL;
    node->name = token.kind == TOKEN_QUOTED ? str_slice(text, 1, text.len - 1) : text;
    node->value = quell_string(node->name);
    node->optional = optional;
    node->whole = place_to_here(p, of->whole.offset);
    if (node_spell(node, spelt, sizeof(spelt), &len) &&
        quell_is(type_named((struct quell_str){spelt, len}), QUELL_TYPE))
        return literal(p, node->whole, type_named((struct quell_str){spelt, len}));
    return node;
}

static struct node *member(struct parser *p, struct node *of)
{
    bool optional;
    struct token token;
    if (!advance(p))
        return NULL;
    optional = p->token.kind == TOKEN_QUESTION;
    if (optional && !advance(p))
        return NULL;
    token = p->token;
    if (token.kind != TOKEN_NAME && token.kind != TOKEN_QUOTED)
        return expected(p, "a field name behind `.`");
    if (token.kind == TOKEN_NAME && str_is(token_text(&p->lexer, token), "in"))
        return parse_fail(p, token.place, "`in` is a reserved word; write ['in'] for the field");
    if (!advance(p))
        return NULL;
    if (p->token.kind == TOKEN_OPEN && token.kind == TOKEN_NAME && !optional)
        return arguments(p, of, token);
    return selected(p, of, token, optional);
}

static struct node *subscript(struct parser *p, struct node *of)
{
    size_t from = p->token.place.offset;
    struct node *node, *kids[2] = {of, NULL};
    bool optional;
    if (!advance(p))
        return NULL;
    optional = p->token.kind == TOKEN_QUESTION;
    if (optional && !advance(p))
        return NULL;
    kids[1] = expression(p);
    if (!kids[1] || !take(p, TOKEN_CLOSE_LIST, "`]`"))
        return NULL;
    node = node_make(p, NODE_INDEX, place_to_here(p, from), kids, 2);
    if (node) {
        node->place = kids[1]->whole;
        node->optional = optional;
        node->whole = place_to_here(p, of->whole.offset);
    }
    return node;
}

static struct node *postfix(struct parser *p, struct node *node)
{
    while (node) {
        if (p->token.kind == TOKEN_DOT) {
            node = member(p, node);
        } else if (p->token.kind == TOKEN_OPEN_LIST) {
            node = subscript(p, node);
        } else if (p->token.kind == TOKEN_OPEN_MAP &&
                   (node->kind == NODE_NAME || node->kind == NODE_SELECT)) {
            (void)parse_fail(p, p->token.place, "there are no message types here");
            return parse_help(p, "a map is written {'key': value}");
        } else {
            return node;
        }
    }
    return NULL;
}

/* ---- operators ----------------------------------------------------------------------------- */

static struct node *unary(struct parser *p)
{
    struct token token = p->token;
    struct node *node, *kid;
    if (token.kind != TOKEN_NOT && token.kind != TOKEN_MINUS)
        return postfix(p, primary(p));
    if (p->depth >= LIMIT_DEPTH)
        return parse_too_deep(p, token.place, LIMIT_DEPTH);
    if (!advance(p))
        return NULL;
    if (token.kind == TOKEN_MINUS && (p->token.kind == TOKEN_INT || p->token.kind == TOKEN_DOUBLE))
        return postfix(p, literal_token(p, true, token.place.offset));
    p->depth++;
    kid = unary(p);
    p->depth--;
    if (!kid)
        return NULL;
    node = node_make(p, token.kind == TOKEN_NOT ? NODE_NOT : NODE_NEGATE, token.place, &kid, 1);
    if (node)
        node->whole = place_to_here(p, token.place.offset);
    return node;
}

/* Binary operators but `&&` and `||`; a higher level binds tighter. */
static const struct operator_row {
    enum token_kind token;
    enum operation operation;
    int level;
} operators[] = {
    {TOKEN_EQUAL, OPERATION_EQUAL, 1},     {TOKEN_NOT_EQUAL, OPERATION_NOT_EQUAL, 1},
    {TOKEN_LESS, OPERATION_LESS, 1},       {TOKEN_LESS_EQUAL, OPERATION_LESS_EQUAL, 1},
    {TOKEN_GREATER, OPERATION_GREATER, 1}, {TOKEN_GREATER_EQUAL, OPERATION_GREATER_EQUAL, 1},
    {TOKEN_NAME, OPERATION_IN, 1},         {TOKEN_PLUS, OPERATION_ADD, 2},
    {TOKEN_MINUS, OPERATION_SUBTRACT, 2},  {TOKEN_TIMES, OPERATION_MULTIPLY, 3},
    {TOKEN_DIVIDE, OPERATION_DIVIDE, 3},   {TOKEN_MODULO, OPERATION_MODULO, 3},
};

static const struct operator_row *operator_here(const struct parser *p)
{
    if (p->token.kind == TOKEN_NAME && !str_is(token_text(&p->lexer, p->token), "in"))
        return NULL;
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (operators[i].token == p->token.kind)
            return &operators[i];
    }
    return NULL;
}

static struct node *binary(struct parser *p, int level)
{
    struct node *node = unary(p);
    while (node) {
        const struct operator_row *row = operator_here(p);
        struct place place = p->token.place;
        struct node *kids[2] = {node, NULL};
        if (!row || row->level < level)
            return node;
        if (!advance(p))
            return NULL;
        kids[1] = binary(p, row->level + 1);
        node = kids[1] ? node_make(p, NODE_BINARY, place, kids, 2) : NULL;
        if (node) {
            node->operation = (uint8_t)row->operation;
            node->whole = place_to_here(p, kids[0]->whole.offset);
        }
    }
    return NULL;
}

/* `a && b && c` is one node, so that a long chain is not a deep tree. */
static struct node *logical(struct parser *p, enum token_kind kind)
{
    struct node_list terms = {0};
    struct node *node = kind == TOKEN_OR ? logical(p, TOKEN_AND) : binary(p, 1);
    struct place place = p->token.place;
    if (!node || p->token.kind != kind)
        return node;
    node_list_add(p, &terms, node);
    while (p->token.kind == kind) {
        if (!advance(p))
            return NULL;
        node = kind == TOKEN_OR ? logical(p, TOKEN_AND) : binary(p, 1);
        if (!node)
            return NULL;
        node_list_add(p, &terms, node);
    }
    node = node_make(p, kind == TOKEN_OR ? NODE_OR : NODE_AND, place, terms.items, terms.count);
    if (node)
        node->whole = place_to_here(p, terms.items[0]->whole.offset);
    return node;
}

static struct node *conditional(struct parser *p)
{
    struct node *kids[3] = {logical(p, TOKEN_OR), NULL, NULL};
    struct node *node;
    struct place place = p->token.place;
    if (!kids[0] || p->token.kind != TOKEN_QUESTION)
        return kids[0];
    if (!advance(p))
        return NULL;
    kids[1] = logical(p, TOKEN_OR);
    if (!kids[1] || !take(p, TOKEN_COLON, "`:` of `? :`"))
        return NULL;
    kids[2] = expression(p);
    node = kids[2] ? node_make(p, NODE_CONDITION, place, kids, 3) : NULL;
    if (node)
        node->whole = place_to_here(p, kids[0]->whole.offset);
    return node;
}

static struct node *expression(struct parser *p)
{
    struct node *node;
    if (p->depth >= LIMIT_DEPTH)
        return parse_too_deep(p, p->token.place, LIMIT_DEPTH);
    p->depth++;
    node = conditional(p);
    p->depth--;
    return node;
}

/* ---- the whole text ------------------------------------------------------------------------ */

static struct node *whole_text(struct parser *p)
{
    struct node *root;
    if (!advance(p))
        return NULL;
    p->end = 0;
    if (p->token.kind == TOKEN_END)
        return parse_fail(p, p->token.place, "there is no expression here");
    root = expression(p);
    if (root && p->token.kind != TOKEN_END)
        return expected(p, "an operator or the end");
    return root;
}

enum quell_code cel_parse(struct arena *arena, struct quell_str text, const struct cel **expr,
                          struct cel_fault *fault)
{
    static const struct cel_options none = {.dotted = false};
    return cel_parse_with(arena, text, &none, expr, fault);
}

enum quell_code cel_parse_with(struct arena *arena, struct quell_str text,
                               const struct cel_options *options, const struct cel **expr,
                               struct cel_fault *fault)
{
    struct parser p = {.arena = arena, .options = options, .fault = fault};
    struct cel *made;
    struct place end = {(uint32_t)utf8_valid(text), 1};
    struct node *root;
    if (text.len > LIMIT_CEL_BYTES)
        return fault_set(fault, (struct place){0, 0}, QUELL_LIMIT,
                         "an expression has at most %d bytes", LIMIT_CEL_BYTES);
    if (end.offset < text.len)
        return fault_set(fault, end, QUELL_INVALID, "this byte is not valid UTF-8");
    p.lexer.text = arena_str(arena, text);
    root = whole_text(&p);
    if (!root)
        return p.code;
    made = arena_one(arena, struct cel);
    made->text = p.lexer.text;
    made->options = *options;
    made->options.container = arena_str(arena, options->container);
    made->root = root;
    *expr = made;
    return QUELL_OK;
}

struct quell_str cel_source(const struct cel *expr)
{
    return expr->text;
}
