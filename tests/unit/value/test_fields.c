/*
 * Field tables: maps checked and filled, documents checked with places, tables described.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/value.h"
#include "value/yaml.h"

static const char *const kinds[] = {"full", "selective", NULL};
static const struct quell_field inner[] = {
    {.name = "host", .type = QUELL_FIELD_STRING, .flags = QUELL_REQUIRED},
    {.name = "port", .type = QUELL_FIELD_INT, .fallback = "443"},
    {.name = NULL},
};
static const struct quell_field table[] = {
    {.name = "device_id",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,
     .size_max = 10,
     .doc = "The device."},
    {.name = "type", .type = QUELL_FIELD_ENUM, .words = kinds, .fallback = "\"full\""},
    {.name = "count", .type = QUELL_FIELD_INT},
    {.name = "ratio", .type = QUELL_FIELD_DOUBLE, .fallback = "1"},
    {.name = "wait", .type = QUELL_FIELD_DURATION, .fallback = "\"5m\""},
    {.name = "at", .type = QUELL_FIELD_TIMESTAMP},
    {.name = "force", .type = QUELL_FIELD_BOOL, .flags = QUELL_NULLABLE},
    {.name = "to",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_ONE_OR_MANY | QUELL_NOT_EMPTY,
     .sink = "mail-address",
     .size_max = 3},
    {.name = "modes", .type = QUELL_FIELD_LIST, .of = QUELL_FIELD_ENUM, .words = kinds},
    {.name = "labels", .type = QUELL_FIELD_MAP, .of = QUELL_FIELD_INT},
    {.name = "peer", .type = QUELL_FIELD_OBJECT, .fields = inner},
    {.name = "peers", .type = QUELL_FIELD_LIST, .of = QUELL_FIELD_OBJECT, .fields = inner},
    {.name = "token", .type = QUELL_FIELD_STRING, .flags = QUELL_SECRET_FIELD},
    {.name = "subject", .type = QUELL_FIELD_STRING, .sink = "header"},
    {.name = "when", .type = QUELL_FIELD_STRING, .flags = QUELL_EXPRESSION},
    {.name = "name", .type = QUELL_FIELD_STRING, .flags = QUELL_CONSTANT},
    {.name = "extra", .type = QUELL_FIELD_ANY},
    {.name = NULL},
};

static struct arena *arena;

static int setup(void **state)
{
    arena = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    arena_free(arena);
    return 0;
}

static struct quell_value parsed(const char *text)
{
    struct quell_value value = quell_null();
    struct quell_error err;
    if (json_read(arena, quell_str_of(text), 0, &value, NULL, &err))
        fail_msg("%s", err.message);
    return value;
}

static void maps_are_checked_and_filled(void **state)
{
    static const char *const rows[][2] = {
        {"{\"device_id\":\"d\"}",
         "{\"device_id\":\"d\",\"type\":\"full\",\"ratio\":1.0,\"wait\":\"300s\"}"},
        /* In the table's order, coerced, one item made a list, and the secret masked. */
        {"{\"to\":\"a@b\",\"ratio\":2,\"wait\":\"1h30m\",\"at\":\"2026-01-02T04:04:05+01:00\","
         "\"device_id\":\"d\",\"token\":\"t\",\"force\":null,\"peer\":{\"host\":\"h\"},"
         "\"peers\":[{\"host\":\"i\",\"port\":1}],\"labels\":{\"x\":1},\"extra\":[null],"
         "\"modes\":[\"selective\"]}",
         "{\"device_id\":\"d\",\"type\":\"full\",\"ratio\":2.0,\"wait\":\"5400s\","
         "\"at\":\"2026-01-02T03:04:05Z\",\"force\":null,\"to\":[\"a@b\"],"
         "\"modes\":[\"selective\"],\"labels\":{\"x\":1},"
         "\"peer\":{\"host\":\"h\",\"port\":443},\"peers\":[{\"host\":\"i\",\"port\":1}],"
         "\"token\":\"***\",\"extra\":[null]}"},
        {"{\"device_id\":\"1234567890\",\"to\":[\"1\",\"2\",\"3\"]}", /* as large as may be */
         "{\"device_id\":\"1234567890\",\"type\":\"full\",\"ratio\":1.0,\"wait\":\"300s\","
         "\"to\":[\"1\",\"2\",\"3\"]}"},
        {"{\"device_id\":\"d\",\"ratio\":1.50}",
         "{\"device_id\":\"d\",\"type\":\"full\",\"ratio\":1.50,\"wait\":\"300s\"}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_value checked;
        struct quell_error err;
        if (fields_check(arena, table, parsed(rows[i][0]), &checked, &err))
            fail_msg("%s", err.message);
        assert_string_equal(json_text(arena, checked, JSON_COMPACT).data, rows[i][1]);
    }
}

static void faults_name_their_field(void **state)
{
    static const char *const rows[][2] = {
        {"[]", "a map is expected, this is a list"},
        {"{}", "`device_id`: is missing"},
        {"null", "`device_id`: is missing"},
        {"{\"device_id\":\"\"}", "`device_id`: the text may not be empty"},
        {"{\"device_id\":\"12345678901\"}",
         "`device_id`: at most 10 bytes are allowed, these are 11"},
        {"{\"device_id\":5}", "`device_id`: a string is expected, this is an int"},
        {"{\"device_id\":null}", "`device_id`: a string is expected, this is null"},
        {"{\"device_id\":\"d\",\"devce_id\":1}",
         "`devce_id`: there is no such field; did you mean `device_id`?"},
        {"{\"device_id\":\"d\",\"zzz\":1}",
         "`zzz`: there is no such field; known are `device_id`, `type`, `count`, `ratio`, `wait`, "
         "`at`, `force`, `to`, `modes`, `labels`, `peer`, `peers`, `token`, `subject`, `when`, "
         "`name`, "
         "`extra`"},
        {"{\"device_id\":\"d\",\"type\":\"ful\"}",
         "`type`: `ful` is none of full | selective; did you mean `full`?"},
        {"{\"device_id\":\"d\",\"type\":7}",
         "`type`: one of full | selective is expected, this is an int"},
        {"{\"device_id\":\"d\",\"count\":1.0}", "`count`: an int is expected, this is a double"},
        {"{\"device_id\":\"d\",\"count\":9223372036854775808}",
         "`count`: an int is expected, this is a double"},
        {"{\"device_id\":\"d\",\"wait\":\"soon\"}",
         "`wait`: `soon` is no duration as 90s, 1h30m or 250ms"},
        {"{\"device_id\":\"d\",\"wait\":5}", "`wait`: a duration is expected, this is an int"},
        {"{\"device_id\":\"d\",\"at\":\"2026\"}",
         "`at`: `2026` is no time as 2026-01-02T03:04:05Z"},
        {"{\"device_id\":\"d\",\"force\":\"yes\"}",
         "`force`: a bool is expected, this is a string"},
        {"{\"device_id\":\"d\",\"to\":[]}", "`to`: at least one item is expected"},
        {"{\"device_id\":\"d\",\"to\":[\"1\",\"2\",\"3\",\"4\"]}",
         "`to`: at most 3 items are allowed, these are 4"},
        {"{\"device_id\":\"d\",\"to\":[\"a\",7]}", "`to[1]`: a string is expected, this is an int"},
        {"{\"device_id\":\"d\",\"to\":\"a\\r\\nBcc: b\"}",
         "`to[0]`: a line break or NUL is not allowed here"},
        {"{\"device_id\":\"d\",\"subject\":\"a\\u0000\"}",
         "`subject`: a line break or NUL is not allowed here"},
        {"{\"device_id\":\"d\",\"modes\":\"full\"}",
         "`modes`: a list of full | selective is expected, this is a string"},
        {"{\"device_id\":\"d\",\"labels\":{\"a\":1,\"b\":\"x\"}}",
         "`labels.b`: an int is expected, this is a string"},
        {"{\"device_id\":\"d\",\"labels\":[1]}",
         "`labels`: a map of int is expected, this is a list"},
        {"{\"device_id\":\"d\",\"peer\":{}}", "`peer.host`: is missing"},
        {"{\"device_id\":\"d\",\"peer\":\"h\"}", "`peer`: a map is expected, this is a string"},
        {"{\"device_id\":\"d\",\"peers\":[{\"host\":\"a\"},{\"host\":\"b\",\"prt\":1}]}",
         "`peers[1].prt`: there is no such field; did you mean `port`?"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_value checked = quell_int(42);
        struct quell_error err;
        assert_int_equal(fields_check(arena, table, parsed(rows[i][0]), &checked, &err),
                         QUELL_INVALID);
        assert_string_equal(err.message, rows[i][1]);
        assert_int_equal(checked.as.integer, 42);
    }
}

static void what_is_not_known_passes(void **state)
{
    struct map_builder map = {.arena = arena};
    struct quell_value unknown = quell_unknown(QUELL_STR("later")), checked;
    struct quell_error err;
    for (const struct quell_field *field = table; field->name; field++)
        map_add(&map, field->name, unknown);
    assert_int_equal(fields_check(arena, table, map_made(&map), &checked, &err), QUELL_OK);
    assert_int_equal(quell_get(checked, "peers").type, QUELL_UNKNOWN);
    assert_true(quell_get(checked, "token").flags & QUELL_SECRET);
    assert_int_equal(fields_check(arena, table, unknown, &checked, &err), QUELL_OK);
    assert_int_equal(checked.type, QUELL_UNKNOWN);
    /* A secret that comes in stays one. */
    struct map_builder secret = {.arena = arena};
    map_add(&secret, "device_id", value_secret(quell_text("s")));
    map_add(&secret, "to", value_secret(parsed("[\"a\"]")));
    map_add(&secret, "labels", value_secret(parsed("{\"a\":1}")));
    assert_int_equal(fields_check(arena, table, map_made(&secret), &checked, &err), QUELL_OK);
    assert_true(quell_get(checked, "device_id").flags & QUELL_SECRET);
    assert_true(quell_get(checked, "to").flags & QUELL_SECRET);
    assert_true(quell_get(checked, "labels").flags & QUELL_SECRET);
}

static struct diag_list diags;

static bool checks(const char *yaml, bool templates)
{
    diag_init(&diags, arena, QUELL_STR("t.yaml"), quell_str_of(yaml));
    const struct yaml_node *root = yaml_read(arena, &diags);
    assert_non_null(root);
    bool good = fields_check_node(&diags, table, root, templates);
    assert_int_equal(good, diags.errors == 0);
    return good;
}

static void documents_are_checked_with_places(void **state)
{
    static const struct {
        const char *yaml, *code, *marked, *message, *help;
    } rows[] = {
        {"devce_id: a\ndevice_id: d", "QL102", "devce_id", "unknown key `devce_id`",
         "did you mean `device_id`?"},
        {"device_id: d\npeer: {host: h, x: 1}", "QL102", "x", "unknown key `x`",
         "known here: `host`, `port`"},
        {"count: 1", "QL103", "count: 1", "`device_id` is missing", "add `device_id:` (string)"},
        {"device_id: d\npeer: {port: 1}", "QL103", "{port: 1}", "`host` is missing",
         "add `host:` (string)"},
        {"device_id: 5", "QL104", "5", "`device_id`: a string is expected, this is an int",
         "for a text, put it in quotes: `'5'`"},
        {"device_id: true", "QL104", "true", "`device_id`: a string is expected, this is a bool",
         "for a text, put it in quotes: `'true'`"},
        {"device_id: d\nforce: yes", "QL104", "yes",
         "`force`: a bool is expected, this is a string", "write true or false, without quotes"},
        {"device_id: d\ncount: '5'", "QL104", "'5'",
         "`count`: an int is expected, this is a string", "write a number without quotes"},
        {"device_id: d\ntype: selektive", "QL104", "selektive",
         "`type`: `selektive` is none of full | selective", "did you mean `selective`?"},
        {"device_id: d\nmodes: full", "QL104", "full",
         "`modes`: a list of full | selective is expected, this is a string",
         "write a list: `[a, b]`, or one item a line behind `- `"},
        {"device_id: d\nto: [a, 5]", "QL104", "5", "`to`: a string is expected, this is an int",
         "for a text, put it in quotes: `'5'`"},
        {"device_id: d\nto: 5", "QL104", "5", "`to`: a string is expected, this is an int",
         "for a text, put it in quotes: `'5'`"},
        {"device_id: d\nlabels: {a: 1, b: x}", "QL104", "x",
         "`labels`: an int is expected, this is a string", "write a number without quotes"},
        {"device_id: d\npeers:\n  - host: h\n    port: y", "QL104", "y",
         "`port`: an int is expected, this is a string", "write a number without quotes"},
        {"device_id: d\npeer: 5", "QL104", "5", "`peer`: a map is expected, this is an int",
         "write `peer: { host: ... }`"},
        {"device_id: d\npeer: h", "QL104", "h", "`peer`: a map is expected, this is a string",
         "write `peer: { host: h }`"},
        {"device_id: d\npeer: port", "QL104", "port", "`peer`: a map is expected, this is a string",
         "write `peer: { port: ... }`"},
        {"device_id: d\nlabels: a", "QL104", "a",
         "`labels`: a map of int is expected, this is a string",
         "write one `key: value` a line below it"},
        {"device_id: d\nwait: soon", "QL104", "soon",
         "`wait`: `soon` is no duration as 90s, 1h30m or 250ms",
         "write a number and its unit: `90s`, `5m`, `4h` or `7d`"},
        {"device_id: d\nwait: 5 minutes", "QL104", "5 minutes",
         "`wait`: `5 minutes` is no duration as 90s, 1h30m or 250ms", "write `5m`"},
        {"device_id: d\nwait: 3600", "QL104", "3600",
         "`wait`: a duration is expected, this is an int", "write `3600s`"},
        {"device_id: d\nname: ${{ x }}", "QL104", "${{ x }}",
         "`name`: an expression is not allowed here", ""},
        {"[a]", "QL104", "[a]", "a map is expected, this is a list", ""},
        {"", "QL103", "", "`device_id` is missing", "add `device_id:` (string)"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_false(checks(rows[i].yaml, true));
        assert_int_equal(diags.count, 1);
        const struct diag *diag = &diags.items[0];
        struct quell_str marked =
            str_slice(diags.text, diag->place.offset, diag->place.offset + diag->place.len);
        assert_string_equal(diag->code, rows[i].code);
        assert_string_equal(diag->message.data, rows[i].message);
        assert_true(str_is(diag->help, rows[i].help));
        assert_true(str_is(marked, rows[i].marked));
    }
    assert_false(checks("devce: 1\ncount: x\ntypo: 1", true));
    assert_int_equal(diags.count, 4);
}

static void templates_are_known_later(void **state)
{
    const char *yaml = "device_id: ${{ a }}\ncount: ${{ b }}\nto: ['${{ c }}', x]\n"
                       "modes: ${{ d }}\npeer: ${{ e }}\nlabels: {a: '${{ f }}'}\n"
                       "when: true\nforce:\n";
    assert_true(checks(yaml, true));
    assert_false(checks(yaml, false));
    assert_int_equal(diags.count, 4); /* texts that are no int, list or map */
    assert_true(checks("${{ a }}", true));
}

static void tables_describe_themselves(void **state)
{
    struct quell_value list = fields_describe(arena, table);
    assert_int_equal(list.len, 17);
    assert_string_equal(
        json_text(arena, quell_at(list, 0), JSON_COMPACT).data,
        "{\"name\":\"device_id\",\"type\":\"string\",\"required\":true,\"size_max\":10,"
        "\"doc\":\"The device.\"}");
    assert_string_equal(json_text(arena, quell_at(list, 1), JSON_COMPACT).data,
                        "{\"name\":\"type\",\"type\":\"full | selective\",\"required\":false,"
                        "\"default\":\"full\",\"words\":[\"full\",\"selective\"]}");
    assert_string_equal(json_text(arena, quell_at(list, 12), JSON_COMPACT).data,
                        "{\"name\":\"token\",\"type\":\"string\",\"required\":false,"
                        "\"secret\":true}");
    static const char *const types[][2] = {
        {"to", "list of string"}, {"modes", "list of full | selective"},
        {"labels", "map of int"}, {"peer", "map"},
        {"peers", "list of map"}, {"extra", "any value"},
        {"ratio", "number"},      {"at", "timestamp"}};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct quell_field *field = fields_find(table, quell_str_of(types[i][0]));
        assert_string_equal(fields_type_text(arena, field).data, types[i][1]);
    }
    assert_null(fields_find(table, QUELL_STR("nothing")));
    assert_null(fields_find(NULL, QUELL_STR("nothing")));
    assert_true(str_is(fields_nearest(table, QUELL_STR("subjct")), "subject"));
}

static void tables_become_json_schema(void **state)
{
    struct quell_value schema = fields_schema(arena, table);
    struct quell_value properties = quell_get(schema, "properties");
    assert_true(quell_text_is(quell_get(schema, "type"), "object"));
    assert_true(value_equal(quell_get(schema, "required"), parsed("[\"device_id\"]")));
    assert_true(value_equal(quell_get(schema, "additionalProperties"), quell_bool(false)));
    static const char *const rows[][2] = {
        {"device_id", "{\"type\":\"string\",\"minLength\":1,\"maxLength\":10,"
                      "\"description\":\"The device.\"}"},
        {"type", "{\"enum\":[\"full\",\"selective\"],\"default\":\"full\"}"},
        {"force", "{\"type\":[\"boolean\",\"null\"]}"},
        {"at", "{\"type\":\"string\",\"format\":\"date-time\"}"},
        {"to", "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"type\":"
               "\"string\"},\"minItems\":1,\"maxItems\":3}]}"},
        {"labels", "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}"},
        {"peer", "{\"type\":\"object\",\"properties\":{\"host\":{\"type\":\"string\"},"
                 "\"port\":{\"type\":\"integer\",\"default\":443}},\"required\":[\"host\"],"
                 "\"additionalProperties\":false}"},
        {"token", "{\"type\":\"string\",\"writeOnly\":true}"},
        {"extra", "{}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(json_text(arena, quell_get(properties, rows[i][0]), JSON_COMPACT).data,
                            rows[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_are_checked_and_filled),
        cmocka_unit_test(faults_name_their_field),
        cmocka_unit_test(what_is_not_known_passes),
        cmocka_unit_test(documents_are_checked_with_places),
        cmocka_unit_test(templates_are_known_later),
        cmocka_unit_test(tables_describe_themselves),
        cmocka_unit_test(tables_become_json_schema),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
