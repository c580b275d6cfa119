/*
 * token.h - CEL text into tokens: where they begin and end, not what they mean.
 *
 * The template reader uses the same lexer to find where an expression ends.
 */
#ifndef CEL_TOKEN_H
#define CEL_TOKEN_H

#include <stddef.h>

#include <quell/error.h>
#include <quell/value.h>

#include "base/diag.h"

struct cel_fault;

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_QUOTED, /* `a name in backquotes`, behind a dot */
    TOKEN_INT,
    TOKEN_UINT,
    TOKEN_DOUBLE,
    TOKEN_STRING,
    TOKEN_BYTES,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_OPEN_LIST,
    TOKEN_CLOSE_LIST,
    TOKEN_OPEN_MAP,
    TOKEN_CLOSE_MAP,
    TOKEN_DOT,
    TOKEN_COMMA,
    TOKEN_QUESTION,
    TOKEN_COLON,
    TOKEN_NOT,
    TOKEN_MINUS,
    TOKEN_PLUS,
    TOKEN_TIMES,
    TOKEN_DIVIDE,
    TOKEN_MODULO,
    TOKEN_LESS,
    TOKEN_LESS_EQUAL,
    TOKEN_GREATER,
    TOKEN_GREATER_EQUAL,
    TOKEN_EQUAL,
    TOKEN_NOT_EQUAL,
    TOKEN_AND,
    TOKEN_OR,
};

struct token {
    enum token_kind kind;
    struct place place;
};

struct lexer {
    struct quell_str text; /* valid UTF-8 */
    size_t at;             /* where the next token is looked for */
};

/* Reads the next token; at the end TOKEN_END again and again. */
enum quell_code token_next(struct lexer *lexer, struct token *token,
                           struct cel_fault *fault) QUELL_MUST_CHECK;

/* The bytes of a token. */
struct quell_str token_text(const struct lexer *lexer, struct token token);

#endif
