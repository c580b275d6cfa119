/*
 * lint.c - every fault of a set of playbooks: of each file, and of those that stand beside each
 * other. No store, no network; with `fix`, files are written.
 */
#include "core/core.h"

#include <quell/author.h>

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/file.h"
#include "value/value.h"
#include "value/yaml.h"

/* One file of the set. */
struct lint_file {
    struct diag_list list;
    struct playbook *playbook; /* NULL: it has errors */
};

struct lint {
    struct quell *engine;
    struct arena *arena;
    const struct quell_lint_options *options;
    struct lint_file *files;
    size_t count, cap;
    size_t fixed;
};

/* ---- reading -----------------------------------------------------------------------------------
 */

static void load(struct lint *lint, struct lint_file *file, struct quell_str path,
                 struct quell_str text)
{
    struct playbook_actions actions = {.connectors =
                                           registry_connectors(lint->engine->generation->registry),
                                       .now_us = loop_now_us(lint->engine->loop)};

    diag_init(&file->list, lint->arena, path, text);
    file->playbook = playbook_load(lint->arena, &actions, incident_fields, &file->list);
}

enum { PASSES = 20 }; /* an edit may bring another fault to light */

/* Applies edits until none is left, or until one does not make it better; the text as it is then.
 */
static struct quell_str fix(struct lint *lint, struct lint_file *file)
{
    bool unsafe = lint->options->fix == QUELL_FIX_UNSAFE;
    struct quell_str text = file->list.text, path = file->list.file;
    size_t pass, count = 0;

    for (pass = 0; pass < PASSES; pass++) {
        size_t faults = file->list.errors + file->list.warnings, errors = file->list.errors;
        struct quell_str better = diag_fixed(&file->list, unsafe, &count);
        if (count == 0)
            break;
        playbook_free(file->playbook);
        load(lint, file, path, better);
        /* One that hid others may go and they come, but a file that could be read still can. */
        if (errors == 0 &&
            (file->list.errors > 0 || file->list.errors + file->list.warnings >= faults)) {
            playbook_free(file->playbook);
            load(lint, file, path, text);
            break;
        }
        lint->fixed += count;
        text = better;
    }
    return text;
}

static enum quell_code lint_file(struct lint *lint, const char *path, struct quell_error *err)
{
    struct quell_str text, better;
    struct lint_file *file;
    enum quell_code code;

    code = file_read(lint->arena, path, LIMIT_DOCUMENT_BYTES, &text, err);
    if (code)
        return code;
    if (lint->count == lint->cap) {
        size_t cap = lint->cap ? lint->cap * 2 : 16;
        lint->files = arena_grow(lint->arena, lint->files, lint->cap * sizeof(*lint->files),
                                 cap * sizeof(*lint->files));
        lint->cap = cap;
    }
    file = &lint->files[lint->count++];
    load(lint, file, arena_str(lint->arena, quell_str_of(path)), text);
    if (lint->options->fix == QUELL_FIX_NONE)
        return QUELL_OK;
    better = fix(lint, file);
    if (quell_str_equal(better, text) || strcmp(path, "-") == 0)
        return QUELL_OK;
    return file_replace(path, better, err);
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
        if (!str_ends(paths[i], QUELL_STR(".test.yaml")) &&
            !str_ends(paths[i], QUELL_STR("/quell.yaml")))
            code = lint_file(lint, paths[i].data, err);
    return code;
}

/* ---- the set -----------------------------------------------------------------------------------
 */

/* Two playbooks of one id would be refused when they are served together. */
static void check_ids(struct lint *lint)
{
    struct map_builder ids = {.arena = lint->arena}; /* id -> the file it was first seen in */
    size_t i;

    for (i = 0; i < lint->count; i++) {
        struct lint_file *file = &lint->files[i];
        struct quell_value other;
        const struct yaml_pair *id;
        struct diag *diag;

        if (file->playbook == NULL)
            continue;
        if (!value_find(map_made(&ids), file->playbook->id, &other)) {
            map_add_key(&ids, quell_string(file->playbook->id), quell_string(file->list.file));
            continue;
        }
        id = yaml_find(file->playbook->document, QUELL_STR("playbook"));
        diag = diag_add(&file->list, "QL120", SEVERITY_ERROR,
                        id ? id->node.place : (struct place){0, 0}, "the id `%.*s` is given twice",
                        QUELL_ARG(file->playbook->id));
        diag->note =
            diag_format(&file->list, "it is the playbook in %.*s", QUELL_ARG(quell_str(other)));
        diag->help = QUELL_STR("give one of them another id");
    }
}

/* Who calls whom. */
static void check_calls(struct lint *lint)
{
    struct playbook_member *members = arena_array(lint->arena, struct playbook_member, lint->count);
    size_t i;

    for (i = 0; i < lint->count; i++)
        members[i] = (struct playbook_member){lint->files[i].playbook, &lint->files[i].list};
    playbook_check_set(members, lint->count);
    for (i = 0; i < lint->count; i++)
        if (lint->files[i].playbook)
            playbook_check_approvals(lint->files[i].playbook, policy_wants,
                                     lint->engine->generation->policy, &lint->files[i].list);
}

/* ---- the document ------------------------------------------------------------------------------
 */

static const char *const severities[] = {"error", "warning", "note"};

static void add_span(struct map_builder *map, const struct diag_list *list, struct place place)
{
    struct diag_position at = diag_position(list->text, place.offset);
    struct diag_position end = diag_position(list->text, (size_t)place.offset + place.len);

    map_add(map, "line", quell_int((int64_t)at.line));
    map_add(map, "column", quell_int((int64_t)at.column));
    map_add(map, "end_line", quell_int((int64_t)end.line));
    map_add(map, "end_column", quell_int((int64_t)end.column));
}

/* Code points of a slice of the text: lengths are counted as people see them. */
static size_t points(struct quell_str text, struct place place)
{
    struct diag_position from = diag_position(text, place.offset);
    struct diag_position to = diag_position(text, place.offset + place.len);

    return to.line == from.line && to.column > from.column ? to.column - from.column : 1;
}

static struct quell_value fix_value(struct arena *arena, const struct diag_list *list,
                                    const struct diag_fix *edit)
{
    struct map_builder map = {.arena = arena};

    if (edit->kind == FIX_NONE)
        return quell_null();
    map_add(&map, "safe", quell_bool(edit->kind == FIX_SAFE));
    add_span(&map, list, edit->place);
    map_add(&map, "text", quell_string(edit->text));
    return map_made(&map);
}

static struct quell_value diagnostic(struct arena *arena, const struct diag_list *list,
                                     const struct diag *diag)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "code", quell_text(diag->code));
    map_add(&map, "severity", quell_text(severities[diag->severity]));
    map_add(&map, "file", quell_string(list->file));
    add_span(&map, list, diag->place);
    map_add(&map, "length", quell_int((int64_t)points(list->text, diag->place)));
    map_add(&map, "message", quell_string(diag->message));
    map_add(&map, "label", quell_string(diag->label));
    map_add(&map, "note", quell_string(diag->note));
    map_add(&map, "hint", quell_string(diag->help));
    map_add(&map, "fix", fix_value(arena, list, &diag->fix));
    return map_made(&map);
}

static struct quell_value rule_value(struct arena *arena, const struct playbook_lint *rule)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "code", quell_text(rule->code));
    map_add(&map, "severity", quell_text(severities[rule->severity]));
    map_add(&map, "sentence", quell_text(rule->doc));
    map_add(&map, "bad", quell_text(rule->bad));
    map_add(&map, "good", quell_text(rule->good));
    return map_made(&map);
}

static struct quell_value rules(struct arena *arena)
{
    struct list_builder list = {.arena = arena};
    size_t count, i;
    const struct playbook_lint *rows = playbook_lints(&count);

    for (i = 0; i < count; i++)
        list_add(&list, rule_value(arena, &rows[i]));
    return list_made(&list);
}

enum quell_code quell_rule(const char *code, struct quell_document *document,
                           struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    size_t count, i;
    const struct playbook_lint *rows = playbook_lints(&count);

    made.value = code ? quell_null() : rules(arena);
    for (i = 0; code && i < count; i++)
        if (strcmp(rows[i].code, code) == 0)
            made.value = rule_value(arena, &rows[i]);
    if (quell_is_null(made.value)) {
        arena_free(arena);
        return error_set(err, QUELL_NOT_FOUND, "there is no check `%s`", code);
    }
    *document = made;
    return QUELL_OK;
}

static struct quell_value report_of(const struct lint *lint)
{
    struct map_builder map = {.arena = lint->arena};
    struct list_builder diagnostics = {.arena = lint->arena};
    struct diag_style style = {.color = lint->options->color, .ascii = lint->options->ascii};
    struct buf rendered = {0};
    int64_t errors = 0, warnings = 0, fixable[3] = {0};
    size_t i, k;

    for (i = 0; i < lint->count; i++) {
        struct diag_list *list = &lint->files[i].list;
        diag_sort(list);
        errors += (int64_t)list->errors;
        warnings += (int64_t)list->warnings;
        for (k = 0; k < list->count; k++) {
            fixable[list->items[k].fix.kind]++;
            list_add(&diagnostics, diagnostic(lint->arena, list, &list->items[k]));
            diag_render(&rendered, list, &list->items[k], style);
            buf_add_char(&rendered, '\n');
        }
    }
    map_add(&map, "files", quell_int((int64_t)lint->count));
    map_add(&map, "errors", quell_int(errors));
    map_add(&map, "warnings", quell_int(warnings));
    map_add(&map, "fixed", quell_int((int64_t)lint->fixed));
    map_add(&map, "fixable", quell_int(fixable[FIX_SAFE]));
    map_add(&map, "fixable_unsafe", quell_int(fixable[FIX_UNSAFE]));
    map_add(&map, "diagnostics", list_made(&diagnostics));
    map_add(&map, "rules", rules(lint->arena));
    map_add(&map, "rendered", value_copy_str(lint->arena, buf_str(&rendered)));
    buf_free(&rendered);
    return map_made(&map);
}

enum quell_code quell_lint(struct quell *engine, const char *const *paths,
                           const struct quell_lint_options *options,
                           struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct lint lint = {.engine = engine, .arena = arena, .options = options};
    enum quell_code code = QUELL_OK;
    size_t i;

    for (; *paths && code == QUELL_OK; paths++)
        code = lint_path(&lint, *paths, err);
    if (code == QUELL_OK) {
        check_ids(&lint);
        check_calls(&lint);
        made.value = report_of(&lint);
    }
    for (i = 0; i < lint.count; i++)
        playbook_free(lint.files[i].playbook);
    if (code)
        arena_free(arena);
    else
        *document = made;
    return code;
}
