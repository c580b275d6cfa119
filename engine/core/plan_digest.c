/*
 * plan_digest.c - what makes two plans the same: SHA-256 over the playbook's revision, the
 * incident, the inputs and every call with its resolved arguments, what the paths suppose, and the
 * same of each playbook that is called. Secrets are in it under the plan's key.
 */
#include "base/digest.h"
#include "base/str.h"
#include "core/plan.h"
#include "value/json.h"
#include "value/keyed.h"
#include "value/value.h"

struct quell_value plan_resolved(const struct plan *plan)
{
    struct list_builder list = {.arena = plan->arena};
    size_t i;

    for (i = 0; i < plan->call_count; i++) {
        const struct plan_call *call = &plan->calls[i];
        struct map_builder map = {.arena = plan->arena};
        map_add(&map, "path", quell_string(call->path));
        map_add(&map, "action", quell_string(call->step->uses));
        map_add(&map, "connection", quell_string(call->connection));
        map_add(&map, "with", value_keyed(plan->arena, plan->options.key, call->input));
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}

static struct quell_value questions_of(const struct plan *plan)
{
    struct list_builder list = {.arena = plan->arena};
    size_t i;

    for (i = 0; i < plan->node_count; i++) {
        const struct run_question *question = &plan->nodes[i].question;
        list_add(&list, value_format(plan->arena, "%.*s %.*s %.*s", QUELL_ARG(question->path),
                                     QUELL_ARG(question->what), QUELL_ARG(question->text)));
    }
    return list_made(&list);
}

static struct quell_value called_of(const struct plan *plan)
{
    struct list_builder list = {.arena = plan->arena};
    size_t i;

    for (i = 0; i < plan->child_count; i++)
        list_add(&list,
                 value_format(plan->arena, "%.*s %.*s", QUELL_ARG(plan->children[i].path),
                              QUELL_ARG(quell_get_str(plan->children[i].document, "digest"))));
    return list_made(&list);
}

struct quell_str plan_digest(const struct plan *plan)
{
    const struct playbook *playbook = plan->options.loaded->playbook;
    struct map_builder map = {.arena = plan->arena};
    uint8_t digest[DIGEST_SHA256];

    map_add(&map, "playbook", quell_string(playbook->id));
    map_add(&map, "revision", quell_text(playbook->revision));
    map_add(&map, "incident", plan->options.incident);
    map_add(&map, "inputs", plan->options.inputs);
    map_add(&map, "calls", plan_resolved(plan));
    map_add(&map, "questions", questions_of(plan));
    map_add(&map, "called", called_of(plan));
    digest_sha256(json_text(plan->arena,
                            value_keyed(plan->arena, plan->options.key, map_made(&map)),
                            JSON_COMPACT),
                  digest);
    return digest_hex(plan->arena, digest, sizeof(digest));
}
