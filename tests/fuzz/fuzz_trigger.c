/*
 * fuzz_trigger.c - any text as a trigger, judged against any JSON: a trigger or diagnostics that
 * can be shown, never a crash; and a report never changes the verdict.
 *
 * The input is the YAML of `on: incident:`, a line `===`, and the JSON of an incident.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/cel.h"
#include "incident/incident.h"
#include "match/match.h"
#include "value/json.h"
#include "value/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(const struct diag_list *diags, size_t size)
{
    struct buf out = {.size_max = 1 << 22};
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->items[i];
        if ((size_t)diag->place.offset + diag->place.len > size + 1)
            abort();
        diag_render(&out, diags, diag, (struct diag_style){false, false});
    }
    buf_free(&out);
}

static void judge(struct arena *arena, const struct trigger *trigger, struct quell_str json)
{
    struct quell_value value;
    struct match_report report;
    struct cel_scope scope = {quell_null(), NULL};
    enum match_verdict quick, told;

    if (json_read(arena, json, LIMIT_DOCUMENT_BYTES, &value, NULL, NULL) != QUELL_OK)
        return;
    scope.vars = value; /* so that `lists` and `config` may be anything too */
    quick = trigger_test(trigger, value, QUELL_STR("created"), &scope, arena, NULL);
    told = trigger_test(trigger, value, QUELL_STR("created"), &scope, arena, &report);
    if (quick != told || (report.decided_by < report.count) != (told != MATCH_YES))
        abort();
    for (size_t i = 0; i < report.count; i++)
        (void)json_text(arena, report.lines[i].seen, JSON_COMPACT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct quell_str text = {(const char *)data, size}, json = {"{}", 2};
    size_t cut = str_find(text, QUELL_STR("\n===\n"), 0);
    struct diag_list diags;
    const struct yaml_node *node;
    struct trigger *trigger = NULL;

    if (cut != SIZE_MAX) {
        json = str_slice(text, cut + 5, text.len);
        text = str_slice(text, 0, cut + 1);
    }
    diag_init(&diags, arena, QUELL_STR("fuzz.yaml"), text);
    node = yaml_read(arena, &diags);
    if (node) {
        trigger = trigger_load(arena, node, incident_fields, &diags);
        if ((trigger == NULL) != (diags.errors > 0))
            abort();
    }
    show(&diags, text.len);
    if (trigger)
        judge(arena, trigger, json);
    trigger_free(trigger);
    arena_free(arena);
    return 0;
}
