/*
 * undo.h - taking back what was done. For the files of run/.
 */
#ifndef RUN_UNDO_H
#define RUN_UNDO_H

#include "base/limits.h"
#include "run/state.h"

/* The frame is, or is inside, undo steps. */
bool undo_takes_back(const struct frame *frame);
/* What a step has changed and can take back, the newest first; of a step that undoes the run, all
 * that its main steps have. In the run's arena. */
struct undo_list undo_find(struct run *run, const struct instance *instance);
/* Whether a step that fails has changed anything, or something in it that nothing takes back. */
bool undo_concerns(struct run *run, const struct instance *instance);
bool undo_has_any(struct run *run); /* of the main steps */
/* What there is to take back of a run that has ended, wherever it was done; with `again` also what
 * could not be taken back before. `nothing` (or NULL): what nothing takes back. */
struct undo_list undo_find_all(struct run *run, bool again, struct undo_list *nothing);

/* When the change of a step is to be taken back by itself; INT64_MAX = never, or it was tried. */
int64_t undo_due(const struct run *run, const struct instance *instance);
/* Of all its steps: the earliest. */
int64_t undo_due_first(const struct run *run);
/* For some of its changes the time is over now. */
bool undo_is_due(const struct decision *decision);
void undo_when_due(struct decision *decision);

/* What has become of taking a step back. */
enum undo_result {
    UNDO_NOT_BEGUN,
    UNDO_UNDERWAY,
    UNDO_DONE,
    UNDO_LEFT_ALONE, /* it was so before the step, or was changed by others since */
    UNDO_FAILED,
};
enum undo_result undo_result(const struct instance *target);
/* It did what it is there for: one that is looked after has called well, whatever becomes of it. */
bool undo_has_happened(const struct instance *instance);
void undo_list_add(struct undo_list *list, struct instance *instance);
void undo_sort(struct undo_list *list); /* the newest first */
struct quell_value undo_paths(struct run *run, const struct undo_list *list);
/* What has become of each that was to be taken back; what its time was over for is `left`. */
struct undo_parts {
    struct undo_list undone, alone, left;
};
struct undo_parts undo_parts(struct run *run, const struct undo_list *list);
bool undo_may_open(const struct instance *target);
void undo_open(struct run *run, struct instance *target, int64_t at_us);
/* undo_child.c */
enum flow undo_child(struct decision *decision, struct instance *target);
enum flow undo_one(struct decision *decision, struct instance *target);
/* inverse.c */
/* What the intent of a call says of how it is taken back: {action, connection, with: the inputs
 * that are known, from: the expressions of those that the answer tells, prior: what a read of the
 * run told about how it was, or `unknown`}; of undo steps of its own {steps: [action]}. Null:
 * nothing takes it back, or it changes nothing now. In the run's arena. */
struct quell_value undo_record(struct run *run, const struct instance *instance,
                               struct quell_value input);
/* The inputs of a call that a manifest names, over what the call that it takes back was and gave.
 */
enum quell_code undo_arguments(struct run *run, const struct step *step,
                               const struct instance *undoes, struct quell_value *given,
                               struct quell_value *error);
/* Whether there is still something of ours to take back; else *reason why not. */
enum quell_code undo_is_ours(struct run *run, const struct instance *instance, bool *ours,
                             struct quell_str *reason, struct quell_value *error);
enum flow undo_begin(struct decision *decision, struct instance *instance,
                     struct quell_value error);
enum flow undo_advance(struct decision *decision, struct instance *instance);
bool undo_run(struct decision *decision, struct quell_value error);

#endif
