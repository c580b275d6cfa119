/*
 * quality.c - see quality.h.
 */
#include "policy/quality.h"

#include "base/arena.h"
#include "base/str.h"

char policy_verdict_of(struct quell_str classification)
{
    if (str_is(classification, "true-positive"))
        return 'T';
    if (str_is(classification, "benign-positive"))
        return 'B';
    return str_is(classification, "false-positive") ? 'F' : '\0';
}

struct quell_str policy_verdicts_add(struct arena *arena, const struct playbook_quality *quality,
                                     struct quell_str verdicts, char verdict)
{
    size_t drop = verdicts.len + 1 > quality->over ? verdicts.len + 1 - quality->over : 0;
    struct quell_str kept = str_slice(verdicts, drop, verdicts.len);
    return arena_format(arena, "%.*s%c", QUELL_ARG(kept), verdict);
}

bool policy_quality_breached(const struct playbook_quality *quality, struct quell_str verdicts,
                             double *precision)
{
    size_t i, right = 0;
    for (i = 0; i < verdicts.len; i++)
        right += verdicts.data[i] == 'T';
    *precision = verdicts.len ? (double)right / (double)verdicts.len : 1;
    return verdicts.len >= quality->over && *precision < quality->min_precision;
}
