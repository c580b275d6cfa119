/*
 * yaml_text.c - the text around the nodes: what may stand in it, its lines, and finding a node.
 */
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "value/yaml_parts.h"

bool yaml_check_text(struct diag_list *diags, struct quell_str text)
{
    if (text.len > LIMIT_DOCUMENT_BYTES) {
        struct diag *diag =
            diag_add(diags, "QL007", SEVERITY_ERROR, (struct place){0, 0},
                     "the document has %zu bytes, %d are allowed", text.len, LIMIT_DOCUMENT_BYTES);
        diag->help = QUELL_STR("split it into several files");
        return false;
    }
    for (size_t at = 0; at < text.len;) {
        uint32_t point = 0;
        size_t len = utf8_read(text, at, &point);
        struct place place = {(uint32_t)at, (uint32_t)(len ? len : 1)};
        if (len == 0) {
            struct diag *diag =
                diag_add(diags, "QL007", SEVERITY_ERROR, place,
                         "this is no valid UTF-8 (byte 0x%02X)", (unsigned char)text.data[at]);
            diag->help = QUELL_STR("save the file as UTF-8");
            return false;
        }
        bool is_break = point == 0x85 || point == 0x2028 || point == 0x2029;
        bool is_control = (point < 0x20 && point != '\t' && point != '\n' && point != '\r') ||
                          (point >= 0x7F && point < 0xA0) || point == 0xFFFE || point == 0xFFFF;
        if (is_break || is_control || (point == 0xFEFF && at > 0)) {
            struct diag *diag =
                diag_add(diags, "QL001", SEVERITY_ERROR, place,
                         "the character U+%04X may not stand in YAML", (unsigned)point);
            diag->help = diag_format(
                diags, "take it away, or write it as the escape `\\u%04X` in double quotes",
                (unsigned)point);
            return false;
        }
        at += len;
    }
    return true;
}

size_t yaml_line_end(struct quell_str text, size_t at)
{
    while (at < text.len && text.data[at] != '\n' && text.data[at] != '\r')
        at++;
    return at;
}

size_t yaml_line_start(struct quell_str text, size_t at)
{
    while (at > 0 && text.data[at - 1] != '\n' && text.data[at - 1] != '\r')
        at--;
    return at;
}

struct place yaml_place_of(struct quell_str text, size_t from, size_t to)
{
    while (to > from && strchr(" \t\r\n", text.data[to - 1]))
        to--;
    return (struct place){(uint32_t)from, (uint32_t)(to - from)};
}

/* In single quotes nothing but they themselves has to be escaped, by standing twice. */
static struct quell_str doubled(struct diag_list *diags, struct quell_str value)
{
    char *out = arena_alloc(diags->arena, 2 * value.len + 2);
    size_t len = 0;
    out[len++] = '\'';
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '\'')
            out[len++] = '\'';
        out[len++] = value.data[i];
    }
    out[len++] = '\'';
    return (struct quell_str){out, len};
}

/* The value between quotes that need no escapes, or empty. */
static struct quell_str quoted(struct diag_list *diags, struct quell_str value)
{
    if (!memchr(value.data, '\'', value.len))
        return diag_format(diags, "'%.*s'", QUELL_ARG(value));
    if (!memchr(value.data, '"', value.len) && !memchr(value.data, '\\', value.len))
        return diag_format(diags, "\"%.*s\"", QUELL_ARG(value));
    return QUELL_STR("");
}

void yaml_advise_quotes(struct diag_list *diags, struct diag *diag, struct place place)
{
    enum { SHOWN_MAX = 80 }; /* bytes; a longer advice is not read */
    struct quell_str value = str_slice(diags->text, place.offset, (size_t)place.offset + place.len);
    struct quell_str better = value.len ? quoted(diags, value) : QUELL_STR("");
    if (value.len && !better.len) {
        diag->help =
            QUELL_STR("put the value in quotes: single ones, and each single quote in it twice");
        better = doubled(diags, value);
    } else if (value.len == 0 || value.len > SHOWN_MAX)
        diag->help = QUELL_STR("put the whole value in quotes");
    else
        diag->help = diag_format(diags, "put the value in quotes: `%.*s`", QUELL_ARG(better));
    if (better.len) /* what is behind ` #` may have been meant as a comment */
        diag_set_fix(diag, place, better, str_find(value, QUELL_STR(" #"), 0) == SIZE_MAX);
}

const struct yaml_pair *yaml_find(const struct yaml_node *map, struct quell_str key)
{
    if (!map || map->value.type != QUELL_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (quell_str_equal(quell_str(map->pairs[i].key.value), key))
            return &map->pairs[i];
    return NULL;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    const struct yaml_pair *pair = yaml_find(map, quell_str_of(key));
    return pair ? &pair->node : NULL;
}
