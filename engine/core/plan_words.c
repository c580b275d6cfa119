/*
 * plan_words.c - what a path of a plan supposes, in words.
 */
#include <string.h>

#include "base/str.h"
#include "core/plan.h"

/* What is asked of people and about events; the path stands in front. */
static const struct {
    const char *what, *answer, *words;
} sayings[] = {
    {"outcome", "succeeds", "succeeds"},
    {"outcome", "fails", "fails"},
    {"outcome", "times out", "times out"},
    {"approve", "agreed", "is approved"},
    {"approve", "denied", "is denied"},
    {"approve", "not answered", "is not approved in time"},
    {"ask", "answered", "is answered"},
    {"ask", "not answered", "is not answered in time"},
    {"wait", "comes", "gets what it waits for"},
    {"wait", "does not come", "waits in vain"},
};

struct quell_str plan_words(struct arena *arena, const struct plan_node *node, size_t answer)
{
    const struct run_question *question = &node->question;
    const char *word = question->answers[answer];
    size_t i;

    for (i = 0; i < sizeof(sayings) / sizeof(*sayings); i++)
        if (str_is(question->what, sayings[i].what) && strcmp(word, sayings[i].answer) == 0)
            return arena_format(arena, "%.*s %s", QUELL_ARG(question->path), sayings[i].words);
    if (str_is(quell_str_of(word), "true") && question->text.len)
        return question->text;
    if (str_is(quell_str_of(word), "false") && question->text.len)
        return arena_format(arena, "not (%.*s)", QUELL_ARG(question->text));
    if (str_is(question->what, "items"))
        return arena_format(arena, "%.*s %s", QUELL_ARG(question->text), word);
    return arena_format(arena, "%.*s: %.*s %s", QUELL_ARG(question->path),
                        QUELL_ARG(question->what), word);
}

/* How a call comes out whose failure is seen at once. */
static bool is_outcome(const struct plan *plan, const struct plan_edge *edge)
{
    const struct plan_node *node = edge->from == PLAN_NONE ? NULL : &plan->nodes[edge->from];

    return node && str_is(node->question.what, "outcome") && node->step &&
           node->step->on_error != ON_ERROR_CONTINUE;
}

bool plan_is_usual(const struct plan *plan, const struct plan_edge *edge)
{
    return edge->answer == 0 && edge->from != PLAN_NONE &&
           str_is(plan->nodes[edge->from].question.what, "outcome");
}

bool plan_is_failure(const struct plan *plan, const struct plan_edge *edge)
{
    return edge->answer != 0 && is_outcome(plan, edge);
}
