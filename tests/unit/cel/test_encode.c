/*
 * Texts that end in HTML or Markdown: what comes from data is encoded once, what the author wrote
 * and what functions made as such markup is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <quell/connector.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/cel.h"
#include "value/json.h"
#include "value/value.h"

static struct arena *arena;
static struct cel_scope scope;

static int setup(void **state)
{
    struct quell_error err;

    (void)state;
    arena = arena_new(0);
    if (json_read(arena,
                  QUELL_STR("{\"x\": \"<b>&*\", \"n\": -1.5, \"yes\": true, \"none\": null,"
                            " \"list\": [\"<i>\", \"a*\"], \"map\": {\"k\": \"<u>\"}}"),
                  0, &scope.vars, NULL, &err))
        fail_msg("%s", err.message);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct quell_value value_of(enum cel_sink sink, const char *text)
{
    const struct cel_template *template;
    struct cel_fault fault;
    struct quell_value value = quell_null();

    if (cel_template_parse_for(arena, quell_str_of(text), sink, &template, &fault) ||
        cel_template_eval(template, &scope, arena, &value, &fault))
        fail_msg("%s: %s", text, fault.message);
    return value;
}

static void texts_are_encoded_once(void **state)
{
    static const struct {
        const char *text, *html, *markdown;
    } rows[] = {
        /* joined, and alone */
        {"<p>${{ x }}</p> *", "<p>&lt;b&gt;&amp;*</p> *", "<p>&lt;b\\>&amp;\\*</p> *"},
        {"${{ x }}", "&lt;b&gt;&amp;*", "&lt;b\\>&amp;\\*"},
        {"${{ x }}${{ x.size() }}", "&lt;b&gt;&amp;*5", "&lt;b\\>&amp;\\*5"},
        {"a ${{ n }} ${{ yes }}${{ none }}", "a -1.5 true", "a -1.5 true"},
        /* what holds texts is encoded as the text that it is joined as */
        {"a ${{ list }}", "a [&quot;&lt;i&gt;&quot;,&quot;a*&quot;]",
         "a \\[\"&lt;i\\>\",\"a\\*\"\\]"},
        {"a ${{ map }}", "a {&quot;k&quot;:&quot;&lt;u&gt;&quot;}", "a \\{\"k\":\"&lt;u\\>\"\\}"},
        /* the author's own words in an expression, and how they are put together */
        {"${{ '<b>*' + x + '</b>*' }}", "<b>*&lt;b&gt;&amp;*</b>*", "<b>*&lt;b\\>&amp;\\*</b>*"},
        {"${{ x + x }}", "&lt;b&gt;&amp;*&lt;b&gt;&amp;*", "&lt;b\\>&amp;\\*&lt;b\\>&amp;\\*"},
        {"${{ yes ? '<b>*' : x }}", "<b>*", "<b>*"},
        {"${{ !yes ? '<b>*' : x }}", "&lt;b&gt;&amp;*", "&lt;b\\>&amp;\\*"},
        {"${{ yes ? '<b>' + x : '' }}", "<b>&lt;b&gt;&amp;*", "<b>&lt;b\\>&amp;\\*"},
        {"${{ !yes ? '' : yes ? x : '*' }}", "&lt;b&gt;&amp;*", "&lt;b\\>&amp;\\*"},
        /* data that the author turned over first is data */
        {"${{ x.replace('b', '<') }}", "&lt;&lt;&gt;&amp;*", "&lt;&lt;\\>&amp;\\*"},
        {"${{ ('<' + x).lowerAscii() }}", "&lt;&lt;b&gt;&amp;*", "&lt;&lt;b\\>&amp;\\*"},
        /* what is joined is encoded item by item, the author's words between them are not */
        {"${{ list.join('<br>*') }}", "&lt;i&gt;<br>*a*", "&lt;i\\><br>*a\\*"},
        {"${{ list.filter(i, true).join() }}", "&lt;i&gt;a*", "&lt;i\\>a\\*"},
        {"${{ list.map(i, '- ' + i).join('\\n') }}", "- &lt;i&gt;\n- a*", "- &lt;i\\>\n- a\\*"},
        {"${{ list.transformList(n, i, '- ' + i).join(x) }}", "- &lt;i&gt;&lt;b&gt;&amp;*- a*",
         "- &lt;i\\>&lt;b\\>&amp;\\*- a\\*"},
        {"${{ [x, '<hr>'].join() + '<p>' }}", "&lt;b&gt;&amp;*<hr><p>", "&lt;b\\>&amp;\\*<hr><p>"},
        {"${{ cel.bind(t, x, '<p>' + t) }}", "<p>&lt;b&gt;&amp;*", "<p>&lt;b\\>&amp;\\*"},
        /* an encoder of the other language does not count */
        {"${{ html.escape('<') }}", "&lt;", "&amp;lt;"},
        {"${{ markdown.escape('*') }}", "\\*", "\\*"},
    };
    struct quell_value value;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const char *wanted[] = {NULL, rows[i].html, rows[i].markdown};
        for (int sink = CEL_HTML; sink < CEL_SINKS && wanted[sink]; sink++) {
            value = value_of((enum cel_sink)sink, rows[i].text);
            assert_int_equal(value.type, QUELL_STRING);
            if (!str_is(quell_str(value), wanted[sink]))
                fail_msg("%s for %d is %.*s", rows[i].text, sink, QUELL_ARG(quell_str(value)));
        }
    }
}

static void markup_is_not_encoded_again(void **state)
{
    static const struct {
        enum cel_sink sink;
        const char *text, *wanted;
    } rows[] = {
        {CEL_HTML, "${{ html.escape(x) }}", "&lt;b&gt;&amp;*"},
        {CEL_HTML, "<p>${{ html.escape(x) }}", "<p>&lt;b&gt;&amp;*"},
        {CEL_HTML, "${{ '<p>' + html.escape(x) + x }}", "<p>&lt;b&gt;&amp;*&lt;b&gt;&amp;*"},
        {CEL_HTML, "${{ html.raw(x) }}", "<b>&*"},
        {CEL_HTML, "${{ list.map(i, '<li>' + html.escape(i)).join('<br>') }}",
         "<li>&lt;i&gt;<br><li>a*"},
        {CEL_HTML, "${{ [html.escape(x), '<hr>'].join() }}", "&lt;b&gt;&amp;*<hr>"},
        {CEL_HTML, "${{ cel.bind(t, html.escape(x), html.raw(t)) }}", "&lt;b&gt;&amp;*"},
        {CEL_HTML, "${{ html.table([{'a': x}]) }}",
         "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>&lt;b&gt;&amp;*</td></tr></tbody>"
         "</table>"},
        {CEL_MARKDOWN, "${{ markdown.escape(x) }}", "&lt;b\\>&amp;\\*"},
        {CEL_MARKDOWN, "${{ yes ? markdown.escape(x) : x }}", "&lt;b\\>&amp;\\*"},
        {CEL_MARKDOWN, "${{ markdown.raw('**a**') }}", "**a**"},
        {CEL_MARKDOWN, "${{ markdown.table([{'a': '*'}]) }}", "| a |\n| --- |\n| \\* |"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct quell_value value = value_of(rows[i].sink, rows[i].text);
        if (!str_is(quell_str(value), rows[i].wanted))
            fail_msg("%s is %.*s", rows[i].text, QUELL_ARG(quell_str(value)));
    }
}

static void plain_texts_stay_as_they_are(void **state)
{
    (void)state;
    assert_true(str_is(quell_str(value_of(CEL_PLAIN, "<p>${{ x }}")), "<p><b>&*"));
    assert_true(str_is(quell_str(value_of(CEL_PLAIN, "${{ html.raw(x) }}")), "<b>&*"));
    assert_int_equal(cel_sink_of("header"), CEL_PLAIN);
    assert_int_equal(cel_sink_of(NULL), CEL_PLAIN);
}

/* Numbers and unknowns stay what they are, lists keep their items; masks go with the text. */
static void what_is_no_text_keeps_its_type(void **state)
{
    struct map_builder vars = {.arena = arena};
    struct quell_value value;

    (void)state;
    assert_int_equal(value_of(CEL_HTML, "${{ yes }}").type, QUELL_BOOL);
    value = value_of(CEL_HTML, "${{ list }}");
    assert_true(quell_text_is(quell_at(value, 0), "&lt;i&gt;"));
    map_add(&vars, "secret", value_secret(quell_text("<s>")));
    map_add(&vars, "later", quell_unknown(QUELL_STR("after a call")));
    scope.vars = map_made(&vars);
    value = value_of(CEL_HTML, "${{ secret }}");
    assert_true(value.flags & QUELL_SECRET);
    assert_true(str_is(quell_str(value), "&lt;s&gt;"));
    assert_true(value_of(CEL_HTML, "a ${{ '<b>' + secret }}").flags & QUELL_SECRET);
    assert_int_equal(value_of(CEL_HTML, "${{ later }}").type, QUELL_UNKNOWN);
    assert_int_equal(value_of(CEL_HTML, "${{ '<b>' + later }}").type, QUELL_UNKNOWN);
    assert_int_equal(value_of(CEL_HTML, "${{ later ? '<b>' : secret }}").type, QUELL_UNKNOWN);
}

/* The table of an action's inputs says where each text ends, at any depth. */
static void tables_say_where_texts_end(void **state)
{
    static const struct quell_field inner[] = {
        {.name = "h", .type = QUELL_FIELD_STRING, .sink = "html"},
        {.name = "p", .type = QUELL_FIELD_STRING},
        {.name = NULL}};
    static const struct quell_field fields[] = {
        {.name = "m", .type = QUELL_FIELD_STRING, .sink = "markdown"},
        {.name = "p", .type = QUELL_FIELD_STRING, .sink = "header"},
        {.name = "l", .type = QUELL_FIELD_LIST, .of = QUELL_FIELD_STRING, .sink = "html"},
        {.name = "o", .type = QUELL_FIELD_OBJECT, .fields = inner},
        {.name = "os", .type = QUELL_FIELD_LIST, .of = QUELL_FIELD_OBJECT, .fields = inner},
        {.name = "any", .type = QUELL_FIELD_MAP, .of = QUELL_FIELD_ANY, .sink = "html"},
        {.name = "by", .type = QUELL_FIELD_MAP, .of = QUELL_FIELD_OBJECT, .fields = inner},
        {.name = NULL}};
    static const char given[] =
        "{\"m\":\"${{ x }}\",\"p\":\"${{ x }}\",\"l\":[\"${{ x }}\"],"
        "\"o\":{\"h\":\"${{ x }}\",\"p\":\"${{ x }}\"},\"os\":[{\"h\":\"a ${{ x }}\"}],"
        "\"any\":{\"h\":[\"${{ x }}\"]},\"by\":{\"h\":{\"h\":\"${{ x }}\",\"p\":\"${{ x }}\"}},"
        "\"other\":{\"h\":\"${{ x }}\"}}";
    static const char wanted[] =
        "{\"m\":\"&lt;b\\\\>&amp;\\\\*\",\"p\":\"<b>&*\",\"l\":[\"&lt;b&gt;&amp;*\"],"
        "\"o\":{\"h\":\"&lt;b&gt;&amp;*\",\"p\":\"<b>&*\"},\"os\":[{\"h\":\"a &lt;b&gt;&amp;*\"}],"
        "\"any\":{\"h\":[\"&lt;b&gt;&amp;*\"]},"
        "\"by\":{\"h\":{\"h\":\"&lt;b&gt;&amp;*\",\"p\":\"<b>&*\"}},\"other\":{\"h\":\"<b>&*\"}}";
    const struct cel_tree *tree;
    struct cel_fault fault;
    struct quell_error err;
    struct quell_str where;
    struct quell_value value;

    (void)state;
    assert_int_equal(json_read(arena, quell_str_of(given), 0, &value, NULL, &err), QUELL_OK);
    assert_int_equal(cel_tree_parse_for(arena, value, fields, &tree, &fault, &where), QUELL_OK);
    assert_int_equal(cel_tree_eval(tree, &scope, arena, &value, &fault), QUELL_OK);
    assert_string_equal(json_text(arena, value, JSON_COMPACT).data, wanted);
}

/* It is no longer than any text may be. */
static void encoded_texts_are_limited(void **state)
{
    static const char grows[] = "${{ ['a', 'a', 'a', 'a', 'a', 'a', 'a', 'a'].map(i, "
                                "x.replace('<b>&*', '<<<<<<<<<<<<<<<<')).join() }}";
    const struct cel_template *template;
    struct map_builder vars = {.arena = arena};
    char *text = arena_alloc(arena, LIMIT_CEL_TEXT_BYTES);
    struct cel_fault fault;
    struct quell_value value;

    (void)state;
    assert_int_equal(quell_str(value_of(CEL_HTML, grows)).len, 8 * 16 * 4);
    memset(text, '<', LIMIT_CEL_TEXT_BYTES);
    map_add(&vars, "x", quell_string((struct quell_str){text, LIMIT_CEL_TEXT_BYTES / 2}));
    scope.vars = map_made(&vars);
    assert_int_equal(
        cel_template_parse_for(arena, QUELL_STR("${{ x }}"), CEL_HTML, &template, &fault),
        QUELL_OK);
    assert_int_equal(cel_template_eval(template, &scope, arena, &value, &fault), QUELL_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts_are_encoded_once, setup, teardown),
        cmocka_unit_test_setup_teardown(markup_is_not_encoded_again, setup, teardown),
        cmocka_unit_test_setup_teardown(plain_texts_stay_as_they_are, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_text_keeps_its_type, setup, teardown),
        cmocka_unit_test_setup_teardown(tables_say_where_texts_end, setup, teardown),
        cmocka_unit_test_setup_teardown(encoded_texts_are_limited, setup, teardown),
    };

    return cmocka_run_group_tests_name("texts in markup", tests, NULL, NULL);
}
