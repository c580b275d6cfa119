/*
 * guide.c - the parts of the language and the examples of its keywords, as tables.
 */
#include "playbook/guide.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "playbook/load.h"

static const struct guide_part parts[] = {
#define PART(word, place, table) {.name = (word), .where = (place), .fields = (table)},
#include "playbook/guide.def"
#undef PART
};

static const struct guide_example examples[] = {
#define EXAMPLE(place, word, state, example)                                                       \
    {.part = (place), .keyword = (word), .ends = (state), .text = (example)},
#include "playbook/examples_people.def"
#include "playbook/examples_start.def"
#include "playbook/examples_step.def"
#undef EXAMPLE
};

const struct guide_part *guide_parts(size_t *count)
{
    *count = sizeof(parts) / sizeof(parts[0]);
    return parts;
}

const struct guide_example *guide_examples(size_t *count)
{
    *count = sizeof(examples) / sizeof(examples[0]);
    return examples;
}

const struct guide_example *guide_example(const char *part, const char *keyword)
{
    size_t i;

    for (i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        if (strcmp(examples[i].part, part) == 0 && strcmp(examples[i].keyword, keyword) == 0)
            return &examples[i];
    return NULL;
}

/* Some line of the text begins with this key. */
static bool has_key(struct quell_str text, const char *key)
{
    struct quell_str word = quell_str_of(key);
    size_t at = str_find(text, word, 0);

    while (at != SIZE_MAX && at > 0 && text.data[at - 1] != '\n')
        at = str_find(text, word, at + 1);
    return at != SIZE_MAX;
}

struct quell_str guide_complete(struct arena *arena, const char *example)
{
    struct quell_str text = quell_str_of(example);

    if (has_key(text, "quell:") && str_starts(text, QUELL_STR("quell:")))
        return text;
    if (text.len && text.data[0] == '-')
        return arena_format(arena, "quell: 1\nplaybook: example\non: { manual: }\nsteps:\n%s",
                            example);
    return arena_format(arena, "quell: 1\nplaybook: example\n%s%s%s",
                        has_key(text, "on:") ? "" : "on: { manual: }\n", example,
                        has_key(text, "steps:") ? "" : "steps:\n  - stop:\n");
}
