/*
 * why_call.c - what is said of steps whose call is under way, waits, or is held for a person.
 */
#include "core/why.h"

static struct quell_str connection_of(const struct run_call *call)
{
    return call->connection.len ? call->connection : quell_str_of(call->step->connector->name);
}

static void add_call(struct map_builder *entry, const struct run_call *call)
{
    map_add(entry, "action", quell_text(call->action->name));
    map_add(entry, "connection", quell_string(connection_of(call)));
    map_add(entry, "attempt", quell_int(call->attempt));
    map_add(entry, "sent", quell_bool(call->has_state));
}

/* "attempt 2 of 4" */
static struct quell_str attempt_of(struct why *why, const struct run_step *step, unsigned attempt)
{
    return arena_format(why->arena, "attempt %u of %u", attempt, step->step->retry.max + 1);
}

bool why_step_answer(struct why *why, const struct run_step *step, struct map_builder *entry)
{
    const struct why_last *last = why_last(why, step->path);
    struct run_call call;

    if (!run_find_call(why->run, step->path, &call))
        return false;
    why_text(why, entry, "`%.*s` over connection `%.*s` %s, %.*s", QUELL_ARG(step->step->uses),
             QUELL_ARG(connection_of(&call)),
             call.has_state ? "has not been answered" : "is about to be sent",
             QUELL_ARG(attempt_of(why, step, step->attempt)));
    add_call(entry, &call);
    if (last && last->scheduled_us)
        map_add(entry, "scheduled_at", value_time_us(last->scheduled_us));
    why_until(entry, call.deadline_us);
    why_then(why, entry, "%s",
             call.in_flight ? "it is not known whether it took effect: its action says what follows"
                            : "the call has timed out");
    return true;
}

bool why_step_sleep(struct why *why, const struct run_step *step, struct map_builder *entry)
{
    struct run_call call;

    if (!run_find_call(why->run, step->path, &call))
        return false;
    why_text(why, entry, "`%.*s` over connection `%.*s` was asked to wait",
             QUELL_ARG(step->step->uses), QUELL_ARG(connection_of(&call)));
    add_call(entry, &call);
    map_add(entry, "deadline",
            call.deadline_us == INT64_MAX ? quell_null() : value_time_us(call.deadline_us));
    why_until(entry, step->until_us);
    why_then(why, entry, "it goes on");
    return true;
}

bool why_step_retry(struct why *why, const struct run_step *step, struct map_builder *entry)
{
    const struct why_last *last = why_last(why, step->path);
    struct quell_value error = last ? quell_get(last->event.data, "error") : quell_null();

    if (quell_is_null(error))
        error = step->error;
    why_text(why, entry, "`%.*s` failed, %.*s: %.*s", QUELL_ARG(step->step->uses),
             QUELL_ARG(attempt_of(why, step, step->attempt)),
             QUELL_ARG(quell_get_str(error, "message")));
    map_add(entry, "action", quell_string(step->step->uses));
    map_add(entry, "attempt", quell_int(step->attempt));
    map_add(entry, "attempts", quell_int(step->step->retry.max + 1));
    map_add(entry, "error", error);
    why_until(entry, step->until_us);
    why_then(why, entry, "it is tried again");
    return true;
}

bool why_step_poll(struct why *why, const struct run_step *step, struct map_builder *entry)
{
    const struct step_poll *poll = step->step->poll;
    struct quell_str until =
        poll && poll->until.expr ? cel_source(poll->until.expr) : QUELL_STR("");

    why_text(why, entry, "what became of `%.*s` is looked at until this holds: %.*s",
             QUELL_ARG(step->step->uses), QUELL_ARG(until));
    map_add(entry, "action", quell_string(step->step->uses));
    map_add(entry, "looks", quell_int(step->looks));
    if (step->look_until_us && step->look_until_us != INT64_MAX)
        map_add(entry, "deadline", value_time_us(step->look_until_us));
    why_until(entry, step->until_us);
    why_then(why, entry, "the next look");
    return true;
}

/* ---- held --------------------------------------------------------------------------------------
 */

/* It goes on by itself. */
bool why_step_window(struct why *why, const struct run_step *step, struct map_builder *entry)
{
    static const char *const commands[] = {"quell release %r %s", "quell release %r %s --refuse",
                                           NULL};
    const struct why_last *last = why_last(why, step->path);
    struct quell_str message = QUELL_STR("");

    if (!run_is_limited(why->run, step->path) || step->until_us == 0 || step->until_us == INT64_MAX)
        return false;
    if (last)
        message = quell_get_str(last->event.data, "message");
    why_text(why, entry, "held by `%.*s`%s%.*s", QUELL_ARG(step->reason), message.len ? ": " : "",
             QUELL_ARG(message));
    map_add(entry, "limit", quell_string(step->reason));
    map_add(entry, "action", quell_string(step->step->uses));
    why_until(entry, step->until_us);
    why_then(why, entry, "the step is judged again and called; so it is when a person lets it go");
    why_commands(why, entry, commands, step->path);
    return true;
}

bool why_step_limit(struct why *why, const struct run_step *step, struct map_builder *entry)
{
    static const char *const commands[] = {"quell release %r %s", "quell release %r %s --refuse",
                                           NULL};
    const struct why_last *last = why_last(why, step->path);
    struct quell_value held = last ? last->event.data : quell_null();
    struct quell_str message = quell_get_str(held, "message");
    bool hard = !quell_is_null(quell_get(held, "hard"));

    if (!run_is_limited(why->run, step->path))
        return false;
    why_text(why, entry, "held by `%.*s`%s%.*s", QUELL_ARG(step->reason), message.len ? ": " : "",
             QUELL_ARG(message));
    map_add(entry, "limit", quell_string(step->reason));
    map_add(entry, "action", quell_string(step->step->uses));
    map_add(entry, "hard", quell_bool(hard));
    why_then(why, entry, "%s",
             hard ? "no release passes a hard cap, only another figure in the policy; refused, the "
                    "step fails"
                  : "let go, the step is judged again and called; refused, it fails");
    why_commands(why, entry, commands + hard, step->path);
    return true;
}

/* What a person has to look for: the action on its targets, and the key, where the far side keeps
 * one. */
bool why_step_unknown(struct why *why, const struct run_step *step, struct map_builder *entry)
{
    static const char *const commands[] = {"quell resolve %r %s --happened",
                                           "quell resolve %r %s --did-not", NULL};
    const struct why_last *last = why_last(why, step->path);

    why_text(why, entry, "`%.*s` was sent, and whether it took effect is not known%s%.*s",
             QUELL_ARG(step->step->uses), quell_get_str(step->error, "message").len ? ": " : "",
             QUELL_ARG(quell_get_str(step->error, "message")));
    map_add(entry, "action", quell_string(step->step->uses));
    if (step->key.len)
        map_add(entry, "key", quell_string(step->key));
    if (last && last->scheduled_us)
        map_add(entry, "sent_at", value_time_us(last->scheduled_us));
    map_add(entry, "with", step->input);
    map_add(entry, "error", step->error);
    why_then(why, entry,
             "look at the far side for this call: happened, the step succeeded; not, it is called "
             "again");
    why_commands(why, entry, commands, step->path);
    return true;
}
