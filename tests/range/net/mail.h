/*
 * mail.h - reading a received mail: headers, encoded words, the text and HTML parts.
 */
#ifndef RANGE_MAIL_H
#define RANGE_MAIL_H

#include <quell/value.h>

struct arena;

struct mail {
    struct quell_value headers; /* map: lower-case name -> text, unfolded and decoded; the last one
                                   of a name wins */
    struct quell_value names;   /* list: every header's lower-case name, in order, repeats too */
    struct quell_str text;      /* the first text/plain part, decoded; empty when there is none */
    struct quell_str html;      /* the first text/html part */
};

/* Never fails: what is malformed reads as empty. Everything lives in `arena`. */
struct mail mail_parse(struct arena *arena, struct quell_str raw);
/* The text with every byte that is no UTF-8 replaced by U+FFFD, so that JSON can carry it. */
struct quell_str mail_clean(struct arena *arena, struct quell_str text);

#endif
