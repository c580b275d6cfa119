/*
 * policy.c - the workspace's policy of a generation: from `policy:` of quell.yaml, or from the file
 * that it names; and what it says, for who asks.
 */
#include "core/starts.h"

#include <quell/author.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/file.h"
#include "loop/host.h"
#include "policy/workspace.h"
#include "value/fields.h"
#include "value/json.h"
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

bool policy_wants(const void *policy, struct quell_str playbook, struct quell_str action)
{
    return policy_requires_approval(policy, playbook, action);
}

/* ---- looking -----------------------------------------------------------------------------------
 */

static struct quell_value look_up(void *user, struct arena *arena, struct quell_str key)
{
    struct quell *engine = user;
    struct store_mark found;
    struct quell_value body = quell_null();
    struct quell_error err;
    enum quell_code code =
        engine->reader->kind->mark(engine->reader, arena, QUELL_STR("policy"), key, &found, &err);

    if (code == QUELL_OK && found.body.len)
        code = json_read(arena, found.body, 0, &body, NULL, &err);
    return code && code != QUELL_NOT_FOUND ? quell_unknown(QUELL_STR("it cannot be read")) : body;
}

const struct policy_memory *policy_figures_of(struct quell *engine)
{
    struct quell_error err;

    if (engine->starts)
        return &engine->starts->memory;
    if (engine->reader == NULL &&
        (engine->generation->config_path == NULL ||
         store_open(quell_store_url(engine), STORE_READ, &engine->reader, &err)))
        return NULL; /* nothing has run yet, or somebody else's store */
    engine->figures = (struct policy_memory){look_up, NULL, engine};
    return &engine->figures;
}

enum quell_code quell_policy(struct quell *engine, struct quell_document *document,
                             struct quell_error *err)
{
    const struct policy *policy = engine->generation->policy;
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct map_builder map = {.arena = arena};

    (void)err; /* there always is one */
    map_add(&map, "policy", policy_value(arena, policy));
    map_add(&map, "figures",
            policy_figures(arena, policy, policy_figures_of(engine), loop_now_us(engine->loop)));
    made.value = value_copy(arena, map_made(&map)); /* the policy's texts are borrowed */
    *document = made;
    return QUELL_OK;
}

/* ---- asking about one target -------------------------------------------------------------------
 */

static enum quell_code read_target(struct arena *arena, const char *text,
                                   struct quell_value *target, struct quell_error *err)
{
    struct map_builder map = {.arena = arena};
    struct quell_str kind, value;

    if (!str_cut(quell_str_of(text), ':', &kind, &value) || str_trim(value).len == 0)
        return error_set(err, QUELL_INVALID, "a target is KIND:VALUE, such as device:dc01");
    if (!policy_is_kind(kind)) {
        struct quell_str nearest = policy_nearest_kind(kind);
        return error_set(err, QUELL_INVALID, "`%.*s` is no kind of target%s%.*s%s", QUELL_ARG(kind),
                         nearest.len ? "; did you mean `" : "", QUELL_ARG(nearest),
                         nearest.len ? "`?" : "");
    }
    map_add(&map, "kind", quell_string(kind));
    map_add(&map, "value", quell_string(value));
    *target = map_made(&map);
    return QUELL_OK;
}

static enum quell_code read_incident(struct quell *engine, struct arena *arena,
                                     const struct quell_policy_question *question,
                                     struct quell_value *incident, struct quell_error *err)
{
    struct quell_str event, delivery;

    *incident = quell_null();
    if (question->incident.len == 0)
        return QUELL_OK;
    return incident_from_text(engine->loop, arena, question->source, question->incident, incident,
                              &event, &delivery, err);
}

static struct quell_value judged(struct quell *engine, struct arena *arena,
                                 const struct quell_policy_question *question,
                                 struct quell_value target, struct quell_value incident)
{
    static const struct quell_action disrupting = {.name = "check", .effect = QUELL_DISRUPTS};
    struct list_builder targets = {.arena = arena};
    struct map_builder map = {.arena = arena};
    struct policy_call call = {.playbook = quell_str_of(question->playbook),
                               .action = &disrupting,
                               .incident = incident,
                               .lookups = quell_null(),
                               .now_us = loop_now_us(engine->loop),
                               .approved = question->approved,
                               .early = true,
                               .memory = policy_figures_of(engine)};
    struct quell_value verdicts;

    list_add(&targets, target);
    call.targets = list_made(&targets);
    verdicts = policy_judge(arena, engine->generation->policy, &call);
    map_add(&map, "target", target);
    map_add(&map, "facts", policy_facts(arena, target, incident, quell_null()));
    map_add(&map, "verdicts", verdicts);
    map_add(&map, "verdict",
            quell_count(verdicts) ? quell_get(quell_at(verdicts, 0), "verdict")
                                  : quell_text("allowed"));
    return map_made(&map);
}

enum quell_code quell_policy_check(struct quell *engine,
                                   const struct quell_policy_question *question,
                                   struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct quell_value target, incident;
    enum quell_code code = read_target(arena, question->target, &target, err);

    if (code == QUELL_OK)
        code = read_incident(engine, arena, question, &incident, err);
    if (code) {
        arena_free(arena);
        return code;
    }
    made.value = value_copy(arena, judged(engine, arena, question, target, incident));
    *document = made;
    return QUELL_OK;
}
