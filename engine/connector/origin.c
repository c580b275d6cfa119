/*
 * origin.c - scheme, host and port of a URL. It opens nothing; loop/egress.c judges addresses.
 */
#include "connector/origin.h"

#include "base/arena.h"
#include "base/str.h"

struct scheme {
    const char *name;
    unsigned port;
    bool plain;
};

static const struct scheme schemes[] = {
    {"https", 443, false},
    {"http", 80, true},
    {"smtp", 25, true}, /* STARTTLS makes it safe; that is the connection's `tls` */
    {"smtps", 465, false},
};

static const struct scheme *find_scheme(struct quell_str name)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (str_equal_fold(name, quell_str_of(schemes[i].name)))
            return &schemes[i];
    }
    return NULL;
}

static bool is_host_part(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_';
}

static bool is_ipv6_part(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
           c == '.';
}

/* The length of the host at the front, or 0. */
static size_t host_length(struct quell_str text)
{
    size_t len = 0;

    if (text.len > 0 && text.data[0] == '[') {
        for (len = 1; len < text.len && is_ipv6_part(text.data[len]);)
            len++;
        return len > 1 && len < text.len && text.data[len] == ']' ? len + 1 : 0;
    }
    while (len < text.len && is_host_part(text.data[len]))
        len++;
    return len;
}

static bool is_clean(struct quell_str url)
{
    for (size_t i = 0; i < url.len; i++) {
        char c = url.data[i];
        if (c <= ' ' || c > '~' || c == '\\' || c == '#')
            return false;
    }
    return true;
}

static struct quell_str lower(struct arena *arena, struct quell_str text)
{
    char *copy = (char *)(uintptr_t)arena_str(arena, text).data;

    for (size_t i = 0; i < text.len; i++) {
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] - 'A' + 'a');
    }
    return (struct quell_str){copy, text.len};
}

static bool read_port(struct quell_str text, unsigned *port, struct quell_str *rest)
{
    size_t len = 0;
    int64_t number;

    while (len < text.len && text.data[len] >= '0' && text.data[len] <= '9')
        len++;
    if (!str_to_int(str_slice(text, 0, len), &number) || number < 1 || number > 65535)
        return false;
    *port = (unsigned)number;
    *rest = str_slice(text, len, text.len);
    return true;
}

bool origin_read(struct arena *arena, struct quell_str url, struct origin *origin,
                 struct quell_str *rest)
{
    struct quell_str mark = QUELL_STR("://");
    size_t at = str_find(url, mark, 0);
    const struct scheme *scheme;
    struct quell_str text;
    size_t host_len;
    unsigned port;

    if (at == SIZE_MAX || !is_clean(url))
        return false;
    scheme = find_scheme(str_slice(url, 0, at));
    if (!scheme)
        return false;
    text = str_slice(url, at + mark.len, url.len);
    host_len = host_length(text);
    if (host_len == 0)
        return false;
    port = scheme->port;
    *rest = str_slice(text, host_len, text.len);
    if (rest->len > 0 && rest->data[0] == ':' &&
        !read_port(str_slice(*rest, 1, rest->len), &port, rest))
        return false;
    if (rest->len > 0 && rest->data[0] != '/' && rest->data[0] != '?')
        return false;
    origin->scheme = quell_str_of(scheme->name);
    origin->host = lower(arena, str_slice(text, 0, host_len));
    origin->port = port;
    return true;
}

bool origin_equal(const struct origin *a, const struct origin *b)
{
    return a->port == b->port && quell_str_equal(a->scheme, b->scheme) &&
           quell_str_equal(a->host, b->host);
}

bool origin_is_loopback(const struct origin *origin)
{
    struct quell_str host = origin->host;
    bool dotted = str_starts(host, QUELL_STR("127."));

    for (size_t i = 0; i < host.len; i++)
        dotted = dotted && (host.data[i] == '.' || (host.data[i] >= '0' && host.data[i] <= '9'));
    return dotted || str_is(host, "localhost") || str_is(host, "[::1]");
}

bool origin_is_plain(const struct origin *origin)
{
    const struct scheme *scheme = find_scheme(origin->scheme);

    return !scheme || scheme->plain;
}
