/*
 * type_read.c - types and signatures from text: of the function tables, of declarations.
 *
 * The grammar is written down in functions.def.
 */
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/type.h"

enum { PARTS_MAX = 16, LETTERS_MAX = 8 };

struct reader {
    struct arena *arena;
    struct quell_str text;
    size_t at;
    unsigned depth;
    struct quell_str letters[LETTERS_MAX]; /* type parameters seen so far */
    size_t letter_count;
};

static const struct {
    const char *name;
    const struct cel_type *type;
} simple[] = {
    {"dyn", &cel_dyn},
    {"any", &cel_dyn},
    {"null", &cel_null},
    {"null_type", &cel_null},
    {"bool", &cel_bool},
    {"int", &cel_int},
    {"int64", &cel_int},
    {"uint", &cel_uint},
    {"uint64", &cel_uint},
    {"double", &cel_double},
    {"string", &cel_string},
    {"bytes", &cel_bytes},
    {"timestamp", &cel_timestamp},
    {"google.protobuf.Timestamp", &cel_timestamp},
    {"duration", &cel_duration},
    {"google.protobuf.Duration", &cel_duration},
};

static const struct {
    const char *name;
    enum cel_kind kind;
    size_t parts;
} compound[] = {
    {"list", CEL_LIST, 1},         {"map", CEL_MAP, 2},
    {"optional", CEL_OPTIONAL, 1}, {"optional_type", CEL_OPTIONAL, 1},
    {"type", CEL_TYPE, 1},
};

static bool take(struct reader *reader, const char *mark)
{
    size_t len = strlen(mark);
    if (!str_starts(str_slice(reader->text, reader->at, reader->text.len), quell_str_of(mark)))
        return false;
    reader->at += len;
    return true;
}

static void skip_blanks(struct reader *reader)
{
    while (take(reader, " "))
        ;
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
}

static struct quell_str take_name(struct reader *reader)
{
    size_t from = reader->at;
    while (reader->at < reader->text.len && is_name_byte(reader->text.data[reader->at]) &&
           !str_starts(str_slice(reader->text, reader->at, reader->text.len), QUELL_STR("...")))
        reader->at++;
    return str_slice(reader->text, from, reader->at);
}

static const struct cel_type *parameter(struct reader *reader, struct quell_str letter)
{
    struct cel_type *made;
    size_t i = 0;
    while (i < reader->letter_count && !quell_str_equal(reader->letters[i], letter))
        i++;
    if (i == LETTERS_MAX)
        return NULL;
    if (i == reader->letter_count)
        reader->letters[reader->letter_count++] = letter;
    made = arena_one(reader->arena, struct cel_type);
    made->kind = CEL_PARAMETER;
    made->name = letter;
    made->number = (uint32_t)i;
    return made;
}

static const struct cel_type *read_type(struct reader *reader);

/* What stands between brackets, when there are any. */
static bool read_parts(struct reader *reader, const struct cel_type **parts, size_t *count)
{
    *count = 0;
    if (!take(reader, "("))
        return true;
    if (reader->depth++ >= LIMIT_DEPTH)
        return false;
    do {
        skip_blanks(reader);
        if (*count == PARTS_MAX)
            return false;
        parts[*count] = read_type(reader);
        if (!parts[(*count)++])
            return false;
        skip_blanks(reader);
    } while (take(reader, ","));
    reader->depth--;
    return take(reader, ")");
}

static const struct cel_type *read_named(struct reader *reader, struct quell_str name)
{
    const struct cel_type *parts[PARTS_MAX];
    size_t count;
    if (!read_parts(reader, parts, &count))
        return NULL;
    for (size_t i = 0; !count && i < sizeof(simple) / sizeof(simple[0]); i++) {
        if (str_is(name, simple[i].name))
            return simple[i].type;
    }
    for (size_t i = 0; i < sizeof(compound) / sizeof(compound[0]); i++) {
        if (!str_is(name, compound[i].name))
            continue;
        if (count && count != compound[i].parts)
            return NULL;
        for (size_t k = count; k < compound[i].parts; k++)
            parts[k] = &cel_dyn;
        if (compound[i].parts == 2)
            return cel_type_map(reader->arena, parts[0], parts[1]);
        return cel_type_of(reader->arena, compound[i].kind, parts[0]);
    }
    return cel_type_opaque(reader->arena, arena_str(reader->arena, name),
                           arena_copy(reader->arena, parts, count * sizeof(*parts)), count);
}

static const struct cel_type *read_type(struct reader *reader)
{
    struct quell_str name;
    if (take(reader, "param:")) {
        name = take_name(reader);
        return name.len ? parameter(reader, arena_str(reader->arena, name)) : NULL;
    }
    name = take_name(reader);
    if (!name.len)
        return NULL;
    if (name.len == 1 && name.data[0] >= 'A' && name.data[0] <= 'Z')
        return parameter(reader, arena_str(reader->arena, name));
    return read_named(reader, name);
}

static const struct cel_type *read_union(struct reader *reader)
{
    const struct cel_type *parts[PARTS_MAX];
    struct cel_type *made;
    size_t count = 0;
    do {
        skip_blanks(reader);
        if (count == PARTS_MAX)
            return NULL;
        parts[count] = read_type(reader);
        if (!parts[count++])
            return NULL;
    } while (take(reader, " |"));
    if (count == 1)
        return parts[0];
    made = arena_one(reader->arena, struct cel_type);
    made->kind = CEL_UNION;
    made->of = arena_copy(reader->arena, parts, count * sizeof(*parts));
    made->count = (uint16_t)count;
    return made;
}

const struct cel_type *cel_type_read(struct arena *arena, struct quell_str text)
{
    struct reader reader = {.arena = arena, .text = text};
    const struct cel_type *type = read_union(&reader);
    skip_blanks(&reader);
    return reader.at == text.len ? type : NULL;
}

/* ---- signatures --------------------------------------------------------------------------------
 */

/* `type.` or `(union).` before the name of a method. */
static bool read_receiver(struct reader *reader, struct quell_str name,
                          const struct cel_type **receiver)
{
    struct quell_str tail = arena_format(reader->arena, ".%.*s(", QUELL_ARG(name));
    struct reader inner = *reader;
    size_t end = str_find(reader->text, tail, 0);
    if (end == SIZE_MAX)
        return false;
    inner.text = str_slice(reader->text, 0, end);
    if (inner.text.len > 2 && inner.text.data[0] == '(') {
        inner.at = 1;
        *receiver = read_union(&inner);
        if (!*receiver || !take(&inner, ")"))
            return false;
    } else {
        *receiver = read_union(&inner);
    }
    if (!*receiver || inner.at != end)
        return false;
    memcpy(reader->letters, inner.letters, sizeof(inner.letters));
    reader->letter_count = inner.letter_count;
    reader->at = end + 1;
    return true;
}

/* `x: ` before the type of a macro's variable. */
static bool take_variable(struct reader *reader)
{
    size_t from = reader->at;
    if (take_name(reader).len && take(reader, ": "))
        return true;
    reader->at = from;
    return false;
}

static bool read_arguments(struct reader *reader, const struct cel_type **parameters,
                           struct cel_signature *made)
{
    while (!take(reader, ")")) {
        bool variable;
        if (made->count == PARTS_MAX || made->more)
            return false;
        if (made->count > (size_t)made->method && !take(reader, ", "))
            return false;
        variable = take_variable(reader);
        if (variable && made->count != (size_t)made->method + made->variables)
            return false;
        made->variables = (uint8_t)(made->variables + variable);
        parameters[made->count] = read_union(reader);
        if (!parameters[made->count++])
            return false;
        made->more = take(reader, "...");
    }
    return true;
}

bool cel_signature_read(struct arena *arena, struct quell_str name, struct quell_str text,
                        struct cel_signature *made)
{
    const struct cel_type *parameters[PARTS_MAX];
    struct reader reader = {.arena = arena, .text = text};
    struct cel_signature read = {.method = false};
    if (!str_starts(text, name) || !take_name(&reader).len || reader.at != name.len ||
        !str_starts(str_slice(text, reader.at, text.len), QUELL_STR("("))) {
        reader.at = 0;
        read.method = true;
        if (!read_receiver(&reader, name, &parameters[0]))
            return false;
        read.count = 1;
    } else {
        reader.at = 0;
    }
    reader.at += name.len;
    if (!take(&reader, "(") || !read_arguments(&reader, parameters, &read) ||
        !take(&reader, " -> "))
        return false;
    read.result = read_union(&reader);
    if (!read.result || reader.at != text.len)
        return false;
    read.parameters = arena_copy(arena, parameters, read.count * sizeof(*parameters));
    read.letters = (uint8_t)reader.letter_count;
    *made = read;
    return true;
}
