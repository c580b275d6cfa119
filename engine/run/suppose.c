/*
 * suppose.c - how a plan forks. A step that would have to know what only a live run can know asks
 * a question; each path of the plan supposes one answer, as an event.
 *
 * Questions are lazy: what nobody looks at is not asked. And they are asked once: a path that has
 * supposed an answer keeps to it wherever the same thing is asked again. How a call came out is
 * asked when it ends if somebody waits for that (on-error, on-failure, the end of the run); where
 * `on-error: continue` goes on either way, not before an expression that decides something reads
 * it.
 */
#include <assert.h>

#include "base/str.h"
#include "run/state.h"
#include "value/value.h"

static const char *const outcomes[] = {"succeeds", "fails", "times out", NULL};
static const char *const plain_outcomes[] = {"succeeds", "fails", NULL};
static const char *const truths[] = {"true", "false", NULL};

/* ---- asking ------------------------------------------------------------------------------------
 */

static size_t count_of(const char *const *answers)
{
    size_t count = 0;

    while (answers[count])
        count++;
    return count;
}

static int supposed_answer(const struct run *run, struct quell_str subject, struct quell_str about,
                           const char *const *answers)
{
    const struct supposition *found;
    int i;

    for (found = run->suppositions; found; found = found->next)
        if (quell_str_equal(found->about, about) && quell_str_equal(found->subject, subject))
            for (i = 0; answers[i]; i++)
                if (str_is(found->answer, answers[i]))
                    return i;
    return PLAN_ASKED;
}

static int ask(struct decision *decision, const struct run_question *question)
{
    struct run *run = decision->run;
    int answer = supposed_answer(run, question->subject, question->about, question->answers);

    assert(run->mode == RUN_PLAN);
    if (answer != PLAN_ASKED || run->asking)
        return answer;
    run->question = *question;
    run->question.answer_count = count_of(question->answers);
    run->asking = true;
    return PLAN_ASKED;
}

int plan_choice(struct decision *decision, struct instance *instance, const char *what,
                struct quell_str text, const char *const *answers)
{
    return ask(decision, &(struct run_question){.path = instance->path,
                                                .what = quell_str_of(what),
                                                .text = text,
                                                .answers = answers,
                                                .subject = instance->path,
                                                .about = quell_str_of(what)});
}

bool run_question(const struct run *run, struct run_question *question)
{
    if (run->asking)
        *question = run->question;
    return run->asking;
}

struct quell_value run_suppose_data(struct arena *arena, const struct run_question *question,
                                    size_t answer)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "what", value_copy_str(arena, question->what));
    map_add(&map, "text", value_copy_str(arena, question->text));
    map_add(&map, "answer", quell_text(question->answers[answer]));
    map_add(&map, "subject", value_copy_str(arena, question->subject));
    map_add(&map, "about", value_copy_str(arena, question->about));
    return map_made(&map);
}

/* ---- how calls come out ------------------------------------------------------------------------
 */

/* The last step of on-failure, or of finally when it has failed: nothing follows, and nothing is
 * changed any more. */
static bool is_last_of_all(const struct run *run, const struct instance *instance)
{
    for (;;) {
        const struct frame *frame = instance->frame;
        if (instance != &frame->instances[frame->steps->count - 1])
            return false;
        if (frame == &run->on_failure)
            return true;
        if (frame == &run->finally)
            return !quell_text_is(quell_get(run->ending, "status"), "succeeded");
        if (!frame->owner || frame->owner->step->kind != STEP_BLOCK ||
            frame->owner->step->on_error != ON_ERROR_FAIL)
            return false;
        instance = frame->owner;
    }
}

/* What came out in one way or another, for people. */
static struct quell_str action_of(const struct instance *instance)
{
    return instance->step->calls.len ? instance->step->calls : instance->step->uses;
}

/* A time-out is a failure, unless somebody reads which of the two it was. What is supposed settles
 * the step at once, so nobody has the answer from here. */
static int ask_outcome(struct decision *decision, struct instance *instance)
{
    (void)plan_choice(decision, instance, "outcome", action_of(instance),
                      instance->step->status_read ? outcomes : plain_outcomes);
    return PLAN_ASKED;
}

int plan_outcome(struct decision *decision, struct instance *instance)
{
    if (!instance->unsettled || instance->step->on_error == ON_ERROR_CONTINUE ||
        (instance->step->on_error == ON_ERROR_FAIL && is_last_of_all(decision->run, instance)))
        return instance->status == STEP_SUCCEEDED;
    return ask_outcome(decision, instance);
}

static void settle(struct run *run, struct instance *instance, struct quell_str answer)
{
    struct map_builder error = {.arena = run->arena};
    struct quell_value why = quell_unknown(QUELL_STR("known when it fails"));
    bool late = str_is(answer, outcomes[2]);

    instance->unsettled = false;
    if (str_is(answer, outcomes[0]))
        return;
    map_add(&error, "code", late ? quell_text("timed-out") : why);
    map_add(&error, "message", why);
    map_add(&error, "step", quell_string(instance->path));
    instance->status = late ? STEP_TIMED_OUT : STEP_FAILED;
    instance->output = quell_null();
    instance->error = map_made(&error);
    instance->caught = instance->phase == PHASE_ENDED;
}

/* What is supposed inside an item is no business of those who read the loop's output: they could
 * only be told apart by it, item by item. From the frame on in whose scope it was asked. */
static void mark_guessed(struct instance *instance, struct quell_str subject)
{
    bool inside = quell_str_equal(subject, instance->path);
    struct frame *frame;

    for (frame = instance->frame; frame; frame = frame->outer) {
        inside |= quell_str_equal(subject, frame->path);
        frame->guessed |= inside;
    }
}

/* That a call succeeds is no guess for those who would not be reached if it had failed. */
static void mark_success(const struct instance *instance)
{
    bool handled = instance->step->on_error != ON_ERROR_FAIL;
    struct frame *frame;

    for (frame = instance->frame; frame; frame = frame->outer) {
        frame->guessed |= handled;
        handled |= frame->owner && frame->owner->step->on_error != ON_ERROR_FAIL;
    }
}

enum quell_code supposed(struct run *run, struct instance *instance, const struct event *event,
                         struct quell_error *err)
{
    struct quell_str what = quell_get_str(event->data, "what");
    struct quell_str answer = quell_get_str(event->data, "answer");
    struct supposition *made;

    if (run->mode != RUN_PLAN)
        return event_misfit(event, "only a plan supposes", err);
    if (str_is(what, "outcome") && !instance->unsettled)
        return event_misfit(event, "the step has no open outcome", err);
    made = arena_one(run->arena, struct supposition);
    made->subject = quell_get_str(event->data, "subject");
    made->about = quell_get_str(event->data, "about");
    made->answer = answer;
    made->of = quell_str_equal(made->subject, instance->path) ? instance : NULL;
    for (made->around = instance->frame; !made->of && made->around;
         made->around = made->around->outer)
        if (quell_str_equal(made->around->path, made->subject))
            break;
    made->next = run->suppositions;
    run->suppositions = made;
    if (str_is(what, "outcome"))
        settle(run, instance, answer);
    if (str_is(what, "outcome") && instance->status == STEP_SUCCEEDED)
        mark_success(instance);
    else
        mark_guessed(instance, made->subject);
    return QUELL_OK;
}

/* ---- questions about expressions ---------------------------------------------------------------
 */

struct reading {
    const struct run *run;
    const struct frame *frame;  /* where the expression stands */
    const struct frame *scope;  /* innermost frame that it depends on; NULL = the whole run */
    struct instance *unsettled; /* the first step it reads whose outcome is open */
};

static struct instance *find_within(const struct frame *frame, struct quell_str id);

static struct instance *find_inside(const struct instance *instance, struct quell_str id)
{
    struct instance *found = NULL;
    size_t i;

    for (i = 0; i < instance->body_count && !found && !step_repeats(instance->step); i++)
        found = find_within(&instance->bodies[i], id);
    if (!found && instance->otherwise)
        found = find_within(instance->otherwise, id);
    if (!found && instance->catcher)
        found = find_within(instance->catcher, id);
    return found;
}

static struct instance *find_within(const struct frame *frame, struct quell_str id)
{
    struct instance *found = NULL;
    size_t i;

    for (i = 0; frame->instances && i < frame->steps->count && !found; i++) {
        struct instance *instance = &frame->instances[i];
        found = quell_str_equal(instance->step->id, id) ? instance : find_inside(instance, id);
    }
    return found;
}

/* The instance that `steps.<id>` means where the expression stands, as scope.c has it. *later: the
 * iteration in which it is that of the one before, else as it was. */
static struct instance *find_step(const struct reading *reading, struct quell_str id,
                                  const struct frame **later)
{
    const struct frame *frame;
    struct instance *found = NULL;

    for (frame = reading->frame; frame && !found; frame = frame->outer) {
        found = find_within(frame, id);
        if (frame->before && !(found && found->phase == PHASE_ENDED)) {
            found = find_within(frame->before, id);
            *later = found ? frame : NULL;
        }
    }
    if (!found && reading->run->finishing)
        found = find_within(&reading->run->on_failure, id);
    if (!found && (reading->run->failing || reading->run->finishing))
        found = find_within(&reading->run->root, id);
    return found;
}

static size_t depth_of(const struct frame *frame)
{
    size_t depth = 0;

    for (; frame; frame = frame->outer)
        depth++;
    return depth;
}

/* Of two iterations of a loop, on the later one. */
static void depends_on(struct reading *reading, const struct frame *frame)
{
    size_t depth = depth_of(frame), known = depth_of(reading->scope);

    if (depth > known || (frame && depth == known && frame->index > reading->scope->index))
        reading->scope = frame;
}

/* The item of a loop in which a step stands: its instances differ from item to item. */
static const struct frame *item_around(const struct frame *frame)
{
    while (frame && !frame->loops)
        frame = frame->outer;
    return frame;
}

/* The item or iteration that has set the variable; NULL: it is the run's. */
static const struct frame *item_of_var(const struct frame *frame, struct quell_str name)
{
    const struct frame *item;
    struct quell_value found;

    for (; frame; frame = frame->outer)
        for (item = frame->loops ? frame : NULL; item; item = item->before)
            if (value_find(item->vars, name, &found))
                return item;
    return NULL;
}

static void look(const struct cel_reference *reference, void *user)
{
    struct reading *reading = user;
    struct instance *found;
    const struct frame *frame = NULL;

    if (str_is(reference->root, "steps")) {
        found = reference->count ? find_step(reading, reference->path[0], &frame) : NULL;
        if (found && found->unsettled && !reading->unsettled)
            reading->unsettled = found;
        depends_on(reading, frame ? frame : item_around(found ? found->frame : reading->frame));
        return;
    }
    if (str_is(reference->root, "vars")) {
        depends_on(reading, reference->count ? item_of_var(reading->frame, reference->path[0])
                                             : item_around(reading->frame));
        return;
    }
    for (frame = reading->frame; frame; frame = frame->outer)
        if (quell_str_equal(frame->as, reference->root) ||
            (frame->has_error && str_is(reference->root, "error"))) {
            depends_on(reading, frame);
            return;
        }
}

int plan_choice_of(struct decision *decision, struct instance *instance, const char *what,
                   const struct playbook_text *text, const char *const *answers)
{
    struct reading reading = {.run = decision->run, .frame = instance->frame};

    cel_references(text->expr, look, &reading);
    if (reading.unsettled)
        return ask_outcome(decision, reading.unsettled);
    return ask(decision, &(struct run_question){.path = instance->path,
                                                .what = quell_str_of(what),
                                                .text = cel_source(text->expr),
                                                .answers = answers,
                                                .subject = reading.scope ? reading.scope->path
                                                                         : QUELL_STR(""),
                                                .about = cel_source(text->expr)});
}

int plan_goes_on(struct decision *decision, struct instance *loop)
{
    struct run *run = decision->run;
    const struct playbook_text *text = &loop->step->goes_on;
    struct reading reading = {.run = run, .frame = loop->frame};
    struct quell_str what = arena_format(run->arena, "while %zu", loop->body_count);
    int answer;

    if (loop->body_count)
        reading.frame = &loop->bodies[loop->body_count - 1];
    cel_references(text->expr, look, &reading);
    if (reading.unsettled)
        return ask_outcome(decision, reading.unsettled);
    answer = plan_choice(decision, loop, what.data, cel_source(text->expr), truths);
    return answer == PLAN_ASKED ? answer : answer == 0;
}

int plan_condition(struct decision *decision, struct instance *instance, const char *what,
                   const struct playbook_text *text)
{
    int answer = plan_choice_of(decision, instance, what, text, truths);

    return answer == PLAN_ASKED ? answer : answer == 0;
}
