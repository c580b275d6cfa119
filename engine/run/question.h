/*
 * question.h - what `approve` and `ask` share: a question to people, its deadline, and what is
 * going to be done when they agree. For the files of run/.
 */
#ifndef RUN_QUESTION_H
#define RUN_QUESTION_H

#include "run/state.h"

struct map_builder;

/* Adds what both questions have: message, of, via, until. An error is one of the playbook's texts.
 */
enum quell_code question_add(struct decision *decision, const struct instance *instance,
                             const struct step_asking *asking, struct map_builder *data,
                             struct quell_value *error);
/* When a question asked now is over: `within`, or what encloses the step, whichever is first. */
int64_t question_until(const struct decision *decision, const struct instance *instance,
                       int64_t within_us);
struct quell_value question_words(struct run *run, const struct step_words *words);

/* What a step is about to do, as far as it can be known now: {playbook, revision, step, calls:
 * [{step, action, connection, effect, with, targets, if, for}]}, where `with` of a call that
 * depends on what is not known yet is null and its text stands under `later`. */
enum quell_code resolve_step(struct run *run, const struct instance *instance,
                             struct quell_value *plan, struct quell_value *error);
/* The same, and what stands against its calls now: `verdicts` are the policy's with the `step` and
 * `action` of each, `refusal` the one because of which nobody need be asked, or null. */
struct resolved {
    struct quell_value plan, verdicts, refusal;
};
enum quell_code resolve_judged(struct decision *decision, const struct instance *instance,
                               struct resolved *resolved, struct quell_value *error);
/* What is journaled and shown of it: the first LIMIT_CALLS_SHOWN calls, and under `more` how many
 * there are beyond. */
struct quell_value resolve_shown(struct run *run, struct quell_value plan);
/* Hex SHA-256 of it. */
struct quell_str resolve_digest(struct run *run, struct quell_value plan);

#endif
