/*
 * language.c - for authors: explain. No store, no network.
 */
#include "core/core.h"

#include <quell/author.h>

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/file.h"
#include "match/match.h"
#include "value/json.h"
#include "value/value.h"
#include "value/yaml.h"

/* ---- explain -----------------------------------------------------------------------------------
 */

static struct quell_value line_value(struct arena *arena, const struct playbook *playbook,
                                     const struct match_line *line)
{
    struct map_builder map = {.arena = arena};
    struct diag_position at = diag_position(playbook->text, line->place.offset);

    map_add(&map, "where", quell_string(line->where));
    map_add(&map, "condition", quell_string(line->condition));
    map_add(&map, "verdict", quell_text(match_verdict_name(line->verdict)));
    map_add(&map, "evaluated", quell_bool(line->evaluated));
    map_add(&map, "decides", quell_bool(line->decides));
    map_add(&map, "seen", line->seen);
    map_add(&map, "why", quell_string(line->why));
    map_add(&map, "file", quell_string(playbook->file));
    map_add(&map, "row", quell_int((int64_t)at.line));
    map_add(&map, "column", quell_int((int64_t)at.column));
    return map_made(&map);
}

static struct quell_value explain_one(struct quell *engine, struct arena *arena,
                                      const struct playbook *playbook, struct quell_value incident,
                                      struct quell_str event)
{
    struct map_builder map = {.arena = arena}, vars = {.arena = arena};
    struct list_builder lines = {.arena = arena};
    struct match_report report = {0};
    struct cel_scope scope = {0};
    enum match_verdict verdict = MATCH_NO;
    size_t i;

    map_add(&vars, "config", engine->generation->world.config);
    map_add(&vars, "lists", engine->generation->world.lists);
    scope.vars = map_made(&vars);
    if (playbook->incident)
        verdict = trigger_test(playbook->incident, incident, event, &scope, arena, &report);
    for (i = 0; i < report.count; i++)
        list_add(&lines, line_value(arena, playbook, &report.lines[i]));
    map_add(&map, "playbook", quell_string(playbook->id));
    map_add(&map, "state",
            quell_text(playbook->state == PLAYBOOK_LIVE     ? "live"
                       : playbook->state == PLAYBOOK_SHADOW ? "shadow"
                                                            : "off"));
    map_add(&map, "verdict",
            playbook->incident ? quell_text(match_verdict_name(verdict)) : quell_null());
    map_add(&map, "line",
            report.decided_by < report.count ? quell_string(report.lines[report.decided_by].where)
                                             : quell_null());
    map_add(&map, "lines", list_made(&lines));
    return value_copy(arena, map_made(&map));
}

static enum quell_code explain_all(struct quell *engine, struct arena *arena,
                                   struct quell_value incident, struct quell_str event,
                                   struct list_builder *list, struct quell_error *err)
{
    struct generation *generation;
    enum quell_code code = generation_new(engine, true, &generation, err);
    size_t i;

    if (code)
        return code;
    for (i = 0; i < generation->playbook_count; i++)
        list_add(list,
                 explain_one(engine, arena, generation->playbooks[i]->playbook, incident, event));
    generation_release(generation);
    return QUELL_OK;
}

enum quell_code explain_stored(struct quell *engine, struct arena *arena, struct quell_str text,
                               struct list_builder *list, struct quell_error *err)
{
    struct quell_value incident, before;
    enum quell_code code = json_read(arena, text, 0, &incident, NULL, err);

    if (code)
        return code;
    before = incident_before(engine, arena, incident);
    return explain_all(engine, arena, incident,
                       quell_is_null(before) ? QUELL_STR("created") : QUELL_STR("updated"), list,
                       err);
}

enum quell_code quell_explain(struct quell *engine, const char *name, struct quell_str text,
                              struct quell_str source, struct quell_document *document,
                              struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct list_builder list = {.arena = arena};
    struct quell_value incident;
    struct quell_str event, delivery;
    struct loaded *loaded = NULL;
    enum quell_code code;

    code = incident_from_text(engine->loop, arena, source, text, &incident, &event, &delivery, err);
    if (code == QUELL_OK && name)
        code = playbook_by_name(engine, name, &loaded, err);
    if (code == QUELL_OK && loaded)
        list_add(&list, explain_one(engine, arena, loaded->playbook, incident, event));
    else if (code == QUELL_OK)
        code = explain_all(engine, arena, incident, event, &list, err);
    loaded_release(loaded);
    if (code) {
        arena_free(arena);
        return code;
    }
    made.value = list_made(&list);
    *document = made;
    return QUELL_OK;
}
