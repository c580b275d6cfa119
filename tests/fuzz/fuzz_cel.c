/*
 * fuzz_cel.c - any line of text as an expression and as a template: a value or a fault inside the
 * text, never a crash, and a value can always be written as JSON. What the type checker says of an
 * expression is true of its value.
 *
 * A line may begin with `> `, so that the cases of tests/cel are a corpus. Its bytes also choose
 * among the examples of the function tables, which are put into each other: so every function is
 * called with what it does not expect.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/cel.h"
#include "cel/check.h"
#include "cel/tagged.h"
#include "cel/token.h"
#include "cel/check.h"
#include "incident/incident.h"
#include "value/json.h"
#include "value/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char incident[] =
    "{\"severity\": \"High\", \"n\": 3, \"big\": 12345678901234567890, \"none\": null, \"l\": [1, "
    "2, 3],"
    " \"m\": {\"a\": 1, \"sub\": {\"b\": 2}}, \"s\": \"d\xc3\xa9j\xc3\xa0 vu\", \"entities\":"
    " [{\"kind\": \"Host\", \"name\": \"fin-ws-114\"}, {\"kind\": \"User\"}]}";

static struct cel_scope variables(struct arena *arena)
{
    struct cel_scope scope = {.outer = NULL};
    struct map_builder map = {.arena = arena};
    struct quell_value value;
    struct quell_error err;
    if (json_read(arena, quell_str_of(incident), sizeof(incident), &value, NULL, &err))
        abort();
    for (size_t i = 0; i < value.len; i++)
        map_add_key(&map, value.as.pairs[i].key, value.as.pairs[i].value);
    map_add(&map, "incident", value);
    map_add(&map, "u", quell_unknown(QUELL_STR("later")));
    map_add(&map, "secret", value_secret(quell_text("hunter2")));
    map_add(&map, "t", value_time(1780228800, 1));
    map_add(&map, "d", value_duration(90, 0));
    scope.vars = map_made(&map);
    return scope;
}

static void check(enum quell_code code, const struct cel_fault *fault, struct quell_str text,
                  struct quell_value value)
{
    struct buf out = {.size_max = 1 << 24};
    if (code && (size_t)fault->place.offset + fault->place.len > text.len)
        abort();
    if (code && (!fault->message[0] || (code != QUELL_INVALID && code != QUELL_LIMIT)))
        abort();
    if (!code)
        json_write(&out, value, JSON_PRETTY);
    if (buf_over(&out))
        abort();
    buf_free(&out);
}

static void check_reference(const struct cel_reference *reference, void *user)
{
    const struct quell_str *text = user;
    for (size_t i = 0; i < reference->count; i++) {
        if ((size_t)reference->places[i].offset + reference->places[i].len > text->len)
            abort();
    }
}

static const struct cel_type *declared(struct quell_str name, void *user)
{
    if (str_is(name, "incident"))
        return cel_type_fields(user, name, incident_fields);
    return str_is(name, "n") ? &cel_int : str_is(name, "u") ? &cel_dyn : NULL;
}

/* Checks the types, also of calls that nobody knows: every problem lies inside the text. */
static void check_types(struct arena *arena, struct quell_str text)
{
    struct cel_options options = {.dotted = true, .late = true};
    struct cel_environment environment = {
        .library = cel_library_new(arena), .variable = declared, .user = arena};
    struct cel_problems problems;
    struct cel_fault fault;
    const struct cel *expr;
    if (cel_parse_with(arena, text, &options, &expr, &fault))
        return;
    if (!cel_type_text(arena, cel_check(expr, &environment, arena, &problems)).len)
        abort();
    for (size_t i = 0; i < problems.count; i++) {
        const struct cel_fault *said = &problems.items[i].fault;
        if ((size_t)said->place.offset + said->place.len > text.len || !said->message[0])
            abort();
    }
}

/* ---- types ------------------------------------------------------------------------------------
 */

static const struct cel_type *anything(struct quell_str name, void *user)
{
    struct quell_value unused;
    return value_find(((const struct cel_scope *)user)->vars, name, &unused) ? &cel_dyn : NULL;
}

/* Whether a value may be of the type; what is inside of it, too. */
static bool is_of(struct quell_value value, const struct cel_type *type)
{
    static const int kinds[] = {
        [QUELL_NULL] = CEL_NULL,         [QUELL_BOOL] = CEL_BOOL,
        [QUELL_INT] = CEL_INT,           [QUELL_UINT] = CEL_UINT,
        [QUELL_DOUBLE] = CEL_DOUBLE,     [QUELL_STRING] = CEL_STRING,
        [QUELL_BYTES] = CEL_BYTES,       [QUELL_LIST] = CEL_LIST,
        [QUELL_MAP] = CEL_MAP,           [QUELL_TIME] = CEL_TIMESTAMP,
        [QUELL_DURATION] = CEL_DURATION, [QUELL_OPTIONAL] = CEL_OPTIONAL,
        [QUELL_TYPE] = CEL_TYPE,         [QUELL_UNKNOWN] = CEL_DYN,
        [QUELL_IP] = CEL_OPAQUE,         [QUELL_CIDR] = CEL_OPAQUE,
    };
    if (value.type == QUELL_UNKNOWN || type->kind == CEL_DYN ||
        (type->nullable && value.type == QUELL_NULL))
        return true;
    if (type->kind == CEL_OBJECT)
        return value.type == QUELL_MAP;
    if ((int)type->kind != kinds[value.type])
        return false;
    for (size_t i = 0; (value.type == QUELL_LIST || value.type == QUELL_OPTIONAL) && i < value.len;
         i++)
        if (!is_of(value.as.items[i], type->of[0]))
            return false;
    for (size_t i = 0; value.type == QUELL_MAP && i < value.len; i++)
        if (!is_of(value.as.pairs[i].key, type->of[0]) ||
            !is_of(value.as.pairs[i].value, type->of[1]))
            return false;
    return true;
}

/* The type of an expression, or NULL when the checker refuses it. */
static const struct cel_type *type_of(struct arena *arena, const struct cel_scope *scope,
                                      const struct cel *expr, struct quell_str text)
{
    struct cel_environment environment = {.library = cel_library_new(arena),
                                          .variable = anything,
                                          .user = (void *)(uintptr_t)scope,
                                          .mixed_numbers = true};
    struct cel_problems problems = {NULL, 0};
    const struct cel_type *type = cel_check(expr, &environment, arena, &problems);
    for (size_t i = 0; i < problems.count; i++)
        check(QUELL_INVALID, &problems.items[i].fault, text, quell_null());
    return problems.count ? NULL : type;
}

static void check_tags(struct arena *arena, struct quell_value value)
{
    struct quell_value again;
    if (!value_has_unknown(value) && !tagged_read(arena, tagged_write(arena, value), &again))
        abort();
}

static void as_expression(struct arena *arena, const struct cel_scope *scope, struct quell_str text)
{
    struct quell_value value = quell_null();
    struct cel_options options = {
        .container = QUELL_STR("incident.m"), .dotted = true, .late = true};
    struct cel_fault fault;
    const struct cel *expr;
    enum quell_code code = cel_parse(arena, text, &expr, &fault);
    if (!code) {
        const struct cel_type *type = type_of(arena, scope, expr, text);
        cel_references(expr, check_reference, &text);
        code = cel_eval(expr, scope, arena, &value, &fault);
        if (!code && type && !is_of(value, type)) {
            fprintf(stderr, "the value of %.*s is not %.*s\n", QUELL_ARG(text),
                    QUELL_ARG(cel_type_text(arena, type)));
            abort();
        }
        if (!code)
            check_tags(arena, value);
    }
    check(code, &fault, text, value);
    code = cel_parse_with(arena, text, &options, &expr, &fault);
    if (!code)
        code = cel_eval(expr, scope, arena, &value, &fault);
    check(code, &fault, text, value);
    check_types(arena, text);
}

static void as_template(struct arena *arena, const struct cel_scope *scope, struct quell_str text)
{
    struct quell_value value = quell_null();
    struct cel_fault fault;
    const struct cel_template *template;
    enum quell_code code = cel_template_parse(arena, text, &template, &fault);
    if (!code)
        code = cel_template_eval(template, scope, arena, &value, &fault);
    check(code, &fault, text, value);
}

/* ---- examples of the tables, put into each other ------------------------------------------------
 */

static const char *const odd[] = {"u",   "secret", "incident", "none", "t",  "d",
                                  "-1",  "''",     "b'\\xff'", "[u]",  "{}", "9223372036854775807",
                                  "0.0", "big",    "entities", "s",    "l",  "optional.none()"};

/* An example; one of its tokens is replaced by another example, or by something odd. */
static struct quell_str spliced(struct arena *arena, const uint8_t bytes[4])
{
    size_t count;
    const struct cel_function_info *rows = cel_functions(&count);
    struct quell_str outer = quell_str_of(rows[(bytes[0] + 256u * bytes[3]) % count].example);
    const char *inner = bytes[2] & 1 ? odd[bytes[1] % (sizeof(odd) / sizeof(odd[0]))]
                                     : rows[(bytes[1] + 7u * bytes[3]) % count].example;
    struct lexer lexer = {.text = outer};
    struct place place = {0, 0};
    struct token token;
    struct cel_fault fault;
    for (size_t i = bytes[2] / 2 % 24 + 1; i && !token_next(&lexer, &token, &fault); i--) {
        if (token.kind == TOKEN_END)
            break;
        place = token.place;
    }
    return arena_format(arena, "%.*s(%s)%.*s", (int)place.offset, outer.data, inner,
                        QUELL_ARG(str_slice(outer, place.offset + place.len, outer.len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { SPLICES = 32 }; /* of one input */
    struct arena *arena = arena_new(0), *scratch = arena_new(0);
    struct cel_scope scope = variables(arena);
    struct quell_str line, rest = {(const char *)data, size};
    while (rest.len) {
        (void)str_cut(rest, '\n', &line, &rest);
        if (str_starts(line, QUELL_STR("> ")))
            line = str_slice(line, 2, line.len);
        as_expression(scratch, &scope, line);
        as_template(scratch, &scope, line);
        as_template(scratch, &scope, arena_format(scratch, "a ${{ %.*s }} b", QUELL_ARG(line)));
        arena_reset(scratch);
    }
    for (size_t i = 0; i + 4 <= size && i < SPLICES * 4; i += 4) {
        as_expression(scratch, &scope, spliced(scratch, data + i));
        arena_reset(scratch);
    }
    arena_free(scratch);
    arena_free(arena);
    return 0;
}
