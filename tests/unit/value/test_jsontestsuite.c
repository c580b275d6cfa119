/*
 * JSONTestSuite: what must be accepted is, but for the two documents with duplicate keys, which
 * quell refuses on purpose; what must be refused is; what is left open does not crash. Whatever is
 * accepted survives being written and read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"

static const char data_file[] = QUELL_SOURCE_DIR "/tests/unit/value/data/jsontestsuite.jsonl";
static const char *const duplicates[] = {
    "test_parsing/y_object_duplicated_key.json",
    "test_parsing/y_object_duplicated_key_and_value.json",
};

struct figures {
    size_t documents, accept, reject, either, either_accepted, duplicates;
};

static bool is_duplicate(struct quell_str name)
{
    for (size_t i = 0; i < sizeof(duplicates) / sizeof(duplicates[0]); i++)
        if (str_is(name, duplicates[i]))
            return true;
    return false;
}

static void round_trip(struct arena *arena, struct quell_str name, struct quell_value value)
{
    struct quell_value again;
    struct quell_error err;
    static const enum json_style styles[] = {JSON_COMPACT, JSON_PRETTY};
    for (size_t i = 0; i < 2; i++) {
        struct quell_str text = json_text(arena, value, styles[i]);
        if (json_read(arena, text, 0, &again, NULL, &err) != QUELL_OK)
            fail_msg("%.*s: written as %s and refused: %s", QUELL_ARG(name), text.data,
                     err.message);
        if (!value_equal(value, again) ||
            !quell_str_equal(text, json_text(arena, again, styles[i])))
            fail_msg("%.*s: changed on its way through %s", QUELL_ARG(name), text.data);
    }
}

static void check(struct arena *arena, struct quell_value line, struct figures *figures)
{
    struct quell_str name = quell_get_str(line, "id");
    struct quell_str expect = quell_get_str(line, "expect");
    struct quell_str bytes;
    struct quell_value value;
    struct quell_error err = {0};
    struct json_place place = {0};

    assert_true(digest_from_base64(arena, quell_get_str(line, "b64"), &bytes));
    enum quell_code code = json_read(arena, bytes, 0, &value, &place, &err);
    bool accepted = code == QUELL_OK;
    if (accepted)
        round_trip(arena, name, value);
    else if (code == QUELL_INVALID || code == QUELL_LIMIT)
        assert_true(place.line >= 1 && place.column >= 1 && place.offset <= bytes.len &&
                    err.message[0] != '\0');
    else
        fail_msg("%.*s: code %d", QUELL_ARG(name), code);

    figures->documents++;
    if (is_duplicate(name)) {
        figures->duplicates++;
        assert_non_null(strstr(err.message, "stands twice"));
        accepted = true;
    }
    if (str_is(expect, "accept")) {
        figures->accept++;
        if (!accepted)
            fail_msg("%.*s: %s", QUELL_ARG(name), err.message);
    } else if (str_is(expect, "reject")) {
        figures->reject++;
        if (accepted)
            fail_msg("%.*s: accepted", QUELL_ARG(name));
    } else {
        figures->either++;
        figures->either_accepted += accepted;
    }
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
    print_message("JSONTestSuite: %zu documents; %zu to accept (%zu refused for duplicate keys), "
                  "%zu to refuse, %zu left open (%zu accepted)\n",
                  figures.documents, figures.accept, figures.duplicates, figures.reject,
                  figures.either, figures.either_accepted);
    assert_int_equal(figures.duplicates, 2);
    assert_true(figures.accept > 90 && figures.reject > 180 && figures.either > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_documents)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
