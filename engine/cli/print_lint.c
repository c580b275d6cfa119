/*
 * print_lint.c - diagnostics for other programs: SARIF 2.1.0 (OASIS) for code scanning, and the
 * workflow commands that GitHub makes annotations of.
 */
#include <stdio.h>

#include <quell/quell.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/print.h"
#include "value/json.h"
#include "value/value.h"

/* ---- SARIF -------------------------------------------------------------------------------------
 */

static struct quell_value one(struct arena *arena, const char *key, struct quell_value value)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, key, value);
    return map_made(&map);
}

static struct quell_value list_of(struct arena *arena, struct quell_value item)
{
    struct list_builder list = {.arena = arena};

    list_add(&list, item);
    return list_made(&list);
}

static struct quell_value sarif_rule(struct arena *arena, struct quell_value rule)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "id", quell_get(rule, "code"));
    map_add(&map, "shortDescription", one(arena, "text", quell_get(rule, "sentence")));
    map_add(&map, "defaultConfiguration", one(arena, "level", quell_get(rule, "severity")));
    return map_made(&map);
}

static struct quell_value sarif_rules(struct arena *arena, struct quell_value rules)
{
    struct list_builder list = {.arena = arena};

    for (size_t i = 0; i < quell_count(rules); i++)
        list_add(&list, sarif_rule(arena, quell_at(rules, i)));
    return list_made(&list);
}

static struct quell_value sarif_region(struct arena *arena, struct quell_value span)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "startLine", quell_get(span, "line"));
    map_add(&map, "startColumn", quell_get(span, "column"));
    map_add(&map, "endLine", quell_get(span, "end_line"));
    map_add(&map, "endColumn", quell_get(span, "end_column"));
    return map_made(&map);
}

/* A relative path is a relative URI when its bytes are allowed in one. */
static struct quell_value sarif_file(struct arena *arena, struct quell_value diagnostic)
{
    struct quell_str path = quell_get_str(diagnostic, "file");
    struct buf out = {0};
    struct quell_value uri;

    if (path.len && path.data[0] == '/')
        buf_add_text(&out, "file://");
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.data[i];
        if (c <= ' ' || c >= 0x7f || c == '%' || c == '?' || c == '#')
            buf_add_format(&out, "%%%02X", (unsigned)c);
        else
            buf_add_char(&out, (char)c);
    }
    uri = value_copy_str(arena, buf_str(&out));
    buf_free(&out);
    return one(arena, "uri", uri);
}

static struct quell_value sarif_fix(struct arena *arena, struct quell_value diagnostic)
{
    struct quell_value fix = quell_get(diagnostic, "fix");
    struct map_builder replacement = {.arena = arena}, change = {.arena = arena},
                       map = {.arena = arena};

    map_add(&replacement, "deletedRegion", sarif_region(arena, fix));
    map_add(&replacement, "insertedContent", one(arena, "text", quell_get(fix, "text")));
    map_add(&change, "artifactLocation", sarif_file(arena, diagnostic));
    map_add(&change, "replacements", list_of(arena, map_made(&replacement)));
    map_add(&map, "description", one(arena, "text", quell_get(diagnostic, "hint")));
    map_add(&map, "artifactChanges", list_of(arena, map_made(&change)));
    return map_made(&map);
}

/* Message, label, note and help in one text: viewers show nothing else. */
static struct quell_value sarif_message(struct arena *arena, struct quell_value diagnostic)
{
    static const char *const parts[] = {"label", "note", "hint"};
    struct quell_str text = quell_get_str(diagnostic, "message");

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct quell_str part = quell_get_str(diagnostic, parts[i]);
        if (part.len)
            text = arena_format(arena, "%.*s\n%.*s", QUELL_ARG(text), QUELL_ARG(part));
    }
    return one(arena, "text", quell_string(text));
}

static struct quell_value sarif_result(struct arena *arena, struct quell_value diagnostic)
{
    struct map_builder map = {.arena = arena}, physical = {.arena = arena};

    map_add(&physical, "artifactLocation", sarif_file(arena, diagnostic));
    map_add(&physical, "region", sarif_region(arena, diagnostic));
    map_add(&map, "ruleId", quell_get(diagnostic, "code"));
    map_add(&map, "level", quell_get(diagnostic, "severity"));
    map_add(&map, "message", sarif_message(arena, diagnostic));
    map_add(&map, "locations", list_of(arena, one(arena, "physicalLocation", map_made(&physical))));
    if (quell_is(quell_get(diagnostic, "fix"), QUELL_MAP))
        map_add(&map, "fixes", list_of(arena, sarif_fix(arena, diagnostic)));
    return map_made(&map);
}

static struct quell_value sarif_run(struct arena *arena, struct quell_value report)
{
    struct map_builder driver = {.arena = arena}, map = {.arena = arena};
    struct list_builder results = {.arena = arena};
    struct quell_value diagnostics = quell_get(report, "diagnostics");

    map_add(&driver, "name", quell_text("quell"));
    map_add(&driver, "version", quell_text(QUELL_VERSION));
    map_add(&driver, "rules", sarif_rules(arena, quell_get(report, "rules")));
    for (size_t i = 0; i < quell_count(diagnostics); i++)
        list_add(&results, sarif_result(arena, quell_at(diagnostics, i)));
    map_add(&map, "tool", one(arena, "driver", map_made(&driver)));
    map_add(&map, "columnKind", quell_text("unicodeCodePoints"));
    map_add(&map, "results", list_made(&results));
    return map_made(&map);
}

void print_sarif(const struct quell_document *document)
{
    struct arena *arena = arena_new(0);
    struct map_builder map = {.arena = arena};
    struct quell_str text;

    map_add(&map, "$schema", quell_text("https://json.schemastore.org/sarif-2.1.0.json"));
    map_add(&map, "version", quell_text("2.1.0"));
    map_add(&map, "runs", list_of(arena, sarif_run(arena, document->value)));
    text = json_text(arena, map_made(&map), JSON_PRETTY);
    printf("%.*s\n", QUELL_ARG(text));
    arena_free(arena);
}

/* ---- GitHub ------------------------------------------------------------------------------------
 */

/* Workflow commands are lines: what ends one, or a property of it, is encoded. */
static void print_encoded(struct quell_str text, bool property)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
            printf("%%%02X", (unsigned)(unsigned char)c);
        else
            putchar(c);
    }
}

void print_github(const struct quell_document *document)
{
    struct quell_value diagnostics = quell_get(document->value, "diagnostics");

    for (size_t i = 0; i < quell_count(diagnostics); i++) {
        struct quell_value diagnostic = quell_at(diagnostics, i);
        struct arena *arena = arena_new(0);
        struct quell_str severity = quell_get_str(diagnostic, "severity");

        printf("::%s file=", str_is(severity, "note") ? "notice" : severity.data);
        print_encoded(quell_get_str(diagnostic, "file"), true);
        printf(",line=%lld,col=%lld,endLine=%lld,endColumn=%lld,title=",
               (long long)quell_get_int(diagnostic, "line", 1),
               (long long)quell_get_int(diagnostic, "column", 1),
               (long long)quell_get_int(diagnostic, "end_line", 1),
               (long long)quell_get_int(diagnostic, "end_column", 1));
        print_encoded(quell_get_str(diagnostic, "code"), true);
        printf("::");
        print_encoded(quell_get_str(sarif_message(arena, diagnostic), "text"), false);
        putchar('\n');
        arena_free(arena);
    }
}
