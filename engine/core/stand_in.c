/*
 * stand_in.c - calls that a test answers: no connector is asked and nothing leaves the house. What
 * a run sees of it (outcomes, time-outs, time that passes) is what dispatch.c would journal.
 */
#include "core/core.h"

#include "base/error.h"
#include "base/memory.h"

/* As connector/call.c has it: after a deadline the outcome of what may not be repeated, and cannot
 * be looked for, is not known. */
static void time_out(const struct run_call *call, struct stand_in_answer *answer)
{
    const struct quell_action *action = call->action;
    bool lost = action->effect != QUELL_READS && action->repeat == QUELL_ONCE;

    answer->outcome = (struct call_outcome){.code = lost ? QUELL_UNKNOWN_OUTCOME : QUELL_TIMED_OUT,
                                            .output = quell_null()};
    (void)error_set(&answer->outcome.error, answer->outcome.code,
                    "no answer came within the time of the step");
}

static void come(void *user)
{
    struct active_call *mine = user;
    struct active *active = mine->active;
    struct quell *engine = active->engine;

    mine->timer = NULL; /* freed by firing */
    turn_begin(engine);
    say_outcome(active, mine->path, &mine->answer->outcome, mine->answer->simulated);
    active_call_drop(mine);
    advance(active);
    turn_end(engine);
}

static void come_later(struct active *active, const struct run_call *call,
                       struct stand_in_answer *answer)
{
    struct active_call *mine = memory_new(sizeof(*mine));

    mine->active = active;
    mine->path = call->path;
    mine->answer = answer;
    mine->next = active->calls;
    active->calls = mine;
    mine->timer = loop_after(active->engine->loop, (answer->after_us + 999) / 1000, come, mine);
}

bool stand_in_call(struct active *active, const struct run_call *call)
{
    const struct stand_in *stand_in = active->engine->stand_in;
    int64_t left_us = call->deadline_us - active_now_us(active);
    struct stand_in_answer *answer;

    if (stand_in == NULL)
        return false;
    answer = memory_new(sizeof(*answer));
    stand_in->answer(active, call, answer, stand_in->user);
    if (answer->after_us > 0 && answer->after_us >= left_us) {
        time_out(call, answer);
        answer->after_us = left_us > 0 ? left_us : 0;
    }
    if (answer->after_us > 0) {
        come_later(active, call, answer);
        return true;
    }
    say_outcome(active, call->path, &answer->outcome, answer->simulated);
    memory_free(answer);
    return true;
}

bool stand_in_keeps_out(const struct quell *engine, const struct playbook *playbook)
{
    const struct stand_in *stand_in = engine->stand_in;

    return stand_in && (!stand_in->schedules ||
                        (stand_in->only.len && !quell_str_equal(stand_in->only, playbook->id)));
}

enum quell_code stand_in_open(struct generation *base, struct loaded *const *playbooks,
                              size_t count, const struct run_world *world, struct loop *loop,
                              const struct stand_in *stand_in, struct quell **engine,
                              struct quell_error *err)
{
    return engine_open_with(generation_for_test(base, playbooks, count, world), loop, stand_in,
                            engine, err);
}
