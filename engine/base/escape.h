/*
 * escape.h - texts made harmless for the language they end up in. Each appends to `out`; the
 * caller asks buf_over() once at the end.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <quell/value.h>

struct buf;

/* HTML, between tags or in a quoted attribute: `&`, `<`, `>` and both quotes. */
void escape_html(struct buf *out, struct quell_str text);

/* CommonMark 0.31 and GFM tables: inline marks always, marks that begin a block only where a line
 * begins, `<` and `&` as HTML's references. */
void escape_markdown(struct buf *out, struct quell_str text);
/* The same inside a line, a table's cell for one, where no block begins. */
void escape_markdown_inside(struct buf *out, struct quell_str text);

/* RFC 3986 2.1: every byte that is not unreserved as `%` and two digits. */
void escape_percent(struct buf *out, struct quell_str text);

#endif
