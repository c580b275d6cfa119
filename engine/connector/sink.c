/*
 * sink.c - one encoder for each language that alert text may end in. Who calls it: the host
 * functions of native actions and the templates of declared ones.
 */
#include "connector/sink.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/str.h"
#include "base/utf8.h"
#include "connector/origin.h"
#include "loop/mail.h"

typedef enum quell_code escape_fn(struct arena *arena, struct buf *out, struct quell_str text,
                                  struct quell_error *err);

struct sink {
    const char *name;
    escape_fn *escape;
    bool refuses; /* passes text on unchanged, or not at all */
};

static enum quell_code percent(struct arena *arena, struct buf *out, struct quell_str text,
                               struct quell_error *err)
{
    (void)arena;
    (void)err;
    escape_percent(out, text);
    return QUELL_OK;
}

/* An empty segment or a dot segment would name another resource, encoded or not. */
static enum quell_code segment(struct arena *arena, struct buf *out, struct quell_str text,
                               struct quell_error *err)
{
    if (text.len == 0)
        return error_set(err, QUELL_INVALID, "a part of the path is empty");
    if (str_is(text, ".") || str_is(text, ".."))
        return error_set(err, QUELL_INVALID, "a part of the path is `.` or `..`");
    return percent(arena, out, text, err);
}

static enum quell_code header(struct arena *arena, struct buf *out, struct quell_str text,
                              struct quell_error *err)
{
    (void)arena;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return error_set(err, QUELL_INVALID, "a header holds a control character");
    }
    buf_add_str(out, text);
    return QUELL_OK;
}

static enum quell_code html(struct arena *arena, struct buf *out, struct quell_str text,
                            struct quell_error *err)
{
    (void)arena;
    (void)err;
    escape_html(out, text);
    return QUELL_OK;
}

static enum quell_code markdown(struct arena *arena, struct buf *out, struct quell_str text,
                                struct quell_error *err)
{
    (void)arena;
    (void)err;
    escape_markdown(out, text);
    return QUELL_OK;
}

static enum quell_code url(struct arena *arena, struct buf *out, struct quell_str text,
                           struct quell_error *err)
{
    struct origin origin;
    struct quell_str rest;

    if (!origin_read(arena, text, &origin, &rest) || !str_starts(origin.scheme, QUELL_STR("http")))
        return error_set(err, QUELL_INVALID, "a URL is not a plain http or https URL");
    buf_add_str(out, text);
    return QUELL_OK;
}

/* KQL's string literals know the escapes of C. */
static enum quell_code kql(struct arena *arena, struct buf *out, struct quell_str text,
                           struct quell_error *err)
{
    (void)arena;
    (void)err;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '"' || c == '\'' || c == '\\')
            buf_add_format(out, "\\%c", c);
        else if (c == '\n')
            buf_add_text(out, "\\n");
        else if (c == '\r')
            buf_add_text(out, "\\r");
        else if (c == '\t')
            buf_add_text(out, "\\t");
        else if (c < 0x20 || c == 0x7f)
            buf_add_format(out, "\\u%04x", (unsigned)c);
        else
            buf_add_char(out, (char)c);
    }
    return QUELL_OK;
}

static enum quell_code json(struct arena *arena, struct buf *out, struct quell_str text,
                            struct quell_error *err)
{
    (void)arena;
    if (utf8_valid(text) != text.len)
        return error_set(err, QUELL_INVALID, "a JSON text is not UTF-8");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '"' || c == '\\')
            buf_add_format(out, "\\%c", c);
        else if (c < 0x20)
            buf_add_format(out, "\\u%04x", (unsigned)c);
        else
            buf_add_char(out, (char)c);
    }
    return QUELL_OK;
}

static enum quell_code mail_address(struct arena *arena, struct buf *out, struct quell_str text,
                                    struct quell_error *err)
{
    struct mail_address address;

    (void)arena;
    if (!mail_address_read(text, &address))
        return error_set(err, QUELL_INVALID, "a mail address is not of the form name@domain");
    buf_add_str(out, text);
    return QUELL_OK;
}

static const struct sink sinks[] = {
    {"path", segment, false}, {"query", percent, false},     {"header", header, true},
    {"html", html, false},    {"markdown", markdown, false}, {"url", url, true},
    {"kql", kql, false},      {"json", json, false},         {"mail-address", mail_address, true},
};

static const struct sink *find_sink(const char *name)
{
    for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++) {
        if (strcmp(sinks[i].name, name) == 0)
            return &sinks[i];
    }
    return NULL;
}

bool sink_known(const char *name)
{
    return find_sink(name) != NULL;
}

enum quell_code sink_escape(struct arena *arena, const char *name, struct quell_str text,
                            struct quell_str *escaped, struct quell_error *err)
{
    const struct sink *sink = find_sink(name);
    struct buf out = {0};
    enum quell_code code;

    if (!sink)
        return error_set(err, QUELL_INVALID, "there is no sink `%s`", name);
    code = sink->escape(arena, &out, text, err);
    if (!code)
        *escaped = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return code;
}

static enum quell_code check_input(struct arena *arena, const struct quell_field *field,
                                   struct quell_value value, struct quell_error *err)
{
    struct quell_error cause = {0};
    struct quell_str unused;
    enum quell_code code;

    if (quell_is(value, QUELL_LIST)) {
        for (size_t i = 0; i < quell_count(value); i++) {
            code = check_input(arena, field, quell_at(value, i), err);
            if (code)
                return code;
        }
        return QUELL_OK;
    }
    if (!quell_is(value, QUELL_STRING))
        return QUELL_OK; /* its type is the field table's affair */
    code = sink_escape(arena, field->sink, quell_str(value), &unused, &cause);
    return code ? error_set(err, code, "`%s`: %s", field->name, cause.message) : QUELL_OK;
}

enum quell_code sink_check_inputs(struct arena *arena, const struct quell_field *inputs,
                                  struct quell_value input, struct quell_error *err)
{
    for (; inputs && inputs->name; inputs++) {
        const struct sink *sink = inputs->sink ? find_sink(inputs->sink) : NULL;
        enum quell_code code;
        if (!sink || !sink->refuses)
            continue;
        code = check_input(arena, inputs, quell_get(input, inputs->name), err);
        if (code)
            return code;
    }
    return QUELL_OK;
}
