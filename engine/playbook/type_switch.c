/*
 * type_switch.c - a `switch` over an enum names each of its words, or has an `else`: when a sender
 * begins to use a word that was always there, nothing falls through in silence.
 */
#include "playbook/types.h"

#include "base/arena.h"
#include "base/str.h"

enum { WORDS_MAX = 64 };

struct cases {
    struct quell_str subject;
    const char *const *words; /* of the enum */
    bool asked[WORDS_MAX];
};

/* ---- cases that never run ----------------------------------------------------------------------
 */

static void report_shadowed(struct loader *loader, const struct step_lane *lane,
                            struct quell_str why)
{
    struct diag *diag = report(loader, CONSTANT, lane->when.place, "this case never runs");
    diag->label = why;
}

/* Whether a case asks what one above has asked already; says so. */
static bool is_repeated(struct loader *loader, const struct step *step, size_t index)
{
    struct quell_str text = str_trim(cel_source(step->lanes[index].when.expr));
    size_t i;
    for (i = 0; i < index; i++)
        if (step->lanes[i].when.expr &&
            quell_str_equal(text, str_trim(cel_source(step->lanes[i].when.expr)))) {
            report_shadowed(loader, &step->lanes[index], QUELL_STR("a case above asks the same"));
            return true;
        }
    return false;
}

/* ---- cases that are missing --------------------------------------------------------------------
 */

static bool is_asked(const struct cases *cases, struct quell_str word)
{
    size_t i;
    for (i = 0; cases->words && cases->words[i] && i < WORDS_MAX; i++)
        if (str_is(word, cases->words[i]))
            return cases->asked[i];
    return false;
}

static bool asked_all(const struct cases *cases, const struct cel_choice *choice)
{
    size_t i;
    for (i = 0; i < choice->count; i++)
        if (!is_asked(cases, choice->words[i]))
            return false;
    return choice->count > 0;
}

/* Notes the words of one case; false when it asks something else. */
static bool note_case(struct loader *loader, size_t index, const struct step *step, size_t number,
                      struct cases *cases)
{
    const struct step_lane *lane = &step->lanes[number];
    bool repeated = is_repeated(loader, step, number);
    struct type_scope scope = {loader, {WHERE_STEP, index}};
    struct cel_environment environment = type_environment(&scope);
    struct cel_choice choice;
    size_t i, k;
    if (!cel_choice_of(lane->when.expr, &environment, loader->arena, &choice))
        return false;
    if (cases->words && !quell_str_equal(cases->subject, choice.subject))
        return false;
    if (!repeated && asked_all(cases, &choice))
        report_shadowed(loader, lane, QUELL_STR("cases above take all of these words"));
    cases->subject = choice.subject;
    cases->words = choice.type->words;
    for (i = 0; i < choice.count; i++)
        for (k = 0; cases->words[k] && k < WORDS_MAX; k++)
            if (str_is(choice.words[i], cases->words[k]))
                cases->asked[k] = true;
    return true;
}

static struct quell_str missing(struct loader *loader, const struct cases *cases)
{
    struct quell_str text = {"", 0};
    size_t i;
    for (i = 0; cases->words[i] && i < WORDS_MAX; i++)
        if (!cases->asked[i])
            text = diag_format(loader->diags, "%.*s%s`%s`", QUELL_ARG(text), text.len ? ", " : "",
                               cases->words[i]);
    return text;
}

void type_switch(struct loader *loader, size_t index, const struct yaml_pair *pair,
                 const struct step *step)
{
    struct cases cases = {.words = NULL};
    struct quell_str words;
    struct diag *diag;
    bool complete = loader->outline[index].complete;
    size_t i;
    for (i = 0; i < step->lane_count; i++)
        if (!step->lanes[i].when.expr || !note_case(loader, index, step, i, &cases))
            complete = true; /* or nobody knows */
    if (complete)
        return;
    words = cases.words ? missing(loader, &cases) : QUELL_STR("");
    if (!words.len)
        return;
    diag = report(loader, NOT_EXHAUSTIVE, pair->key.place, "no case of this `switch` is for %.*s",
                  QUELL_ARG(words));
    diag->label =
        diag_format(loader->diags, "`%.*s` has more words than these", QUELL_ARG(cases.subject));
    diag->help = QUELL_STR("add the cases, or end the list with `- else: [...]`");
}
