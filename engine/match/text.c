/*
 * text.c - conditions as people read them: `title regex \bmalware\b and title contains x`.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/when.h"
#include "match/load.h"
#include "value/json.h"

enum { TEXT_MAX = 400 }; /* bytes of one condition's text: a line of an explanation */

struct quell_str text_cut(struct arena *arena, struct quell_str text, size_t max)
{
    size_t end = max;

    if (text.len <= max)
        return text;
    while (end > 0 && ((unsigned char)text.data[end] & 0xC0U) == 0x80U)
        end--;
    return arena_format(arena, "%.*s\xE2\x80\xA6", (int)end, text.data);
}

static void write_value(struct buf *out, struct quell_value value)
{
    if (quell_is(value, QUELL_STRING))
        buf_add_str(out, quell_str(value));
    else
        json_write(out, value, JSON_COMPACT);
}

static void write_operand(struct buf *out, const struct test *test)
{
    size_t i;

    if (test->reference) {
        buf_add_str(out, test->reference->text);
        return;
    }
    if (test->count == 1) {
        write_value(out, test->items[0].value);
        return;
    }
    buf_add_char(out, '[');
    for (i = 0; i < test->count; i++) {
        if (i > 0)
            buf_add_text(out, ", ");
        write_value(out, test->items[i].value);
    }
    buf_add_char(out, ']');
}

static void write_tests(struct buf *out, struct quell_str field, const struct test *tests,
                        size_t count);

static void write_test(struct buf *out, struct quell_str field, const struct test *test)
{
    const struct operator_row *row = operator_row(test->op);

    if (row->quantifier == OPPOSITE) {
        buf_add_text(out, "not (");
        write_tests(out, field, test->inner, test->inner_count);
        buf_add_text(out, ")");
        return;
    }
    buf_add_str(out, field);
    if (row->quantifier == WHOLE) {
        if (test->op == OPERATOR_exists)
            buf_add_text(out, test->wanted ? " exists" : " does not exist");
        else
            buf_add_text(out, test->wanted ? " is empty" : " is not empty");
        return;
    }
    buf_add_format(out, " %s ", row->keyword);
    write_operand(out, test);
    if (test->sensitive)
        buf_add_text(out, " (case: sensitive)");
}

static void write_tests(struct buf *out, struct quell_str field, const struct test *tests,
                        size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        if (i > 0)
            buf_add_text(out, " and ");
        write_test(out, field, &tests[i]);
    }
}

struct quell_str tests_text(struct arena *arena, struct quell_str field, const struct test *tests,
                            size_t count)
{
    struct buf out = {0};
    struct quell_str text;

    write_tests(&out, field, tests, count);
    text = text_cut(arena, arena_str(arena, buf_str(&out)), TEXT_MAX);
    buf_free(&out);
    return text;
}
