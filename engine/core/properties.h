/*
 * properties.h - proves what a test claims of all paths of a plan: sentences of the forms in
 * properties.def. Nothing is sampled: the graph of the paths is walked together with what the claim
 * has to remember, so that also paths that were followed once only count.
 */
#ifndef CORE_PROPERTIES_H
#define CORE_PROPERTIES_H

#include "core/plan.h"

struct property_form {
    const char *sentence, *example, *doc;
};
const struct property_form *property_forms(size_t *count);

enum property_verdict {
    PROPERTY_PROVED,
    PROPERTY_REFUTED,
    PROPERTY_OPEN, /* the plan is not complete: its limit was reached, and nothing refutes it yet */
};
const char *property_verdict_name(enum property_verdict verdict); /* "not proved" */

struct property_result {
    enum property_verdict verdict;
    struct quell_str why;    /* one sentence, unless it is proved */
    size_t needs;            /* refuted: by so many of the path's suppositions, the first ones */
    struct quell_value path; /* refuted: the path with the fewest suppositions, as plans show
                                paths; else null */
};

/* Everything lives in the plan's arena. QUELL_INVALID: the sentence has none of the forms (the
 * message names the nearest; property_forms has them all), or no connector has such an action. */
enum quell_code property_prove(struct plan *plan, struct quell_str sentence,
                               struct property_result *result,
                               struct quell_error *err) QUELL_MUST_CHECK;

#endif
