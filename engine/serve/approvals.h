/*
 * approvals.h - the pages of questions to people: what the files approval*.c share.
 */
#ifndef SERVE_APPROVALS_H
#define SERVE_APPROVALS_H

#include "serve/markup.h"
#include "serve/service.h"

/* `/approvals/RUN?step=STEP`, in the exchange's arena. */
struct quell_str approval_path(struct exchange *exchange, struct quell_value question);

/* approval_plan.c: parts of a page, as sections with headings. */
void approval_add_plan(struct markup *html, struct quell_value question);
void approval_add_evidence(struct markup *html, struct quell_value question);
void approval_add_people(struct markup *html, struct quell_value question);
void approval_add_history(struct markup *html, struct quell_value question);
/* What is different between what was looked at (its digest) and what is asked now; nothing when
 * what was looked at is not known. */
void approval_add_changes(struct markup *html, struct quell_value question,
                          struct quell_str looked_at);

/* approval_form.c: the form of a question that this person may answer, or why it has none. */
void approval_add_form(struct markup *html, const struct exchange *exchange,
                       struct quell_value question);
/* The answers of an `ask`, as a JSON object; QUELL_INVALID names the field. */
enum quell_code approval_read_answers(struct exchange *exchange, struct quell_value question,
                                      struct quell_str *answers,
                                      struct quell_error *err) QUELL_MUST_CHECK;

#endif
