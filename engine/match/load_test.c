/*
 * load_test.c - from the YAML behind a field to tests: operators, operands, regexes, and all that
 * can be wrong with them, said with the place.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "match/load.h"
#include "match/advice.h"
#include "value/value.h"

/* ---- what is wrong ----------------------------------------------------------------------------
 */

/* What a field of this kind is compared with. */
static struct quell_str wanted_text(struct loader *loader, enum operator_id op,
                                    const struct field_view *view)
{
    struct quell_str words = {0};
    size_t i;

    switch (operator_row(op)->operand) {
    case TEXT:
    case REGEX:
        return QUELL_STR("a text that is not empty");
    case RANGE:
        return QUELL_STR("a network such as 10.0.0.0/8, or an address");
    case AGE:
        return QUELL_STR("a duration such as 24h or 7d");
    case FLAG:
        return QUELL_STR("true or false");
    case WORD:
        return QUELL_STR("the word sensitive");
    case EQUAL:
    case ORDER:
    case NESTED:
        break;
    }
    if (view->words) {
        for (i = 0; view->words[i]; i++)
            words = diag_format(loader->diags, "%.*s%s%s", QUELL_ARG(words), i ? ", " : "",
                                view->words[i]);
        return diag_format(loader->diags, "one of %.*s", QUELL_ARG(words));
    }
    switch (view->subject) {
    case SUBJECT_NUMBER:
        return QUELL_STR("a number");
    case SUBJECT_BOOL:
        return QUELL_STR("true or false");
    case SUBJECT_TIME:
        return QUELL_STR("a time such as 2026-05-04T10:00:00Z");
    case SUBJECT_ANY:
    case SUBJECT_ALL:
        return operator_row(op)->operand == ORDER
                   ? QUELL_STR("a number, or a time such as 2026-05-04T10:00:00Z")
                   : QUELL_STR("a text, a number, true or false");
    case SUBJECT_TEXT:
    case SUBJECT_ITEM:
    case SUBJECT_ENUM:
    case SUBJECT_RANK:
        break;
    }
    return QUELL_STR("a text");
}

static void wrong_operand(struct loader *loader, const struct yaml_node *node,
                          struct quell_str field, enum operator_id op,
                          const struct field_view *view)
{
    struct quell_str wanted = wanted_text(loader, op, view);
    struct quell_str nearest = {0};
    struct diag *diag;
    struct place place = node->place;
    size_t count = 0;

    if (place.len == 0)
        place.len = 1;
    diag = diag_add(loader->diags, "QL205", SEVERITY_ERROR, place, "`%s` of `%.*s` takes %.*s",
                    operator_row(op)->keyword, QUELL_ARG(field), QUELL_ARG(wanted));
    diag->label = diag_format(loader->diags, "this is of type %s", value_type_name(node->value));
    if (quell_is_null(node->value)) {
        diag->label = QUELL_STR("this is null");
        diag->help = QUELL_STR("to ask whether there is a value write `exists: true` or "
                               "`empty: true`");
    } else if (view->words && quell_is(node->value, QUELL_STRING)) {
        while (view->words[count])
            count++;
        struct quell_str *words = arena_array(loader->arena, struct quell_str, count + 1);
        for (size_t i = 0; i < count; i++)
            words[i] = quell_str_of(view->words[i]);
        nearest = str_nearest(quell_str(node->value), words, count);
        diag->label = QUELL_STR("not one of them");
        if (nearest.len > 0)
            diag_suggest(loader->diags, diag, nearest);
    } else if (quell_is(node->value, QUELL_STRING)) {
        diag->label = node->value.len == 0 ? QUELL_STR("this is empty") : (struct quell_str){0};
        if (operator_row(op)->operand == AGE)
            diag->help = QUELL_STR("write the number and its unit without a blank: `3d`");
    } else if (node->style == YAML_PLAIN) {
        struct quell_str quoted =
            diag_format(loader->diags, "'%.*s'",
                        QUELL_ARG(str_slice(loader->diags->text, node->place.offset,
                                            node->place.offset + node->place.len)));
        diag->help = diag_format(loader->diags, "put it in quotes to make it a text: %.*s",
                                 QUELL_ARG(quoted));
        diag_set_fix(diag, node->place, quoted, true);
    }
}

static void unfit_operator(struct loader *loader, const struct yaml_node *key,
                           struct quell_str field, enum operator_id op,
                           const struct field_view *view)
{
    static const struct {
        enum subject subject;
        const char *name;
    } names[] = {
        {SUBJECT_TEXT, "a text"},
        {SUBJECT_ENUM, "a word without order"},
        {SUBJECT_RANK, "a rank"},
        {SUBJECT_NUMBER, "a number"},
        {SUBJECT_BOOL, "a yes/no"},
        {SUBJECT_TIME, "a time"},
        {SUBJECT_ITEM, "an item with fields"},
    };
    struct diag *diag =
        diag_add(loader->diags, "QL206", SEVERITY_ERROR, key->place,
                 "`%s` cannot be asked of `%.*s`", operator_row(op)->keyword, QUELL_ARG(field));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].subject == view->subject)
            diag->label =
                diag_format(loader->diags, "`%.*s` is %s", QUELL_ARG(field), names[i].name);
    }
    if (operator_row(op)->operand == ORDER)
        diag->note = QUELL_STR("only severity, status, numbers and times have an order");
}

/* ---- operands ---------------------------------------------------------------------------------
 */

static void remember_regex(struct loader *loader, struct regex *regex)
{
    if (loader->regex_count == loader->regex_cap) {
        size_t cap = loader->regex_cap ? loader->regex_cap * 2 : 8;
        loader->regexes =
            arena_grow(loader->arena, loader->regexes, loader->regex_cap * sizeof(struct regex *),
                       cap * sizeof(struct regex *));
        loader->regex_cap = cap;
    }
    loader->regexes[loader->regex_count++] = regex;
}

/* `{,n}` is a quantifier to people and, before PCRE2 10.43, a literal text to PCRE2. */
static void warn_open_quantifier(struct loader *loader, const struct yaml_node *node)
{
    struct quell_str pattern = quell_str(node->value);
    size_t at = str_find(pattern, QUELL_STR("{,"), 0);
    struct diag *diag;

    if (at == SIZE_MAX || (at > 0 && pattern.data[at - 1] == '\\'))
        return;
    diag = diag_add(loader->diags, "QL209", SEVERITY_WARNING,
                    yaml_place_inside(loader->diags->text, node, at, 2),
                    "`{,n}` is not a repetition here");
    diag->label = QUELL_STR("PCRE2 takes this as text");
    diag->help = QUELL_STR("write `{0,n}`, or `\\{,` when the text is meant");
    diag_set_fix(diag, diag->place, QUELL_STR("{0,"), false);
}

/* In single quotes every backslash stands for itself, so what stands there is what was meant,
 * unless there are other escapes. */
static void fix_control(struct loader *loader, const struct yaml_node *node, struct diag *diag)
{
    struct quell_str inside = str_slice(loader->diags->text, (size_t)node->place.offset + 1,
                                        (size_t)node->place.offset + node->place.len - 1);
    size_t i;

    for (i = 0; i < inside.len; i++) {
        if (inside.data[i] == '\'' || inside.data[i] == '\n')
            return;
        if (inside.data[i] == '\\' && (i + 1 >= inside.len || inside.data[++i] != 'b'))
            return;
    }
    diag_set_fix(diag, node->place, diag_format(loader->diags, "'%.*s'", QUELL_ARG(inside)), true);
}

static void warn_control(struct loader *loader, const struct yaml_node *node)
{
    struct quell_str pattern = quell_str(node->value);
    struct diag *diag;
    size_t at = str_find(pattern, QUELL_STR("\b"), 0);

    if (at == SIZE_MAX || node->style != YAML_DOUBLE)
        return;
    diag = diag_add(loader->diags, "QL209", SEVERITY_WARNING,
                    yaml_place_inside(loader->diags->text, node, at, 1),
                    "this pattern holds a backspace");
    diag->label = QUELL_STR("between double quotes YAML makes a backspace of it");
    diag->help = QUELL_STR("write the pattern between single quotes");
    fix_control(loader, node, diag);
}

static bool compile_regex(struct loader *loader, const struct yaml_node *node, bool sensitive,
                          struct item *item)
{
    struct quell_str pattern = quell_str(node->value);
    struct quell_error err;
    struct diag *diag;
    size_t offset = 0;
    enum quell_code code =
        regex_new(pattern, sensitive ? 0 : REGEX_CASELESS, &item->regex, &offset, &err);

    if (code) {
        diag = diag_add(
            loader->diags, "QL204", SEVERITY_ERROR,
            yaml_place_inside(loader->diags->text, node, offset, offset < pattern.len ? 1 : 0),
            "this regex does not compile");
        diag->label = diag_format(loader->diags, "%s", err.message);
        return false;
    }
    remember_regex(loader, item->regex);
    warn_open_quantifier(loader, node);
    warn_control(loader, node);
    regex_advise(loader->diags, node, item->regex);
    return true;
}

static bool load_item(struct loader *loader, const struct yaml_node *node, struct quell_str field,
                      struct test *test, struct item *item)
{
    struct item read;
    if (!item_read(test->op, &test->view, node->value, &read)) {
        wrong_operand(loader, node, field, test->op, &test->view);
        return false;
    }
    if (test->view.words && operator_row(test->op)->operand == EQUAL &&
        view_rank(&test->view, quell_str(node->value)) < 0) {
        wrong_operand(loader, node, field, test->op, &test->view);
        return false;
    }
    if (operator_row(test->op)->operand == REGEX &&
        !compile_regex(loader, node, test->sensitive, &read))
        return false;
    if (str_is(field, "title") && quell_is(node->value, QUELL_STRING))
        title_advise(loader->diags, node);
    *item = read;
    return true;
}

/* `lists.x` or `config.x.y`, written bare: names only. A regex is never a reference. */
static const struct path *reference_of(struct loader *loader, const struct yaml_node *node,
                                       enum operator_id op)
{
    struct quell_str text = quell_str(node->value);
    struct path *path;
    size_t i;

    if (operator_row(op)->operand == REGEX || !quell_is(node->value, QUELL_STRING))
        return NULL;
    if (!str_starts(text, QUELL_STR("lists.")) && !str_starts(text, QUELL_STR("config.")))
        return NULL;
    path = arena_one(loader->arena, struct path);
    if (path_parse(loader->arena, text, path, NULL) != QUELL_OK || path->count < 2)
        return NULL;
    for (i = 0; i < path->count; i++) {
        if (path->parts[i].is_index || path->parts[i].any)
            return NULL;
    }
    return path;
}

static bool takes_many(enum operand_kind operand)
{
    return operand == EQUAL || operand == TEXT || operand == REGEX || operand == RANGE;
}

static void load_operand(struct loader *loader, const struct yaml_node *node,
                         struct quell_str field, struct test *test)
{
    struct item *items;
    size_t i;

    test->reference = reference_of(loader, node, test->op);
    if (test->reference)
        return;
    if (!quell_is(node->value, QUELL_LIST) || !takes_many(operator_row(test->op)->operand)) {
        items = arena_one(loader->arena, struct item);
        test->items = items;
        test->count = load_item(loader, node, field, test, items) ? 1 : 0;
        return;
    }
    if (node->count == 0) {
        struct diag *diag = diag_add(loader->diags, "QL207", SEVERITY_ERROR, node->place,
                                     "`%s` of `%.*s` has an empty list",
                                     operator_row(test->op)->keyword, QUELL_ARG(field));
        diag->label = QUELL_STR("nothing can be one of these");
        return;
    }
    items = arena_array(loader->arena, struct item, node->count);
    for (i = 0; i < node->count; i++) {
        if (load_item(loader, &node->items[i], field, test, &items[test->count]))
            test->count++;
    }
    test->items = items;
}

/* ---- operators --------------------------------------------------------------------------------
 */

/* Also holds for what is nested below. */
static bool read_case(struct loader *loader, const struct yaml_node *map, struct quell_str field,
                      const struct test *like)
{
    const struct yaml_node *word = yaml_get(map, "case");
    if (!word)
        return like->sensitive;
    if (quell_text_is(word->value, "sensitive"))
        return true;
    if (!quell_text_is(word->value, "insensitive"))
        wrong_operand(loader, word, field, OPERATOR_case,
                      &(struct field_view){.subject = like->view.subject});
    return false;
}

static void load_tests(struct loader *loader, const struct yaml_node *node, struct quell_str field,
                       struct test like, const struct test **tests, size_t *count);

static void load_one(struct loader *loader, const struct yaml_node *key,
                     const struct yaml_node *node, struct quell_str field, struct test *test)
{
    const struct operator_row *row = operator_row(test->op);

    if (!(row->subjects & (unsigned)test->view.subject)) {
        unfit_operator(loader, key, field, test->op, &test->view);
        return;
    }
    switch (row->operand) {
    case FLAG:
        if (!quell_is(node->value, QUELL_BOOL))
            wrong_operand(loader, node, field, test->op, &test->view);
        test->wanted = quell_is(node->value, QUELL_BOOL) && node->value.as.boolean;
        return;
    case NESTED:
        load_tests(loader, node, field,
                   (struct test){.view = test->view, .sensitive = test->sensitive}, &test->inner,
                   &test->inner_count);
        return;
    case EQUAL:
    case TEXT:
    case REGEX:
    case ORDER:
    case RANGE:
    case AGE:
        load_operand(loader, node, field, test);
        return;
    case WORD:
        return;
    }
}

/* Words of other tools. */
static const struct {
    const char *theirs, *ours;
} foreign[] = {
    {"caseSensitive", "case: sensitive"},
    {"case-sensitive", "case: sensitive"},
    {"like", "contains"},
    {"matches", "regex"},
    {"in", "any-of"},
    {"is", "equals"},
    {"eq", "equals"},
    {"ne", "not"},
    {"gte", "at-least"},
    {"min", "at-least"},
    {"lte", "at-most"},
    {"max", "at-most"},
    {"gt", "above"},
    {"lt", "below"},
    {"cidr", "within-cidr"},
    {"subnet", "within-cidr"},
};

static void unknown_operator(struct loader *loader, const struct yaml_node *key)
{
    struct quell_str word = quell_str(key->value), nearest = operator_nearest(word);
    struct diag *diag = diag_add(loader->diags, "QL203", SEVERITY_ERROR, key->place,
                                 "unknown operator `%.*s`", QUELL_ARG(word));
    diag->label = QUELL_STR("no such operator");
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        if (str_equal_fold(word, quell_str_of(foreign[i].theirs)))
            nearest = quell_str_of(foreign[i].ours);
    if (nearest.len > 0)
        diag_suggest(loader->diags, diag, nearest);
    else
        diag->help = QUELL_STR("among others there are `equals`, `not`, `any-of`, `contains`, "
                               "`starts-with`, `regex`, `at-least` and `exists`");
}

static void load_map(struct loader *loader, const struct yaml_node *node, struct quell_str field,
                     struct test like, const struct test **tests, size_t *count)
{
    struct test *made = arena_array(loader->arena, struct test, node->count + 1);
    enum operator_id op;
    size_t i, used = 0;

    like.sensitive = read_case(loader, node, field, &like);
    for (i = 0; i < node->count; i++) {
        const struct yaml_pair *pair = &node->pairs[i];
        if (!operator_find(quell_str(pair->key.value), &op)) {
            unknown_operator(loader, &pair->key);
            continue;
        }
        if (operator_row(op)->quantifier == MODIFIER)
            continue;
        made[used] = like;
        made[used].op = op;
        load_one(loader, &pair->key, &pair->node, field, &made[used]);
        used++;
    }
    if (used == 0 && node->count <= 1 && loader->diags->errors == 0) {
        struct diag *diag = diag_add(loader->diags, "QL207", SEVERITY_ERROR, node->place,
                                     "the condition of `%.*s` asks nothing", QUELL_ARG(field));
        diag->help = QUELL_STR("write an operator, such as `exists: true`");
    }
    *tests = made;
    *count = used;
}

/* What stands behind a field or behind `not`: a value, a list of values, a map of operators. */
static void load_tests(struct loader *loader, const struct yaml_node *node, struct quell_str field,
                       struct test like, const struct test **tests, size_t *count)
{
    struct test *made;

    if (quell_is(node->value, QUELL_MAP)) {
        load_map(loader, node, field, like, tests, count);
        return;
    }
    made = arena_one(loader->arena, struct test);
    *made = like;
    made->op = quell_is(node->value, QUELL_LIST) ? OPERATOR_any_of : OPERATOR_equals;
    load_one(loader, node, node, field, made);
    *tests = made;
    *count = 1;
}

void load_condition(struct loader *loader, const struct yaml_pair *pair, struct quell_str prefix,
                    struct condition *condition)
{
    struct quell_str field = quell_str(pair->key.value);
    struct field_view view = {.subject = SUBJECT_ANY};
    struct quell_error err;
    struct diag *diag;
    enum quell_code code;

    condition->field = arena_str(loader->arena, field);
    condition->place = pair->key.place;
    condition->where =
        arena_format(loader->arena, "%.*s.%.*s", QUELL_ARG(prefix), QUELL_ARG(field));
    code = path_parse(loader->arena, condition->field, &condition->path, &err);
    if (code) {
        diag = diag_add(loader->diags, "QL202", SEVERITY_ERROR, pair->key.place,
                        "`%.*s` is not a field path", QUELL_ARG(field));
        diag->label = diag_format(loader->diags, "%s", err.message);
        return;
    }
    if (!load_view(loader, &pair->key, &condition->path, &view))
        return;
    load_tests(loader, &pair->node, condition->field, (struct test){.view = view},
               &condition->tests, &condition->count);
    condition->text =
        tests_text(loader->arena, condition->field, condition->tests, condition->count);
}
