/*
 * expect.c - what happened against what a test expects: one function for each word of expects.def.
 */
#include "base/str.h"
#include "test/test.h"
#include "value/value.h"

/* ---- findings ----------------------------------------------------------------------------------
 */

struct finding *test_find(struct judging *in, struct place place, const char *format, ...)
{
    struct finding *finding = arena_one(in->arena, struct finding);
    va_list args;

    va_start(args, format);
    *finding = (struct finding){.message = arena_format_list(in->arena, format, args),
                                .place = place,
                                .label = QUELL_STR("said here")};
    va_end(args);
    *in->end = finding;
    in->end = &finding->next;
    return finding;
}

/* The run that most expectations are about; says so when there is none. */
static const struct story_run *the_run(struct judging *in, struct place place, const char *what)
{
    const struct story *story = in->story;
    const struct story_run *run = story_last(story);
    struct finding *finding;

    if (run)
        return run;
    finding = test_find(in, place, "expected `%s` of a run, but no run began", what);
    finding->note = story->refused;
    if (story->judged && story->because.len) {
        finding->playbook = story->file->loaded->playbook;
        finding->origin = story->because_place;
        finding->origin_label =
            arena_format(in->arena, "the trigger: %s, this line decided (%.*s)",
                         match_verdict_name(story->verdict), QUELL_ARG(story->because));
    }
    return NULL;
}

/* ---- values ------------------------------------------------------------------------------------
 */

static struct quell_value at_path(struct quell_value root, struct quell_str path)
{
    struct quell_value found;

    if (path.len == 0)
        return root;
    return value_find(root, path, &found) ? found : path_get(root, path.data);
}

/* One value of the run against what is said; the finding for more to be added, or NULL. */
static struct finding *compare(struct judging *in, const struct yaml_node *node,
                               struct quell_value actual, struct quell_str name)
{
    struct difference difference;

    if (test_compare(in->arena, in->story->file, node, actual, name, &difference))
        return NULL;
    return test_find(in, difference.place, "%.*s", QUELL_ARG(difference.what));
}

static void judge_status(struct judging *in, const struct test_expectation *expectation)
{
    const struct yaml_pair *pair = expectation->pair;
    const struct story_run *run = the_run(in, pair->key.place, "status");
    struct finding *finding;

    if (!run)
        return;
    finding = compare(in, &pair->node, quell_string(run->state), QUELL_STR("status"));
    if (!finding)
        return;
    finding->message =
        arena_format(in->arena, "expected the run to be %.*s, but it is `%.*s`",
                     QUELL_ARG(test_show(in->arena, pair->node.value)), QUELL_ARG(run->state));
    test_because_run(in, run, finding);
}

static void judge_reason(struct judging *in, const struct test_expectation *expectation)
{
    const struct yaml_pair *pair = expectation->pair;
    const struct story_run *run = the_run(in, pair->key.place, "reason");
    struct finding *finding;

    if (!run)
        return;
    finding = compare(in, &pair->node, run->reason.len ? quell_string(run->reason) : quell_null(),
                      QUELL_STR("reason"));
    if (finding)
        test_because_run(in, run, finding);
}

static void judge_value(struct judging *in, const struct test_expectation *expectation,
                        const struct story_run *run, struct quell_value root)
{
    const struct yaml_pair *pair = expectation->pair;
    struct finding *finding;

    finding =
        compare(in, &pair->node, at_path(root, expectation->rest), quell_str(pair->key.value));
    if (finding && !str_is(run->state, "succeeded"))
        test_because_run(in, run, finding);
}

static void judge_vars(struct judging *in, const struct test_expectation *expectation)
{
    const struct story_run *run = the_run(in, expectation->pair->key.place, "vars");

    if (run)
        judge_value(in, expectation, run, run->vars);
}

static void judge_outputs(struct judging *in, const struct test_expectation *expectation)
{
    const struct story_run *run = the_run(in, expectation->pair->key.place, "outputs");

    if (run)
        judge_value(in, expectation, run, run->outputs);
}

static void judge_error(struct judging *in, const struct test_expectation *expectation)
{
    const struct story_run *run = the_run(in, expectation->pair->key.place, "error");

    if (run)
        judge_value(in, expectation, run, run->error);
}

/* ---- steps -------------------------------------------------------------------------------------
 */

/* `contain.isolate.output.id` -> whether it is this step (by id, or by path with or without the
 * items of loops), and what of it. */
static bool is_step(const struct run_step *step, struct quell_str text, struct quell_str *field)
{
    size_t end;

    for (end = text.len; end > 0; end--) {
        struct quell_str name = str_slice(text, 0, end);
        if (end < text.len && text.data[end] != '.')
            continue;
        if (!story_path_is(name, step->path) && !quell_str_equal(name, step->step->id))
            continue;
        *field = str_slice(text, end + (end < text.len), text.len);
        return true;
    }
    return false;
}

static struct quell_value step_value(struct arena *arena, const struct run_step *step)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "status", quell_text(step_status_name(step->status)));
    map_add(&map, "output", step->output);
    map_add(&map, "error", step->error);
    map_add(&map, "with", step->input);
    map_add(&map, "attempts", quell_int(step->attempt));
    map_add(&map, "reason", step->reason.len ? quell_string(step->reason) : quell_null());
    return map_made(&map);
}

static void judge_field(struct judging *in, const struct story_run *run,
                        const struct run_step *step, struct quell_str field,
                        const struct yaml_node *node, struct place key)
{
    struct quell_value value = step_value(in->arena, step);
    struct quell_str name = arena_format(in->arena, "steps.%.*s%s%.*s", QUELL_ARG(step->path),
                                         field.len ? "." : "", QUELL_ARG(field));
    struct finding *finding;
    bool scalar = !quell_is(node->value, QUELL_MAP);

    if (field.len == 0 && scalar) /* `steps.isolate: denied` */
        field = QUELL_STR("status");
    finding = compare(in, node, at_path(value, field), name);
    if (!finding)
        return;
    if (str_is(field, "status"))
        finding->message = arena_format(
            in->arena, "expected step `%.*s` to be %.*s, but it is `%s`", QUELL_ARG(step->path),
            QUELL_ARG(test_show(in->arena, node->value)), step_status_name(step->status));
    (void)key;
    test_because_step(in, run, step, finding);
}

/* How much of the text is not the step: of `raise.incident.status` the step in the loop is meant,
 * not the loop. */
static size_t least_field(const struct story_run *run, struct quell_str text)
{
    struct quell_str field;
    size_t least = SIZE_MAX, i;

    for (i = 0; i < run->step_count; i++)
        if (is_step(&run->steps[i], text, &field) && field.len < least)
            least = field.len;
    return least;
}

/* All instances that ran, or were decided about, must fit; when none was, it is `not-run`. */
static void judge_step(struct judging *in, const struct story_run *run, struct quell_str text,
                       const struct yaml_node *node, struct place key)
{
    const struct run_step *idle = NULL;
    struct quell_str field, idle_field = {"", 0};
    struct finding *finding;
    size_t i, count = 0, least = least_field(run, text);

    for (i = 0; i < run->step_count; i++) {
        if (!is_step(&run->steps[i], text, &field) || field.len != least)
            continue;
        if (run->steps[i].status == STEP_NOT_RUN && run->steps[i].started_us == 0) {
            idle = &run->steps[i];
            idle_field = field;
            continue;
        }
        judge_field(in, run, &run->steps[i], field, node, key);
        count++;
    }
    if (count == 0 && idle)
        judge_field(in, run, idle, idle_field, node, key);
    if (count > 0 || idle)
        return;
    if (quell_text_is(node->value, "not-run") ||
        (node->pairs && yaml_get(node, "status") &&
         quell_text_is(yaml_get(node, "status")->value, "not-run")))
        return;
    finding = test_find(in, key, "expected something of step `%.*s`, but it never came to it",
                        QUELL_ARG(text));
    test_because_run(in, run, finding);
}

static void judge_steps(struct judging *in, const struct test_expectation *expectation)
{
    const struct yaml_pair *pair = expectation->pair;
    const struct story_run *run = the_run(in, pair->key.place, "steps");
    size_t i;

    if (!run)
        return;
    if (expectation->rest.len) {
        judge_step(in, run, expectation->rest, &pair->node, pair->key.place);
        return;
    }
    for (i = 0; i < pair->node.count; i++) {
        const struct yaml_pair *inner = &pair->node.pairs[i];
        judge_step(in, run, quell_str(inner->key.value), &inner->node, inner->key.place);
    }
}

/* ---- triggers ----------------------------------------------------------------------------------
 */

static void say_trigger(struct judging *in, struct finding *finding)
{
    const struct story *story = in->story;

    if (!story->judged || story->because.len == 0)
        return;
    finding->playbook = story->file->loaded->playbook;
    finding->origin = story->because_place;
    finding->origin_label =
        arena_format(in->arena, "%s: %.*s decided", match_verdict_name(story->verdict),
                     QUELL_ARG(story->because));
}

static void judge_triggered(struct judging *in, const struct test_expectation *expectation)
{
    const struct yaml_node *node = &expectation->pair->node;
    const struct story *story = in->story;
    bool wanted = quell_is(node->value, QUELL_BOOL) && node->value.as.boolean;
    enum match_verdict expected = wanted                              ? MATCH_YES
                                  : quell_is(node->value, QUELL_BOOL) ? MATCH_NO
                                                                      : MATCH_UNDETERMINED;
    struct finding *finding;

    if (story->judged && story->verdict == expected)
        return;
    if (!story->judged) {
        finding = test_find(in, expectation->pair->key.place,
                            "expected something of the trigger, but it was not asked");
        finding->note = QUELL_STR("the run is started by hand, or the playbook has no trigger for "
                                  "an incident");
        return;
    }
    finding = test_find(in, node->place, "expected the trigger to say `%s`, but it says `%s`",
                        match_verdict_name(expected), match_verdict_name(story->verdict));
    say_trigger(in, finding);
}

static void judge_because(struct judging *in, const struct test_expectation *expectation)
{
    const struct story *story = in->story;
    struct finding *finding;

    finding = compare(in, &expectation->pair->node,
                      story->because.len ? quell_string(story->because) : quell_null(),
                      QUELL_STR("because"));
    if (finding)
        say_trigger(in, finding);
}

static void judge_runs(struct judging *in, const struct test_expectation *expectation)
{
    struct finding *finding = compare(in, &expectation->pair->node,
                                      quell_int((int64_t)in->story->ours), QUELL_STR("runs"));

    if (finding)
        say_trigger(in, finding);
}

/* ---- what was refused --------------------------------------------------------------------------
 */

static void judge_count(struct judging *in, const struct test_expectation *expectation,
                        uint64_t count)
{
    const struct yaml_pair *pair = expectation->pair;
    struct finding *finding =
        compare(in, &pair->node, quell_int((int64_t)count), quell_str(pair->key.value));

    if (finding && in->story->refused.len)
        finding->note = in->story->refused;
}

static void judge_deduped(struct judging *in, const struct test_expectation *expectation)
{
    judge_count(in, expectation, in->story->engine->counters.deduped);
}

static void judge_throttled(struct judging *in, const struct test_expectation *expectation)
{
    judge_count(in, expectation, in->story->engine->counters.throttled);
}

static void judge_skipped(struct judging *in, const struct test_expectation *expectation)
{
    judge_count(in, expectation, in->story->engine->counters.skipped);
}

static void judge_merged(struct judging *in, const struct test_expectation *expectation)
{
    judge_count(in, expectation, in->story->engine->counters.merged);
}

static void judge_calls(struct judging *in, const struct test_expectation *expectation)
{
    test_judge_calls(in, expectation->pair);
}

static void judge_never(struct judging *in, const struct test_expectation *expectation)
{
    test_judge_never(in, expectation->pair);
}

static void judge_undo(struct judging *in, const struct test_expectation *expectation)
{
    test_judge_undo(in, expectation->pair);
}

/* ---- the table ---------------------------------------------------------------------------------
 */

static void (*const judges[TEST_EXPECTS])(struct judging *in,
                                          const struct test_expectation *expectation) = {
    [TEST_EXPECT_STATUS] = judge_status,   [TEST_EXPECT_REASON] = judge_reason,
    [TEST_EXPECT_STEPS] = judge_steps,     [TEST_EXPECT_VARS] = judge_vars,
    [TEST_EXPECT_OUTPUTS] = judge_outputs, [TEST_EXPECT_ERROR] = judge_error,
    [TEST_EXPECT_UNDO] = judge_undo,       [TEST_EXPECT_CALLS] = judge_calls,
    [TEST_EXPECT_NEVER] = judge_never,     [TEST_EXPECT_TRIGGERED] = judge_triggered,
    [TEST_EXPECT_BECAUSE] = judge_because, [TEST_EXPECT_RUNS] = judge_runs,
    [TEST_EXPECT_DEDUPED] = judge_deduped, [TEST_EXPECT_THROTTLED] = judge_throttled,
    [TEST_EXPECT_SKIPPED] = judge_skipped, [TEST_EXPECT_MERGED] = judge_merged,
};

/* Something else decides whether a case passes at all: it must be told, and every read be mocked.
 */
static void judge_story(struct judging *in)
{
    const struct story *story = in->story;
    struct finding *finding;
    size_t i;

    for (i = 0; i < story->call_count; i++) {
        const struct story_call *call = &story->calls[i];
        if (!call->lacking)
            continue;
        finding = test_find(in, story->test->place, "`%.*s` reads, and the test has no mock of it",
                            QUELL_ARG(call->action));
        finding->label = QUELL_STR("this case");
        finding->playbook = call->playbook;
        finding->origin = call->step->uses_place;
        finding->origin_label = QUELL_STR("called here");
        finding->note = arena_format(
            in->arena, "add to the case:\nmock: { %.*s: { output: %s } }", QUELL_ARG(call->action),
            call->step->action->example ? call->step->action->example : "{}");
        return; /* what follows is only a consequence */
    }
}

/* Expectations that hold or not whatever becomes of the run. */
static bool is_about_the_start(enum test_expect_kind kind)
{
    return kind >= TEST_EXPECT_TRIGGERED;
}

static bool says_how_it_waits(const struct story *story)
{
    bool all_about_the_start = story->test->expectation_count > 0;
    size_t i;

    for (i = 0; i < story->test->expectation_count; i++) {
        enum test_expect_kind kind = story->test->expectations[i].kind;
        if (kind == TEST_EXPECT_STATUS)
            return true;
        all_about_the_start &= is_about_the_start(kind);
    }
    return all_about_the_start;
}

/* A run that waits for a person, where the test does not say that it should, hides a mistake. */
static void judge_waiting(struct judging *in)
{
    const struct story *story = in->story;
    struct finding *finding;

    if (story->unanswered.len == 0 || says_how_it_waits(story))
        return;
    finding = test_find(in, story->test->place,
                        "step `%.*s` waits for a person, and the test has no answer",
                        QUELL_ARG(story->unanswered));
    finding->label = QUELL_STR("this case");
    finding->note = arena_format(in->arena, "add `answer: { %.*s: ... }`, or expect the status",
                                 QUELL_ARG(story->unanswered));
}

struct finding *test_judge(struct story *story)
{
    struct judging in = {.story = story, .arena = story->arena};
    const struct test_case *test = story->test;
    struct finding *finding;
    size_t i;

    in.end = &in.first;
    if (story->code) {
        finding = test_find(&in, story->fault_place, "the case could not be told: %s",
                            story->fault.message);
        finding->label = QUELL_STR("at this");
        return in.first;
    }
    judge_story(&in);
    judge_waiting(&in);
    for (i = 0; i < test->expectation_count; i++)
        judges[test->expectations[i].kind](&in, &test->expectations[i]);
    return in.first;
}
