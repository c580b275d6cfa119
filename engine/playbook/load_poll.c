/*
 * load_poll.c - `poll`: which action reads what became of a call, and what it is told; and
 * `idempotency-key`. The inputs of a companion are those of the call and what it gave, by their
 * names.
 */
#include "playbook/load.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"

static size_t count_fields(const struct quell_field *fields)
{
    size_t count = 0;
    while (fields && fields[count].name)
        count++;
    return count;
}

/* What a call and a look at it give together; NULL when one of them may give anything. */
static const struct quell_field *joined(struct loader *loader, const struct quell_field *call,
                                        const struct quell_field *look)
{
    size_t i, count = count_fields(look), own = count_fields(call);
    struct quell_field *made;
    if (call == look || !own || !count)
        return count && own ? look : NULL;
    made = arena_array(loader->arena, struct quell_field, own + count + 1);
    memcpy(made, look, count * sizeof(*made));
    for (i = 0; i < own; i++)
        if (!fields_find(look, quell_str_of(call[i].name)))
            made[count++] = call[i];
    return made;
}

static const struct quell_action *companion_of(const struct loader *loader, const struct step *step)
{
    const struct quell_connector *same;
    struct quell_str name;
    if (step->action->companion == NULL)
        return step->action->effect == QUELL_READS ? step->action : NULL;
    name = quell_str_of(step->action->companion);
    if (str_find(name, QUELL_STR("."), 0) == SIZE_MAX)
        name = arena_format(loader->arena, "%s.%s", step->connector->name, step->action->companion);
    return load_find_action(loader, name, &same);
}

/* Each input that a look must have is one of the call, or something that it gave. */
static bool can_look(const struct step *step, const struct quell_action *look)
{
    const struct quell_field *input = look->inputs;
    for (; input && input->name; input++) {
        struct quell_str name = quell_str_of(input->name);
        bool given = (step->action->inputs && fields_find(step->action->inputs, name)) ||
                     (step->action->outputs && fields_find(step->action->outputs, name));
        if ((input->flags & QUELL_REQUIRED) && !given)
            return false;
    }
    return true;
}

static void check_end(struct loader *loader, const struct yaml_node *step_map,
                      const struct yaml_pair *pair, const struct step_poll *poll)
{
    struct diag *diag;
    if (!poll->timeout_us && !yaml_get(step_map, "timeout")) {
        diag = report(loader, NO_DEADLINE, pair->key.place,
                      "nothing ends this poll but the run's end");
        diag->help = QUELL_STR("add `timeout: 30m`");
    }
    if (poll->timeout_us > loader->playbook->timeout_us)
        report(loader, OUTLASTS, yaml_get(&pair->node, "timeout")->place,
               "the run ends before this poll does");
}

static void report_no_companion(struct loader *loader, const struct yaml_pair *pair,
                                const struct step *step)
{
    struct diag *diag = report(loader, NO_COMPANION, pair->key.place,
                               "nothing reads what became of `%.*s`", QUELL_ARG(step->uses));
    diag->note = QUELL_STR("its manifest names no companion that reads, with inputs that the call "
                           "has or gives");
    diag->help = QUELL_STR("use a `while` with a `wait` and a step that reads");
}

void load_poll(struct loader *loader, size_t index, const struct yaml_node *map, struct step *step)
{
    struct here here = {WHERE_STEP, index}, inside = {WHERE_POLL, index};
    const struct yaml_pair *pair = yaml_find(map, QUELL_STR("poll")), *until;
    const struct yaml_node *key = yaml_get(map, "idempotency-key");
    struct step_poll *poll;
    if (key)
        load_template(loader, here, key, &step->key);
    if (!pair || !quell_is(pair->node.value, QUELL_MAP))
        return; /* said by check_keys */
    poll = arena_one(loader->arena, struct step_poll);
    poll->look = companion_of(loader, step);
    if (!poll->look || poll->look->effect != QUELL_READS || !can_look(step, poll->look)) {
        report_no_companion(loader, pair, step);
        return;
    }
    poll->outputs = joined(loader, step->action->outputs, poll->look->outputs);
    poll->every_us = duration_at(loader, &pair->node, "every", 30000000);
    poll->timeout_us = duration_at(loader, &pair->node, "timeout", 0);
    step->poll = poll;
    until = yaml_find(&pair->node, QUELL_STR("until"));
    if (until)
        load_expression(loader, inside, until, &poll->until);
    check_end(loader, map, pair, poll);
}
