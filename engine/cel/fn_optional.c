/*
 * fn_optional.c - values that may be absent. Their rows are in fn_optional.def.
 *
 * or() and orValue() evaluate their argument only when it is needed.
 */
#include "cel/evaluation.h"

#include "value/value.h"

static struct quell_value none(void)
{
    return (struct quell_value){.type = QUELL_OPTIONAL};
}

enum quell_code cel_optional_of(struct evaluation *e, const struct node *node,
                                const struct quell_value *arguments, struct quell_value *made)
{
    return evaluation_optional(e, node, arguments[0], made);
}

enum quell_code cel_optional_none(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    (void)e;
    (void)node;
    (void)arguments;
    *made = none();
    return QUELL_OK;
}

static bool is_zero(struct quell_value value)
{
    switch ((enum quell_type)value.type) {
    case QUELL_NULL:
        return true;
    case QUELL_BOOL:
        return !value.as.boolean;
    case QUELL_INT:
    case QUELL_UINT:
        return value.as.natural == 0;
    case QUELL_DOUBLE:
        return !(value_real(value) < 0) && !(value_real(value) > 0);
    case QUELL_STRING:
    case QUELL_BYTES:
    case QUELL_LIST:
    case QUELL_MAP:
    case QUELL_OPTIONAL:
        return value.len == 0;
    case QUELL_TIME:
    case QUELL_DURATION:
        return value.as.integer == 0 && value.len == 0;
    case QUELL_TYPE:
    case QUELL_UNKNOWN:
    case QUELL_IP:
    case QUELL_CIDR:
        break;
    }
    return false;
}

enum quell_code cel_optional_of_non_zero(struct evaluation *e, const struct node *node,
                                         const struct quell_value *arguments,
                                         struct quell_value *made)
{
    if (!is_zero(arguments[0]))
        return evaluation_optional(e, node, arguments[0], made);
    *made = none();
    return QUELL_OK;
}

enum quell_code cel_optional_has_value(struct evaluation *e, const struct node *node,
                                       const struct quell_value *arguments,
                                       struct quell_value *made)
{
    (void)e;
    (void)node;
    *made = quell_bool(arguments[0].len > 0);
    return QUELL_OK;
}

enum quell_code cel_optional_value(struct evaluation *e, const struct node *node,
                                   const struct quell_value *arguments, struct quell_value *made)
{
    if (!arguments[0].len) {
        (void)evaluation_fail(e, node, "this optional has no value");
        return evaluation_help(e, "write .orValue(...) to say what counts then");
    }
    *made = arguments[0].as.items[0];
    return QUELL_OK;
}

enum quell_code cel_optional_unwrap(struct evaluation *e, const struct node *node,
                                    const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_value list = arguments[0];
    struct quell_value *items = evaluation_take(e, node, list.len * sizeof(*items));
    size_t count = 0;
    if (!items)
        return QUELL_LIMIT;
    for (size_t i = 0; i < list.len; i++) {
        struct quell_value item = list.as.items[i];
        if (item.type == QUELL_UNKNOWN) {
            *made = item;
            return QUELL_OK;
        }
        if (item.type != QUELL_OPTIONAL)
            return evaluation_fail(e, node, "item %zu of the list is %s, not an optional", i,
                                   type_with_article(item));
        if (item.len)
            items[count++] = evaluation_held(item);
    }
    *made = quell_list(items, count);
    return evaluation_charge(e, node, list.len / 4);
}

/* The receiver of a macro: an optional, or an unknown. */
static enum quell_code receiver(struct evaluation *e, const struct node *node,
                                struct quell_value *value)
{
    enum quell_code code = evaluation_value(e, node->kids[0], value);
    if (code || value->type == QUELL_OPTIONAL || value->type == QUELL_UNKNOWN)
        return code;
    (void)evaluation_fail(e, node, "%s has no function `%.*s`: it is no optional",
                          type_with_article(*value), QUELL_ARG(node->name));
    return evaluation_help(e, "`.?field` and `[?key]` give optionals");
}

static enum quell_code must_be_optional(struct evaluation *e, const struct node *node,
                                        struct quell_value value)
{
    if (value.type == QUELL_OPTIONAL || value.type == QUELL_UNKNOWN)
        return QUELL_OK;
    return evaluation_fail_at(e, node->whole, "this must be an optional, not %s",
                              type_with_article(value));
}

enum quell_code cel_optional_or(struct evaluation *e, const struct node *node,
                                struct quell_value *made)
{
    enum quell_code code = receiver(e, node, made);
    if (code || made->type == QUELL_UNKNOWN || made->len)
        return code;
    code = evaluation_value(e, node->kids[1], made);
    return code ? code : must_be_optional(e, node->kids[1], *made);
}

enum quell_code cel_optional_or_value(struct evaluation *e, const struct node *node,
                                      struct quell_value *made)
{
    struct quell_value optional;
    enum quell_code code = receiver(e, node, &optional);
    if (code)
        return code;
    if (optional.type == QUELL_OPTIONAL && !optional.len)
        return evaluation_value(e, node->kids[1], made);
    *made = optional.type == QUELL_UNKNOWN ? optional : evaluation_held(optional);
    return QUELL_OK;
}

/* Binds the value and evaluates the body; *known is false when *made is the answer already. */
static enum quell_code body(struct evaluation *e, const struct node *node, bool *known,
                            struct quell_value *made)
{
    enum quell_code code = receiver(e, node, made);
    if (code || made->type == QUELL_UNKNOWN || !made->len)
        return code;
    evaluation_bind(e, node->slot, evaluation_held(*made));
    code = evaluation_value(e, node->kids[1], made);
    *known = !code && made->type != QUELL_UNKNOWN;
    return code;
}

enum quell_code cel_optional_map(struct evaluation *e, const struct node *node,
                                 struct quell_value *made)
{
    bool known = false;
    enum quell_code code = body(e, node, &known, made);
    return known ? evaluation_optional(e, node, *made, made) : code;
}

enum quell_code cel_optional_flat_map(struct evaluation *e, const struct node *node,
                                      struct quell_value *made)
{
    bool known = false;
    enum quell_code code = body(e, node, &known, made);
    return known ? must_be_optional(e, node->kids[1], *made) : code;
}
