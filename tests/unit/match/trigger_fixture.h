/*
 * trigger_fixture.h - loading a trigger from text and judging JSON with it, for the tests of
 * match/.
 */
#ifndef TRIGGER_FIXTURE_H
#define TRIGGER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/cel.h"
#include "incident/incident.h"
#include "match/match.h"
#include "value/json.h"
#include "value/value.h"
#include "value/yaml.h"

static inline struct quell_value json_of(struct arena *arena, struct quell_str text)
{
    struct quell_value value = quell_null();
    struct quell_error err;
    enum quell_code code = json_read(arena, text, LIMIT_DOCUMENT_BYTES, &value, NULL, &err);
    if (code)
        print_error("%.*s: %s\n", QUELL_ARG(text), err.message);
    assert_int_equal(code, QUELL_OK);
    return value;
}

/* The trigger that the text of a map under `on.incident` makes, or NULL; *diags tells why. */
static inline struct trigger *load_text(struct arena *arena, struct quell_str text,
                                        struct diag_list *diags)
{
    const struct yaml_node *node;
    diag_init(diags, arena, QUELL_STR("test.yaml"), text);
    node = yaml_read(arena, diags);
    return node ? trigger_load(arena, node, incident_fields, diags) : NULL;
}

static inline void print_diags(const struct diag_list *diags)
{
    struct buf out = {0};
    for (size_t i = 0; i < diags->count; i++)
        diag_render(&out, diags, &diags->items[i], (struct diag_style){0});
    print_error("%.*s\n", QUELL_ARG(buf_str(&out)));
    buf_free(&out);
}

/* Must load without an error. */
static inline struct trigger *load_good(struct arena *arena, struct quell_str text)
{
    struct diag_list diags;
    struct trigger *trigger = load_text(arena, text, &diags);
    if (!trigger)
        print_diags(&diags);
    assert_non_null(trigger);
    return trigger;
}

#endif
