/*
 * backtest.c - quell_backtest(): what a playbook would have done with the incidents of the last
 * weeks, beside the text of it that is live.
 */
#include "core/backtest.h"

#include <string.h>

#include "base/error.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/str.h"
#include "value/json.h"

/* ---- incidents ---------------------------------------------------------------------------------
 */

struct incidents {
    struct arena *arena;
    struct backtest_incident *items; /* a ring of the newest, once it is full */
    size_t count, cap, seen;
    int64_t since_us, until_us;
};

static bool add_incident(const struct store_incident *row, void *user)
{
    struct incidents *all = user;
    struct arena *arena = all->arena;
    struct backtest_incident *made;

    if (row->received_us < all->since_us)
        return true;
    if (row->received_us >= all->until_us)
        return false;
    if (all->count == all->cap && all->cap < LIMIT_BACKTEST_INCIDENTS) {
        size_t cap = all->cap ? all->cap * 2 : 256;
        if (cap > LIMIT_BACKTEST_INCIDENTS)
            cap = LIMIT_BACKTEST_INCIDENTS;
        all->items = arena_grow(arena, all->items, all->cap * sizeof(*all->items),
                                cap * sizeof(*all->items));
        all->cap = cap;
    }
    made = &all->items[all->seen++ % LIMIT_BACKTEST_INCIDENTS];
    if (all->count < all->cap)
        all->count++;
    *made = (struct backtest_incident){.id = arena_str(arena, row->id),
                                       .title = arena_str(arena, row->title),
                                       .severity = arena_str(arena, row->severity),
                                       .source = arena_str(arena, row->source),
                                       .body = arena_str(arena, row->body),
                                       .received_us = row->received_us};
    return true;
}

/* In the order in which they came. */
static void turn_round(struct incidents *all)
{
    struct backtest_incident *items;
    size_t first = all->seen % LIMIT_BACKTEST_INCIDENTS, i;

    if (all->seen <= LIMIT_BACKTEST_INCIDENTS || first == 0)
        return;
    items = arena_array(all->arena, struct backtest_incident, all->count);
    for (i = 0; i < all->count; i++)
        items[i] = all->items[(first + i) % all->count];
    all->items = items;
}

static enum quell_code read_incidents(struct quell *engine, struct incidents *all,
                                      struct quell_error *err)
{
    static const uint8_t zeros[10];
    struct id from = id_v7(all->since_us, zeros);
    enum quell_code code =
        engine->reader->kind->incidents(engine->reader, id_str(&from), add_incident, all, err);

    turn_round(all);
    return code;
}

/* ---- the document ------------------------------------------------------------------------------
 */

static struct quell_value refusals_of(const struct backtest_story *story)
{
    struct map_builder map = {.arena = story->arena};
    size_t i;

    for (i = 0; i < story->incident_count; i++) {
        struct quell_value before = quell_null();
        if (story->reasons[i].len == 0)
            continue;
        (void)quell_find(map_made(&map), story->reasons[i], &before); /* null: the first */
        map_put(&map, story->reasons[i],
                quell_int(quell_is(before, QUELL_INT) ? before.as.integer + 1 : 1));
    }
    return map_made(&map);
}

static struct quell_value calls_of(const struct backtest_story *story)
{
    struct list_builder list = {.arena = story->arena};
    size_t i;

    for (i = 0; i < story->action_count; i++) {
        const struct backtest_action *action = &story->actions[i];
        struct map_builder map = {.arena = story->arena};
        map_add(&map, "action", quell_string(action->name));
        map_add(&map, "effect", quell_string(action->effect));
        map_add(&map, "calls", quell_int((int64_t)action->calls));
        map_add(&map, "targets", quell_int((int64_t)action->target_count));
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}

static void add_count(struct map_builder *map, const char *key, size_t count)
{
    map_add(map, key, quell_int((int64_t)count));
}

static struct quell_value version_of(const struct backtest_story *story,
                                     const struct playbook *playbook)
{
    struct map_builder map = {.arena = story->arena}, ended = {.arena = story->arena};

    map_add(&map, "revision", value_copy_str(story->arena, quell_str_of(playbook->revision)));
    add_count(&map, "matched", story->matched);
    add_count(&map, "undetermined", story->undetermined);
    add_count(&map, "started", story->started);
    map_add(&map, "refused", refusals_of(story));
    add_count(&ended, "succeeded", story->succeeded);
    add_count(&ended, "failed", story->failed);
    add_count(&ended, "other", story->other);
    map_add(&map, "ended", map_made(&ended));
    add_count(&map, "asks", story->asks);
    add_count(&map, "held", story->held);
    map_add(&map, "calls", calls_of(story));
    return map_made(&map);
}

static struct quell_value word_of(const struct backtest_story *story, size_t nth)
{
    switch (story->verdicts[nth]) {
    case BACKTEST_STARTED:
        return quell_text("started");
    case BACKTEST_UNDETERMINED:
        return quell_text("undetermined");
    case BACKTEST_REFUSED:
        return quell_string(story->reasons[nth]);
    case BACKTEST_NO:
        break;
    }
    return quell_text("no");
}

static struct quell_value changed_between(const struct backtest_story *version,
                                          const struct backtest_story *live)
{
    struct list_builder list = {.arena = version->arena};
    size_t i;

    for (i = 0; i < version->incident_count && list.count < LIMIT_BACKTEST_CHANGED; i++) {
        const struct backtest_incident *incident = &version->incidents[i];
        struct map_builder map = {.arena = version->arena};
        struct quell_value now = word_of(version, i), then = word_of(live, i);
        if (value_equal(now, then))
            continue;
        map_add(&map, "incident", quell_string(incident->id));
        map_add(&map, "title", quell_string(incident->title));
        map_add(&map, "severity", quell_string(incident->severity));
        map_add(&map, "received_at", value_time_us(incident->received_us));
        map_add(&map, "version", now);
        map_add(&map, "live", then);
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

static enum quell_code read_people(const char *word, enum backtest_people *people,
                                   struct quell_error *err)
{
    static const char *const words[] = {
        [BACKTEST_AGREE] = "agree", [BACKTEST_DENY] = "deny", [BACKTEST_SILENT] = "silent"};
    size_t i;

    *people = BACKTEST_AGREE;
    for (i = 0; word && i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(words[i], word) == 0) {
            *people = (enum backtest_people)i;
            return QUELL_OK;
        }
    if (word)
        return error_set(err, QUELL_INVALID, "people agree, deny or are silent, not `%s`", word);
    return QUELL_OK;
}

/* The text of it that is configured, when it is another one. */
static struct loaded *live_text(const struct generation *generation, const struct loaded *loaded)
{
    struct loaded *live = generation_playbook(generation, loaded->playbook->id);

    if (live && strcmp(live->playbook->revision, loaded->playbook->revision) == 0)
        return NULL;
    return live;
}

static enum quell_code tell_both(struct generation *generation, const struct incidents *all,
                                 struct loaded *loaded, enum backtest_people people,
                                 struct map_builder *map, struct quell_error *err)
{
    struct backtest_story version = {.arena = all->arena,
                                     .people = people,
                                     .incidents = all->items,
                                     .incident_count = all->count};
    struct backtest_story before = version;
    struct loaded *live = live_text(generation, loaded);
    enum quell_code code = backtest_tell(&version, generation, loaded, err);

    if (code == QUELL_OK && live)
        code = backtest_tell(&before, generation, live, err);
    if (code)
        return code;
    map_add(map, "version", version_of(&version, loaded->playbook));
    map_add(map, "live", live ? version_of(&before, live->playbook) : quell_null());
    map_add(map, "changed", live ? changed_between(&version, &before) : quell_list(NULL, 0));
    return QUELL_OK;
}

static enum quell_code make(struct quell *engine, struct generation *generation,
                            struct arena *arena, const struct quell_backtest_options *options,
                            struct loaded *loaded, struct quell_value *made,
                            struct quell_error *err)
{
    struct incidents all = {.arena = arena,
                            .since_us = options->since_us,
                            .until_us =
                                options->until_us ? options->until_us : loop_now_us(engine->loop)};
    struct map_builder map = {.arena = arena};
    enum backtest_people people;
    enum quell_code code = read_people(options->people, &people, err);

    if (code == QUELL_OK)
        code = read_incidents(engine, &all, err);
    if (code)
        return code;
    map_add(&map, "playbook", value_copy_str(arena, loaded->playbook->id));
    map_add(&map, "file", value_copy_str(arena, loaded->playbook->file));
    add_count(&map, "incidents", all.count);
    map_add(&map, "cut", quell_bool(all.seen > all.count));
    map_add(&map, "since", value_time_us(all.since_us));
    map_add(&map, "until", value_time_us(all.until_us));
    map_add(&map, "people", quell_text(options->people ? options->people : "agree"));
    code = tell_both(generation, &all, loaded, people, &map, err);
    *made = map_made(&map);
    return code;
}

/* With all playbooks: an engine that only reads has not loaded them. */
static enum quell_code whole(struct quell *engine, struct generation **generation,
                             struct quell_error *err)
{
    if (engine->purpose != QUELL_FOR_RUNNING)
        return generation_new(engine, true, generation, err);
    *generation = generation_hold(engine->generation);
    return QUELL_OK;
}

enum quell_code quell_backtest(struct quell *engine, const struct quell_backtest_options *options,
                               struct quell_document *document, struct quell_error *err)
{
    struct generation *generation;
    struct quell_document made;
    struct arena *arena;
    struct loaded *loaded;
    enum quell_code code = playbook_by_name(engine, options->playbook, &loaded, err);

    if (code)
        return code;
    arena = document_begin(&made);
    code = whole(engine, &generation, err);
    if (code == QUELL_OK) {
        code = make(engine, generation, arena, options, loaded, &made.value, err);
        generation_release(generation);
    }
    loaded_release(loaded);
    if (code) {
        arena_free(arena);
        return code;
    }
    *document = made;
    return QUELL_OK;
}
