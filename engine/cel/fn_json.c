/*
 * fn_json.c - values to JSON text and back. Their rows are in fn_json.def.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "cel/evaluation.h"
#include "cel/text.h"
#include "value/json.h"
#include "value/value.h"

/* Reading costs a step for so many bytes of text. */
enum { READ_BYTES_A_STEP = 32 };

static enum quell_code encode(struct evaluation *e, const struct node *node,
                              struct quell_value value, enum json_style style,
                              struct quell_value *made)
{
    struct buf out = {.size_max = EVALUATION_BUILT};
    size_t left = LIMIT_CEL_TEXT_BYTES;
    enum quell_code code;
    if (!text_fits(value, &left))
        return evaluation_limit(e, node, "this value is too large or too deep for a JSON text");
    *made = quell_null();
    text_unknown(value, made);
    if (made->type == QUELL_UNKNOWN)
        return QUELL_OK;
    json_write(&out, value, (enum json_style)(style | JSON_SECRETS));
    code = evaluation_built(e, node, &out, made);
    if (!code)
        *made = value_masked_as(*made, value);
    return code;
}

enum quell_code cel_json_encode(struct evaluation *e, const struct node *node,
                                const struct quell_value *arguments, struct quell_value *made)
{
    return encode(e, node, arguments[0], JSON_COMPACT, made);
}

enum quell_code cel_json_pretty(struct evaluation *e, const struct node *node,
                                const struct quell_value *arguments, struct quell_value *made)
{
    return encode(e, node, arguments[0], JSON_PRETTY, made);
}

enum quell_code cel_json_decode(struct evaluation *e, const struct node *node,
                                const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_error err = {0};
    struct quell_value value = quell_null();
    enum quell_code code = evaluation_charge(e, node, arguments[0].len / READ_BYTES_A_STEP);
    if (code)
        return code;
    code = json_read(e->arena, quell_str(arguments[0]), LIMIT_CEL_TEXT_BYTES, &value, NULL, &err);
    if (code == QUELL_LIMIT)
        return evaluation_limit(e, node, "%s", err.message);
    if (code)
        return evaluation_fail(e, node, "this text is no JSON: %s", err.message);
    if (!evaluation_take(e, node, 0)) /* the reader asks the arena itself */
        return QUELL_LIMIT;
    *made = value_masked_as(value, arguments[0]);
    return QUELL_OK;
}
