/*
 * audits.c - who did what outside of a run: rows about the engine itself, rows of front ends, and
 * looking at them.
 */
#include "core/core.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "value/json.h"
#include "value/value.h"

static const struct {
    const char *name, *doc;
} kinds[] = {
#define AUDIT(name, doc) {name, doc},
#include "journal/audits.def"
#undef AUDIT
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

bool audit_is_known(const char *what)
{
    size_t i;

    for (i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, what) == 0)
            return true;
    return false;
}

/* The next id in the order of texts: only lower-case hexadecimal digits and dashes are in it. */
static void step_up(char *id)
{
    size_t i = strlen(id);

    while (i-- > 0) {
        if (id[i] == '-')
            continue;
        if (id[i] != 'f') {
            id[i] = id[i] == '9' ? 'a' : (char)(id[i] + 1);
            return;
        }
        id[i] = '0';
    }
}

struct quell_str audit_new_id(struct quell *engine, struct arena *arena)
{
    struct quell_str made = engine_new_id(engine, arena);

    assert(made.len < sizeof(engine->last_audit));
    if (strcmp(made.data, engine->last_audit) > 0)
        memcpy(engine->last_audit, made.data, made.len + 1);
    else
        step_up(engine->last_audit);
    return arena_str(arena, quell_str_of(engine->last_audit));
}

/* ---- the engine's own --------------------------------------------------------------------------
 */

/* A test's engine has no past that anybody would ask about. */
static bool is_kept(const struct quell *engine)
{
    return engine->stand_in == NULL && engine->writer != NULL && !engine->broken;
}

static void audit_engine(struct quell *engine, struct quell_str who, const char *what)
{
    struct map_builder map = {0};
    struct commit *commit;

    if (!is_kept(engine))
        return;
    turn_begin(engine);
    commit = turn_commit(engine);
    map.arena = commit->arena;
    map_add(&map, "playbooks", quell_int((int64_t)engine->generation->playbook_count));
    map_add(&map, "active", quell_int((int64_t)quell_active(engine)));
    commit_audit(commit, who, what, QUELL_STR(""), map_made(&map));
    turn_end(engine);
}

void audit_opened(struct quell *engine)
{
    audit_engine(engine, QUELL_STR("quell"), "opened");
}

void audit_closed(struct quell *engine)
{
    audit_engine(engine, QUELL_STR("quell"), "closed");
}

void audit_reloaded(struct quell *engine, struct quell_str who)
{
    audit_engine(engine, who, "reloaded");
}

/* ---- front ends' -------------------------------------------------------------------------------
 */

enum quell_code quell_audit(struct quell *engine, const struct quell_audit_row *row,
                            quell_done_fn *done, void *user, struct quell_error *err)
{
    if (!audit_is_known(row->what))
        return error_set(err, QUELL_INVALID, "there is no kind `%s` of audit row", row->what);
    if (engine->writer == NULL)
        return error_set(err, QUELL_INVALID, "the store was opened for reading");
    if (engine->broken) {
        *err = engine->broken_error;
        return err->code;
    }
    turn_begin(engine);
    commit_audit(turn_commit(engine), row->who, row->what, row->subject, row->detail);
    if (done)
        commit_tell(turn_commit(engine), done, user);
    turn_end(engine);
    return QUELL_OK;
}

/* ---- looking -----------------------------------------------------------------------------------
 */

static bool add(const struct store_audit *audit, void *user)
{
    struct list_builder *list = user;
    struct arena *arena = list->arena;
    struct map_builder map = {.arena = arena};
    struct quell_value detail;

    map_add(&map, "id", value_copy_str(arena, audit->id));
    map_add(&map, "at", value_time_us(audit->at_us));
    map_add(&map, "who", value_copy_str(arena, audit->who));
    map_add(&map, "what", value_copy_str(arena, audit->what));
    map_add(&map, "subject", value_copy_str(arena, audit->subject));
    if (audit->detail.len &&
        json_read(arena, audit->detail, LIMIT_DOCUMENT_BYTES, &detail, NULL, NULL) == QUELL_OK)
        map_add(&map, "detail", detail);
    list_add(list, map_made(&map));
    return true;
}

enum quell_code quell_audits(struct quell *engine, const struct quell_audits_options *options,
                             struct quell_document *document, struct quell_error *err)
{
    struct store_audit_query query = {.who = options->who,
                                      .what = options->what,
                                      .subject = options->subject,
                                      .since_us = options->since_us,
                                      .before = options->before,
                                      .limit = options->limit};
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct list_builder list = {.arena = arena};
    enum quell_code code = engine->reader->kind->audits(engine->reader, &query, add, &list, err);

    if (code) {
        arena_free(arena);
        return code;
    }
    made.value = list_made(&list);
    *document = made;
    return QUELL_OK;
}

struct quell_value quell_audit_kinds(struct quell_document *document)
{
    struct map_builder map = {.arena = document_begin(document)};
    size_t i;

    for (i = 0; i < KINDS; i++)
        map_add(&map, kinds[i].name, quell_text(kinds[i].doc));
    document->value = map_made(&map);
    return document->value;
}
