/*
 * fixture.h - a policy from a text of YAML, values from JSON.
 */
#ifndef TESTS_POLICY_FIXTURE_H
#define TESTS_POLICY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"
#include "policy/workspace.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/value.h"
#include "value/yaml.h"

static inline struct quell_value json(struct arena *arena, const char *text)
{
    struct quell_value value;
    struct quell_error err;

    if (json_read(arena, quell_str_of(text), 0, &value, NULL, &err))
        fail_msg("%s: %s", err.message, text);
    return value;
}

/* `2026-01-05T08:00:00Z` in microseconds. */
static inline int64_t us_of(const char *time)
{
    struct when when;

    if (!when_parse_time(quell_str_of(time), &when))
        fail_msg("no time: %s", time);
    return when_to_us(when);
}

/* As core/ does it: NULL, and diagnostics, when it is not valid. Lists: machines, jewels,
 * people, none. */
static inline struct policy *load_with(struct arena *arena, const char *yaml,
                                       struct diag_list *diags)
{
    struct policy_surroundings around = {
        .file = QUELL_STR("quell.yaml"),
        .lists = json(arena, "{\"machines\": [\"m1\", \"m2\", \"m3\", \"m4\"], \"none\": [],"
                             " \"people\": [\"\", 7, \"ana\", \"10.1.2.3\"],"
                             " \"jewels\": {\"a\": \"erp-01\", \"b\": {\"kind\": \"device\","
                             " \"name\": \"erp-02\", \"note\": \"\", \"rank\": 1}, \"c\": \"\"}}"),
        .own_names = json(arena, "[\"soar01.corp.example\", \"10.9.9.9\"]")};
    const struct yaml_node *node;

    diag_init(diags, arena, QUELL_STR("quell.yaml"), quell_str_of(yaml));
    node = yaml_read(arena, diags);
    if (!node || !fields_check_node(diags, policy_fields, node, false))
        return NULL;
    return policy_load(arena, node, &around, diags);
}

static inline struct policy *load(struct arena *arena, const char *yaml)
{
    struct diag_list diags;
    struct policy *policy = load_with(arena, yaml, &diags);

    if (!policy)
        fail_msg("%s: %.*s", yaml, QUELL_ARG(diags.items[0].message));
    return policy;
}

/* The reasons of verdicts, a blank between them: `policy.device.hour policy.approve`. */
static inline struct quell_str reasons(struct arena *arena, struct quell_value verdicts)
{
    struct quell_str all = QUELL_STR("");
    size_t i;

    for (i = 0; i < quell_count(verdicts); i++)
        all = arena_format(arena, "%.*s%s%.*s", QUELL_ARG(all), i ? " " : "",
                           QUELL_ARG(quell_get_str(quell_at(verdicts, i), "reason")));
    return all;
}

static inline void assert_text(struct quell_str text, const char *wanted)
{
    if (!str_is(text, wanted))
        fail_msg("`%.*s`, not `%s`", QUELL_ARG(text), wanted);
}

#endif
