/*
 * fn_regex.c - matches(), and the extension `regex`. Their rows are in fn_regex.def.
 *
 * Matches of one text follow each other without overlapping; an empty one right behind another is
 * none, as RE2 has it.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cel/evaluation.h"
#include "cel/overload.h"
#include "cel/regex.h"

/* A step of the evaluation is worth so many of the matcher's: 100,000 of them are some 40 ms [M].
 * Compiling costs as much as five hundred visits, beginning a search as twenty. */
enum { MATCHER_STEPS = 30, COMPILE_STEPS = 500, SEARCH_STEPS = 20 };

bool regex_function(const struct function_row *row, bool *captures)
{
    *captures = row->run == cel_regex_extract || row->run == cel_regex_extract_all ||
                row->run == cel_regex_replace;
    return *captures || row->run == cel_regex_matches;
}

/* ---- searching ----------------------------------------------------------------------------- */

struct search {
    struct evaluation *e;
    const struct node *node;
    const struct cel_regex *regex;
    struct quell_str text;
    struct regex_match match; /* the last one */
    size_t next;              /* where the next search begins */
    size_t end;               /* of the match before, SIZE_MAX before the first */
};

/* The compiled pattern: from the parser, from the last call, or made now. */
static enum quell_code pattern_of(struct evaluation *e, const struct node *node,
                                  struct quell_value pattern, const struct cel_regex **regex)
{
    enum quell_code code = QUELL_OK;
    bool captures;
    if (node->regex) {
        *regex = node->regex;
        return QUELL_OK;
    }
    (void)regex_function(node->rows[0], &captures);
    if (!e->regex || e->captures != captures || !quell_str_equal(e->pattern, quell_str(pattern))) {
        code = evaluation_charge(e, node, COMPILE_STEPS);
        if (!code)
            code = evaluation_room(e, node, 0);
        if (code)
            return code;
        e->trouble.missing = false;
        code = regex_compile(e->arena, quell_str(pattern), node->kids[1]->whole, captures,
                             &e->regex, &e->trouble.fault);
        e->pattern = quell_str(pattern);
        e->captures = captures;
    }
    if (!code)
        *regex = e->regex;
    else
        e->regex = NULL;
    return code;
}

static enum quell_code search_begin(struct evaluation *e, const struct node *node,
                                    const struct quell_value *arguments, struct search *search)
{
    struct quell_str text = quell_str(arguments[0]);
    enum quell_code code = pattern_of(e, node, arguments[1], &search->regex);
    if (code)
        return code;
    if (text.len > LIMIT_MATCH_FIELD_BYTES)
        return evaluation_limit(e, node, "`%.*s` looks at texts of %d bytes at most",
                                QUELL_ARG(node->name), LIMIT_MATCH_FIELD_BYTES);
    if (utf8_valid(text) != text.len)
        return evaluation_fail(e, node, "this text is not valid UTF-8");
    search->e = e;
    search->node = node;
    search->text = text;
    search->next = 0;
    search->end = SIZE_MAX;
    return QUELL_OK;
}

/* Finds one from search->next on. */
static enum quell_code find(struct search *search, bool *found)
{
    struct evaluation *e = search->e;
    size_t work;
    enum quell_code code = evaluation_charge(e, search->node, SEARCH_STEPS);
    if (code)
        return code;
    work = e->steps * MATCHER_STEPS;
    code = regex_locate(search->regex, search->text, search->next, &e->regex_memory, &work, found,
                        &search->match);
    e->steps = work / MATCHER_STEPS;
    if (code)
        return evaluation_limit(e, search->node, "this pattern costs too much on this text");
    return QUELL_OK;
}

/* The next match; *found is false behind the last one. */
static enum quell_code search_next(struct search *search, bool *found)
{
    uint32_t code_point;
    bool again;
    do {
        enum quell_code code;
        size_t from, to;
        *found = false;
        if (search->next > search->text.len)
            return QUELL_OK;
        code = find(search, found);
        if (code || !*found)
            return code;
        from = search->match.groups[0].from;
        to = search->match.groups[0].to;
        again = from == to && from == search->end; /* right behind the one before */
        search->next = to;
        if (from == to)
            search->next += to < search->text.len ? utf8_read(search->text, to, &code_point) : 1;
        search->end = to;
    } while (again);
    return QUELL_OK;
}

/* The part of the text that a group matched; false when it took no part. */
static bool group(const struct search *search, size_t index, struct quell_str *part)
{
    size_t from = search->match.groups[index].from;
    if (from == SIZE_MAX)
        return false;
    *part = str_slice(search->text, from, search->match.groups[index].to);
    return true;
}

enum quell_code cel_regex_matches(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    struct search search;
    bool found = false;
    enum quell_code code = search_begin(e, node, arguments, &search);
    if (!code)
        code = find(&search, &found);
    if (!code)
        *made = quell_bool(found);
    return code;
}

/* ---- extracting ---------------------------------------------------------------------------- */

/* One group at most says what is meant: it, or else the whole match. */
static enum quell_code one_group(const struct search *search)
{
    if (regex_groups(search->regex) < 2)
        return QUELL_OK;
    (void)evaluation_fail(search->e, search->node, "this pattern has %zu groups",
                          regex_groups(search->regex));
    return evaluation_help(search->e,
                           "with (?:...) a group is only a bracket; one may say what is meant");
}

enum quell_code cel_regex_extract(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    struct search search;
    struct quell_str part;
    bool found = false;
    enum quell_code code = search_begin(e, node, arguments, &search);
    if (!code)
        code = one_group(&search);
    if (!code)
        code = find(&search, &found);
    if (code)
        return code;
    if (found && group(&search, regex_groups(search.regex), &part))
        return evaluation_optional(e, node, quell_string(part), made);
    *made = (struct quell_value){.type = QUELL_OPTIONAL};
    return QUELL_OK;
}

enum quell_code cel_regex_extract_all(struct evaluation *e, const struct node *node,
                                      const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_value *items = NULL;
    size_t count = 0, cap = 0;
    struct search search;
    bool found = true;
    enum quell_code code = search_begin(e, node, arguments, &search);
    if (!code)
        code = one_group(&search);
    while (!code && found) {
        struct quell_str part;
        size_t index;
        code = search_next(&search, &found);
        index = code ? 0 : regex_groups(search.regex);
        if (code || !found || !group(&search, index, &part) || (index && !part.len))
            continue;
        if (count == cap && !evaluation_grow(e, node, &items, &cap))
            return QUELL_LIMIT;
        items[count++] = quell_string(part);
    }
    if (!code)
        *made = quell_list(items, count);
    return code;
}

/* ---- replacing ----------------------------------------------------------------------------- */

/* `\\` is a backslash, `\0` the match, `\1` to `\9` what a group matched. */
static enum quell_code check_replacement(const struct search *search, struct quell_str by)
{
    for (size_t i = 0; i < by.len; i++) {
        char c = i + 1 < by.len ? by.data[i + 1] : '\0';
        if (by.data[i] != '\\')
            continue;
        if (c >= '0' && c <= '9' && (size_t)(c - '0') > regex_groups(search->regex))
            return evaluation_fail(search->e, search->node, "this pattern has no group %c", c);
        if (c != '\\' && !(c >= '0' && c <= '9')) {
            (void)evaluation_fail(
                search->e, search->node,
                "a backslash in the replacement stands before a digit or another");
            return evaluation_help(search->e, "\\1 is the first group, \\\\ a backslash");
        }
        i++;
    }
    return QUELL_OK;
}

static void add_replacement(const struct search *search, struct quell_str by, struct buf *out)
{
    for (size_t i = 0; i < by.len; i++) {
        struct quell_str part;
        if (by.data[i] != '\\') {
            buf_add_char(out, by.data[i]);
            continue;
        }
        i++;
        if (by.data[i] == '\\')
            buf_add_char(out, '\\');
        else if (group(search, (size_t)(by.data[i] - '0'), &part))
            buf_add_str(out, part);
    }
}

/* Everything up to `most` matches (all when it is negative), replaced. */
static enum quell_code replace(struct search *search, struct quell_str by, int64_t most,
                               struct buf *out)
{
    size_t done = 0;
    bool found = true;
    for (int64_t i = 0; most < 0 || i < most; i++) {
        enum quell_code code = search_next(search, &found);
        if (!code && found && !buf_over(out))
            code = evaluation_charge(search->e, search->node, by.len / 64);
        if (code)
            return code;
        if (!found || buf_over(out))
            break;
        buf_add_str(out, str_slice(search->text, done, search->match.groups[0].from));
        add_replacement(search, by, out);
        done = search->match.groups[0].to;
    }
    buf_add_str(out, str_slice(search->text, done, search->text.len));
    return QUELL_OK;
}

enum quell_code cel_regex_replace(struct evaluation *e, const struct node *node,
                                  const struct quell_value *arguments, struct quell_value *made)
{
    struct buf out = {.size_max = LIMIT_CEL_TEXT_BYTES};
    struct quell_str by = quell_str(arguments[2]);
    struct search search;
    enum quell_code code = search_begin(e, node, arguments, &search);
    if (!code)
        code = check_replacement(&search, by);
    if (!code)
        code = replace(&search, by, node->count == 4 ? arguments[3].as.integer : -1, &out);
    if (!code)
        return evaluation_built(e, node, &out, made);
    buf_free(&out);
    return code;
}
