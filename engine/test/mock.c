/*
 * mock.c - answers of actions: checked against the action's manifest when the test is loaded, given
 * when a run calls it. What has no mock and would change the world is made up from the manifest; a
 * read without one is the test's fault, for nothing may be read from a real service.
 */
#include "base/error.h"
#include "base/str.h"
#include "base/when.h"
#include "connector/registry.h"
#include "test/test.h"
#include "value/fields.h"
#include "value/value.h"

/* ---- loading -----------------------------------------------------------------------------------
 */

const struct quell_action *test_action(struct test_file *file, const struct yaml_pair *pair)
{
    const struct quell_connector *const *connectors =
        registry_connectors(file->generation->registry);
    struct quell_str name = quell_str(pair->key.value), nearest;
    const struct quell_action *action = registry_action(file->generation->registry, name, NULL);
    struct quell_str names[512];
    struct diag *diag;
    size_t count = 0, i, j;

    if (action)
        return action;
    diag = test_report(file, "QL101", pair->key.place, "unknown action `%.*s`", QUELL_ARG(name));
    for (i = 0; connectors[i]; i++)
        for (j = 0; connectors[i]->actions[j] && count < sizeof(names) / sizeof(*names); j++)
            names[count++] = diag_format(&file->diags, "%s.%s", connectors[i]->name,
                                         connectors[i]->actions[j]->name);
    nearest = str_nearest(name, names, count);
    if (nearest.len)
        diag->help = diag_format(&file->diags, "did you mean `%.*s`?", QUELL_ARG(nearest));
    else
        diag->help = QUELL_STR("`quell actions` lists what there is");
    return NULL;
}

bool test_has_connector(const struct test_file *file, struct quell_str name)
{
    const struct quell_connector *const *connectors =
        registry_connectors(file->generation->registry);
    size_t i;

    for (i = 0; connectors[i]; i++)
        if (str_is(name, connectors[i]->name))
            return true;
    return false;
}

/* The table without its duties: a mock need not say all. */
static const struct quell_field *without_duties(struct arena *arena,
                                                const struct quell_field *fields)
{
    struct quell_field *copy;
    size_t count = 0, i;

    while (fields[count].name)
        count++;
    copy = arena_array(arena, struct quell_field, count + 1);
    for (i = 0; i < count; i++) {
        copy[i] = fields[i];
        copy[i].flags = (fields[i].flags & ~(unsigned)QUELL_REQUIRED) | QUELL_NULLABLE;
    }
    return copy;
}

/* Texts become times where the manifest says so. */
static void load_output(struct test_file *file, const struct quell_action *action,
                        const struct yaml_node *node, struct test_mock *mock)
{
    const struct quell_field *fields;
    struct quell_error err;
    struct diag *diag;

    mock->output = node->value;
    if (quell_is(node->value, QUELL_MAP) && action->outputs && action->outputs->name) {
        fields = without_duties(file->arena, action->outputs);
        if (fields_check_node(&file->diags, fields, node, false) &&
            fields_check(file->arena, fields, node->value, &mock->output, &err))
            (void)test_report(file, "QL104", node->place, "%s", err.message);
        return;
    }
    if (quell_is(node->value, QUELL_MAP) || quell_is_null(node->value))
        return;
    diag = test_report(file, "QL104", node->place, "`output` of `%s` is a map", action->name);
    diag->label = diag_format(&file->diags, "this is of type %s", value_type_name(node->value));
}

static enum quell_code code_of(struct quell_str word)
{
    enum quell_code code;

    for (code = QUELL_OK; code <= QUELL_IO; code++)
        if (str_is(word, quell_code_name(code)))
            return code;
    return QUELL_OK;
}

static void load_error(struct test_file *file, const struct yaml_node *node, struct test_mock *mock)
{
    struct quell_str word, message = QUELL_STR("the test says so");
    const struct yaml_node *part;
    struct yaml_pair pair = {.node = *node};
    struct yaml_node map = *node;
    struct when when;

    if (!quell_is(node->value, QUELL_MAP)) { /* `error: throttled` */
        pair.key.value = quell_text("code");
        pair.key.place = node->place;
        map.value = quell_map(&(struct quell_pair){pair.key.value, node->value}, 1);
        map.pairs = &pair;
        map.count = 1;
    }
    if (!fields_check_node(&file->diags, test_error_fields, &map, false))
        return;
    part = yaml_get(&map, "message");
    message = part ? quell_str(part->value) : message;
    word = quell_str(yaml_get(&map, "code")->value);
    (void)error_set(&mock->error, code_of(word), "%.*s", QUELL_ARG(message));
    mock->error.status = (int)quell_get_int(map.value, "status", 0);
    part = yaml_get(&map, "retry_after");
    if (part && when_parse_duration(quell_str(part->value), &when))
        mock->error.retry_after_ms = when_to_us(when) / 1000;
}

static void load_mock(struct test_file *file, const struct quell_action *action,
                      const struct yaml_node *node, struct test_mock *mock)
{
    const struct yaml_node *output = yaml_get(node, "output"), *error = yaml_get(node, "error");
    const struct yaml_node *after = yaml_get(node, "after");
    struct when when;

    *mock = (struct test_mock){.place = node->place, .output = quell_null()};
    if (!fields_check_node(&file->diags, test_mock_fields, node, false))
        return;
    if (output && error)
        (void)test_report(file, "QL122", error->place, "a call that fails has no output");
    mock->when = yaml_get(node, "when");
    if (mock->when)
        test_load_checks(file, mock->when);
    if (after && when_parse_duration(quell_str(after->value), &when))
        mock->after_us = when_to_us(when);
    if (output)
        load_output(file, action, output, mock);
    if (error)
        load_error(file, error, mock);
}

static void load_action(struct test_file *file, const struct yaml_pair *pair,
                        struct test_case *test, struct test_mocks *mocks)
{
    const struct quell_action *action = test_action(file, pair);
    const struct yaml_node *node = &pair->node;
    bool many = quell_is(node->value, QUELL_LIST);
    size_t count = many ? node->count : 1, i;
    struct test_mock *made = arena_array(file->arena, struct test_mock, count + 1);

    *mocks = (struct test_mocks){.action = quell_str(pair->key.value),
                                 .place = pair->key.place,
                                 .items = made,
                                 .index = test->mock_count};
    if (!action)
        return;
    for (i = 0; i < count; i++)
        load_mock(file, action, many ? &node->items[i] : node, &made[i]);
    mocks->count = count;
    test->mock_count += count;
}

void test_load_mocks(struct test_file *file, const struct yaml_node *node,
                     const struct yaml_node *defaults, struct test_case *test)
{
    size_t most = (node ? node->count : 0) + (defaults ? defaults->count : 0), i;
    struct test_mocks *made = arena_array(file->arena, struct test_mocks, most + 1);

    for (i = 0; node && node->pairs && i < node->count; i++)
        load_action(file, &node->pairs[i], test, &made[test->mocks_count++]);
    for (i = 0; defaults && defaults->pairs && i < defaults->count; i++)
        if (!node || !yaml_find(node, quell_str(defaults->pairs[i].key.value)))
            load_action(file, &defaults->pairs[i], test, &made[test->mocks_count++]);
    test->mocks = made;
}

/* ---- answering ---------------------------------------------------------------------------------
 */

/* The first that fits and has not answered yet; then the last that fits, again and again. */
static const struct test_mock *pick(struct story *story, struct quell_str action,
                                    struct quell_value input)
{
    const struct test_case *test = story->test;
    const struct test_mock *last = NULL;
    struct difference ignored;
    size_t i, j, index = 0;

    for (i = 0; i < test->mocks_count; i++) {
        const struct test_mocks *mocks = &test->mocks[i];
        if (!quell_str_equal(mocks->action, action))
            continue;
        for (j = 0; j < mocks->count; j++) {
            const struct test_mock *mock = &mocks->items[j];
            if (mock->when && !test_compare(story->arena, story->file, mock->when, input,
                                            QUELL_STR("with"), &ignored))
                continue;
            last = mock;
            index = mocks->index + j;
            if (story->used[index] == 0)
                break;
        }
    }
    if (last)
        story->used[index]++;
    return last;
}

static struct story_call *add_call(struct story *story)
{
    if (story->call_count == story->call_cap) {
        size_t cap = story->call_cap ? story->call_cap * 2 : 16;
        story->calls =
            arena_grow(story->arena, story->calls, story->call_cap * sizeof(*story->calls),
                       cap * sizeof(*story->calls));
        story->call_cap = cap;
    }
    return &story->calls[story->call_count++];
}

/* What the mock says, over what the manifest's example says. */
static struct quell_value output_of(struct story *story, const struct run_call *call,
                                    const struct test_mock *mock)
{
    struct quell_value made =
        simulate_output(story->arena, call->step->action, call->input, QUELL_STR("made up"), true);
    struct quell_value said = mock ? mock->output : quell_null();
    size_t i;

    for (i = 0; i < quell_count(said); i++)
        made =
            value_with(story->arena, made, quell_str(said.as.pairs[i].key), said.as.pairs[i].value);
    return made;
}

void story_answer(struct active *active, const struct run_call *call,
                  struct stand_in_answer *answer, void *user)
{
    struct story *story = user;
    struct story_call *mine = add_call(story);
    const struct step *step = call->step;

    *mine = (struct story_call){.run = arena_str(story->arena, run_id(active->run)),
                                .path = arena_str(story->arena, call->path),
                                .action = arena_str(story->arena, step->uses),
                                .playbook = active->loaded->playbook,
                                .step = step,
                                .input = value_copy(story->arena, call->input)};
    mine->mock = pick(story, step->uses, mine->input);
    answer->outcome.output = quell_null();
    if (mine->mock) {
        answer->after_us = mine->mock->after_us;
        answer->outcome.code = mine->mock->error.code;
        answer->outcome.error = mine->mock->error;
    } else if (step->action->effect == QUELL_READS) {
        mine->lacking = true;
        answer->outcome.code = error_set(&answer->outcome.error, QUELL_INVALID,
                                         "the test has no mock of %.*s", QUELL_ARG(step->uses));
    }
    if (answer->outcome.code == QUELL_OK)
        answer->outcome.output = output_of(story, call, mine->mock);
}
