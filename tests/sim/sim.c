/*
 * sim.c - quell-sim: one story from its beginning to its end. tests/stories tells many.
 */
#include "sim.h"

#include <stdio.h>

#include "base/str.h"

static void tell(struct story *story)
{
    struct sim sim = {.story = story, .arena = story->arena};
    int i;

    sim_begin(&sim);
    for (i = 0; i < SIM_MOVES && story->violation == NULL; i++) {
        unsigned deaths = story->counts[SIM_DEATHS];
        sim_move(&sim);
        if (story->counts[SIM_DEATHS] > deaths && sim.engine)
            (void)sim_check(&sim);
    }
    if (sim.engine && story->violation == NULL) {
        sim_come_to_rest(&sim);
        (void)sim_check_end(&sim);
        (void)snprintf(story->digest, sizeof(story->digest), "%.*s", QUELL_ARG(sim_digest(&sim)));
    }
    story->counts[SIM_INCIDENTS] = sim.incidents;
    sim_end(&sim);
}

int main(int argc, char **argv)
{
    static const struct story_break breaks[] = {{"nothing", NULL},
                                                {"journal", " event"},
                                                {"policy", "was touched"},
                                                {"halt", "which is halted"},
                                                {"text", "is of text"},
                                                {"ticks", "of a schedule has started"},
                                                {"replay", "is told otherwise"},
                                                {"dice", "another story"},
                                                {NULL, NULL}};
    static const char *const counted[] = {"incidents", "deaths", "runs",    "halts", "reloads",
                                          "ticks",     "undone", "on disk", NULL};
    static const struct story_kind kind = {
        .program = "quell-sim", .breaks = breaks, .counted = counted, .tell = tell};

    return stories_main(&kind, argc, argv);
}
