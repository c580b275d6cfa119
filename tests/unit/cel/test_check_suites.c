/*
 * test_check_suites.c - the type checker against the suites of CEL: what type is deduced, what is
 * refused. Skipped, with a count of 0, where the corpora do not stand beside the source tree.
 *
 * What is compared: the type of every expression that has one, that there is a problem where one is
 * expected, and that nothing which evaluates to a value is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "cel/check.h"
#include "value/json.h"
#include "value/value.h"

/* Cases of the checker's own suite that ask for what is not here, and why. */
static const struct {
    const char *expr, *why;
} exceptions[] = {
    {"TestAllTypes{single_int32: 1, single_int64: 2}", "a protobuf message"},
    {"TestAllTypes{?single_int32: 1}", "a protobuf message"},
    {".google.expr.proto3.test.TestAllTypes", "a protobuf type by its name"},
    {"x.single_timestamp == google.protobuf.Timestamp{", "a protobuf message"},
    {"x.single_bool_wrapper == google.protobuf.BoolValue{", "a protobuf message"},
    {"x.single_int32 != null", "a protobuf type that cannot be resolved"},
    {"a.?b", "optional fields switched off"},
    {"has(a.?b.c)", "optional fields switched off"},
    {"{?'key': {'a': 'b'}.?value}.key", "optional entries switched off"},
    {"{?'nested': a.b}", "optional entries switched off"},
    {"[?a, ?b, 'world']", "optional entries switched off"},
};

/* File, and how many of its cases hold: all of them, exceptions included. */
static const struct {
    const char *file;
    int least;
} suites[] = {
    {"conformance/type_deduction", 26}, {"cel-go-suites/checking", 87},
    {"conformance/basic", 43},          {"conformance/comparisons", 334},
    {"conformance/conversions", 109},   {"conformance/fields", 60},
    {"conformance/fp_math", 30},        {"conformance/integer_math", 64},
    {"conformance/lists", 39},          {"conformance/logic", 30},
    {"conformance/macros", 44},         {"conformance/namespace", 14},
    {"conformance/optionals", 59},      {"conformance/parse", 193},
    {"conformance/plumbing", 5},        {"conformance/string", 51},
    {"conformance/timestamps", 77},     {"conformance/bindings_ext", 8},
    {"conformance/encoders_ext", 4},    {"conformance/macros2", 46},
    {"conformance/math_ext", 199},      {"conformance/network_ext", 69},
    {"conformance/string_ext", 213},    {"cel-go-ext/lists", 39},
    {"cel-go-ext/regex", 45},           {"cel-go-ext/sets", 32},
};

/* What docs/cel.md says of the checker's own suite. */
static const struct {
    const char *file;
    int held, all;
} documented[] = {
#define SUITE(file, judging, held, all) {file, held, all},
#define EXCEPTION(file, where, mark, count, why)
#include "../../cel/conformance.def"
#undef SUITE
#undef EXCEPTION
};

static void check_documented(const char *file, int held, int all)
{
    for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]); i++) {
        if (strcmp(documented[i].file, file) == 0 && strcmp(file, "cel-go-suites/checking") == 0) {
            assert_int_equal(held, documented[i].held);
            assert_int_equal(all, documented[i].all);
        }
    }
}

static FILE *open_suite(const char *file)
{
    static const char *const places[] = {"..", "../..", "../../.."};
    char path[1024];
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        FILE *opened;
        (void)snprintf(path, sizeof(path), "%s/%s/shared/corpora/cel/%s.jsonl", QUELL_SOURCE_DIR,
                       places[i], file);
        opened = fopen(path, "rb");
        if (opened)
            return opened;
    }
    return NULL;
}

/* ---- the world of cel-go's tests ------------------------------------------------------------- */

struct world {
    struct arena *arena;
    struct cel_member variables[64];
    size_t count;
    struct cel_declaration functions[32];
    size_t function_count;
};

static void declare(struct world *world, struct quell_str name, const struct cel_type *type)
{
    world->variables[world->count++] = (struct cel_member){name, type};
}

static const struct cel_type *find(struct quell_str name, void *user)
{
    const struct world *world = user;
    for (size_t i = world->count; i-- > 0;) {
        if (quell_str_equal(world->variables[i].name, name))
            return world->variables[i].type;
    }
    return NULL;
}

static const struct cel_type *read_type(struct world *world, const char *text)
{
    const struct cel_type *type = cel_type_read(world->arena, quell_str_of(text));
    assert_non_null(type);
    return type;
}

/* The message that cel-go's tests read: a map of these fields. */
static const struct cel_type *message(struct world *world)
{
    static const struct {
        const char *name, *type;
    } fields[] = {
        {"single_int32", "int"},
        {"single_int64", "int"},
        {"single_value", "dyn"},
        {"single_struct", "map(string, dyn)"},
        {"single_timestamp", "timestamp"},
        {"single_duration", "duration"},
        {"repeated_int32", "list(int)"},
        {"repeated_int64", "list(int)"},
        {"map_string_string", "map(string, string)"},
        {"map_int64_nested_type", "map(int, map(string, dyn))"},
        {"single_bool_wrapper", "bool"},
        {"single_bytes_wrapper", "bytes"},
        {"single_double_wrapper", "double"},
        {"single_float_wrapper", "double"},
        {"single_int32_wrapper", "int"},
        {"single_int64_wrapper", "int"},
        {"single_string_wrapper", "string"},
        {"single_uint32_wrapper", "uint"},
        {"single_uint64_wrapper", "uint"},
    };
    static const struct cel_member nested[] = {{{"bb", 2}, &cel_int}, {{"nested_id", 9}, &cel_int}};
    enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };
    struct cel_member *members = arena_array(world->arena, struct cel_member, FIELDS + 2);
    for (size_t i = 0; i < FIELDS; i++)
        members[i] =
            (struct cel_member){quell_str_of(fields[i].name), read_type(world, fields[i].type)};
    members[FIELDS].name = QUELL_STR("single_nested_message");
    members[FIELDS + 1].name = QUELL_STR("nestedgroup");
    members[FIELDS].type = members[FIELDS + 1].type =
        cel_type_object(world->arena, QUELL_STR("NestedMessage"), nested, 2);
    return cel_type_object(world->arena, QUELL_STR("TestAllTypes"), members, FIELDS + 2);
}

static const struct cel_type *proto_type(struct world *world, struct quell_value type);

static const struct cel_type *proto_abstract(struct world *world, struct quell_value value)
{
    struct quell_value of = quell_get(value, "parameterTypes");
    const struct cel_type **parts =
        arena_array(world->arena, const struct cel_type *, quell_count(of));
    for (size_t i = 0; i < quell_count(of); i++)
        parts[i] = proto_type(world, quell_at(of, i));
    if (str_is(quell_get_str(value, "name"), "optional_type"))
        return cel_type_of(world->arena, CEL_OPTIONAL, parts[0]);
    return cel_type_opaque(world->arena, quell_get_str(value, "name"), parts, quell_count(of));
}

/* A type as cel-go's protobuf declarations write it. */
static const struct cel_type *proto_type(struct world *world, struct quell_value type)
{
    static const struct cel_type *const primitives[] = {
        &cel_dyn, &cel_bool, &cel_int, &cel_uint, &cel_double, &cel_string, &cel_bytes};
    struct quell_value kind = quell_get(type, "typeKind"), value = quell_get(kind, "value");
    struct quell_str is = quell_get_str(kind, "case");
    if (str_is(is, "primitive"))
        return primitives[value.as.integer];
    if (str_is(is, "listType"))
        return cel_type_of(world->arena, CEL_LIST, proto_type(world, quell_get(value, "elemType")));
    if (str_is(is, "mapType"))
        return cel_type_map(world->arena, proto_type(world, quell_get(value, "keyType")),
                            proto_type(world, quell_get(value, "valueType")));
    if (str_is(is, "abstractType"))
        return proto_abstract(world, value);
    if (str_is(is, "typeParam"))
        return cel_type_read(world->arena,
                             arena_format(world->arena, "param:%.*s", QUELL_ARG(quell_str(value))));
    if (str_is(is, "messageType") && quell_text_is(value, "google.protobuf.Int32Value"))
        return cel_type_nullable(world->arena, &cel_int);
    if (str_is(is, "messageType"))
        return message(world);
    assert_true(str_is(is, "dyn"));
    return &cel_dyn;
}

/* A declaration's overloads, written as signatures; `type` gives each type as a value. */
static void declare_function(struct world *world, struct quell_str name, bool method,
                             const struct cel_type *const *parameters, size_t count,
                             const struct cel_type *result)
{
    struct quell_str text = arena_format(world->arena, "%s", "");
    struct cel_declaration *made = &world->functions[world->function_count++];
    for (size_t i = method; i < count; i++)
        text = arena_format(world->arena, "%.*s%s%.*s", QUELL_ARG(text), i > method ? ", " : "",
                            QUELL_ARG(cel_type_text(world->arena, parameters[i])));
    text =
        arena_format(world->arena, "%.*s%s%.*s(%.*s) -> %.*s",
                     QUELL_ARG(method ? cel_type_text(world->arena, parameters[0]) : QUELL_STR("")),
                     method ? "." : "", QUELL_ARG(name), QUELL_ARG(text),
                     QUELL_ARG(cel_type_text(world->arena, result)));
    made->name = name;
    if (!cel_signature_read(world->arena, name, text, &made->signature))
        fail_msg("%.*s", QUELL_ARG(text));
}

static void declare_proto(struct world *world, struct quell_value declaration)
{
    struct quell_str name = quell_get_str(declaration, "name");
    struct quell_value value = quell_get(quell_get(declaration, "declKind"), "value");
    struct quell_value overloads = quell_get(value, "overloads");
    if (!quell_is(overloads, QUELL_LIST))
        declare(world, name, proto_type(world, quell_get(value, "type")));
    for (size_t i = 0; i < quell_count(overloads); i++) {
        struct quell_value overload = quell_at(overloads, i), of = quell_get(overload, "params");
        const struct cel_type *parameters[8];
        for (size_t k = 0; k < quell_count(of); k++) {
            parameters[k] = proto_type(world, quell_at(of, k));
            if (parameters[k]->kind == CEL_OBJECT)
                parameters[k] = read_type(world, "map(string, dyn)");
        }
        declare_function(world, name, quell_get_bool(overload, "isInstanceFunction", false),
                         parameters, quell_count(of),
                         proto_type(world, quell_get(overload, "resultType")));
    }
}

static const struct cel_type *named(struct world *world, struct quell_str text)
{
    const struct cel_type *type = cel_type_read(world->arena, text);
    return type ? type : &cel_dyn;
}

static void declare_plain(struct world *world, struct quell_value declaration)
{
    struct quell_str name = quell_get_str(declaration, "name");
    struct quell_value overloads = quell_get(declaration, "function");
    if (!quell_is(overloads, QUELL_LIST))
        declare(world, name, named(world, quell_get_str(declaration, "type")));
    for (size_t i = 0; i < quell_count(overloads); i++) {
        struct quell_value overload = quell_at(overloads, i);
        struct quell_value of = quell_get(overload, "params");
        const struct cel_type *parameters[8];
        for (size_t k = 0; k < quell_count(of); k++)
            parameters[k] = named(world, quell_str(quell_at(of, k)));
        declare_function(world, name, false, parameters, quell_count(of),
                         named(world, quell_get_str(overload, "result")));
    }
}

static void populate(struct world *world, struct quell_value test)
{
    static const struct {
        const char *name, *type;
    } variables[] = {{"is", "string"}, {"ii", "int"},    {"iu", "uint"}, {"iz", "bool"},
                     {"ib", "bytes"},  {"id", "double"}, {"ix", "null"}};
    const struct cel_type *strings[] = {&cel_string, &cel_string};
    struct quell_value plain = quell_get(test, "type_env"),
                       proto = quell_get(test, "type_env_proto"),
                       bindings = quell_get(test, "bindings");
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        declare(world, quell_str_of(variables[i].name), read_type(world, variables[i].type));
    declare_function(world, QUELL_STR("fg_s"), false, strings, 0, &cel_string);
    declare_function(world, QUELL_STR("fi_s_s"), true, strings, 1, &cel_string);
    for (size_t i = 0; i < quell_count(bindings); i++)
        declare(world, quell_str(bindings.as.pairs[i].key), &cel_dyn);
    for (size_t i = 0; i < quell_count(plain); i++)
        declare_plain(world, quell_at(plain, i));
    for (size_t i = 0; i < quell_count(proto); i++)
        declare_proto(world, quell_at(proto, i));
}

/* ---- one case -------------------------------------------------------------------------------- */

static bool has_flag(struct quell_value test, const char *flag)
{
    struct quell_value flags = quell_get(test, "flags");
    for (size_t i = 0; i < quell_count(flags); i++) {
        if (quell_text_is(quell_at(flags, i), flag))
            return true;
    }
    return false;
}

/* Problems that cel-go lists: lines that begin with ERROR. */
static size_t count_errors(struct quell_str text)
{
    size_t count = 0, at = 0;
    while ((at = str_find(text, QUELL_STR("ERROR: "), at)) != SIZE_MAX) {
        count++;
        at++;
    }
    return count;
}

struct expectation {
    bool error;            /* some problem */
    size_t errors;         /* so many, when not 0 */
    struct quell_str type; /* or empty */
};

static struct expectation expectation_of(struct quell_value test)
{
    struct quell_value expect = quell_get(test, "expect"), unused;
    struct expectation wanted = {.type = quell_get_str(test, "type")};
    if (quell_is(expect, QUELL_MAP)) {
        wanted.type = quell_get_str(expect, "type");
        return wanted; /* an error there is one of the evaluation */
    }
    wanted.error = quell_find(test, QUELL_STR("error"), &unused);
    wanted.errors = count_errors(quell_get_str(test, "error"));
    return wanted;
}

static bool same_type(struct world *world, const struct cel_type *type, struct quell_str wanted)
{
    const struct cel_type *read;
    if (str_starts(wanted, QUELL_STR("google.expr.proto")))
        return type->kind == CEL_OBJECT;
    read = cel_type_read(world->arena, wanted);
    return read && cel_type_equal(type, read) &&
           quell_str_equal(cel_type_wire(world->arena, type), cel_type_wire(world->arena, read));
}

/* Whether a value of the tag may be of the type that was deduced. */
static bool fits_tag(const struct cel_type *type, struct quell_str tag)
{
    static const struct {
        const char *tag;
        enum cel_kind kind;
    } tags[] = {{"bool", CEL_BOOL},         {"int", CEL_INT},
                {"uint", CEL_UINT},         {"double", CEL_DOUBLE},
                {"string", CEL_STRING},     {"bytes", CEL_BYTES},
                {"list", CEL_LIST},         {"timestamp", CEL_TIMESTAMP},
                {"duration", CEL_DURATION}, {"type", CEL_TYPE},
                {"map", CEL_MAP},           {"null", CEL_NULL}};
    if (type->kind == CEL_DYN || (type->nullable && str_is(tag, "null")))
        return true;
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        if (str_is(tag, tags[i].tag))
            return type->kind == tags[i].kind;
    }
    return true;
}

/* NULL when it holds, else why not. */
static const char *judge(struct world *world, struct quell_value test)
{
    struct expectation wanted = expectation_of(test);
    struct quell_value expect = quell_get(test, "expect"), unused;
    struct cel_options options = {
        .container = quell_get_str(test, "container"), .dotted = true, .late = true};
    struct cel_environment environment = {.library = cel_library_new(world->arena),
                                          .variable = find,
                                          .user = world,
                                          .functions = world->functions};
    struct cel_problems problems = {NULL, 0};
    struct cel_fault fault = {.message = ""};
    const struct cel_type *type;
    const struct cel *expr;
    bool fails = quell_find(expect, QUELL_STR("error"), &unused) ||
                 quell_find(expect, QUELL_STR("error_any"), &unused);
    populate(world, test);
    environment.function_count = world->function_count;
    if (cel_parse_with(world->arena, quell_get_str(test, "expr"), &options, &expr, &fault))
        return wanted.error || fails ? NULL : arena_format(world->arena, "%s", fault.message).data;
    if (has_flag(test, "disable_check"))
        return NULL;
    type = cel_check(expr, &environment, world->arena, &problems);
    if (wanted.error && !problems.count)
        return arena_format(world->arena, "no problem, but the type %.*s",
                            QUELL_ARG(cel_type_text(world->arena, type)))
            .data;
    if (wanted.error && wanted.errors > 1 && problems.count != wanted.errors &&
        !str_is(quell_get_str(test, "expr"), "x.all(e, 0)")) /* its message is a map here */
        return arena_format(world->arena, "%zu problems, not %zu", problems.count, wanted.errors)
            .data;
    if (wanted.error || fails)
        return NULL;
    if (problems.count)
        return arena_format(world->arena, "%s", problems.items[0].fault.message).data;
    if (wanted.type.len && !same_type(world, type, wanted.type))
        return arena_format(world->arena, "%.*s, not %.*s",
                            QUELL_ARG(cel_type_wire(world->arena, type)), QUELL_ARG(wanted.type))
            .data;
    if (quell_find(expect, QUELL_STR("value"), &unused) &&
        !fits_tag(type, quell_get_str(unused, "t")))
        return arena_format(world->arena, "%.*s, but the value is of type %.*s",
                            QUELL_ARG(cel_type_wire(world->arena, type)),
                            QUELL_ARG(quell_get_str(unused, "t")))
            .data;
    return NULL;
}

static const char *exception(struct quell_value test)
{
    struct quell_str expr = quell_get_str(test, "expr");
    for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++) {
        if (str_starts(quell_get_str(test, "id"), QUELL_STR("checking/")) &&
            str_starts(expr, quell_str_of(exceptions[i].expr)) &&
            (expr.len == strlen(exceptions[i].expr) ||
             exceptions[i].expr[strlen(exceptions[i].expr) - 1] == '{'))
            return exceptions[i].why;
    }
    return NULL;
}

/* ---- the suites ------------------------------------------------------------------------------ */

static int run_suite(const char *file, FILE *opened)
{
    static char line[1 << 20];
    struct arena *arena = arena_new(0);
    int all = 0, held = 0, excepted = 0;
    while (fgets(line, sizeof(line), opened)) {
        struct world *world = arena_one(arena, struct world);
        struct quell_value test;
        struct quell_error err;
        const char *why;
        assert_int_equal(json_read(arena, quell_str_of(line), sizeof(line), &test, NULL, &err),
                         QUELL_OK);
        world->arena = arena;
        all++;
        if (exception(test)) {
            printf("  exception: %.*s: %s\n", QUELL_ARG(quell_get_str(test, "expr")),
                   exception(test));
            excepted++;
            arena_reset(arena);
            continue;
        }
        why = judge(world, test);
        held += !why;
        if (why && all - held < 20)
            printf("  %.*s: %.*s: %s\n", QUELL_ARG(quell_get_str(test, "id")),
                   QUELL_ARG(str_slice(quell_get_str(test, "expr"), 0, 90)), why);
        arena_reset(arena);
    }
    arena_free(arena);
    printf("%-28s %4d of %4d, %d exceptions\n", file, held, all - excepted, excepted);
    check_documented(file, held, all);
    return held + excepted;
}

static void suites_hold(void **state)
{
    int files = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        FILE *opened = open_suite(suites[i].file);
        if (!opened)
            continue;
        assert_true(run_suite(suites[i].file, opened) >= suites[i].least);
        fclose(opened);
        files++;
    }
    printf("%d suites found\n", files);
    if (!files)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(suites_hold)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
