/*
 * test_file.c - reading files and folders whole: limits, errors, standard input, order.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "loop/file.h"

struct fixture {
    struct arena *arena;
    char folder[64];
};

static int setup(void **state)
{
    struct fixture *fixture = test_calloc(1, sizeof *fixture);

    fixture->arena = arena_new(0);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/quell-file-XXXXXX");
    *state = fixture;
    return mkdtemp(fixture->folder) ? 0 : -1;
}

static const char *path_of(struct fixture *fixture, const char *name)
{
    return arena_format(fixture->arena, "%s/%s", fixture->folder, name).data;
}

static void put(struct fixture *fixture, const char *name, const char *text, size_t len)
{
    int fd = open(path_of(fixture, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    assert_int_equal(close(fd), 0);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    static const char *const all[] = {"", NULL};
    struct quell_str *paths = NULL;
    size_t count = 0, i;

    if (file_list(fixture->arena, fixture->folder, all, &paths, &count, NULL) == QUELL_OK) {
        for (i = 0; i < count; i++) {
            if (unlink(paths[i].data) != 0)
                (void)rmdir(paths[i].data);
        }
    }
    (void)unlink(path_of(fixture, ".hidden.yaml"));
    (void)rmdir(fixture->folder);
    arena_free(fixture->arena);
    test_free(fixture);
    return 0;
}

static void test_reads_all_bytes(void **state)
{
    struct fixture *fixture = *state;
    static const char bytes[] = "one\0two\xff\n";
    struct quell_str text = {0};

    put(fixture, "f", bytes, sizeof bytes - 1);
    assert_int_equal(file_read(fixture->arena, path_of(fixture, "f"), 100, &text, NULL), QUELL_OK);
    assert_int_equal(text.len, sizeof bytes - 1);
    assert_memory_equal(text.data, bytes, sizeof bytes); /* with the NUL behind it */
}

static void test_empty_file(void **state)
{
    struct fixture *fixture = *state;
    struct quell_str text = {NULL, 7};

    put(fixture, "f", "", 0);
    assert_int_equal(file_read(fixture->arena, path_of(fixture, "f"), 100, &text, NULL), QUELL_OK);
    assert_int_equal(text.len, 0);
    assert_string_equal(text.data, "");
}

static void test_limit_is_the_last_size_allowed(void **state)
{
    struct fixture *fixture = *state;
    char *big = test_malloc(50000);
    struct quell_str text = {0};
    struct quell_error err;

    memset(big, 'x', 50000);
    put(fixture, "f", big, 50000);
    assert_int_equal(file_read(fixture->arena, path_of(fixture, "f"), 50000, &text, &err),
                     QUELL_OK);
    assert_int_equal(text.len, 50000);
    text.len = 3;
    assert_int_equal(file_read(fixture->arena, path_of(fixture, "f"), 49999, &text, &err),
                     QUELL_LIMIT);
    assert_int_equal(text.len, 3); /* outputs are untouched on failure */
    assert_non_null(strstr(err.message, "49999"));
    test_free(big);
}

static void test_absent_denied_and_folder(void **state)
{
    struct fixture *fixture = *state;
    struct quell_str text;
    struct quell_error err;

    assert_int_equal(file_read(fixture->arena, path_of(fixture, "no"), 10, &text, &err),
                     QUELL_NOT_FOUND);
    assert_non_null(strstr(err.message, "/no: "));
    assert_int_equal(file_read(fixture->arena, fixture->folder, 10, &text, &err), QUELL_IO);
    put(fixture, "f", "x", 1);
    assert_int_equal(chmod(path_of(fixture, "f"), 0), 0);
    if (geteuid() != 0) /* root may read everything */
        assert_int_equal(file_read(fixture->arena, path_of(fixture, "f"), 10, &text, &err),
                         QUELL_DENIED);
}

static void test_standard_input(void **state)
{
    struct fixture *fixture = *state;
    struct quell_str text = {0};
    int saved = dup(STDIN_FILENO), ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "piped", 5), 5);
    assert_int_equal(close(ends[1]), 0);
    assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
    assert_int_equal(file_read(fixture->arena, "-", 5, &text, NULL), QUELL_OK);
    assert_true(str_is(text, "piped"));
    if (saved >= 0)
        assert_true(dup2(saved, STDIN_FILENO) >= 0);
    assert_int_equal(close(ends[0]), 0);
    (void)close(saved);
}

static void test_lists_sorted_by_ending(void **state)
{
    struct fixture *fixture = *state;
    static const char *const endings[] = {".yaml", ".yml", NULL};
    struct quell_str *paths = NULL;
    size_t count = 0;

    put(fixture, "b.yaml", "", 0);
    put(fixture, "a.yml", "", 0);
    put(fixture, "B.yaml", "", 0);
    put(fixture, "c.txt", "", 0);
    put(fixture, ".hidden.yaml", "", 0);
    assert_int_equal(file_list(fixture->arena, fixture->folder, endings, &paths, &count, NULL),
                     QUELL_OK);
    assert_int_equal(count, 3);
    assert_string_equal(paths[0].data, path_of(fixture, "B.yaml"));
    assert_string_equal(paths[1].data, path_of(fixture, "a.yml"));
    assert_string_equal(paths[2].data, path_of(fixture, "b.yaml"));
    /* A slash at the folder's end is not doubled. */
    assert_int_equal(file_list(fixture->arena, path_of(fixture, ""), endings, &paths, &count, NULL),
                     QUELL_OK);
    assert_string_equal(paths[0].data, path_of(fixture, "B.yaml"));
}

static void test_lists_many_and_none(void **state)
{
    struct fixture *fixture = *state;
    static const char *const endings[] = {".x", NULL};
    struct quell_str *paths = NULL;
    size_t count = 9, i;

    assert_int_equal(file_list(fixture->arena, fixture->folder, endings, &paths, &count, NULL),
                     QUELL_OK);
    assert_int_equal(count, 0);
    for (i = 0; i < 40; i++)
        put(fixture, arena_format(fixture->arena, "%02zu.x", 39 - i).data, "", 0);
    assert_int_equal(file_list(fixture->arena, fixture->folder, endings, &paths, &count, NULL),
                     QUELL_OK);
    assert_int_equal(count, 40);
    for (i = 1; i < count; i++)
        assert_true(str_compare(paths[i - 1], paths[i]) < 0);
    assert_int_equal(
        file_list(fixture->arena, path_of(fixture, "no"), endings, &paths, &count, NULL),
        QUELL_NOT_FOUND);
    assert_int_equal(count, 40);
}

static void test_types_and_environment(void **state)
{
    struct fixture *fixture = *state;

    put(fixture, "f", "", 0);
    assert_int_equal(file_type(path_of(fixture, "f")), FILE_REGULAR);
    assert_int_equal(file_type(fixture->folder), FILE_FOLDER);
    assert_int_equal(file_type(path_of(fixture, "no")), FILE_ABSENT);
    assert_int_equal(file_type("/dev/null"), FILE_OTHER);
    assert_int_equal(setenv("QUELL_TEST_FILE", "yes", 1), 0);
    assert_string_equal(file_environment("QUELL_TEST_FILE"), "yes");
    assert_null(file_environment("QUELL_TEST_NO_SUCH"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reads_all_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limit_is_the_last_size_allowed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent_denied_and_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(test_standard_input, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists_sorted_by_ending, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists_many_and_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_types_and_environment, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
