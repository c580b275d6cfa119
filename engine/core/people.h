/*
 * people.h - what people.c (open questions and answers) and question.c (one of them, in full)
 * share.
 */
#ifndef CORE_PEOPLE_H
#define CORE_PEOPLE_H

#include "core/core.h"

bool people_is_question(struct quell_str waits);
/* As an item of quell_approvals; `what` is empty when nothing is asked there now. */
struct quell_value people_question(struct arena *arena, const struct store_run *row,
                                   const struct run *run, const struct run_step *step);
/* What was asked, each call of its plan with `undo`: a sentence on what takes it back. */
struct quell_value question_with_undo(struct arena *arena, const struct run *run,
                                      struct quell_value asked);

#endif
