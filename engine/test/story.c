/*
 * story.c - tells one case: the engine itself - intake, triggers, guards, interpreter, journal - on
 * a memory store and a virtual clock, with the test's answers in the place of connectors and
 * people. What is judged afterwards is read back from the journals, as after a crash.
 */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "test/test.h"
#include "value/json.h"
#include "value/value.h"

enum { SEED = 1 }; /* of ids and randomness: every telling of a case is the same */

/* ---- what comes in -----------------------------------------------------------------------------
 */

/* The version before: what came last of the same incident of the same sender. */
static struct quell_value version_before(const struct story *story, struct quell_value incident)
{
    size_t i;

    for (i = story->received.count; i-- > 0;) {
        struct quell_value other = story->received.items[i];
        if (quell_get_str(incident, "source_id").len &&
            value_equal(quell_get(other, "source_id"), quell_get(incident, "source_id")) &&
            value_equal(quell_get(other, "source"), quell_get(incident, "source")))
            return other;
    }
    return quell_null();
}

/* Which line of the trigger decides, for `because`. */
static void judge(struct story *story, struct quell_value incident, struct quell_str type)
{
    const struct playbook *playbook = story->file->loaded->playbook;
    struct run_world world = generation_world(story->engine->generation);
    struct map_builder vars = {.arena = story->arena};
    struct match_event event = {
        .type = type, .subject = incident, .before = version_before(story, incident)};
    struct match_report report = {0};
    struct cel_scope scope = {0};

    list_add(&story->received, incident);
    if (!playbook->incident)
        return;
    map_add(&vars, "config", world.config);
    map_add(&vars, "lists", world.lists);
    scope.vars = map_made(&vars);
    (void)trigger_judge(playbook->incident, &event, &scope, story->arena, &report);
    story->because = QUELL_STR("");
    if (report.decided_by < report.count) {
        story->because = report.lines[report.decided_by].where;
        story->because_place = report.lines[report.decided_by].place;
    }
}

/* What the triggers said: of all incidents together, the first yes counts. */
static void take_verdict(struct story *story)
{
    const struct counters *counters = &story->engine->counters;

    story->judged = counters->matches + counters->no_matches + counters->undetermined > 0;
    story->verdict = counters->matches        ? MATCH_YES
                     : counters->undetermined ? MATCH_UNDETERMINED
                                              : MATCH_NO;
}

static void on_received(struct arena *arena, struct quell_value *incident, struct quell_str *event,
                        void *user)
{
    struct story *story = user;
    struct quell_error ignored; /* the same patch has been tried when the test was loaded */

    if (test_patch(arena, story->current, incident, &ignored) == QUELL_OK &&
        story->current->event.len)
        *event = story->current->event;
    judge(story, value_copy(story->arena, *incident), *event);
}

/* The sender's answer says why an event that matched started nothing. */
static void note_refusals(struct story *story, struct quell_str answer)
{
    struct quell_value value, refused;
    struct quell_error ignored;
    size_t i;

    if (json_read(story->arena, answer, 0, &value, NULL, &ignored))
        return;
    refused = quell_get(value, "not_started");
    for (i = 0; i < quell_count(refused); i++) {
        struct quell_value one = quell_at(refused, i);
        struct quell_str why = quell_get_str(one, "error");
        if (why.len == 0)
            why = quell_get_str(one, "detail");
        story->refused = arena_format(story->arena, "%.*s%sit started nothing, %.*s: %.*s",
                                      QUELL_ARG(story->refused), story->refused.len ? "\n" : "",
                                      QUELL_ARG(quell_get_str(one, "reason")), QUELL_ARG(why));
    }
}

static void on_submitted(enum quell_code code, struct quell_str answer, bool repeated,
                         const struct quell_error *err, void *user)
{
    struct story *story = user;

    (void)repeated;
    if (code == QUELL_OK)
        note_refusals(story, answer);
    if (code == QUELL_OK || story->code)
        return;
    story->code = code;
    story->fault = *err;
}

static struct story_run *find_run(struct story *story, struct quell_str id)
{
    size_t i;

    for (i = 0; i < story->run_count; i++)
        if (quell_str_equal(story->runs[i].id, id))
            return &story->runs[i];
    return NULL;
}

static struct story_run *add_run(struct story *story, struct quell_str id, struct quell_value event)
{
    struct story_run *run;

    if (story->run_count == story->run_cap) {
        size_t cap = story->run_cap ? story->run_cap * 2 : 4;
        story->runs = arena_grow(story->arena, story->runs, story->run_cap * sizeof(*story->runs),
                                 cap * sizeof(*story->runs));
        story->run_cap = cap;
    }
    run = &story->runs[story->run_count++];
    *run = (struct story_run){.id = arena_str(story->arena, id),
                              .outputs = quell_null(),
                              .error = quell_null(),
                              .vars = quell_map(NULL, 0),
                              .state = QUELL_STR("running")};
    run->ours =
        quell_str_equal(quell_get_str(event, "playbook"), story->file->loaded->playbook->id);
    story->ours += run->ours;
    return run;
}

static void add_vars(struct story *story, struct story_run *run, struct quell_value vars)
{
    size_t i;

    for (i = 0; i < quell_count(vars); i++)
        run->vars = value_with(story->arena, run->vars, quell_str(vars.as.pairs[i].key),
                               vars.as.pairs[i].value);
}

static void on_event(struct quell_str id, struct quell_value borrowed, void *user)
{
    struct story *story = user;
    struct quell_value event = value_copy(story->arena, borrowed);
    struct story_run *run = find_run(story, id);
    struct quell_str kind = quell_get_str(event, "kind");

    if (!run)
        run = add_run(story, id, event);
    run->changed = true;
    if (str_is(kind, "vars_computed") || str_is(kind, "vars_set"))
        add_vars(story, run, quell_get(event, "vars"));
    if (str_is(kind, "approval_asked"))
        story->approval = quell_get_str(event, "path");
    if (str_is(kind, "run_held"))
        run->reason = quell_get_str(event, "reason");
    if (!str_is(kind, "run_ended"))
        return;
    run->reason = quell_get_str(event, "reason");
    run->outputs = quell_get(event, "outputs");
    run->error = quell_get(event, "error");
    run->state = quell_get_str(event, "status");
    if (run->reason.len == 0)
        run->reason = quell_get_str(run->error, "code");
}

/* ---- beginning ---------------------------------------------------------------------------------
 */

static struct quell_value over(struct arena *arena, struct quell_value base,
                               struct quell_value mine)
{
    struct quell_value made = quell_is(base, QUELL_MAP) ? base : quell_map(NULL, 0);
    size_t i;

    for (i = 0; i < quell_count(mine); i++)
        made = value_with(arena, made, quell_str(mine.as.pairs[i].key), mine.as.pairs[i].value);
    return made;
}

void test_world(const struct test_file *file, const struct test_case *test, struct arena *arena,
                struct run_world *world)
{
    *world = file->generation->world;
    world->config = over(arena, world->config, test->config);
    world->lists = over(arena, world->lists, test->lists);
}

static bool open_engine(struct story *story)
{
    const struct test_case *test = story->test;
    struct run_world world;

    test_world(story->file, test, story->arena, &world);
    story->stand_in = (struct stand_in){.received = on_received,
                                        .answer = story_answer,
                                        .only = story->file->loaded->playbook->id,
                                        .schedules = test->by_schedule,
                                        .user = story};
    story->loop = loop_new_virtual(test->clock_us, SEED);
    story->code =
        stand_in_open(story->file->generation, story->file->playbooks, story->file->playbook_count,
                      &world, story->loop, &story->stand_in, &story->engine, &story->fault);
    if (story->code)
        return false;
    quell_watch(story->engine, on_event, story);
    return true;
}

static void submit(struct story *story, size_t nth)
{
    const struct test_given *given = &story->test->given[nth];
    struct quell_submission submission = {
        .body = given->body,
        .source = given->source,
        /* each on a way of its own: one that comes again is not the same delivery */
        .hook = arena_format(story->arena, "given-%zu", nth + 1)};

    story->current = given;
    story->fault_place = given->place;
    story->code = quell_submit(story->engine, &submission, on_submitted, story, &story->fault);
}

static void start_by_hand(struct story *story, const struct test_given *given)
{
    struct quell_run_options options = {.playbook = story->file->loaded->playbook->id.data,
                                        .by = QUELL_STR("test")};
    char run[37];

    story->current = given;
    story->fault_place = story->test->place;
    if (given) {
        options.incident = given->body;
        options.source = given->source;
    }
    if (quell_count(story->test->inputs))
        options.inputs = json_text(story->arena, story->test->inputs, JSON_COMPACT);
    story->code = quell_run(story->engine, &options, run, &story->fault);
}

/* ---- going on ----------------------------------------------------------------------------------
 */

static bool has_ended(const struct story_run *run)
{
    return !str_is(run->state, "running");
}

/* One answer at a time: what it brings about may change who is asked next. */
static bool reply_to_all(struct story *story)
{
    size_t i;

    story->unanswered = QUELL_STR("");
    for (i = 0; i < story->run_count; i++)
        if (!has_ended(&story->runs[i]) && story_reply(story, &story->runs[i]))
            return true;
    return false;
}

static bool all_ended(const struct story *story)
{
    size_t i;

    for (i = 0; i < story->run_count; i++)
        if (!has_ended(&story->runs[i]))
            return false;
    return true;
}

/* Lets the story go on until `until_us`, or (INT64_MAX) until it has nothing more to tell. */
static void go_on(struct story *story, int64_t until_us)
{
    int64_t last_us = story->test->clock_us + (int64_t)LIMIT_TEST_CLOCK_S * 1000000, next_us;
    size_t jumps;

    for (jumps = 0; jumps < LIMIT_TEST_JUMPS && story->code == QUELL_OK; jumps++) {
        loop_settle(story->loop);
        if (reply_to_all(story))
            continue;
        next_us = loop_next_us(story->loop);
        if (until_us == INT64_MAX &&
            (all_ended(story) || story->unanswered.len || next_us > last_us))
            return;
        if (next_us > until_us) {
            loop_advance(story->loop, until_us);
            return;
        }
        loop_advance(story->loop, next_us);
    }
}

static void wait_for_schedule(struct story *story)
{
    int64_t last_us = story->test->clock_us + (int64_t)LIMIT_TEST_CLOCK_S * 1000000, next_us;
    size_t jumps;

    for (jumps = 0; jumps < LIMIT_TEST_JUMPS && story->run_count == 0; jumps++) {
        loop_settle(story->loop);
        next_us = loop_next_us(story->loop);
        if (next_us > last_us)
            return;
        loop_advance(story->loop, next_us);
    }
}

static void tell(struct story *story)
{
    const struct test_case *test = story->test;
    size_t i;

    if (test->by_hand && test->given_count == 0)
        start_by_hand(story, NULL);
    if (test->by_schedule)
        wait_for_schedule(story);
    for (i = 0; i < test->given_count && story->code == QUELL_OK; i++) {
        if (test->given[i].at_us >= 0)
            go_on(story, test->clock_us + test->given[i].at_us);
        if (test->by_hand)
            start_by_hand(story, &test->given[i]);
        else
            submit(story, i);
        loop_settle(story->loop);
    }
    go_on(story, test->advance_us < 0 ? INT64_MAX : test->clock_us + test->advance_us);
}

/* ---- reading back ------------------------------------------------------------------------------
 */

struct collecting {
    struct story *story;
    struct story_run *run;
    size_t cap;
};

static void collect_step(const struct run_step *step, void *user)
{
    struct collecting *to = user;
    struct story_run *run = to->run;

    if (run->step_count == to->cap) {
        size_t cap = to->cap ? to->cap * 2 : 32;
        run->steps = arena_grow(to->story->arena, run->steps, to->cap * sizeof(*run->steps),
                                cap * sizeof(*run->steps));
        to->cap = cap;
    }
    run->steps[run->step_count++] = *step;
}

static void read_back(struct story *story)
{
    const struct store_kind *kind = story->engine->reader->kind;
    struct collecting to = {.story = story};
    struct store_run row;
    size_t i;

    for (i = 0; i < story->run_count; i++) {
        struct story_run *run = &story->runs[i];
        story->code = kind->run(story->engine->reader, story->arena, run->id, &row, &story->fault);
        if (story->code == QUELL_OK)
            story->code =
                journal_read_run(story->engine, &row, &run->run, &run->loaded, &story->fault);
        if (story->code)
            return;
        run->state = arena_str(story->arena, row.state);
        to.run = run;
        to.cap = 0;
        run_each_step(run->run, collect_step, &to);
    }
}

void story_tell(struct story *story, struct test_file *file, const struct test_case *test,
                struct arena *arena)
{
    *story =
        (struct story){.file = file, .test = test, .arena = arena, .received = {.arena = arena}};
    story->used = arena_array(arena, unsigned, test->mock_count + 1);
    story->fault_place = test->place;
    if (!open_engine(story))
        return;
    tell(story);
    take_verdict(story);
    if (story->code == QUELL_OK)
        read_back(story);
}

void story_free(struct story *story)
{
    size_t i;

    for (i = 0; i < story->run_count; i++) {
        run_free(story->runs[i].run);
        loaded_release(story->runs[i].loaded);
    }
    quell_close(story->engine);
    loop_free(story->loop);
}

const struct story_run *story_last(const struct story *story)
{
    size_t i;

    for (i = story->run_count; i-- > 0;)
        if (story->runs[i].ours)
            return &story->runs[i];
    return NULL;
}

bool story_path_is(struct quell_str wanted, struct quell_str path)
{
    size_t i, at = 0;
    bool items = str_find(wanted, QUELL_STR("["), 0) != SIZE_MAX;

    if (items)
        return quell_str_equal(wanted, path);
    for (i = 0; i < path.len; i++) {
        if (path.data[i] == '[') {
            while (i < path.len && path.data[i] != ']')
                i++;
            continue;
        }
        if (at == wanted.len || wanted.data[at++] != path.data[i])
            return false;
    }
    return at == wanted.len;
}
