/*
 * The YAML test suite, as far as our YAML goes. A document is either read as the suite says, or
 * refused with a diagnostic; what the suite calls wrong is accepted only where a list says so.
 * Every byte of every scalar's value is looked up in the source.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"
#include "value/yaml.h"

static const char data_file[] = QUELL_SOURCE_DIR "/tests/unit/value/data/yaml-test-suite.jsonl";

/* No YAML, yet libyaml 0.2.5 reads them, and each has one meaning only: bad indentation inside of
 * brackets and quotes, comments without a blank in front, a lone `-` in brackets. */
static const char *const lenient[] = {"9C9N/0", "9JBA/0", "DK95/1", "G5U8/0", "QB6E/0",
                                      "S98Z/0", "SU5Z/0", "X4QW/0", "Y79Y/3", "YJV2/0"};
/* Read differently: a literal text whose last line is blanks, at the end of a file without a line
 * break. libyaml keeps the blanks and adds no line break. */
static const char *const different[] = {"L24T/1"};

struct figures {
    size_t documents, read, refused, refused_rightly, accepted_wrongly, scalars;
};

static bool is_one_of(struct quell_str name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

/* A byte of a plain, single-quoted or literal value is the byte that stands in the source. */
static void check_byte(struct quell_str text, const struct yaml_node *node, size_t at,
                       size_t *before)
{
    char byte = node->value.as.text[at];
    struct place place = yaml_place_inside(text, node, at, 1);
    if (place.offset < *before || place.offset < node->place.offset ||
        place.offset + place.len > node->place.offset + node->place.len)
        fail_msg("%.*s: byte %zu is outside", QUELL_ARG(text), at);
    *before = place.offset;
    if (byte == ' ' || byte == '\n' || byte == '\t' || place.len == 0)
        return; /* folds are longer or shorter than what they become */
    if (text.data[place.offset] != byte &&
        !(node->style == YAML_DOUBLE && text.data[place.offset] == '\\'))
        fail_msg("%.*s: byte %zu `%c` is not `%c` at %u", QUELL_ARG(text), at, byte,
                 text.data[place.offset], place.offset);
}

static size_t check_scalars(struct quell_str text, const struct yaml_node *node)
{
    size_t scalars = 0;
    for (size_t i = 0; i < node->count; i++) {
        if (node->items)
            scalars += check_scalars(text, &node->items[i]);
        if (node->pairs)
            scalars += check_scalars(text, &node->pairs[i].key) +
                       check_scalars(text, &node->pairs[i].node);
    }
    if (node->value.type != QUELL_STRING)
        return scalars;
    size_t before = 0;
    for (size_t at = 0; at < node->value.len; at++)
        check_byte(text, node, at, &before);
    return scalars + 1;
}

static void check(struct arena *arena, struct quell_value row, struct figures *figures)
{
    struct quell_str name = quell_get_str(row, "id"), text = quell_get_str(row, "yaml");
    struct diag_list diags;
    struct quell_value expected;
    struct quell_error err;
    diag_init(&diags, arena, name, text);
    const struct yaml_node *root = yaml_read(arena, &diags);

    figures->documents++;
    if (!root) {
        assert_true(diags.errors > 0 && diags.items[0].help.len > 0);
        figures->refused++;
        figures->refused_rightly += quell_get_bool(row, "fail", false);
        return;
    }
    figures->read++;
    figures->scalars += check_scalars(text, root);
    if (quell_get_bool(row, "fail", false)) {
        figures->accepted_wrongly++;
        if (!is_one_of(name, lenient, sizeof(lenient) / sizeof(lenient[0])))
            fail_msg("%.*s: accepted: %.*s", QUELL_ARG(name), QUELL_ARG(text));
        return;
    }
    struct quell_str json = quell_get_str(row, "json");
    if (json.len == 0 || json_read(arena, json, 0, &expected, NULL, &err))
        return; /* no JSON is given, or it is several documents */
    if (value_equal(root->value, expected) == is_one_of(name, different, 1))
        fail_msg("%.*s: %s, expected %.*s", QUELL_ARG(name),
                 json_text(arena, root->value, JSON_COMPACT).data, QUELL_ARG(json));
}

static void all_documents(void **state)
{
    struct figures figures = {0};
    struct arena *arena = arena_new(0);
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    FILE *file = fopen(data_file, "r");

    assert_non_null(file);
    while ((len = getline(&line, &cap, file)) > 0) {
        struct quell_value row;
        struct quell_error err;
        arena_reset(arena);
        if (json_read(arena, (struct quell_str){line, (size_t)len}, 0, &row, NULL, &err))
            fail_msg("%s", err.message);
        check(arena, row, &figures);
    }
    free(line);
    fclose(file);
    arena_free(arena);
    print_message("yaml-test-suite: %zu documents; %zu read (%zu that are no YAML), %zu refused "
                  "(%zu that are no YAML); %zu scalars looked up byte by byte\n",
                  figures.documents, figures.read, figures.accepted_wrongly, figures.refused,
                  figures.refused_rightly, figures.scalars);
    assert_true(figures.documents == 300 && figures.read >= 140);
    assert_int_equal(figures.accepted_wrongly, sizeof(lenient) / sizeof(lenient[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_documents)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
