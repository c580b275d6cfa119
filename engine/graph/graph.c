/*
 * graph.c - a playbook as a tree of sequences, forks and loops, and where each stands.
 */
#include "graph/graph.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cel/cel.h"
#include "playbook/playbook.h"

const char graph_mark_read[] = "\xE2\x97\x8F"; /* a black circle */
const char graph_mark_note[] = "+";
const char graph_mark_change[] = "~";
const char graph_mark_disrupt[] = "!";
const char graph_mark_ask[] = "?";

/* ---- the tree ----------------------------------------------------------------------------------
 */

static struct graph_item of_list(struct arena *arena, const struct step_list *list);

/* The text of a condition, short enough to stand at a line. */
static struct quell_str condition(struct arena *arena, const struct playbook_text *text)
{
    enum { SHOWN = 36 }; /* bytes */
    struct quell_str source = text->expr ? str_trim(cel_source(text->expr)) : QUELL_STR("");
    size_t line = str_find(source, QUELL_STR("\n"), 0), cut = SHOWN;

    if (line != SIZE_MAX)
        source = str_slice(source, 0, line);
    if (source.len <= SHOWN && line == SIZE_MAX)
        return source;
    if (cut > source.len)
        cut = source.len;
    while (cut > 0 && ((unsigned char)source.data[cut] & 0xC0) == 0x80 && cut < source.len)
        cut--; /* not inside of a character */
    return arena_format(arena, "%.*s...", (int)cut, source.data);
}

static const char *mark_of(const struct step *step)
{
    if (step->kind == STEP_ASK)
        return graph_mark_ask;
    if (step->kind != STEP_USES || !step->action)
        return "";
    switch (step->action->effect) {
    case QUELL_READS:
        return graph_mark_read;
    case QUELL_NOTES:
        return graph_mark_note;
    case QUELL_CHANGES:
        return graph_mark_change;
    case QUELL_DISRUPTS:
        return graph_mark_disrupt;
    }
    return "";
}

static const char *keyword_of(const struct step *step)
{
    static const char *const keywords[] = {
#define STEP(name, keyword, doc) [STEP_##name] = (keyword),
#include "playbook/steps.def"
#undef STEP
    };
    return keywords[step->kind];
}

static struct quell_str name_of(struct arena *arena, const struct step *step)
{
    if (step->id_given)
        return step->id;
    if (step->kind == STEP_USES)
        return step->uses;
    if (step->kind == STEP_STOP && step->stop_as.len)
        return arena_format(arena, "stop: %.*s", QUELL_ARG(step->stop_as));
    return quell_str_of(keyword_of(step));
}

/* Its mark says what it does; that people are asked first stands behind its name. */
static struct quell_str label_of(struct arena *arena, const struct step *step)
{
    struct quell_str name = name_of(arena, step);
    return step->approve ? arena_format(arena, "%.*s %s", QUELL_ARG(name), graph_mark_ask) : name;
}

static struct graph_item sequence(struct arena *arena, size_t count)
{
    struct graph_item made = {.kind = GRAPH_SEQUENCE, .count = count};

    made.items = arena_array(arena, struct graph_item, count);
    return made;
}

static struct graph_item fork_of(struct arena *arena, size_t count)
{
    struct graph_item made = sequence(arena, count);

    made.kind = GRAPH_FORK;
    return made;
}

static struct graph_item loop(struct arena *arena, const struct step *step)
{
    struct graph_item made = sequence(arena, 1);
    struct quell_str over =
        condition(arena, step->kind == STEP_WHILE ? &step->goes_on : &step->items);

    made.kind = GRAPH_LOOP;
    made.step = step;
    made.label = step->kind == STEP_WHILE ? arena_format(arena, "while %.*s", QUELL_ARG(over))
                                          : arena_format(arena, "for each %.*s of %.*s",
                                                         QUELL_ARG(step->as), QUELL_ARG(over));
    made.items[0] = of_list(arena, &step->steps);
    return made;
}

static struct graph_item lanes(struct arena *arena, const struct step *step)
{
    struct graph_item made = fork_of(arena, step->lane_count);
    size_t i;

    made.step = step;
    made.label = quell_str_of(keyword_of(step));

    for (i = 0; i < step->lane_count; i++) {
        const struct step_lane *lane = &step->lanes[i];
        made.items[i] = of_list(arena, &lane->steps);
        made.items[i].branch = step->kind == STEP_PARALLEL ? lane->name
                               : lane->when.expr           ? condition(arena, &lane->when)
                                                           : QUELL_STR("else");
    }
    return made;
}

/* The step alone, without what its modifiers add. */
static struct graph_item bare(struct arena *arena, const struct step *step)
{
    if (step->kind == STEP_BLOCK)
        return of_list(arena, &step->steps);
    if (step->kind == STEP_FOR_EACH || step->kind == STEP_WHILE)
        return loop(arena, step);
    if (step->kind == STEP_PARALLEL || step->kind == STEP_SWITCH)
        return lanes(arena, step);
    return (struct graph_item){.kind = GRAPH_BOX,
                               .step = step,
                               .mark = mark_of(step),
                               .label = label_of(arena, step),
                               .ends = step->kind == STEP_STOP || step->kind == STEP_FAIL};
}

/* Two ways, the first one under `branch`. */
static struct graph_item either(struct arena *arena, struct graph_item one, struct quell_str branch,
                                struct graph_item other, struct quell_str other_branch)
{
    struct graph_item made = fork_of(arena, 2);

    one.branch = branch;
    other.branch = other_branch;
    made.items[0] = one;
    made.items[1] = other;
    return made;
}

static struct graph_item of_step(struct arena *arena, const struct step *step)
{
    struct graph_item made = bare(arena, step);

    if (step->on_error == ON_ERROR_STEPS) {
        struct graph_item both = sequence(arena, 2);
        both.items[0] = made;
        both.items[1] = either(arena, sequence(arena, 0), QUELL_STR(""),
                               of_list(arena, &step->on_error_steps), QUELL_STR("on error"));
        made = both;
    }
    if (step->condition.expr) {
        made = either(arena, made, condition(arena, &step->condition),
                      of_list(arena, &step->otherwise), QUELL_STR("else"));
        made.step = step;
        made.label = QUELL_STR("if");
    }
    return made;
}

static struct graph_item of_list(struct arena *arena, const struct step_list *list)
{
    struct graph_item made = sequence(arena, list->count);
    size_t i;

    for (i = 0; i < list->count; i++)
        made.items[i] = of_step(arena, list->items[i]);
    return made;
}

/* ---- sizes, from the leaves ---------------------------------------------------------------------
 */

enum {
    BOX_HEIGHT = 3,
    BOX_SIDES = 4,   /* a line and a blank at each side */
    FRAME_SIDES = 6, /* of a loop: more, so that it is told from a box */
    FORK_TOP = 2,    /* the line that divides, and the one that names the branches */
    GAP = 3,         /* between branches */
};

static size_t max_of(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void measure(struct graph_item *item);

static void measure_sequence(struct graph_item *item)
{
    size_t i, right = 1;

    item->height =
        item->count ? item->count - 1 : 1; /* the lines between; an empty one is a line */
    for (i = 0; i < item->count; i++) {
        struct graph_item *one = &item->items[i];
        measure(one);
        item->stem = max_of(item->stem, one->stem);
        right = max_of(right, one->width - one->stem);
        item->height += one->height;
        item->ends |= i + 1 == item->count && one->ends;
    }
    item->width = item->stem + right;
}

static void measure_fork(struct graph_item *item)
{
    size_t i, highest = 0;

    item->ends = item->count > 0;
    for (i = 0; i < item->count; i++) {
        struct graph_item *one = &item->items[i];
        measure(one);
        /* The name of a branch stands at the right of its line. */
        one->slot = max_of(one->width, one->stem + 2 + utf8_width(one->branch));
        item->width += one->slot + (i ? GAP : 0);
        highest = max_of(highest, one->height);
        item->ends &= one->ends;
    }
    item->height = FORK_TOP + highest + 1;
    if (item->count)
        item->stem = (item->items[0].stem + item->width - item->items[item->count - 1].slot +
                      item->items[item->count - 1].stem) /
                     2;
}

static void measure(struct graph_item *item)
{
    size_t text = utf8_width(item->label) + (item->mark && item->mark[0] ? 2 : 0);

    item->width = item->height = item->stem = 0;
    switch (item->kind) {
    case GRAPH_BOX:
        item->width = text + BOX_SIDES;
        item->height = BOX_HEIGHT;
        item->stem = item->width / 2;
        break;
    case GRAPH_SEQUENCE:
        measure_sequence(item);
        break;
    case GRAPH_FORK:
        measure_fork(item);
        break;
    case GRAPH_LOOP:
        measure(&item->items[0]);
        item->width = max_of(item->items[0].width + FRAME_SIDES, text + FRAME_SIDES);
        item->height = item->items[0].height + 4;
        item->stem = max_of(item->items[0].stem + FRAME_SIDES / 2, text / 2);
        item->width = max_of(item->width, item->stem + FRAME_SIDES / 2 + item->items[0].width -
                                              item->items[0].stem);
        break;
    }
}

/* ---- places, from the root ----------------------------------------------------------------------
 */

/* Puts the item so that its stem stands in column `column`. */
static void put(struct graph_item *item, size_t column, size_t y)
{
    size_t i, x;

    item->x = column - item->stem;
    item->y = y;
    x = item->x;
    for (i = 0; i < item->count; i++) {
        struct graph_item *one = &item->items[i];
        switch (item->kind) {
        case GRAPH_BOX:
            break;
        case GRAPH_SEQUENCE:
            put(one, column, y);
            y += one->height + 1;
            break;
        case GRAPH_FORK:
            put(one, x + one->stem, item->y + FORK_TOP);
            x += one->slot + GAP;
            break;
        case GRAPH_LOOP:
            put(one, column, y + 2);
            break;
        }
    }
}

static void add_part(struct arena *arena, struct graph *graph, const char *title,
                     const struct step_list *list)
{
    struct graph_part *part = &graph->parts[graph->count];
    size_t gap = graph->count ? 1 : 0;

    if (list->count == 0 && graph->count)
        return;
    part->title = quell_str_of(title);
    part->root = of_list(arena, list);
    part->y = graph->height + gap;
    measure(&part->root);
    put(&part->root, part->root.stem, part->y + (part->title.len ? 2 : 0));
    graph->height = part->root.y + part->root.height;
    graph->width = max_of(graph->width, max_of(part->root.width, utf8_width(part->title)));
    graph->count++;
}

void graph_make(struct arena *arena, const struct playbook *playbook, struct graph *graph)
{
    *graph = (struct graph){.playbook = playbook};
    add_part(arena, graph, "", &playbook->steps);
    add_part(arena, graph, "on failure", &playbook->on_failure);
    add_part(arena, graph, "finally", &playbook->finally);
}
