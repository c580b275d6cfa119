/*
 * approval.h - who may decide. Pure: it compares names with what a playbook and `groups:` of
 * quell.yaml say. Who somebody is, is proved elsewhere.
 */
#ifndef POLICY_APPROVAL_H
#define POLICY_APPROVAL_H

#include <stdbool.h>

#include <quell/error.h>
#include <quell/value.h>

/* Whether `who` is among `of`, a list of names and `group:NAME`; an empty list is anybody. `groups`
 * is a map of lists of names, or null: then a group is not known and anybody is taken for one of
 * it. QUELL_DENIED and why. */
enum quell_code policy_may_answer(struct quell_value of, struct quell_value groups,
                                  struct quell_str who, struct quell_error *err) QUELL_MUST_CHECK;
/* Whether `who` may agree beside that: not twice (`given` is a list of {by}), and with four eyes
 * not the one who started the run. Where several people are needed a token that speaks for nobody
 * is none: whoever made it could be the other one. */
struct approval_rule {
    int64_t count; /* of people who must agree */
    bool four_eyes;
    struct quell_str starter;
};
enum quell_code policy_may_agree(const struct approval_rule *rule, struct quell_value given,
                                 struct quell_str who, struct quell_error *err) QUELL_MUST_CHECK;

#endif
