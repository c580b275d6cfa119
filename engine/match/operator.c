/*
 * operator.c - the table of operators and what each asks of one element and one operand.
 *
 * An element of another type than the operand is undetermined, never "no": a playbook must not act,
 * or hold back, on a comparison that could not be made.
 */
#include "base/str.h"
#include "base/when.h"
#include "match/condition.h"
#include "match/fold.h"
#include "value/value.h"

static const struct operator_row rows[OPERATORS] = {
#define OPERATOR(id, keyword, quantifier, operand, subjects, doc, example)                         \
    [OPERATOR_##id] = {keyword, quantifier, operand, subjects},
#include "match/operators.def"
#undef OPERATOR
};

static const struct match_operator_info infos[OPERATORS] = {
#define OPERATOR(id, keyword, quantifier, operand, subjects, doc, example)                         \
    [OPERATOR_##id] = {keyword, doc, example},
#include "match/operators.def"
#undef OPERATOR
};

const struct match_operator_info *match_operators(size_t *count)
{
    *count = OPERATORS;
    return infos;
}

const struct operator_row *operator_row(enum operator_id op)
{
    return &rows[op];
}

bool operator_find(struct quell_str keyword, enum operator_id *op)
{
    unsigned i;
    for (i = 0; i < OPERATORS; i++) {
        if (str_is(keyword, rows[i].keyword)) {
            *op = (enum operator_id)i;
            return true;
        }
    }
    return false;
}

struct quell_str operator_nearest(struct quell_str wrong)
{
    struct quell_str names[OPERATORS];
    unsigned i;
    for (i = 0; i < OPERATORS; i++)
        names[i] = quell_str_of(rows[i].keyword);
    return str_nearest(wrong, names, OPERATORS);
}

/* ---- one element against one operand ----------------------------------------------------------
 */

static enum match_verdict verdict_of(bool holds)
{
    return holds ? MATCH_YES : MATCH_NO;
}

static enum match_verdict unsure(enum why reason, enum why *why)
{
    *why = reason;
    return MATCH_UNDETERMINED;
}

static bool is_number(struct quell_value value)
{
    return value.type == QUELL_INT || value.type == QUELL_UINT || value.type == QUELL_DOUBLE;
}

/* The time of a timestamp, or of a text that is one (below `raw` times are texts). */
static bool time_of(struct quell_value seen, struct quell_value *time)
{
    struct when when;
    if (quell_is(seen, QUELL_TIME)) {
        *time = seen;
        return true;
    }
    if (!quell_is(seen, QUELL_STRING) || !when_parse_time(quell_str(seen), &when))
        return false;
    *time = value_time(when.seconds, when.nanos);
    return true;
}

static bool same_text(const struct test *test, struct quell_str a, struct quell_str b)
{
    return test->sensitive ? quell_str_equal(a, b) : fold_equal(a, b);
}

static enum match_verdict judge_equal(const struct test *test, const struct item *item,
                                      struct quell_value seen, enum why *why)
{
    struct quell_value time;
    struct cidr address;

    if (quell_is(item->value, QUELL_TIME)) {
        if (!time_of(seen, &time))
            return unsure(WHY_MISMATCH, why);
        return verdict_of(value_equal(time, item->value));
    }
    if (is_number(item->value) ? !is_number(seen) : item->value.type != seen.type)
        return unsure(WHY_MISMATCH, why);
    if (!quell_is(seen, QUELL_STRING))
        return verdict_of(value_equal(seen, item->value));
    if (item->is_range && ip_parse(quell_str(seen), &address))
        return verdict_of(cidr_contains(&item->range, &address));
    return verdict_of(same_text(test, quell_str(seen), quell_str(item->value)));
}

static enum match_verdict judge_text(const struct test *test, const struct item *item,
                                     struct quell_value seen, enum why *why)
{
    struct quell_str text = quell_str(seen), part = quell_str(item->value);
    bool exact = test->sensitive;

    if (!quell_is(seen, QUELL_STRING))
        return unsure(WHY_MISMATCH, why);
    if (test->op == OPERATOR_starts_with)
        return verdict_of(exact ? str_starts(text, part) : fold_starts(text, part));
    if (test->op == OPERATOR_ends_with)
        return verdict_of(exact ? str_ends(text, part) : fold_ends(text, part));
    return verdict_of(exact ? str_find(text, part, 0) != SIZE_MAX : fold_contains(text, part));
}

static enum match_verdict judge_regex(const struct item *item, struct quell_value seen,
                                      enum why *why)
{
    if (!quell_is(seen, QUELL_STRING))
        return unsure(WHY_MISMATCH, why);
    switch (regex_test(item->regex, quell_str(seen))) {
    case REGEX_NO:
        return MATCH_NO;
    case REGEX_YES:
        return MATCH_YES;
    case REGEX_LIMIT:
        break;
    }
    return unsure(seen.len > regex_subject_max(item->regex) ? WHY_LONG : WHY_LIMIT, why);
}

static bool order_holds(enum operator_id op, int order)
{
    if (op == OPERATOR_at_least)
        return order >= 0;
    if (op == OPERATOR_at_most)
        return order <= 0;
    return op == OPERATOR_above ? order > 0 : order < 0;
}

static enum match_verdict judge_order(const struct test *test, const struct item *item,
                                      struct quell_value seen, enum why *why)
{
    struct quell_value compared = seen;
    int order, rank;

    if (test->view.subject == SUBJECT_RANK) {
        rank = quell_is(seen, QUELL_STRING) ? view_rank(&test->view, quell_str(seen)) : -1;
        if (rank < 0)
            return unsure(WHY_WORD, why);
        return verdict_of(order_holds(test->op, rank - item->rank));
    }
    if (quell_is(item->value, QUELL_TIME) ? !time_of(seen, &compared) : !is_number(seen))
        return unsure(WHY_MISMATCH, why);
    if (!value_compare(compared, item->value, &order))
        return unsure(WHY_MISMATCH, why);
    return verdict_of(order_holds(test->op, order));
}

static enum match_verdict judge_range(const struct item *item, struct quell_value seen,
                                      enum why *why)
{
    struct cidr address;
    if (!quell_is(seen, QUELL_STRING) || !ip_parse(quell_str(seen), &address))
        return unsure(WHY_ADDRESS, why);
    return verdict_of(cidr_contains(&item->range, &address));
}

static enum match_verdict judge_age(const struct test *test, const struct item *item,
                                    struct quell_value seen, const struct judge *judge,
                                    enum why *why)
{
    struct quell_value time, now, border;
    int64_t seconds, nanos;
    int order;

    if (!time_of(quell_is_null(judge->now) ? quell_get(judge->incident, "received_at") : judge->now,
                 &now))
        return unsure(WHY_CLOCK, why);
    if (!time_of(seen, &time))
        return unsure(WHY_MISMATCH, why);
    seconds = now.as.integer - item->value.as.integer;
    nanos = (int64_t)now.len - (int64_t)item->value.len;
    if (nanos < 0) {
        nanos += 1000000000;
        seconds--;
    }
    border = value_time(seconds, (uint32_t)nanos);
    if (!value_compare(time, border, &order))
        return unsure(WHY_MISMATCH, why);
    return verdict_of(test->op == OPERATOR_older_than ? order < 0 : order > 0);
}

enum match_verdict element_judge(const struct test *test, const struct item *item,
                                 struct quell_value seen, const struct judge *judge, enum why *why)
{
    switch (rows[test->op].operand) {
    case EQUAL:
        return judge_equal(test, item, seen, why);
    case TEXT:
        return judge_text(test, item, seen, why);
    case REGEX:
        return judge_regex(item, seen, why);
    case ORDER:
        return judge_order(test, item, seen, why);
    case RANGE:
        return judge_range(item, seen, why);
    case AGE:
        return judge_age(test, item, seen, judge, why);
    case FLAG:
    case NESTED:
    case WORD:
        break;
    }
    return unsure(WHY_MISMATCH, why); /* these never meet an element: judge.c */
}
