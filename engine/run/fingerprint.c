/*
 * fingerprint.c - when two paths of a plan have come to the same place: a digest of all in a run
 * that can still be seen in what follows. Paths with the same digest go on in the same way, so a
 * plan follows one of them only: twenty devices with four ways each are eighty ways, not 4^20.
 *
 * What can be seen is found out from the playbook's text. The result of a step, a variable or a
 * supposed condition counts as long as its name stands anywhere but inside steps that have ended.
 * That is coarse on purpose: too much seen makes a plan longer, too little would make it wrong.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/str.h"
#include "journal/event.h"
#include "run/state.h"
#include "value/fields.h"
#include "value/value.h"

#define NO_STEP SIZE_MAX

/* Where a word stands: the innermost steps around it, NO_STEP outside all. */
struct mentions {
    struct mentions *next;
    struct quell_str word;
    bool name; /* of a field, as in steps.NAME; else any text */
    size_t *steps;
    size_t count, cap;
};

enum { MENTION_LISTS = 64 };

struct run_sight {
    struct arena *arena;
    const struct playbook *playbook;
    size_t *parents;                       /* by number: the step around it, or NO_STEP */
    struct mentions *lists[MENTION_LISTS]; /* made when they are first asked for */
    bool *dead, *revived;                  /* by number, of the fingerprint being made */
};

/* ---- the text ----------------------------------------------------------------------------------
 */

static bool holds(const struct step *step, size_t offset)
{
    return offset >= step->place.offset && offset < step->place.offset + step->place.len;
}

/* Numbers ascend with the text, so the last step that holds a place is the innermost. */
static size_t step_around(const struct playbook *playbook, size_t offset, size_t below)
{
    size_t i;

    for (i = below; i > 0; i--)
        if (holds(playbook->all[i - 1], offset))
            return i - 1;
    return NO_STEP;
}

struct run_sight *run_sight_new(struct arena *arena, const struct playbook *playbook)
{
    struct run_sight *sight = arena_one(arena, struct run_sight);
    size_t i;

    sight->arena = arena;
    sight->playbook = playbook;
    sight->parents = arena_array(arena, size_t, playbook->step_count);
    sight->dead = arena_array(arena, bool, playbook->step_count);
    sight->revived = arena_array(arena, bool, playbook->step_count);
    for (i = 0; i < playbook->step_count; i++)
        sight->parents[i] = step_around(playbook, playbook->all[i]->place.offset, i);
    return sight;
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_word_at(struct quell_str text, size_t at)
{
    return at < text.len && is_word_char(text.data[at]);
}

/* `.name`, `.?name`, `['name']`; an id in other words of the text is none. */
static bool is_field(struct quell_str text, size_t at, size_t len)
{
    if (is_word_at(text, at + len))
        return false;
    while (at > 0 && strchr(" \t\r\n\f", text.data[at - 1]) != NULL) /* as cel/token.c has it */
        at--;
    return at > 0 && strchr(".?'\"", text.data[at - 1]) != NULL;
}

static bool stands_alone(struct quell_str text, size_t at, size_t len)
{
    bool goes_before = is_word_at(text, at - 1) && is_word_at(text, at);
    bool goes_on = is_word_at(text, at + len - 1) && is_word_at(text, at + len);

    return !goes_before && !goes_on;
}

static void find_mentions(struct run_sight *sight, struct mentions *list)
{
    struct quell_str text = sight->playbook->text, word = list->word;
    size_t at;

    for (at = 0; at + word.len <= text.len; at++) {
        if (memcmp(text.data + at, word.data, word.len) != 0)
            continue;
        if (!(list->name ? is_field : stands_alone)(text, at, word.len))
            continue;
        if (list->count == list->cap) {
            size_t cap = list->cap ? list->cap * 2 : 8;
            list->steps = arena_grow(sight->arena, list->steps, list->cap * sizeof(*list->steps),
                                     cap * sizeof(*list->steps));
            list->cap = cap;
        }
        list->steps[list->count++] = step_around(sight->playbook, at, sight->playbook->step_count);
    }
}

static const struct mentions *mentions_of(struct run_sight *sight, struct quell_str word, bool name)
{
    struct mentions **slot = &sight->lists[str_hash(word) % MENTION_LISTS];
    struct mentions *list;

    for (list = *slot; list; list = list->next)
        if (list->name == name && quell_str_equal(list->word, word))
            return list;
    list = arena_one(sight->arena, struct mentions);
    list->word = arena_str(sight->arena, word);
    list->name = name;
    list->next = *slot;
    *slot = list;
    find_mentions(sight, list);
    return list;
}

static bool is_dead(const struct run_sight *sight, size_t step)
{
    while (step != NO_STEP && !sight->revived[step] && !sight->dead[step])
        step = sight->parents[step];
    return step != NO_STEP && !sight->revived[step];
}

static bool stands_to_come(const struct run_sight *sight, const struct mentions *list)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        if (!is_dead(sight, list->steps[i]))
            return true;
    return false;
}

/* An expression that stands nowhere is one that YAML has folded: it may stand anywhere. */
static bool is_asked(struct run_sight *sight, struct quell_str expression)
{
    const struct mentions *list = mentions_of(sight, expression, false);

    return list->count == 0 || stands_to_come(sight, list);
}

static bool is_named(struct run_sight *sight, struct quell_str name)
{
    return sight->playbook->reads_all || stands_to_come(sight, mentions_of(sight, name, true));
}

static bool is_read(struct run_sight *sight, const struct step *step)
{
    return step->id_given && is_named(sight, step->id);
}

/* ---- what has ended ----------------------------------------------------------------------------
 */

/* A failure that is still to come takes back what was done there. */
static bool may_be_taken_back(const struct playbook *playbook, const struct frame *frame)
{
    for (; frame; frame = frame->outer)
        if (frame->owner && frame->owner->phase != PHASE_ENDED &&
            frame->owner->step->on_error == ON_ERROR_UNDO)
            return true;
    return playbook->undo != UNDO_NEVER;
}

static void revive_all(struct run_sight *sight, const struct step_list *steps);

/* Its undo steps, and those of all inside. A manifest's have no text. */
static void revive(struct run_sight *sight, const struct step *step)
{
    size_t i;

    for (i = 0; i < step->undo_steps.count; i++)
        if (!step->undo_steps.items[i]->inverse)
            sight->revived[step->undo_steps.items[i]->number] = true;
    revive_all(sight, &step->steps);
    revive_all(sight, &step->otherwise);
    revive_all(sight, &step->on_error_steps);
    for (i = 0; i < step->lane_count; i++)
        revive_all(sight, &step->lanes[i].steps);
}

static void revive_all(struct run_sight *sight, const struct step_list *steps)
{
    size_t i;

    for (i = 0; i < steps->count; i++)
        revive(sight, steps->items[i]);
}

/* The text of a step that has ended is behind, but for that by which it may be taken back. */
static void mark_ended(struct run_sight *sight, const struct instance *instance)
{
    sight->dead[instance->step->number] = true;
    if (may_be_taken_back(sight->playbook, instance->frame))
        revive(sight, instance->step);
}

static void mark_frame(struct run_sight *sight, const struct frame *frame)
{
    size_t i, b;

    for (i = 0; frame && i < frame->steps->count; i++) {
        const struct instance *instance = &frame->instances[i];
        if (instance->phase == PHASE_ENDED) {
            mark_ended(sight, instance);
            continue;
        }
        if (step_repeats(instance->step)) /* all of it may come again */
            continue;
        for (b = 0; b < instance->body_count; b++)
            mark_frame(sight, &instance->bodies[b]);
        mark_frame(sight, instance->otherwise);
        mark_frame(sight, instance->catcher);
    }
}

static bool ended_badly(const struct instance *instance)
{
    return instance->status != STEP_SUCCEEDED && instance->status != STEP_SKIPPED &&
           !instance->caught;
}

/* Nothing more begins in it. */
static bool is_over(const struct frame *frame)
{
    size_t i;

    for (i = 0; i < frame->steps->count; i++) {
        if (frame->instances[i].phase != PHASE_ENDED)
            return false;
        if (ended_badly(&frame->instances[i]))
            return true;
    }
    return true;
}

/* ---- the digest --------------------------------------------------------------------------------
 */

struct print {
    struct run_sight *sight;
    const struct run *run;
    struct arena *scratch;
    struct buf out;
};

static void add_number(struct print *print, uint64_t number)
{
    buf_add(&print->out, &number, sizeof(number));
}

static void add_text(struct print *print, struct quell_str text)
{
    add_number(print, text.len);
    buf_add_str(&print->out, text);
}

static void add_value(struct print *print, struct quell_value value);

static void add_inside(struct print *print, struct quell_value value)
{
    bool map = quell_is(value, QUELL_MAP);
    size_t i;

    add_number(print, quell_count(value));
    for (i = 0; i < quell_count(value); i++) {
        if (map)
            add_value(print, value.as.pairs[i].key);
        add_value(print, map ? value.as.pairs[i].value : quell_at(value, i));
    }
}

/* With its type. What has no simple form as the journal has it, but secrets as they are: the
 * journal has the same word for all of them. */
static void add_value(struct print *print, struct quell_value value)
{
    struct map_builder map = {.arena = print->scratch};
    struct event event = {.seq = 1, .kind = EVENT_VARS_SET};

    add_number(print, value.type);
    if (quell_is_null(value))
        return;
    if (quell_is(value, QUELL_STRING)) {
        add_text(print, quell_str(value));
        return;
    }
    if (quell_is(value, QUELL_MAP) || quell_is(value, QUELL_LIST)) {
        add_inside(print, value);
        return;
    }
    map_add(&map, "v", value);
    event.data = map_made(&map);
    add_text(print, event_write(print->scratch, &event));
}

static void add_result(struct print *print, const struct instance *instance)
{
    add_number(print, instance->status);
    add_number(print, instance->unsettled);
    add_number(print, instance->attempt);
    add_value(print, instance->output);
    add_value(print, instance->error);
}

static void add_vars(struct print *print, struct quell_value vars)
{
    size_t i;

    for (i = 0; i < quell_count(vars); i++)
        if (is_named(print->sight, quell_str(vars.as.pairs[i].key))) {
            add_value(print, vars.as.pairs[i].key);
            add_value(print, vars.as.pairs[i].value);
        }
}

static void add_frame(struct print *print, const struct frame *frame);

/* All that became of an item, for whoever reads the loop's output. */
static void add_item(struct print *print, const struct frame *frame)
{
    size_t i;

    for (i = 0; i < frame->steps->count; i++)
        add_value(print, scope_step(print->scratch, &frame->instances[i]));
    add_value(print, scope_steps(print->scratch, frame));
    add_value(print, frame->vars);
}

/* An item or iteration that is over. The last iterations still show in the next one. */
static void add_over(struct print *print, const struct instance *loop, const struct frame *frame,
                     bool last)
{
    size_t i;

    add_number(print, frame->guessed);
    for (i = 0; i < frame->steps->count; i++)
        if (frame->instances[i].phase == PHASE_ENDED && ended_badly(&frame->instances[i])) {
            add_text(print, frame->instances[i].path);
            add_value(print, frame->instances[i].error);
        }
    if (last && loop->step->kind == STEP_WHILE)
        add_frame(print, frame);
    if (!frame->guessed && is_read(print->sight, loop->step))
        add_item(print, frame);
}

static void add_open(struct print *print, const struct instance *instance)
{
    size_t b;

    add_number(print, instance->attempt);
    add_number(print, instance->otherwise_taken);
    add_number(print, instance->gate_passed);
    add_number(print, instance->looking);
    add_number(print, instance->refused);
    add_value(print, instance->input);
    add_value(print, instance->items);
    add_result(print, instance);
    for (b = 0; b < instance->body_count; b++)
        if (step_repeats(instance->step) && is_over(&instance->bodies[b]))
            add_over(print, instance, &instance->bodies[b], b + 2 >= instance->body_count);
        else
            add_frame(print, &instance->bodies[b]);
    if (instance->otherwise)
        add_frame(print, instance->otherwise);
    if (instance->catcher)
        add_frame(print, instance->catcher);
    for (b = 0; b < instance->undoing.count; b++)
        add_frame(print, instance->undoing.items[b]->undo);
}

static void add_seen(struct print *print, const struct frame *frame);

/* What can be seen of a step that has ended: its result, and those of steps inside it. */
static void add_ended(struct print *print, const struct instance *instance)
{
    bool undone = instance->step->undo_steps.count &&
                  may_be_taken_back(print->run->playbook, instance->frame);
    size_t b;

    if (ended_badly(instance) || is_read(print->sight, instance->step) || undone) {
        add_text(print, instance->path);
        add_result(print, instance);
    }
    if (undone)
        add_value(print, instance->input);
    if (instance->undo)
        add_frame(print, instance->undo);
    for (b = 0; b < instance->body_count && !step_repeats(instance->step); b++)
        add_seen(print, &instance->bodies[b]);
    add_seen(print, instance->otherwise);
    add_seen(print, instance->catcher);
}

static void add_seen(struct print *print, const struct frame *frame)
{
    size_t i;

    for (i = 0; frame && i < frame->steps->count; i++)
        add_ended(print, &frame->instances[i]);
}

static void add_frame(struct print *print, const struct frame *frame)
{
    size_t i;

    if (frame->instances == NULL)
        return;
    add_number(print, frame_begun(frame));
    if (!frame_begun(frame) && !frame->has_error) /* nothing has happened in it yet */
        return;
    add_text(print, frame->path);
    add_value(print, frame->error);
    add_vars(print, frame->loops ? frame->vars : quell_null());
    for (i = 0; i < frame->steps->count; i++) {
        const struct instance *instance = &frame->instances[i];
        add_number(print, instance->phase);
        if (instance->phase == PHASE_ENDED)
            add_ended(print, instance);
        else if (instance->phase != PHASE_IDLE)
            add_open(print, instance);
    }
}

/* Whether the place that a supposition is about is still to come, or gone on with. */
static bool is_open(const struct supposition *supposition)
{
    const struct frame *frame;

    if (supposition->of && supposition->of->phase == PHASE_ENDED)
        return false;
    for (frame = supposition->around; frame; frame = frame->outer)
        if (is_over(frame) || (frame->owner && frame->owner->phase == PHASE_ENDED))
            return false;
    return true;
}

/* ---- the cap -----------------------------------------------------------------------------------
 */

enum { MANY = LIMIT_DISRUPTS_PER_RUN + 1 };

static unsigned may_disrupt(const struct step_list *steps);

/* The most targets that a step may still disrupt; MANY: more than the cap. */
static unsigned step_may_disrupt(const struct step *step)
{
    const struct quell_target *target;
    unsigned count = 0;
    size_t i;

    if (step->kind != STEP_USES || step->action->effect != QUELL_DISRUPTS) {
        count = may_disrupt(&step->steps) + may_disrupt(&step->otherwise);
        for (i = 0; i < step->lane_count; i++)
            count += may_disrupt(&step->lanes[i].steps);
        count = count && step_repeats(step) ? MANY : count;
        return count + may_disrupt(&step->on_error_steps);
    }
    for (target = step->action->targets; target && target->kind; target++, count++) {
        const struct quell_field *field =
            fields_find(step->action->inputs, quell_str_of(target->input));
        if (field == NULL || field->type != QUELL_FIELD_STRING)
            return MANY;
    }
    return (count ? count : 1) + may_disrupt(&step->on_error_steps);
}

static unsigned may_disrupt(const struct step_list *steps)
{
    unsigned count = 0;
    size_t i;

    for (i = 0; i < steps->count; i++)
        count += step_may_disrupt(steps->items[i]);
    return count;
}

static unsigned frame_may_disrupt(const struct frame *frame)
{
    unsigned count = 0;
    size_t i, b;

    for (i = 0; frame && i < frame->steps->count && count < MANY; i++) {
        const struct instance *instance = &frame->instances[i];
        if (instance->phase == PHASE_ENDED)
            continue;
        if (instance->bodies == NULL || instance->step->kind == STEP_WHILE) {
            count += step_may_disrupt(instance->step);
            continue;
        }
        for (b = 0; b < instance->body_count; b++)
            count += frame_may_disrupt(&instance->bodies[b]);
        count += frame_may_disrupt(instance->catcher) +
                 (instance->catcher ? 0 : may_disrupt(&instance->step->on_error_steps));
    }
    return count;
}

/* Whether what is still to come may reach the cap: else nobody sees how much was disrupted. */
static bool cap_matters(const struct run *run)
{
    const struct playbook *playbook = run->playbook;
    unsigned count =
        run->disrupts + frame_may_disrupt(&run->root) +
        (run->failing ? frame_may_disrupt(&run->on_failure) : may_disrupt(&playbook->on_failure)) +
        (run->finishing ? frame_may_disrupt(&run->finally) : may_disrupt(&playbook->finally));

    return count > LIMIT_DISRUPTS_PER_RUN;
}

static void add_suppositions(struct print *print)
{
    const struct run *run = print->run;
    const struct supposition *at;

    for (at = run->suppositions; at; at = at->next) {
        if (at->subject.len && !is_open(at))
            continue;
        if (!is_asked(print->sight, at->about))
            continue;
        add_text(print, at->subject);
        add_text(print, at->about);
        add_text(print, at->answer);
    }
}

static void add_run(struct print *print)
{
    const struct run *run = print->run;

    add_number(print, run->failing);
    add_number(print, run->stopping);
    add_number(print, run->finishing);
    add_value(print, run->ending);
    add_value(print, run->stop_as);
    add_value(print, run->stop_reason);
    add_value(print, run->error);
    add_number(print, cap_matters(run) ? run->disrupts : 0);
    add_text(print, run->question.path);
    add_text(print, run->question.what);
    add_text(print, run->question.about);
    add_vars(print, run->vars);
}

void run_fingerprint(const struct run *run, struct run_sight *sight,
                     uint8_t digest[RUN_FINGERPRINT])
{
    struct print print = {.sight = sight, .run = run, .scratch = arena_new(0)};

    memset(sight->dead, 0, sight->playbook->step_count * sizeof(*sight->dead));
    memset(sight->revived, 0, sight->playbook->step_count * sizeof(*sight->revived));
    mark_frame(sight, &run->root);
    add_run(&print);
    add_frame(&print, &run->root);
    add_number(&print, run->undoing);
    add_number(&print, run->undone);
    add_frame(&print, &run->rollback);
    add_frame(&print, &run->on_failure);
    add_frame(&print, &run->finally);
    add_suppositions(&print);
    digest_sha256(buf_str(&print.out), digest);
    buf_free(&print.out);
    arena_free(print.scratch);
}
