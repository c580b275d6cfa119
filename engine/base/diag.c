/*
 * diag.c - collecting diagnostics. How one looks is diag_render.c's affair.
 */
#include "base/diag.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"

void diag_init(struct diag_list *list, struct arena *arena, struct quell_str file,
               struct quell_str text)
{
    *list = (struct diag_list){.arena = arena, .file = arena_str(arena, file), .text = text};
}

static struct diag *add_place(struct diag_list *list)
{
    /* Beyond the limit nobody reads on, but callers still set label and help. */
    if (list->count == LIMIT_DIAGS)
        return arena_one(list->arena, struct diag);
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 8;
        list->items = arena_grow(list->arena, list->items, list->cap * sizeof(struct diag),
                                 cap * sizeof(struct diag));
        list->cap = cap;
    }
    return &list->items[list->count++];
}

struct diag *diag_add(struct diag_list *list, const char *code, enum severity severity,
                      struct place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct quell_str message = arena_format_list(list->arena, format, args);
    va_end(args);

    struct diag *diag = add_place(list);
    *diag = (struct diag){.code = code, .severity = severity, .place = place, .message = message};
    list->errors += severity == SEVERITY_ERROR;
    list->warnings += severity == SEVERITY_WARNING;
    return diag;
}

struct quell_str diag_format(struct diag_list *list, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct quell_str text = arena_format_list(list->arena, format, args);
    va_end(args);
    return text;
}

void diag_suggest(struct diag_list *list, struct diag *diag, struct quell_str better)
{
    char quote = diag->place.offset < list->text.len ? list->text.data[diag->place.offset] : '\0';
    if (!better.len)
        return;
    diag->help = diag_format(list, "did you mean `%.*s`?", QUELL_ARG(better));
    if (diag->place.len > 1 && (quote == '\'' || quote == '"')) /* a text stays in its quotes */
        better = diag_format(list, "%c%.*s%c", quote, QUELL_ARG(better), quote);
    diag_set_fix(diag, diag->place, better, true);
}

void diag_set_fix(struct diag *diag, struct place place, struct quell_str text, bool safe)
{
    diag->fix = (struct diag_fix){safe ? FIX_SAFE : FIX_UNSAFE, place, text};
}

/* The edit that comes next behind `from`, or NULL. */
static const struct diag_fix *next_fix(const struct diag_list *list, size_t from, bool unsafe)
{
    const struct diag_fix *next = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct diag_fix *fix = &list->items[i].fix;
        if (fix->kind == FIX_NONE || (fix->kind == FIX_UNSAFE && !unsafe) ||
            fix->place.offset < from)
            continue;
        if (!next || fix->place.offset < next->place.offset)
            next = fix;
    }
    return next;
}

struct quell_str diag_fixed(const struct diag_list *list, bool unsafe, size_t *count)
{
    struct buf out = {0};
    const struct diag_fix *fix;
    struct quell_str made;
    size_t done = 0;
    *count = 0;
    while ((fix = next_fix(list, done, unsafe))) {
        buf_add(&out, list->text.data + done, fix->place.offset - done);
        buf_add_str(&out, fix->text);
        done = (size_t)fix->place.offset + fix->place.len;
        done += fix->place.len == 0; /* two edits of one place would meet */
        if (fix->place.len == 0 && fix->place.offset < list->text.len)
            buf_add_char(&out, list->text.data[fix->place.offset]);
        (*count)++;
    }
    if (done < list->text.len)
        buf_add(&out, list->text.data + done, list->text.len - done);
    made = arena_str(list->arena, buf_str(&out));
    buf_free(&out);
    return made;
}

void diag_sort(struct diag_list *list)
{
    /* Insertion is stable, and LIMIT_DIAGS bounds it. */
    for (size_t i = 1; i < list->count; i++) {
        struct diag moved = list->items[i];
        size_t at = i;
        for (; at > 0 && list->items[at - 1].place.offset > moved.place.offset; at--)
            list->items[at] = list->items[at - 1];
        list->items[at] = moved;
    }
}

struct diag_position diag_position(struct quell_str text, size_t offset)
{
    struct diag_position position = {1, 1};
    if (offset > text.len)
        offset = text.len;
    for (size_t i = 0; i < offset; i++) {
        if (text.data[i] == '\n') {
            position.line++;
            position.column = 1;
        } else if (((unsigned char)text.data[i] & 0xC0) != 0x80) {
            position.column++; /* at the first byte of a code point only */
        }
    }
    return position;
}
