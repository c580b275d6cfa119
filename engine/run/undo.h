/*
 * undo.h - taking back what was done. For the files of run/.
 */
#ifndef RUN_UNDO_H
#define RUN_UNDO_H

#include "base/limits.h"
#include "run/state.h"

/* What a step has changed and can take back, the newest first; of a step that undoes the run, all
 * that its main steps have. In the run's arena. */
/* The frame is, or is inside, undo steps. */
bool undo_takes_back(const struct frame *frame);
struct undo_list undo_find(struct run *run, const struct instance *instance);
bool undo_has_any(struct run *run); /* of the main steps */
/* The inputs of a call that a manifest names, over what the call that it takes back was and gave.
 */
enum quell_code undo_arguments(struct run *run, const struct step *step,
                               const struct instance *undoes, struct quell_value *given,
                               struct quell_value *error);
enum flow undo_begin(struct decision *decision, struct instance *instance,
                     struct quell_value error);
enum flow undo_advance(struct decision *decision, struct instance *instance);
bool undo_run(struct decision *decision, struct quell_value error);

#endif
