/*
 * quality.h - whether a playbook's incidents are worth it: the share of true positives among those
 * that were closed. Pure.
 */
#ifndef POLICY_QUALITY_H
#define POLICY_QUALITY_H

#include <stdbool.h>

#include <quell/value.h>

#include "playbook/start.h"

struct arena;

/* The letter of a classification: T true, B benign, F false; 0: it says nothing. */
char policy_verdict_of(struct quell_str classification);
/* The last `over` verdicts with one more. */
struct quell_str policy_verdicts_add(struct arena *arena, const struct playbook_quality *quality,
                                     struct quell_str verdicts, char verdict);
/* Whether there are enough of them, and the share of T is below what is asked; *precision. */
bool policy_quality_breached(const struct playbook_quality *quality, struct quell_str verdicts,
                             double *precision);

#endif
