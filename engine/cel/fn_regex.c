/*
 * fn_regex.c - matches(). Its rows are in fn_regex.def.
 */
#include "base/limits.h"
#include "cel/evaluation.h"
#include "cel/regex.h"

/* A step of the evaluation is worth so many of the matcher's: 100,000 of them are some 40 ms [M].
 * Compiling costs as much as five hundred visits, beginning a search as twenty. */
enum { MATCHER_STEPS = 30, COMPILE_STEPS = 500, SEARCH_STEPS = 20 };

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
    struct quell_str text = quell_str(arguments[0]);
    size_t work;
    bool found = false;
    enum quell_code code = pattern_of(e, node, arguments[1], &regex);
    if (!code)
        code = evaluation_charge(e, node, SEARCH_STEPS);
    if (code)
        return code;
    if (text.len > LIMIT_MATCH_FIELD_BYTES)
        return evaluation_limit(e, node, "matches() looks at texts of %d bytes at most",
                                LIMIT_MATCH_FIELD_BYTES);
    work = e->steps * MATCHER_STEPS;
    code = regex_search(regex, text, &e->regex_memory, &work, &found);
    e->steps = work / MATCHER_STEPS;
    if (code == QUELL_LIMIT)
        return evaluation_limit(e, node, "this pattern costs too much on this text");
    if (code)
        return evaluation_fail(e, node, "this text is not valid UTF-8");
    *made = quell_bool(found);
    return QUELL_OK;
}
