/*
 * compare.c - what is there against what a test says: partially, so that a test says only what it
 * is about.
 */
#include "base/str.h"
#include "base/when.h"
#include "test/test.h"
#include "value/json.h"
#include "value/value.h"

enum { SHOWN_MAX = 160 }; /* bytes of a value in a message */

struct quell_str test_show(struct arena *arena, struct quell_value value)
{
    struct quell_str text = json_text(arena, value, JSON_COMPACT);
    size_t len = SHOWN_MAX;

    if (text.len <= SHOWN_MAX)
        return text;
    while (len > 0 && ((unsigned char)text.data[len] & 0xC0) == 0x80)
        len--;
    return arena_format(arena, "%.*s...", (int)len, text.data);
}

static bool differs(struct arena *arena, const struct yaml_node *node, struct quell_str name,
                    struct quell_value actual, struct quell_str expected,
                    struct difference *difference)
{
    struct quell_str is = quell_is_null(actual) ? QUELL_STR("not there") : test_show(arena, actual);

    difference->place = node->place;
    difference->what = arena_format(arena, "`%.*s` is %.*s, not %.*s", QUELL_ARG(name),
                                    QUELL_ARG(is), QUELL_ARG(expected));
    return false;
}

/* Times and durations are texts in a test. */
static bool same(struct quell_value expected, struct quell_value actual)
{
    struct when when;

    if (value_equal(expected, actual))
        return true;
    if (!quell_is(expected, QUELL_STRING))
        return false;
    if (quell_is(actual, QUELL_TIME) && when_parse_time(quell_str(expected), &when))
        return value_equal(value_time(when.seconds, when.nanos), actual);
    if (quell_is(actual, QUELL_DURATION) && when_parse_duration(quell_str(expected), &when))
        return value_equal(value_duration(when.seconds, when.nanos), actual);
    return false;
}

/* A key may be a path: `rows[0].name`. */
static struct quell_value part_of(struct quell_value map, struct quell_value key)
{
    struct quell_value found;

    if (value_find(map, quell_str(key), &found))
        return found;
    return path_get(map, quell_str(key).data);
}

static struct quell_str below(struct arena *arena, struct quell_str name, struct quell_str key)
{
    return name.len ? arena_format(arena, "%.*s.%.*s", QUELL_ARG(name), QUELL_ARG(key)) : key;
}

static bool compare_map(struct arena *arena, const struct test_file *file,
                        const struct yaml_node *node, struct quell_value actual,
                        struct quell_str name, struct difference *difference)
{
    size_t i;

    if (!quell_is(actual, QUELL_MAP))
        return differs(arena, node, name, actual, QUELL_STR("a map"), difference);
    for (i = 0; i < node->count; i++) {
        const struct yaml_pair *pair = &node->pairs[i];
        if (!test_compare(arena, file, &pair->node, part_of(actual, pair->key.value),
                          below(arena, name, quell_str(pair->key.value)), difference))
            return false;
    }
    return true;
}

static bool compare_list(struct arena *arena, const struct test_file *file,
                         const struct yaml_node *node, struct quell_value actual,
                         struct quell_str name, struct difference *difference)
{
    size_t i;

    if (!quell_is(actual, QUELL_LIST)) { /* one of these */
        for (i = 0; i < node->count; i++)
            if (test_compare(arena, file, &node->items[i], actual, name, difference))
                return true;
        return differs(arena, node, name, actual,
                       arena_format(arena, "one of %.*s", QUELL_ARG(test_show(arena, node->value))),
                       difference);
    }
    if (quell_count(actual) != node->count)
        return differs(arena, node, name, actual, test_show(arena, node->value), difference);
    for (i = 0; i < node->count; i++)
        if (!test_compare(arena, file, &node->items[i], quell_at(actual, i),
                          arena_format(arena, "%.*s[%zu]", QUELL_ARG(name), i), difference))
            return false;
    return true;
}

bool test_compare(struct arena *arena, const struct test_file *file, const struct yaml_node *node,
                  struct quell_value actual, struct quell_str name, struct difference *difference)
{
    const struct match_check *check = test_check_of(file, node);

    if (check) {
        if (match_check_test(check, actual) == MATCH_YES)
            return true;
        (void)differs(arena, node, name, actual, QUELL_STR(""), difference);
        difference->what = arena_format(
            arena, "`%.*s` is %.*s, which is not `%.*s`", QUELL_ARG(name),
            QUELL_ARG(quell_is_null(actual) ? QUELL_STR("not there") : test_show(arena, actual)),
            QUELL_ARG(match_check_text(check)));
        return false;
    }
    if (quell_is(node->value, QUELL_MAP))
        return compare_map(arena, file, node, actual, name, difference);
    if (quell_is(node->value, QUELL_LIST))
        return compare_list(arena, file, node, actual, name, difference);
    if (same(node->value, actual))
        return true;
    /* `to: a@b.example` is how a playbook writes a list of one, too. */
    if (quell_is(actual, QUELL_LIST) && quell_count(actual) == 1 &&
        same(node->value, quell_at(actual, 0)))
        return true;
    return differs(arena, node, name, actual, test_show(arena, node->value), difference);
}
