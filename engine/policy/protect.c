/*
 * protect.c - whether what is known of a target fits an entry of what is protected. A pattern that
 * could not be decided fits: what may be protected is.
 */
#include "policy/internal.h"

#include "base/arena.h"
#include "base/str.h"

typedef bool same_fn(struct arena *arena, struct quell_str a, struct quell_str b);

static bool any_same(struct arena *arena, struct quell_value entries, struct quell_value known,
                     same_fn *same, struct quell_str *by)
{
    size_t i, k;
    for (i = 0; i < quell_count(entries); i++)
        for (k = 0; k < quell_count(known); k++) {
            *by = quell_str(quell_at(known, k));
            if (same(arena, quell_str(quell_at(entries, i)), *by))
                return true;
        }
    return false;
}

static bool fits(struct regex *const *patterns, size_t count, struct quell_str text)
{
    size_t i;
    for (i = 0; i < count; i++)
        if (regex_test(patterns[i], text) != REGEX_NO)
            return true;
    return false;
}

/* The whole name, and its parts without a domain. */
static bool name_fits(struct arena *arena, const struct policy_rule *rule, struct quell_str text)
{
    struct quell_str plain = spelling_plain(arena, text), head, rest;
    if (fits(rule->names, rule->name_count, plain))
        return true;
    if (str_cut(plain, '\\', &head, &rest))
        plain = rest;
    if (plain.len > 1 && plain.data[plain.len - 1] == '$')
        plain.len--;
    if (fits(rule->names, rule->name_count, plain))
        return true;
    if (str_cut(plain, '@', &head, &rest) && fits(rule->names, rule->name_count, head))
        return true;
    return str_cut(plain, '.', &head, &rest) && fits(rule->names, rule->name_count, head);
}

static bool any_name_fits(struct arena *arena, const struct policy_rule *rule,
                          struct quell_value known, struct quell_str *by)
{
    size_t i;
    for (i = 0; i < quell_count(known); i++) {
        *by = quell_str(quell_at(known, i));
        if (name_fits(arena, rule, *by))
            return true;
    }
    return false;
}

static bool any_tag_fits(struct arena *arena, const struct policy_rule *rule,
                         struct quell_value tags, struct quell_str *by)
{
    size_t i;
    for (i = 0; i < quell_count(tags); i++) {
        *by = quell_str(quell_at(tags, i));
        if (fits(rule->tag_patterns, rule->tag_pattern_count, spelling_plain(arena, *by)))
            return true;
    }
    return false;
}

/* A range that is blocked protects no less than an address of it. */
static bool any_address_fits(struct arena *arena, const struct policy_rule *rule,
                             struct quell_value addresses, struct quell_str *by)
{
    struct cidr range;
    size_t i, k;
    for (i = 0; i < quell_count(addresses); i++) {
        *by = quell_str(quell_at(addresses, i));
        if (!cidr_parse(spelling_plain(arena, *by), &range))
            continue;
        for (k = 0; k < rule->range_count; k++)
            if (cidr_contains(&rule->ranges[k], &range) || cidr_contains(&range, &rule->ranges[k]))
                return true;
    }
    return false;
}

/* Texts of a list, or maps as of an incident: any text in them. */
static struct quell_value entry_texts(struct arena *arena, struct quell_value entries)
{
    struct list_builder list = {.arena = arena};
    size_t i, k;
    for (i = 0; i < quell_count(entries); i++) {
        struct quell_value one =
            quell_is(entries, QUELL_MAP) ? entries.as.pairs[i].value : quell_at(entries, i);
        if (quell_is(one, QUELL_STRING) && quell_str(one).len)
            list_add(&list, one);
        for (k = 0; quell_is(one, QUELL_MAP) && k < quell_count(one); k++)
            if (quell_is(one.as.pairs[k].value, QUELL_STRING) &&
                !str_is(quell_str(one.as.pairs[k].key), "kind") &&
                quell_str(one.as.pairs[k].value).len)
                list_add(&list, one.as.pairs[k].value);
    }
    return list_made(&list);
}

static bool any_entry_fits(struct arena *arena, struct quell_value entries,
                           struct quell_value facts, struct quell_str *by)
{
    struct quell_value all = entry_texts(arena, entries);
    return any_same(arena, all, quell_get(facts, "id"), spelling_same_id, by) ||
           any_same(arena, all, quell_get(facts, "name"), spelling_same_name, by) ||
           any_same(arena, all, quell_get(facts, "account"), spelling_same_account, by) ||
           any_same(arena, all, quell_get(facts, "ip"), spelling_same_id, by);
}

/* It names nothing but a kind: all of it is protected. */
static bool is_bare(const struct policy_rule *rule)
{
    return !rule->built_in && rule->name_count + rule->tag_pattern_count + rule->range_count == 0 &&
           quell_count(rule->ids) + quell_count(rule->accounts) == 0 &&
           quell_is_null(quell_get(rule->shown, "list"));
}

bool policy_rule_matches(struct arena *arena, const struct policy_rule *rule,
                         struct quell_value facts, struct quell_str *by)
{
    struct quell_value ids = quell_get(facts, "id"), names = quell_get(facts, "name"),
                       accounts = quell_get(facts, "account");
    if (rule->off.len)
        return false;
    *by = QUELL_STR("");
    return is_bare(rule) || any_name_fits(arena, rule, names, by) ||
           any_name_fits(arena, rule, accounts, by) || any_name_fits(arena, rule, ids, by) ||
           any_tag_fits(arena, rule, quell_get(facts, "tag"), by) ||
           any_address_fits(arena, rule, quell_get(facts, "ip"), by) ||
           any_same(arena, rule->ids, ids, spelling_same_id, by) ||
           any_same(arena, rule->ids, names, spelling_same_name, by) ||
           any_same(arena, rule->ids, accounts, spelling_same_account, by) ||
           any_same(arena, rule->accounts, accounts, spelling_same_account, by) ||
           any_same(arena, rule->accounts, ids, spelling_same_id, by) ||
           any_entry_fits(arena, rule->entries, facts, by);
}
