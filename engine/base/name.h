/*
 * name.h - which texts may be the name of a person or a token. One rule everywhere, so that two
 * names that look alike are not two people: printable ASCII without blanks, and no pair that
 * differs in the case of its letters only.
 */
#ifndef BASE_NAME_H
#define BASE_NAME_H

#include <stdbool.h>

#include <quell/value.h>

#define NAME_RULE "a-z, 0-9 and . _ - + @ only, a letter or digit first, 64 at the most"

/* A name of quell.yaml or of a token: NAME_RULE. */
bool name_is_plain(struct quell_str name);
/* A name under which somebody speaks: also with capitals and : / | = \, as other systems have
 * them, 128 bytes at the most. Compare such names with str_equal_fold. */
bool name_may_speak(struct quell_str name);

#endif
