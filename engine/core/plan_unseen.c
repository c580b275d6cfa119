/*
 * plan_unseen.c - calls that a run may make and the graph of its plan does not have: those of the
 * playbooks that it calls, and those of iterations of a `while` that were not followed.
 */
#include "base/str.h"
#include "core/plan.h"
#include "value/value.h"

bool plan_names(struct quell_str uses, struct quell_str name)
{
    if (str_ends(name, QUELL_STR(".*")))
        return str_starts(uses, str_slice(name, 0, name.len - 1));
    return uses.len && quell_str_equal(uses, name);
}

bool plan_is_inside(struct quell_str path, struct quell_str gate)
{
    if (!str_starts(path, gate))
        return false;
    return path.len == gate.len || path.data[gate.len] == '.' || path.data[gate.len] == '[';
}

static bool concerns(const struct plan_unseen *unseen, struct quell_str uses, bool disrupts)
{
    if (unseen->disrupts)
        return disrupts;
    return plan_names(uses, unseen->a) || plan_names(uses, unseen->b);
}

/* Calls of a called playbook, by its plan, and of those that it calls in its turn. */
static bool calls_below(const struct plan_unseen *unseen, struct quell_value document)
{
    struct quell_value calls = quell_get(document, "calls"), called = quell_get(document, "called");
    size_t i;

    for (i = 0; i < quell_count(calls); i++) {
        struct quell_value call = quell_at(calls, i);
        if (concerns(unseen, quell_get_str(call, "action"),
                     quell_text_is(quell_get(call, "effect"), "disrupts")))
            return true;
    }
    for (i = 0; i < quell_count(called); i++) {
        struct quell_value nested = quell_get(quell_at(called, i), "plan");
        bool here =
            !quell_is_null(nested) || !quell_is_null(quell_get(quell_at(called, i), "error"));
        if (!here || calls_below(unseen, nested))
            return true;
    }
    return false;
}

struct quell_str plan_unseen_called(const struct plan_unseen *unseen)
{
    const struct plan *plan = unseen->plan;
    size_t i;

    for (i = 0; i < plan->child_count; i++) {
        const struct plan_child *child = &plan->children[i];
        bool here = !quell_is_null(child->document) ||
                    !quell_text_is(quell_get(child->end, "status"), "succeeded");
        if (!here || calls_below(unseen, child->document))
            return child->playbook;
    }
    return QUELL_STR("");
}

bool plan_unseen_repeated(const struct plan_unseen *unseen)
{
    const struct plan *plan = unseen->plan;
    size_t i, k;

    for (i = 0; i < plan->node_count; i++) {
        const struct plan_node *node = &plan->nodes[i];
        if (!node->step || node->step->kind != STEP_WHILE || node->step->max <= RUN_PLAN_ITERATIONS)
            continue;
        for (k = 0; k < plan->call_count; k++)
            if (plan_is_inside(plan->calls[k].path, node->question.path) &&
                concerns(unseen, plan->calls[k].step->uses, plan->calls[k].step->disrupts))
                return true;
    }
    return false;
}
