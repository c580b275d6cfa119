/*
 * approval.c - who may decide: names, groups, four eyes, nobody twice. Names that differ in the
 * case of their letters only are one person's: else `Ana` could agree to what `ana` began.
 */
#include "policy/approval.h"

#include "base/error.h"
#include "base/str.h"

static bool in_group(struct quell_value groups, struct quell_str group, struct quell_str who)
{
    struct quell_value people;
    size_t i;

    if (!quell_find(groups, group, &people))
        return false;
    for (i = 0; i < quell_count(people); i++)
        if (str_equal_fold(quell_str(quell_at(people, i)), who))
            return true;
    return false;
}

enum quell_code policy_may_answer(struct quell_value of, struct quell_value groups,
                                  struct quell_str who, struct quell_error *err)
{
    bool known = quell_is(groups, QUELL_MAP);
    size_t i;

    if (who.len == 0 || str_starts(who, QUELL_STR("group:")))
        return error_set(err, QUELL_DENIED, "nobody knows who says this");
    for (i = 0; i < quell_count(of); i++) {
        struct quell_str name = quell_str(quell_at(of, i)), group;
        if (!str_starts(name, QUELL_STR("group:"))) {
            if (str_equal_fold(name, who))
                return QUELL_OK;
            continue;
        }
        group = str_slice(name, sizeof("group:") - 1, name.len);
        if (!known || in_group(groups, group, who))
            return QUELL_OK;
    }
    if (quell_count(of) == 0)
        return QUELL_OK;
    return error_set(err, QUELL_DENIED, "%.*s is not among those who are asked", QUELL_ARG(who));
}

enum quell_code policy_may_agree(const struct approval_rule *rule, struct quell_value given,
                                 struct quell_str who, struct quell_error *err)
{
    size_t i;

    if (rule->four_eyes && str_equal_fold(rule->starter, who))
        return error_set(err, QUELL_DENIED, "%.*s started the run, and another person must agree",
                         QUELL_ARG(who));
    if ((rule->four_eyes || rule->count > 1) && str_starts(who, QUELL_STR("token:")))
        return error_set(err, QUELL_DENIED,
                         "several people must agree, and %.*s speaks for none: give it a user",
                         QUELL_ARG(who));
    for (i = 0; i < quell_count(given); i++)
        if (str_equal_fold(quell_get_str(quell_at(given, i), "by"), who))
            return error_set(err, QUELL_DENIED, "%.*s has agreed before, and another must agree",
                             QUELL_ARG(who));
    return QUELL_OK;
}
