/*
 * fuzz_policy.c - any bytes as the policy of a workspace: diagnostics inside of the text, or a
 * policy that can be shown and judges targets of any spelling; each verdict is a word.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "policy/workspace.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/value.h"
#include "value/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct quell_target target_of[] = {{"device", "device"}, {0}};
static const struct quell_action action = {
    .name = "isolate", .effect = QUELL_DISRUPTS, .repeat = QUELL_ONCE, .targets = target_of};

static struct quell_value json(struct arena *arena, const char *text)
{
    struct quell_value value;
    struct quell_error err;

    if (json_read(arena, quell_str_of(text), 0, &value, NULL, &err))
        abort();
    return value;
}

static void judge(struct arena *arena, const struct policy *policy, struct quell_str hostile)
{
    struct list_builder targets = {.arena = arena};
    struct map_builder target = {.arena = arena};
    struct policy_call call = {.playbook = QUELL_STR("p"),
                               .uses = QUELL_STR("toy.isolate"),
                               .action = &action,
                               .now_us = 1780228800000000,
                               .lookups = json(arena, "[]")};
    struct quell_value verdicts;

    map_add(&target, "kind", quell_text("device"));
    map_add(&target, "value", quell_string(hostile));
    list_add(&targets, map_made(&target));
    call.targets = list_made(&targets);
    call.incident = json(arena, "{\"entities\": [{\"kind\": \"Host\", \"name\": \"dc01\"}]}");
    verdicts = policy_judge(arena, policy, &call);
    for (size_t i = 0; i < quell_count(verdicts); i++)
        if (quell_get_str(quell_at(verdicts, i), "verdict").len == 0)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct quell_str text = {(const char *)data, size}, head = str_slice(text, 0, 64);
    struct policy_surroundings around = {
        .file = QUELL_STR("fuzz.yaml"),
        .lists = json(arena, "{\"staff\": [\"ana\"], \"crown_jewels\": [\"erp-01\"]}")};
    struct buf out = {.size_max = 1 << 22};
    struct diag_list diags;
    struct policy *policy = NULL;
    const struct yaml_node *node;

    diag_init(&diags, arena, QUELL_STR("fuzz.yaml"), text);
    node = yaml_read(arena, &diags);
    if (node && quell_is(node->value, QUELL_MAP) &&
        fields_check_node(&diags, policy_fields, node, false))
        policy = policy_load(arena, node, &around, &diags);
    for (size_t i = 0; i < diags.count; i++) {
        if ((size_t)diags.items[i].place.offset + diags.items[i].place.len > size)
            abort();
        diag_render(&out, &diags, &diags.items[i], (struct diag_style){false, false});
    }
    if (policy) {
        json_write(&out, policy_value(arena, policy), JSON_PRETTY);
        judge(arena, policy, head);
        judge(arena, policy, QUELL_STR("dc01"));
        policy_free(policy);
    }
    buf_free(&out);
    arena_free(arena);
    return 0;
}
