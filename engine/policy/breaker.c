/*
 * breaker.c - when a breaker opens, for how long, and what closes it.
 */
#include "policy/breaker.h"

#include "base/arena.h"
#include "base/limits.h"
#include "value/value.h"

bool breaker_is_open(const struct breaker_state *state)
{
    return state->open_until_us != 0;
}

int64_t breaker_due_us(const struct breaker_state *state)
{
    return state->probe_until_us > state->open_until_us ? state->probe_until_us
                                                        : state->open_until_us;
}

bool breaker_lets(const struct breaker_state *state, int64_t now_us)
{
    return !breaker_is_open(state) || now_us >= breaker_due_us(state);
}

static int64_t open_for_us(const struct breaker_state *state, const struct breaker_rule *rule)
{
    int64_t most_us = (int64_t)LIMIT_BREAKER_OPEN_S * 1000000, us = rule->probe_us;
    unsigned i;

    for (i = 1; i < state->opened && us < most_us; i++)
        us *= 2;
    return us < most_us ? us : most_us;
}

void breaker_take(struct breaker_state *state, const struct breaker_rule *rule, int64_t now_us)
{
    /* One that is lost on its way, to a cap or a cancel, does not keep it open for ever. */
    if (breaker_is_open(state))
        state->probe_until_us = now_us + open_for_us(state, rule);
}

enum breaker_change breaker_ended(struct breaker_state *state, const struct breaker_rule *rule,
                                  bool failed, int64_t now_us)
{
    bool was_open = breaker_is_open(state), probed = state->probe_until_us != 0;

    if (!failed) {
        bool counted = state->failures > 0;
        *state = (struct breaker_state){0};
        return was_open ? BREAKER_CLOSED : counted ? BREAKER_COUNTED : BREAKER_SAME;
    }
    state->failures++;
    if (rule->failures == 0 || state->failures < rule->failures || (was_open && !probed))
        return BREAKER_COUNTED; /* those on their way when it opened say nothing new */
    state->opened++;
    state->probe_until_us = 0;
    state->open_until_us = now_us + open_for_us(state, rule);
    return BREAKER_OPENED;
}

struct quell_value breaker_value(struct arena *arena, const struct breaker_state *state)
{
    struct map_builder map = {.arena = arena};

    if (state->failures == 0)
        return quell_null();
    map_add(&map, "failures", quell_int(state->failures));
    map_add(&map, "opened", quell_int(state->opened));
    map_add(&map, "until_us", quell_int(state->open_until_us));
    return map_made(&map);
}

struct breaker_state breaker_read(struct quell_value body)
{
    return (struct breaker_state){
        .failures = (unsigned)quell_get_int(body, "failures", 0),
        .opened = (unsigned)quell_get_int(body, "opened", 0),
        .open_until_us = quell_get_int(body, "until_us", 0),
    };
}

bool breaker_blames_connection(enum quell_code code, int status)
{
    switch (code) { /* unreachable: a code that has no case */
    case QUELL_UNAVAILABLE:
    case QUELL_TIMED_OUT:
    case QUELL_THROTTLED:
    case QUELL_UNKNOWN_OUTCOME:
    case QUELL_IO:
        return true;
    case QUELL_DENIED: /* a sign-in that is refused is refused to the next one as well */
        return status == 0 || status == 401;
    case QUELL_OK:
    case QUELL_INVALID:
    case QUELL_NOT_FOUND:
    case QUELL_CONFLICT:
    case QUELL_LIMIT:
    case QUELL_REFUSED:
        break; /* it answered: what was asked for was wrong */
    }
    return status >= 500;
}
