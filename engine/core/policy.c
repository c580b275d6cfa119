/*
 * policy.c - the workspace's policy of a generation: from `policy:` of quell.yaml, or from the file
 * that it names; and `quell policy`.
 */
#include "core/core.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/file.h"
#include "loop/host.h"
#include "policy/workspace.h"
#include "value/fields.h"
#include "value/value.h"
#include "value/yaml.h"

/* `policy: { file: policy.yaml }`: that document, checked by the same table. */
static enum quell_code read_own_file(struct generation *made, struct config_document *document,
                                     struct quell_error *err)
{
    const struct yaml_node *file = yaml_get(document->node, "file");
    const char *path = generation_path(made, made->arena, quell_str(file->value));
    struct quell_str text;
    enum quell_code code;

    if (document->node->count > 1) {
        (void)diag_add(&document->diags, "QL104", SEVERITY_ERROR, file->place,
                       "beside `file` nothing else stands in `policy`");
        return first_fault(&document->diags, err);
    }
    code = file_read(made->arena, path, LIMIT_DOCUMENT_BYTES, &text, err);
    if (code)
        return code;
    diag_init(&document->diags, made->arena, quell_str_of(path), text);
    document->node = yaml_read(made->arena, &document->diags);
    if (document->node == NULL)
        return first_fault(&document->diags, err);
    if (!quell_is(document->node->value, QUELL_MAP) || yaml_get(document->node, "file"))
        return error_set(err, QUELL_INVALID, "%s: it holds the keys of `policy:`", path);
    if (!fields_check_node(&document->diags, policy_fields, document->node, false))
        return first_fault(&document->diags, err);
    return QUELL_OK;
}

enum quell_code generation_policy(struct generation *made, struct config_document *document,
                                  bool running, struct quell_error *err)
{
    const struct yaml_node *root = document->node;
    struct policy_surroundings around = {.lists = quell_get(made->config, "lists"),
                                         .own_names = host_names(made->arena, running)};
    enum quell_code code = QUELL_OK;

    document->node = root && quell_is(root->value, QUELL_MAP) ? yaml_get(root, "policy") : NULL;
    if (document->node && quell_is_null(document->node->value))
        document->node = NULL;
    if (document->node && yaml_get(document->node, "file"))
        code = read_own_file(made, document, err);
    if (code)
        return code;
    around.file = document->diags.file;
    made->policy = policy_load(made->arena, document->node, &around, &document->diags);
    made->own_policy = made->policy != NULL;
    return made->policy ? QUELL_OK : first_fault(&document->diags, err);
}
