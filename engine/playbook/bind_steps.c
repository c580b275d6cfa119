/*
 * bind_steps.c - references to results, `steps.<id>`: is the step there, has it ended, has it
 * succeeded for certain, and does its action give what is read?
 */
#include "playbook/bind.h"

#include "base/arena.h"
#include "base/str.h"

/* ---- steps -------------------------------------------------------------------------------------
 */

static void report_no_step(const struct binding *binding, const struct cel_reference *ref)
{
    struct loader *loader = binding->loader;
    struct quell_str *names = arena_array(loader->arena, struct quell_str, loader->outline_count);
    struct quell_str known = {"", 0};
    struct diag *diag;
    size_t i, count = 0;
    for (i = 0; i < loader->outline_count; i++)
        if (loader->outline[i].id.len)
            names[count++] = loader->outline[i].id;
    diag = report(loader, UNKNOWN_REFERENCE, bind_place(binding, ref->places[0]),
                  "there is no step `%.*s`", QUELL_ARG(ref->path[0]));
    for (i = 0; i < count && i < 8; i++)
        known = diag_format(loader->diags, "%.*s%s%.*s", QUELL_ARG(known), i ? ", " : "",
                            QUELL_ARG(names[i]));
    if (count)
        diag->note = diag_format(loader->diags, "steps with an id: %.*s%s", QUELL_ARG(known),
                                 count > 8 ? " ..." : "");
    bind_suggest(binding, diag, str_nearest(ref->path[0], names, count));
}

bool bind_comes_again(const struct binding *binding, size_t step)
{
    const struct loader *loader = binding->loader;
    size_t up = step, at = binding->here.step;
    enum branch branch = BRANCH_STEPS;
    if (at != NO_STEP && outline_inside(loader, at, step, &branch))
        return false; /* it has begun anew */
    /* A step that is a loop itself stands in the one around it. */
    do {
        branch = loader->outline[up].branch;
        up = loader->outline[up].parent;
    } while (up != NO_STEP && !loader->outline[up].loop);
    if (up == NO_STEP || !loader->outline[up].repeats || branch != BRANCH_STEPS)
        return false;
    if (up == at)
        return binding->here.where == WHERE_AGAIN;
    return outline_inside(loader, at, up, &branch) && branch == BRANCH_STEPS;
}

/* Two branches of a `parallel` do not wait for each other. */
static bool races(const struct binding *binding, size_t step)
{
    size_t of_a, of_b, fork = outline_fork(binding->loader, step, binding->here.step, &of_a, &of_b);
    const struct outline *outline = binding->loader->outline;
    return fork != NO_STEP && outline[fork].parallel && outline[of_a].branch == BRANCH_LANE &&
           outline[of_b].branch == BRANCH_LANE;
}

bool bind_race(const struct binding *binding, const struct cel_reference *ref, size_t step)
{
    struct diag *diag;
    if (!races(binding, step))
        return false;
    diag = report(binding->loader, RACE, bind_place(binding, ref->places[0]),
                  "`%.*s.%.*s` belongs to a branch that runs at the same time",
                  QUELL_ARG(ref->root), QUELL_ARG(ref->path[0]));
    diag->label = QUELL_STR("it may be there or not when this is read");
    diag->help = QUELL_STR("read it behind the `parallel`, or put both into one branch");
    return true;
}

static bool is_main_step(const struct loader *loader, size_t step)
{
    while (loader->outline[step].parent != NO_STEP)
        step = loader->outline[step].parent;
    return loader->outline[step].branch == BRANCH_STEPS;
}

/* Whether a step has been there when the run is at `here`; says why not. */
static bool check_order(const struct binding *binding, const struct cel_reference *ref, size_t step)
{
    struct loader *loader = binding->loader;
    size_t at = binding->here.step;
    struct quell_str id = ref->path[0];
    struct place place = bind_place(binding, ref->places[0]);
    enum branch branch = BRANCH_STEPS;
    struct diag *diag;
    if (bind_race(binding, ref, step))
        return false;
    if (bind_comes_again(binding, step))
        return true;
    if (at == NO_STEP && !is_main_step(loader, step)) {
        diag =
            report(loader, UNKNOWN_REFERENCE, place,
                   "the step `%.*s` does not run before the outputs are computed", QUELL_ARG(id));
        diag->help = QUELL_STR("read only what stands under `steps`");
        return false;
    }
    if (step == at) {
        report(loader, NOT_PROVEN, place, "the step `%.*s` reads its own result", QUELL_ARG(id));
        return false;
    }
    if (step > at) {
        diag = report(loader, NOT_PROVEN, place, "the step `%.*s` comes later", QUELL_ARG(id));
        diag->help = QUELL_STR("read only steps that stand above");
        return false;
    }
    if (outline_inside(loader, at, step, &branch) && branch != BRANCH_ON_ERROR &&
        branch != BRANCH_UNDO) {
        report(loader, NOT_PROVEN, place, "the step `%.*s` is still running here", QUELL_ARG(id));
        return false;
    }
    if (prove_visible(loader, step, at))
        return true;
    diag = report(loader, UNKNOWN_REFERENCE, place,
                  "`%.*s` is a step of a loop, with a result for each item", QUELL_ARG(id));
    diag->help = diag_format(
        loader->diags, "read the loop's list: `steps.<loop>.output.map(i, i.steps.%.*s.status)`",
        QUELL_ARG(id));
    return false;
}

struct guard_search {
    struct quell_str id;
    bool found;
};

static void find_guard(const struct cel_reference *ref, void *user)
{
    struct guard_search *search = user;
    if (str_is(ref->root, "steps") && ref->count && quell_str_equal(ref->path[0], search->id) &&
        (ref->optional || (ref->count > 1 && str_is(ref->path[1], "status"))))
        search->found = true;
}

/* An expression that looks at the status itself is trusted to mean it. */
static bool looks_itself(const struct binding *binding, struct quell_str id)
{
    struct guard_search search = {id, false};
    cel_references(binding->expr, find_guard, &search);
    return search.found;
}

static void check_proof(const struct binding *binding, const struct cel_reference *ref, size_t step)
{
    struct loader *loader = binding->loader;
    size_t at = binding->here.step;
    bool own = at != NO_STEP && loader->outline[at].step &&
               loader->outline[at].step->condition.expr &&
               loader->outline[at].step->condition.expr != binding->expr;
    enum branch branch = BRANCH_STEPS;
    struct diag *diag;
    if (outline_inside(loader, at, step, &branch) && branch == BRANCH_UNDO)
        return; /* only what succeeded is taken back */
    if (ref->optional || prove_ran(loader, step, at) || looks_itself(binding, ref->path[0]) ||
        prove_guarded(loader, ref->path[0], at, own) || prove_left(loader, step, at))
        return;
    diag = report(loader, NOT_PROVEN, bind_place(binding, ref->places[1]),
                  "`%.*s` may not have run, so it may have no output", QUELL_ARG(ref->path[0]));
    diag->help =
        diag_format(loader->diags,
                    "write `steps.%.*s.?output`, with `orValue(...)` behind it, or ask for "
                    "`steps.%.*s.status == 'succeeded'` in an `if` around it",
                    QUELL_ARG(ref->path[0]), QUELL_ARG(ref->path[0]));
}

static const struct quell_field item_fields[] = {
    {.name = "item", .doc = "the item"},
    {.name = "index", .doc = "its place in the list, from 0"},
    {.name = "status", .doc = "how its steps ended"},
    {.name = "steps", .doc = "what its steps gave"},
    {.name = "vars", .doc = "what `set` named in it"},
    {.name = NULL}};

static const struct quell_field iteration_fields[] = {
    {.name = "index", .doc = "0, 1, 2 ..."},
    {.name = "status", .doc = "how its steps ended"},
    {.name = "steps", .doc = "what its steps gave"},
    {.name = "vars", .doc = "what `set` named in it"},
    {.name = NULL}};

static const struct quell_field detached_fields[] = {
    {.name = "run", .type = QUELL_FIELD_STRING, .doc = "id of the run that was started"},
    {.name = NULL}};

static void report_list(const struct binding *binding, const struct cel_reference *ref,
                        struct quell_str owner, bool items)
{
    struct diag_list *diags = binding->loader->diags;
    bool of_item = fields_find(items ? item_fields : iteration_fields, ref->path[2]) != NULL;
    struct diag *diag =
        report(binding->loader, UNKNOWN_REFERENCE, bind_place(binding, ref->places[2]),
               "`%.*s` is a list", QUELL_ARG(owner));
    diag->note =
        items ? QUELL_STR("each of its items has `item`, `index`, `status`, `steps` and `vars`")
              : QUELL_STR("each of its iterations has `index`, `status`, `steps` and `vars`");
    diag->help = diag_format(diags, "write `%.*s.map(i, i.%.*s)`", QUELL_ARG(owner),
                             QUELL_ARG(of_item ? ref->path[2]
                                       : items ? QUELL_STR("item")
                                               : QUELL_STR("steps")));
}

/* What a form asks for. */
static bool check_answer(const struct binding *binding, const struct cel_reference *ref,
                         const struct step_ask *ask)
{
    struct loader *loader = binding->loader;
    struct quell_str *names = arena_array(loader->arena, struct quell_str, ask->form_count + 1);
    struct diag *diag;
    size_t i;
    if (ref->count < 3)
        return true;
    for (i = 0; i < ask->form_count; i++) {
        names[i] = ask->form[i].name;
        if (quell_str_equal(names[i], ref->path[2]))
            return true;
    }
    diag = report(loader, UNKNOWN_REFERENCE, bind_place(binding, ref->places[2]),
                  "the form of `%.*s` has no field `%.*s`", QUELL_ARG(ref->path[0]),
                  QUELL_ARG(ref->path[2]));
    bind_suggest(binding, diag, str_nearest(ref->path[2], names, ask->form_count));
    return false;
}

/* Whether the output is there and has what is read from it. */
static bool check_output(const struct binding *binding, const struct cel_reference *ref,
                         const struct step *step)
{
    struct loader *loader = binding->loader;
    const struct quell_field *outputs = step->poll     ? step->poll->outputs
                                        : step->action ? step->action->outputs
                                                       : NULL;
    struct quell_str owner =
        diag_format(loader->diags, "steps.%.*s.output", QUELL_ARG(ref->path[0]));
    struct diag *diag;
    if (step->kind == STEP_USES)
        return !outputs || !outputs[0].name || !bind_fields(binding, ref, outputs, 2, owner);
    if (step->ask)
        return check_answer(binding, ref, step->ask);
    if (step->wait && step->wait->event)
        return !bind_fields(binding, ref,
                            awaited_fields(loader, outline_named(loader, ref->path[0])), 2, owner);
    if (step->kind == STEP_FOR_EACH || step->kind == STEP_WHILE) {
        if (ref->count > 2)
            report_list(binding, ref, owner, step->kind == STEP_FOR_EACH);
        return ref->count == 2;
    }
    if (step->kind == STEP_CALL && step->detach)
        return !bind_fields(binding, ref, detached_fields, 2, owner);
    if (step->kind == STEP_CALL && ref->count > 2) { /* judged with the playbook: set.c */
        grow(loader, loader->reads, loader->read_count, loader->read_cap);
        loader->reads[loader->read_count++] =
            (struct playbook_read){step, ref->path[2], bind_place(binding, ref->places[2])};
    }
    if (step->kind == STEP_CALL)
        return true;
    diag = report(loader, UNKNOWN_REFERENCE, bind_place(binding, ref->places[1]),
                  "`%.*s` has no output", QUELL_ARG(ref->path[0]));
    diag->help = step->kind == STEP_SET ? QUELL_STR("what it sets is read as `vars.<name>`")
                                        : QUELL_STR("read the steps inside it by their own ids");
    return false;
}

void bind_steps(const struct binding *binding, const struct cel_reference *ref)
{
    struct loader *loader = binding->loader;
    size_t i, step = ref->count ? outline_named(loader, ref->path[0]) : NO_STEP;
    const struct step *loaded;
    if (!ref->count) {
        loader->playbook->reads_all = true;
        return;
    }
    for (i = 0; step == NO_STEP && i < loader->foreign_count; i++)
        if (quell_str_equal(loader->foreign[i], ref->path[0]))
            return;
    if (step == NO_STEP) {
        report_no_step(binding, ref);
        return;
    }
    loader->outline[step].read = true;
    if (ref->count < 2 || str_is(ref->path[1], "status"))
        loader->outline[step].status_read = true;
    loaded = loader->outline[step].step;
    if (!check_order(binding, ref, step) || ref->count < 2 || loader->outline[step].later)
        return;
    if (!fields_find(playbook_step_fields, ref->path[1])) {
        struct diag *diag =
            bind_fields(binding, ref, playbook_step_fields, 1,
                        diag_format(loader->diags, "steps.%.*s", QUELL_ARG(ref->path[0])));
        if (loaded && loaded->action && loaded->action->outputs &&
            fields_find(loaded->action->outputs, ref->path[1]))
            bind_suggest(binding, diag,
                         diag_format(loader->diags, "steps.%.*s.output.%.*s",
                                     QUELL_ARG(ref->path[0]), QUELL_ARG(ref->path[1])));
        return;
    }
    if (!str_is(ref->path[1], "output")) {
        (void)bind_fields(binding, ref, playbook_step_fields, 1, ref->root);
        return;
    }
    if (!loaded || check_output(binding, ref, loaded))
        check_proof(binding, ref, step);
}
