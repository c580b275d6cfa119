/*
 * prove.c - `properties`: what a test claims of all paths of the playbook's plan. Each is proved
 * for each incident (with its inputs, lists and settings) for which some case begins a run; reads
 * are not mocked, so that whatever they may give is followed.
 */
#include "base/error.h"
#include "base/str.h"
#include "core/plan.h"
#include "core/properties.h"
#include "test/test.h"
#include "value/json.h"
#include "value/value.h"

/* What one plan is made of. */
struct subject {
    const struct test_case *test;
    struct quell_value incident, inputs;
    struct run_world world;
    struct quell_str text; /* what tells it from others */
};

static bool begins(const struct test_file *file, const struct subject *subject,
                   struct quell_str event, struct arena *arena)
{
    const struct playbook *playbook = file->loaded->playbook;
    struct map_builder vars = {.arena = arena};
    struct cel_scope scope = {0};

    if (subject->test->by_hand || subject->test->by_schedule)
        return true;
    map_add(&vars, "config", subject->world.config);
    map_add(&vars, "lists", subject->world.lists);
    scope.vars = map_made(&vars);
    return playbook->incident && trigger_test(playbook->incident, subject->incident, event, &scope,
                                              arena, NULL) == MATCH_YES;
}

/* Every telling of an incident has an id and times of its own. */
static struct quell_value value_without_id(struct arena *arena, struct quell_value incident)
{
    static const char *const ours[] = {"id", "received_at", "created_at", "updated_at", "raw"};
    size_t i;

    for (i = 0; quell_is(incident, QUELL_MAP) && i < sizeof(ours) / sizeof(*ours); i++)
        incident = value_with(arena, incident, quell_str_of(ours[i]), quell_null());
    return incident;
}

/* False when the case begins no run, or could not be told either. */
static bool make_subject(struct test_file *file, const struct test_case *test, struct loop *loop,
                         struct arena *arena, struct subject *subject)
{
    struct quell_str event = QUELL_STR(""), delivery;
    struct quell_error err;

    *subject = (struct subject){.test = test, .incident = quell_null()};
    test_world(file, test, arena, &subject->world);
    if (test->given_count &&
        (incident_from_text(loop, arena, test->given[0].source, test->given[0].body,
                            &subject->incident, &event, &delivery, &err) ||
         test_patch(arena, &test->given[0], &subject->incident, &err)))
        return false;
    if (test->given_count && test->given[0].event.len)
        event = test->given[0].event;
    if (!begins(file, subject, event, arena) ||
        run_make_inputs(arena, file->loaded->playbook, test->inputs, subject->incident,
                        &subject->world, &subject->inputs, &err))
        return false;
    subject->text = arena_format(
        arena, "%.*s %.*s %.*s %.*s",
        QUELL_ARG(json_text(arena, value_without_id(arena, subject->incident), JSON_COMPACT)),
        QUELL_ARG(json_text(arena, subject->inputs, JSON_COMPACT)),
        QUELL_ARG(json_text(arena, subject->world.lists, JSON_COMPACT)),
        QUELL_ARG(json_text(arena, subject->world.config, JSON_COMPACT)));
    return true;
}

/* ---- what is found -----------------------------------------------------------------------------
 */

/* `when X`, `and Y`, then what is called, and how it ends: the path that refutes it. */
static struct quell_str path_text(struct arena *arena, struct quell_value path)
{
    struct quell_value supposes = quell_get(path, "supposes"), calls = quell_get(path, "calls");
    struct quell_str text = QUELL_STR("");
    size_t i, said = 0;

    for (i = 0; i < quell_count(supposes); i++) {
        struct quell_value one = quell_at(supposes, i);
        if (quell_get_bool(one, "usual", false) && quell_text_is(quell_get(one, "what"), "outcome"))
            continue; /* that a call succeeds goes without saying */
        text = arena_format(arena, "%.*s%s %.*s\n", QUELL_ARG(text), said++ ? "and" : "when",
                            QUELL_ARG(quell_get_str(one, "words")));
    }
    text = arena_format(arena, "%.*scalls ", QUELL_ARG(text));
    for (i = 0; i < quell_count(calls); i++)
        text = arena_format(arena, "%.*s%s%.*s", QUELL_ARG(text), i ? ", " : "",
                            QUELL_ARG(quell_get_str(quell_at(calls, i), "action")));
    return arena_format(arena, "%.*s%s and ends %.*s", QUELL_ARG(text),
                        quell_count(calls) ? "" : "nothing",
                        QUELL_ARG(quell_get_str(quell_get(path, "ends"), "status")));
}

static struct finding *refuted(struct arena *arena, const struct test_property *property,
                               const struct subject *subject, const struct property_result *result)
{
    struct finding *finding = arena_one(arena, struct finding);

    finding->message = arena_format(arena, "%s: %.*s", property_verdict_name(result->verdict),
                                    QUELL_ARG(result->why));
    finding->place = property->place;
    finding->label = arena_format(arena, "claimed here; does not hold with the incident of `%.*s`",
                                  QUELL_ARG(subject->test->name));
    if (!quell_is_null(result->path))
        finding->note = path_text(arena, result->path);
    return finding;
}

static struct finding *faulty(struct arena *arena, const struct test_property *property,
                              const struct quell_error *err)
{
    struct finding *finding = arena_one(arena, struct finding);

    finding->message = arena_format(arena, "this cannot be proved: %s", err->message);
    finding->place = property->place;
    finding->label = QUELL_STR("said here");
    finding->note = QUELL_STR("docs/testing.md lists the sentences that can");
    return finding;
}

/* ---- proving -----------------------------------------------------------------------------------
 */

static void prove_with(struct quell *engine, struct test_file *file, struct arena *arena,
                       const struct subject *subject, struct test_proof *proofs)
{
    struct plan_options options = {.loaded = file->loaded,
                                   .incident = subject->incident,
                                   .inputs = subject->inputs,
                                   .world = subject->world,
                                   .started_us = subject->test->clock_us,
                                   .offline = true};
    struct quell_error err = {0};
    struct property_result result;
    struct plan plan;
    enum quell_code code;
    size_t i;

    code = plan_make(&plan, engine, arena, &options, &err);
    for (i = 0; i < file->property_count; i++) {
        const struct test_property *property = &file->properties[i];
        if (proofs[i].finding)
            continue;
        proofs[i].tried = true;
        if (code || property_prove(&plan, property->sentence, &result, &err))
            proofs[i].finding = faulty(arena, property, &err);
        else if (result.verdict != PROPERTY_PROVED)
            proofs[i].finding = refuted(arena, property, subject, &result);
    }
}

void test_prove(struct quell *engine, struct test_file *file, struct arena *arena,
                struct test_proof *proofs)
{
    struct subject *subjects = arena_array(arena, struct subject, file->case_count + 1);
    size_t i, j, count = 0;

    for (i = 0; i < file->case_count; i++) {
        if (!make_subject(file, &file->cases[i], engine->loop, arena, &subjects[count]))
            continue;
        for (j = 0; j < count; j++)
            if (quell_str_equal(subjects[j].text, subjects[count].text))
                break;
        if (j == count)
            count++;
    }
    for (i = 0; i < count; i++)
        prove_with(engine, file, arena, &subjects[i], proofs);
}
