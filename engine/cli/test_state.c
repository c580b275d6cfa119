/*
 * test_state.c - reading and writing the list of failed cases. Each line is a JSON text of the
 * file's name, a line break, and the case's name.
 */
#include "cli/test_state.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/file.h"
#include "value/json.h"
#include "value/value.h"

struct test_state {
    struct arena *arena;
    const char **cases, **files;
};

/* The folder is the key: names of files are relative to it. */
static const char *path_of(struct arena *arena, bool make)
{
    const char *state = file_environment("XDG_STATE_HOME"), *home = file_environment("HOME");
    char here[4096];
    struct quell_str folder;

    if (getcwd(here, sizeof(here)) == NULL || (!state && !home))
        return NULL;
    if (state && state[0])
        folder = arena_format(arena, "%s", state);
    else
        folder = arena_format(arena, "%s/.local/state", home ? home : "");
    if (make) {
        (void)mkdir(folder.data, 0700); /* the one that counts is the last */
        (void)mkdir(arena_format(arena, "%.*s/quell", QUELL_ARG(folder)).data, 0700);
    }
    return arena_format(arena, "%.*s/quell/failed-%016llx", QUELL_ARG(folder),
                        (unsigned long long)str_hash(quell_str_of(here)))
        .data;
}

static void add_file(struct test_state *state, size_t *count, struct quell_str name)
{
    size_t i;

    for (i = 0; i < *count; i++)
        if (str_is(name, state->files[i]))
            return;
    if (file_type(arena_str(state->arena, name).data) != FILE_ABSENT)
        state->files[(*count)++] = arena_str(state->arena, name).data;
}

struct test_state *test_state_read(void)
{
    struct test_state *state = memory_new(sizeof(*state));
    struct quell_str text = QUELL_STR(""), line, head, tail;
    struct quell_error ignored;
    struct quell_value value;
    size_t lines = 1, i, cases = 0, files = 0;
    const char *path;
    bool more = true;

    state->arena = arena_new(0);
    path = path_of(state->arena, false);
    if (path && file_read(state->arena, path, LIMIT_DOCUMENT_BYTES, &text, &ignored))
        text = QUELL_STR("");
    for (i = 0; i < text.len; i++)
        lines += text.data[i] == '\n';
    state->cases = arena_array(state->arena, const char *, lines + 1);
    state->files = arena_array(state->arena, const char *, lines + 1);
    while (more && text.len) {
        more = str_cut(text, '\n', &line, &text);
        if (line.len == 0 || json_read(state->arena, line, 0, &value, NULL, &ignored) ||
            !str_cut(quell_str(value), '\n', &head, &tail))
            continue;
        state->cases[cases++] = arena_str(state->arena, quell_str(value)).data;
        add_file(state, &files, head);
    }
    return state;
}

void test_state_free(struct test_state *state)
{
    if (!state)
        return;
    arena_free(state->arena);
    memory_free(state);
}

const char *const *test_state_cases(const struct test_state *state)
{
    return state->cases;
}

const char *const *test_state_files(const struct test_state *state)
{
    return state->files;
}

static void keep_file(struct arena *arena, FILE *file, struct quell_value tested)
{
    struct quell_value cases = quell_get(tested, "cases"), line;
    struct quell_str text;
    size_t i;

    for (i = 0; i < quell_count(cases); i++) {
        if (!quell_text_is(quell_get(quell_at(cases, i), "status"), "failed"))
            continue;
        line = value_format(arena, "%.*s\n%.*s", QUELL_ARG(quell_get_str(tested, "file")),
                            QUELL_ARG(quell_get_str(quell_at(cases, i), "name")));
        text = json_text(arena, line, JSON_COMPACT);
        fprintf(file, "%.*s\n", QUELL_ARG(text));
    }
}

void test_state_keep(struct quell_value result)
{
    struct arena *arena = arena_new(0);
    struct quell_value files = quell_get(result, "files");
    const char *path = path_of(arena, true);
    FILE *file = path ? fopen(path, "we") : NULL;
    size_t i;

    for (i = 0; file && i < quell_count(files); i++)
        keep_file(arena, file, quell_at(files, i));
    if (file)
        (void)fclose(file); /* the next --failed then runs fewer, and says which */
    arena_free(arena);
}
