/*
 * given.c - what a case begins with: incidents from files or from the test itself, and patches in
 * the words that a playbook has for an incident, whatever its sender's format is.
 */
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/when.h"
#include "loop/file.h"
#include "test/test.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/value.h"

/* ---- patches -----------------------------------------------------------------------------------
 */

static enum quell_code set_at(struct arena *arena, const struct test_patch *patch, size_t part,
                              struct quell_value old, struct quell_value *made,
                              struct quell_error *err);

static enum quell_code set_item(struct arena *arena, const struct test_patch *patch, size_t part,
                                struct quell_value old, struct quell_value *made,
                                struct quell_error *err)
{
    size_t index = patch->path.parts[part].index, count = quell_count(old), i;
    struct list_builder list = {.arena = arena};
    struct quell_value item;
    enum quell_code code;

    if (!quell_is(old, QUELL_LIST) || index > count)
        return error_set(err, QUELL_INVALID, "there is no item %zu: %s", index,
                         !quell_is(old, QUELL_LIST) ? "this is no list"
                         : count == 0               ? "the list is empty"
                                                    : "the list is shorter");
    code = set_at(arena, patch, part + 1, index < count ? quell_at(old, index) : quell_null(),
                  &item, err);
    for (i = 0; i < count || i <= index; i++)
        list_add(&list, i == index ? item : quell_at(old, i));
    *made = list_made(&list);
    return code;
}

static enum quell_code set_at(struct arena *arena, const struct test_patch *patch, size_t part,
                              struct quell_value old, struct quell_value *made,
                              struct quell_error *err)
{
    struct quell_value item;
    struct quell_str name;
    enum quell_code code;

    if (part == patch->path.count) {
        *made = patch->value;
        return QUELL_OK;
    }
    if (patch->path.parts[part].is_index)
        return set_item(arena, patch, part, old, made, err);
    name = patch->path.parts[part].name;
    if (quell_is_null(old))
        old = quell_map(NULL, 0);
    if (!quell_is(old, QUELL_MAP))
        return error_set(err, QUELL_INVALID, "nothing can be set below a %s", value_type_name(old));
    if (!value_find(old, name, &item))
        item = quell_null();
    code = set_at(arena, patch, part + 1, item, &item, err);
    *made = value_with(arena, old, name, item);
    return code;
}

/* The same incident as its own sender would tell it in our shape: so every field is checked. */
static enum quell_code conform(struct arena *arena, struct quell_value *incident,
                               struct quell_error *err)
{
    struct incident made;
    enum quell_code code = incident_make(arena, QUELL_STR("quell"), *incident,
                                         incident_version(*incident), 0, &made, err);

    if (code == QUELL_OK)
        *incident = made.value;
    return code;
}

enum quell_code test_patch(struct arena *arena, const struct test_given *given,
                           struct quell_value *incident, struct quell_error *err)
{
    enum quell_code code = QUELL_OK;
    size_t i;

    for (i = 0; i < given->patch_count && code == QUELL_OK; i++)
        code = set_at(arena, &given->patches[i], 0, *incident, incident, err);
    if (code == QUELL_OK && given->patch_count)
        code = conform(arena, incident, err);
    return code;
}

/* ---- loading -----------------------------------------------------------------------------------
 */

static void load_patches(struct test_file *file, const struct yaml_node *node,
                         struct test_given *given)
{
    struct test_patch *made = arena_array(file->arena, struct test_patch, node->count + 1);
    struct quell_error err;
    struct diag *diag;
    size_t i;

    for (i = 0; i < node->count; i++) {
        struct test_patch *patch = &made[given->patch_count];
        struct quell_str text = quell_str(node->pairs[i].key.value);

        patch->place = node->pairs[i].key.place;
        patch->value = node->pairs[i].node.value;
        if (str_starts(text, QUELL_STR("incident.")))
            text = str_slice(text, 9, text.len);
        if (path_parse(file->arena, text, &patch->path, &err) == QUELL_OK) {
            given->patch_count++;
            continue;
        }
        diag =
            test_report(file, "QL202", patch->place, "`%.*s` is not a field path", QUELL_ARG(text));
        diag->label = diag_format(&file->diags, "%s", err.message);
    }
    given->patches = made;
}

/* Whether the incident can be read and patched: now, so that a fault has its place. */
static void try_out(struct test_file *file, const struct test_given *given)
{
    struct arena *arena = arena_new(0);
    struct quell_value received, incident;
    struct incident made;
    struct quell_error err = {0};
    struct diag *diag;
    enum quell_code code;
    size_t i;

    code = json_read(arena, given->body, LIMIT_DOCUMENT_BYTES, &received, NULL, &err);
    if (code == QUELL_OK)
        code = incident_make(arena, given->source, received, QUELL_STR("test"), 0, &made, &err);
    if (code) {
        diag = test_report(file, TEST_FAULT_FILE, given->place, "this is no incident");
        diag->label = diag_format(&file->diags, "%s", err.message);
    }
    incident = code ? quell_null() : made.value;
    for (i = 0; i < given->patch_count && code == QUELL_OK; i++) {
        struct test_given one = {.patches = &given->patches[i], .patch_count = 1};

        code = test_patch(arena, &one, &incident, &err);
        if (code) {
            diag = test_report(file, TEST_FAULT_FILE, given->patches[i].place,
                               "the incident cannot be patched so");
            diag->label = diag_format(&file->diags, "%s", err.message);
        }
    }
    arena_free(arena);
}

static bool read_file(struct test_file *file, const struct yaml_node *node,
                      struct test_given *given)
{
    struct quell_str name = quell_str(node->value);
    const char *path =
        name.len && name.data[0] == '/'
            ? arena_str(file->arena, name).data
            : arena_format(file->arena, "%.*s%.*s", QUELL_ARG(file->folder), QUELL_ARG(name)).data;
    struct quell_error err = {0};
    struct diag *diag;

    given->place = node->place;
    if (file_read(file->arena, path, LIMIT_DOCUMENT_BYTES, &given->body, &err) == QUELL_OK)
        return true;
    diag = test_report(file, TEST_FAULT_FILE, node->place, "the incident cannot be read");
    diag->label = diag_format(&file->diags, "%s", err.message);
    diag->help = QUELL_STR("a file is looked for beside the test");
    return false;
}

/* The parts of `given` that a map has; what it leaves out stays as it is. */
static bool load_map(struct test_file *file, const struct yaml_node *node, struct test_given *given)
{
    const struct yaml_node *at = yaml_get(node, "at"), *name = yaml_get(node, "file");
    const struct yaml_node *inline_ = yaml_get(node, "incident"), *patch = yaml_get(node, "patch");
    struct when when;

    if (!fields_check_node(&file->diags, test_given_fields, node, false))
        return false;
    if (name && inline_) {
        (void)test_report(file, "QL122", inline_->place,
                          "`file` and `incident` are two ways to say the same");
        return false;
    }
    if (yaml_get(node, "source"))
        given->source = quell_str(yaml_get(node, "source")->value);
    if (yaml_get(node, "event"))
        given->event = quell_str(yaml_get(node, "event")->value);
    if (at && when_parse_duration(quell_str(at->value), &when))
        given->at_us = when_to_us(when);
    if (inline_) {
        given->body = json_text(file->arena, inline_->value, JSON_COMPACT);
        given->place = inline_->place;
    }
    if (name && !read_file(file, name, given))
        return false;
    if (patch)
        load_patches(file, patch, given);
    return true;
}

static bool load_one(struct test_file *file, const struct yaml_node *node,
                     const struct test_given *base, struct test_given *given)
{
    struct diag *diag;
    bool fits = true;

    *given = base ? *base : (struct test_given){.at_us = -1};
    if (quell_is(node->value, QUELL_MAP)) {
        fits = load_map(file, node, given);
    } else if (quell_is(node->value, QUELL_STRING)) {
        fits = read_file(file, node, given);
    } else {
        diag = test_report(file, "QL104", node->place, "`given`: a file or a map is expected");
        diag->help = QUELL_STR("write `given: incident.json`, or `given: { incident: { ... } }`");
        return false;
    }
    if (!fits)
        return false;
    if (given->body.len == 0) {
        diag = test_report(file, "QL103", node->place, "`given` names no incident");
        diag->help = QUELL_STR("add `file:`, or `incident:`; or give `defaults` one");
        return false;
    }
    return true;
}

/* The incident that `defaults` give, which a case may patch. */
static const struct test_given *base_of(struct test_file *file, const struct yaml_node *defaults,
                                        struct test_given *base)
{

    if (defaults && quell_is(defaults->value, QUELL_LIST) && defaults->count == 1)
        defaults = &defaults->items[0];
    if (!defaults || quell_is(defaults->value, QUELL_LIST) || quell_is_null(defaults->value))
        return NULL;
    return load_one(file, defaults, NULL, base) ? base : NULL;
}

void test_load_given(struct test_file *file, const struct yaml_node *node,
                     const struct yaml_node *defaults, struct test_case *test)
{
    struct test_given base, *made;
    const struct test_given *from = base_of(file, defaults, &base);
    const struct yaml_node *items = node ? node : defaults;
    size_t count, i;

    if (!items || quell_is_null(items->value))
        return;
    count = quell_is(items->value, QUELL_LIST) ? items->count : 1;
    made = arena_array(file->arena, struct test_given, count + 1);
    for (i = 0; i < count; i++) {
        const struct yaml_node *item =
            quell_is(items->value, QUELL_LIST) ? &items->items[i] : items;
        if (!node && from)
            made[test->given_count] = *from;
        else if (!load_one(file, item, from, &made[test->given_count]))
            continue;
        try_out(file, &made[test->given_count++]);
    }
    test->given = made;
}
