/*
 * yaml_text.c - the text around the nodes: what may stand in it, its lines, and finding a node.
 */
#include <string.h>

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

struct quell_str yaml_quote_advice(struct diag_list *diags, struct quell_str value)
{
    enum { SHOWN_MAX = 80 }; /* bytes; a longer advice is not read */
    if (value.len == 0 || value.len > SHOWN_MAX)
        return QUELL_STR("put the whole value in quotes");
    if (!memchr(value.data, '\'', value.len))
        return diag_format(diags, "put the value in quotes: `'%.*s'`", QUELL_ARG(value));
    if (!memchr(value.data, '"', value.len) && !memchr(value.data, '\\', value.len))
        return diag_format(diags, "put the value in quotes: `\"%.*s\"`", QUELL_ARG(value));
    return QUELL_STR("put the value in quotes: single ones, and each single quote in it twice");
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
