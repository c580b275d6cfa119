/*
 * bind.c - the names in expressions: which roots there are at a place, and whether what is read
 * from them exists there.
 *
 * A name that is wrong is pointed at inside the author's own text; the nearest right one is
 * offered. What cannot be known before a run (config, lists, raw data) is not judged.
 */
#include "playbook/types.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"

struct place bind_place(const struct binding *binding, struct place inside)
{
    return yaml_place_inside(binding->loader->diags->text, binding->scalar,
                             binding->offset + inside.offset, inside.len);
}

void bind_suggest(const struct binding *binding, struct diag *diag, struct quell_str nearest)
{
    if (nearest.len)
        diag_suggest(binding->loader->diags, diag, nearest);
}

/* ---- fields ------------------------------------------------------------------------------------
 */

struct diag *bind_fields(const struct binding *binding, const struct cel_reference *ref,
                         const struct quell_field *table, size_t from, struct quell_str owner)
{
    for (; table && from < ref->count; from++) {
        const struct quell_field *field = fields_find(table, ref->path[from]);
        struct diag *diag;
        if (field && (field->flags & PLAYBOOK_LATER))
            return report(binding->loader, LATER, bind_place(binding, ref->places[from]),
                          "`%.*s.%s` is not supported yet", QUELL_ARG(owner), field->name);
        if (field) {
            table = field->type == QUELL_FIELD_OBJECT ? field->fields : NULL;
            owner = diag_format(binding->loader->diags, "%.*s.%s", QUELL_ARG(owner), field->name);
            continue;
        }
        diag = report(binding->loader, UNKNOWN_REFERENCE, bind_place(binding, ref->places[from]),
                      "`%.*s` has no field `%.*s`", QUELL_ARG(owner), QUELL_ARG(ref->path[from]));
        bind_suggest(binding, diag, fields_nearest(table, ref->path[from]));
        return diag;
    }
    return NULL;
}

static void check_incident(const struct binding *binding, const struct cel_reference *ref)
{
    (void)bind_fields(binding, ref, binding->loader->incident_fields, 0, ref->root);
}

static void check_run(const struct binding *binding, const struct cel_reference *ref)
{
    if (ref->count && str_is(ref->path[0], "last_success_at"))
        binding->loader->playbook->start.asks_last_success = true;
    (void)bind_fields(binding, ref, playbook_run_fields, 0, ref->root);
}

static void check_self(const struct binding *binding, const struct cel_reference *ref)
{
    (void)bind_fields(binding, ref, playbook_self_fields, 0, ref->root);
}

static void check_inputs(const struct binding *binding, const struct cel_reference *ref)
{
    struct loader *loader = binding->loader;
    const struct playbook *playbook = loader->playbook;
    struct quell_str *names = arena_array(loader->arena, struct quell_str, playbook->input_count);
    struct diag *diag;
    size_t i;
    if (!ref->count || !loader->inputs_known)
        return;
    for (i = 0; i < playbook->input_count; i++) {
        names[i] = playbook->inputs[i].name;
        if (quell_str_equal(names[i], ref->path[0]))
            return;
    }
    diag = report(loader, UNKNOWN_REFERENCE, bind_place(binding, ref->places[0]),
                  "there is no input `%.*s`", QUELL_ARG(ref->path[0]));
    diag->help = QUELL_STR("name it under `inputs:`");
    bind_suggest(binding, diag, str_nearest(ref->path[0], names, playbook->input_count));
}

static void check_alert(const struct binding *binding, const struct cel_reference *ref)
{
    (void)bind_fields(binding, ref, alert_fields(binding->loader), 0, ref->root);
}

/* What a call and its companion gave. */
static void check_looked(const struct binding *binding, const struct cel_reference *ref)
{
    const struct step *step = binding->loader->outline[binding->here.step].step;
    if (step && step->poll && step->poll->outputs)
        (void)bind_fields(binding, ref, step->poll->outputs, 0, ref->root);
}

/* What a step waits for has the fields of its kind; elsewhere it is what the trigger brought. */
static void check_event(const struct binding *binding, const struct cel_reference *ref)
{
    const struct loader *loader = binding->loader;
    bool waited = binding->here.where == WHERE_EVENT;
    (void)bind_fields(binding, ref,
                      waited ? awaited_fields(loader, binding->here.step) : loader->event_fields, 0,
                      ref->root);
}

static void check_error(const struct binding *binding, const struct cel_reference *ref)
{
    const struct loader *loader = binding->loader;
    size_t at = binding->here.step;
    for (; at != NO_STEP; at = loader->outline[at].parent) {
        enum branch branch = loader->outline[at].branch;
        if (branch == BRANCH_ON_ERROR || branch == BRANCH_ON_FAILURE) {
            (void)bind_fields(binding, ref, playbook_error_fields, 0, ref->root);
            return;
        }
    }
    report(binding->loader, UNKNOWN_REFERENCE, bind_place(binding, ref->place),
           "`error` is known only in the steps of `on-error` and `on-failure`");
}

/* ---- vars --------------------------------------------------------------------------------------
 */

/* Otherwise a loop hides what it sets. */
static bool comes_later(const struct binding *binding, size_t step)
{
    return step == NO_STEP || step >= binding->here.step;
}

static void report_unset(const struct binding *binding, const struct cel_reference *ref)
{
    struct loader *loader = binding->loader;
    struct quell_str *names = arena_array(loader->arena, struct quell_str, loader->var_count);
    struct diag *diag = report(loader, UNKNOWN_REFERENCE, bind_place(binding, ref->places[0]),
                               "no var `%.*s` is set before this", QUELL_ARG(ref->path[0]));
    size_t i;
    diag->help = binding->here.where == WHERE_VARS
                     ? QUELL_STR("a var may use those that stand above it")
                     : QUELL_STR("`vars`, or a `set` step above, gives it a value");
    for (i = 0; i < loader->var_count; i++) {
        names[i] = loader->vars[i].name;
        if (!quell_str_equal(names[i], ref->path[0]) || comes_later(binding, loader->vars[i].step))
            continue;
        diag->note = QUELL_STR("what is set inside a loop is known inside that loop only");
        diag->help = diag_format(loader->diags,
                                 "read the loop's list: `steps.<loop>.output.map(i, i.vars)`");
        return;
    }
    bind_suggest(binding, diag, str_nearest(ref->path[0], names, loader->var_count));
}

/* Whether a step that is not loaded yet sets it, so that the iteration before may have. */
static bool set_in_iteration(const struct binding *binding, struct quell_str name)
{
    const struct loader *loader = binding->loader;
    size_t i;
    for (i = 0; i < loader->outline_count; i++) {
        const struct yaml_node *set = yaml_get(loader->outline[i].node, "set");
        if (set && quell_is(set->value, QUELL_MAP) && yaml_find(set, name) &&
            bind_comes_again(binding, i))
            return true;
    }
    return false;
}

static void check_vars(const struct binding *binding, const struct cel_reference *ref)
{
    struct loader *loader = binding->loader;
    bool found = false;
    struct diag *diag;
    size_t i;
    if (!ref->count) {
        loader->playbook->reads_all = true;
        return;
    }
    for (i = 0; i < loader->var_count; i++) {
        const struct loaded_var *var = &loader->vars[i];
        if (!quell_str_equal(var->name, ref->path[0]))
            continue;
        if (var->step == NO_STEP || bind_race(binding, ref, var->step))
            return;
        found = found || prove_visible(loader, var->step, binding->here.step);
    }
    if (!found && !set_in_iteration(binding, ref->path[0])) {
        report_unset(binding, ref);
        return;
    }
    if (ref->optional || prove_set(loader, ref->path[0], binding->here.step))
        return;
    diag = report(loader, NOT_PROVEN, bind_place(binding, ref->places[0]),
                  "`vars.%.*s` may not have been set", QUELL_ARG(ref->path[0]));
    diag->label = QUELL_STR("the step that sets it may be skipped");
    diag->help =
        diag_format(loader->diags, "write `vars.?%.*s.orValue(...)`", QUELL_ARG(ref->path[0]));
}

/* One of them runs at the most: they stand under `steps` and `else`, or in two cases. */
static bool exclude_each_other(const struct loader *loader, size_t a, size_t b)
{
    size_t of_a, of_b, fork = outline_fork(loader, a, b, &of_a, &of_b);
    if (fork == NO_STEP)
        return false;
    if (loader->outline[of_a].branch == BRANCH_LANE && loader->outline[of_b].branch == BRANCH_LANE)
        return loader->outline[fork].chooses;
    return (loader->outline[of_a].branch == BRANCH_STEPS ||
            loader->outline[of_a].branch == BRANCH_ELSE) &&
           (loader->outline[of_b].branch == BRANCH_STEPS ||
            loader->outline[of_b].branch == BRANCH_ELSE);
}

void bind_var(struct loader *loader, size_t step, const struct yaml_node *name)
{
    size_t i;
    struct quell_str text = quell_str(name->value);
    for (i = 0; i < loader->var_count; i++) {
        const struct loaded_var *var = &loader->vars[i];
        struct diag *diag;
        if (!quell_str_equal(var->name, text) ||
            (var->step != NO_STEP && (!prove_visible(loader, var->step, step) ||
                                      exclude_each_other(loader, var->step, step))))
            continue;
        diag = report(loader, REUSED, name->place, "the var `%.*s` is set twice", QUELL_ARG(text));
        diag->note = QUELL_STR("a var never changes once it is set, so that it means one thing");
        diag->help = QUELL_STR("give the new value a name of its own");
        return;
    }
    grow(loader, loader->vars, loader->var_count, loader->var_cap);
    loader->vars[loader->var_count++] = (struct loaded_var){text, step};
}

/* ---- roots -------------------------------------------------------------------------------------
 */

enum {
    IN_TRIGGER = 1 << WHERE_TRIGGER,
    IN_INPUT = 1 << WHERE_INPUT,
    IN_ALERT = 1 << WHERE_ALERT,
    IN_START = 1 << WHERE_START,
    IN_EVENT = 1 << WHERE_EVENT,
    IN_POLL = 1 << WHERE_POLL,
    IN_HOOK = 1 << WHERE_HOOK,
    IN_VARS = 1 << WHERE_VARS,
    IN_END = 1 << WHERE_END,
    IN_ANY_TRIGGER = IN_TRIGGER | IN_ALERT | IN_HOOK,
    IN_STEP = 1 << WHERE_STEP | 1 << WHERE_AGAIN | IN_EVENT | IN_POLL,
};

static const struct root {
    const char *name;
    unsigned where;
    void (*check)(const struct binding *binding, const struct cel_reference *ref);
    const char *why; /* it is refused where it is not known */
} roots[] = {
    {"incident", IN_ANY_TRIGGER | IN_START | IN_INPUT | IN_STEP | IN_VARS | IN_END, check_incident,
     NULL},
    {"inputs", IN_START | IN_STEP | IN_VARS | IN_END, check_inputs, NULL},
    {"vars", IN_STEP | IN_VARS | IN_END, check_vars, NULL},
    {"steps", IN_STEP | IN_END, bind_steps, NULL},
    {"run", IN_STEP | IN_VARS | IN_END, check_run, NULL},
    {"playbook", IN_START | IN_STEP | IN_VARS | IN_END, check_self, NULL},
    {"config", IN_ANY_TRIGGER | IN_START | IN_INPUT | IN_STEP | IN_VARS | IN_END, NULL, NULL},
    {"lists", IN_ANY_TRIGGER | IN_START | IN_INPUT | IN_STEP | IN_VARS | IN_END, NULL, NULL},
    {"error", IN_STEP, check_error, NULL},
    {"output", IN_POLL, check_looked, "it is known only in the `until` of a `poll`"},
    {"alert", IN_ALERT | IN_HOOK | IN_INPUT | IN_START | IN_STEP | IN_VARS | IN_END, check_alert,
     "it is known to playbooks with `on: alert`, or `on: webhook` with `as: alert`"},
    {"event", IN_EVENT | IN_HOOK | IN_INPUT | IN_START | IN_STEP | IN_VARS | IN_END, check_event,
     "it is known to playbooks with `on: webhook`, `on: run` or `on: schedule`, and in the `where` "
     "of a `wait` for an event"},
    {"secrets", 0, NULL, "secrets belong to connections and are never values of an expression"},
    {"env", 0, NULL, "the environment is not read by playbooks; settings are in `config`"},
};
enum { ROOTS = sizeof(roots) / sizeof(roots[0]) };

static const struct root *find_root(struct quell_str name)
{
    size_t i;
    for (i = 0; i < ROOTS; i++)
        if (str_is(name, roots[i].name))
            return &roots[i];
    return NULL;
}

/* The loop around this place whose item has the name, or NO_STEP. */
static size_t loop_named(const struct binding *binding, struct quell_str name)
{
    const struct loader *loader = binding->loader;
    size_t at = binding->here.step;
    while (at != NO_STEP) {
        enum branch branch = loader->outline[at].branch;
        at = loader->outline[at].parent;
        if (at != NO_STEP && branch == BRANCH_STEPS && loader->outline[at].loop &&
            quell_str_equal(loader->outline[at].as, name))
            return at;
    }
    return NO_STEP;
}

static bool is_loop_name(const struct binding *binding, struct quell_str name)
{
    return loop_named(binding, name) != NO_STEP;
}

/* A name that exists one level down: `isolate.status` for `steps.isolate.status`. */
static struct quell_str owner_of(const struct binding *binding, struct quell_str name)
{
    const struct loader *loader = binding->loader;
    size_t i;
    if (outline_named(loader, name) != NO_STEP)
        return diag_format(loader->diags, "steps.%.*s", QUELL_ARG(name));
    for (i = 0; i < loader->var_count; i++)
        if (quell_str_equal(loader->vars[i].name, name))
            return diag_format(loader->diags, "vars.%.*s", QUELL_ARG(name));
    for (i = 0; i < loader->playbook->input_count; i++)
        if (quell_str_equal(loader->playbook->inputs[i].name, name))
            return diag_format(loader->diags, "inputs.%.*s", QUELL_ARG(name));
    if (loader->incident_fields && fields_find(loader->incident_fields, name))
        return diag_format(loader->diags, "incident.%.*s", QUELL_ARG(name));
    return (struct quell_str){"", 0};
}

static struct quell_str nearest_root(const struct binding *binding, struct quell_str name)
{
    const struct loader *loader = binding->loader;
    struct quell_str names[ROOTS + 64];
    size_t i, count = 0, at = binding->here.step;
    for (i = 0; i < ROOTS; i++)
        if (roots[i].where & (1u << binding->here.where))
            names[count++] = quell_str_of(roots[i].name);
    for (; at != NO_STEP && count < ROOTS + 64; at = loader->outline[at].parent)
        if (loader->outline[at].loop && is_loop_name(binding, loader->outline[at].as))
            names[count++] = loader->outline[at].as;
    return str_nearest(name, names, count);
}

static void report_root(const struct binding *binding, const struct cel_reference *ref,
                        const struct root *root)
{
    struct place name = {ref->place.offset, (uint32_t)ref->root.len};
    struct diag *diag = report(binding->loader, UNKNOWN_REFERENCE, bind_place(binding, name),
                               "there is no `%.*s` here", QUELL_ARG(ref->root));
    struct quell_str owner = owner_of(binding, ref->root), loop = QUELL_STR("");
    const struct loader *loader = binding->loader;
    size_t at;
    if (root) {
        diag->note = quell_str_of(
            root->why ? root->why
            : binding->here.where == WHERE_HOOK && strcmp(root->name, "incident") == 0
                ? "what comes is an `event`; `as: incident` makes an incident of it"
            : (1u << binding->here.where) & IN_ANY_TRIGGER
                ? "a trigger is judged before a run begins"
            : binding->here.where == WHERE_START ? "it is asked before a run begins"
            : binding->here.where == WHERE_INPUT ? "defaults are filled in before a run begins"
            : binding->here.where == WHERE_VARS
                ? "`vars` are computed before the first step"
                : "`outputs` are computed when the run has succeeded");
        return;
    }
    for (at = binding->here.step; at != NO_STEP && !loop.len; at = loader->outline[at].parent)
        if (loader->outline[at].loop && is_loop_name(binding, loader->outline[at].as))
            loop = loader->outline[at].as;
    if (loop.len && ref->count) /* `device.id`, and the loop around says no `as: device` */
        diag->help = diag_format(loader->diags,
                                 "the item of the loop is `%.*s` here; `as: %.*s` names it so",
                                 QUELL_ARG(loop), QUELL_ARG(ref->root));
    else
        diag->help =
            diag_format(loader->diags, "a text stands in quotes: `'%.*s'`", QUELL_ARG(ref->root));
    bind_suggest(binding, diag, owner.len ? owner : nearest_root(binding, ref->root));
}

/* Names of types are values in CEL; a namespace is no name of its own. */
static bool is_cel_name(struct quell_str name)
{
    static const char *const types[] = {
        "bool", "bytes",  "double",    "duration",  "google",        "int",  "list",
        "map",  "string", "timestamp", "null_type", "optional_type", "type", "uint"};
    size_t i;
    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_is(name, types[i]))
            return true;
    return false;
}

/* Whether what came by a webhook is something else. */
static bool lacks_hooked(const struct loader *loader, const struct root *root)
{
    enum hook_as as = loader->playbook->start.hook->as;
    if (strcmp(root->name, "incident") == 0)
        return as == HOOK_EVENT;
    return strcmp(root->name, "alert") == 0 && as != HOOK_ALERT;
}

/* What only some triggers bring. */
static bool lacks(const struct binding *binding, const struct root *root)
{
    const struct loader *loader = binding->loader;
    if (binding->here.where == WHERE_HOOK)
        return lacks_hooked(loader, root);
    if (strcmp(root->name, "event") == 0)
        return !loader->events && binding->here.where != WHERE_EVENT;
    return strcmp(root->name, "alert") == 0 && !loader->alerts;
}

static void check_reference(const struct cel_reference *ref, void *user)
{
    const struct binding *binding = user;
    const struct root *root = find_root(ref->root);
    if (is_loop_name(binding, ref->root))
        return;
    if (!root && is_cel_name(ref->root))
        return;
    if (!root || !(root->where & (1u << binding->here.where)) || lacks(binding, root)) {
        report_root(binding, ref, root);
        return;
    }
    if (root->check)
        root->check(binding, ref);
}

void bind_expression(struct loader *loader, struct here here, const struct cel *expr,
                     const struct yaml_node *scalar, size_t offset)
{
    struct binding binding = {
        loader, here, expr, scalar, offset, loader->diags->count, loader->diags->errors};
    cel_references(expr, check_reference, &binding);
    type_expression(&binding);
}

void bind_loop(struct loader *loader, size_t step, const struct yaml_node *name)
{
    static const char *const reserved[] = {
        "as",  "break", "const",     "continue", "else",   "for", "function", "if",   "import",
        "let", "loop",  "namespace", "package",  "return", "var", "void",     "while"};
    struct binding here = {.loader = loader, .here = {WHERE_STEP, step}};
    struct quell_str text = quell_str(name->value);
    bool taken = find_root(text) || is_loop_name(&here, text) || is_cel_name(text);
    struct diag *diag;
    size_t i;
    for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        taken = taken || str_is(text, reserved[i]);
    if (!taken)
        return;
    diag =
        report(loader, REUSED, name->place, "`%.*s` means something else already", QUELL_ARG(text));
    diag->label = QUELL_STR("a loop's item needs a name of its own");
    diag->help = QUELL_STR("name it after what it is: `as: device`");
}
