/*
 * question.c - one question to people with all that is needed to decide it: what is done when they
 * agree and what takes that back, what it is about, who has said what before. Of one that is
 * decided: how it ended.
 */
#include "core/people.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "journal/event.h"
#include "value/value.h"

/* ---- what takes it back ------------------------------------------------------------------------
 */

/* `contain[0].isolate` -> `isolate` */
static struct quell_str id_of(struct quell_str path)
{
    size_t start = path.len, end = path.len;

    while (start > 0 && path.data[start - 1] != '.')
        start--;
    for (size_t i = start; i < path.len && end == path.len; i++)
        if (path.data[i] == '[')
            end = i;
    return str_slice(path, start, end);
}

static const struct step *step_of(const struct playbook *playbook, struct quell_str path)
{
    struct quell_str id = id_of(path);

    for (size_t i = 0; i < playbook->step_count; i++)
        if (quell_str_equal(playbook->all[i]->id, id))
            return playbook->all[i];
    return NULL;
}

/* A sentence for people. */
static struct quell_str undo_of(struct arena *arena, const struct playbook *playbook,
                                struct quell_value call)
{
    const struct step *step = step_of(playbook, quell_get_str(call, "step"));
    bool reads = quell_text_is(quell_get(call, "effect"), "reads");

    if (step == NULL || step->kind != STEP_USES)
        return QUELL_STR("what the called playbook takes back");
    if (reads)
        return QUELL_STR("changes nothing");
    if (step->never_undone || (step->undo_steps.count == 0 && !step->action->undo.action))
        return QUELL_STR("cannot be taken back");
    if (step->action->undo.action)
        return arena_format(arena, "taken back by %s", step->action->undo.action);
    return QUELL_STR("taken back by steps of the playbook");
}

struct quell_value question_with_undo(struct arena *arena, const struct run *run,
                                      struct quell_value asked)
{
    struct quell_value plan = quell_get(asked, "plan"), calls = quell_get(plan, "calls");
    struct list_builder list = {.arena = arena};

    if (quell_is_null(plan))
        return asked;
    for (size_t i = 0; i < quell_count(calls); i++)
        list_add(&list, value_with(arena, quell_at(calls, i), QUELL_STR("undo"),
                                   value_copy_str(arena, undo_of(arena, run_playbook(run),
                                                                 quell_at(calls, i)))));
    plan = value_with(arena, plan, QUELL_STR("calls"), list_made(&list));
    return value_with(arena, asked, QUELL_STR("plan"), plan);
}

/* ---- what was said before ----------------------------------------------------------------------
 */

static const enum event_kind told_kinds[] = {
    EVENT_APPROVAL_ASKED,   EVENT_APPROVAL_GIVEN,     EVENT_APPROVAL_DENIED, EVENT_APPROVAL_GRANTED,
    EVENT_APPROVAL_EXPIRED, EVENT_APPROVAL_ESCALATED, EVENT_APPROVAL_WAIVED, EVENT_FORM_ASKED,
    EVENT_FORM_ANSWERED,    EVENT_FORM_EXPIRED};

static bool is_told(enum event_kind kind)
{
    for (size_t i = 0; i < sizeof(told_kinds) / sizeof(*told_kinds); i++)
        if (told_kinds[i] == kind)
            return true;
    return false;
}

struct looking {
    struct list_builder list;
    struct quell_str path;
};

static bool add_event(const struct store_event *row, void *user)
{
    struct looking *looking = user;
    struct quell_error ignored;
    struct event event;

    if (event_read(looking->list.arena, row->body, &event, &ignored) == QUELL_OK &&
        is_told(event.kind) && quell_str_equal(event.path, looking->path))
        list_add(&looking->list, event_to_value(looking->list.arena, &event));
    return true;
}

/* ---- one question ------------------------------------------------------------------------------
 */

/* What of the incident helps to decide: all but what its sender sent beside it. */
static struct quell_value incident_of(struct arena *arena, const struct run *run)
{
    static const char *const kept[] = {"id",          "title", "severity",   "status",  "source",
                                       "description", "url",   "created_at", "entities"};
    struct quell_value incident = run_incident(run);
    struct map_builder map = {.arena = arena};

    if (quell_is_null(incident))
        return incident;
    for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
        map_add(&map, kept[i], value_copy(arena, quell_get(incident, kept[i])));
    return map_made(&map);
}

struct finding {
    struct arena *arena;
    const struct store_run *row;
    const struct run *run;
    struct quell_str wanted; /* path or id, or empty: the first that asks */
    struct quell_value found;
    struct quell_str path;
    bool asks; /* the one that was found */
};

static void find(const struct run_step *step, void *user)
{
    struct finding *finding = user;
    bool asks = people_is_question(step->waits);
    bool named = quell_str_equal(finding->wanted, step->path) ||
                 quell_str_equal(finding->wanted, step->step->id);
    struct quell_value made;

    if (finding->wanted.len ? !named : !asks)
        return;
    if (finding->path.len && (finding->asks || !asks))
        return;
    made = people_question(finding->arena, finding->row, finding->run, step);
    made = value_with(finding->arena, made, QUELL_STR("status"),
                      quell_text(step_status_name(step->status)));
    made = value_with(finding->arena, made, QUELL_STR("reason"),
                      value_copy_str(finding->arena, step->reason));
    finding->found = made;
    finding->path = arena_str(finding->arena, step->path);
    finding->asks = asks;
}

static enum quell_code fill(struct quell *engine, struct arena *arena, const struct store_run *row,
                            struct quell_str step, struct quell_value *made,
                            struct quell_error *err)
{
    struct finding finding = {.arena = arena, .row = row, .wanted = step};
    struct looking looking = {.list = {.arena = arena}};
    struct loaded *loaded;
    struct run *run;
    enum quell_code code = journal_read_run(engine, row, &run, &loaded, err);

    if (code)
        return code;
    finding.run = run;
    run_each_step(run, find, &finding);
    if (finding.path.len == 0)
        code = error_set(err, QUELL_NOT_FOUND, "no step `%.*s` of the run has asked anybody",
                         QUELL_ARG(step));
    if (code == QUELL_OK)
        *made = value_with(arena, finding.found, QUELL_STR("about"), incident_of(arena, run));
    run_free(run);
    loaded_release(loaded);
    if (code)
        return code;
    looking.path = finding.path;
    code = engine->reader->kind->events(engine->reader, row->id, 0, add_event, &looking, err);
    if (code)
        return code;
    if (looking.list.count == 0)
        return error_set(err, QUELL_NOT_FOUND, "step `%.*s` has asked nobody", QUELL_ARG(step));
    *made = value_with(arena, *made, QUELL_STR("state"), value_copy_str(arena, row->state));
    *made = value_with(arena, *made, QUELL_STR("history"), list_made(&looking.list));
    *made = value_with(arena, *made, QUELL_STR("notified"),
                       notify_told(engine, arena, row->id, finding.path));
    return QUELL_OK;
}

enum quell_code quell_question(struct quell *engine, struct quell_str run, struct quell_str step,
                               struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct store_run row;
    enum quell_code code = find_row(engine, arena, run, &row, err);

    if (code == QUELL_OK)
        code = fill(engine, arena, &row, step, &made.value, err);
    if (code) {
        arena_free(arena);
        return code;
    }
    *document = made;
    return QUELL_OK;
}
