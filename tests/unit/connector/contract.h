/*
 * contract.h - whether a request is one that the service's OpenAPI document allows: method, path,
 * query, body members with their case. tests/connector/contract.json holds what was taken from the
 * documents.
 */
#ifndef UNIT_CONNECTOR_CONTRACT_H
#define UNIT_CONNECTOR_CONTRACT_H

#include "fake.h"
#include "loop/file.h"

struct contract {
    struct arena *arena;
    struct quell_value operations;
};

static struct contract contract_load(void)
{
    struct contract contract = {.arena = arena_new(0)};
    struct quell_error err = {0};
    struct quell_str text;

    if (file_read(contract.arena, QUELL_SOURCE_DIR "/tests/connector/contract.json", 1 << 20, &text,
                  &err))
        fail_msg("%s", err.message);
    contract.operations = fake_read(contract.arena, text);
    assert_true(quell_count(contract.operations) > 5);
    return contract;
}

/* `{name}` takes one segment that is not empty. */
static bool contract_path_fits(struct quell_str shape, struct quell_str path)
{
    struct quell_str wanted, segment;
    bool more = true, more_shape = true;

    while (more && more_shape) {
        more = str_cut(path, '/', &segment, &path);
        more_shape = str_cut(shape, '/', &wanted, &shape);
        if (wanted.len > 0 && wanted.data[0] == '{' ? segment.len == 0
                                                    : !quell_str_equal(wanted, segment))
            return false;
    }
    return !more && !more_shape;
}

static void contract_check_query(struct quell_value known, struct quell_str query)
{
    struct quell_str pair, name, value;

    for (size_t i = 0; i < quell_count(known); i++) {
        const struct quell_pair *row = &known.as.pairs[i];
        if (quell_get_bool(row->value, "required", false) &&
            str_find(query, quell_str(row->key), 0) == SIZE_MAX)
            fail_msg("query: %.*s is missing", QUELL_ARG(quell_str(row->key)));
    }
    while (query.len > 0) {
        struct quell_value row = quell_null(), words;
        bool fits = false;
        (void)str_cut(query, '&', &pair, &query);
        (void)str_cut(pair, '=', &name, &value);
        if (!quell_find(known, name, &row))
            fail_msg("query: %.*s is not known", QUELL_ARG(name));
        words = quell_get(row, "enum");
        for (size_t i = 0; i < quell_count(words); i++)
            fits = fits || quell_str_equal(quell_str(quell_at(words, i)), value);
        assert_true(fits || quell_count(words) == 0);
    }
}

static void contract_check_body(struct quell_value schema, struct quell_value body, unsigned depth)
{
    struct quell_value members = quell_get(schema, "properties"), member;
    struct quell_value required = quell_get(schema, "required"), words = quell_get(schema, "enum");
    bool fits = quell_count(words) == 0;

    assert_true(depth < 10);
    if (quell_text_is(quell_get(schema, "type"), "object"))
        assert_true(quell_is(body, QUELL_MAP));
    if (quell_text_is(quell_get(schema, "type"), "string"))
        assert_true(quell_is(body, QUELL_STRING) &&
                    body.len >= quell_get_int(schema, "minLength", 0) &&
                    body.len <= quell_get_int(schema, "maxLength", INT32_MAX));
    for (size_t i = 0; i < quell_count(words); i++)
        fits = fits || quell_str_equal(quell_str(quell_at(words, i)), quell_str(body));
    assert_true(fits);
    for (size_t i = 0; i < quell_count(required); i++) {
        if (!quell_find(body, quell_str(quell_at(required, i)), &member))
            fail_msg("body: %.*s is missing", QUELL_ARG(quell_str(quell_at(required, i))));
    }
    for (size_t i = 0; i < quell_count(body); i++) {
        struct quell_str name = quell_str(body.as.pairs[i].key);
        if (!quell_find(members, name, &member))
            fail_msg("body: %.*s is not known", QUELL_ARG(name));
        contract_check_body(member, body.as.pairs[i].value, depth + 1);
    }
}

/* The request that the fake host was asked to send is this operation, and keeps to it. */
static inline void contract_check(const struct contract *contract, const struct fake *fake,
                                  const char *operation)
{
    struct quell_str path, query;

    assert_int_equal(fake->asked, QUELL_SENDING);
    (void)str_cut(quell_str_of(fake->path), '?', &path, &query);
    for (size_t i = 0; i < quell_count(contract->operations); i++) {
        struct quell_value row = quell_at(contract->operations, i);
        if (!quell_text_is(quell_get(row, "operation"), operation))
            continue;
        if (!str_is(quell_get_str(row, "method"), fake->method) ||
            !contract_path_fits(quell_get_str(row, "path"), path))
            fail_msg("%s %s is not %s", fake->method, fake->path, operation);
        contract_check_query(quell_get(row, "query"), query);
        assert_int_equal(quell_is_null(quell_get(row, "body")), quell_is_null(fake->json));
        if (!quell_is_null(fake->json))
            contract_check_body(quell_get(row, "body"), fake->json, 0);
        return;
    }
    fail_msg("there is no operation %s", operation);
}

#endif
