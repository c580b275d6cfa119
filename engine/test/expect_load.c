/*
 * expect_load.c - what a test expects, from its text: every fault with its place, before anything
 * is told.
 */
#include "base/str.h"
#include "test/test.h"
#include "value/value.h"

/* What may be written behind a word. */
enum shape {
    SHAPE_VALUE,
    SHAPE_TEXT,
    SHAPE_MAP,
    SHAPE_NAMES,
    SHAPE_COUNT,
    SHAPE_VERDICT,
    SHAPE_CALLS
};

static const struct {
    enum shape shape;
    bool dotted; /* `steps.x.status` */
} rows[TEST_EXPECTS] = {
    [TEST_EXPECT_STATUS] = {SHAPE_TEXT, false},   [TEST_EXPECT_REASON] = {SHAPE_TEXT, false},
    [TEST_EXPECT_STEPS] = {SHAPE_MAP, true},      [TEST_EXPECT_VARS] = {SHAPE_MAP, true},
    [TEST_EXPECT_OUTPUTS] = {SHAPE_MAP, true},    [TEST_EXPECT_ERROR] = {SHAPE_VALUE, true},
    [TEST_EXPECT_UNDO] = {SHAPE_NAMES, false},    [TEST_EXPECT_CALLS] = {SHAPE_CALLS, false},
    [TEST_EXPECT_NEVER] = {SHAPE_NAMES, false},   [TEST_EXPECT_TRIGGERED] = {SHAPE_VERDICT, false},
    [TEST_EXPECT_BECAUSE] = {SHAPE_TEXT, false},  [TEST_EXPECT_RUNS] = {SHAPE_COUNT, false},
    [TEST_EXPECT_DEDUPED] = {SHAPE_COUNT, false}, [TEST_EXPECT_THROTTLED] = {SHAPE_COUNT, false},
    [TEST_EXPECT_SKIPPED] = {SHAPE_COUNT, false}, [TEST_EXPECT_MERGED] = {SHAPE_COUNT, false},
};

static void wrong(struct test_file *file, const struct yaml_pair *pair, const char *wanted)
{
    struct diag *diag = test_report(file, "QL104", pair->node.place, "`%.*s` takes %s",
                                    QUELL_ARG(quell_str(pair->key.value)), wanted);

    diag->label =
        diag_format(&file->diags, "this is of type %s", value_type_name(pair->node.value));
}

static bool is_verdict(struct quell_value value)
{
    return quell_is(value, QUELL_BOOL) || quell_text_is(value, "undetermined");
}

static bool is_names(const struct yaml_node *node)
{
    size_t i;

    for (i = 0; node->items && i < node->count; i++)
        if (!quell_is(node->items[i].value, QUELL_STRING))
            return false;
    return quell_is(node->value, QUELL_LIST) || quell_is(node->value, QUELL_STRING);
}

/* `never` names actions, steps or `approve`; `undo` actions. */
static void check_name(struct test_file *file, enum test_expect_kind kind,
                       const struct yaml_node *node)
{
    struct yaml_pair pair = {.key = *node};
    struct quell_str name = quell_str(node->value), connector, rest;

    (void)str_cut(name, '.', &connector, &rest);
    if (kind == TEST_EXPECT_UNDO || test_has_connector(file, connector))
        (void)test_action(file, &pair);
    else if (!str_is(name, "approve"))
        (void)test_check_step(file, name, node->place);
}

static void check_names(struct test_file *file, const struct test_expectation *expectation)
{
    const struct yaml_node *node = &expectation->pair->node;
    size_t i;

    if (!node->items)
        check_name(file, expectation->kind, node);
    for (i = 0; node->items && i < node->count; i++)
        check_name(file, expectation->kind, &node->items[i]);
}

static void check_shape(struct test_file *file, const struct test_expectation *expectation)
{
    const struct yaml_pair *pair = expectation->pair;
    const struct yaml_node *node = &pair->node;
    bool operators = match_is_check(node), text = quell_is(node->value, QUELL_STRING);

    switch (rows[expectation->kind].shape) {
    case SHAPE_VALUE:
        break;
    case SHAPE_TEXT:
        if (!operators && !text && !is_names(node))
            wrong(file, pair, "a text, a list of texts or operators such as `contains`");
        break;
    case SHAPE_MAP:
        if (expectation->rest.len == 0 && !quell_is(node->value, QUELL_MAP))
            wrong(file, pair, "a map");
        break;
    case SHAPE_NAMES:
        if (is_names(node))
            check_names(file, expectation);
        else
            wrong(file, pair, "a list of names");
        break;
    case SHAPE_COUNT:
        if (!operators && !quell_is(node->value, QUELL_INT))
            wrong(file, pair, "a number, or operators such as `at-least`");
        break;
    case SHAPE_VERDICT:
        if (!is_verdict(node->value))
            wrong(file, pair, "true, false or undetermined");
        break;
    case SHAPE_CALLS:
        test_load_calls(file, node);
        break;
    }
}

/* `steps.isolate.status`: the step must be one of the playbook's. */
static void check_steps(struct test_file *file, const struct test_expectation *expectation)
{
    const struct yaml_node *node = &expectation->pair->node;
    struct quell_str rest = expectation->rest, step;
    static const char *const fields[] = {"status", "output", "error", "with", "attempts", "reason"};
    size_t i, cut = SIZE_MAX;

    for (i = 0; rest.len == 0 && node->pairs && i < node->count; i++)
        (void)test_check_step(file, quell_str(node->pairs[i].key.value), node->pairs[i].key.place);
    if (rest.len == 0)
        return;
    for (i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        struct quell_str mark = diag_format(&file->diags, ".%s", fields[i]);
        size_t at = str_find(rest, mark, 0);
        if (at < cut && (at + mark.len == rest.len || rest.data[at + mark.len] == '.' ||
                         rest.data[at + mark.len] == '['))
            cut = at;
    }
    step = str_slice(rest, 0, cut == SIZE_MAX ? rest.len : cut);
    (void)test_check_step(file, step, expectation->pair->key.place);
}

static void unknown(struct test_file *file, const struct yaml_pair *pair, struct quell_str word)
{
    struct quell_str words[TEST_EXPECTS], nearest;
    struct diag *diag = test_report(file, "QL102", pair->key.place, "unknown key `%.*s`",
                                    QUELL_ARG(quell_str(pair->key.value)));
    size_t i;

    for (i = 0; i < TEST_EXPECTS; i++)
        words[i] = quell_str_of(test_expects[i].name);
    nearest = str_nearest(word, words, TEST_EXPECTS);
    if (nearest.len) {
        diag->help = diag_format(&file->diags, "did you mean `%.*s`?", QUELL_ARG(nearest));
        return;
    }
    diag->help = QUELL_STR("known here:");
    for (i = 0; i < TEST_EXPECTS; i++)
        diag->help = diag_format(&file->diags, "%.*s%s `%s`", QUELL_ARG(diag->help), i ? "," : "",
                                 test_expects[i].name);
}

static void load_expect(struct test_file *file, const struct yaml_pair *pair,
                        struct test_case *test, struct test_expectation *made)
{
    struct test_expectation *expectation = &made[test->expectation_count];
    struct quell_str word, key = quell_str(pair->key.value);
    size_t i;

    *expectation = (struct test_expectation){.pair = pair};
    (void)str_cut(key, '.', &word, &expectation->rest);
    for (i = 0; i < TEST_EXPECTS; i++)
        if (str_is(word, test_expects[i].name))
            break;
    if (i == TEST_EXPECTS || (expectation->rest.len && !rows[i].dotted)) {
        unknown(file, pair, word);
        return;
    }
    expectation->kind = (enum test_expect_kind)i;
    test->expectation_count++;
    check_shape(file, expectation);
    if (expectation->kind == TEST_EXPECT_STEPS)
        check_steps(file, expectation);
    test_load_checks(file, &pair->node);
}

void test_load_expects(struct test_file *file, const struct yaml_node *node,
                       const struct yaml_node *defaults, struct test_case *test)
{
    size_t most = (node ? node->count : 0) + (defaults ? defaults->count : 0), i;
    struct test_expectation *made = arena_array(file->arena, struct test_expectation, most + 1);

    for (i = 0; node && node->pairs && i < node->count; i++)
        load_expect(file, &node->pairs[i], test, made);
    for (i = 0; defaults && defaults->pairs && i < defaults->count; i++)
        if (!node || !yaml_find(node, quell_str(defaults->pairs[i].key.value)))
            load_expect(file, &defaults->pairs[i], test, made);
    test->expectations = made;
}
