/*
 * fuzz_cel.c - any line of text as an expression and as a template: a value or a fault inside the
 * text, never a crash, and a value can always be written as JSON.
 *
 * A line may begin with `> `, so that the cases of tests/cel are a corpus.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/cel.h"
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

static void as_expression(struct arena *arena, const struct cel_scope *scope, struct quell_str text)
{
    struct quell_value value = quell_null();
    struct cel_fault fault;
    const struct cel *expr;
    enum quell_code code = cel_parse(arena, text, &expr, &fault);
    if (!code) {
        cel_references(expr, check_reference, &text);
        code = cel_eval(expr, scope, arena, &value, &fault);
    }
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
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
    arena_free(scratch);
    arena_free(arena);
    return 0;
}
