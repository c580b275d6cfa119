/*
 * gate.h - what keeps changes back for a while, shared by gate.c (asking, going on) and halt.c (the
 * kill switch).
 */
#ifndef CORE_GATE_H
#define CORE_GATE_H

#include "core/core.h"

#include "policy/breaker.h"
#include "policy/halt.h"

/* ---- gate.c: whether a change may be made now, and who waits for that ---------------------------
 */

struct run_gate gate_of(struct quell *engine);
/* Right before a request leaves. */
bool gate_lets(struct quell *engine, const struct active_call *call, bool changes);
/* What may not be sent any more is stopped where it stands; soon, those go on that may again: the
 * oldest first, a few at a time. */
void gate_changed(struct quell *engine);
void gate_wake(struct quell *engine); /* only the latter */
/* Why a run does not go on: "halted", "breaker", or NULL. */
const char *gate_keeps(const struct active *active);
struct quell_value gate_waits(struct arena *arena, const struct active *active); /* as `waits` */
size_t gate_count(const struct quell *engine); /* runs that are kept back */
/* Changes that could not be sent now any more, and whose answer is waited for. */
size_t gate_on_the_wire(struct quell *engine);
void gate_open(struct quell *engine);
void gate_free(struct quell *engine);

/* ---- halt.c: the kill switch ------------------------------------------------------------------
 */

/* Watches the file of the configuration in force: at the open and after each reload. */
void halt_watch(struct quell *engine);
void halt_free(struct quell *engine);
/* The rule that stops it now, or NULL; looks at the file. Borrowed until the next look. */
const struct halt_rule *halt_asks(struct quell *engine, const struct halt_subject *subject);
/* What is in force; beside a serving engine, or without one, as the file says. In `arena`, or
 * borrowed until the next look. */
struct halt_rules halt_in_force(struct quell *engine, struct arena *arena);
/* What is in force, for people: `everything`, `connector defender, playbook p`; empty = nothing. */
struct quell_str halt_text(struct quell *engine, struct arena *arena);

/* ---- breaker.c: what fails again and again is stopped for a while -----------------------------
 */

/* Whether an open one keeps such a change back; `take`: it begins now, so the next one waits for
 * how it ends. */
bool breaker_keeps(struct quell *engine, struct quell_str playbook, const struct step *step,
                   bool take);
/* How a call ended, in the open turn. */
void breaker_note(struct active *active, const struct run_call *call,
                  const struct call_outcome *result);
/* A person closes one, or all. */
void breaker_close(struct quell *engine, enum halt_what what, struct quell_str name,
                   struct quell_str by);
/* Its state, for looking: also beside a serving engine. */
struct breaker_state breaker_look(struct quell *engine, enum halt_what what, struct quell_str name);
struct quell_str breaker_text(struct quell *engine, struct arena *arena, size_t *count_open);
void breakers_free(struct quell *engine);
extern const struct quell_field breaker_fields[]; /* of `breaker:` in quell.yaml */

#endif
