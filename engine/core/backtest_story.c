/*
 * backtest_story.c - the engine itself, on a memory store and a virtual clock, is given the
 * incidents of weeks as they came. Guards and limits hold as they would have; calls are answered by
 * the manifests' examples, and people by whatever is supposed of them.
 */
#include "core/backtest.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "value/json.h"

enum { SEED = 1 }; /* every telling is the same */
#define MINUTE_US ((int64_t)60 * 1000000)

/* ---- what it does ------------------------------------------------------------------------------
 */

static struct backtest_action *action_of(struct backtest_story *story, struct quell_value event)
{
    struct quell_str name = quell_get_str(event, "action");
    struct backtest_action *made;
    size_t i;

    for (i = 0; i < story->action_count; i++)
        if (quell_str_equal(story->actions[i].name, name))
            return &story->actions[i];
    if (story->action_count == story->action_cap) {
        size_t cap = story->action_cap ? story->action_cap * 2 : 16;
        story->actions =
            arena_grow(story->arena, story->actions, story->action_cap * sizeof(*story->actions),
                       cap * sizeof(*story->actions));
        story->action_cap = cap;
    }
    made = &story->actions[story->action_count++];
    *made =
        (struct backtest_action){.name = arena_str(story->arena, name),
                                 .effect = arena_str(story->arena, quell_get_str(event, "effect"))};
    return made;
}

static void add_target(struct backtest_story *story, struct backtest_action *action,
                       struct quell_value target)
{
    size_t i;

    for (i = 0; i < action->target_count; i++)
        if (value_equal(action->targets[i], target))
            return;
    if (action->target_count == action->target_cap) {
        size_t cap = action->target_cap ? action->target_cap * 2 : 16;
        action->targets =
            arena_grow(story->arena, action->targets, action->target_cap * sizeof(*action->targets),
                       cap * sizeof(*action->targets));
        action->target_cap = cap;
    }
    action->targets[action->target_count++] = value_copy(story->arena, target);
}

static void answer(struct active *active, const struct run_call *call,
                   struct stand_in_answer *given, void *user)
{
    (void)user;
    given->outcome.output = simulate_output(turn_commit(active->engine)->arena, call->action,
                                            call->input, QUELL_STR("not sent"), true);
    given->simulated = true;
}

static void note_call(struct backtest_story *story, struct quell_value event)
{
    struct backtest_action *action = action_of(story, event);
    struct quell_value targets = quell_get(event, "targets");
    size_t i;

    action->calls += quell_get_int(event, "attempt", 1) == 1;
    for (i = 0; i < quell_count(targets); i++)
        add_target(story, action, quell_at(targets, i));
}

static void on_event(struct quell_str run, struct quell_value event, void *user)
{
    struct backtest_story *story = user;
    struct quell_str kind = quell_get_str(event, "kind"), status;

    (void)run;
    if (str_is(kind, "run_started"))
        story->children += !quell_is_null(quell_get(event, "parent"));
    if (str_is(kind, "call_scheduled"))
        note_call(story, event);
    story->asks += str_is(kind, "approval_asked") || str_is(kind, "form_asked");
    story->held += str_is(kind, "run_held");
    if (!str_is(kind, "run_ended"))
        return;
    status = quell_get_str(event, "status");
    story->succeeded += str_is(status, "succeeded");
    story->failed += str_is(status, "failed");
}

/* ---- people ------------------------------------------------------------------------------------
 */

static void decided(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)code; /* a memory store does not fail */
    (void)err;
    (void)user;
}

/* As many persons as are asked for, each of whom may. */
static void decide_one(struct backtest_story *story, struct quell_value asked)
{
    struct quell_decision decision = {.run = quell_get_str(asked, "run"),
                                      .step = quell_get_str(asked, "step"),
                                      .agrees = story->people == BACKTEST_AGREE};
    struct quell_value of = quell_get(asked, "of");
    int64_t count = quell_get_int(asked, "count", 1), i;
    struct quell_error ignored; /* who cannot be found is not asked, and time passes */

    for (i = 0; i < count; i++) {
        struct quell_str name = quell_str(quell_at(of, (size_t)i));
        bool group = name.len == 0 || str_starts(name, QUELL_STR("group:"));
        decision.by = group ? arena_format(story->arena, "person-%d", (int)i + 1) : name;
        (void)!quell_decide(story->engine, &decision, decided, NULL, &ignored);
        loop_settle(story->loop);
    }
}

static bool decide_all(struct backtest_story *story)
{
    struct quell_document document = {0};
    struct quell_error ignored;
    size_t i, count = 0;

    if (story->people == BACKTEST_SILENT ||
        quell_approvals(story->engine, &document, &ignored) != QUELL_OK)
        return false;
    for (i = 0; i < quell_count(document.value); i++)
        if (quell_text_is(quell_get(quell_at(document.value, i), "what"), "approval")) {
            decide_one(story, quell_at(document.value, i));
            count++;
        }
    quell_document_free(&document);
    return count > 0;
}

/* ---- time --------------------------------------------------------------------------------------
 */

static void settle(struct backtest_story *story)
{
    size_t asked = SIZE_MAX;

    loop_settle(story->loop);
    while (story->asks != asked) { /* an answer may lead to the next question */
        asked = story->asks;
        if (!decide_all(story))
            return;
        loop_settle(story->loop);
    }
}

static void go_on_until(struct backtest_story *story, int64_t until_us)
{
    int64_t behind_us = until_us - loop_now_us(story->loop), target_us, next_us;

    target_us = loop_monotonic_us(story->loop) + (behind_us > 0 ? behind_us : 0);
    for (;;) {
        size_t asked = story->asks;
        next_us = loop_next_us(story->loop);
        if (next_us > target_us)
            break;
        loop_advance(story->loop, next_us);
        loop_settle(story->loop);
        if (story->asks != asked)
            settle(story);
    }
    loop_advance(story->loop, target_us);
}

/* ---- incidents ---------------------------------------------------------------------------------
 */

static void take_answer(struct backtest_story *story, struct quell_value answer)
{
    struct quell_value refused = quell_get(answer, "not_started");
    enum backtest_verdict verdict = BACKTEST_NO;

    if (quell_count(quell_get(answer, "undetermined")))
        verdict = BACKTEST_UNDETERMINED;
    if (quell_count(refused)) {
        verdict = BACKTEST_REFUSED;
        story->reasons[story->current] =
            arena_str(story->arena, quell_get_str(quell_at(refused, 0), "reason"));
    }
    if (quell_count(quell_get(answer, "runs")))
        verdict = BACKTEST_STARTED;
    story->verdicts[story->current] = verdict;
    story->undetermined += verdict == BACKTEST_UNDETERMINED;
    story->refused += verdict == BACKTEST_REFUSED;
    story->started += verdict == BACKTEST_STARTED;
    story->matched += verdict == BACKTEST_REFUSED || verdict == BACKTEST_STARTED;
}

static void submitted(enum quell_code code, struct quell_str text, bool repeated,
                      const struct quell_error *err, void *user)
{
    struct backtest_story *story = user;
    struct arena *arena = arena_new(0);
    struct quell_value value;
    struct quell_error ignored;

    (void)repeated;
    if (code) {
        story->code = code;
        story->fault = *err;
    } else if (json_read(arena, text, 0, &value, NULL, &ignored) == QUELL_OK) {
        take_answer(story, value);
    }
    arena_free(arena);
}

static void submit(struct backtest_story *story, size_t nth)
{
    const struct backtest_incident *incident = &story->incidents[nth];
    struct quell_submission submission = {
        .body = incident->body,
        .source = QUELL_STR("quell"),
        .hook = arena_format(story->arena, "backtest-%zu", nth)}; /* none is a repetition */

    story->current = nth;
    story->code = quell_submit(story->engine, &submission, submitted, story, &story->fault);
    if (story->code == QUELL_OK)
        settle(story);
}

static void tell(struct backtest_story *story)
{
    size_t i;

    for (i = 0; i < story->incident_count && story->code == QUELL_OK; i++) {
        go_on_until(story, story->incidents[i].received_us);
        submit(story, i);
    }
    if (story->code == QUELL_OK)
        go_on_until(story, loop_now_us(story->loop) + LIMIT_BACKTEST_TAIL_S * (int64_t)1000000);
    story->other = story->started + story->children - story->succeeded - story->failed;
}

enum quell_code backtest_tell(struct backtest_story *story, struct generation *generation,
                              struct loaded *loaded, struct quell_error *err)
{
    struct loaded **playbooks =
        arena_array(story->arena, struct loaded *, generation->playbook_count + 1);
    struct run_world world = generation_world(generation);
    size_t count = 0, i;
    enum quell_code code;

    playbooks[count++] = loaded;
    for (i = 0; i < generation->playbook_count; i++)
        if (!quell_str_equal(generation->playbooks[i]->playbook->id, loaded->playbook->id))
            playbooks[count++] = generation->playbooks[i];
    story->verdicts = arena_array(story->arena, enum backtest_verdict, story->incident_count);
    story->reasons = arena_array(story->arena, struct quell_str, story->incident_count);
    story->stand_in =
        (struct stand_in){.answer = answer, .only = loaded->playbook->id, .user = story};
    story->loop = loop_new_virtual(
        story->incident_count ? story->incidents[0].received_us - MINUTE_US : 0, SEED);
    code = stand_in_open(generation, playbooks, count, &world, story->loop, &story->stand_in,
                         &story->engine, err);
    if (code == QUELL_OK) {
        quell_watch(story->engine, on_event, story);
        tell(story);
        quell_watch(story->engine, NULL, NULL);
        quell_close(story->engine);
        code = story->code;
        if (code)
            *err = story->fault;
    }
    loop_free(story->loop);
    return code;
}
