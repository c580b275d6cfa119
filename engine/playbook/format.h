/*
 * format.h - one way to lay out a playbook's text.
 */
#ifndef PLAYBOOK_FORMAT_H
#define PLAYBOOK_FORMAT_H

#include <quell/value.h>

#include "base/diag.h"

/* Lays out the text of `diags`: two blanks for each level, lists below their key, one blank behind
 * a
 * `:`, at most one empty line, the keys of a playbook in the language's order and `id`, `name`,
 * `if` first in a step. Comments, quotes, line breaks inside of values and everything else stay as
 * they were; what the text means never changes. Texts that YAML would not read are quoted first,
 * where that is safe. Other documents than playbooks are laid out without moving keys.
 *
 * False when the text is no YAML: the faults are in diags. *made lives in the arena of diags. */
bool playbook_format(struct diag_list *diags, struct quell_str *made);

#endif
