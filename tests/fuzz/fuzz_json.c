/*
 * fuzz_json.c - any bytes as JSON: a fault has a place inside of the text, and whatever is accepted
 * survives being written and read, in every style, to the byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool promise)
{
    if (!promise)
        abort();
}

static void check_fault(struct quell_str text, const struct json_place *place,
                        const struct quell_error *err)
{
    struct diag_position position = diag_position(text, place->offset);
    require(place->offset <= text.len);
    require(place->line == position.line && place->column == position.column);
    require(strncmp(err->message, "line ", 5) == 0);
}

static void round_trip(struct arena *arena, struct quell_value value)
{
    static const enum json_style styles[] = {JSON_COMPACT, JSON_PRETTY};
    for (size_t i = 0; i < 2; i++) {
        struct quell_value again, own;
        struct quell_error err;
        struct quell_str text = json_text(arena, value, styles[i]);
        /* Blanks and escapes may make it longer than what was read. */
        require(json_read(arena, text, text.len + 1, &again, NULL, &err) == QUELL_OK);
        require(value_equal(value, again));
        require(quell_str_equal(json_text(arena, again, styles[i]), text));
        require(json_read_own(arena, text, &own, &err) == QUELL_OK && value_equal(own, value));
    }
    require(value_equal(value_copy(arena, value), value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct quell_str text = {(const char *)data, size};
    struct quell_value value;
    struct json_place place;
    struct quell_error err;
    enum quell_code code = json_read(arena, text, 0, &value, &place, &err);
    if (code)
        check_fault(text, &place, &err);
    else
        round_trip(arena, value);
    arena_free(arena);
    return 0;
}
