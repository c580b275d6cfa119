/*
 * wire.c - quell-wire: the program. tests/stories tells many stories.
 */
#include "wire.h"

#include <stdlib.h>

struct wire *wire_now;

static void tell(struct story *story)
{
    struct wire *wire = calloc(1, sizeof(*wire));

    if (wire == NULL)
        exit(2);
    wire->story = story;
    wire->arena = story->arena;
    wire_now = wire;
    wire_story(wire);
    wire_now = NULL;
    free(wire);
}

int main(int argc, char **argv)
{
    static const struct story_break breaks[] = {
        {"nothing", NULL}, {"keys", "keyed of "}, {"looks", "verifiable of "}, {NULL, NULL}};
    static const char *const counted[] = {"requests", "deaths", "on disk", NULL};
    static const struct story_kind kind = {
        .program = "quell-wire", .breaks = breaks, .counted = counted, .tell = tell};

    return stories_main(&kind, argc, argv);
}
