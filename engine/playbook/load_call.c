/*
 * load_call.c - the kind `call`: another playbook, run as a child. Whether there is one and what it
 * takes is known only of a set of playbooks: set.c.
 */
#include "playbook/load.h"

#include "base/str.h"

static void load(struct loader *loader, size_t index, const struct yaml_node *map,
                 struct step *step)
{
    struct here here = {WHERE_STEP, index};
    const struct yaml_node *call = yaml_get(map, "call"), *with = yaml_get(map, "with"),
                           *detach = yaml_get(map, "detach");
    step->calls = text_at(map, "call");
    step->calls_place = call->place;
    step->detach = detach && quell_is(detach->value, QUELL_BOOL) && detach->value.as.boolean;
    if (step->calls.len)
        (void)check_spelling(loader, QUELL_STR("id of a playbook"), call, SPELLING_KEBAB);
    if (!with || !quell_is(with->value, QUELL_MAP))
        return;
    step->call_with = with;
    step->with_place = with->place;
    step->with = load_tree(loader, here, with);
}

static const char *const keywords[] = {"with", "detach", NULL};
const struct step_loader load_CALL = {keywords, load};
