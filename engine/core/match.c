/*
 * match.c - a regular expression tried on a text, for authors and their tools.
 */
#include <inttypes.h>

#include <quell/author.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "core/core.h"
#include "match/regex.h"
#include "value/value.h"

static const struct {
    char letter;
    enum regex_flag flag;
} letters[] = {
    {'i', REGEX_CASELESS}, {'m', REGEX_MULTILINE}, {'s', REGEX_DOTALL}, {'x', REGEX_EXTENDED}};

static enum quell_code read_flags(struct quell_str text, unsigned *flags, struct quell_error *err)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned flag = 0;
        for (size_t k = 0; k < sizeof(letters) / sizeof(letters[0]); k++) {
            if (letters[k].letter == text.data[i])
                flag = letters[k].flag;
        }
        if (!flag)
            return error_set(err, QUELL_INVALID, "`%.*s` are no flags: i, m, s and x are",
                             QUELL_ARG(text));
        *flags |= flag;
    }
    return QUELL_OK;
}

static struct quell_value groups_of(struct arena *arena, const struct regex_find *find)
{
    struct map_builder named = {.arena = arena}, numbered = {.arena = arena};

    for (size_t i = 1; i < find->count; i++) {
        const struct regex_group *group = &find->groups[i];
        struct quell_value text = value_copy_str(arena, group->text);
        if (group->name.len)
            map_put(&named, group->name, text);
        map_put(&numbered, arena_format(arena, "%u", group->number), text);
    }
    return named.count ? map_made(&named) : map_made(&numbered);
}

/* "matches `PowerShell` at byte 3" */
static struct quell_value why_of(struct arena *arena, enum regex_result result,
                                 struct quell_str subject, const struct regex_find *find)
{
    struct quell_str whole = find->count ? find->groups[0].text : QUELL_STR("");

    if (result == REGEX_LIMIT)
        return value_format(arena, "undecided: %s", find->why);
    if (result == REGEX_NO)
        return quell_text("no part of the text matches");
    if (!find->count)
        return quell_text("matches");
    return value_format(arena, "matches `%.*s` at byte %zu", QUELL_ARG(str_slice(whole, 0, 80)),
                        (size_t)(whole.data - subject.data));
}

enum quell_code quell_match(struct quell_str pattern, struct quell_str flags, struct quell_str text,
                            struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena;
    struct map_builder map;
    struct regex *regex = NULL;
    struct regex_find find;
    struct quell_error cause = {0};
    enum regex_result result;
    unsigned bits = 0;
    size_t offset = 0;
    enum quell_code code = read_flags(flags, &bits, err);

    if (code)
        return code;
    code = regex_new(pattern, bits, &regex, &offset, &cause);
    if (code)
        return error_set(err, code, "at byte %zu of the pattern: %s", offset, cause.message);
    arena = document_begin(&made);
    result = regex_find(regex, text, arena, &find);
    map = (struct map_builder){.arena = arena};
    map_add(&map, "match", result == REGEX_LIMIT ? quell_null() : quell_bool(result == REGEX_YES));
    map_add(&map, "groups", groups_of(arena, &find));
    map_add(&map, "why", why_of(arena, result, text, &find));
    regex_free(regex);
    made.value = map_made(&map);
    *document = made;
    return QUELL_OK;
}
