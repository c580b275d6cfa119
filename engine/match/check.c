/*
 * check.c - a condition on one value outside of any trigger: the same operators, for tests of
 * playbooks that say what they expect of an output or of a call.
 *
 * It is a condition on the field `value` of a map that has nothing else, so that there is one
 * loader and one judge for both.
 */
#include "base/arena.h"
#include "match/load.h"
#include "match/match.h"
#include "value/value.h"

struct match_check {
    struct condition condition;
    struct regex **regexes;
    size_t regex_count;
};

static const struct quell_field any_value[] = {
    {.name = "value", .type = QUELL_FIELD_ANY},
    {.name = NULL},
};

bool match_is_check(const struct yaml_node *node)
{
    enum operator_id op;
    size_t i;

    if (!node->pairs || node->count == 0)
        return false;
    for (i = 0; i < node->count; i++)
        if (!operator_find(quell_str(node->pairs[i].key.value), &op))
            return false;
    return true;
}

struct match_check *match_check_load(struct arena *arena, const struct yaml_node *node,
                                     struct diag_list *diags)
{
    struct loader loader = {.arena = arena, .fields = any_value, .diags = diags};
    struct match_check *check = arena_one(arena, struct match_check);
    struct yaml_pair pair = {.node = *node};
    size_t errors = diags->errors;

    pair.key.value = quell_text("value");
    pair.key.place = node->place;
    load_condition(&loader, &pair, QUELL_STR("expect"), &check->condition);
    check->regexes = loader.regexes;
    check->regex_count = loader.regex_count;
    if (diags->errors == errors)
        return check;
    match_check_free(check);
    return NULL;
}

void match_check_free(struct match_check *check)
{
    size_t i;

    for (i = 0; check && i < check->regex_count; i++)
        regex_free(check->regexes[i]);
    if (check)
        check->regex_count = 0;
}

enum match_verdict match_check_test(const struct match_check *check, struct quell_value value)
{
    struct quell_pair pair = {quell_text("value"), value};
    struct judge judge = {.incident = quell_map(&pair, 1)};

    return condition_judge(&check->condition, &judge).verdict;
}

struct quell_str match_check_text(const struct match_check *check)
{
    struct quell_str text = check->condition.text, field = QUELL_STR("value ");

    /* `value regex \bmalware\b`: what it is about is known where it is printed. */
    if (text.len > field.len)
        return (struct quell_str){text.data + field.len, text.len - field.len};
    return text;
}
