/*
 * test_data.c - every file of tests/playbooks gives exactly the diagnostics that its `#!` lines
 * name, in order, with LF and with CRLF.
 *
 *     #! CODE LINE:COLUMN LENGTH [words that the diagnostic says somewhere]
 *
 * Columns and lengths count code points. A file without such lines loads without a warning.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/utf8.h"
#include "fixture.h"

#define FOLDER QUELL_SOURCE_DIR "/tests/playbooks"

static void read_file(const char *path, struct buf *text)
{
    char bytes[4096];
    size_t len;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    while ((len = fread(bytes, 1, sizeof(bytes), file)) > 0)
        buf_add(text, bytes, len);
    fclose(file);
}

static struct quell_str with_crlf(struct arena *arena, struct quell_str text)
{
    char *out = arena_alloc(arena, text.len * 2 + 1);
    size_t i, len = 0;
    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '\n')
            out[len++] = '\r';
        out[len++] = text.data[i];
    }
    return (struct quell_str){out, len};
}

static struct quell_str next_line(struct quell_str text, size_t *at)
{
    size_t end = str_find(text, QUELL_STR("\n"), *at);
    struct quell_str line = str_slice(text, *at, end == SIZE_MAX ? text.len : end);
    *at = end == SIZE_MAX ? text.len : end + 1;
    return str_trim(line);
}

static void add_expected(struct buf *out, struct quell_str text)
{
    size_t at = 0;
    while (at < text.len) {
        struct quell_str line = next_line(text, &at), head, words;
        if (!str_starts(line, QUELL_STR("#! ")))
            continue;
        line = str_slice(line, 3, line.len);
        (void)str_cut(line, ' ', &head, &words); /* code */
        buf_add_format(out, "%.*s ", QUELL_ARG(head));
        (void)str_cut(words, ' ', &head, &words); /* place */
        buf_add_format(out, "%.*s ", QUELL_ARG(head));
        (void)str_cut(words, ' ', &head, &words); /* length */
        buf_add_format(out, "%.*s\n", QUELL_ARG(head));
    }
}

static void add_found(struct buf *out, const struct diag_list *diags)
{
    size_t i;
    for (i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->items[i];
        struct diag_position at = diag_position(diags->text, diag->place.offset);
        struct quell_str under = str_slice(diags->text, diag->place.offset,
                                           (size_t)diag->place.offset + diag->place.len);
        buf_add_format(out, "%s %zu:%zu %zu\n", diag->code, at.line, at.column, utf8_count(under));
    }
}

static bool says(const struct diag *diag, struct quell_str words)
{
    return str_find(diag->message, words, 0) != SIZE_MAX ||
           str_find(diag->label, words, 0) != SIZE_MAX ||
           str_find(diag->note, words, 0) != SIZE_MAX || str_find(diag->help, words, 0) != SIZE_MAX;
}

static bool check_words(const struct diag_list *diags)
{
    size_t at = 0, i = 0;
    while (at < diags->text.len) {
        struct quell_str line = next_line(diags->text, &at), words = {"", 0}, head;
        size_t cuts;
        if (!str_starts(line, QUELL_STR("#! ")))
            continue;
        words = line;
        for (cuts = 0; cuts < 4; cuts++)
            (void)str_cut(words, ' ', &head, &words);
        if (i < diags->count && !says(&diags->items[i], words)) {
            fprintf(stderr, "diagnostic %zu does not say `%.*s`\n", i + 1, QUELL_ARG(words));
            return false;
        }
        i++;
    }
    return true;
}

static bool check(const char *name, struct quell_str text)
{
    struct arena *arena = arena_new(0);
    struct buf expected = {.size_max = 65536}, found = {.size_max = 65536},
               rendered = {.size_max = 1 << 20};
    struct diag_list diags;
    struct playbook *playbook = fixture_load(arena, text, &diags);
    bool good;
    size_t i;
    add_expected(&expected, text);
    add_found(&found, &diags);
    good = quell_str_equal(buf_str(&expected), buf_str(&found)) && check_words(&diags) &&
           (playbook != NULL) == (diags.errors == 0);
    for (i = 0; i < diags.count; i++)
        diag_render(&rendered, &diags, &diags.items[i], (struct diag_style){false, true});
    if (!good || getenv("SHOW"))
        fprintf(stderr, "%s: expected\n%.*sfound\n%.*s%.*s\n", name, QUELL_ARG(buf_str(&expected)),
                QUELL_ARG(buf_str(&found)), QUELL_ARG(buf_str(&rendered)));
    playbook_free(playbook);
    buf_free(&expected);
    buf_free(&found);
    buf_free(&rendered);
    arena_free(arena);
    return good;
}

static void test_files(void **state)
{
    struct dirent **names;
    int i, count = scandir(FOLDER, &names, NULL, alphasort), files = 0, bad = 0;
    (void)state;
    assert_true(count > 0);
    for (i = 0; i < count; i++) {
        struct arena *arena = arena_new(0);
        struct buf text = {.size_max = 1 << 20};
        char path[512];
        if (str_ends(quell_str_of(names[i]->d_name), QUELL_STR(".yaml"))) {
            (void)snprintf(path, sizeof(path), "%s/%s", FOLDER, names[i]->d_name);
            read_file(path, &text);
            files++;
            bad += !check(names[i]->d_name, buf_str(&text));
            bad += !check(names[i]->d_name, with_crlf(arena, buf_str(&text)));
        }
        buf_free(&text);
        arena_free(arena);
        free(names[i]);
    }
    free(names);
    assert_true(files > 10);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
