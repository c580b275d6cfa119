/*
 * page_playbook.c - what stands behind the `@` lines of playbook.in.md.
 */
#include "docs.h"

#include <stdio.h>
#include <string.h>

#include <quell/quell.h>

#include "base/str.h"
#include "incident/incident.h"
#include "match/match.h"
#include "playbook/guide.h"
#include "playbook/playbook.h"

enum { PARTS = 64 };
static bool printed[PARTS];

/* The title of a keyword's section: what stands alone is named alone. */
static struct keyword keyword_of(const struct guide_part *part, const struct quell_field *field,
                                 char title[64])
{
    const struct guide_example *example = guide_example(part->name, field->name);
    bool step = strcmp(part->name, "step") == 0;
    bool alone = step || strcmp(part->name, "top") == 0;

    (void)snprintf(title, 64, "%s%s%s", alone ? "" : part->name, alone ? "" : ".", field->name);
    return (struct keyword){.title = title,
                            .behind = step ? " (step)" : "",
                            .where = part->where,
                            .example = example ? example->text : NULL};
}

static bool print_part(struct quell_str name)
{
    size_t i, count;
    const struct guide_part *parts = guide_parts(&count);
    const struct quell_field *field;
    char title[64];

    for (i = 0; i < count && !str_is(name, parts[i].name); i++)
        ;
    if (i == count || i >= PARTS)
        return false;
    printed[i] = true;
    for (field = parts[i].fields; field->name; field++) {
        struct keyword keyword = keyword_of(&parts[i], field, title);
        if (!(field->flags & PLAYBOOK_LATER))
            print_keyword(field, &keyword);
    }
    return true;
}

bool playbook_complete(void)
{
    size_t i, count;
    const struct guide_part *parts = guide_parts(&count);

    for (i = 0; i < count; i++)
        if (!printed[i]) {
            fprintf(stderr, "quell-docs: playbook.in.md has no `@keys %s`\n", parts[i].name);
            return false;
        }
    return true;
}

static bool print_contents(void)
{
    size_t i, count;
    const struct guide_part *parts = guide_parts(&count);
    const struct quell_field *field;
    char title[64];

    for (i = 0; i < count; i++) {
        const char *comma = "";
        for (field = parts[i].fields; field->name; field++) {
            struct keyword keyword = keyword_of(&parts[i], field, title);
            if (field->flags & PLAYBOOK_LATER)
                continue;
            if (!*comma)
                printf("* %s: ", parts[i].where);
            printf("%s", comma);
            print_link(&keyword);
            comma = " ";
        }
        if (*comma)
            printf("\n");
    }
    return true;
}

/* ---- tables ------------------------------------------------------------------------------------
 */

static bool print_operators(void)
{
    size_t count, i;
    const struct match_operator_info *rows = match_operators(&count);

    printf("| operator | meaning | example |\n| --- | --- | --- |\n");
    for (i = 0; i < count; i++) {
        printf("| `%s` | ", rows[i].name);
        print_cell(quell_str_of(rows[i].doc));
        printf(" | `");
        print_cell(quell_str_of(rows[i].example));
        printf("` |\n");
    }
    return true;
}

static bool print_kinds(void)
{
    printf("| kind | |\n| --- | --- |\n");
#define STEP(name, keyword, doc) printf("| `%s` | %s |\n", keyword, doc);
#include "playbook/steps.def"
#undef STEP
    return true;
}

static bool print_sources(void)
{
    size_t i;

    printf("Recognised by shape, or named by a hook's `source:` or `--source`.\n\n"
           "| source | what it reads |\n| --- | --- |\n");
    for (i = 0; incident_sources[i]; i++)
        printf("| `%s` | %s |\n", incident_sources[i]->name, incident_sources[i]->doc);
    return true;
}

static bool print_presence(void)
{
    printf("| expression | gives | |\n| --- | --- | --- |\n");
#define PRESENCE(expression, gives, says) printf("| `%s` | `%s` | %s |\n", expression, gives, says);
#include "presence.def"
#undef PRESENCE
    return true;
}

/* The first line in which the two differ, without what it is indented by. */
static void print_difference(const char *text, const char *other)
{
    struct quell_str rest = quell_str_of(text), line = rest;
    size_t end;

    do {
        end = str_find(rest, QUELL_STR("\n"), 0);
        line = end == SIZE_MAX ? rest : str_slice(rest, 0, end);
        rest = end == SIZE_MAX ? QUELL_STR("") : str_slice(rest, end + 1, rest.len);
    } while (rest.len && str_find(quell_str_of(other), line, 0) != SIZE_MAX);
    line = str_trim(line);
    if (str_starts(line, QUELL_STR("- ")))
        line = str_slice(line, 2, line.len);
    print_cell(line);
}

static bool print_traps(void)
{
    printf("| what happens | not so | but so |\n| --- | --- | --- |\n");
#define TRAP(says, code, bad, good)                                                                \
    printf("| %s (%s) | `", says, code);                                                           \
    print_difference(bad, good);                                                                   \
    printf("` | `");                                                                               \
    print_difference(good, bad);                                                                   \
    printf("` |\n");
#include "traps.def"
#undef TRAP
    return true;
}

static bool print_root(struct quell_str name)
{
    static const struct {
        const char *name, *title, *about;
        const struct quell_field *fields;
    } roots[] = {
        {"steps", "steps.<id>",
         "Of a step that stands earlier in the text; where it may not have run, write "
         "`steps.<id>.?output`.",
         playbook_step_fields},
        {"run", "run", "The run itself.", playbook_run_fields},
        {"playbook", "playbook", "What stands at the playbook's top.", playbook_self_fields},
        {"event", "event", "With `on: run`: the run that started this one.", playbook_event_fields},
        {"error", "error", "Why a step or the run failed.", playbook_error_fields},
        {"incident", "incident",
         "Every source is turned into this one shape; every key is there, maybe null or empty. The "
         "sender's own JSON is `incident.raw`.",
         incident_fields},
    };
    size_t i;

    for (i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
        if (str_is(name, roots[i].name)) {
            print_blank();
            printf("### Read as `%s`\n\n%s\n\n", roots[i].title, roots[i].about);
            print_fields(roots[i].fields);
            return true;
        }
    return false;
}

static bool print_refusals(void)
{
    struct quell_document document;
    struct quell_value kinds = quell_refusal_kinds(&document);

    printf("| reason | |\n| --- | --- |\n");
    for (size_t i = 0; i < quell_count(kinds); i++)
        printf("| `%.*s` | %.*s |\n", QUELL_ARG(quell_str(kinds.as.pairs[i].key)),
               QUELL_ARG(quell_str(kinds.as.pairs[i].value)));
    quell_document_free(&document);
    return true;
}

bool playbook_directive(struct quell_str name, struct quell_str argument)
{
    static const struct {
        const char *name;
        bool (*print)(void);
    } plain[] = {{"contents", print_contents}, {"operators", print_operators},
                 {"kinds", print_kinds},       {"sources", print_sources},
                 {"presence", print_presence}, {"traps", print_traps},
                 {"refusals", print_refusals}};
    size_t i;

    for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        if (str_is(name, plain[i].name))
            return plain[i].print();
    return str_is(name, "keys")     ? print_part(argument)
           : str_is(name, "fields") ? print_root(argument)
                                    : false;
}
