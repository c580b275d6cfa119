/*
 * markup.h - HTML is written here and nowhere else: literals of ours as they are, everything else
 * escaped. There is no way to write a text that is not a literal without its being escaped.
 */
#ifndef SERVE_MARKUP_H
#define SERVE_MARKUP_H

#include <quell/value.h>

#include "base/buf.h"

struct exchange;

struct markup {
    struct buf buf; /* not touched but by markup.c */
};

/* A document of ours up to <main>, and its end. */
void markup_begin(struct markup *html, const char *title, const struct exchange *exchange);
void markup_end(struct markup *html);
/* Answers with it and frees it; one that is too large becomes a short page that says so. */
void markup_answer(struct exchange *exchange, int status, struct markup *html);

/* A literal: anything else does not compile. */
#define markup_add(html, literal) markup_literal((html), QUELL_STR("" literal))
void markup_literal(struct markup *html, struct quell_str literal);
/* A text, escaped. What acts on the text around it (control bytes, marks of direction) is shown as
 * its number: nobody reads another name than there is. */
void markup_text(struct markup *html, struct quell_str text);
/* ` name="text"`, escaped. */
#define markup_attribute(html, name, text)                                                         \
    (markup_literal((html), QUELL_STR(" " name "=\"")), markup_text((html), (text)),               \
     markup_literal((html), QUELL_STR("\"")))
/* Any value for people: a text as it is, a time, else JSON; secrets as stars. In <bdi>, so that
 * its direction is its own. */
void markup_value(struct markup *html, struct quell_value value);
/* The field that proves that a form is ours. */
void markup_csrf(struct markup *html, const struct exchange *exchange);

#endif
