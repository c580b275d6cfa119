/*
 * print.h - documents as people read them.
 */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include <quell/value.h>

#include "cli/term.h"

void print_plan(const struct term *term, struct quell_value plan, bool all_paths);
/* The paths of a plan; not all: at most a dozen, and those where only a call fails counted. */
void print_paths(const struct term *term, struct quell_value plan, bool all);
/* What quell_lint found, as SARIF 2.1.0 and as GitHub's workflow commands, on stdout. */
struct quell_document;
void print_sarif(const struct quell_document *document);
void print_github(const struct quell_document *document);
/* A run with its steps, as `show` and the end of `run` print it. */
void print_run(const struct term *term, struct quell_value run, bool events);
/* What quell_why says. */
void print_why(const struct term *term, struct quell_value why);
/* One event of a live run in one line; false when it says nothing to people. */
bool print_event(const struct term *term, struct quell_value event);
/* The tone of a run's state or a step's status. */
enum tone status_tone(struct quell_str status);

/* A question of quell_approvals; and one of quell_question, with its history. */
void print_approval(const struct term *term, struct quell_value asked);
void print_approval_full(const struct term *term, struct quell_value question);

#endif
