/*
 * judge.c - does a condition hold: three values, no allocation.
 *
 * The rules (LANGUAGE.md sections 7 and 9), for the elements that the field path reaches:
 *   - an element of another type, or a regex at its limit, is undetermined;
 *   - an absent field lets a positive test simply not hold, but makes a negative test (`not`,
 *     `none-of`), `all-in` and everything inside `unless` undetermined: what cannot be seen cannot
 *     be ruled out;
 *   - an empty list is known: no element is in it;
 *   - all tests of a condition must hold; one "no" outweighs any "undetermined".
 */
#include "base/limits.h"
#include "cel/cel.h"
#include "match/condition.h"
#include "value/value.h"

/* The elements against one test. */
struct census {
    const struct test *test;
    const struct judge *judge;
    struct quell_value listed; /* of a reference: its entries; else no list */
    bool yes, no, unsure, nameless;
    enum why why;
    struct quell_value seen_yes, seen_no;
};

/* The verdict over all operands: one that holds is enough; an operand of another type only counts
 * when none could be compared. */
struct tally {
    bool compared, unsure;
    enum why why;
};

static bool against(const struct census *census, const struct item *item, struct quell_value seen,
                    struct tally *tally)
{
    enum why why = WHY_NOTHING;
    switch (element_judge(census->test, item, seen, census->judge, &why)) {
    case MATCH_YES:
        return true;
    case MATCH_NO:
        tally->compared = true;
        break;
    case MATCH_UNDETERMINED:
        /* A limit may hide a match whatever else was compared. */
        if (why == WHY_MISMATCH && tally->why == WHY_NOTHING)
            tally->why = why;
        if (why != WHY_MISMATCH) {
            tally->unsure = true;
            tally->why = why;
        }
        break;
    }
    return false;
}

static bool against_any(const struct census *census, struct quell_value seen, struct tally *tally)
{
    const struct test *test = census->test;
    struct item item;
    size_t i;

    for (i = 0; i < test->count; i++) {
        if (against(census, &test->items[i], seen, tally))
            return true;
    }
    for (i = 0; i < quell_count(census->listed); i++) {
        if (!item_read(test->op, &test->view, quell_at(census->listed, i), &item)) {
            tally->unsure = true;
            tally->why = WHY_ENTRY;
        } else if (against(census, &item, seen, tally)) {
            return true;
        }
    }
    return false;
}

/* An item such as a device is compared by its display name. */
static bool name_of(struct census *census, struct quell_value *seen)
{
    struct quell_value name;
    if (!quell_is(*seen, QUELL_MAP))
        return true;
    if (!quell_find(*seen, QUELL_STR("name"), &name) || quell_is_null(name)) {
        census->nameless = true;
        return false;
    }
    *seen = name;
    return true;
}

static bool count_element(struct quell_value found, void *user)
{
    struct census *census = user;
    struct tally tally = {0};
    enum quantifier quantifier = operator_row(census->test->op)->quantifier;

    if (!name_of(census, &found))
        return true;
    if (against_any(census, found, &tally)) {
        census->yes = true;
        census->seen_yes = found;
        return quantifier == EVERY; /* the others are decided by one that holds */
    }
    /* Without any operand (an empty list by reference) there is nothing it could be. */
    if (tally.unsure || (!tally.compared && tally.why != WHY_NOTHING)) {
        census->unsure = true;
        census->why = tally.why;
        return true;
    }
    census->no = true;
    census->seen_no = found;
    return quantifier != EVERY;
}

static struct outcome decide(enum match_verdict verdict, enum why why)
{
    return (struct outcome){.verdict = verdict, .why = why};
}

static struct outcome decide_by(enum match_verdict verdict, struct quell_value seen)
{
    return (struct outcome){.verdict = verdict, .has_seen = true, .seen = seen};
}

/* What is not known: the first of the reasons, or WHY_NOTHING. */
static enum why unknown_part(const struct census *census, const struct walk *walk, bool guard)
{
    if (census->unsure)
        return census->why;
    if (walk->mismatch)
        return WHY_MISMATCH;
    if (walk->over)
        return WHY_ELEMENTS;
    return guard && (walk->absent || census->nameless) ? WHY_ABSENT : WHY_NOTHING;
}

static struct outcome decide_elements(const struct census *census, const struct walk *walk)
{
    enum quantifier quantifier = operator_row(census->test->op)->quantifier;
    bool guard = census->judge->guard || quantifier != SOME;
    enum why why = unknown_part(census, walk, guard);

    if (quantifier == EVERY) {
        if (census->no)
            return decide_by(MATCH_NO, census->seen_no);
        if (why != WHY_NOTHING)
            return decide(MATCH_UNDETERMINED, why);
        return decide(census->yes ? MATCH_YES : MATCH_NO, WHY_NOTHING);
    }
    if (census->yes)
        return decide_by(quantifier == NONE ? MATCH_NO : MATCH_YES, census->seen_yes);
    if (why != WHY_NOTHING)
        return decide(MATCH_UNDETERMINED, why);
    return decide(quantifier == NONE ? MATCH_YES : MATCH_NO, WHY_NOTHING);
}

/* Follows `lists.x` or `config.x` through the scopes, innermost first. */
static bool look_up(const struct path *path, const struct cel_scope *scope,
                    struct quell_value *found)
{
    size_t i;

    for (; scope; scope = scope->outer) {
        if (!value_find(scope->vars, path->parts[0].name, found))
            continue;
        for (i = 1; i < path->count; i++) {
            if (!value_find(*found, path->parts[i].name, found))
                return false;
        }
        return !quell_is_null(*found) && !quell_is(*found, QUELL_UNKNOWN);
    }
    return false;
}

static bool is_there(struct quell_value found, void *user)
{
    bool *there = user;
    bool sized = quell_is(found, QUELL_STRING) || quell_is(found, QUELL_LIST) ||
                 quell_is(found, QUELL_MAP) || quell_is(found, QUELL_BYTES);
    *there = !sized || found.len > 0;
    return !*there;
}

static struct outcome judge_presence(const struct test *test, const struct path *path,
                                     const struct judge *judge)
{
    bool there = false;
    struct walk walk = {.each = is_there, .user = &there};
    bool asked = test->op == OPERATOR_exists ? test->wanted : !test->wanted;

    walk_path(&walk, path, judge->incident);
    return decide(there == asked ? MATCH_YES : MATCH_NO, WHY_NOTHING);
}

static struct outcome judge_elements(const struct test *test, const struct path *path,
                                     const struct judge *judge)
{
    struct census census = {.test = test, .judge = judge};
    struct walk walk = {.each = count_element, .user = &census, .flatten = true};
    struct quell_value referred;

    if (test->reference) {
        if (!look_up(test->reference, judge->scope, &referred))
            return decide(MATCH_UNDETERMINED, WHY_REFERENCE);
        census.listed = quell_is(referred, QUELL_LIST) ? referred : quell_list(&referred, 1);
    }
    walk_path(&walk, path, judge->incident);
    return decide_elements(&census, &walk);
}

static struct outcome judge_all(const struct test *tests, size_t count, const struct path *path,
                                const struct judge *judge);

static struct outcome judge_opposite(const struct test *test, const struct path *path,
                                     const struct judge *judge)
{
    struct judge guarded = *judge;
    struct outcome inner;

    guarded.guard = true;
    inner = judge_all(test->inner, test->inner_count, path, &guarded);
    if (inner.verdict != MATCH_UNDETERMINED)
        inner.verdict = inner.verdict == MATCH_YES ? MATCH_NO : MATCH_YES;
    return inner;
}

static struct outcome judge_test(const struct test *test, const struct path *path,
                                 const struct judge *judge)
{
    switch (operator_row(test->op)->quantifier) {
    case SOME:
    case NONE:
    case EVERY:
        return judge_elements(test, path, judge);
    case WHOLE:
        return judge_presence(test, path, judge);
    case OPPOSITE:
        return judge_opposite(test, path, judge);
    case MODIFIER:
        break;
    }
    return decide(MATCH_YES, WHY_NOTHING); /* `case` is no test by itself */
}

static struct outcome judge_all(const struct test *tests, size_t count, const struct path *path,
                                const struct judge *judge)
{
    struct outcome sum = decide(MATCH_YES, WHY_NOTHING), one;
    size_t i;

    for (i = 0; i < count; i++) {
        one = judge_test(&tests[i], path, judge);
        if (!one.test)
            one.test = &tests[i];
        if (one.verdict == MATCH_NO)
            return one;
        if (sum.verdict == MATCH_YES)
            sum = one;
    }
    return sum;
}

struct outcome condition_judge(const struct condition *condition, const struct judge *judge)
{
    return judge_all(condition->tests, condition->count, &condition->path, judge);
}
