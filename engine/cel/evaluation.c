/*
 * evaluation.c - what evaluator, operators and functions share: the budget of steps and memory, and
 * saying what is wrong.
 */
#include "cel/evaluation.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/fault.h"
#include "value/value.h"

/* Writing a text costs one step for so many bytes. */
enum { BYTES_A_STEP = 64 };

/* ---- the budget ---------------------------------------------------------------------------- */

struct arena *evaluation_arena(struct evaluation *e)
{
    return e->arena;
}

static enum quell_code out_of_steps(struct evaluation *e, const struct node *node)
{
    e->steps = 0;
    return evaluation_limit(e, node, "this expression takes more than %d steps", LIMIT_CEL_STEPS);
}

enum quell_code evaluation_charge(struct evaluation *e, const struct node *node, size_t steps)
{
    if (steps >= e->steps)
        return out_of_steps(e, node);
    e->steps -= steps;
    return QUELL_OK;
}

static enum quell_code out_of_memory(struct evaluation *e, const struct node *node)
{
    return evaluation_limit(e, node, "this expression needs more than %d KiB of memory",
                            LIMIT_CEL_ARENA_BYTES / 1024);
}

enum quell_code evaluation_room(struct evaluation *e, const struct node *node, size_t size)
{
    size_t used = arena_used(e->arena);
    if (used >= e->arena_max || size > e->arena_max - used)
        return out_of_memory(e, node);
    return QUELL_OK;
}

void *evaluation_take(struct evaluation *e, const struct node *node, size_t size)
{
    return evaluation_room(e, node, size) ? NULL : arena_alloc(e->arena, size);
}

enum quell_code evaluation_text(struct evaluation *e, const struct node *node,
                                struct quell_str text, struct quell_value *made)
{
    char *copy;
    enum quell_code code = evaluation_charge(e, node, text.len / BYTES_A_STEP);
    if (code)
        return code;
    if (text.len > LIMIT_CEL_TEXT_BYTES)
        return evaluation_limit(e, node, "this text would be longer than %d KiB",
                                LIMIT_CEL_TEXT_BYTES / 1024);
    copy = evaluation_take(e, node, text.len);
    if (!copy)
        return QUELL_LIMIT;
    if (text.len)
        memcpy(copy, text.data, text.len);
    *made = quell_string((struct quell_str){copy, text.len});
    return QUELL_OK;
}

enum quell_code evaluation_built(struct evaluation *e, const struct node *node, struct buf *out,
                                 struct quell_value *made)
{
    enum quell_code code = buf_over(out)
                               ? evaluation_limit(e, node, "this text would be longer than %d KiB",
                                                  LIMIT_CEL_TEXT_BYTES / 1024)
                               : evaluation_text(e, node, buf_str(out), made);
    buf_free(out);
    return code;
}

bool evaluation_grow(struct evaluation *e, const struct node *node, struct quell_value **items,
                     size_t *cap)
{
    size_t wider = *cap ? *cap * 2 : 8;
    struct quell_value *grown = evaluation_take(e, node, wider * sizeof(*grown));
    if (grown && *cap)
        memcpy(grown, *items, *cap * sizeof(*grown));
    if (grown) {
        *items = grown;
        *cap = wider;
    }
    return grown;
}

enum quell_code evaluation_map(struct evaluation *e, const struct node *node,
                               const struct quell_pair *pairs, size_t count,
                               struct quell_value *made)
{
    enum { INDEX_BYTES = 16 }; /* of a pair: its slot, and rounding */
    struct map_builder map = {.arena = e->arena};
    enum quell_code code = evaluation_room(e, node, count * (sizeof(*pairs) + INDEX_BYTES));
    if (code)
        return code;
    for (size_t i = 0; i < count; i++)
        map_add_key(&map, pairs[i].key, pairs[i].value);
    *made = map_made(&map);
    return evaluation_charge(e, node, count / 4);
}

/* ---- faults -------------------------------------------------------------------------------- */

static enum quell_code fail(struct evaluation *e, struct place place, enum quell_code code,
                            const char *format, va_list arguments)
{
    char message[sizeof(e->trouble.fault.message)];
    (void)vsnprintf(message, sizeof(message), format, arguments); /* cut by design */
    e->trouble.missing = false;
    return fault_set(&e->trouble.fault, place, code, "%s", message);
}

enum quell_code evaluation_fail(struct evaluation *e, const struct node *node, const char *format,
                                ...)
{
    enum quell_code code;
    va_list arguments;
    va_start(arguments, format);
    code = fail(e, node->place, QUELL_INVALID, format, arguments);
    va_end(arguments);
    return code;
}

enum quell_code evaluation_fail_at(struct evaluation *e, struct place place, const char *format,
                                   ...)
{
    enum quell_code code;
    va_list arguments;
    va_start(arguments, format);
    code = fail(e, place, QUELL_INVALID, format, arguments);
    va_end(arguments);
    return code;
}

enum quell_code evaluation_limit(struct evaluation *e, const struct node *node, const char *format,
                                 ...)
{
    enum quell_code code;
    va_list arguments;
    va_start(arguments, format);
    code = fail(e, node->place, QUELL_LIMIT, format, arguments);
    va_end(arguments);
    return code;
}

enum quell_code evaluation_help(struct evaluation *e, const char *format, ...)
{
    char help[sizeof(e->trouble.fault.help)];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(help, sizeof(help), format, arguments); /* cut by design */
    va_end(arguments);
    return fault_help(&e->trouble.fault, QUELL_INVALID, "%s", help);
}

const char *type_with_article(struct quell_value value)
{
    static const char *const names[] = {
        [QUELL_NULL] = "null",           [QUELL_BOOL] = "a bool",
        [QUELL_INT] = "an int",          [QUELL_UINT] = "a uint",
        [QUELL_DOUBLE] = "a double",     [QUELL_STRING] = "a string",
        [QUELL_BYTES] = "bytes",         [QUELL_LIST] = "a list",
        [QUELL_MAP] = "a map",           [QUELL_TIME] = "a timestamp",
        [QUELL_DURATION] = "a duration", [QUELL_OPTIONAL] = "an optional",
        [QUELL_TYPE] = "a type",         [QUELL_UNKNOWN] = "an unknown",
        [QUELL_IP] = "an IP address",    [QUELL_CIDR] = "a range of addresses",
    };
    return names[value.type];
}

struct quell_str evaluation_show(struct evaluation *e, struct quell_value value)
{
    if (value.flags & QUELL_MASKED)
        return QUELL_STR("***");
    if (value.type == QUELL_LIST || value.type == QUELL_MAP || value.type == QUELL_OPTIONAL)
        return quell_str_of(type_with_article(value));
    if (value.type == QUELL_NULL)
        return QUELL_STR("null");
    if (value.type == QUELL_STRING)
        return str_slice(quell_str(value), 0, 60);
    return cel_to_text(e->arena, value);
}

enum quell_code evaluation_missing(struct evaluation *e, const struct node *node,
                                   struct quell_value map, struct quell_value key)
{
    e->trouble.missing = true;
    e->trouble.index = node->kind == NODE_INDEX;
    e->trouble.map = map;
    e->trouble.key = key;
    e->trouble.fault.place = node->place;
    return QUELL_INVALID;
}

enum { NEAREST_MAX = 64 };

static struct quell_str nearest_key(struct quell_value map, struct quell_str wrong)
{
    struct quell_str names[NEAREST_MAX];
    size_t count = 0;
    for (size_t i = 0; i < quell_count(map) && count < NEAREST_MAX; i++) {
        if (quell_is(map.as.pairs[i].key, QUELL_STRING))
            names[count++] = quell_str(map.as.pairs[i].key);
    }
    return str_nearest(wrong, names, count);
}

void evaluation_describe(struct evaluation *e)
{
    struct trouble *trouble = &e->trouble;
    struct cel_fault *fault = &trouble->fault;
    struct quell_str key, nearest = {"", 0};
    if (!trouble->missing)
        return;
    trouble->missing = false;
    key = evaluation_show(e, trouble->key);
    if (trouble->key.type > QUELL_BYTES) { /* a list, a map, a time ... */
        (void)fault_set(fault, fault->place, QUELL_INVALID, "%s is never the key of a map",
                        type_with_article(trouble->key));
        return;
    }
    (void)fault_set(fault, fault->place, QUELL_INVALID, "no such key: `%.*s`", QUELL_ARG(key));
    if (quell_is(trouble->key, QUELL_STRING))
        nearest = nearest_key(trouble->map, key);
    if (nearest.len)
        (void)fault_help(fault, QUELL_INVALID, "did you mean `%.*s`?", QUELL_ARG(nearest));
    else if (trouble->index)
        (void)fault_help(fault, QUELL_INVALID,
                         "where it may be absent, write `[?key]` or ask `key in map` first");
    else
        (void)fault_help(fault, QUELL_INVALID,
                         "where it may be absent, write `.?%.*s` or ask has() first",
                         QUELL_ARG(key));
}

enum quell_code evaluation_undefined(struct evaluation *e, const struct node *node)
{
    (void)evaluation_fail(e, node, "`%.*s` is not defined", QUELL_ARG(node->name));
    for (const struct cel_scope *scope = e->scope; scope; scope = scope->outer) {
        struct quell_str nearest = nearest_key(scope->vars, node->name);
        if (nearest.len)
            return evaluation_help(e, "did you mean `%.*s`?", QUELL_ARG(nearest));
    }
    return QUELL_INVALID;
}

enum quell_code evaluation_optional(struct evaluation *e, const struct node *node,
                                    struct quell_value value, struct quell_value *made)
{
    struct quell_value *item_of;
    if (value.type == QUELL_UNKNOWN) {
        *made = value;
        return QUELL_OK;
    }
    item_of = evaluation_take(e, node, sizeof(*item_of));
    if (!item_of)
        return QUELL_LIMIT;
    *item_of = value;
    *made = (struct quell_value){.type = QUELL_OPTIONAL, .len = 1, .as.items = item_of};
    return QUELL_OK;
}

struct quell_value evaluation_held(struct quell_value optional)
{
    struct quell_value value = optional.as.items[0];
    value.flags |= optional.flags & QUELL_MASKED;
    return value;
}
