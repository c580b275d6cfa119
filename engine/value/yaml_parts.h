/*
 * yaml_parts.h - the parts of the YAML reader; for the files of this folder only.
 */
#ifndef VALUE_YAML_PARTS_H
#define VALUE_YAML_PARTS_H

#include <quell/value.h>

#include "base/diag.h"
#include "value/yaml.h"

struct arena;

/* The value of a plain scalar by the core schema. `text` is NUL-terminated and lives as long as the
 * value shall. An integer beyond int64 keeps its text; hexadecimal and octal ones beyond uint64 are
 * text. */
struct quell_value yaml_resolve(struct quell_str text);

/* What libyaml found wrong: its own sentence only serves to tell the faults apart. */
struct yaml_fault {
    const char *problem, *context; /* may be NULL */
    size_t at, context_at;         /* byte offsets */
};
/* Says it to the author: a code, a place, a sentence of ours and what to do. */
void yaml_fault_tell(struct diag_list *diags, const struct yaml_fault *fault);

/* Advises to put the value at `place` in quotes, with the text to write when it is short enough,
 * and sets the edit. */
void yaml_advise_quotes(struct diag_list *diags, struct diag *diag, struct place place);

/* The place of [from, to) without blanks and line breaks at its end. */
struct place yaml_place_of(struct quell_str text, size_t from, size_t to);
/* The line that holds `at`: its first byte, and its end in front of the line break. */
size_t yaml_line_start(struct quell_str text, size_t at);
size_t yaml_line_end(struct quell_str text, size_t at);
/* Whether libyaml may see the text at all: size, UTF-8, characters that it would refuse with a mark
 * that means nothing or read as YAML 1.1 does. */
bool yaml_check_text(struct diag_list *diags, struct quell_str text);

#endif
