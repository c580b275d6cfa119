/*
 * cmd_fmt.c - `quell fmt PATH...`: one way to lay out playbooks.
 */
#include <stdio.h>
#include <string.h>

#include <quell/author.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "cli/command.h"
#include "loop/file.h"

struct formatting {
    const struct args *args;
    size_t files, changed;
    int status;
};

static void show_text(struct quell_value text)
{
    (void)fwrite(text.as.text, 1, text.len, stdout);
}

/* What becomes of a formatted file: shown, counted or written. */
static enum quell_code keep(struct formatting *formatting, const char *path,
                            struct quell_value made, struct quell_error *err)
{
    bool changed = quell_get_bool(made, "changed", false);
    bool check = args_flag(formatting->args, "check"), diff = args_flag(formatting->args, "diff");

    formatting->changed += changed;
    if (diff)
        show_text(quell_get(made, "diff"));
    if (strcmp(path, "-") == 0 && !check && !diff)
        show_text(quell_get(made, "text"));
    else if (changed && check && !diff)
        printf("%s\n", path);
    if (changed && check)
        formatting->status = EXIT_FINDING;
    if (!changed || check || diff || strcmp(path, "-") == 0)
        return QUELL_OK;
    printf("%s\n", path);
    return file_replace(path, quell_get_str(made, "text"), err);
}

static void format_file(struct formatting *formatting, const char *path)
{
    struct arena *arena = arena_new(0);
    struct quell_document document = {0};
    struct quell_str text, rendered = QUELL_STR("");
    struct quell_error err = {0};
    enum quell_code code = file_read(arena, path, LIMIT_DOCUMENT_BYTES, &text, &err);

    formatting->files++;
    if (code == QUELL_OK)
        code = quell_format(text, strcmp(path, "-") == 0 ? "standard input" : path, &document,
                            &rendered, &err);
    if (code == QUELL_OK)
        code = keep(formatting, path, document.value, &err);
    if (code) {
        fprintf(stderr, "%.*s", QUELL_ARG(rendered));
        (void)fail(&err);
        formatting->status = EXIT_TOOL;
    }
    quell_document_free(&document);
    arena_free(arena);
}

static void format_path(struct formatting *formatting, const char *path)
{
    static const char *const endings[] = {".yaml", ".yml", NULL};
    struct arena *arena = arena_new(0);
    struct quell_str *paths;
    size_t count, i;
    struct quell_error err = {0};

    if (file_type(path) != FILE_FOLDER) {
        format_file(formatting, path);
    } else if (file_list(arena, path, endings, &paths, &count, &err)) {
        formatting->status = fail(&err);
    } else {
        for (i = 0; i < count; i++)
            format_file(formatting, paths[i].data);
    }
    arena_free(arena);
}

static int run(const struct args *args)
{
    struct formatting formatting = {.args = args};
    bool written = !args_flag(args, "check") && !args_flag(args, "diff");

    for (size_t i = 0; i < args->word_count; i++)
        format_path(&formatting, args->words[i]);
    (void)fflush(stdout); /* so that the summary on stderr comes last */
    if (formatting.files == 0)
        fprintf(stderr, "No YAML files here: nothing was done.\n");
    else if (formatting.status != EXIT_TOOL && strcmp(args->words[0], "-") != 0)
        fprintf(stderr, "%zu of %zu file%s %s.\n", formatting.changed, formatting.files,
                formatting.files == 1 ? "" : "s", written ? "changed" : "would change");
    return formatting.status;
}

static const struct option_row options[] = {
    {"check", 0, OPTION_FLAG, NULL, "Write nothing; exit 1 when a file would change."},
    {"diff", 0, OPTION_FLAG, NULL, "Write nothing; show what would change."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_fmt = {
    .name = "fmt",
    .words = "PATH...",
    .doc = "Lays out playbooks in one way: files, folders of them, or - for stdin to stdout.",
    .more = "Indentation, spacing and the order of keys change; comments, quotes and what a file "
            "means do not.\nTexts that YAML would not read are put in quotes.\n\n"
            "exit codes: 0 done, 1 a file would change under --check, 2 a file is no YAML\n",
    .words_min = 1,
    .words_max = ARGS_MAX,
    .options = options,
    .run = run,
};
