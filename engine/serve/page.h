/*
 * page.h - answers for browsers: pages that may load nothing but our own style and be framed by
 * nobody, and the ways back and forth between them.
 */
#ifndef SERVE_PAGE_H
#define SERVE_PAGE_H

#include <stdbool.h>

#include <quell/value.h>

struct buf;
struct exchange;

/* Answers with an HTML document. Everything in it that is not ours goes through escape_html. */
void page_answer(struct exchange *exchange, int status, struct quell_str html);
/* A whole document with a heading and one paragraph of plain text. */
void page_message(struct exchange *exchange, int status, const char *title, struct quell_str text);
/* 303 to a path of ours. */
void page_go(struct exchange *exchange, struct quell_str path);
/* A page that goes on to a path of ours by itself: cookies with SameSite=Strict are sent then,
 * though the browser came from elsewhere. Up to four `cookies` are set. */
void page_go_on(struct exchange *exchange, struct quell_str path, const struct quell_str *cookies,
                size_t cookie_count);
/* A path to go on to that somebody else gave us: ours, or "/approvals". No `//host`, no `/\host`,
 * nothing that is no plain path with a query. Borrowed. */
struct quell_str page_next(struct quell_str wanted);

/* What a form of a signed-in person's page carries: <input type=hidden name=csrf value=...>. A
 * POST of a session without it never reaches its handler. */
void page_add_csrf(struct buf *html, const struct exchange *exchange);

#endif
