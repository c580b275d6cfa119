/*
 * words.h - the senders' words, as quell spells them: enums, products and providers; internal to
 * incident/.
 */
#ifndef INCIDENT_WORDS_H
#define INCIDENT_WORDS_H

#include <quell/value.h>

struct arena;

/* Each takes any spelling of the sender's (case does not matter) and gives our word, or null for
 * null, empty and "unknown". A word that no table knows passes: in kebab-case and lower case, a
 * determination as it came. */
struct quell_value word_severity(struct arena *arena, struct quell_value sent);
struct quell_value word_status(struct arena *arena, struct quell_value sent);
struct quell_value word_classification(struct arena *arena, struct quell_value sent);
struct quell_value word_determination(struct arena *arena, struct quell_value sent);
struct quell_value word_verdict(struct arena *arena, struct quell_value sent);
/* "Azure Sentinel" -> "Microsoft Sentinel", "microsoftDefenderForEndpoint" -> "Microsoft Defender
 * for Endpoint"; an unknown name passes as it came. */
struct quell_value word_product(struct quell_value sent);

/* `TruePositive`, `truePositive`, `true_positive`, `True Positive` -> `true-positive`. */
struct quell_str word_kebab(struct arena *arena, struct quell_str word);

#endif
