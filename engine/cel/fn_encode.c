/*
 * fn_encode.c - the extension `encoders`: Base64. Its rows are in fn_encode.def.
 */
#include "base/digest.h"
#include "base/limits.h"
#include "cel/function.h"
#include "value/value.h"

enum { BYTES_A_STEP = 64 };

enum quell_code cel_base64_encode(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_str data = quell_str(arguments[0]);
    enum quell_code code = evaluation_charge(e, node, data.len / BYTES_A_STEP);
    if (code)
        return code;
    if (data.len > LIMIT_CEL_TEXT_BYTES / 4 * 3)
        return evaluation_limit(e, node, "this text would be longer than %d KiB",
                                LIMIT_CEL_TEXT_BYTES / 1024);
    code = evaluation_room(e, node, data.len / 3 * 4 + 8);
    if (!code)
        *made = quell_string(digest_base64(evaluation_arena(e), data));
    return code;
}

enum quell_code cel_base64_decode(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_str text = quell_str(arguments[0]), bytes;
    enum quell_code code = evaluation_charge(e, node, text.len / BYTES_A_STEP);
    if (!code)
        code = evaluation_room(e, node, text.len);
    if (code)
        return code;
    if (!digest_from_base64(evaluation_arena(e), text, &bytes))
        return evaluation_fail(e, node, "this text is not Base64");
    *made = value_bytes(bytes);
    return QUELL_OK;
}
