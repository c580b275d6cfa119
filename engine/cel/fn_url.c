/*
 * fn_url.c - parts of URLs (RFC 3986). Their rows are in fn_url.def.
 *
 * url.parse() is for looking at a URL, not for deciding whom to trust: what leaves the house is
 * read again by the connector that sends it.
 */
#include <string.h>

#include "base/buf.h"
#include "base/escape.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cel/evaluation.h"
#include "value/value.h"

enum quell_code cel_url_encode(struct evaluation *e, const struct node *node,
                               const struct quell_value *arguments, struct quell_value *made)
{
    struct buf out = {.size_max = EVALUATION_BUILT};
    escape_percent(&out, quell_str(arguments[0]));
    return evaluation_built(e, node, &out, made);
}

/* ---- decoding ------------------------------------------------------------------------------ */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A `%` without two digits stands for itself, as browsers have it; false for no UTF-8. */
static bool decode(struct arena *arena, struct quell_str text, bool plus, struct quell_str *decoded)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        int high = -1, low = -1;
        if (text.data[i] == '%' && i + 2 < text.len) {
            high = hex_digit(text.data[i + 1]);
            low = hex_digit(text.data[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            out[len++] = (char)(high << 4 | low);
            i += 2;
        } else {
            out[len++] = plus && text.data[i] == '+' ? ' ' : text.data[i];
        }
    }
    *decoded = (struct quell_str){out, len};
    return utf8_valid(*decoded) == len;
}

enum quell_code cel_url_decode(struct evaluation *e, const struct node *node,
                               const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_str decoded;
    if (!evaluation_take(e, node, 0))
        return QUELL_LIMIT;
    if (!decode(e->arena, quell_str(arguments[0]), false, &decoded))
        return evaluation_fail(e, node, "what this text encodes is not UTF-8");
    return evaluation_text(e, node, decoded, made);
}

/* ---- parsing ------------------------------------------------------------------------------- */

static bool is_scheme(struct quell_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i], lower = (char)(c | 0x20);
        bool letter = lower >= 'a' && lower <= 'z';
        bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (!letter && !(i > 0 && other))
            return false;
    }
    return text.len > 0;
}

static struct quell_str lower(struct arena *arena, struct quell_str text)
{
    char *out = arena_alloc(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++)
        out[i] =
            text.data[i] >= 'A' && text.data[i] <= 'Z' ? (char)(text.data[i] | 0x20) : text.data[i];
    return (struct quell_str){out, text.len};
}

/* `[user@]host[:port]`; the last `@` counts, as browsers have it. */
static bool read_authority(struct arena *arena, struct quell_str authority, struct map_builder *map)
{
    struct quell_str user = QUELL_STR(""), host = authority, port = QUELL_STR("");
    int64_t number = -1;
    size_t i;
    for (i = authority.len; i > 0 && authority.data[i - 1] != '@'; i--)
        ;
    if (i > 0) {
        user = str_slice(authority, 0, i - 1);
        host = str_slice(authority, i, authority.len);
    }
    for (i = host.len; i > 0 && host.data[i - 1] >= '0' && host.data[i - 1] <= '9'; i--)
        ;
    if (i > 0 && host.data[i - 1] == ':') { /* never inside the brackets of IPv6: they end in ] */
        port = str_slice(host, i, host.len);
        host = str_slice(host, 0, i - 1);
    }
    if (host.len == 0 || (port.len && (!str_to_int(port, &number) || number > 65535)))
        return false;
    map_add(map, "user", quell_string(user));
    map_add(map, "host", quell_string(lower(arena, host)));
    map_add(map, "port", port.len ? quell_int(number) : quell_null());
    return true;
}

enum { QUERY_MAX = 200 }; /* names of a query; looking them up is quadratic */

static bool has_name(const struct map_builder *map, struct quell_str name)
{
    for (size_t i = 0; i < map->count; i++) {
        if (quell_str_equal(quell_str(map->pairs[i].key), name))
            return true;
    }
    return false;
}

/* The first value of each name; a name without `=` is empty. What is no UTF-8 stays encoded. */
static struct quell_value read_query(struct evaluation *e, struct quell_str query)
{
    struct map_builder map = {.arena = e->arena};
    struct quell_str pair, rest = query;
    while (rest.len && map.count < QUERY_MAX) {
        struct quell_str name, value, decoded;
        (void)str_cut(rest, '&', &pair, &rest); /* the last one has no `&` */
        (void)str_cut(pair, '=', &name, &value);
        if (decode(e->arena, name, true, &decoded))
            name = decoded;
        if (decode(e->arena, value, true, &decoded))
            value = decoded;
        if (pair.len && !has_name(&map, name))
            map_add_key(&map, quell_string(name), quell_string(value));
    }
    return map_made(&map);
}

static size_t first_of(struct quell_str text, const char *marks)
{
    size_t i = 0;
    while (i < text.len && !strchr(marks, text.data[i]))
        i++;
    return i;
}

enum quell_code cel_url_parse(struct evaluation *e, const struct node *node,
                              const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_str text = quell_str(arguments[0]), scheme, rest, fragment, query, authority;
    struct map_builder map = {.arena = e->arena};
    size_t colon = str_find(text, QUELL_STR("://"), 0), end;
    enum quell_code code = evaluation_charge(e, node, text.len / 4);
    if (code)
        return code;
    if (!evaluation_take(e, node, 16 * text.len)) /* the pairs of the query */
        return QUELL_LIMIT;
    scheme = str_slice(text, 0, colon);
    if (colon == SIZE_MAX || !is_scheme(scheme) || memchr(text.data, '\0', text.len))
        return evaluation_fail(e, node, "this text is no absolute URL");
    rest = str_slice(text, colon + 3, text.len);
    (void)str_cut(rest, '#', &rest, &fragment);
    end = first_of(rest, "/?");
    authority = str_slice(rest, 0, end);
    rest = str_slice(rest, end, rest.len);
    (void)str_cut(rest, '?', &rest, &query);
    map_add(&map, "scheme", quell_string(lower(e->arena, scheme)));
    if (!read_authority(e->arena, authority, &map))
        return evaluation_fail(e, node, "this URL has no host, or a port that is none");
    map_add(&map, "path", quell_string(rest));
    map_add(&map, "query", read_query(e, query));
    map_add(&map, "fragment", quell_string(fragment));
    *made = value_masked_as(map_made(&map), arguments[0]);
    return evaluation_take(e, node, 0) ? QUELL_OK : QUELL_LIMIT;
}
