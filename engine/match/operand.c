/*
 * operand.c - what may stand behind an operator, for the kind of field it is asked of.
 *
 * The same reading serves literals (when a trigger is loaded) and references such as `lists.x`
 * (when it is judged), so both mean the same.
 */
#include "base/str.h"
#include "base/when.h"
#include "match/condition.h"
#include "match/fold.h"
#include "value/value.h"

int view_rank(const struct field_view *view, struct quell_str word)
{
    int i;
    for (i = 0; view->words && view->words[i]; i++) {
        if (fold_equal(word, quell_str_of(view->words[i])))
            return i;
    }
    return -1;
}

static bool is_text(struct quell_value value)
{
    return quell_is(value, QUELL_STRING);
}

static bool is_number(struct quell_value value)
{
    return value.type == QUELL_INT || value.type == QUELL_UINT || value.type == QUELL_DOUBLE;
}

static bool read_time(struct quell_value value, struct item *item)
{
    struct when when;
    if (quell_is(value, QUELL_TIME)) {
        item->value = value;
        return true;
    }
    if (!is_text(value) || !when_parse_time(quell_str(value), &when))
        return false;
    item->value = value_time(when.seconds, when.nanos);
    return true;
}

/* `any-of`, `none-of` and `all-in` take ranges for the addresses in them: lists of networks are
 * what such lists mostly hold. A text with `/` that is no range stays a text. */
static void read_range_too(enum operator_id op, struct quell_value value, struct item *item)
{
    bool of_many = op == OPERATOR_any_of || op == OPERATOR_none_of || op == OPERATOR_all_in;
    if (of_many && str_find(quell_str(value), QUELL_STR("/"), 0) != SIZE_MAX)
        item->is_range = cidr_parse(quell_str(value), &item->range);
}

static bool read_equal(enum operator_id op, const struct field_view *view, struct quell_value value,
                       struct item *item)
{
    switch (view->subject) {
    case SUBJECT_TEXT:
    case SUBJECT_ITEM:
    case SUBJECT_ENUM:
    case SUBJECT_RANK:
        if (!is_text(value))
            return false;
        read_range_too(op, value, item);
        return true;
    case SUBJECT_NUMBER:
        return is_number(value);
    case SUBJECT_BOOL:
        return quell_is(value, QUELL_BOOL);
    case SUBJECT_TIME:
        return read_time(value, item);
    case SUBJECT_ANY:
    case SUBJECT_ALL:
        break;
    }
    if (is_text(value))
        read_range_too(op, value, item);
    return is_text(value) || is_number(value) || quell_is(value, QUELL_BOOL);
}

static bool read_order(const struct field_view *view, struct quell_value value, struct item *item)
{
    if (view->subject == SUBJECT_RANK) {
        item->rank = is_text(value) ? view_rank(view, quell_str(value)) : -1;
        return item->rank >= 0;
    }
    if (view->subject == SUBJECT_NUMBER)
        return is_number(value);
    if (view->subject == SUBJECT_ANY && is_number(value))
        return true;
    return read_time(value, item);
}

static bool read_age(struct quell_value value, struct item *item)
{
    struct when when;
    if (quell_is(value, QUELL_DURATION))
        return true;
    if (!is_text(value) || !when_parse_duration(quell_str(value), &when) || when.seconds < 0)
        return false;
    item->value = value_duration(when.seconds, when.nanos);
    return true;
}

bool item_read(enum operator_id op, const struct field_view *view, struct quell_value value,
               struct item *item)
{
    *item = (struct item){.value = value, .rank = -1};
    switch (operator_row(op)->operand) {
    case EQUAL:
        return read_equal(op, view, value, item);
    case TEXT:
    case REGEX:
        return is_text(value) && value.len > 0;
    case ORDER:
        return read_order(view, value, item);
    case RANGE:
        item->is_range = is_text(value) && cidr_parse(quell_str(value), &item->range);
        return item->is_range;
    case AGE:
        return read_age(value, item);
    case FLAG:
    case NESTED:
    case WORD:
        break;
    }
    return false; /* these have no items */
}
