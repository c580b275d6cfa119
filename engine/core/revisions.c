/*
 * revisions.c - the playbook that a run began with. Texts that were changed since are loaded once
 * for many runs: of those that wait for months there may be thousands of one old text.
 */
#include "core/core.h"

#include "playbook/playbook.h"

static bool is_revision(const struct loaded *loaded, struct quell_str revision)
{
    return quell_str_equal(revision, (struct quell_str){loaded->playbook->revision, 64});
}

/* One that was loaded with other connectors, before a reload, is not of use any more. */
static struct loaded *find(struct quell *engine, struct quell_str revision)
{
    size_t i;

    for (i = 0; i < LIMIT_REVISIONS_KEPT; i++) {
        struct loaded *kept = engine->revisions[i];
        if (kept && kept->registry == engine->generation->registry && is_revision(kept, revision))
            return kept;
    }
    return NULL;
}

static void keep(struct quell *engine, struct loaded *loaded)
{
    struct loaded **place = &engine->revisions[engine->revision_next++ % LIMIT_REVISIONS_KEPT];

    loaded_release(*place);
    *place = loaded_hold(loaded);
}

static enum quell_code load(struct quell *engine, struct quell_str id, struct loaded **loaded,
                            struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct store_revision revision;
    enum quell_code code;

    code = engine->reader->kind->revision(engine->reader, arena, id, &revision, err);
    if (code == QUELL_OK)
        code = loaded_new(engine->generation->registry, revision.file, revision.text, loaded, err);
    arena_free(arena);
    if (code == QUELL_OK)
        keep(engine, *loaded);
    return code;
}

enum quell_code journal_playbook(struct quell *engine, const struct store_run *row,
                                 struct loaded **loaded, struct quell_error *err)
{
    struct loaded *now = generation_playbook(engine->generation, row->playbook);

    if (now == NULL || !is_revision(now, row->revision))
        now = find(engine, row->revision);
    if (now == NULL)
        return load(engine, row->revision, loaded, err);
    *loaded = loaded_hold(now);
    return QUELL_OK;
}

void revisions_free(struct quell *engine)
{
    size_t i;

    for (i = 0; i < LIMIT_REVISIONS_KEPT; i++)
        loaded_release(engine->revisions[i]);
}
