/*
 * why_people.c - what is said of steps that ask people, and of runs that a person has to let go.
 */
#include "core/why.h"

#include "base/str.h"
#include "core/notify.h"
#include "policy/approval.h"

static struct quell_value who_agreed(struct why *why, struct quell_value given)
{
    struct list_builder list = {.arena = why->arena};
    size_t i;

    for (i = 0; i < quell_count(given); i++)
        list_add(&list, quell_get(quell_at(given, i), "by"));
    return list_made(&list);
}

/* Of the newest notices of a question, those that nobody got: [{via, to, error}]. */
static void say_unreached(struct why *why, const struct run_step *step, struct map_builder *entry)
{
    struct quell_value asked = notify_told(why->engine, why->arena, why->row->id, step->path);
    struct quell_value tellings =
        quell_get(quell_at(asked, quell_count(asked) ? quell_count(asked) - 1 : 0), "tellings");
    struct list_builder list = {.arena = why->arena};

    for (size_t i = 0; i < quell_count(tellings); i++) {
        struct quell_value one = quell_at(tellings, i);
        struct map_builder map = {.arena = why->arena};

        if (!quell_text_is(quell_get(one, "state"), "failed") &&
            !quell_text_is(quell_get(one, "state"), "unknown"))
            continue;
        map_add(&map, "via", quell_get(one, "via"));
        map_add(&map, "to", quell_get(one, "to"));
        map_add(&map, "error", quell_get(one, "error"));
        list_add(&list, map_made(&map));
    }
    if (list.count)
        map_add(entry, "unreached", list_made(&list));
}

/* What follows when nobody answers. */
static void say_silence(struct why *why, const struct run_step *step, struct map_builder *entry)
{
    const struct step_approve *approve = step->step->approve;
    struct list_builder list = {.arena = why->arena};
    size_t i;

    if (approve->escalates && !step->escalated) {
        for (i = 0; i < approve->escalate_to.count; i++)
            list_add(&list, quell_string(approve->escalate_to.items[i]));
        why_then(
            why, entry, "%.*s asked",
            QUELL_ARG(arena_format(why->arena, "%.*s %s",
                                   QUELL_ARG(why_names(why->arena, list_made(&list), "anybody")),
                                   list.count == 1 ? "is" : "are")));
        return;
    }
    why_then(why, entry, "it is denied, and %s",
             step->step->denial_fails || step->step->on_error == ON_ERROR_STEPS
                 ? "the step fails"
                 : "the run goes on without the step");
}

bool why_step_approval(struct why *why, const struct run_step *step, struct map_builder *entry)
{
    static const char *const commands[] = {"quell approve %r:%s", "quell deny %r:%s", NULL};
    struct quell_value asked = step->asked, of = quell_get(asked, "of");
    struct quell_value agreed = who_agreed(why, step->given);
    int64_t count = quell_get_int(asked, "count", 1);
    int64_t missing = count - (int64_t)quell_count(agreed);

    why_text(why, entry, "%.*s: %lld of %lld agreed%s%.*s, by %.*s%s",
             QUELL_ARG(quell_get_str(asked, "message").len ? quell_get_str(asked, "message")
                                                           : QUELL_STR("an approval")),
             (long long)(count - missing), (long long)count, quell_count(agreed) ? ": " : "",
             QUELL_ARG(why_names(why->arena, agreed, "")),
             QUELL_ARG(why_names(why->arena, of, "anybody")),
             quell_get_bool(asked, "four_eyes", false) ? ", not by who started the run" : "");
    map_add(entry, "message", quell_get(asked, "message"));
    map_add(entry, "of", of);
    map_add(entry, "count", quell_int(count));
    map_add(entry, "missing", quell_int(missing));
    map_add(entry, "agreed", agreed);
    map_add(entry, "four_eyes", quell_get(asked, "four_eyes"));
    map_add(entry, "digest", quell_get(asked, "digest"));
    why_until(entry, step->until_us);
    say_silence(why, step, entry);
    say_unreached(why, step, entry);
    why_commands(why, entry, commands, step->path);
    return true;
}

bool why_step_form(struct why *why, const struct run_step *step, struct map_builder *entry)
{
    static const char *const commands[] = {"quell answer %r:%s --set FIELD=VALUE ...", NULL};
    struct quell_value asked = step->asked, of = quell_get(asked, "of");

    why_text(why, entry, "%.*s: a form, to be filled in by %.*s",
             QUELL_ARG(quell_get_str(asked, "message").len ? quell_get_str(asked, "message")
                                                           : step->path),
             QUELL_ARG(why_names(why->arena, of, "anybody")));
    map_add(entry, "message", quell_get(asked, "message"));
    map_add(entry, "of", of);
    map_add(entry, "form", quell_get(asked, "form"));
    why_until(entry, step->until_us);
    why_then(why, entry, "%s",
             step->step->ask && step->step->ask->goes_on ? "the run goes on without answers"
                                                         : "the step fails as timed out");
    say_unreached(why, step, entry);
    why_commands(why, entry, commands, step->path);
    return true;
}

bool why_run_release(struct why *why, struct map_builder *entry)
{
    static const char *const commands[] = {"quell release %r", "quell release %r --refuse", NULL};
    const struct why_last *last = why_last(why, QUELL_STR(""));
    struct quell_str reason = last ? quell_get_str(last->event.data, "why") : QUELL_STR("");

    if (why->run == NULL || !run_waits_for(why->run, "release"))
        return false;
    if (reason.len == 0)
        reason = run_queued_why(why->run);
    why_text(why, entry, "held before its first step by `%.*s`", QUELL_ARG(reason));
    map_add(entry, "limit", quell_string(reason));
    why_then(why, entry, "let go, it begins; refused, it is cancelled");
    why_commands(why, entry, commands, QUELL_STR(""));
    return true;
}
