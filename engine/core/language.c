/*
 * language.c - for authors: lint, eval, explain. No store, no network.
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

/* ---- lint --------------------------------------------------------------------------------------
 */

struct lint {
    struct quell *engine;
    struct arena *arena;
    struct list_builder diagnostics;
    struct buf rendered;
    struct diag_style style;
    size_t files;
    int64_t errors, warnings;
    struct map_builder ids; /* playbook id -> the file it was first seen in */
};

static const char *const severities[] = {"error", "warning", "note"};

/* Code points of a slice of the text: lengths are counted as people see them. */
static size_t points(struct quell_str text, struct place place)
{
    struct diag_position from = diag_position(text, place.offset);
    struct diag_position to = diag_position(text, place.offset + place.len);

    return to.line == from.line && to.column > from.column ? to.column - from.column : 1;
}

static void add_diagnostic(struct lint *lint, const struct diag_list *list, const struct diag *diag)
{
    struct map_builder map = {.arena = lint->arena};
    struct diag_position at = diag_position(list->text, diag->place.offset);

    map_add(&map, "code", quell_text(diag->code));
    map_add(&map, "severity", quell_text(severities[diag->severity]));
    map_add(&map, "file", quell_string(list->file));
    map_add(&map, "line", quell_int((int64_t)at.line));
    map_add(&map, "column", quell_int((int64_t)at.column));
    map_add(&map, "length", quell_int((int64_t)points(list->text, diag->place)));
    map_add(&map, "message", quell_string(diag->message));
    map_add(&map, "label", quell_string(diag->label));
    map_add(&map, "note", quell_string(diag->note));
    map_add(&map, "hint", quell_string(diag->help));
    list_add(&lint->diagnostics, map_made(&map));
    diag_render(&lint->rendered, list, diag, lint->style);
    buf_add_char(&lint->rendered, '\n');
}

/* Two playbooks of one id would be refused when they are served together. */
static void check_id(struct lint *lint, const struct playbook *playbook, struct diag_list *list)
{
    struct quell_value other;
    const struct yaml_pair *id;
    struct diag *diag;

    if (playbook == NULL)
        return;
    id = yaml_find(playbook->document, QUELL_STR("playbook"));
    if (!value_find(map_made(&lint->ids), playbook->id, &other)) {
        map_add_key(&lint->ids, value_copy_str(lint->arena, playbook->id),
                    quell_string(list->file));
        return;
    }
    diag = diag_add(list, "QL120", SEVERITY_ERROR, id ? id->node.place : (struct place){0, 0},
                    "the id `%.*s` is given twice", QUELL_ARG(playbook->id));
    diag->note = diag_format(list, "it is the playbook in %.*s", QUELL_ARG(quell_str(other)));
    diag->help = QUELL_STR("give one of them another id");
}

static enum quell_code lint_file(struct lint *lint, const char *path, struct quell_error *err)
{
    struct playbook_actions actions = {registry_connectors(lint->engine->generation->registry)};
    struct diag_list list;
    struct playbook *playbook;
    struct quell_str text;
    enum quell_code code;
    size_t i;

    code = file_read(lint->arena, path, LIMIT_DOCUMENT_BYTES, &text, err);
    if (code)
        return code;
    diag_init(&list, lint->arena, arena_str(lint->arena, quell_str_of(path)), text);
    playbook = playbook_load(lint->arena, &actions, incident_fields, &list);
    check_id(lint, playbook, &list);
    playbook_free(playbook);
    diag_sort(&list);
    for (i = 0; i < list.count; i++)
        add_diagnostic(lint, &list, &list.items[i]);
    lint->files++;
    lint->errors += (int64_t)list.errors;
    lint->warnings += (int64_t)list.warnings;
    return QUELL_OK;
}

static enum quell_code lint_path(struct lint *lint, const char *path, struct quell_error *err)
{
    static const char *const endings[] = {".yaml", ".yml", NULL};
    struct quell_str *paths;
    size_t count, i;
    enum quell_code code;

    if (file_type(path) != FILE_FOLDER)
        return lint_file(lint, path, err);
    code = file_list(lint->arena, path, endings, &paths, &count, err);
    for (i = 0; i < count && code == QUELL_OK; i++)
        if (!str_ends(paths[i], QUELL_STR(".test.yaml")))
            code = lint_file(lint, paths[i].data, err);
    return code;
}

enum quell_code quell_lint(struct quell *engine, const char *const *paths, bool color, bool ascii,
                           struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct lint lint = {.engine = engine,
                        .arena = arena,
                        .diagnostics = {.arena = arena},
                        .ids = {.arena = arena},
                        .style = {.color = color, .ascii = ascii}};
    struct map_builder map = {.arena = arena};
    enum quell_code code = QUELL_OK;

    for (; *paths && code == QUELL_OK; paths++)
        code = lint_path(&lint, *paths, err);
    if (code) {
        buf_free(&lint.rendered);
        arena_free(arena);
        return code;
    }
    map_add(&map, "files", quell_int((int64_t)lint.files));
    map_add(&map, "errors", quell_int(lint.errors));
    map_add(&map, "warnings", quell_int(lint.warnings));
    map_add(&map, "diagnostics", list_made(&lint.diagnostics));
    map_add(&map, "rendered", value_copy_str(arena, buf_str(&lint.rendered)));
    buf_free(&lint.rendered);
    made.value = map_made(&map);
    *document = made;
    return QUELL_OK;
}

/* ---- eval --------------------------------------------------------------------------------------
 */

static enum quell_code evaluate(struct arena *arena, struct quell_str expression,
                                struct quell_value vars, struct quell_value *value,
                                struct cel_fault *fault)
{
    struct cel_scope scope = {.vars = vars};
    const struct cel *expr;
    enum quell_code code = cel_parse(arena, expression, &expr, fault);

    if (code)
        return code;
    return cel_eval(expr, &scope, arena, value, fault);
}

static struct quell_str picture(struct arena *arena, struct quell_str expression,
                                const struct cel_fault *fault)
{
    struct diag_list list;
    struct diag *diag;
    struct buf out = {0};
    struct quell_str text;

    diag_init(&list, arena, QUELL_STR("expression"), expression);
    diag = diag_add(&list, "QL110", SEVERITY_ERROR, fault->place, "%s", fault->message);
    if (fault->help[0])
        diag->help = arena_str(arena, quell_str_of(fault->help));
    diag_render(&out, &list, diag, (struct diag_style){0});
    text = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

enum quell_code quell_eval(struct quell_str expression, struct quell_str vars,
                           struct quell_document *document, struct quell_str *rendered,
                           struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct cel_fault fault = {0};
    struct quell_value names = quell_map(NULL, 0);
    enum quell_code code = QUELL_OK;

    if (vars.len)
        code = json_read(arena, vars, LIMIT_DOCUMENT_BYTES, &names, NULL, err);
    if (code == QUELL_OK && !quell_is(names, QUELL_MAP))
        code = error_set(err, QUELL_INVALID, "variables are a JSON object");
    if (code) {
        arena_free(arena);
        return code;
    }
    code = evaluate(arena, arena_str(arena, expression), names, &made.value, &fault);
    if (code) {
        (void)error_set(err, code, "%s", fault.message);
        if (rendered)
            *rendered = picture(arena, arena_str(arena, expression), &fault);
    }
    *document = made;
    return code;
}

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
