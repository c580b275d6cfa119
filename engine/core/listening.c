/*
 * listening.c - by which steps folded runs listen for events. Runs of one playbook that stand at
 * the same steps share what is kept, and a condition is judged once for all of them.
 */
#include "core/fold.h"

#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "value/value.h"

static bool is_event(struct quell_value wait)
{
    return quell_text_is(quell_get(wait, "what"), "event");
}

bool waits_for_event(struct quell_value waits)
{
    size_t i;

    for (i = 0; i < quell_count(waits); i++)
        if (is_event(quell_at(waits, i)))
            return true;
    return false;
}

static const struct step *step_at(const struct playbook *playbook, struct quell_str path)
{
    size_t i, from = path.len;
    struct quell_str id;

    while (from > 0 && path.data[from - 1] != '.')
        from--;
    id = str_slice(path, from, path.len);
    for (i = 0; i < playbook->step_count; i++)
        if (quell_str_equal(playbook->all[i]->id, id))
            return playbook->all[i];
    return NULL;
}

static size_t size_of(size_t count)
{
    return sizeof(struct listening) + count * sizeof(const struct step *);
}

static struct listening *made(struct loaded *loaded, struct quell_value waits)
{
    size_t i, all = quell_count(waits);
    struct listening *listening = memory_new(size_of(all));

    for (i = 0; i < all; i++) {
        struct quell_value wait = quell_at(waits, i);
        const struct step *step = step_at(loaded->playbook, quell_get_str(wait, "step"));
        if (is_event(wait) && step && step->wait)
            listening->steps[listening->count++] = step;
    }
    return listening;
}

static bool same(const struct listening *a, const struct listening *b, const struct loaded *loaded)
{
    return a->loaded == loaded && a->count == b->count &&
           memcmp(a->steps, b->steps, a->count * sizeof(*a->steps)) == 0;
}

struct listening *listening_of(struct folds *folds, struct loaded *loaded, struct quell_value waits)
{
    struct listening *known, *listening = made(loaded, waits);

    for (known = folds->listenings; known && !same(known, listening, loaded); known = known->next)
        ;
    if (known || listening->count == 0) {
        memory_free(listening);
        if (known)
            known->refs++;
        return known;
    }
    listening->refs = 1;
    listening->loaded = loaded_hold(loaded);
    listening->next = folds->listenings;
    folds->listenings = listening;
    folds->bytes += size_of(listening->count);
    return listening;
}

void listening_release(struct folds *folds, struct listening *listening)
{
    struct listening **at = &folds->listenings;

    if (listening == NULL || --listening->refs > 0)
        return;
    while (*at != listening)
        at = &(*at)->next;
    *at = listening->next;
    folds->bytes -= size_of(listening->count);
    loaded_release(listening->loaded);
    memory_free(listening);
}
