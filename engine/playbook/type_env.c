/*
 * type_env.c - what the roots of expressions are at a place in a playbook: from the field tables,
 * the inputs' declarations, the manifests of actions, and from what other expressions were found to
 * be.
 *
 * Whether a name is there at all is judged in bind.c: here an unknown one is dyn.
 */
#include "playbook/types.h"

#include "base/arena.h"
#include "base/str.h"

struct typing *typing_of(struct loader *loader)
{
    if (!loader->typing) {
        loader->typing = arena_one(loader->arena, struct typing);
        loader->typing->library = cel_library_new(loader->arena);
        loader->typing->incident =
            loader->incident_fields
                ? cel_type_fields(loader->arena, QUELL_STR("incident"), loader->incident_fields)
                : &cel_dyn;
    }
    return loader->typing;
}

static const struct cel_type *table(struct loader *loader, const char *name,
                                    const struct quell_field *fields)
{
    return cel_type_fields(loader->arena, quell_str_of(name), fields);
}

/* ---- inputs ------------------------------------------------------------------------------------
 */

/* An entity of the incident, as `device` inputs are. */
static const struct cel_type *entity(const struct loader *loader, const char *list)
{
    const struct quell_field *entities =
        loader->incident_fields ? fields_find(loader->incident_fields, QUELL_STR("entities"))
                                : NULL;
    const struct quell_field *field =
        entities ? fields_find(entities->fields, quell_str_of(list)) : NULL;
    return field ? cel_type_fields(loader->arena, quell_str_of(list), field->fields) : &cel_dyn;
}

static const struct cel_type *input_type(const struct loader *loader,
                                         const struct playbook_input *input)
{
    const struct cel_type *type = cel_type_field(loader->arena, &input->field);
    switch (input->form) {
    case INPUT_DEVICE:
        type = entity(loader, "devices");
        break;
    case INPUT_USER:
        type = entity(loader, "users");
        break;
    case INPUT_MAIL:
        type = entity(loader, "mails");
        break;
    case INPUT_FILE:
        type = entity(loader, "files");
        break;
    case INPUT_PLAIN:
    case INPUT_IP:
    case INPUT_URL:
    case INPUT_HASH:
    case INPUT_DATE:
        break;
    }
    if (input->field.flags & QUELL_REQUIRED || input->field.fallback)
        return type;
    return cel_type_nullable(loader->arena, type);
}

static const struct cel_type *find_input(struct arena *arena, struct quell_str name,
                                         const void *owner)
{
    const struct loader *loader = owner;
    size_t i;
    (void)arena;
    for (i = 0; i < loader->playbook->input_count; i++)
        if (quell_str_equal(loader->playbook->inputs[i].name, name))
            return input_type(loader, &loader->playbook->inputs[i]);
    return &cel_dyn;
}

/* ---- vars --------------------------------------------------------------------------------------
 */

/* What makes the var at a step; NULL when nothing is known of it. */
static const struct yaml_node *source_of_var(const struct loader *loader,
                                             const struct loaded_var *var)
{
    const struct yaml_node *map = yaml_get(var->step == NO_STEP ? loader->playbook->document
                                                                : loader->outline[var->step].node,
                                           var->step == NO_STEP ? "vars" : "set");
    const struct yaml_pair *pair = map ? yaml_find(map, var->name) : NULL;
    return pair ? &pair->node : NULL;
}

/* Set in two branches that exclude each other, it is of one type when both are. */
static const struct cel_type *find_var(struct arena *arena, struct quell_str name,
                                       const void *owner)
{
    struct loader *loader = (struct loader *)(uintptr_t)owner; /* as type_environment got it */
    const struct cel_type *found = NULL;
    size_t i;
    (void)arena;
    for (i = 0; i < loader->var_count; i++) {
        const struct cel_type *type = &cel_dyn;
        const struct yaml_node *source;
        if (!quell_str_equal(loader->vars[i].name, name))
            continue;
        source = source_of_var(loader, &loader->vars[i]);
        if (source)
            type = type_of_node(loader, source);
        if (found && !cel_type_equal(found, type))
            return &cel_dyn;
        found = type;
    }
    return found ? found : &cel_dyn;
}

/* ---- steps -------------------------------------------------------------------------------------
 */

static const struct cel_type *step_type(struct loader *loader, size_t index);

/* What a loop was found to run over, one of it. */
static const struct cel_type *item_type(struct loader *loader, size_t loop)
{
    const struct step *step = loader->outline[loop].step;
    const struct cel_type *list;
    if (!step || !step->items.expr)
        return &cel_dyn;
    list = type_of_expression(loader, step->items.expr);
    return list->kind == CEL_LIST ? list->of[0] : &cel_dyn;
}

/* The results of one item: of all steps with an id inside the loop. */
static const struct cel_type *inner_steps(struct loader *loader, size_t loop)
{
    struct cel_member *members =
        arena_array(loader->arena, struct cel_member, loader->outline_count);
    size_t i, count = 0;
    enum branch branch;
    for (i = loop + 1; i < loader->outline_count; i++)
        if (loader->outline[i].id.len && outline_inside(loader, i, loop, &branch))
            members[count++] = (struct cel_member){loader->outline[i].id, step_type(loader, i)};
    return cel_type_object(loader->arena, QUELL_STR("steps"), members, count);
}

/* What a `for-each` or `while` gives: a list with an entry for each item or iteration. */
static const struct cel_type *loop_output(struct loader *loader, size_t loop, bool items)
{
    struct cel_member *members = arena_array(loader->arena, struct cel_member, 5);
    const struct quell_field *status = fields_find(playbook_step_fields, QUELL_STR("status"));
    size_t count = 0;
    members[count++] = (struct cel_member){QUELL_STR("index"), &cel_int};
    members[count++] =
        (struct cel_member){QUELL_STR("status"), cel_type_field(loader->arena, status)};
    members[count++] = (struct cel_member){QUELL_STR("steps"), inner_steps(loader, loop)};
    members[count++] = (struct cel_member){
        QUELL_STR("vars"), cel_type_lazy(loader->arena, QUELL_STR("vars"), find_var, loader)};
    if (items)
        members[count++] = (struct cel_member){QUELL_STR("item"), item_type(loader, loop)};
    return cel_type_of(loader->arena, CEL_LIST,
                       cel_type_object(loader->arena, QUELL_STR("item"), members, count));
}

/* What a form gives: its fields. */
static const struct cel_type *form_type(struct loader *loader, const struct step_ask *ask)
{
    struct cel_member *members = arena_array(loader->arena, struct cel_member, ask->form_count + 1);
    size_t i;
    for (i = 0; i < ask->form_count; i++) {
        members[i].name = ask->form[i].name;
        members[i].type = input_type(loader, &ask->form[i]);
    }
    return cel_type_object(loader->arena, QUELL_STR("form"), members, ask->form_count);
}

/* What the step at `index` waits for. */
static const struct cel_type *awaited_type(struct loader *loader, size_t index)
{
    const struct quell_field *fields = awaited_fields(loader, index);
    if (fields == loader->incident_fields)
        return typing_of(loader)->incident;
    return fields ? table(loader, "alert", fields) : &cel_dyn;
}

static const struct cel_type *output_type(struct loader *loader, size_t index)
{
    const struct step *step = loader->outline[index].step;
    const struct quell_field *outputs = step->poll     ? step->poll->outputs
                                        : step->action ? step->action->outputs
                                                       : NULL;
    switch (step->kind) {
    case STEP_USES:
        return outputs && outputs[0].name ? table(loader, "output", outputs) : &cel_dyn;
    case STEP_FOR_EACH:
        return loop_output(loader, index, true);
    case STEP_WHILE:
        return loop_output(loader, index, false);
    case STEP_WAIT:
        return step->wait && step->wait->event ? awaited_type(loader, index) : &cel_dyn;
    case STEP_ASK:
        return step->ask ? form_type(loader, step->ask) : &cel_dyn;
    case STEP_CALL: /* what it gives is known of a set of playbooks: set.c */
        return &cel_dyn;
    case STEP_SET:
    case STEP_STOP:
    case STEP_FAIL:
    case STEP_BLOCK:
    case STEP_PARALLEL:
    case STEP_SWITCH:
    case STEP_KINDS:
        break;
    }
    return &cel_dyn; /* that it has no output is said where it is read */
}

static const struct cel_type *step_type(struct loader *loader, size_t index)
{
    const struct quell_field *field;
    struct cel_member *members;
    size_t count = 0;
    if (loader->outline[index].later || !loader->outline[index].step)
        return &cel_dyn;
    for (field = playbook_step_fields; field->name; field++)
        count++;
    members = arena_array(loader->arena, struct cel_member, count);
    for (count = 0, field = playbook_step_fields; field->name; field++, count++) {
        bool output = str_is(quell_str_of(field->name), "output");
        members[count].name = quell_str_of(field->name);
        members[count].type =
            output ? output_type(loader, index) : cel_type_field(loader->arena, field);
    }
    return cel_type_object(loader->arena, loader->outline[index].id, members, count);
}

static const struct cel_type *find_step(struct arena *arena, struct quell_str name,
                                        const void *owner)
{
    struct loader *loader = (struct loader *)(uintptr_t)owner; /* as type_environment got it */
    size_t step = outline_named(loader, name);
    (void)arena;
    return step == NO_STEP ? &cel_dyn : step_type(loader, step);
}

/* ---- roots -------------------------------------------------------------------------------------
 */

/* The loop around the place whose item has the name, or NO_STEP. */
static size_t loop_named(const struct type_scope *scope, struct quell_str name)
{
    const struct outline *outline = scope->loader->outline;
    size_t at = scope->here.step;
    while (at != NO_STEP) {
        enum branch branch = outline[at].branch;
        at = outline[at].parent;
        if (at != NO_STEP && branch == BRANCH_STEPS && outline[at].loop &&
            quell_str_equal(outline[at].as, name))
            return at;
    }
    return NO_STEP;
}

static const struct cel_type *find_root(struct quell_str name, void *user)
{
    struct type_scope *scope = user;
    struct loader *loader = scope->loader;
    size_t loop;
    if (str_is(name, "incident"))
        return typing_of(loader)->incident;
    if (str_is(name, "event") && scope->here.where == WHERE_EVENT)
        return awaited_type(loader, scope->here.step);
    if (str_is(name, "event") && loader->events)
        return loader->event_fields ? table(loader, "event", loader->event_fields) : &cel_dyn;
    if (str_is(name, "output") && scope->here.where == WHERE_POLL)
        return output_type(loader, scope->here.step);
    if (str_is(name, "alert"))
        return alert_fields(loader) ? table(loader, "alert", alert_fields(loader)) : &cel_dyn;
    if (str_is(name, "inputs") && loader->inputs_known)
        return cel_type_lazy(loader->arena, name, find_input, loader);
    if (str_is(name, "vars"))
        return cel_type_lazy(loader->arena, name, find_var, loader);
    if (str_is(name, "steps"))
        return cel_type_lazy(loader->arena, name, find_step, loader);
    if (str_is(name, "run"))
        return table(loader, "run", playbook_run_fields);
    if (str_is(name, "playbook"))
        return table(loader, "playbook", playbook_self_fields);
    if (str_is(name, "error"))
        return table(loader, "error", playbook_error_fields);
    if (str_is(name, "config") || str_is(name, "lists"))
        return &cel_dyn;
    loop = loop_named(scope, name); /* last: a root is not hidden by it */
    if (loop != NO_STEP)
        return item_type(loader, loop);
    return NULL; /* a type of CEL, or said by bind.c */
}

struct cel_environment type_environment(struct type_scope *scope)
{
    return (struct cel_environment){.library = typing_of(scope->loader)->library,
                                    .variable = find_root,
                                    .user = scope,
                                    .mixed_numbers = true};
}
