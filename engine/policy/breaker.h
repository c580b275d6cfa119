/*
 * breaker.h - a connection or a playbook whose changes fail again and again is stopped for a while:
 * closed -> (so many failures in a row) -> open -> (a time) -> one probe -> closed, or open for
 * twice as long. Pure: the state is what core/breaker.c keeps as a mark.
 */
#ifndef POLICY_BREAKER_H
#define POLICY_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/error.h>
#include <quell/value.h>

struct arena;

struct breaker_rule {
    unsigned failures; /* in a row; 0: it never opens */
    int64_t probe_us;  /* open for so long at first */
};

struct breaker_state {
    unsigned failures, opened; /* in a row */
    int64_t open_until_us;     /* a probe is let through then; 0 = closed */
    int64_t probe_until_us; /* one is under way, and believed in until then; 0 = none. Not kept. */
};

enum breaker_change { BREAKER_SAME, BREAKER_COUNTED, BREAKER_OPENED, BREAKER_CLOSED };

bool breaker_is_open(const struct breaker_state *state);
/* Whether a change may begin now; of an open one only one may, which breaker_take() notes. */
bool breaker_lets(const struct breaker_state *state, int64_t now_us);
void breaker_take(struct breaker_state *state, const struct breaker_rule *rule, int64_t now_us);
/* When it lets somebody through, if it is open. */
int64_t breaker_due_us(const struct breaker_state *state);
enum breaker_change breaker_ended(struct breaker_state *state, const struct breaker_rule *rule,
                                  bool failed, int64_t now_us);
/* The body of its mark: null when there is nothing to remember. */
struct quell_value breaker_value(struct arena *arena, const struct breaker_state *state);
struct breaker_state breaker_read(struct quell_value body);
/* Whether such an end of a change says that the connection is out of order. */
bool breaker_blames_connection(enum quell_code code, int status);

#endif
