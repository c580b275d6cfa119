/*
 * template.c - text with ${{ }}, and whole values of such texts.
 *
 * One pass: the lexer finds where an expression ends, so that braces and quotes inside it are never
 * taken for the end, and what an expression gives is never looked at again.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cel/encode.h"
#include "cel/fault.h"
#include "cel/text.h"
#include "cel/token.h"
#include "value/value.h"

struct part {
    const struct cel *expr;  /* NULL: `text` */
    const struct cel *ready; /* the same, encoding what ends in markup */
    struct quell_str text;
    uint32_t offset; /* of the expression's text in the template */
};

struct cel_template {
    struct part *parts;
    size_t count, cap;
    bool constant;
    enum cel_sink sink;
};

static const struct quell_str opening = {"${{", 3}, closing = {"}}", 2};

/* ---- parsing ------------------------------------------------------------------------------- */

static struct part *add(struct arena *arena, struct cel_template *made)
{
    if (made->count == made->cap) {
        size_t cap = made->cap ? made->cap * 2 : 2;
        made->parts = arena_grow(arena, made->parts, made->cap * sizeof(*made->parts),
                                 cap * sizeof(*made->parts));
        made->cap = cap;
    }
    return &made->parts[made->count++];
}

static void add_text(struct arena *arena, struct cel_template *made, struct quell_str text)
{
    if (text.len)
        add(arena, made)->text = text;
}

/* Finds the `}}` of the expression that begins behind the opening at `open`. */
static enum quell_code find_end(struct quell_str text, size_t open, size_t *end,
                                struct cel_fault *fault)
{
    struct lexer lexer = {.text = text, .at = open + opening.len};
    struct token token;
    size_t depth = 0;
    enum quell_code code;
    for (;;) {
        code = token_next(&lexer, &token, fault);
        if (code || token.kind == TOKEN_END)
            break;
        if (token.kind == TOKEN_OPEN_MAP) {
            depth++;
        } else if (token.kind == TOKEN_CLOSE_MAP && depth > 0) {
            depth--;
        } else if (token.kind == TOKEN_CLOSE_MAP) {
            *end = token.place.offset;
            if (str_starts(str_slice(text, *end, text.len), closing))
                return QUELL_OK;
            return fault_set(fault, token.place, QUELL_INVALID,
                             "expected `}}` at the end of the expression, found `}`");
        }
    }
    if (code && str_find(text, closing, open) != SIZE_MAX)
        return code; /* it is closed, but there is something else on the way */
    (void)fault_set(fault, (struct place){(uint32_t)open, (uint32_t)opening.len}, QUELL_INVALID,
                    "`${{` is never closed");
    return fault_help(fault, QUELL_INVALID, "write `}}` behind the expression");
}

static enum quell_code add_expression(struct arena *arena, struct cel_template *made,
                                      struct quell_str text, size_t from, size_t to,
                                      struct cel_fault *fault)
{
    const struct cel *expr;
    struct part *part;
    enum quell_code code = cel_parse(arena, str_slice(text, from, to), &expr, fault);
    if (code) {
        fault->place.offset += (uint32_t)from;
        return code;
    }
    part = add(arena, made);
    part->expr = expr;
    part->ready = encode_expression(arena, made->sink, expr);
    part->offset = (uint32_t)from;
    made->constant = false;
    return QUELL_OK;
}

enum quell_code cel_template_parse(struct arena *arena, struct quell_str text,
                                   const struct cel_template **made, struct cel_fault *fault)
{
    return cel_template_parse_for(arena, text, CEL_PLAIN, made, fault);
}

enum quell_code cel_template_parse_for(struct arena *arena, struct quell_str text,
                                       enum cel_sink sink, const struct cel_template **made,
                                       struct cel_fault *fault)
{
    struct cel_template *template = arena_one(arena, struct cel_template);
    size_t done = 0, open;
    template->constant = true;
    template->sink = sink;
    text = arena_str(arena, text);
    while ((open = str_find(text, opening, done)) != SIZE_MAX) {
        size_t end = 0;
        enum quell_code code = QUELL_OK;
        if (template->constant && utf8_valid(text) != text.len)
            return fault_set(fault, (struct place){(uint32_t)utf8_valid(text), 1}, QUELL_INVALID,
                             "this byte is not valid UTF-8");
        add_text(arena, template, str_slice(text, done, open));
        code = find_end(text, open, &end, fault);
        if (!code)
            code = add_expression(arena, template, text, open + opening.len, end, fault);
        if (code)
            return code;
        done = end + closing.len;
    }
    add_text(arena, template, str_slice(text, done, text.len));
    *made = template;
    return QUELL_OK;
}

enum quell_code cel_template_scan(struct quell_str text,
                                  void (*each)(struct quell_str source, size_t offset,
                                               const struct cel_fault *broken, void *user),
                                  void *user, struct cel_fault *fault)
{
    size_t done = 0, open;
    while ((open = str_find(text, opening, done)) != SIZE_MAX) {
        size_t from = open + opening.len, end = 0;
        enum quell_code code = find_end(text, open, &end, fault);
        if (code)
            end = str_find(text, closing, from);
        if (end == SIZE_MAX)
            return code;
        each(str_slice(text, from, end), from, code ? fault : NULL, user);
        done = end + closing.len;
    }
    return QUELL_OK;
}

bool cel_template_is_constant(const struct cel_template *made)
{
    return made->constant;
}

void cel_template_each(const struct cel_template *made,
                       void (*each)(const struct cel *expr, size_t offset, void *user), void *user)
{
    for (size_t i = 0; i < made->count; i++) {
        if (made->parts[i].expr)
            each(made->parts[i].expr, made->parts[i].offset, user);
    }
}

/* ---- evaluating ---------------------------------------------------------------------------- */

static struct place part_place(const struct part *part)
{
    return (struct place){part->offset, (uint32_t)cel_source(part->expr).len};
}

/* What is no text yet may hold texts of others: they are encoded when it is one. */
static struct quell_str text_of(struct arena *arena, enum cel_sink sink, struct quell_value value)
{
    struct quell_str text = cel_to_text(arena, value);
    bool holds = quell_is(value, QUELL_LIST) || quell_is(value, QUELL_MAP) ||
                 quell_is(value, QUELL_OPTIONAL) || quell_is(value, QUELL_BYTES);
    return sink != CEL_PLAIN && holds ? encode_str(arena, sink, text) : text;
}

/* The text of one part. An unknown in it, at any depth, makes the whole text unknown; what is known
 * of the text stays, with the reason in the unknown part's place, so that a plan can be read. */
static enum quell_code part_text(const struct part *part, enum cel_sink sink,
                                 const struct cel_scope *scope, struct arena *arena,
                                 struct quell_value *text, struct quell_value *unknown,
                                 struct cel_fault *fault)
{
    struct quell_value value = quell_string(part->text), mine = quell_null();
    size_t left = LIMIT_CEL_TEXT_BYTES;
    enum quell_code code = QUELL_OK;
    if (part->expr)
        code = cel_eval(part->ready, scope, arena, &value, fault);
    if (code) {
        fault->place.offset += part->offset;
        return code;
    }
    if (part->expr && !text_fits(value, &left))
        return fault_set(fault, part_place(part), QUELL_LIMIT,
                         "this makes the text longer than %d KiB", LIMIT_CEL_TEXT_BYTES / 1024);
    text_unknown(value, &mine);
    if (quell_is(mine, QUELL_UNKNOWN)) {
        *unknown = mine;
        *text = quell_string(arena_format(arena, "<%.*s>", QUELL_ARG(quell_str(mine))));
        return QUELL_OK;
    }
    *text = value_masked_as(
        quell_string(part->expr ? text_of(arena, sink, value) : quell_str(value)), value);
    return QUELL_OK;
}

static struct quell_value joined(struct arena *arena, const struct quell_value *texts, size_t count,
                                 size_t size)
{
    char *out = arena_alloc(arena, size + 1);
    size_t len = 0;
    uint8_t secret = 0;
    struct quell_value value;
    for (size_t i = 0; i < count; i++) {
        memcpy(out + len, texts[i].as.text, texts[i].len);
        len += texts[i].len;
        secret |= texts[i].flags & QUELL_MASKED;
    }
    value = quell_string((struct quell_str){out, len});
    value.flags |= secret;
    return value;
}

static enum quell_code join(const struct cel_template *made, const struct cel_scope *scope,
                            struct arena *arena, struct quell_value *value, struct cel_fault *fault)
{
    struct quell_value *texts = arena_array(arena, struct quell_value, made->count);
    struct quell_value unknown = quell_null();
    size_t size = 0;
    for (size_t i = 0; i < made->count; i++) {
        enum quell_code code =
            part_text(&made->parts[i], made->sink, scope, arena, &texts[i], &unknown, fault);
        if (code)
            return code;
        size += texts[i].len;
        if (size > LIMIT_CEL_TEXT_BYTES)
            return fault_set(fault, (struct place){0, 0}, QUELL_LIMIT,
                             "this text would be longer than %d KiB", LIMIT_CEL_TEXT_BYTES / 1024);
    }
    *value = joined(arena, texts, made->count, size);
    if (quell_is(unknown, QUELL_UNKNOWN) && !(value->flags & QUELL_MASKED))
        *value = quell_unknown(quell_str(*value));
    else if (quell_is(unknown, QUELL_UNKNOWN))
        *value = unknown;
    return QUELL_OK;
}

enum quell_code cel_template_eval(const struct cel_template *made, const struct cel_scope *scope,
                                  struct arena *arena, struct quell_value *value,
                                  struct cel_fault *fault)
{
    enum quell_code code;
    if (made->constant) {
        *value = quell_string(made->count ? made->parts[0].text : QUELL_STR(""));
        return QUELL_OK;
    }
    if (made->count > 1)
        return join(made, scope, arena, value, fault);
    code = cel_eval(made->parts[0].ready, scope, arena, value, fault);
    if (code)
        fault->place.offset += made->parts[0].offset;
    else if (made->sink != CEL_PLAIN && !quell_is(*value, QUELL_STRING))
        *value = encode_inside(arena, made->sink, *value);
    return code;
}
