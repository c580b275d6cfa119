/*
 * load_end.c - the kinds that end a run: `stop` well, `fail` badly.
 */
#include "playbook/load.h"

#include "base/str.h"

static void load_reason(struct loader *loader, size_t index, const struct yaml_node *node,
                        struct step *step)
{
    struct here here = {WHERE_STEP, index};
    if (node)
        load_template(loader, here, node, &step->reason);
}

/* A map is checked and given back; anything else but nothing is a fault. */
static const struct yaml_node *options(struct loader *loader, const struct yaml_node *node,
                                       const char *keyword, const struct quell_field *fields)
{
    if (quell_is(node->value, QUELL_MAP)) {
        check_keys(loader, fields, node);
        return node;
    }
    if (!quell_is_null(node->value)) {
        struct diag *diag =
            report(loader, WRONG_TYPE, head_place(loader, node),
                   "`%s` takes a map; this is of type %s", keyword, value_type_name(node->value));
        diag->help = diag_format(loader->diags, "write `%s: { reason: ... }`", keyword);
    }
    return NULL;
}

static void load_stop(struct loader *loader, size_t index, const struct yaml_node *map,
                      struct step *step)
{
    const struct yaml_node *node = options(loader, yaml_get(map, "stop"), "stop", stop_fields);
    step->stop_as = node ? text_at(node, "as") : QUELL_STR("");
    if (!step->stop_as.len)
        step->stop_as = QUELL_STR("done");
    load_reason(loader, index, node ? yaml_get(node, "reason") : NULL, step);
}

static void load_fail(struct loader *loader, size_t index, const struct yaml_node *map,
                      struct step *step)
{
    const struct yaml_node *node = yaml_get(map, "fail");
    if (!quell_is(node->value, QUELL_STRING)) { /* else the text is the reason */
        node = options(loader, node, "fail", fail_fields);
        node = node ? yaml_get(node, "reason") : NULL;
    }
    load_reason(loader, index, node, step);
}

const struct step_loader load_STOP = {NULL, load_stop};
const struct step_loader load_FAIL = {NULL, load_fail};
