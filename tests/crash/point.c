/*
 * point.c - from the shim's log to the list of points.
 */
#include "point.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- counts ----------------------------------------------------------------------------------*/

static struct count *find(struct counts *counts, const char *thread, const char *call)
{
    size_t i;

    for (i = 0; i < counts->count; i++) {
        if (!strcmp(counts->items[i].thread, thread) && !strcmp(counts->items[i].call, call))
            return &counts->items[i];
    }
    return NULL;
}

/* The first word of *text, which goes on behind it; false when there is none, or it is too long. */
static bool take_word(char **text, char *word, size_t size)
{
    size_t len = strcspn(*text, " \n");

    if (len == 0 || len >= size)
        return false;
    memcpy(word, *text, len);
    word[len] = '\0';
    *text += len + strspn(*text + len, " ");
    return true;
}

static void take_line(struct counts *counts, char *line)
{
    struct count read = {.most = 0}, *known;

    if (!take_word(&line, read.thread, sizeof(read.thread)) ||
        !take_word(&line, read.call, sizeof(read.call)))
        return;
    read.most = strtoul(line, NULL, 10);
    known = find(counts, read.thread, read.call);
    if (!known && counts->count < sizeof(counts->items) / sizeof(*counts->items)) {
        known = &counts->items[counts->count++];
        *known = read;
    }
    if (known && read.most > known->most)
        known->most = read.most;
}

struct counts counts_read(const char *path)
{
    struct counts counts = {.count = 0};
    FILE *file = fopen(path, "re");
    char line[512];

    if (!file) {
        fprintf(stderr, "crash: %s: the shim wrote no log\n", path);
        exit(2);
    }
    while (fgets(line, sizeof(line), file))
        take_line(&counts, line);
    (void)fclose(file); /* was only read */
    return counts;
}

void counts_narrow(struct counts *counts, const struct counts *other)
{
    struct counts all = *other; /* find() takes one that may be changed */
    size_t i;

    for (i = 0; i < counts->count; i++) {
        struct count *mine = &counts->items[i];
        const struct count *found = find(&all, mine->thread, mine->call);
        unsigned long most = found ? found->most : 0;

        if (most < mine->most)
            mine->most = most;
    }
}

bool counts_have(const char *path, const struct point *point)
{
    struct counts counts = counts_read(path);
    const struct count *found = find(&counts, point->thread, point->call);

    return found && found->most >= point->nth;
}

/* ---- points ----------------------------------------------------------------------------------*/

static void add_point(struct point_list *list, const struct count *of, unsigned long nth,
                      const char *when)
{
    struct point *point;

    if (list->count == list->size) {
        list->size = list->size ? 2 * list->size : 1024;
        list->items = memory_resize(list->items, list->size * sizeof(*list->items));
    }
    point = &list->items[list->count++];
    *point = (struct point){.nth = nth};
    memcpy(point->thread, of->thread, sizeof(point->thread));
    memcpy(point->call, of->call, sizeof(point->call));
    (void)snprintf(point->when, sizeof(point->when), "%s", when);
}

/* All of one kind first, or every second one would be of one kind when they are thinned out. */
void points_add(const struct counts *counts, enum mode mode, struct point_list *list)
{
    for (size_t i = 0; i < counts->count; i++) {
        const struct count *of = &counts->items[i];
        char when[16];

        for (unsigned k = 0; when_name(mode, of->thread, of->call, k, when); k++) {
            for (unsigned long nth = when_first(mode, of->thread); nth <= of->most; nth++)
                add_point(list, of, nth, when);
        }
    }
}

size_t *points_choose(size_t count, size_t most, size_t *chosen)
{
    size_t *numbers = memory_new((count + 1) * sizeof(*numbers));
    size_t i, share = 0;

    *chosen = 0;
    for (i = 0; i < count; i++) {
        /* As the pixels of a slope: each time the share has grown by a whole point. */
        share += most && most < count ? most : count;
        if (share < count)
            continue;
        share -= count;
        numbers[(*chosen)++] = i;
    }
    return numbers;
}

void point_text(const struct point *point, char text[POINT_TEXT])
{
    (void)snprintf(text, POINT_TEXT, "%s/%s/%lu/%s", point->thread, point->call, point->nth,
                   point->when);
}

/* The part up to the next slash, which *text goes on behind. */
static bool take_part(const char **text, char *part, size_t size)
{
    size_t len = strcspn(*text, "/");

    if (len == 0 || len >= size)
        return false;
    memcpy(part, *text, len);
    part[len] = '\0';
    *text += len;
    if (**text == '/')
        ++*text;
    return true;
}

bool point_read(const char *text, struct point *point)
{
    char nth[20];

    if (!take_part(&text, point->thread, sizeof(point->thread)) ||
        !take_part(&text, point->call, sizeof(point->call)) ||
        !take_part(&text, nth, sizeof(nth)) || !take_part(&text, point->when, sizeof(point->when)))
        return false;
    point->nth = strtoul(nth, NULL, 10);
    return point->nth > 0;
}
