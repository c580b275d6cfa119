/*
 * because.c - why something is as it is: the place in the playbook that decided, what its condition
 * saw, and which mock made it so.
 */
#include "base/str.h"
#include "run/run.h"
#include "test/test.h"
#include "value/value.h"

enum { SEEN_MAX = 4 }; /* values of a condition that are told */

/* ---- what a condition saw ----------------------------------------------------------------------
 */

struct seeing {
    struct judging *in;
    const struct story_run *run;
    const struct run_step *step; /* whose condition it is */
    struct quell_str text;
    size_t count;
};

/* `(your mock, line 27)` when a step's outcome is a mock's. */
static struct quell_str by_mock(struct judging *in, const struct story_run *run,
                                struct quell_str path)
{
    const struct story *story = in->story;
    size_t i;

    for (i = story->call_count; i-- > 0;) {
        const struct story_call *call = &story->calls[i];
        if (!quell_str_equal(call->run, run->id) || !quell_str_equal(call->path, path))
            continue;
        if (call->mock)
            return arena_format(in->arena, " (your mock, line %zu)",
                                diag_position(story->file->text, call->mock->place.offset).line);
        return call->lacking ? QUELL_STR("") : QUELL_STR(" (made up from the manifest)");
    }
    return QUELL_STR("");
}

/* The instance of a step that stands nearest: in the same item of a loop, if it can be. */
static const struct run_step *nearest_step(const struct seeing *seeing, struct quell_str id)
{
    const struct run_step *found = NULL;
    size_t i, best = 0;

    for (i = 0; i < seeing->run->step_count; i++) {
        const struct run_step *step = &seeing->run->steps[i];
        size_t same = 0;
        if (!quell_str_equal(step->step->id, id))
            continue;
        while (same < step->path.len && same < seeing->step->path.len &&
               step->path.data[same] == seeing->step->path.data[same])
            same++;
        if (!found || same > best) {
            found = step;
            best = same;
        }
    }
    return found;
}

static struct quell_value step_part(const struct run_step *step, struct quell_str name)
{
    if (str_is(name, "status"))
        return quell_text(step_status_name(step->status));
    if (str_is(name, "output"))
        return step->output;
    return str_is(name, "error") ? step->error : quell_null();
}

static struct quell_value root_value(const struct seeing *seeing, struct quell_str root)
{
    struct run_world world = generation_world(seeing->in->story->engine->generation);

    if (str_is(root, "incident"))
        return run_incident(seeing->run->run);
    if (str_is(root, "vars"))
        return seeing->run->vars;
    if (str_is(root, "config"))
        return world.config;
    return str_is(root, "lists") ? world.lists : quell_null();
}

static void see(const struct cel_reference *reference, void *user)
{
    struct seeing *seeing = user;
    struct quell_value value = root_value(seeing, reference->root);
    struct quell_str name = reference->root, mock = {"", 0};
    size_t i = 0;

    if (str_is(reference->root, "steps") && reference->count >= 2) {
        const struct run_step *step = nearest_step(seeing, reference->path[0]);
        if (!step)
            return;
        value = step_part(step, reference->path[1]);
        mock = by_mock(seeing->in, seeing->run, step->path);
        i = 2;
    } else if (quell_is_null(value)) {
        return; /* an input or a loop's item: its value is not at hand here */
    }
    for (; i < reference->count; i++)
        if (!value_find(value, reference->path[i], &value))
            value = quell_null();
    for (i = 0; i < reference->count; i++)
        name = arena_format(seeing->in->arena, "%.*s.%.*s", QUELL_ARG(name),
                            QUELL_ARG(reference->path[i]));
    if (seeing->count++ >= SEEN_MAX)
        return;
    seeing->text =
        arena_format(seeing->in->arena, "%.*s%s%.*s is %.*s%.*s", QUELL_ARG(seeing->text),
                     seeing->text.len ? ", " : "", QUELL_ARG(name),
                     QUELL_ARG(test_show(seeing->in->arena, value)), QUELL_ARG(mock));
}

/* ---- a step ------------------------------------------------------------------------------------
 */

static void because_skipped(struct judging *in, const struct story_run *run,
                            const struct run_step *step, struct finding *finding)
{
    struct seeing seeing = {.in = in, .run = run, .step = step};

    finding->origin = step->step->condition.place;
    cel_references(step->step->condition.expr, see, &seeing);
    finding->origin_label = seeing.text.len
                                ? arena_format(in->arena, "false: %.*s", QUELL_ARG(seeing.text))
                                : QUELL_STR("false");
}

static struct quell_str error_text(struct judging *in, const struct story_run *run,
                                   struct quell_str path, struct quell_value error)
{
    struct quell_str code = quell_get_str(error, "code"), message = quell_get_str(error, "message");
    int64_t status = quell_get_int(error, "status", 0);
    struct quell_str number =
        status ? arena_format(in->arena, " %lld", (long long)status) : QUELL_STR("");

    return arena_format(in->arena, "%.*s%.*s: %.*s%.*s", QUELL_ARG(code), QUELL_ARG(number),
                        QUELL_ARG(message), QUELL_ARG(by_mock(in, run, path)));
}

static struct place place_of(const struct step *step)
{
    return step->uses_place.len ? step->uses_place : step->place;
}

void test_because_step(struct judging *in, const struct story_run *run, const struct run_step *step,
                       struct finding *finding)
{
    finding->playbook = run->loaded->playbook;
    finding->origin = place_of(step->step);
    switch (step->status) {
    case STEP_SKIPPED:
        if (step->step->condition.expr)
            because_skipped(in, run, step, finding);
        break;
    case STEP_NOT_RUN:
        if (step->started_us == 0 && !str_is(run->state, "succeeded")) {
            test_because_run(in, run, finding);
            return;
        }
        finding->origin_label = QUELL_STR("the run did not come to this step");
        break;
    case STEP_SUCCEEDED:
        finding->origin_label =
            step->step->action
                ? arena_format(in->arena, "succeeded%.*s", QUELL_ARG(by_mock(in, run, step->path)))
                : QUELL_STR("succeeded");
        break;
    default: /* whatever else there is, it is the error that tells */
        finding->origin_label = quell_is_null(step->error)
                                    ? arena_format(in->arena, "%s", step_status_name(step->status))
                                    : error_text(in, run, step->path, step->error);
        break;
    }
}

void test_because_path(struct judging *in, struct quell_str path, struct finding *finding)
{
    const struct story *story = in->story;
    size_t i, j;

    for (i = story->run_count; i-- > 0;)
        for (j = 0; j < story->runs[i].step_count; j++)
            if (quell_str_equal(story->runs[i].steps[j].path, path)) {
                test_because_step(in, &story->runs[i], &story->runs[i].steps[j], finding);
                return;
            }
}

/* ---- a run -------------------------------------------------------------------------------------
 */

void test_because_run(struct judging *in, const struct story_run *run, struct finding *finding)
{
    struct quell_str path = quell_get_str(run->error, "step");
    size_t i;

    finding->playbook = run->loaded->playbook;
    for (i = 0; i < run->step_count; i++) {
        const struct run_step *step = &run->steps[i];
        bool failed = path.len && quell_str_equal(step->path, path);
        if (!failed && (step->waits.len == 0 || run_ended(run->run)))
            continue;
        finding->origin = place_of(step->step);
        finding->origin_label =
            failed ? error_text(in, run, step->path, run->error)
                   : arena_format(in->arena, "waits here (%.*s)", QUELL_ARG(step->waits));
        return;
    }
    if (!quell_is_null(run->error)) {
        finding->note = error_text(in, run, path, run->error);
        finding->playbook = NULL;
        return;
    }
    for (i = run->step_count; i-- > 0;) /* it went well: the last step that said something */
        if (run->steps[i].started_us) {
            finding->origin = place_of(run->steps[i].step);
            finding->origin_label = arena_format(
                in->arena, "the last step: %s%s%.*s", step_status_name(run->steps[i].status),
                run->reason.len ? ", reason: " : "", QUELL_ARG(run->reason));
            return;
        }
    finding->playbook = NULL;
}
