/*
 * literal.h - what a literal token is worth.
 */
#ifndef CEL_LITERAL_H
#define CEL_LITERAL_H

#include <stdbool.h>

#include <quell/error.h>
#include <quell/value.h>

#include "cel/token.h"

struct arena;

/* Numbers; with `minus` the sign that stands before it is part of the literal. */
enum quell_code literal_number(const struct lexer *lexer, struct token token, bool minus,
                               struct quell_value *value, struct cel_fault *fault) QUELL_MUST_CHECK;

/* Texts and bytes. Without escapes the value borrows the lexer's text. */
enum quell_code literal_text(struct arena *arena, const struct lexer *lexer, struct token token,
                             struct quell_value *value, struct cel_fault *fault) QUELL_MUST_CHECK;

#endif
