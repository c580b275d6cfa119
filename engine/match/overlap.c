/*
 * overlap.c - whether two triggers can hold for the same incident.
 */
#include "match/condition.h"

#include "base/str.h"
#include "value/value.h"

/* The literal values that a condition allows for a field of one value; NULL when it allows others.
 */
static const struct test *allowed(const struct condition *condition)
{
    const struct test *test = condition->tests;
    size_t i;

    for (i = 0; i < condition->path.count; i++)
        if (condition->path.parts[i].any)
            return NULL;
    if (condition->count != 1 || test->reference || test->count == 0 ||
        (test->op != OPERATOR_equals && test->op != OPERATOR_any_of))
        return NULL;
    /* Of a list one element suffices, and another may be what the other trigger wants. */
    if (!(test->view.subject & (SUBJECT_RANK | SUBJECT_ENUM | SUBJECT_NUMBER | SUBJECT_BOOL)) ||
        condition->path.count != 1)
        return NULL;
    return test;
}

static bool share_value(const struct test *a, const struct test *b)
{
    size_t i, k;

    for (i = 0; i < a->count; i++)
        for (k = 0; k < b->count; k++)
            if (value_equal(a->items[i].value, b->items[k].value))
                return true;
    return false;
}

bool trigger_disjoint(const struct trigger *a, const struct trigger *b)
{
    size_t i, k;

    if (a->subject != b->subject || !(a->types & b->types))
        return true;
    for (i = 0; i < a->match_count; i++) {
        const struct test *one = allowed(&a->match[i]);
        for (k = 0; one && k < b->match_count; k++) {
            const struct test *other = allowed(&b->match[k]);
            if (other && quell_str_equal(a->match[i].field, b->match[k].field) &&
                !share_value(one, other))
                return true;
        }
    }
    return false;
}
