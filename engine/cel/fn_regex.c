/*
 * fn_regex.c - matches(). Its rows are in fn_regex.def.
 */
#include "base/limits.h"
#include "cel/evaluation.h"
#include "cel/regex.h"

/* A search costs about fifty visits; compiling, as much as five hundred. */
enum { SEARCH_STEPS = 50, COMPILE_STEPS = 500 };

/* The compiled pattern: from the parser, from the last call, or made now. */
static enum quell_code pattern_of(struct evaluation *e, const struct node *node,
                                  struct quell_value pattern, const struct cel_regex **regex)
{
    enum quell_code code = QUELL_OK;
    if (node->regex) {
        *regex = node->regex;
        return QUELL_OK;
    }
    if (!e->regex || !quell_str_equal(e->pattern, quell_str(pattern))) {
        code = evaluation_charge(e, node, COMPILE_STEPS);
        if (!code && !evaluation_take(e, node, 0))
            code = QUELL_LIMIT;
        if (code)
            return code;
        e->trouble.missing = false;
        code = regex_compile(e->arena, quell_str(pattern), node->kids[1]->whole, &e->regex,
                             &e->trouble.fault);
        e->pattern = quell_str(pattern);
    }
    if (!code)
        *regex = e->regex;
    else
        e->regex = NULL;
    return code;
}

enum quell_code cel_regex_matches(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    const struct cel_regex *regex = NULL;
    bool found = false;
    enum quell_code code = pattern_of(e, node, arguments[1], &regex);
    if (!code)
        code = evaluation_charge(e, node, SEARCH_STEPS + arguments[0].len / 16);
    if (code)
        return code;
    if (arguments[0].len > LIMIT_MATCH_FIELD_BYTES)
        return evaluation_limit(e, node, "matches() looks at texts of %d bytes at most",
                                LIMIT_MATCH_FIELD_BYTES);
    if (regex_search(regex, quell_str(arguments[0]), &e->regex_memory, &found))
        return evaluation_limit(e, node, "this pattern takes too long on this text");
    *made = quell_bool(found);
    return QUELL_OK;
}
