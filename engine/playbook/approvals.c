/*
 * approvals.c - disrupting steps that nobody approves, where the workspace wants that somebody
 * does. The rule comes from its policy, which this folder does not know.
 */
#include "playbook/load.h"

struct wanted {
    const struct playbook *playbook;
    playbook_wants_fn *wants;
    const void *user;
    struct diag_list *diags;
};

static void check_list(const struct wanted *wanted, const struct step_list *list, bool approved);

static void tell(const struct wanted *wanted, const struct step *step)
{
    struct diag *diag =
        diag_add(wanted->diags, lints[LINT_UNAPPROVED].code, lints[LINT_UNAPPROVED].severity,
                 step->uses_place, "nobody approves `%.*s`, and the workspace wants that",
                 QUELL_ARG(step->uses));
    diag->note =
        QUELL_STR("`policy: { disrupts: { require: approve } }` stands above the playbook");
    diag->help = QUELL_STR("write `approve: { by: ..., within: 1h }` on the step or a block around "
                           "it, or name the playbook under `except` of the policy");
}

static void check_step(const struct wanted *wanted, const struct step *step, bool approved)
{
    size_t i;
    approved = approved || step->approve != NULL;
    if (!approved && step->kind == STEP_USES && step->action->effect == QUELL_DISRUPTS &&
        wanted->wants(wanted->user, wanted->playbook->id, step->uses))
        tell(wanted, step);
    check_list(wanted, &step->steps, approved);
    check_list(wanted, &step->otherwise, approved);
    for (i = 0; i < step->lane_count; i++)
        check_list(wanted, &step->lanes[i].steps, approved);
    check_list(wanted, &step->on_error_steps, approved);
}

static void check_list(const struct wanted *wanted, const struct step_list *list, bool approved)
{
    size_t i;
    for (i = 0; i < list->count; i++)
        check_step(wanted, list->items[i], approved);
}

void playbook_check_approvals(const struct playbook *playbook, playbook_wants_fn *wants,
                              const void *user, struct diag_list *diags)
{
    struct wanted wanted = {playbook, wants, user, diags};
    check_list(&wanted, &playbook->steps, false);
    check_list(&wanted, &playbook->on_failure, false);
    check_list(&wanted, &playbook->finally, false);
}
