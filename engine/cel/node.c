/*
 * node.c - making nodes and faults, for the parts of the parser.
 */
#include "cel/node.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "cel/fault.h"
#include "cel/parse.h"

struct node *parse_fail(struct parser *p, struct place place, const char *format, ...)
{
    char message[sizeof(p->fault->message)];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments); /* cut by design */
    va_end(arguments);
    p->code = fault_set(p->fault, place, QUELL_INVALID, "%s", message);
    return NULL;
}

struct node *parse_help(struct parser *p, const char *format, ...)
{
    char help[sizeof(p->fault->help)];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(help, sizeof(help), format, arguments); /* cut by design */
    va_end(arguments);
    (void)fault_help(p->fault, p->code, "%s", help);
    return NULL;
}

struct node *parse_too_deep(struct parser *p, struct place place, unsigned max)
{
    p->code =
        fault_set(p->fault, place, QUELL_LIMIT, "this expression is nested more than %u deep", max);
    return NULL;
}

void node_list_add(struct parser *p, struct node_list *list, struct node *node)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 4;
        list->items = arena_grow(p->arena, list->items, list->cap * sizeof(*list->items),
                                 cap * sizeof(*list->items));
        list->cap = cap;
    }
    list->items[list->count++] = node;
}

struct node *node_make(struct parser *p, enum node_kind kind, struct place place,
                       struct node *const *kids, size_t count)
{
    struct node *node = arena_alloc(p->arena, sizeof(*node) + count * sizeof(node->kids[0]));
    unsigned depth = 0;
    if (count > UINT16_MAX)
        return parse_fail(p, place, "this has more than %d parts", UINT16_MAX);
    node->kind = (uint8_t)kind;
    node->place = node->whole = place;
    node->count = (uint16_t)count;
    for (size_t i = 0; i < count; i++) {
        node->kids[i] = kids[i];
        if (kids[i]->depth > depth)
            depth = kids[i]->depth;
        if (kids[i]->slots > node->slots)
            node->slots = kids[i]->slots;
    }
    if (depth >= LIMIT_CEL_DEPTH)
        return parse_too_deep(p, place, LIMIT_CEL_DEPTH);
    node->depth = (uint16_t)(depth + 1);
    return node;
}

bool node_spell(const struct node *node, char *out, size_t size, size_t *len)
{
    size_t used = 0;
    if (node->kind == NODE_SELECT && !node->optional) {
        if (!node_spell(node->kids[0], out, size, &used) || used >= size)
            return false;
        out[used++] = '.';
    } else if (node->kind != NODE_NAME || node->rooted) {
        return false;
    }
    if (node->name.len > size - used)
        return false;
    memcpy(out + used, node->name.data, node->name.len);
    *len = used + node->name.len;
    return true;
}
