/*
 * run.c - quell_test(): files and folders, case by case, into one document.
 */
#include <quell/author.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/file.h"
#include "test/test.h"
#include "value/value.h"

struct testing {
    struct quell *engine;
    const struct quell_test_options *options;
    struct arena *arena; /* of the document */
    struct match_check *filter;
    struct generation *generation; /* of the configuration, with its playbooks when they check */
    struct cover *cover;
    struct list_builder files;
    int64_t passed, failed, skipped, faults;
    struct diag_style style;
};

/* ---- findings as the document has them ---------------------------------------------------------
 */

static struct quell_value place_value(struct arena *arena, struct quell_str file,
                                      struct quell_str text, struct place place,
                                      struct quell_str label)
{
    struct map_builder map = {.arena = arena};
    struct diag_position at = diag_position(text, place.offset);

    map_add(&map, "file", value_copy_str(arena, file));
    map_add(&map, "line", quell_int((int64_t)at.line));
    map_add(&map, "column", quell_int((int64_t)at.column));
    map_add(&map, "label", value_copy_str(arena, label));
    return map_made(&map);
}

static void render(struct buf *out, const struct testing *testing, const struct test_file *file,
                   const struct finding *finding)
{
    struct diag_spot said = {file->path, file->text, finding->place, finding->label};
    size_t line = diag_position(file->text, finding->place.offset).line;
    struct diag_spot origin = {0};

    if (finding->playbook) {
        origin = (struct diag_spot){finding->playbook->file, finding->playbook->text,
                                    finding->origin, finding->origin_label};
        if (diag_position(origin.text, origin.place.offset).line > line)
            line = diag_position(origin.text, origin.place.offset).line;
    }
    diag_render_text(out, finding->message, testing->style);
    buf_add_char(out, '\n');
    diag_render_spot(out, &said, line, testing->style);
    if (finding->playbook)
        diag_render_spot(out, &origin, line, testing->style);
    if (finding->note.len) {
        struct quell_str rest = finding->note, head;
        bool more = true, first = true;
        while (more) {
            more = str_cut(rest, '\n', &head, &rest);
            buf_add_text(out, first ? "  = note: " : "          ");
            diag_render_text(out, head, testing->style);
            buf_add_char(out, '\n');
            first = false;
        }
    }
}

static struct quell_value finding_value(struct testing *testing, const struct test_file *file,
                                        const struct finding *finding)
{
    struct arena *arena = testing->arena;
    struct map_builder map = {.arena = arena};
    struct buf rendered = {0};

    map_add(&map, "message", value_copy_str(arena, finding->message));
    map_add(&map, "expected",
            place_value(arena, file->path, file->text, finding->place, finding->label));
    map_add(&map, "actual",
            finding->playbook ? place_value(arena, finding->playbook->file, finding->playbook->text,
                                            finding->origin, finding->origin_label)
                              : quell_null());
    map_add(&map, "note", finding->note.len ? value_copy_str(arena, finding->note) : quell_null());
    render(&rendered, testing, file, finding);
    map_add(&map, "rendered", value_copy_str(arena, buf_str(&rendered)));
    buf_free(&rendered);
    return map_made(&map);
}

/* ---- a case ------------------------------------------------------------------------------------
 */

static bool is_wanted(const struct testing *testing, const struct test_file *file,
                      struct quell_str name)
{
    const char *const *only = testing->options->only;
    struct quell_str head, tail;

    if (testing->filter && match_check_test(testing->filter, quell_string(name)) != MATCH_YES)
        return false;
    if (!only)
        return true;
    for (; *only; only++) /* FILE and NAME, a line break between them */
        if (str_cut(quell_str_of(*only), '\n', &head, &tail) && quell_str_equal(head, file->path) &&
            quell_str_equal(tail, name))
            return true;
    return false;
}

static struct quell_value case_value(struct testing *testing, const struct test_file *file,
                                     const struct test_case *test, const char *status,
                                     struct quell_value failures, int64_t took_us)
{
    struct arena *arena = testing->arena;
    struct map_builder map = {.arena = arena};

    map_add(&map, "name", value_copy_str(arena, test->name));
    map_add(&map, "line", quell_int((int64_t)diag_position(file->text, test->place.offset).line));
    map_add(&map, "status", quell_text(status));
    map_add(&map, "took_us", quell_int(took_us));
    if (test->skip.len)
        map_add(&map, "because", value_copy_str(arena, test->skip));
    map_add(&map, "failures", failures);
    return map_made(&map);
}

static struct quell_value tell_case(struct testing *testing, struct test_file *file,
                                    const struct test_case *test)
{
    struct arena *arena = arena_new(0);
    struct list_builder failures = {.arena = testing->arena};
    int64_t begin = clock_monotonic_us();
    struct finding *finding;
    struct story story;
    size_t i;

    story_tell(&story, file, test, arena);
    for (finding = test_judge(&story); finding; finding = finding->next)
        list_add(&failures, finding_value(testing, file, finding));
    for (i = 0; i < story.run_count; i++)
        cover_run(testing->cover, &story.runs[i]);
    story_free(&story);
    arena_free(arena);
    if (failures.count)
        testing->failed++;
    else
        testing->passed++;
    return case_value(testing, file, test, failures.count ? "failed" : "passed",
                      list_made(&failures), clock_monotonic_us() - begin);
}

static void tell_property(struct testing *testing, struct test_file *file,
                          const struct test_property *property, const struct test_proof *proof,
                          struct list_builder *list)
{
    struct list_builder failures = {.arena = testing->arena};
    struct test_case like = {
        .name = arena_format(file->arena, "property: %.*s", QUELL_ARG(property->sentence)),
        .place = property->place};
    const char *status = !proof->tried ? "skipped" : proof->finding ? "failed" : "passed";

    if (!is_wanted(testing, file, like.name))
        return;
    if (!proof->tried)
        like.skip = QUELL_STR("no case begins a run");
    if (proof->finding)
        list_add(&failures, finding_value(testing, file, proof->finding));
    testing->skipped += !proof->tried;
    testing->failed += proof->finding != NULL;
    testing->passed += proof->tried && !proof->finding;
    list_add(list, case_value(testing, file, &like, status, list_made(&failures), 0));
}

static bool any_property_is_wanted(const struct testing *testing, const struct test_file *file)
{
    size_t i;

    for (i = 0; i < file->property_count; i++)
        if (is_wanted(testing, file,
                      arena_format(file->arena, "property: %.*s",
                                   QUELL_ARG(file->properties[i].sentence))))
            return true;
    return false;
}

static void tell_properties(struct testing *testing, struct test_file *file,
                            struct list_builder *list)
{
    struct test_proof *proofs;
    struct arena *arena;
    size_t i;

    if (!any_property_is_wanted(testing, file))
        return;
    arena = arena_new(0);
    proofs = arena_array(arena, struct test_proof, file->property_count + 1);
    test_prove(testing->engine, file, arena, proofs);
    for (i = 0; i < file->property_count; i++)
        tell_property(testing, file, &file->properties[i], &proofs[i], list);
    arena_free(arena);
}

static struct quell_value tell_cases(struct testing *testing, struct test_file *file)
{
    struct list_builder list = {.arena = testing->arena};
    size_t i;

    cover_add(testing->cover, file->loaded);
    for (i = 0; i < file->case_count; i++) {
        const struct test_case *test = &file->cases[i];
        if (!is_wanted(testing, file, test->name))
            continue;
        if (test->skip.len) {
            testing->skipped++;
            list_add(&list, case_value(testing, file, test, "skipped", quell_list(NULL, 0), 0));
        } else {
            list_add(&list, tell_case(testing, file, test));
        }
    }
    tell_properties(testing, file, &list);
    return list_made(&list);
}

/* ---- a file ------------------------------------------------------------------------------------
 */

static struct quell_value faults_of(struct testing *testing, const struct test_file *file)
{
    struct buf rendered = {0};
    struct quell_value text;
    size_t i;

    for (i = 0; i < file->diags.count; i++) {
        diag_render(&rendered, &file->diags, &file->diags.items[i], testing->style);
        buf_add_char(&rendered, '\n');
    }
    text = value_copy_str(testing->arena, buf_str(&rendered));
    buf_free(&rendered);
    return text;
}

static void tell_file(struct testing *testing, struct test_file *file)
{
    struct map_builder map = {.arena = testing->arena};
    struct quell_value cases = quell_list(NULL, 0);

    test_load(file);
    if (file->diags.errors == 0 && file->loaded) {
        file->loaded->playbook->state = PLAYBOOK_LIVE; /* a test is about what it does */
        cases = tell_cases(testing, file);
    }
    if (quell_count(cases) == 0 && file->diags.errors == 0 &&
        (testing->filter || testing->options->only))
        return; /* none of it is wanted */
    testing->faults += file->diags.errors > 0;
    map_add(&map, "file", value_copy_str(testing->arena, file->path));
    map_add(&map, "playbook",
            file->loaded ? value_copy_str(testing->arena, file->loaded->playbook->id)
                         : quell_null());
    map_add(&map, "faults", quell_int((int64_t)file->diags.errors));
    map_add(&map, "rendered", faults_of(testing, file));
    map_add(&map, "cases", cases);
    list_add(&testing->files, map_made(&map));
}

static struct quell_str folder_of(struct arena *arena, struct quell_str path)
{
    size_t i;

    for (i = path.len; i-- > 0;)
        if (path.data[i] == '/')
            return arena_str(arena, str_slice(path, 0, i + 1));
    return QUELL_STR("");
}

static enum quell_code test_one(struct testing *testing, const char *path, struct quell_error *err)
{
    struct test_file file = {.arena = arena_new(0)};
    enum quell_code code = file_read(file.arena, path, LIMIT_DOCUMENT_BYTES, &file.text, err);

    if (code == QUELL_OK) {
        file.path = arena_str(file.arena, quell_str_of(path));
        file.folder = folder_of(file.arena, file.path);
        file.generation = generation_hold(testing->generation);
        diag_init(&file.diags, file.arena, file.path, file.text);
        tell_file(testing, &file);
        test_file_free(&file);
    }
    arena_free(file.arena);
    return code;
}

/* ---- folders -----------------------------------------------------------------------------------
 */

static enum quell_code test_folder(struct testing *testing, const char *folder,
                                   struct quell_error *err)
{
    static const char *const endings[] = {".test.yaml", ".test.yml", NULL};
    struct quell_str *paths;
    size_t count, i;
    enum quell_code code = file_list(testing->arena, folder, endings, &paths, &count, err);

    for (i = 0; i < count && code == QUELL_OK; i++)
        code = test_one(testing, paths[i].data, err);
    return code;
}

static enum quell_code test_path(struct testing *testing, const char *path, struct quell_error *err)
{
    if (file_type(path) == FILE_FOLDER)
        return test_folder(testing, path, err);
    return test_one(testing, path, err);
}

/* The folders of the configured playbooks, or this one. */
static enum quell_code test_configured(struct testing *testing, struct quell_error *err)
{
    const struct generation *generation = testing->generation;
    struct quell_value list = quell_get(generation->config, "playbooks");
    enum quell_code code = QUELL_OK;
    size_t i;

    if (quell_count(list) == 0)
        return test_folder(testing, ".", err);
    for (i = 0; i < quell_count(list) && code == QUELL_OK; i++) {
        const char *path =
            generation_path(generation, testing->arena, quell_str(quell_at(list, i)));
        if (file_type(path) == FILE_FOLDER)
            code = test_folder(testing, path, err);
    }
    return code;
}

/* ---- the whole ---------------------------------------------------------------------------------
 */

/* The names to run, as an operator of `match`. */
static enum quell_code make_filter(struct testing *testing, struct quell_error *err)
{
    struct diag_list diags;
    struct yaml_pair pair = {.key = {.value = quell_text("regex")}};
    struct yaml_node node = {.pairs = &pair, .count = 1};
    struct quell_pair value;

    if (!testing->options->run)
        return QUELL_OK;
    pair.node.value = quell_text(testing->options->run);
    value = (struct quell_pair){pair.key.value, pair.node.value};
    node.value = quell_map(&value, 1);
    diag_init(&diags, testing->arena, QUELL_STR("--run"), quell_str_of(testing->options->run));
    testing->filter = match_check_load(testing->arena, &node, &diags);
    if (testing->filter)
        return QUELL_OK;
    return error_set(
        err, QUELL_INVALID, "--run is not a regular expression: %.*s",
        QUELL_ARG(diags.items[0].label.len ? diags.items[0].label : diags.items[0].message));
}

static struct quell_value document_of(struct testing *testing)
{
    struct map_builder map = {.arena = testing->arena};

    map_add(&map, "files", list_made(&testing->files));
    map_add(&map, "coverage", cover_value(testing->arena, testing->cover));
    map_add(&map, "passed", quell_int(testing->passed));
    map_add(&map, "failed", quell_int(testing->failed));
    map_add(&map, "skipped", quell_int(testing->skipped));
    map_add(&map, "faults", quell_int(testing->faults));
    return map_made(&map);
}

/* Playbooks that do not check must not keep the tests of the others from being run. */
static void take_generation(struct testing *testing)
{
    struct quell_error ignored;

    if (generation_new(testing->engine, true, &testing->generation, &ignored))
        testing->generation = generation_hold(testing->engine->generation);
}

enum quell_code quell_test(struct quell *engine, const struct quell_test_options *options,
                           struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct testing testing = {.engine = engine,
                              .options = options,
                              .arena = arena,
                              .files = {.arena = arena},
                              .cover = cover_new(),
                              .style = {.color = options->color, .ascii = options->ascii}};
    const char *const *path = options->paths;
    enum quell_code code;

    take_generation(&testing);
    code = make_filter(&testing, err);
    if (code == QUELL_OK && !path)
        code = test_configured(&testing, err);
    for (; path && *path && code == QUELL_OK; path++)
        code = test_path(&testing, *path, err);
    if (code == QUELL_OK) {
        made.value = document_of(&testing);
        *document = made;
    }
    match_check_free(testing.filter);
    cover_free(testing.cover);
    generation_release(testing.generation);
    if (code)
        arena_free(arena);
    return code;
}
