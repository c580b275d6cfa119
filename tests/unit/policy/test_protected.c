/*
 * test_protected.c - what is protected without anybody saying so, name by name, and what is not.
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
#include "policy/workspace.h"
#include "value/json.h"

static const struct {
    const char *kind, *target; /* its name, known to the incident */
    const char *rule;          /* NULL: none; "?": it is not known what it is */
} cases[] = {
    {"device", "dc01", "domain-controllers"},
    {"device", "SRVDC02.corp.example", "domain-controllers"},
    {"device", "fra-rodc-1", "domain-controllers"},
    {"device", "CORP\\HQ-DC1$", "domain-controllers"},
    {"device", "ws-dc", "domain-controllers"},
    {"device", "washdcws-12", NULL},
    {"device", "podcast-7", NULL},
    {"device", "srv-aadconnect01", "entra-connect"},
    {"device", "adfs1.corp.example", "federation"},
    {"device", "hq-rootca01", "certificate-authorities"},
    {"device", "america-1", NULL},
    {"device", "esx14", "hypervisors"},
    {"device", "veeam01", "backup"},
    {"device", "paw-7", "privileged-access"},
    {"device", "jumphost1", "privileged-access"},
    {"device", "spa-ws-1", NULL},
    {"device", "splunk-idx1", "soc-machines"},
    {"device", "hr-lt-027", NULL},
    {"user", "krbtgt", "krbtgt"},
    {"user", "CORP\\krbtgt", "krbtgt"},
    {"user", "krbtgt_azuread", "krbtgt"},
    {"user", "S-1-5-21-1-2-3-500", "built-in-administrator"},
    {"user", "breakglass1@corp.example", "break-glass"},
    {"user", "emergency-access@corp.example", "break-glass"},
    {"user", "MSOL_0a1b2c3d", "directory-sync"},
    {"user", "Sync_SRV01_0a1b@corp.example", "directory-sync"},
    {"user", "svc-quell", "quell-itself"},
    {"user", "ana@corp.example", NULL},
    {"user", "administrator2", NULL},
    {"mailbox", "breakglass1@corp.example", "break-glass"},
    {"mailbox", "ana@corp.example", NULL},
    {"ip", "203.0.113.7", NULL},
    {"ip", "010.0.0.1", "?"}, /* no address: nobody knows whose */
};

static struct quell_value json(struct arena *arena, struct quell_str text)
{
    struct quell_value value;
    struct quell_error err;

    if (json_read(arena, text, 0, &value, NULL, &err))
        fail_msg("%s: %.*s", err.message, QUELL_ARG(text));
    return value;
}

static struct quell_str escaped(struct arena *arena, const char *text)
{
    return json_text(arena, quell_text(text), JSON_COMPACT);
}

static struct quell_str reason_of(struct arena *arena, const struct policy *policy,
                                  const char *kind, const char *target, const char *tag)
{
    static const struct quell_action action = {.name = "a", .effect = QUELL_DISRUPTS};
    struct quell_str name = escaped(arena, target);
    struct policy_call call = {
        .action = &action,
        .targets = json(arena, arena_format(arena, "[{\"kind\":\"%s\",\"value\":%.*s}]", kind,
                                            QUELL_ARG(name))),
        .incident = json(arena, arena_format(arena,
                                             "{\"entities\":{\"%ss\":[{\"id\":%.*s,\"name\":%.*s,"
                                             "\"tags\":[%.*s]}]}}",
                                             kind, QUELL_ARG(name), QUELL_ARG(name),
                                             QUELL_ARG(escaped(arena, tag)))),
    };

    return quell_get_str(quell_at(policy_judge(arena, policy, &call), 0), "reason");
}

static void what_is_built_in(void **state)
{
    struct arena *arena = arena_new(0);
    struct policy_surroundings around = {.lists = quell_null()};
    struct diag_list diags;
    struct policy *policy;
    size_t i;

    (void)state;
    diag_init(&diags, arena, QUELL_STR("t"), QUELL_STR(""));
    policy = policy_load(arena, NULL, &around, &diags);
    assert_non_null(policy);
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct quell_str found =
            reason_of(arena, policy, cases[i].kind, cases[i].target, "workstation");
        struct quell_str wanted = cases[i].rule == NULL ? QUELL_STR("")
                                  : strcmp(cases[i].rule, "?") == 0
                                      ? QUELL_STR("policy.unresolved")
                                      : arena_format(arena, "policy.protected.%s", cases[i].rule);
        if (!quell_str_equal(found, wanted))
            fail_msg("%s: `%.*s`, not `%.*s`", cases[i].target, QUELL_ARG(found),
                     QUELL_ARG(wanted));
    }
    assert_true(str_is(reason_of(arena, policy, "device", "ws-1", "Do Not Isolate"),
                       "policy.protected.do-not-touch"));
    assert_true(str_is(reason_of(arena, policy, "device", "ws-1", "Tier-0"),
                       "policy.protected.domain-controllers"));
    policy_free(policy);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_built_in)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
