/*
 * show.c - the policy as it holds, each part with its origin.
 */
#include "policy/internal.h"

#include "base/str.h"
#include "playbook/start.h"

static struct quell_value origin_of(const struct policy *policy, bool built_in)
{
    return built_in ? quell_text("built in") : quell_string(policy->file);
}

static void add_figure(struct map_builder *map, const char *key, unsigned figure)
{
    if (figure != LIMIT_NONE)
        map_add(map, key, quell_int(figure));
}

static struct quell_value caps(struct arena *arena, const struct policy *policy)
{
    struct list_builder list = {.arena = arena};
    size_t i;
    for (i = 0; i < policy->cap_count; i++) {
        const struct policy_cap *cap = &policy->caps[i];
        struct map_builder map = {.arena = arena};
        map_add(&map, "kind", quell_string(cap->kind));
        map_add(&map, "playbook", cap->playbook.len ? quell_string(cap->playbook) : quell_null());
        add_figure(&map, "run", cap->run);
        add_figure(&map, "hour", cap->hour);
        add_figure(&map, "day", cap->day);
        if (cap->percent >= 0)
            map_add(&map, "percent", value_double(cap->percent));
        map_add(&map, "hard", quell_bool(cap->hard));
        map_add(&map, "origin", origin_of(policy, cap->built_in));
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}

static struct quell_value cooldowns(struct arena *arena, const struct policy *policy)
{
    struct list_builder list = {.arena = arena};
    size_t i;
    for (i = 0; i < policy->cooldown_count; i++) {
        struct map_builder map = {.arena = arena};
        map_add(&map, "kind", quell_string(policy->cooldowns[i].kind));
        map_add(&map, "for", value_duration(policy->cooldowns[i].for_us / 1000000, 0));
        map_add(&map, "origin", origin_of(policy, false));
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}

static struct quell_value fleet(struct arena *arena, const struct policy *policy)
{
    struct map_builder map = {.arena = arena};
    size_t i;
    for (i = 0; i < policy->size_count; i++)
        map_add_key(&map, quell_string(policy->sizes[i].kind), quell_int(policy->sizes[i].count));
    return map_made(&map);
}

static struct quell_value rules(struct arena *arena, const struct policy *policy)
{
    struct list_builder list = {.arena = arena};
    size_t i;
    for (i = 0; i < policy->rule_count; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        struct map_builder map = {.arena = arena};
        map_add(&map, "name", quell_string(rule->name));
        map_add(&map, "state", quell_text(rule->off.len ? "off" : "on"));
        map_add(&map, "kind", rule->kind.len ? quell_string(rule->kind) : quell_null());
        map_add(&map, "why", quell_string(rule->why));
        if (rule->off.len)
            map_add(&map, "off_because", quell_string(rule->off));
        map_add(&map, "origin", origin_of(policy, rule->built_in));
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}

static struct quell_value windows(struct arena *arena, const struct policy *policy)
{
    struct list_builder list = {.arena = arena};
    size_t i;
    for (i = 0; i < policy->window_count; i++)
        list_add(&list, value_with(arena, policy->windows[i].shown, QUELL_STR("origin"),
                                   origin_of(policy, false)));
    return list_made(&list);
}

struct quell_value policy_value(struct arena *arena, const struct policy *policy)
{
    struct map_builder map = {.arena = arena}, disrupts = {.arena = arena};
    map_add(&disrupts, "require", policy->require_approve ? quell_text("approve") : quell_null());
    map_add(&disrupts, "except", policy->except);
    map_add(&disrupts, "by", policy->release_by);
    map_add(&disrupts, "four_eyes", quell_bool(policy->four_eyes));
    map_add(&disrupts, "origin", origin_of(policy, !policy->require_approve));
    map_add(&map, "origin", origin_of(policy, !policy->given));
    map_add(&map, "caps", caps(arena, policy));
    map_add(&map, "cooldown", cooldowns(arena, policy));
    map_add(&map, "fleet", fleet(arena, policy));
    map_add(&map, "protect", rules(arena, policy));
    map_add(&map, "windows", windows(arena, policy));
    map_add(&map, "disrupts", map_made(&disrupts));
    return map_made(&map);
}
