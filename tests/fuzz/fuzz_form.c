/*
 * fuzz_form.c - any bytes as a query or form, and as a cookie field: what is taken for a value is
 * text without control bytes, and never longer than what was sent.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"
#include "serve/form.h"
#include "serve/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_form(struct arena *arena, struct quell_str text, const char *name)
{
    struct quell_str value;

    if (!form_get(arena, text, name, &value))
        return;
    if (value.len > text.len || utf8_valid(value) != value.len)
        abort();
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] == '\0' || value.data[i] == '\x1b')
            abort();
}

static void check_cookie(struct arena *arena, struct quell_str text, const char *name)
{
    struct http_field field = {.name = QUELL_STR("cookie"), .value = text};
    struct http_request request = {.fields = &field, .field_count = 1};
    struct exchange exchange = {.request = &request, .arena = arena};
    struct quell_str value;

    if (cookie_get(&exchange, name, &value) && value.len &&
        (value.data < text.data || value.data + value.len > text.data + text.len))
        abort();
    field.name = QUELL_STR("content-type");
    (void)form_is(&exchange);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"state", "code", "digest", "__Host-quell", ""};
    struct arena *arena = arena_new(0);
    struct quell_str text = {(const char *)data, size};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        check_form(arena, text, names[i]);
        check_cookie(arena, text, names[i]);
    }
    arena_free(arena);
    return 0;
}
