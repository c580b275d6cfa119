/*
 * set.c - playbooks that stand beside each other: whether a called one is there and may be called,
 * what is given to it and read from it, and that no playbook starts itself in the end: by calls, by
 * reacting to runs, or by the updates of incidents that it makes.
 */
#include "playbook/types.h"

#include "base/arena.h"
#include "base/str.h"

/* Adds a diagnostic of the table to a member's. */
#define say_of(member, NAME, where, ...)                                                           \
    diag_add((member)->diags, lints[LINT_##NAME].code, lints[LINT_##NAME].severity, (where),       \
             __VA_ARGS__)

struct set {
    const struct playbook_member *members;
    size_t count;
    size_t *before; /* scratch of the search: from which member one was reached */
};

static size_t find(const struct set *set, struct quell_str id)
{
    size_t i;
    for (i = 0; i < set->count; i++)
        if (set->members[i].playbook && quell_str_equal(set->members[i].playbook->id, id))
            break;
    return i;
}

/* ---- one call ----------------------------------------------------------------------------------
 */

static void report_missing(const struct set *set, const struct playbook_member *member,
                           const struct step *step)
{
    struct diag *diag = say_of(member, UNKNOWN_PLAYBOOK, step->calls_place,
                               "there is no playbook `%.*s` among these", QUELL_ARG(step->calls));
    struct quell_str *ids = arena_array(member->diags->arena, struct quell_str, set->count + 1);
    struct quell_str nearest;
    size_t i, count = 0;
    for (i = 0; i < set->count; i++)
        if (set->members[i].playbook && set->members[i].playbook->callable)
            ids[count++] = set->members[i].playbook->id;
    nearest = str_nearest(step->calls, ids, count);
    diag->help = nearest.len
                     ? diag_format(member->diags, "did you mean `%.*s`?", QUELL_ARG(nearest))
                     : QUELL_STR("check it together with the playbook that it calls");
}

/* The values with ${{ }}, which the table cannot judge. */
static void check_types(const struct playbook_member *member, const struct step *step,
                        const struct quell_field *table)
{
    struct loader loader = {
        .arena = member->diags->arena, .diags = member->diags, .typing = member->playbook->typing};
    if (step->call_with)
        type_inputs(&loader, step->call_with, table);
}

static void check_with(const struct playbook_member *member, const struct step *step,
                       const struct playbook *callee)
{
    struct arena *arena = member->diags->arena;
    struct quell_field *table = arena_array(arena, struct quell_field, callee->input_count + 1);
    const struct yaml_node empty = {.value = quell_map(NULL, 0), .place = step->calls_place};
    const struct yaml_node *with = step->call_with ? step->call_with : &empty;
    size_t i, before = member->diags->count;
    for (i = 0; i < callee->input_count; i++)
        table[i] = callee->inputs[i].field;
    (void)fields_check_node(member->diags, table, with, true); /* faults are in diags */
    for (i = before; i < member->diags->count; i++) {
        struct diag *diag = &member->diags->items[i];
        if (diag->place.offset == with->place.offset)
            diag->place = step->calls_place; /* not the whole map */
        if (!diag->note.len)
            diag->note =
                diag_format(member->diags, "these are the inputs of `%.*s`", QUELL_ARG(callee->id));
    }
    check_types(member, step, table);
}

static void check_reads(const struct playbook_member *member, const struct step *step,
                        const struct playbook *callee)
{
    struct diag_list *diags = member->diags;
    struct quell_str *names = arena_array(diags->arena, struct quell_str, callee->output_count + 1);
    size_t i, k;
    for (k = 0; k < callee->output_count; k++)
        names[k] = callee->outputs[k].name;
    for (i = 0; i < member->playbook->read_count; i++) {
        const struct playbook_read *read = &member->playbook->reads[i];
        struct quell_str nearest;
        struct diag *diag;
        for (k = 0; k < callee->output_count; k++)
            if (quell_str_equal(names[k], read->output))
                break;
        if (read->step != step || k < callee->output_count)
            continue;
        diag = say_of(member, UNKNOWN_REFERENCE, read->place, "`%.*s` has no output `%.*s`",
                      QUELL_ARG(callee->id), QUELL_ARG(read->output));
        nearest = str_nearest(read->output, names, callee->output_count);
        diag->help = nearest.len ? diag_format(diags, "did you mean `%.*s`?", QUELL_ARG(nearest))
                                 : QUELL_STR("name it under `outputs:` there");
    }
}

/* ---- cycles ------------------------------------------------------------------------------------
 */

static bool reaches(const struct set *set, size_t from, size_t to);

static bool reaches_by(const struct set *set, size_t from, size_t next, size_t to)
{
    if (next == set->count || set->before[next] != NO_STEP)
        return false;
    set->before[next] = from;
    return reaches(set, next, to);
}

static bool is_source(const struct playbook *playbook, struct quell_str id)
{
    size_t i;
    for (i = 0; i < playbook->source_count; i++)
        if (quell_str_equal(playbook->sources[i].playbook, id))
            return true;
    return false;
}

/* Whether a run of `from` leads to one of `to`, by calls and by those who react to runs; then
 * set->before tells the way back. */
static bool reaches(const struct set *set, size_t from, size_t to)
{
    const struct playbook *playbook = set->members[from].playbook;
    size_t i;
    if (from == to)
        return true;
    for (i = 0; i < playbook->step_count; i++)
        if (playbook->all[i]->kind == STEP_CALL &&
            reaches_by(set, from, find(set, playbook->all[i]->calls), to))
            return true;
    for (i = 0; i < set->count; i++)
        if (set->members[i].playbook && is_source(set->members[i].playbook, playbook->id) &&
            reaches_by(set, from, i, to))
            return true;
    return false;
}

/* A run of `caller` starts one of `callee`; `said_by` is who says so, at `place`. */
static void check_cycle(const struct set *set, size_t caller, size_t callee, size_t said_by,
                        struct place place)
{
    const struct playbook_member *member = &set->members[said_by];
    struct quell_str way = set->members[caller].playbook->id;
    struct diag *diag;
    size_t i, at = caller;
    for (i = 0; i < set->count; i++)
        set->before[i] = NO_STEP;
    set->before[callee] = caller;
    if (!reaches(set, callee, caller))
        return;
    do {
        at = set->before[at];
        way = diag_format(member->diags, "%.*s -> %.*s", QUELL_ARG(set->members[at].playbook->id),
                          QUELL_ARG(way));
    } while (at != caller);
    diag = say_of(member, CYCLE, place, "`%.*s` starts itself in the end",
                  QUELL_ARG(member->playbook->id));
    diag->note = way;
    diag->help = QUELL_STR("take one of these out; `while` and `retry` repeat steps");
}

/* ---- updates -----------------------------------------------------------------------------------
 */

/* Whether the sender's next update of the incident, which the action makes, may start it. */
static bool starts_by(const struct trigger *trigger, const struct quell_action *action)
{
    const struct quell_target *target;
    const struct quell_write *write;
    if (!action || action->effect == QUELL_READS)
        return false;
    for (write = action->writes; write && write->source; write++)
        if (trigger_follows(trigger, quell_str_of(write->field)))
            return true;
    for (target = action->writes ? NULL : action->targets; target && target->kind; target++)
        if (str_is(quell_str_of(target->kind), "incident"))
            return trigger_follows(trigger, QUELL_STR(""));
    return false;
}

/* A step that updates incidents: of the playbook, or of one that its runs lead to. */
static const struct step *updating_step(const struct set *set, size_t index,
                                        const struct playbook **of)
{
    const struct trigger *trigger = set->members[index].playbook->incident;
    size_t i, k;
    for (i = 0; i < set->count; i++)
        set->before[i] = NO_STEP;
    set->before[index] = index;
    (void)reaches(set, index, set->count); /* nobody: all that can be reached */
    for (i = 0; i < set->count; i++) {
        *of = set->members[i].playbook;
        for (k = 0; *of && set->before[i] != NO_STEP && k < (*of)->step_count; k++)
            if (starts_by(trigger, (*of)->all[k]->action))
                return (*of)->all[k];
    }
    return NULL;
}

static bool is_kept_back(const struct playbook *playbook)
{
    const struct playbook_start *start = &playbook->start;
    return playbook->state == PLAYBOOK_OFF || start->dedupe.key.expr ||
           start->throttle.kind != THROTTLE_NONE || start->concurrency.group.expr;
}

static void check_updates(const struct set *set, size_t index)
{
    const struct playbook_member *member = &set->members[index];
    const struct playbook *playbook = member->playbook, *of;
    const struct step *step;
    struct diag *diag;
    if (!playbook || !playbook->incident || is_kept_back(playbook) ||
        !trigger_follows(playbook->incident, QUELL_STR("")))
        return;
    step = updating_step(set, index, &of);
    if (!step)
        return;
    diag = say_of(member, UPDATES_ITSELF, yaml_find(playbook->document, QUELL_STR("on"))->key.place,
                  "`%.*s` starts on updates of incidents, and makes them", QUELL_ARG(playbook->id));
    diag->note = diag_format(member->diags, "step `%.*s` of `%.*s` updates an incident",
                             QUELL_ARG(step->id), QUELL_ARG(of->id));
    diag->help = QUELL_STR("say with `changed` what it starts on, or keep it back with `dedupe`, "
                           "`throttle` or `concurrency`");
}

/* ---- the set -----------------------------------------------------------------------------------
 */

static void check_call(const struct set *set, size_t caller, const struct step *step)
{
    const struct playbook_member *member = &set->members[caller];
    size_t callee = find(set, step->calls);
    const struct playbook *called;
    struct diag *diag;
    if (callee == set->count) {
        report_missing(set, member, step);
        return;
    }
    called = set->members[callee].playbook;
    if (!called->callable) {
        diag = say_of(member, NOT_CALLABLE, step->calls_place,
                      "`%.*s` may not be called by other playbooks", QUELL_ARG(step->calls));
        diag->help =
            diag_format(member->diags, "add `call:` under `on:` of `%.*s`", QUELL_ARG(step->calls));
    }
    check_with(member, step, called);
    if (!step->detach)
        check_reads(member, step, called);
    check_cycle(set, caller, callee, caller, step->calls_place);
}

static void check_source(const struct set *set, size_t index, const struct playbook_source *source)
{
    const struct playbook_member *member = &set->members[index];
    size_t from = find(set, source->playbook);
    struct diag *diag;
    if (from < set->count) {
        check_cycle(set, from, index, index, source->place);
        return;
    }
    diag = say_of(member, UNKNOWN_PLAYBOOK, source->place,
                  "there is no playbook `%.*s` among these", QUELL_ARG(source->playbook));
    diag->help = QUELL_STR("check it together with the playbook that it reacts to");
}

/* ---- one path ----------------------------------------------------------------------------------
 */

static bool same_hook(const struct playbook_hook *a, const struct playbook_hook *b)
{
    return quell_str_equal(a->kind, b->kind) && quell_str_equal(a->sender, b->sender) &&
           a->as == b->as && value_equal(a->from, b->from);
}

static void check_hooks(const struct playbook_member *first, const struct playbook_member *second)
{
    const struct playbook_hook *a = first->playbook ? first->playbook->start.hook : NULL;
    const struct playbook_hook *b = second->playbook ? second->playbook->start.hook : NULL;
    struct diag *diag;
    if (!a || !b || !quell_str_equal(a->name, b->name) || same_hook(a, b))
        return;
    diag = say_of(first, HOOK_SHARED, a->path_place, "`%.*s` has this path, too",
                  QUELL_ARG(second->playbook->id));
    diag->label = QUELL_STR("and another `auth`, `from` or `as`");
    diag->note = diag_format(first->diags, "it stands in %.*s", QUELL_ARG(second->playbook->file));
    diag->help = QUELL_STR("write the same in both, or give this one a path of its own");
}

/* ---- the same target twice ----------------------------------------------------------------------
 */

/* The kind of target that both disrupt, or NULL. */
static const char *shared_kind(const struct playbook *a, const struct playbook *b)
{
    size_t i, k;
    const struct quell_target *one, *other;
    for (i = 0; i < a->step_count; i++) {
        const struct quell_action *first = a->all[i]->action;
        for (one = first && first->effect == QUELL_DISRUPTS ? first->targets : NULL;
             one && one->kind; one++)
            for (k = 0; k < b->step_count; k++) {
                const struct quell_action *second = b->all[k]->action;
                for (other = second && second->effect == QUELL_DISRUPTS ? second->targets : NULL;
                     other && other->kind; other++)
                    if (str_is(quell_str_of(one->kind), other->kind))
                        return one->kind;
            }
    }
    return NULL;
}

static bool starts_by_itself(const struct playbook *playbook)
{
    return playbook && playbook->state == PLAYBOOK_LIVE && playbook->incident &&
           playbook->disrupts > 0;
}

/* The kind of target that both disrupt when both start on the same incident, or NULL. An exclusive
 * playbook, or one that comes first and ends the others, is its author's word on it. */
static const char *overlap_kind(const struct playbook *a, const struct playbook *b)
{
    if (!starts_by_itself(a) || !starts_by_itself(b) || a->start.exclusive || b->start.exclusive ||
        trigger_disjoint(a->incident, b->incident))
        return NULL;
    return shared_kind(a, b);
}

/* One finding for a playbook, with the first of those behind it: a finding for each pair would
 * bury the others in a large folder. */
static void check_overlaps(const struct set *set, size_t index)
{
    const struct playbook_member *member = &set->members[index];
    const struct playbook *other = NULL;
    const char *kind = NULL, *next;
    struct diag *diag;
    size_t k, more = 0;
    if (!starts_by_itself(member->playbook))
        return;
    for (k = index + 1; k < set->count; k++) {
        next = overlap_kind(member->playbook, set->members[k].playbook);
        if (next && other)
            more++;
        else if (next) {
            kind = next;
            other = set->members[k].playbook;
        }
    }
    if (!other)
        return;
    diag =
        say_of(member, OVERLAP, yaml_find(member->playbook->document, QUELL_STR("on"))->key.place,
               "`%.*s` may start on the same incident", QUELL_ARG(other->id));
    diag->label = diag_format(member->diags, "both disrupt a %s", kind);
    diag->note = more ? diag_format(member->diags, "it stands in %.*s; %zu more overlap likewise",
                                    QUELL_ARG(other->file), more)
                      : diag_format(member->diags, "it stands in %.*s", QUELL_ARG(other->file));
    diag->help = QUELL_STR("tell their triggers apart by a field that cannot have both values, or "
                           "write `exclusive: true` in the one that comes first");
}

void playbook_check_set(const struct playbook_member *members, size_t count)
{
    struct arena *arena = arena_new(0);
    struct set set = {members, count, arena_array(arena, size_t, count + 1)};
    size_t i, k;
    for (i = 0; i < count; i++)
        for (k = 0; members[i].playbook && k < members[i].playbook->step_count; k++)
            if (members[i].playbook->all[k]->kind == STEP_CALL)
                check_call(&set, i, members[i].playbook->all[k]);
    for (i = 0; i < count; i++)
        for (k = 0; members[i].playbook && k < members[i].playbook->source_count; k++)
            check_source(&set, i, &members[i].playbook->sources[k]);
    for (i = 0; i < count; i++)
        for (k = i + 1; k < count; k++)
            check_hooks(&members[i], &members[k]);
    for (i = 0; i < count; i++)
        check_overlaps(&set, i);
    for (i = 0; i < count; i++)
        check_updates(&set, i);
    arena_free(arena);
}
