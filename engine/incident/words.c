/*
 * words.c - tables from the senders' words to ours. Senders disagree on case (Microsoft's own pages
 * do), rename their products, and add words: so case never counts, old names map to the new one,
 * and what no table knows passes as text.
 */
#include "incident/words.h"

#include "base/arena.h"
#include "base/str.h"

struct word {
    const char *sent, *ours; /* ours NULL: says nothing, becomes null */
};

static const struct word severities[] = {
    {"unknown", NULL},
    {"unknownFutureValue", NULL},
    {0},
};

/* Graph's incident status `active` is the first one and `inProgress` the second; both are active
 * to quell. A merged incident is `redirected`, which passes. */
static const struct word statuses[] = {
    {"inProgress", "active"},
    {"unknown", NULL},
    {"unknownFutureValue", NULL},
    {0},
};

static const struct word classifications[] = {
    {"informationalExpectedActivity", "benign-positive"},
    {"unknown", NULL},
    {"unknownFutureValue", NULL},
    {0},
};

/* The spelling of Microsoft Graph's metadata; the first two are names its pages use. */
static const struct word determinations[] = {
    {"compromisedUser", "compromisedAccount"},
    {"confirmedUserActivity", "confirmedActivity"},
    {"apt", "apt"},
    {"malware", "malware"},
    {"securityPersonnel", "securityPersonnel"},
    {"securityTesting", "securityTesting"},
    {"unwantedSoftware", "unwantedSoftware"},
    {"other", "other"},
    {"multiStagedAttack", "multiStagedAttack"},
    {"compromisedAccount", "compromisedAccount"},
    {"phishing", "phishing"},
    {"maliciousUserActivity", "maliciousUserActivity"},
    {"notMalicious", "notMalicious"},
    {"notEnoughDataToValidate", "notEnoughDataToValidate"},
    {"confirmedActivity", "confirmedActivity"},
    {"lineOfBusinessApplication", "lineOfBusinessApplication"},
    {"unknown", NULL},
    {"unknownFutureValue", NULL},
    {0},
};

static const struct word products[] = {
    {"Azure Sentinel", "Microsoft Sentinel"},
    {"microsoftSentinel", "Microsoft Sentinel"},
    {"Microsoft 365 Defender", "Microsoft Defender XDR"},
    {"Microsoft XDR", "Microsoft Defender XDR"},
    {"Microsoft Threat Protection", "Microsoft Defender XDR"},
    {"microsoft365Defender", "Microsoft Defender XDR"},
    {"Microsoft Defender Advanced Threat Protection", "Microsoft Defender for Endpoint"},
    {"MDATP", "Microsoft Defender for Endpoint"},
    {"microsoftDefenderForEndpoint", "Microsoft Defender for Endpoint"},
    {"Office 365 Advanced Threat Protection", "Microsoft Defender for Office 365"},
    {"OATP", "Microsoft Defender for Office 365"},
    {"microsoftDefenderForOffice365", "Microsoft Defender for Office 365"},
    {"Azure Advanced Threat Protection", "Microsoft Defender for Identity"},
    {"microsoftDefenderForIdentity", "Microsoft Defender for Identity"},
    {"Microsoft Cloud App Security", "Microsoft Defender for Cloud Apps"},
    {"MCAS", "Microsoft Defender for Cloud Apps"},
    {"microsoftDefenderForCloudApps", "Microsoft Defender for Cloud Apps"},
    {"Microsoft Application Protection", "Microsoft Defender for Cloud Apps"},
    {"microsoftAppGovernance", "Microsoft Defender for Cloud Apps"},
    {"Azure Security Center", "Microsoft Defender for Cloud"},
    {"microsoftDefenderForCloud", "Microsoft Defender for Cloud"},
    {"Azure Active Directory Identity Protection", "Microsoft Entra ID Protection"},
    {"azureAdIdentityProtection", "Microsoft Entra ID Protection"},
    {"dataLossPrevention", "Microsoft Purview Data Loss Prevention"},
    {"Microsoft Data Loss Prevention", "Microsoft Purview Data Loss Prevention"},
    {"microsoftInsiderRiskManagement", "Microsoft Purview Insider Risk Management"},
    {"microsoftThreatIntelligence", "Microsoft Threat Intelligence"},
    {"microsoftSecurityForAI", "Microsoft Security for AI"},
    {0},
};

static const struct word *find(const struct word *table, struct quell_str sent)
{
    for (; table->sent; table++) {
        if (str_equal_fold(sent, quell_str_of(table->sent)))
            return table;
    }
    return NULL;
}

static bool upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool gap(char c)
{
    return c == ' ' || c == '_' || c == '-';
}

/* Whether a new part begins at `at`: `truePositive`, and `XMLFile` -> `xml-file`. */
static bool begins_part(struct quell_str word, size_t at)
{
    bool next_is_lower = at + 1 < word.len && !upper(word.data[at + 1]) && !gap(word.data[at + 1]);
    if (at == 0 || !upper(word.data[at]) || gap(word.data[at - 1]))
        return false;
    return !upper(word.data[at - 1]) || next_is_lower;
}

struct quell_str word_kebab(struct arena *arena, struct quell_str word)
{
    char *out = arena_alloc(arena, word.len * 2 + 1);
    size_t i, len = 0;

    for (i = 0; i < word.len; i++) {
        char c = word.data[i];
        if (begins_part(word, i))
            out[len++] = '-';
        out[len++] = upper(c) ? (char)(c + 32) : gap(c) ? '-' : c;
    }
    return (struct quell_str){out, len};
}

static struct quell_value kebab_word(struct arena *arena, const struct word *table,
                                     struct quell_value sent)
{
    struct quell_str text = str_trim(quell_str(sent));
    const struct word *known;

    if (!quell_is(sent, QUELL_STRING) || text.len == 0)
        return quell_null();
    known = find(table, text);
    return known ? quell_text(known->ours) : quell_string(word_kebab(arena, text));
}

struct quell_value word_severity(struct arena *arena, struct quell_value sent)
{
    return kebab_word(arena, severities, sent);
}

struct quell_value word_status(struct arena *arena, struct quell_value sent)
{
    return kebab_word(arena, statuses, sent);
}

struct quell_value word_classification(struct arena *arena, struct quell_value sent)
{
    return kebab_word(arena, classifications, sent);
}

struct quell_value word_verdict(struct arena *arena, struct quell_value sent)
{
    return kebab_word(arena, severities, sent); /* the same words say nothing */
}

struct quell_value word_determination(struct arena *arena, struct quell_value sent)
{
    struct quell_str text = str_trim(quell_str(sent));
    const struct word *known;

    (void)arena; /* nothing is made here; the signature is that of its siblings */
    if (!quell_is(sent, QUELL_STRING) || text.len == 0)
        return quell_null();
    known = find(determinations, text);
    return known ? quell_text(known->ours) : quell_string(text);
}

struct quell_value word_product(struct quell_value sent)
{
    struct quell_str text = str_trim(quell_str(sent));
    const struct word *known;

    if (!quell_is(sent, QUELL_STRING) || text.len == 0)
        return quell_null();
    known = find(products, text);
    return known ? quell_text(known->ours) : quell_string(text);
}
