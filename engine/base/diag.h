/*
 * diag.h - what is said to the author of a file: many at once, each with a stable code, a place and
 * a hint; rendered with the source line and a caret, or as JSON by whoever has a JSON writer.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/value.h>

struct arena;
struct buf;

/* A place in a text, in bytes. */
struct place {
    uint32_t offset;
    uint32_t len;
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

/* An edit that takes the fault away: `text` instead of what stands at `place`. */
struct diag_fix {
    enum { FIX_NONE, FIX_SAFE, FIX_UNSAFE } kind; /* unsafe: it may change what is meant */
    struct place place;
    struct quell_str text;
};

struct diag {
    const char *code; /* "QL114", static */
    enum severity severity;
    struct place place;
    struct quell_str message; /* one sentence, no full stop; a single backquoted name for names */
    struct quell_str label;   /* what is wrong just here; may be empty */
    struct quell_str note;    /* why; may be empty */
    struct quell_str help;    /* what to do; may be empty */
    struct diag_fix fix;
};

/* The diagnostics of one text. Texts and diags live in `arena`; beyond LIMIT_DIAGS only counted. */
struct diag_list {
    struct arena *arena;
    struct quell_str file; /* as shown to people */
    struct quell_str text; /* the whole source; borrowed */
    struct diag *items;
    size_t count, cap;
    size_t errors, warnings;
};

void diag_init(struct diag_list *list, struct arena *arena, struct quell_str file,
               struct quell_str text);
/* Adds one with a formatted message and returns it (so that label, note, help can be set); never
 * NULL: beyond the limit a scratch one is returned. */
struct diag *diag_add(struct diag_list *list, const char *code, enum severity severity,
                      struct place place, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
struct quell_str diag_format(struct diag_list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* a text in the list's arena */
/* Says "did you mean `better`?", and that it is put where the fault stands. Nothing when it is
 * empty.
 */
void diag_suggest(struct diag_list *list, struct diag *diag, struct quell_str better);
/* The edit for a fault; `text` is borrowed. */
void diag_set_fix(struct diag *diag, struct place place, struct quell_str text, bool safe);
/* The text with all edits of its diagnostics applied that do not overlap with one before them, the
 * unsafe ones too when `unsafe`; *count says how many. Lives in the list's arena. */
struct quell_str diag_fixed(const struct diag_list *list, bool unsafe, size_t *count);
void diag_sort(struct diag_list *list); /* by place, stable */

/* 1-based line and column of a byte offset; columns count code points. */
struct diag_position {
    size_t line, column;
};
struct diag_position diag_position(struct quell_str text, size_t offset);

struct diag_style {
    bool color;
    bool ascii; /* no box drawing */
};
/* Renders one as UX.md section 2 shows it: head, file:line:column, source line, carets, note, help.
 */
void diag_render(struct buf *out, const struct diag_list *list, const struct diag *diag,
                 struct diag_style style);

/* One place alone, as a diagnostic shows it: file:line:column, source line, carets, label. Several
 * that stand below each other are of one width: the greatest line number says how wide. */
struct diag_spot {
    struct quell_str file, text;
    struct place place;
    struct quell_str label; /* may be empty */
};
void diag_render_spot(struct buf *out, const struct diag_spot *spot, size_t greatest_line,
                      struct diag_style style);
/* A foreign text as it may be shown: without what drives a terminal. */
void diag_render_text(struct buf *out, struct quell_str text, struct diag_style style);

#endif
