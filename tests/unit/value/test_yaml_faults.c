/*
 * Every fault of a YAML text: its code, its place, our sentence, and what to do about it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "value/yaml.h"

struct row {
    const char *text;
    const char *code;
    size_t line, column;
    const char *marked; /* the text of the place */
    const char *message, *help;
};

/* LANGUAGE: texts without quotes into which expressions fall. */
static const struct row traps[] = {
    {"a: ${{ x ? 1 : 2 }}", "QL001", 1, 14, ":",
     "an expression that contains `: ` must stand in quotes",
     "put the value in quotes: `'${{ x ? 1 : 2 }}'`"},
    {"a: ${{ {\"k\": 1} }}", "QL001", 1, 12, ":",
     "an expression that contains `: ` must stand in quotes",
     "put the value in quotes: `'${{ {\"k\": 1} }}'`"},
    {"with: { a: ${{ b }} }", "QL001", 1, 12, "${{ b }}",
     "an expression inside of `{ }` or `[ ]` must stand in quotes",
     "put the value in quotes: `'${{ b }}'`"},
    {"x: [${{ a }}, b]", "QL001", 1, 5, "${{ a }}",
     "an expression inside of `{ }` or `[ ]` must stand in quotes",
     "put the value in quotes: `'${{ a }}'`"},
    {"x: { reason: found in ${{ a }} of ${{ b }} days, as: done }", "QL001", 1, 23, "${{ a }}",
     "an expression inside of `{ }` or `[ ]` must stand in quotes",
     "put the value in quotes: `'found in ${{ a }} of ${{ b }} days'`"},
    {"if: !has(x)", "QL004", 1, 5, "!has(x)", "tags are not allowed",
     "put the value in quotes: `'!has(x)'`"},
    {"if: !x.y == 'z'", "QL004", 1, 5, "!x.y", "tags are not allowed",
     "put the value in quotes: `\"!x.y == 'z'\"`"},
    {"if: !a!b", "QL004", 1, 5, "!", "an unquoted text may not begin with `!`",
     "put the value in quotes: `'!a!b'`"},
    {"if: 'a' in b", "QL001", 1, 9, "in b", "nothing may stand behind the closing quote",
     "put the value in quotes: `\"'a' in b\"`"},
    {"if: \"a\" == b.c\nx: 1", "QL001", 1, 9, "== b.c",
     "nothing may stand behind the closing quote", "put the value in quotes: `'\"a\" == b.c'`"},
    {"if: \"a\" in ['b']", "QL001", 1, 9, "in ['b']", "nothing may stand behind the closing quote",
     "put the value in quotes: single ones, and each single quote in it twice"},
    {"if: *x", "QL003", 1, 5, "*x", "aliases are not allowed", "put the value in quotes: `'*x'`"},
    {"host: *.contoso.test", "QL003", 1, 7, "*", "an unquoted text may not begin with `*`",
     "put the value in quotes: `'*.contoso.test'`"},
    {"a: &.b", "QL003", 1, 4, "&", "an unquoted text may not begin with `&`",
     "put the value in quotes: `'&.b'`"},
    {"a: %x", "QL001", 1, 4, "%", "an unquoted text may not begin with `%`",
     "put the value in quotes: `'%x'`"},
    {"a: @x", "QL001", 1, 4, "@", "an unquoted text may not begin with `@`",
     "put the value in quotes: `'@x'`"},
    {"m: { devices[0].kind: x }", "QL001", 1, 13, "[",
     "an unquoted text inside of `{ }` or `[ ]` may not contain brackets",
     "put the text in quotes, or write one key a line"},
    {"title: foo: bar", "QL001", 1, 11, ":", "an unquoted text may not contain `: `",
     "put the value in quotes: `'foo: bar'`"},
};

static const struct row faults[] = {
    {"a: 1\nb: 2\na: 3", "QL002", 3, 1, "a", "the key `a` stands twice in this map",
     "take one of them away, or rename it"},
    {"a: {x: 1, x: 2}", "QL002", 1, 11, "x", "the key `x` stands twice in this map",
     "take one of them away, or rename it"},
    {"a: &b c", "QL003", 1, 4, "&b", "anchors are not allowed",
     "put the value in quotes: `'&b c'`"},
    {"a: &b\n  c: d", "QL003", 1, 4, "&b", "anchors are not allowed",
     "put the value in quotes: `'&b'`"},
    {"a: [*b, c]", "QL003", 1, 5, "*b", "aliases are not allowed",
     "put the value in quotes: `'*b'`"},
    {"a:\n  <<: {b: c}", "QL003", 2, 3, "<<", "merge keys are not allowed", "write the keys out"},
    {"a: !!str 5", "QL004", 1, 4, "!!str", "tags are not allowed",
     "put the value in quotes: `'!!str 5'`"},
    {"a: !x [b]", "QL004", 1, 4, "!x", "tags are not allowed",
     "put the value in quotes: `'!x [b]'`"},
    {"a:\n\tb: 1", "QL005", 2, 1, "\t", "a tab may not indent a line",
     "write blanks: two for each level"},
    {"a:\n  - b\n  \t- c", "QL005", 3, 3, "\t", "a tab may not indent a line",
     "write blanks: two for each level"},
    {"é: |\n\t\tx", "QL005", 2, 1, "\t\t", "a tab may not indent a line",
     "write blanks: two for each level"},
    {"a: b\n\tc", "QL005", 2, 1, "\t", "a tab may not indent a line",
     "write blanks: two for each level"},
    {"a: 1\n---\nb: 2", "QL006", 2, 1, "---", "a second document begins here",
     "put it into a file of its own, or take the line `---` away"},
    {"a: \xFF", "QL007", 1, 4, "\xFF", "this is no valid UTF-8 (byte 0xFF)",
     "save the file as UTF-8"},
    {"\xFF\xFE"
     "a",
     "QL007", 1, 1, "\xFF", "this is no valid UTF-8 (byte 0xFF)", "save the file as UTF-8"},
    {"a: b\x01", "QL001", 1, 5, "\x01", "the character U+0001 may not stand in YAML",
     "take it away, or write it as the escape `\\u0001` in double quotes"},
    {"a: x\xE2\x80\xA8y", "QL001", 1, 5, "\xE2\x80\xA8",
     "the character U+2028 may not stand in YAML",
     "take it away, or write it as the escape `\\u2028` in double quotes"},
    {"a: b\xEF\xBB\xBF", "QL001", 1, 5, "\xEF\xBB\xBF",
     "the character U+FEFF may not stand in YAML",
     "take it away, or write it as the escape `\\uFEFF` in double quotes"},
    {"a: - b", "QL001", 1, 4, "-", "a list item may not stand behind a key",
     "begin the list on the next line, or write `[a, b]`"},
    {"é: 1\n b: 2", "QL001", 2, 2, "b", "the indentation of this line does not fit the one above",
     "align the key with its neighbours; a key that holds a map has nothing behind its `:`"},
    {"a:\n    b: 1\n  c: 2", "QL001", 3, 3, "c: 2",
     "the indentation of this line fits no line above",
     "align it with the keys of the map it belongs to"},
    {"a: 1\n- b", "QL001", 2, 1, "- b", "a list item stands where a key is expected",
     "indent the list below the key it belongs to"},
    {"- a\nb: 1", "QL001", 2, 1, "b: 1", "this line stands among list items but is none",
     "begin it with `- `, or indent it below the item it belongs to"},
    {"a: 1\nfoo bar\nb: 2", "QL001", 2, 1, "foo bar", "a key without its `:`",
     "write `key: value`; a text of several lines begins with `|`"},
    {": b", "QL001", 1, 1, ":", "the key is missing before `:`", "write `key: value`"},
    {"a: {: b}", "QL001", 1, 5, ":", "the key is missing before `:`", "write `key: value`"},
    {"a: {?b: c}", "QL001", 1, 6, "b", "a key may not begin with `?`",
     "write `key: value`; a `?` that belongs to the key stands in quotes"},
    {"? a\n: b", "QL001", 1, 3, "a", "a key may not begin with `?`",
     "write `key: value`; a `?` that belongs to the key stands in quotes"},
    {"? [a]\n: b", "QL001", 1, 3, "[", "a key is a text, not a list or a map",
     "write one word before the `:`"},
    {"a: 1\n}", "QL001", 2, 1, "}", "this bracket closes nothing",
     "take it away, or put the value in quotes"},
    {"a: \"x\nb: 1", "QL001", 1, 4, "\"x", "this text has no closing quote", "end it with `\"`"},
    {"a: 'x", "QL001", 1, 4, "'x", "this text has no closing quote", "end it with `'`"},
    {"a: \"x\n--- y\"", "QL001", 2, 1, "--- y\"", "a document ends inside of a quoted text",
     "close the quote before this line, or indent the line"},
    {"re: \"\\d+\"", "QL001", 1, 6, "\\d", "`\\d` is no escape of a text in double quotes",
     "write the text in single quotes, where a backslash is a backslash, or write the backslash "
     "twice"},
    {"a: \"\\xZZ\"", "QL001", 1, 5, "\\x", "this escape names no character",
     "`\\x`, `\\u` and `\\U` are followed by 2, 4 or 8 hexadecimal digits; in single quotes a "
     "backslash is a backslash"},
    {"a: \"\\uD800\"", "QL001", 1, 5, "\\u", "this escape names no character",
     "`\\x`, `\\u` and `\\U` are followed by 2, 4 or 8 hexadecimal digits; in single quotes a "
     "backslash is a backslash"},
    {"a: |x\n  b", "QL001", 1, 5, "x", "the text begins on the line below `|` or `>`",
     "move it to the next line, or put the value in quotes"},
    {"a: [1, 2\nb: 3", "QL001", 2, 2, ":", "`,` or `]` is expected here",
     "close it, or put a comma between the items"},
    {"a: {b: 1\nc: 2", "QL001", 2, 2, ":", "`,` or `}` is expected here",
     "close it, or put a comma between the items"},
    {"a: [1,,2]", "QL001", 1, 7, ",", "a value is missing here",
     "write a value, or `''` for an empty text"},
    {"a: x ? y : z", "QL001", 1, 10, ":", "an unquoted text may not contain `: `",
     "put the value in quotes: `'x ? y : z'`"},
    {"a: ? x", "QL001", 1, 4, "?", "an unquoted text may not begin with `? `",
     "put the value in quotes: `'? x'`"},
    {"[a]\nb", "QL001", 2, 1, "b", "this stands behind the end of the document",
     "a document is one map: align this line with its first key"},
    {"%FOO bar\n---\na: 1", "QL001", 1, 1, "%FOO bar",
     "a line that begins with `%` is a directive, and this one is not known",
     "take the line away; the language is YAML 1.2 without being said"},
    {"%YAML 3.0\n---\na: 1", "QL001", 1, 1, "%YAML 3.0",
     "a line that begins with `%` is a directive, and this one is not known",
     "take the line away; the language is YAML 1.2 without being said"},
};

static void check(const struct row *row, struct quell_str text, size_t offset, size_t lines)
{
    struct arena *arena = arena_new(0);
    struct diag_list diags;
    diag_init(&diags, arena, QUELL_STR("t.yaml"), text);
    if (yaml_read(arena, &diags) || diags.count == 0 || diags.errors == 0)
        fail_msg("accepted: %s", row->text);
    const struct diag *diag = &diags.items[0];
    struct diag_position position = diag_position(text, diag->place.offset);
    struct quell_str marked =
        str_slice(text, diag->place.offset, (size_t)diag->place.offset + diag->place.len);
    bool same = strcmp(diag->code, row->code) == 0 && str_is(diag->message, row->message) &&
                str_is(diag->help, row->help) && str_is(marked, row->marked) &&
                position.line == row->line + lines && position.column == row->column;
    if (!same)
        fail_msg("%s\n%s %zu:%zu `%.*s`: %.*s; %.*s", row->text, diag->code, position.line,
                 position.column, QUELL_ARG(marked), QUELL_ARG(diag->message),
                 QUELL_ARG(diag->help));
    assert_true(diag->place.offset >= offset && diag->severity == SEVERITY_ERROR);
    arena_free(arena);
}

/* As it is; and with line breaks of two bytes; and with wider signs in front. */
static void check_all(const struct row *rows, size_t count)
{
    struct arena *arena = arena_new(0);
    for (size_t i = 0; i < count; i++) {
        struct quell_str text = quell_str_of(rows[i].text);
        check(&rows[i], text, 0, 0);
        char *wide = arena_alloc(arena, 2 * text.len);
        size_t len = 0;
        for (size_t at = 0; at < text.len; at++) {
            if (text.data[at] == '\n')
                wide[len++] = '\r';
            wide[len++] = text.data[at];
        }
        check(&rows[i], (struct quell_str){wide, len}, 0, 0);
        if (text.data[0] == '%' || (unsigned char)text.data[0] == 0xFF)
            continue; /* these are themselves at the start of a file only */
        struct quell_str behind = arena_format(arena, "# é漢😀\n\n%s", rows[i].text);
        check(&rows[i], behind, 12, 2);
    }
    arena_free(arena);
}

static void traps_say_what_to_quote(void **state)
{
    check_all(traps, sizeof(traps) / sizeof(traps[0]));
}

static void faults_say_what_to_do(void **state)
{
    check_all(faults, sizeof(faults) / sizeof(faults[0]));
}

/* What does not end the reading is said at once with what follows. */
static void several_faults_are_said_together(void **state)
{
    static const char *const codes[] = {"QL003", "QL004", "QL002", "QL003", "QL006"};
    struct arena *arena = arena_new(0);
    struct diag_list diags;
    diag_init(&diags, arena, QUELL_STR("t.yaml"),
              QUELL_STR("a: &x 1\nb: !t 2\nc: {d: 1, d: 2}\ne: *x\n---\nf: 1\n"));
    assert_null(yaml_read(arena, &diags));
    assert_int_equal(diags.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(diags.items[i].code, codes[i]);
    arena_free(arena);
}

/* What is put in quotes is the whole value, and reads as one text. */
static void quotes_are_put_around_the_value(void **state)
{
    static const char *const rows[][2] = {
        {"a: { b: x ${{ c }} y, d: 1 }", "a: { b: 'x ${{ c }} y', d: 1 }"},
        {"a: [x, y ${{ c }} ${{ d[0] }}]", "a: [x, 'y ${{ c }} ${{ d[0] }}']"},
        {"a: ${{ b + ': ' + \"c\" }}", "a: '${{ b + '': '' + \"c\" }}'"},
        {"a: ${{ b.join(': \\n') }}", "a: '${{ b.join('': \\n'') }}'"},
    };
    struct arena *arena = arena_new(0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag_list diags, again;
        size_t count;
        diag_init(&diags, arena, QUELL_STR("t.yaml"), quell_str_of(rows[i][0]));
        assert_null(yaml_read(arena, &diags));
        struct quell_str fixed = diag_fixed(&diags, false, &count);
        if (!str_is(fixed, rows[i][1]))
            fail_msg("%s became %.*s", rows[i][0], QUELL_ARG(fixed));
        diag_init(&again, arena, QUELL_STR("t.yaml"), fixed);
        assert_non_null(yaml_read(arena, &again));
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traps_say_what_to_quote),
        cmocka_unit_test(faults_say_what_to_do),
        cmocka_unit_test(several_faults_are_said_together),
        cmocka_unit_test(quotes_are_put_around_the_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
