/*
 * load.c - a test document from its text, with as many faults as can be found in one go, and the
 * playbook that it is about.
 */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/when.h"
#include "loop/file.h"
#include "test/test.h"
#include "value/fields.h"
#include "value/value.h"

/* ---- the playbook ------------------------------------------------------------------------------
 */

/* Loads a file if it holds the playbook `id` (empty: whatever it holds). */
static struct loaded *try_file(struct test_file *file, struct quell_str path, struct quell_str id,
                               struct quell_error *err)
{
    struct loaded *loaded;

    if (file_type(path.data) != FILE_REGULAR ||
        loaded_from_file(file->generation->registry, path.data, &loaded, err))
        return NULL;
    if (id.len == 0 || quell_str_equal(loaded->playbook->id, id))
        return loaded;
    loaded_release(loaded);
    return NULL;
}

/* `x.test.yaml` is about `x.yaml` first of all; else any file beside it may hold the playbook. */
static struct loaded *find_beside(struct test_file *file, struct quell_str id,
                                  struct quell_error *err)
{
    static const char *const endings[] = {".yaml", ".yml", NULL};
    struct quell_str stem = str_slice(file->path, 0, file->path.len - strlen(".test.yaml"));
    struct quell_str *paths;
    struct quell_error ignored;
    struct loaded *found;
    size_t count, i;

    found = try_file(file, arena_format(file->arena, "%.*s.yaml", QUELL_ARG(stem)), id, err);
    if (found || err->code)
        return found;
    if (file_list(file->arena, file->folder.len ? file->folder.data : ".", endings, &paths, &count,
                  &ignored))
        return NULL;
    for (i = 0; i < count && !found; i++)
        if (!str_ends(paths[i], QUELL_STR(".test.yaml")) &&
            !str_ends(paths[i], QUELL_STR("quell.yaml")))
            found = try_file(file, paths[i], id, &ignored);
    return found;
}

/* ---- those that it calls -----------------------------------------------------------------------
 */

static bool has_playbook(const struct test_file *file, struct quell_str id)
{
    size_t i;

    for (i = 0; i < file->playbook_count; i++)
        if (quell_str_equal(file->playbooks[i]->playbook->id, id))
            return true;
    return false;
}

static void add_playbook(struct test_file *file, struct loaded *loaded)
{
    file->playbooks =
        arena_grow(file->arena, file->playbooks, file->playbook_count * sizeof(*file->playbooks),
                   (file->playbook_count + 1) * sizeof(*file->playbooks));
    file->playbooks[file->playbook_count++] = loaded;
}

/* A file of its name that does not check is worth a word. */
static void tell_faulty(struct test_file *file, struct quell_str id, struct place place)
{
    struct quell_str path =
        arena_format(file->arena, "%.*s%.*s.yaml", QUELL_ARG(file->folder), QUELL_ARG(id));
    struct quell_error err = {0};
    struct diag *diag;

    loaded_release(try_file(file, path, id, &err));
    if (err.code == QUELL_OK)
        return;
    diag = test_report(file, TEST_FAULT_FILE, place,
                       "the playbook `%.*s`, which it calls, does not check", QUELL_ARG(id));
    diag->label = diag_format(&file->diags, "%s", err.message);
}

/* One that cannot be found is the call's failure, as it is when the playbook really runs. */
static void find_called(struct test_file *file, struct place place)
{
    struct quell_error err;
    struct loaded *found;
    size_t i, j;

    for (i = 0; i < file->playbook_count; i++) {
        const struct playbook *playbook = file->playbooks[i]->playbook;
        for (j = 0; j < playbook->step_count; j++) {
            struct quell_str id = playbook->all[j]->calls;
            if (id.len == 0 || has_playbook(file, id))
                continue;
            err.code = QUELL_OK;
            found = find_beside(file, id, &err);
            if (!found && generation_playbook(file->generation, id))
                found = loaded_hold(generation_playbook(file->generation, id));
            if (found)
                add_playbook(file, found);
            else
                tell_faulty(file, id, place);
        }
    }
}

static void find_playbook(struct test_file *file, const struct yaml_node *node)
{
    struct quell_str name = quell_str(node->value);
    struct quell_error err = {0};
    struct loaded *configured;
    struct diag *diag;

    if (str_find(name, QUELL_STR("/"), 0) != SIZE_MAX || str_ends(name, QUELL_STR(".yaml")))
        file->loaded = try_file(
            file, arena_format(file->arena, "%.*s%.*s", QUELL_ARG(file->folder), QUELL_ARG(name)),
            QUELL_STR(""), &err);
    else
        file->loaded = find_beside(file, name, &err);
    configured = file->loaded || err.code ? NULL : generation_playbook(file->generation, name);
    if (configured)
        file->loaded = loaded_hold(configured);
    if (file->loaded) {
        add_playbook(file, loaded_hold(file->loaded));
        find_called(file, node->place);
        return;
    }
    diag = test_report(file, TEST_FAULT_FILE, node->place, "there is no playbook `%.*s`",
                       QUELL_ARG(name));
    if (err.code)
        diag->message = diag_format(&file->diags, "the playbook does not check");
    diag->label = diag_format(&file->diags, "%s", err.message);
    diag->help = err.code ? QUELL_STR("`quell lint` tells all")
                          : QUELL_STR("it is looked for beside the test, then in quell.yaml");
}

/* ---- small things the other loaders use --------------------------------------------------------
 */

static bool has_step(const struct playbook *playbook, struct quell_str id)
{
    size_t i;

    for (i = 0; i < playbook->step_count; i++)
        if (quell_str_equal(playbook->all[i]->id, id))
            return true;
    for (i = 0; i < playbook->undo_steps.count; i++) /* the engine's own, of an undo that asks */
        if (quell_str_equal(playbook->undo_steps.items[i]->id, id))
            return true;
    return false;
}

static struct quell_str nearest_step(const struct playbook *playbook, struct quell_str wrong)
{
    struct arena *arena = arena_new(0);
    struct quell_str *ids = arena_array(arena, struct quell_str, playbook->step_count + 1);
    struct quell_str nearest;
    size_t count = 0, i;

    for (i = 0; i < playbook->step_count; i++)
        if (playbook->all[i]->id_given)
            ids[count++] = playbook->all[i]->id;
    nearest = str_nearest(wrong, ids, count);
    arena_free(arena);
    return nearest;
}

bool test_check_step(struct test_file *file, struct quell_str step, struct place place)
{
    struct quell_str nearest, id = step;
    struct diag *diag;
    size_t i;

    for (i = 0; i < step.len; i++) /* the last part of a path, without its item */
        if (step.data[i] == '.')
            id = str_slice(step, i + 1, step.len);
    (void)str_cut(id, '[', &id, &nearest);
    if (!file->loaded || has_step(file->loaded->playbook, id))
        return true;
    diag = test_report(file, TEST_FAULT_STEP, place, "the playbook has no step `%.*s`",
                       QUELL_ARG(step));
    nearest = nearest_step(file->loaded->playbook, id);
    if (nearest.len)
        diag->help = diag_format(&file->diags, "did you mean `%.*s`?", QUELL_ARG(nearest));
    return false;
}

static void load_check(struct test_file *file, const struct yaml_node *node)
{
    struct match_check *check = match_check_load(file->arena, node, &file->diags);

    if (!check)
        return;
    if (file->check_count == file->check_cap) {
        size_t cap = file->check_cap ? file->check_cap * 2 : 16;
        file->checks =
            arena_grow(file->arena, file->checks, file->check_cap * sizeof(*file->checks),
                       cap * sizeof(*file->checks));
        file->check_cap = cap;
    }
    file->checks[file->check_count++] = (struct test_check){node, check};
}

void test_load_checks(struct test_file *file, const struct yaml_node *node)
{
    size_t i;

    if (match_is_check(node)) {
        if (!test_check_of(file, node))
            load_check(file, node);
        return;
    }
    for (i = 0; node->items && i < node->count; i++)
        test_load_checks(file, &node->items[i]);
    for (i = 0; node->pairs && i < node->count; i++)
        test_load_checks(file, &node->pairs[i].node);
}

const struct match_check *test_check_of(const struct test_file *file, const struct yaml_node *node)
{
    size_t i;

    for (i = 0; i < file->check_count; i++)
        if (file->checks[i].node == node)
            return file->checks[i].check;
    return NULL;
}

/* ---- a case ------------------------------------------------------------------------------------
 */

/* What the case says at a key, or else the defaults. */
static const struct yaml_node *either(const struct yaml_node *node,
                                      const struct yaml_node *defaults, const char *key)
{
    const struct yaml_node *found = yaml_get(node, key);

    return found || !defaults ? found : yaml_get(defaults, key);
}

/* A map of both, the case's keys over the defaults'. */
static struct quell_value both(struct test_file *file, const struct yaml_node *node,
                               const struct yaml_node *defaults, const char *key)
{
    const struct yaml_node *mine = yaml_get(node, key);
    const struct yaml_node *theirs = defaults ? yaml_get(defaults, key) : NULL;
    struct quell_value made = theirs && theirs->pairs ? theirs->value : quell_map(NULL, 0);
    size_t i;

    for (i = 0; mine && mine->pairs && i < mine->count; i++)
        made = value_with(file->arena, made, quell_str(mine->pairs[i].key.value),
                          mine->pairs[i].node.value);
    return made;
}

static void load_reply(struct test_file *file, const struct yaml_pair *pair,
                       struct test_reply *reply)
{
    struct quell_str word = quell_str(pair->node.value), nearest;
    struct quell_str words[TEST_FORM];
    struct diag *diag;
    size_t i;

    *reply = (struct test_reply){.step = quell_str(pair->key.value),
                                 .place = pair->key.place,
                                 .answer = TEST_FORM,
                                 .form = pair->node.value};
    (void)test_check_step(file, reply->step, reply->place);
    if (quell_is(pair->node.value, QUELL_MAP))
        return;
    for (i = 0; i < TEST_FORM; i++) {
        words[i] = quell_str_of(test_answer_words[i]);
        if (quell_str_equal(words[i], word))
            reply->answer = (enum test_answer)i;
    }
    if (reply->answer != TEST_FORM)
        return;
    diag = test_report(file, "QL104", pair->node.place, "`%.*s` is no answer", QUELL_ARG(word));
    nearest = str_nearest(word, words, TEST_FORM);
    if (nearest.len)
        diag->help = diag_format(&file->diags, "did you mean `%.*s`?", QUELL_ARG(nearest));
    else
        diag->help = QUELL_STR("write approve, deny or timeout; a map of values for a form; "
                               "happened or did-not-happen for an unknown outcome");
}

static void load_replies(struct test_file *file, const struct yaml_node *node,
                         const struct yaml_node *defaults, struct test_case *test)
{
    const struct yaml_node *sides[] = {yaml_get(node, "answer"),
                                       defaults ? yaml_get(defaults, "answer") : NULL};
    size_t most = (sides[0] ? sides[0]->count : 0) + (sides[1] ? sides[1]->count : 0), i, side;
    struct test_reply *made = arena_array(file->arena, struct test_reply, most + 1);

    for (side = 0; side < 2; side++)
        for (i = 0; sides[side] && sides[side]->pairs && i < sides[side]->count; i++) {
            const struct yaml_pair *pair = &sides[side]->pairs[i];
            if (side == 0 || !sides[0] || !yaml_find(sides[0], quell_str(pair->key.value)))
                load_reply(file, pair, &made[test->reply_count++]);
        }
    test->replies = made;
}

static void load_clock(const struct yaml_node *node, const struct yaml_node *defaults,
                       struct test_case *test)
{
    const struct yaml_node *clock = either(node, defaults, "clock");
    const struct yaml_node *advance = either(node, defaults, "advance");
    struct when when;

    test->clock_us = INT64_C(1767225600) * 1000000; /* 2026-01-01T00:00:00Z */
    test->advance_us = -1;
    if (clock && when_parse_time(quell_str(clock->value), &when))
        test->clock_us = when_to_us(when);
    if (advance && when_parse_duration(quell_str(advance->value), &when))
        test->advance_us = when_to_us(when);
}

static void set_start(const struct test_file *file, const struct yaml_node *start,
                      struct test_case *test)
{
    const struct playbook *playbook = file->loaded ? file->loaded->playbook : NULL;
    bool inputs = quell_count(test->inputs) > 0;

    if (start) {
        test->by_hand = quell_text_is(start->value, "manual");
        test->by_schedule = quell_text_is(start->value, "schedule");
        return;
    }
    test->by_schedule =
        playbook && playbook->start.schedule_count && test->given_count == 0 && !inputs;
    test->by_hand = !test->by_schedule && (inputs || test->given_count == 0 ||
                                           (playbook && !playbook->incident && !playbook->alert));
}

static void load_case(struct test_file *file, const struct yaml_node *node,
                      const struct yaml_node *defaults, struct test_case *test)
{
    const struct yaml_node *name = yaml_get(node, "name"), *skip = yaml_get(node, "skip");
    const struct yaml_node *start = either(node, defaults, "start");
    const struct yaml_node *expect = yaml_get(node, "expect");
    const struct yaml_node *expect_too = defaults ? yaml_get(defaults, "expect") : NULL;

    test->place = name ? name->place : node->place;
    test->name = name ? quell_str(name->value) : QUELL_STR("");
    test->skip = skip ? quell_str(skip->value) : QUELL_STR("");
    test->inputs = both(file, node, defaults, "inputs");
    test->lists = both(file, node, defaults, "lists");
    test->config = both(file, node, defaults, "config");
    load_clock(node, defaults, test);
    load_replies(file, node, defaults, test);
    test_load_given(file, yaml_get(node, "given"), defaults ? yaml_get(defaults, "given") : NULL,
                    test);
    test_load_mocks(file, yaml_get(node, "mock"), defaults ? yaml_get(defaults, "mock") : NULL,
                    test);
    test_load_expects(file, expect, expect_too, test);
    set_start(file, start, test);
}

/* ---- the document ------------------------------------------------------------------------------
 */

/* Defaults are looked at with each case: what is wrong there is said once. */
static void drop_repeats(struct diag_list *diags)
{
    size_t i, j, kept = 0;

    for (i = 0; i < diags->count; i++) {
        for (j = 0; j < kept; j++)
            if (diags->items[j].place.offset == diags->items[i].place.offset &&
                quell_str_equal(diags->items[j].message, diags->items[i].message))
                break;
        if (j == kept)
            diags->items[kept++] = diags->items[i];
        else
            diags->errors -= diags->items[i].severity == SEVERITY_ERROR;
    }
    diags->count = kept;
}

static void check_names(struct test_file *file)
{
    struct diag *diag;
    size_t i, j;

    for (i = 0; i < file->case_count; i++)
        for (j = 0; j < i && file->cases[i].name.len; j++)
            if (quell_str_equal(file->cases[i].name, file->cases[j].name)) {
                diag = test_report(file, TEST_FAULT_NAME, file->cases[i].place,
                                   "two cases are called `%.*s`", QUELL_ARG(file->cases[i].name));
                diag->help =
                    QUELL_STR("a report names a case by its name: give one of them another");
                break;
            }
}

static void load_properties(struct test_file *file, const struct yaml_node *node)
{
    size_t count = node && node->items ? node->count : 0, i;
    struct test_property *made = arena_array(file->arena, struct test_property, count + 1);

    for (i = 0; i < count; i++)
        made[i] = (struct test_property){quell_str(node->items[i].value), node->items[i].place};
    file->properties = made;
    file->property_count = count;
}

static void load_document(struct test_file *file, const struct yaml_node *root)
{
    const struct yaml_node *cases = yaml_get(root, "cases"), *defaults = yaml_get(root, "defaults");
    const struct yaml_node *version = yaml_get(root, "quell-test");
    const struct yaml_node *playbook = yaml_get(root, "playbook");
    struct test_case *made;
    size_t i;

    if (version && quell_is(version->value, QUELL_INT) && version->value.as.integer != 1)
        test_report(file, "QL104", version->place, "there is no version %lld of the test document",
                    (long long)version->value.as.integer)
            ->help = QUELL_STR("write `quell-test: 1`");
    if (playbook && quell_is(playbook->value, QUELL_STRING))
        find_playbook(file, playbook);
    if (!cases || !quell_is(cases->value, QUELL_LIST))
        return;
    made = arena_array(file->arena, struct test_case, cases->count + 1);
    for (i = 0; i < cases->count; i++)
        load_case(file, &cases->items[i],
                  defaults && quell_is(defaults->value, QUELL_MAP) ? defaults : NULL, &made[i]);
    file->cases = made;
    file->case_count = cases->count;
    check_names(file);
    load_properties(file, yaml_get(root, "properties"));
}

void test_load(struct test_file *file)
{
    const struct yaml_node *root = yaml_read(file->arena, &file->diags);

    if (root) {
        /* Whatever has the wrong type is said here, and taken as not there below. */
        (void)fields_check_node(&file->diags, test_document_fields, root, false);
        load_document(file, root);
    }
    drop_repeats(&file->diags);
    diag_sort(&file->diags);
}

void test_file_free(struct test_file *file)
{
    size_t i;

    for (i = 0; i < file->check_count; i++)
        match_check_free(file->checks[i].check);
    for (i = 0; i < file->playbook_count; i++)
        loaded_release(file->playbooks[i]);
    loaded_release(file->loaded);
    generation_release(file->generation);
}
