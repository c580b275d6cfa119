/*
 * guard.h - a run in a workspace that has a policy and remembers what was touched; live, in the
 * shadow, or as a plan. For the tests of what stands between a run and its calls.
 */
#ifndef TEST_RUN_GUARD_H
#define TEST_RUN_GUARD_H

#include "by_hand.h"
#include "fixture.h"

#include "policy/workspace.h"
#include "value/fields.h"
#include "value/value.h"
#include "value/yaml.h"

struct guarded {
    struct fixture fixture;
    struct policy *policies[4]; /* all that it had */
    size_t policy_count;
    struct policy_memory memory;
    struct map_builder remembered; /* by key */
    bool unreadable;               /* nothing that is remembered can be read */
    struct map_builder lists;      /* of the world */
    struct run_world world;
};

static inline struct quell_value recall(void *user, struct arena *arena, struct quell_str key)
{
    struct guarded *guarded = user;
    struct quell_value found;

    if (guarded->unreadable)
        return quell_unknown(QUELL_STR("it cannot be read"));
    return value_find(map_made(&guarded->remembered), key, &found) ? value_copy(arena, found)
                                                                   : quell_null();
}

static inline void remember(void *user, struct quell_str key, struct quell_value body,
                            int64_t keep_us)
{
    struct guarded *guarded = user;

    (void)keep_us;
    map_put(&guarded->remembered, arena_str(guarded->fixture.arena, key),
            value_copy(guarded->fixture.arena, body));
}

/* From now on this policy holds: a text of YAML, or NULL: the one that is built in. */
static inline void set_policy(struct guarded *guarded, const char *yaml)
{
    struct arena *arena = guarded->fixture.arena;
    struct policy_surroundings around = {.file = QUELL_STR("quell.yaml"),
                                         .lists = quell_map(NULL, 0)};
    const struct yaml_node *node = NULL;
    struct policy *policy;
    struct diag_list diags;

    diag_init(&diags, arena, QUELL_STR("quell.yaml"), quell_str_of(yaml));
    if (yaml)
        node = yaml_read(arena, &diags);
    policy = policy_load(arena, node, &around, &diags);
    if (policy == NULL)
        fail_msg("%s: %.*s", yaml, QUELL_ARG(diags.items[0].message));
    assert_true(guarded->policy_count < sizeof(guarded->policies) / sizeof(*guarded->policies));
    guarded->policies[guarded->policy_count++] = policy;
    guarded->world.policy = policy;
    run_set_world(guarded->fixture.teller.run, &guarded->world);
}

static inline void set_list(struct guarded *guarded, const char *name, struct quell_value value)
{
    map_put(&guarded->lists, quell_str_of(name), value);
    guarded->world.lists = map_made(&guarded->lists);
    run_set_world(guarded->fixture.teller.run, &guarded->world);
}

/* `parent`: as the first event has it, or NULL. Devices d1 to d9 are known by the incident. */
static inline void start_guarded(struct guarded *guarded, enum run_mode mode, const char *parent)
{
    struct teller *teller = &guarded->fixture.teller;
    struct quell_value incident, data, caller;
    struct quell_error err = {0};
    static const char devices[] =
        "{\"title\":\"a title\",\"entities\":{\"devices\":["
        "{\"id\":\"d1\",\"name\":\"a\"},{\"id\":\"d2\",\"name\":\"b\"},{\"id\":\"d3\",\"name\":"
        "\"c\"},{\"id\":\"d4\",\"name\":\"d\"},{\"id\":\"d5\",\"name\":\"e\"},{\"id\":\"d6\","
        "\"name\":\"f\"},{\"id\":\"d7\",\"name\":\"g\"},{\"id\":\"d8\",\"name\":\"h\"}]}}";

    teller->plan = mode == RUN_PLAN;
    assert_int_equal(json_read(teller->arena, quell_str_of(devices), 0, &incident, NULL, &err), 0);
    data = run_start_data(teller->arena, teller->playbook, incident, quell_map(NULL, 0), mode,
                          QUELL_STR("test"));
    if (parent) {
        assert_int_equal(json_read(teller->arena, quell_str_of(parent), 0, &caller, NULL, &err), 0);
        data = value_with(teller->arena, data, QUELL_STR("parent"), caller);
    }
    outside(teller, EVENT_RUN_STARTED, QUELL_STR(""), data);
}

/* Not started yet. */
static inline void open_guarded(struct guarded *guarded, const char *steps, const char *answers,
                                const char *policy)
{
    *guarded = (struct guarded){.memory = {.recall = recall, .remember = remember}};
    guarded->memory.user = guarded;
    guarded->world = (struct run_world){
        .config = quell_map(NULL, 0), .lists = quell_map(NULL, 0), .memory = &guarded->memory};
    open_fixture(&guarded->fixture, steps, answers);
    guarded->remembered.arena = guarded->lists.arena = guarded->fixture.arena;
    set_policy(guarded, policy);
}

static inline void close_guarded(struct guarded *guarded)
{
    size_t i;

    for (i = 0; i < guarded->policy_count; i++)
        policy_free(guarded->policies[i]);
    close_fixture(&guarded->fixture);
}

/* Decides until the run waits for somebody. */
static inline void decide_all(struct guarded *guarded)
{
    while (decide(&guarded->fixture.teller) > 0)
        continue;
}

/* Data of the last event of the kind; null: there was none. */
static inline struct quell_value last_of(const struct guarded *guarded, enum event_kind kind)
{
    const struct teller *teller = &guarded->fixture.teller;
    struct event event;
    struct quell_error err = {0};
    size_t i;

    for (i = teller->written_count; i-- > 0;) {
        assert_int_equal(event_read(teller->arena, teller->written[i], &event, &err), QUELL_OK);
        if (event.kind == kind)
            return event.data;
    }
    return quell_null();
}

#endif
