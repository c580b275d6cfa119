/*
 * groups.c - runs of one `concurrency` group: who runs, who waits for its turn. Each member has a
 * mark, written with its first event and removed with its last, so that an open finds the groups as
 * they were though runs that only wait are not in memory.
 */
#include "core/starts.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/json.h"
#include "value/value.h"

#define SCOPE "group"

struct member {
    struct member *next; /* in the order they joined */
    char run[37];
    bool queued;
    int64_t begins_us, place;
};

struct group {
    struct group *next; /* of its bucket */
    struct arena *arena;
    struct quell_str playbook, key;
    size_t max; /* as the playbook said when the last one joined */
    struct member *members;
};

static struct group **find(struct starts *starts, struct quell_str playbook, struct quell_str key)
{
    struct group **at = &starts->groups[str_hash(key) % STARTS_BUCKETS];

    while (*at && !(quell_str_equal((*at)->key, key) && quell_str_equal((*at)->playbook, playbook)))
        at = &(*at)->next;
    return at;
}

static struct group *group_of(struct starts *starts, struct quell_str playbook,
                              struct quell_str key)
{
    struct group **at = find(starts, playbook, key);

    if (*at == NULL) {
        struct arena *arena = arena_new(0);
        *at = memory_new(sizeof(**at));
        (*at)->arena = arena;
        (*at)->playbook = arena_str(arena, playbook);
        (*at)->key = arena_str(arena, key);
    }
    return *at;
}

static void drop_group(struct group **at)
{
    struct group *group = *at;

    *at = group->next;
    arena_free(group->arena);
    memory_free(group);
}

struct group_count group_count(const struct quell *engine, struct quell_str playbook,
                               struct quell_str key)
{
    struct group_count count = {0};
    struct group *group = *find(engine->starts, playbook, key);
    const struct member *member;

    for (member = group ? group->members : NULL; member; member = member->next) {
        if (member->queued) {
            count.queued++;
            count.waiting = quell_str_of(member->run);
        } else if (count.running++ == 0) {
            count.first = quell_str_of(member->run);
        }
    }
    return count;
}

/* ---- members -----------------------------------------------------------------------------------
 */

static void write_mark(struct quell *engine, const struct group *group, const struct member *member)
{
    struct map_builder map = {.arena = turn_commit(engine)->arena};

    map_add(&map, "playbook", quell_string(group->playbook));
    map_add(&map, "group", quell_string(group->key));
    map_add(&map, "queued", quell_bool(member->queued));
    map_add(&map, "begins", quell_int(member->begins_us));
    map_add(&map, "place", quell_int(member->place));
    map_add(&map, "max", quell_int((int64_t)group->max));
    mark_write(engine, SCOPE, quell_str_of(member->run), 0, map_made(&map));
}

static struct member *add(struct group *group, struct quell_str run, bool queued, int64_t begins_us,
                          int64_t place)
{
    struct member *member = memory_new(sizeof(*member)), **at = &group->members;

    memcpy(member->run, run.data, run.len < 36 ? run.len : 36);
    member->queued = queued;
    member->begins_us = begins_us;
    member->place = place;
    while (*at && (*at)->place < place)
        at = &(*at)->next;
    member->next = *at;
    *at = member;
    return member;
}

void group_join(struct quell *engine, const struct run *run, bool queued, int64_t begins_us)
{
    struct starts *starts = engine->starts;
    struct group *group = group_of(starts, run_playbook(run)->id, run_group(run));

    group->max = run_playbook(run)->start.concurrency.max;
    write_mark(engine, group, add(group, run_id(run), queued, begins_us, starts->next_place++));
}

void group_leave(struct quell *engine, const struct run *run)
{
    struct group **at = find(engine->starts, run_playbook(run)->id, run_group(run));
    struct member **each;

    if (*at == NULL)
        return;
    for (each = &(*at)->members; *each; each = &(*each)->next) {
        struct member *member = *each;
        if (!str_is(run_id(run), member->run))
            continue;
        *each = member->next;
        memory_free(member);
        mark_write(engine, SCOPE, run_id(run), 0, quell_null());
        break;
    }
    if ((*at)->members == NULL)
        drop_group(at);
    else
        groups_look(engine);
}

bool group_release(struct quell *engine, const struct run *run)
{
    struct group **at = find(engine->starts, run_playbook(run)->id, run_group(run));
    struct member *member;

    for (member = *at ? (*at)->members : NULL; member; member = member->next) {
        if (!str_is(run_id(run), member->run) || !member->queued)
            continue;
        member->begins_us = 0;
        write_mark(engine, *at, member);
        groups_look(engine);
        return true;
    }
    return false;
}

/* ---- whose turn it is --------------------------------------------------------------------------
 */

static size_t running(const struct group *group)
{
    const struct member *member;
    size_t count = 0;

    for (member = group->members; member; member = member->next)
        count += !member->queued;
    return count;
}

static struct member *next_in_line(const struct group *group, int64_t now_us)
{
    struct member *member;

    for (member = group->members; member; member = member->next)
        if (member->queued && member->begins_us <= now_us)
            return member;
    return NULL;
}

/* A run that cannot be woken stays in line and is told of; the next look tries again. */
static bool begin(struct quell *engine, struct group *group, struct member *member)
{
    struct quell_error err = {0};
    struct active *active = active_wake(engine, quell_str_of(member->run), &err);

    if (active == NULL) {
        log_line(LOG_LEVEL_ERROR, "run=%s cannot begin: %s", member->run, err.message);
        return false;
    }
    member->queued = false;
    write_mark(engine, group, member);
    if (run_queued(active->run)) /* it may end at once, and take the group with it */
        run_start_now(active);
    groups_look(engine);
    return true;
}

/* Whether one began. */
static bool look_at(struct quell *engine, struct group *group)
{
    struct member *member = next_in_line(group, loop_now_us(engine->loop));

    if (member == NULL || running(group) >= group->max)
        return false;
    return begin(engine, group, member);
}

static void on_look(void *user)
{
    struct quell *engine = user;
    struct starts *starts = engine->starts;
    struct group *group;
    size_t i;

    starts->look = NULL;
    if (engine->broken || engine->drain)
        return; /* the next open looks */
    turn_begin(engine);
    for (i = 0; i < STARTS_BUCKETS; i++)
        for (group = starts->groups[i]; group; group = group->next)
            if (look_at(engine, group))
                break; /* it may be gone; the next look sees the others */
    turn_end(engine);
}

void groups_look(struct quell *engine)
{
    struct starts *starts = engine->starts;

    if (starts->look == NULL && !engine->broken)
        starts->look = loop_after(engine->loop, 0, on_look, engine);
}

void group_cancel(struct quell *engine, struct quell_str playbook, struct quell_str key)
{
    struct group *group = *find(engine->starts, playbook, key);
    struct member *member;
    char(*runs)[37];
    size_t i, count = 0;

    for (member = group ? group->members : NULL; member; member = member->next)
        count++;
    runs = memory_new((count + 1) * sizeof(*runs));
    for (i = 0, member = group ? group->members : NULL; member; member = member->next)
        memcpy(runs[i++], member->run, sizeof(*runs));
    for (i = 0; i < count; i++) /* one that ends leaves the group */
        run_end_early(engine, quell_str_of(runs[i]), QUELL_STR("concurrency"),
                      QUELL_STR("a newer event of its group came"));
    memory_free(runs);
}

/* ---- open and close ----------------------------------------------------------------------------
 */

struct loading {
    struct quell *engine;
    struct arena *arena;
    enum quell_code code;
    struct quell_error *err;
};

static bool load_one(const struct store_mark *mark, void *user)
{
    struct loading *loading = user;
    struct starts *starts = loading->engine->starts;
    struct quell_value body;
    struct group *group;
    int64_t place;

    loading->code = json_read(loading->arena, mark->body, 0, &body, NULL, loading->err);
    if (loading->code)
        return false;
    place = quell_get_int(body, "place", 0);
    if (place >= starts->next_place)
        starts->next_place = place + 1;
    group = group_of(starts, quell_get_str(body, "playbook"), quell_get_str(body, "group"));
    group->max = (size_t)quell_get_int(body, "max", 1);
    (void)add(group, mark->key, quell_get_bool(body, "queued", false),
              quell_get_int(body, "begins", 0), place);
    return true;
}

enum quell_code groups_load(struct quell *engine, struct quell_error *err)
{
    struct loading loading = {engine, arena_new(0), QUELL_OK, err};
    enum quell_code code =
        engine->reader->kind->marks(engine->reader, QUELL_STR(SCOPE), load_one, &loading, err);

    arena_free(loading.arena);
    return code ? code : loading.code;
}

void groups_free(struct starts *starts)
{
    size_t i;

    loop_cancel(starts->look);
    for (i = 0; i < STARTS_BUCKETS; i++)
        while (starts->groups[i]) {
            while (starts->groups[i]->members) {
                struct member *member = starts->groups[i]->members;
                starts->groups[i]->members = member->next;
                memory_free(member);
            }
            drop_group(&starts->groups[i]);
        }
}
