/*
 * prove.c - definite assignment: has a step certainly succeeded, is a var certainly set, when the
 * run is here?
 *
 * A step that is reached proves the steps before it in its own list, and those before each step it
 * stands inside. Among those, a step counts when nothing could have skipped it and its failure
 * would have ended the list; a block with `if` counts when both its lists do. What is not certain
 * is proven by conditions that ask for `steps.<id>.status`: those around, and those of steps before
 * that end the run otherwise.
 */
#include "playbook/load.h"

#include "base/arena.h"
#include "base/str.h"

#include <string.h>

static bool certain_list(const struct loader *loader, size_t first);

/* All branches of a `parallel` run, so any of them will do; one case of a `switch` does, so it
 * takes all of them. */
static bool certain_lanes(const struct loader *loader, const struct outline *outline)
{
    size_t i;
    bool any = false, all = outline->complete;
    for (i = 0; i < outline->lane_count; i++) {
        bool here = certain_list(loader, outline->lanes[i]);
        any = any || here;
        all = all && here;
    }
    return outline->parallel ? any : all;
}

/* Whether this step, once its list has gone past it, has done what is marked. */
static bool certain(const struct loader *loader, size_t step)
{
    const struct outline *outline = &loader->outline[step];
    if (outline->soft || outline->gated || outline->later)
        return false;
    if (outline->mark)
        return !outline->conditional;
    if (outline->lane_count)
        return !outline->conditional && certain_lanes(loader, outline);
    if (outline->loop || !certain_list(loader, outline->first[BRANCH_STEPS]))
        return false;
    return !outline->conditional || certain_list(loader, outline->first[BRANCH_ELSE]);
}

static bool certain_list(const struct loader *loader, size_t first)
{
    for (; first != NO_STEP; first = loader->outline[first].next)
        if (certain(loader, first))
            return true;
    return false;
}

static size_t first_of_list(const struct loader *loader, size_t step)
{
    const struct outline *outline = &loader->outline[step];
    if (outline->parent != NO_STEP && outline->branch == BRANCH_LANE)
        return loader->outline[outline->parent].lanes[outline->lane];
    if (outline->parent != NO_STEP)
        return loader->outline[outline->parent].first[outline->branch];
    return outline->branch == BRANCH_ON_FAILURE ? loader->first_on_failure
           : outline->branch == BRANCH_FINALLY  ? loader->first_finally
                                                : loader->first;
}

/* A `stop` ends a run well, too: then nothing that stands behind it in the text has run. */
static bool stops_before(const struct loader *loader, size_t step)
{
    size_t i;
    for (i = 0; i < step && i < loader->outline_count; i++)
        if (yaml_find(loader->outline[i].node, QUELL_STR("stop")))
            return true;
    return false;
}

static bool certain_at(const struct loader *loader, size_t at)
{
    if (at == NO_STEP) /* the end of a run that succeeded */
        return certain_list(loader, loader->first);
    for (; at != NO_STEP; at = loader->outline[at].parent) {
        size_t step = first_of_list(loader, at);
        for (; step != NO_STEP && step != at; step = loader->outline[step].next)
            if (certain(loader, step))
                return true;
    }
    return false;
}

bool prove_ran(struct loader *loader, size_t step, size_t at)
{
    bool proven;
    if (at == NO_STEP && stops_before(loader, step))
        return false;
    loader->outline[step].mark = true;
    proven = certain_at(loader, at);
    loader->outline[step].mark = false;
    return proven;
}

static void mark_var(struct loader *loader, struct quell_str var, size_t at, bool mark)
{
    size_t i;
    for (i = 0; i < loader->var_count; i++) {
        size_t step = loader->vars[i].step;
        if (step != NO_STEP && quell_str_equal(loader->vars[i].name, var) &&
            !(at == NO_STEP && stops_before(loader, step)))
            loader->outline[step].mark = mark;
    }
}

bool prove_set(struct loader *loader, struct quell_str var, size_t at)
{
    bool proven;
    mark_var(loader, var, at, true);
    proven = certain_at(loader, at);
    mark_var(loader, var, at, false);
    return proven;
}

bool prove_visible(const struct loader *loader, size_t step, size_t at)
{
    enum branch branch, own = loader->outline[step].branch;
    size_t up = loader->outline[step].parent;
    /* What catches or takes back a loop stands beside it. */
    for (; up != NO_STEP; own = loader->outline[up].branch, up = loader->outline[up].parent)
        if (loader->outline[up].loop && own == BRANCH_STEPS &&
            (!outline_inside(loader, at, up, &branch) || branch != BRANCH_STEPS))
            return false;
    return true;
}

/* ---- guards ------------------------------------------------------------------------------------
 */

/* A text without blanks outside of quotes and with single quotes only, so that spellings of the
 * same comparison are equal bytes. Also says whether `||` or `?` stands in it: then nothing is
 * certain of its parts. */
static struct quell_str squeeze(struct arena *arena, struct quell_str text, bool *choice)
{
    char *out = arena_alloc(arena, text.len + 1), quote = 0;
    size_t i, len = 0;
    for (i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (!quote && (c == '|' || c == '?'))
            *choice = true;
        if (!quote && (c == ' ' || c == '\n' || c == '\r' || c == '\t'))
            continue;
        if (quote ? c == quote : c == '\'' || c == '"') {
            quote = quote ? 0 : c;
            c = '\'';
        }
        out[len++] = c;
    }
    return (struct quell_str){out, len};
}

/* Whether the end of a squeezed text stands in brackets or in quotes. */
static bool ends_inside(struct quell_str text)
{
    size_t i, depth = 0;
    bool quoted = false;
    for (i = 0; i < text.len; i++) {
        char c = text.data[i];
        quoted ^= c == '\'';
        if (!quoted && (c == '(' || c == '[' || c == '{'))
            depth++;
        if (!quoted && (c == ')' || c == ']' || c == '}') && depth)
            depth--;
    }
    return quoted || depth;
}

/* Whether `part` is one of the terms that `joint` (`&&`, `||`) joins: at an end or beside one. */
static bool has_term(struct quell_str text, struct quell_str part, struct quell_str joint)
{
    size_t at = str_find(text, part, 0);
    for (; at != SIZE_MAX; at = str_find(text, part, at + 1)) {
        struct quell_str before = str_slice(text, 0, at),
                         behind = str_slice(text, at + part.len, text.len);
        if ((!before.len || str_ends(before, joint)) &&
            (!behind.len || str_starts(behind, joint)) && !ends_inside(before))
            return true;
    }
    return false;
}

static bool guards(const struct loader *loader, const struct cel *condition, struct quell_str id)
{
    bool choice = false;
    struct quell_str text, term;
    if (!condition)
        return false;
    text = squeeze(loader->arena, cel_source(condition), &choice);
    term = arena_format(loader->arena, "steps.%.*s.status=='succeeded'", QUELL_ARG(id));
    return !choice && has_term(text, term, QUELL_STR("&&"));
}

bool prove_guarded(const struct loader *loader, struct quell_str id, size_t at, bool own)
{
    enum branch branch = BRANCH_STEPS;
    bool counts = own;
    size_t lane = 0;
    while (at != NO_STEP) {
        const struct step *step = loader->outline[at].step;
        if (counts && step && (branch == BRANCH_STEPS || branch == BRANCH_LANE) &&
            guards(loader, step->condition.expr, id))
            return true;
        if (counts && step && branch == BRANCH_LANE && lane < step->lane_count &&
            guards(loader, step->lanes[lane].when.expr, id))
            return true;
        branch = loader->outline[at].branch;
        lane = loader->outline[at].lane;
        at = loader->outline[at].parent;
        counts = true;
    }
    return false;
}

/* Whether the condition holds whenever the step did not succeed. */
static bool covers(const struct loader *loader, const struct cel *condition, struct quell_str id)
{
    bool choice = false;
    struct quell_str text = squeeze(loader->arena, cel_source(condition), &choice), term;
    term = arena_format(loader->arena, "steps.%.*s.status!='succeeded'", QUELL_ARG(id));
    if (memchr(text.data, '?', text.len))
        return false;
    return has_term(text, term, QUELL_STR("||"));
}

/* Whether nothing behind this step is reached when its steps are. */
static bool leaves(const struct loader *loader, size_t step)
{
    const struct outline *outline = &loader->outline[step];
    if (outline->soft || outline->gated || outline->later)
        return false;
    if (yaml_find(outline->node, QUELL_STR("stop")) || yaml_find(outline->node, QUELL_STR("fail")))
        return true;
    if (outline->loop || outline->lane_count)
        return false;
    for (step = outline->first[BRANCH_STEPS]; step != NO_STEP; step = loader->outline[step].next)
        if (!loader->outline[step].conditional && leaves(loader, step))
            return true;
    return false;
}

bool prove_left(const struct loader *loader, size_t step, size_t at)
{
    struct quell_str id = loader->outline[step].id;
    for (; at != NO_STEP; at = loader->outline[at].parent) {
        size_t exit = first_of_list(loader, at);
        for (; exit != NO_STEP && exit != at; exit = loader->outline[exit].next) {
            const struct step *loaded = loader->outline[exit].step;
            if (exit > step && loaded && loaded->condition.expr && leaves(loader, exit) &&
                covers(loader, loaded->condition.expr, id))
                return true;
        }
    }
    return false;
}
