/*
 * test_tokens.c - tokens on a whole engine under a virtual clock: what they look like, that they
 * expire, are revoked and noted as used, and that the store has nothing that could be used.
 */
#include "virtual.h"

#include <quell/author.h>

#define CONFIG "users: { ana: { roles: [approver], groups: [soc] } }\ngroups: { soc: [ben] }\n"

static void on_done(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)err;
    assert_int_equal(code, QUELL_OK);
    ++*(int *)user;
}

static struct quell_value roles(struct virtual *v, const char *role)
{
    struct list_builder list = {.arena = v->arena};

    list_add(&list, quell_text(role));
    return list_made(&list);
}

static void create(struct virtual *v, const char *name, int64_t lifetime_us, char *token)
{
    struct quell_token_options options = {.name = quell_str_of(name),
                                          .roles = roles(v, "viewer"),
                                          .lifetime_us = lifetime_us,
                                          .by = QUELL_STR("root")};
    struct quell_error err = {0};
    int done = 0;

    if (quell_token_create(v->engine, &options, token, on_done, &done, &err))
        fail_msg("%s", err.message);
    assert_int_equal(done, 0); /* not before it is durable */
    loop_settle(v->loop);
    assert_int_equal(done, 1);
}

static enum quell_code found(struct virtual *v, const char *token)
{
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    enum quell_code code = quell_token_find(v->engine, quell_str_of(token), &document, &err);

    if (token[0])
        assert_null(strstr(err.message, token)); /* never told back */
    quell_document_free(&document);
    loop_settle(v->loop);
    return code;
}

static struct quell_value listed(struct virtual *v, size_t n, const char *key)
{
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_value value;

    assert_int_equal(quell_tokens(v->engine, &document, &err), QUELL_OK);
    value = value_copy(v->arena, quell_get(quell_at(document.value, n), key));
    quell_document_free(&document);
    return value;
}

static void test_made_and_found(void **state)
{
    char token[QUELL_TOKEN_BYTES], other[QUELL_TOKEN_BYTES], wrong[QUELL_TOKEN_BYTES];
    struct virtual v;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){NULL});
    create(&v, "ci", 0, token);
    create(&v, "siem", 0, other);
    assert_int_equal(strlen(token), QUELL_TOKEN_BYTES - 1);
    assert_memory_equal(token, "quell_", 6);
    assert_string_not_equal(token, other);
    assert_int_equal(found(&v, token), QUELL_OK);
    assert_int_equal(found(&v, other), QUELL_OK);
    for (size_t i = 0; i < QUELL_TOKEN_BYTES - 1; i++) { /* any slip of the pen */
        memcpy(wrong, token, sizeof(wrong));
        wrong[i] = wrong[i] == '0' ? '1' : '0';
        assert_int_equal(found(&v, wrong), QUELL_DENIED);
    }
    memcpy(wrong, token, sizeof(wrong));
    wrong[QUELL_TOKEN_BYTES - 2] = '\0';
    assert_int_equal(found(&v, wrong), QUELL_DENIED);
    assert_int_equal(found(&v, ""), QUELL_DENIED);
    virtual_close(&v);
}

static void test_expires_and_notes_its_use(void **state)
{
    char token[QUELL_TOKEN_BYTES];
    struct virtual v;
    int64_t first;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){NULL});
    create(&v, "ci", INT64_C(7200000000), token);
    assert_true(quell_is_null(listed(&v, 0, "used_at")));
    assert_int_equal(found(&v, token), QUELL_OK);
    first = listed(&v, 0, "used_at").as.integer;
    assert_int_not_equal(first, 0);
    virtual_pass(&v, "10m"); /* coarse: no write for each look */
    assert_int_equal(found(&v, token), QUELL_OK);
    assert_int_equal(listed(&v, 0, "used_at").as.integer, first);
    virtual_pass(&v, "55m");
    assert_int_equal(found(&v, token), QUELL_OK);
    assert_int_equal(listed(&v, 0, "used_at").as.integer, first + 3900);
    virtual_pass(&v, "55m");
    assert_int_equal(found(&v, token), QUELL_DENIED);
    assert_true(quell_is(listed(&v, 0, "expires_at"), QUELL_TIME)); /* still told of */
    virtual_close(&v);
}

static void test_revoked(void **state)
{
    char token[QUELL_TOKEN_BYTES], again[QUELL_TOKEN_BYTES];
    struct quell_error err = {0};
    struct virtual v;
    int done = 0;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){NULL});
    create(&v, "ci", 0, token);
    assert_int_equal(found(&v, token), QUELL_OK);
    assert_int_equal(
        quell_token_revoke(v.engine, QUELL_STR("ci"), QUELL_STR("ana"), on_done, &done, &err),
        QUELL_OK);
    assert_int_equal(found(&v, token), QUELL_DENIED); /* at once */
    loop_settle(v.loop);
    assert_int_equal(done, 1);
    assert_int_equal(found(&v, token), QUELL_DENIED);
    assert_true(quell_is_null(listed(&v, 0, "name")));
    assert_int_equal(
        quell_token_revoke(v.engine, QUELL_STR("ci"), QUELL_STR("ana"), on_done, &done, &err),
        QUELL_NOT_FOUND);
    create(&v, "ci", 0, again); /* the name is free again, the text is another */
    assert_string_not_equal(token, again);
    assert_int_equal(found(&v, token), QUELL_DENIED);
    virtual_close(&v);
}

static void test_refused(void **state)
{
    static const char *const names[] = {"", "CI", "a b", "-a", "\xd0\xb0na", "a\n", "token:a"};
    struct quell_token_options options = {.name = QUELL_STR("ci"), .by = QUELL_STR("root")};
    char token[QUELL_TOKEN_BYTES];
    struct quell_error err = {0};
    struct virtual v;
    int done = 0;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){NULL});
    assert_int_equal(quell_token_create(v.engine, &options, token, on_done, &done, &err),
                     QUELL_INVALID); /* no role */
    options.roles = roles(&v, "viewer");
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        options.name = quell_str_of(names[i]);
        assert_int_equal(quell_token_create(v.engine, &options, token, on_done, &done, &err),
                         QUELL_INVALID);
    }
    options.name = QUELL_STR("ci");
    options.user = QUELL_STR("eve");
    assert_int_equal(quell_token_create(v.engine, &options, token, on_done, &done, &err),
                     QUELL_NOT_FOUND);
    options.user = QUELL_STR("ana");
    assert_int_equal(quell_token_create(v.engine, &options, token, on_done, &done, &err), QUELL_OK);
    assert_int_equal(quell_token_create(v.engine, &options, token, on_done, &done, &err),
                     QUELL_REFUSED); /* the name is taken, though not on disk yet */
    loop_settle(v.loop);
    assert_int_equal(done, 1);
    virtual_close(&v);
}

/* Neither marks nor audit rows have what could be used. */
static void test_nothing_to_steal(void **state)
{
    struct quell_audits_options all = {.limit = 100};
    struct quell_document document = {.memory = NULL};
    char token[QUELL_TOKEN_BYTES];
    struct quell_error err = {0};
    struct virtual v;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){NULL});
    create(&v, "ci", 0, token);
    assert_int_equal(quell_audits(v.engine, &all, &document, &err), QUELL_OK);
    assert_true(str_is(quell_get_str(quell_at(document.value, 0), "what"), "token_created"));
    assert_true(str_is(quell_get_str(quell_at(document.value, 0), "subject"), "ci"));
    assert_null(strstr(quell_json(&document, false).data, token + 6));
    quell_document_free(&document);
    assert_int_equal(quell_tokens(v.engine, &document, &err), QUELL_OK);
    assert_null(strstr(quell_json(&document, false).data, token + 6));
    quell_document_free(&document);
    virtual_close(&v);
}

static void test_one_list_of_groups(void **state)
{
    struct quell_value soc;
    struct virtual v;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){NULL});
    soc = quell_get(quell_get(quell_config(v.engine), "groups"), "soc");
    assert_int_equal(quell_count(soc), 2);
    assert_true(quell_text_is(quell_at(soc, 0), "ben"));
    assert_true(quell_text_is(quell_at(soc, 1), "ana"));
    virtual_close(&v);
}

static void test_names_of_users(void **state)
{
    static const char *const wrong[] = {
        "users: { Ana: { roles: [viewer] } }\n",
        "users: { 'a b': {} }\n",
        "users: { '\xd0\xb0na': {} }\n", /* a letter that only looks like one of ours */
        "users: { 'token:ci': {} }\n",
        "users: { ana: { role: viewer } }\n",
        "groups: { soc: [Ana] }\n",
        "groups: { soc: ana }\n",
        "users: { ana: { oidc: X@a.example }, ben: { oidc: [y, x@a.example] } }\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct quell_options options = {.purpose = QUELL_FOR_AUTHORING};
        struct quell_error err = {0};
        struct quell *engine;
        char path[] = "/tmp/quell-users-XXXXXX";

        (void)close(mkstemp(path));
        place_write(path, wrong[i]);
        options.config = path;
        if (quell_open(&options, &engine, &err) != QUELL_INVALID)
            fail_msg("%s: %s", wrong[i], err.message);
        (void)unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_and_found),   cmocka_unit_test(test_expires_and_notes_its_use),
        cmocka_unit_test(test_revoked),          cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nothing_to_steal), cmocka_unit_test(test_one_list_of_groups),
        cmocka_unit_test(test_names_of_users),
    };

    return cmocka_run_group_tests_name("tokens", tests, NULL, NULL);
}
