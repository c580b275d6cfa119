/*
 * fault.h - filling a struct cel_fault in one line: `return fault_set(fault, place, code, "...")`.
 */
#ifndef CEL_FAULT_H
#define CEL_FAULT_H

#include "cel/cel.h"

/* Sets place and message, empties the help, and returns `code`. */
enum quell_code fault_set(struct cel_fault *fault, struct place place, enum quell_code code,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Sets the help and returns `code`. */
enum quell_code fault_help(struct cel_fault *fault, enum quell_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
