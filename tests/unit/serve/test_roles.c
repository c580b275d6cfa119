/*
 * test_roles.c - the tables of roles and rights, and who the control socket is.
 */
#include "fixture.h"

#include <pwd.h>
#include <string.h>

#include "serve/identity.h"
#include "serve/route.h"

static void every_role_and_right_says_what_it_is(void **state)
{
    uint32_t given = 0;
    size_t rights = 0, count = 0;

    (void)state;
    for (; right_rows[rights].name; rights++)
        assert_true(strlen(right_rows[rights].doc) > 10);
    assert_int_equal(rights, RIGHTS);
    for (const struct role *role = roles; role->name; role++, count++) {
        assert_true(strlen(role->doc) > 5);
        assert_ptr_equal(role_find(quell_str_of(role->name)), role);
        assert_int_not_equal(role->rights, 0);
        given |= role->rights;
    }
    assert_int_equal(count, 6);
    assert_int_equal(given, ((uint64_t)1 << RIGHTS) - 1);
    assert_null(role_find(QUELL_STR("Admin")));
    assert_null(role_find(QUELL_STR("")));
}

/* Who only looks changes nothing, and what is let go again needs more than stopping it. */
static void rights_are_apart(void **state)
{
    uint32_t looks = ((uint32_t)1 << RIGHT_READ_RUNS) | ((uint32_t)1 << RIGHT_READ_AUDIT) |
                     ((uint32_t)1 << RIGHT_READ_METRICS);
    const char *lookers[] = {"viewer", "auditor"};
    const char *tokenless[] = {"viewer", "analyst", "approver", "author", "auditor"};

    (void)state;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(role_find(quell_str_of(lookers[i]))->rights & ~looks, 0);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(role_find(quell_str_of(tokenless[i]))->rights >> RIGHT_MANAGE_TOKENS & 1,
                         0);
    assert_int_equal(role_find(QUELL_STR("analyst"))->rights >> RIGHT_DECIDE & 1, 0);
    assert_int_equal(role_find(QUELL_STR("analyst"))->rights >> RIGHT_RESUME & 1, 0);
    assert_int_equal(role_find(QUELL_STR("author"))->rights >> RIGHT_DECIDE & 1, 0);
}

static void nobody_may_nothing(void **state)
{
    struct identity nobody = {.how = IDENTITY_NONE, .rights = UINT32_MAX};
    struct quell_value names[] = {quell_text("viewer"), quell_text("auditor"), quell_text("root")};

    (void)state;
    for (int right = 0; right < RIGHTS; right++)
        assert_false(identity_may(&nobody, (enum right)right));
    assert_int_equal(roles_rights(quell_list(names, 3)),
                     role_find(QUELL_STR("viewer"))->rights |
                         role_find(QUELL_STR("auditor"))->rights);
    assert_int_equal(roles_rights(quell_null()), 0);
}

static void the_socket_is_the_user_of_the_operating_system(void **state)
{
    struct arena *arena = arena_new(0);
    struct exchange exchange = {.arena = arena};
    const struct passwd *root = getpwuid(0);

    (void)state;
    exchange.identity = identity_of_socket(arena, 0);
    assert_int_equal(exchange.identity.how, IDENTITY_LOCAL);
    if (root)
        assert_true(str_is(exchange.identity.name, root->pw_name));
    assert_true(identity_may(&exchange.identity, RIGHT_MANAGE_TOKENS));
    assert_true(str_is(identity_speaker(&exchange, QUELL_STR("ana")), "ana"));
    assert_true(str_is(identity_of_socket(arena, 4000000123u).name, "uid 4000000123"));
    /* Elsewhere nobody speaks for somebody else. */
    exchange.identity = (struct identity){.how = IDENTITY_TOKEN, .name = QUELL_STR("ben")};
    assert_true(str_is(identity_speaker(&exchange, QUELL_STR("ana")), "ben"));
    exchange.identity.how = IDENTITY_SESSION;
    assert_true(str_is(identity_speaker(&exchange, QUELL_STR("ana")), "ben"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_and_right_says_what_it_is),
        cmocka_unit_test(rights_are_apart),
        cmocka_unit_test(nobody_may_nothing),
        cmocka_unit_test(the_socket_is_the_user_of_the_operating_system),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
