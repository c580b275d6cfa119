/*
 * form.h - what browsers send: cookies, queries and forms (application/x-www-form-urlencoded), one
 * name at a time. A name that comes twice counts as absent: which one counts would be a guess.
 */
#ifndef SERVE_FORM_H
#define SERVE_FORM_H

#include <stdbool.h>

#include <quell/value.h>

struct arena;
struct exchange;

/* A field out of `a=b&c=d`, decoded (`+` and `%41`) into `arena`. False: it is not there, there
 * twice, or no UTF-8 text without control bytes but line ends. */
bool form_get(struct arena *arena, struct quell_str text, const char *name,
              struct quell_str *value);
/* The request's body is a form. */
bool form_is(const struct exchange *exchange);
/* A cookie of the request; borrowed. */
bool cookie_get(const struct exchange *exchange, const char *name, struct quell_str *value);

#endif
