/*
 * why_end.c - what is said of runs that have ended, come to their end, or cannot go on.
 */
#include "core/why.h"

#include "base/str.h"

struct failing {
    struct quell_str path;
    struct quell_value error;
    int64_t ended_us;
};

/* The last step that failed and was not taken care of is the one that ended the run. */
static void find_failing(const struct run_step *step, void *user)
{
    struct failing *failing = user;

    if (step->caught || quell_is_null(step->error) || step->ended_us < failing->ended_us ||
        (step->status != STEP_FAILED && step->status != STEP_TIMED_OUT &&
         step->status != STEP_DENIED && step->status != STEP_UNKNOWN))
        return;
    *failing = (struct failing){step->path, step->error, step->ended_us};
}

/* An ended run may have something before it: what it did for a time is taken back then. */
static void tell_due(struct why *why, struct map_builder *entry)
{
    static const char *const commands[] = {"quell undo %r --plan", NULL};

    if (why->row->due_us == 0)
        return;
    why_until(entry, why->row->due_us);
    why_then(why, entry, "what it did for a time is undone, unless others changed it before");
    why_commands(why, entry, commands, QUELL_STR(""));
}

bool why_run_ended(struct why *why, struct map_builder *entry)
{
    const struct why_last *last = why_last(why, QUELL_STR(""));
    struct quell_value end = last ? last->event.data : quell_null(), error;
    struct quell_str step, reason = quell_get_str(end, "reason");
    struct failing failing = {.error = quell_null()};

    if (why->row->ended_us == 0)
        return false;
    error = quell_get(end, "error");
    step = quell_get_str(error, "step");
    if (why->run)
        run_each_step(why->run, find_failing, &failing);
    if (step.len == 0 && !quell_is_null(error))
        step = failing.path;
    if (quell_is_null(error))
        why_text(why, entry, "it %s%.*s%s%.*s", str_is(why->row->state, "undone") ? "was " : "",
                 QUELL_ARG(why->row->state), reason.len ? ": " : "", QUELL_ARG(reason));
    else if (str_is(why->row->state, "cancelled"))
        why_text(why, entry, "it was %.*s", QUELL_ARG(quell_get_str(error, "message")));
    else
        why_text(why, entry, "it %s%.*s%s%.*s: %.*s",
                 str_is(why->row->state, "failed") ? "" : "is ", QUELL_ARG(why->row->state),
                 step.len ? " at step " : "", QUELL_ARG(step),
                 QUELL_ARG(quell_get_str(error, "message")));
    if (step.len)
        map_add(entry, "failed_step", quell_string(step));
    map_add(entry, "error", error);
    if (reason.len)
        map_add(entry, "reason", quell_string(reason));
    tell_due(why, entry);
    return true;
}

bool why_run_unreadable(struct why *why, struct map_builder *entry)
{
    static const char *const commands[] = {"quell show %r", NULL};

    if (why->run)
        return false;
    why_text(why, entry, "it cannot be taken up: %s", why->fault->message);
    why_then(why, entry, "the next start of `quell serve` that can read it goes on with it");
    why_commands(why, entry, commands, QUELL_STR(""));
    return true;
}

bool why_run_full(struct why *why, struct map_builder *entry)
{
    if (why->run == NULL || !run_full(why->run))
        return false;
    why_text(why, entry, "it has all the events or data that a run may have");
    why_then(why, entry, "when its calls have come to their end, it fails");
    return true;
}

bool why_run_cancelling(struct why *why, struct map_builder *entry)
{
    if (why->run == NULL || !run_is_cancelling(why->run))
        return false;
    why_text(why, entry,
             "it is cancelled: no further step begins, and what is on its way comes to "
             "its end");
    return true;
}

struct undoing {
    const struct run *run;
    struct quell_str child; /* the called run whose turn it is, or empty */
};

static void find_undoing(const struct run_step *step, void *user)
{
    struct undoing *undoing = user;

    if (undoing->child.len == 0)
        (void)run_undoes_child(undoing->run, step->path, &undoing->child);
}

bool why_run_undoing(struct why *why, struct map_builder *entry)
{
    struct undoing undoing = {.run = why->run};

    if (why->run == NULL || !(run_is_undoing(why->run) || run_taking_back(why->run)))
        return false;
    run_each_step(why->run, find_undoing, &undoing);
    if (undoing.child.len)
        why_other(why, entry, undoing.child, "what it did is taken back: it waits for ");
    else
        why_text(why, entry, "what it did is taken back, the newest first");
    return true;
}

bool why_run_work(struct why *why, struct map_builder *entry)
{
    why_text(why, entry, "nothing: it goes on as soon as an engine runs it");
    return true;
}
