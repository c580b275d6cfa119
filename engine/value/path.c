/*
 * path.c - field paths: parsing, and walking a value along one.
 */
#include "value/path.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "value/value.h"

/* ---- parsing --------------------------------------------------------------------------------- */

struct reader {
    struct quell_str text;
    size_t at;
    struct arena *arena;
    struct quell_error *err;
    struct path_part *parts;
    size_t count;
};

static enum quell_code refuse(const struct reader *in, const char *what)
{
    return error_set(in->err, QUELL_INVALID, "the path `%.*s`, character %zu: %s",
                     QUELL_ARG(in->text), in->at + 1, what);
}

static enum quell_code add(struct reader *in, struct path_part part)
{
    if (in->count == LIMIT_DEPTH)
        return error_set(in->err, QUELL_LIMIT, "the path `%.*s` has more than %d parts",
                         QUELL_ARG(in->text), LIMIT_DEPTH);
    in->parts[in->count++] = part;
    return QUELL_OK;
}

static char peek(const struct reader *in)
{
    return in->at < in->text.len ? in->text.data[in->at] : '\0';
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static enum quell_code read_name(struct reader *in)
{
    size_t from = in->at;
    while (is_name_char(peek(in)))
        in->at++;
    if (in->at == from)
        return refuse(in, "a name is expected (others than letters, digits, `_` and `-` are "
                          "written as `[\"...\"]`)");
    return add(in, (struct path_part){.name = str_slice(in->text, from, in->at)});
}

static enum quell_code read_quoted(struct reader *in, struct path_part *part)
{
    char quote = peek(in);
    size_t from = ++in->at;
    while (in->at < in->text.len && peek(in) != quote)
        in->at++;
    if (in->at == in->text.len)
        return refuse(in, "the closing quote is missing");
    part->name = str_slice(in->text, from, in->at);
    in->at++;
    return QUELL_OK;
}

static enum quell_code read_index(struct reader *in, struct path_part *part)
{
    size_t from = in->at;
    int64_t index;
    while (peek(in) >= '0' && peek(in) <= '9')
        in->at++;
    if (!str_to_int(str_slice(in->text, from, in->at), &index) || index > UINT32_MAX)
        return refuse(in, "a position, a quoted name or `]` is expected");
    part->is_index = true;
    part->index = (size_t)index;
    return QUELL_OK;
}

static enum quell_code read_bracket(struct reader *in)
{
    struct path_part part = {.name = QUELL_STR("")};
    enum quell_code code = QUELL_OK;
    in->at++;
    if (peek(in) == ']')
        part.any = true;
    else if (peek(in) == '"' || peek(in) == '\'')
        code = read_quoted(in, &part);
    else
        code = read_index(in, &part);
    if (code)
        return code;
    if (peek(in) != ']')
        return refuse(in, "`]` is expected");
    in->at++;
    return add(in, part);
}

static enum quell_code read_parts(struct reader *in)
{
    enum quell_code code = peek(in) == '[' ? read_bracket(in) : read_name(in);
    while (code == QUELL_OK && in->at < in->text.len) {
        if (peek(in) == '[') {
            code = read_bracket(in);
        } else if (peek(in) == '.') {
            in->at++;
            code = read_name(in);
        } else {
            code = refuse(in, "`.` or `[` is expected");
        }
    }
    return code;
}

enum quell_code path_parse(struct arena *arena, struct quell_str text, struct path *path,
                           struct quell_error *err)
{
    struct path_part parts[LIMIT_DEPTH];
    struct reader in = {.text = arena_str(arena, text), .arena = arena, .err = err, .parts = parts};
    enum quell_code code = read_parts(&in);
    if (code)
        return code;
    path->text = in.text;
    path->parts = arena_copy(arena, parts, in.count * sizeof(parts[0]));
    path->count = in.count;
    return QUELL_OK;
}

/* ---- walking --------------------------------------------------------------------------------- */

struct walk {
    const struct path *path;
    bool (*each)(struct quell_value found, void *user);
    void *user;
    size_t reached;
};

static bool follow(struct walk *walk, size_t part, struct quell_value value);

static bool follow_items(struct walk *walk, size_t part, struct quell_value list)
{
    for (uint32_t i = 0; i < list.len; i++)
        if (!follow(walk, part, list.as.items[i]))
            return false;
    return true;
}

/* Goes on from `value` with the parts from `part` on; false when the walk has ended. */
static bool follow(struct walk *walk, size_t part, struct quell_value value)
{
    /* What cannot be known is reached, whatever the rest of the path would find in it. */
    if (part == walk->path->count || value.type == QUELL_UNKNOWN) {
        if (walk->reached == LIMIT_MATCH_ELEMENTS)
            return false;
        walk->reached++;
        return walk->each(value, walk->user);
    }
    const struct path_part *step = &walk->path->parts[part];
    if (step->any)
        return value.type != QUELL_LIST || follow_items(walk, part + 1, value);
    if (step->is_index) {
        bool there = value.type == QUELL_LIST && step->index < value.len;
        return !there || follow(walk, part + 1, value.as.items[step->index]);
    }
    if (value.type == QUELL_LIST)
        return follow_items(walk, part, value);
    struct quell_value found;
    return !value_find(value, step->name, &found) || follow(walk, part + 1, found);
}

size_t path_walk(const struct path *path, struct quell_value root,
                 bool (*each)(struct quell_value found, void *user), void *user)
{
    struct walk walk = {.path = path, .each = each, .user = user};
    (void)follow(&walk, 0, root); /* why it ended does not matter here */
    return walk.reached;
}

/* ---- names only ------------------------------------------------------------------------------ */

static bool find_fold(struct quell_value map, struct quell_str key, struct quell_value *found)
{
    if (value_find(map, key, found))
        return true;
    for (uint32_t i = 0; map.type == QUELL_MAP && i < map.len; i++) {
        if (str_equal_fold(quell_str(map.as.pairs[i].key), key)) {
            *found = map.as.pairs[i].value;
            return true;
        }
    }
    return false;
}

static struct quell_value get(struct quell_value root, const char *path,
                              bool (*find)(struct quell_value map, struct quell_str key,
                                           struct quell_value *found))
{
    struct quell_str name, rest = quell_str_of(path);
    bool more = true;
    while (more) {
        struct quell_value found;
        more = str_cut(rest, '.', &name, &rest);
        if (!find(root, name, &found))
            return quell_null();
        root = found;
    }
    return root;
}

struct quell_value path_get_fold(struct quell_value root, const char *path)
{
    return get(root, path, find_fold);
}

struct quell_value path_get(struct quell_value root, const char *path)
{
    return get(root, path, value_find);
}
