/*
 * page.c - prose with tables in it: what all pages share.
 */
#include "docs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "value/fields.h"

enum { LINE_MAX_BYTES = 4096 };
static bool after_blank; /* the line printed last was empty */

void print_blank(void)
{
    if (!after_blank)
        putchar('\n');
    after_blank = false;
}

void print_cell(struct quell_str text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '|')
            putchar('\\');
        putchar(text.data[i] == '\n' ? ' ' : text.data[i]);
    }
}

void print_sentence(const char *text)
{
    size_t len = strlen(text);

    if (len == 0)
        return;
    putchar(toupper((unsigned char)text[0]));
    fputs(text + 1, stdout);
    if (text[len - 1] != '.')
        putchar('.');
}

void print_yaml(const char *text)
{
    printf("```yaml\n%s%s```\n", text, text[strlen(text) - 1] == '\n' ? "" : "\n");
}

/* ---- keywords ----------------------------------------------------------------------------------
 */

/* Texts without their quotes, as they are written in YAML. */
static void print_default(struct quell_str json)
{
    if (json.len > 2 && json.data[0] == '"')
        json = str_slice(json, 1, json.len - 1);
    printf(", default `%.*s`", QUELL_ARG(json));
}

static void print_type(const struct quell_field *field)
{
    struct arena *arena = arena_new(0);
    struct quell_str text = fields_type_text(arena, field);

    if (field->flags & QUELL_EXPRESSION)
        text = QUELL_STR("expression");
    printf("%.*s", QUELL_ARG(text));
    if (field->flags & QUELL_REQUIRED)
        printf(", required");
    if (field->fallback)
        print_default(quell_str_of(field->fallback));
    arena_free(arena);
}

void print_keyword(const struct quell_field *field, const struct keyword *keyword)
{
    print_blank();
    printf("#### `%s`%s\n\n*", keyword->title, keyword->behind);
    print_type(field);
    printf("; %s.* ", keyword->where);
    print_sentence(field->doc);
    printf("\n");
    if (keyword->example) {
        printf("\n");
        print_yaml(keyword->example);
    }
}

/* To the section, by the name that GitHub gives its heading. */
void print_link(const struct keyword *keyword)
{
    const char *parts[] = {keyword->title, keyword->behind};
    size_t i;
    const char *at;

    at = strrchr(keyword->title, '.');
    printf("[`%s`](#", at ? at + 1 : keyword->title);
    for (i = 0; i < 2; i++)
        for (at = parts[i]; *at; at++)
            if (isalnum((unsigned char)*at) || *at == '-' || *at == '_' || *at == ' ')
                putchar(*at == ' ' ? '-' : tolower((unsigned char)*at));
    printf(")");
}

void print_fields(const struct quell_field *table)
{
    struct arena *arena = arena_new(0);
    const struct quell_field *field;

    printf("| key | type | meaning |\n| --- | --- | --- |\n");
    for (field = table; field->name; field++) {
        printf("| `%s` | ", field->name);
        print_cell(fields_type_text(arena, field));
        printf(" | ");
        print_cell(quell_str_of(field->doc));
        printf(" |\n");
    }
    arena_free(arena);
}

/* ---- the template ------------------------------------------------------------------------------
 */

static bool print_file(struct quell_str name)
{
    char path[LINE_MAX_BYTES];
    FILE *file;
    int c;

    (void)snprintf(path, sizeof(path), "%s/%.*s", DOCS_DIR, QUELL_ARG(name));
    file = fopen(path, "re");
    if (!file)
        return false;
    printf("```yaml\n");
    while ((c = fgetc(file)) != EOF)
        putchar(c);
    printf("```\n");
    (void)fclose(file);
    return true;
}

static bool print_directive(const char *line, directive_fn *directive)
{
    struct quell_str text = str_trim(quell_str_of(line + 1)), name, argument = QUELL_STR("");
    size_t blank = str_find(text, QUELL_STR(" "), 0);

    name = text;
    if (blank != SIZE_MAX) {
        name = str_slice(text, 0, blank);
        argument = str_slice(text, blank + 1, text.len);
    }
    if (str_is(name, "file") ? print_file(argument) : directive(name, argument))
        return true;
    fprintf(stderr, "quell-docs: nothing is known of `%s`\n", line);
    return false;
}

bool print_template(const char *page, directive_fn *directive)
{
    char path[LINE_MAX_BYTES], line[LINE_MAX_BYTES];
    bool good = true;
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s.in.md", DOCS_DIR, page);
    file = fopen(path, "re");
    if (!file) {
        fprintf(stderr, "quell-docs: %s is not there\n", path);
        return false;
    }
    while (good && fgets(line, sizeof(line), file)) {
        if (line[0] == '@')
            good = print_directive(line, directive);
        else
            fputs(line, stdout);
        after_blank = line[0] == '\n';
    }
    (void)fclose(file);
    return good;
}
