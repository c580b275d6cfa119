/*
 * advice.h - what is wrong with an operand that can be used: for the author, not for a match.
 */
#ifndef MATCH_ADVICE_H
#define MATCH_ADVICE_H

#include "base/diag.h"
#include "match/regex.h"

struct yaml_node;

/* Adds warnings: the pattern can never match (QL211), or there are texts on which it takes so long
 * that a trigger would be undetermined (QL401). `node` is the scalar that holds it. */
void regex_advise(struct diag_list *diags, const struct yaml_node *node, const struct regex *regex);

/* Adds a warning (QL210) when a condition on a title asks for words that Defender rewrites as
 * alerts join an incident. */
void title_advise(struct diag_list *diags, const struct yaml_node *node);

#endif
