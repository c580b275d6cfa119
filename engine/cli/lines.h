/*
 * lines.h - JSON lines on standard input, one answer for each on standard output.
 */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include <quell/value.h>

struct arena;

/* Reads standard input line by line, as much of it as there is, and calls `answer` with each JSON
 * object; what it returns is written as one line. A line that is no object, or is longer than
 * LIMIT_DOCUMENT_BYTES, is answered with {"id": null, "error": ...}; empty lines are passed over.
 * `arena` is emptied after each line. Returns an exit code. */
int answer_lines(struct quell_value (*answer)(struct arena *arena, struct quell_value line));

#endif
