/*
 * halt.c - the kill switch's text, read, asked and edited. What is not understood halts everything.
 */
#include "policy/halt.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"

static const char *const words[] = {"everything", "connector", "playbook"};

enum { WORDS = sizeof(words) / sizeof(*words) };

const char *halt_word(enum halt_what what)
{
    return words[what];
}

bool halt_what_of(struct quell_str word, enum halt_what *what)
{
    size_t i;

    for (i = 0; i < WORDS; i++)
        if (str_is(word, words[i])) {
            *what = (enum halt_what)i;
            return true;
        }
    return false;
}

/* ---- reading -----------------------------------------------------------------------------------
 */

static struct halt_rule read_line(struct arena *arena, struct quell_str line)
{
    struct halt_rule rule = {.reason = QUELL_STR("")};
    struct quell_value value;
    struct quell_error ignored;

    if (json_read(arena, line, LIMIT_HALT_BYTES, &value, NULL, &ignored) ||
        !halt_what_of(quell_get_str(value, "what"), &rule.what))
        return (struct halt_rule){.what = HALT_EVERYTHING, .by = QUELL_STR("a file")};
    rule.name = arena_str(arena, quell_get_str(value, "name"));
    rule.reads = quell_get_bool(value, "reads", false);
    rule.by = arena_str(arena, quell_get_str(value, "by"));
    rule.at = arena_str(arena, quell_get_str(value, "at"));
    rule.reason = arena_str(arena, quell_get_str(value, "reason"));
    if (rule.what != HALT_EVERYTHING && rule.name.len == 0)
        rule.what = HALT_EVERYTHING; /* of nothing in particular */
    return rule;
}

struct halt_rules halt_read(struct arena *arena, struct quell_str text)
{
    struct halt_rule *items;
    size_t i, lines = 1, count = 0;

    for (i = 0; i < text.len; i++)
        lines += text.data[i] == '\n';
    items = arena_array(arena, struct halt_rule, lines + 1);
    while (text.len) {
        struct quell_str line;
        (void)str_cut(text, '\n', &line, &text); /* the last one may have none */
        if (str_trim(line).len)
            items[count++] = read_line(arena, str_trim(line));
    }
    if (count == 0)
        items[count++] = (struct halt_rule){.what = HALT_EVERYTHING, .by = QUELL_STR("a file")};
    return (struct halt_rules){items, count};
}

/* ---- asking ------------------------------------------------------------------------------------
 */

const struct halt_rule *halt_stops(const struct halt_rules *rules,
                                   const struct halt_subject *subject)
{
    size_t i;

    for (i = 0; i < rules->count; i++) {
        const struct halt_rule *rule = &rules->items[i];
        bool named =
            rule->what == HALT_EVERYTHING ||
            (rule->what == HALT_PLAYBOOK && quell_str_equal(rule->name, subject->playbook)) ||
            (rule->what == HALT_CONNECTOR &&
             (quell_str_equal(rule->name, subject->connector) ||
              (subject->connection.len && quell_str_equal(rule->name, subject->connection))));
        if (named && (subject->changes || rule->reads))
            return rule;
    }
    return NULL;
}

bool halt_same(const struct halt_rule *a, const struct halt_rule *b)
{
    return a->what == b->what && a->reads == b->reads && quell_str_equal(a->name, b->name);
}

/* ---- writing -----------------------------------------------------------------------------------
 */

struct quell_str halt_line(struct arena *arena, const struct halt_rule *rule)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "what", quell_text(halt_word(rule->what)));
    if (rule->what != HALT_EVERYTHING)
        map_add(&map, "name", quell_string(rule->name));
    if (rule->reads)
        map_add(&map, "reads", quell_bool(true));
    map_add(&map, "by", quell_string(rule->by));
    map_add(&map, "at", quell_string(rule->at));
    map_add(&map, "reason", quell_string(rule->reason));
    return arena_format(arena, "%.*s\n", QUELL_ARG(json_text(arena, map_made(&map), JSON_COMPACT)));
}

struct quell_str halt_without(struct arena *arena, struct quell_str text, enum halt_what what,
                              struct quell_str name)
{
    struct quell_str kept = QUELL_STR("");

    while (text.len && what != HALT_EVERYTHING) {
        struct quell_str line;
        struct halt_rule rule;
        (void)str_cut(text, '\n', &line, &text);
        if (str_trim(line).len == 0)
            continue;
        rule = read_line(arena, str_trim(line));
        if (rule.what != what || !quell_str_equal(rule.name, name))
            kept = arena_format(arena, "%.*s%.*s\n", QUELL_ARG(kept), QUELL_ARG(str_trim(line)));
    }
    return kept;
}
