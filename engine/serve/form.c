/*
 * form.c - reading cookies, queries and forms. Pure.
 */
#include "serve/form.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"
#include "serve/server.h"

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_text(struct quell_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if ((c < ' ' && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
            return false;
    }
    return utf8_valid(text) == text.len;
}

static bool decode(struct arena *arena, struct quell_str text, struct quell_str *value)
{
    char *made = arena_alloc(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (c == '%') {
            int high = text.len - i > 2 ? digit(text.data[i + 1]) : -1;
            int low = text.len - i > 2 ? digit(text.data[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        made[len++] = c;
    }
    made[len] = '\0';
    *value = (struct quell_str){made, len};
    return is_text(*value);
}

bool form_get(struct arena *arena, struct quell_str text, const char *name, struct quell_str *value)
{
    struct quell_str found = {"", 0};
    size_t count = 0;

    while (text.len > 0) {
        struct quell_str pair, key, rest;

        (void)str_cut(text, '&', &pair, &text); /* the last one has no & */
        (void)str_cut(pair, '=', &key, &rest);  /* no value: it is empty */
        if (str_is(key, name)) {
            found = rest;
            count++;
        }
    }
    return count == 1 && decode(arena, found, value);
}

bool form_is(const struct exchange *exchange)
{
    struct quell_str type, media, parameters;

    if (!http_request_field(exchange->request, "content-type", &type))
        return false;
    (void)str_cut(type, ';', &media, &parameters); /* without parameters they are empty */
    return str_equal_fold(str_trim(media), QUELL_STR("application/x-www-form-urlencoded"));
}

bool cookie_get(const struct exchange *exchange, const char *name, struct quell_str *value)
{
    struct quell_str text, found = {"", 0};
    size_t count = 0;

    if (!http_request_field(exchange->request, "cookie", &text))
        return false;
    while (text.len > 0) {
        struct quell_str pair, key, rest;

        (void)str_cut(text, ';', &pair, &text);
        (void)str_cut(str_trim(pair), '=', &key, &rest);
        if (str_is(key, name)) {
            found = rest;
            count++;
        }
    }
    *value = found;
    return count == 1;
}
