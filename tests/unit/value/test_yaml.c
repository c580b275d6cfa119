/*
 * YAML: what texts mean, where nodes stand, limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"
#include "value/yaml.h"

static struct arena *arena;
static struct diag_list diags;

static int setup(void **state)
{
    arena = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    arena_free(arena);
    return 0;
}

static const struct yaml_node *read_str(struct quell_str text)
{
    diag_init(&diags, arena, QUELL_STR("t.yaml"), text);
    return yaml_read(arena, &diags);
}

static const struct yaml_node *parsed(const char *text)
{
    const struct yaml_node *node = read_str(quell_str_of(text));
    if (!node)
        fail_msg("%s: %s", text, diags.items[0].message.data);
    return node;
}

static void becomes(const char *yaml, const char *json)
{
    assert_string_equal(json_text(arena, parsed(yaml)->value, JSON_COMPACT).data, json);
}

/* The core schema of YAML 1.2, and what was something else in 1.1. */
static const char *const core_schema[][2] = {
    {"null", "null"},
    {"Null", "null"},
    {"NULL", "null"},
    {"~", "null"},
    {"", "null"},
    {"nUll", "\"nUll\""},
    {"true", "true"},
    {"True", "true"},
    {"TRUE", "true"},
    {"tRue", "\"tRue\""},
    {"false", "false"},
    {"False", "false"},
    {"FALSE", "false"},
    {"on", "\"on\""},
    {"off", "\"off\""},
    {"yes", "\"yes\""},
    {"no", "\"no\""},
    {"y", "\"y\""},
    {"n", "\"n\""},
    {"0", "0"},
    {"-0", "0"},
    {"12", "12"},
    {"+12", "12"},
    {"-12", "-12"},
    {"012", "12"},
    {"0123", "123"},
    {"012x", "\"012x\""},
    {"0o17", "15"},
    {"0o18", "\"0o18\""},
    {"0x1F", "31"},
    {"0x1g", "\"0x1g\""},
    {"0x", "\"0x\""},
    {"-0x1F", "\"-0x1F\""},
    {"0b1", "\"0b1\""},
    {"1_000", "\"1_000\""},
    {"1:30", "\"1:30\""},
    {"9223372036854775807", "9223372036854775807"},
    {"9223372036854775808", "9223372036854775808"},
    {"-9223372036854775809", "-9223372036854775809"},
    {"0x7FFFFFFFFFFFFFFF", "9223372036854775807"},
    {"0xFFFFFFFFFFFFFFFF", "18446744073709551615"},
    {"0x10000000000000000", "\"0x10000000000000000\""},
    {"1.50", "1.50"},
    {"1.", "1.0"},
    {".5", "0.5"},
    {"-.5", "-0.5"},
    {"+1.5", "1.5"},
    {"01.5", "1.5"},
    {"1e3", "1e3"},
    {"1.e3", "1000.0"},
    {"1E+03", "1E+03"},
    {"1e", "\"1e\""},
    {".", "\".\""},
    {"-", "[null]"},
    {"+", "\"+\""},
    {"1.2.3", "\"1.2.3\""},
    {".inf", "null"},
    {"-.INF", "null"},
    {".nan", "null"},
    {".Nan", "\".Nan\""},
    {"2026-01-02", "\"2026-01-02\""},
    {"a b", "\"a b\""},
    {"'12'", "\"12\""},
    {"\"true\"", "\"true\""},
    {"|\n 12\n", "\"12\\n\""},
    {">-\n a\n b\n", "\"a b\""},
};

static void plain_texts_mean_what_the_core_schema_says(void **state)
{
    for (size_t i = 0; i < sizeof(core_schema) / sizeof(core_schema[0]); i++)
        becomes(core_schema[i][0], core_schema[i][1]);
    assert_int_equal(parsed(".inf")->value.type, QUELL_DOUBLE);
    assert_true(value_real(parsed("-.inf")->value) < -1e308);
}

static void documents_become_values(void **state)
{
    becomes("a: 1\nb: [x, 'y', {c: null}]\n", "{\"a\":1,\"b\":[\"x\",\"y\",{\"c\":null}]}");
    becomes("on:\n  incident:\n", "{\"on\":{\"incident\":null}}");
    becomes("1: a\ntrue: b\n~: c\n", "{\"1\":\"a\",\"true\":\"b\",\"~\":\"c\"}");
    becomes("- a\n-\n  - b\n- c: d\n  e: f\n", "[\"a\",[\"b\"],{\"c\":\"d\",\"e\":\"f\"}]");
    becomes("", "null");
    becomes("# only a comment\n", "null");
    becomes("---\na: 1\n...\n", "{\"a\":1}");
    becomes("%YAML 1.2\n---\na: 1\n", "{\"a\":1}");
    becomes("\xEF\xBB\xBF"
            "a: é\n",
            "{\"a\":\"é\"}");
    becomes("a: \"\\u00e9\\x41\\n\"\n", "{\"a\":\"éA\\n\"}");
    becomes("a:\n  '<<': quoted\n", "{\"a\":{\"<<\":\"quoted\"}}");
    becomes("text: |\r\n  one\r\n  two\r\n", "{\"text\":\"one\\ntwo\\n\"}");
}

/* The source of the node at a path of keys, `a.b`. */
static void stands(const struct yaml_node *root, const char *path, const char *source)
{
    struct quell_str name, rest = quell_str_of(path);
    const struct yaml_node *node = root;
    bool more = true;
    while (more) {
        more = str_cut(rest, '.', &name, &rest);
        const struct yaml_pair *pair = yaml_find(node, name);
        assert_non_null(pair);
        assert_true(quell_str_equal(name, str_slice(diags.text, pair->key.place.offset,
                                                    pair->key.place.offset + pair->key.place.len)));
        node = &pair->node;
    }
    struct quell_str found =
        str_slice(diags.text, node->place.offset, node->place.offset + node->place.len);
    if (!str_is(found, source))
        fail_msg("%s: `%.*s`", path, QUELL_ARG(found));
}

static void nodes_know_where_they_stand(void **state)
{
    static const char *const breaks[] = {"\n", "\r\n"};
    static const char *const starts[] = {"", "\xEF\xBB\xBF", "# é漢😀\n"};
    for (size_t b = 0; b < 2; b++) {
        for (size_t s = 0; s < 3; s++) {
            const char *nl = breaks[b];
            struct quell_str text = arena_format(
                arena,
                "%sä: é漢😀 # tail%sq: 'it''s'%sd: \"x\\ty\"%snone:%smap:%s  in: 1%s  un: [a, "
                "{b: c}]  # end%sl: |  # head%s  one%s  two%s%slast: x%s",
                starts[s], nl, nl, nl, nl, nl, nl, nl, nl, nl, nl, nl, nl);
            const struct yaml_node *root = read_str(text);
            assert_non_null(root);
            stands(root, "ä", "é漢😀");
            stands(root, "q", "'it''s'");
            stands(root, "d", "\"x\\ty\"");
            stands(root, "none", "");
            stands(root, "map", arena_format(arena, "in: 1%s  un: [a, {b: c}]", nl).data);
            stands(root, "map.in", "1");
            stands(root, "map.un", "[a, {b: c}]");
            stands(root, "l", arena_format(arena, "|  # head%s  one%s  two", nl, nl).data);
            stands(root, "last", "x");
            assert_int_equal(yaml_get(root, "none")->place.offset,
                             str_find(text, QUELL_STR("none:"), 0) + 5);
            assert_int_equal(root->place.offset, str_find(text, QUELL_STR("ä:"), 0));
        }
    }
}

static void nodes_know_their_style(void **state)
{
    const struct yaml_node *root =
        parsed("a: x\nb: 'x'\nc: \"x\"\nd: |\n  x\ne: >\n  x\nf: [x]\ng: {x: y}\nh:\n  x: y\n");
    static const enum yaml_style styles[] = {YAML_PLAIN,  YAML_SINGLE, YAML_DOUBLE, YAML_LITERAL,
                                             YAML_FOLDED, YAML_FLOW,   YAML_FLOW,   YAML_BLOCK};
    assert_int_equal(root->style, YAML_BLOCK);
    assert_int_equal(root->count, 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(root->pairs[i].node.style, styles[i]);
    assert_null(yaml_get(root, "missing"));
    assert_null(yaml_get(NULL, "a"));
    assert_null(yaml_get(yaml_get(root, "a"), "x"));
    assert_string_equal(yaml_get(root, "f")->items[0].value.as.text, "x");
}

static void refused(struct quell_str text, const char *code, const char *words)
{
    assert_null(read_str(text));
    assert_true(diags.count >= 1 && diags.errors >= 1);
    assert_string_equal(diags.items[0].code, code);
    if (!strstr(diags.items[0].message.data, words))
        fail_msg("%s", diags.items[0].message.data);
}

static struct quell_str nested(const char *open, size_t depth)
{
    struct buf buf = {0};
    for (size_t i = 0; i < depth; i++)
        buf_add_text(&buf, open);
    struct quell_str text = arena_str(arena, buf_str(&buf));
    buf_free(&buf);
    return text;
}

/* libyaml would take half a minute for the last ones. */
static void nesting_has_a_limit(void **state)
{
    struct quell_str deep = nested("- ", LIMIT_DEPTH);
    assert_non_null(read_str(deep));
    refused(nested("- ", LIMIT_DEPTH + 1), "QL007", "nested deeper than 64");
    refused(nested("[", 500000), "QL007", "nested deeper than 64");
    refused(nested("{a: ", 200000), "QL007", "nested deeper than 64");
    refused(nested("? ", 300000), "QL001", "a key is a text");
    assert_int_equal(diags.count, 1);
}

static void sizes_have_limits(void **state)
{
    struct quell_str items = nested("- a\n", LIMIT_YAML_NODES - 1);
    assert_non_null(read_str(items));
    refused(nested("- a\n", LIMIT_YAML_NODES), "QL007", "more than 20000 values");
    refused(nested("#", LIMIT_DOCUMENT_BYTES + 1), "QL007", "1048576 are allowed");
    assert_non_null(read_str(nested("#", LIMIT_DOCUMENT_BYTES)));
    refused(arena_format(arena, "a:\n  %0*d: 1\n", LIMIT_KEY_BYTES + 1, 0), "QL007",
            "longer than 256 bytes");
}

static void large_maps_report_each_duplicate(void **state)
{
    struct buf buf = {0};
    for (int i = 0; i < 2000; i++)
        buf_add_format(&buf, "k%d: %d\n", i, i);
    assert_non_null(read_str(arena_str(arena, buf_str(&buf))));
    buf_add_text(&buf, "k7: again\nnew: 1\nk1999: again\n");
    assert_null(read_str(arena_str(arena, buf_str(&buf))));
    assert_int_equal(diags.count, 2);
    assert_string_equal(diags.items[0].message.data, "the key `k7` stands twice in this map");
    assert_string_equal(diags.items[0].label.data, "it is there already on line 8");
    assert_string_equal(diags.items[1].message.data, "the key `k1999` stands twice in this map");
    assert_int_equal(diag_position(diags.text, diags.items[1].place.offset).line, 2003);
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_texts_mean_what_the_core_schema_says),
        cmocka_unit_test(documents_become_values),
        cmocka_unit_test(nodes_know_where_they_stand),
        cmocka_unit_test(nodes_know_their_style),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(sizes_have_limits),
        cmocka_unit_test(large_maps_report_each_duplicate),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
