/*
 * format.c - the layout of a text, and what it changes.
 */
#include "playbook/format.h"

#include <quell/author.h>

#include "base/buf.h"
#include "base/diff.h"
#include "base/error.h"
#include "core/core.h"
#include "value/value.h"

static struct quell_str picture(struct diag_list *diags)
{
    struct buf out = {0};
    struct quell_str text;

    for (size_t i = 0; i < diags->count; i++)
        diag_render(&out, diags, &diags->items[i], (struct diag_style){0});
    text = arena_str(diags->arena, buf_str(&out));
    buf_free(&out);
    return text;
}

enum quell_code quell_format(struct quell_str text, const char *name,
                             struct quell_document *document, struct quell_str *rendered,
                             struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct map_builder map = {.arena = arena};
    struct quell_str own = arena_str(arena, text), formatted;
    struct diag_list diags;
    struct buf diff = {0};

    diag_init(&diags, arena, quell_str_of(name), own);
    *document = made;
    if (!playbook_format(&diags, &formatted)) {
        if (rendered)
            *rendered = picture(&diags);
        return error_set(err, QUELL_INVALID, "%s is no YAML", name);
    }
    diff_unified(arena, &diff, name, own, formatted);
    map_add(&map, "text", quell_string(formatted));
    map_add(&map, "changed", quell_bool(!quell_str_equal(own, formatted)));
    map_add(&map, "diff", value_copy_str(arena, buf_str(&diff)));
    buf_free(&diff);
    document->value = map_made(&map);
    return QUELL_OK;
}
