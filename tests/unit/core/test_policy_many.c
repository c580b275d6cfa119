/*
 * test_policy_many.c - a property: whatever incidents come in whatever order, and wherever the
 * engine dies between, no cap of the policy is passed and nothing protected is touched. Seeds make
 * the stories; a failure names its seed.
 */
#include "virtual.h"

#define CONFIG                                                                                     \
    "connectors: []\n"                                                                             \
    "policy:\n"                                                                                    \
    "  caps: { device: { run: 3, hour: 5, day: 9, hard: true } }\n"                                \
    "  protect: [{ name: vip, why: x, names: 'vip*' }]\n"
#define ISOLATE                                                                                    \
    "limits: { device: { run: 100 } }\n"                                                           \
    "steps:\n  - id: all\n    for-each: incident.entities.devices\n    as: device\n"               \
    "    max: 100\n    concurrency: 4\n    steps:\n"                                               \
    "      - uses: defender.isolate-device\n        on-error: continue\n"                          \
    "        with: { device_id: '${{ device.id }}', comment: x }\n"

enum { SEEDS = 24, STORY = 30, DEVICES = 24, HOUR_CAP = 5, DAY_CAP = 9, RUN_CAP = 3 };
/* Every device in four is protected, some under a spelling that hides it. */
enum { PROTECTED_EACH = 4 };

struct story {
    struct virtual v;
    uint64_t state; /* of the dice */
    size_t seen;    /* events that were looked at */
    struct {
        struct quell_str run;
        int device;
        int64_t at_us;
    } touched[VIRTUAL_EVENTS];
    size_t touched_count;
};

static unsigned roll(struct story *story, unsigned sides)
{
    story->state = story->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(story->state >> 33) % sides;
}

static void submit(struct story *story)
{
    static const char *const spellings[] = {"vip%u", "VIP%u.corp.example", "v\xd1\x96p%u",
                                            "CORP\\\\vip%u$", "\xef\xbd\x96ip%u"};
    struct quell_str list = QUELL_STR("");
    struct arena *arena = story->v.arena;
    unsigned i, count = 1 + roll(story, 6);
    char name[64];

    for (i = 0; i < count; i++) {
        unsigned device = roll(story, DEVICES);
        (void)snprintf(name, sizeof(name),
                       device % PROTECTED_EACH ? "ws%u" : spellings[roll(story, 5)], device);
        list = arena_format(arena, "%.*s%s{\"id\": \"%s%u\", \"name\": \"%s\"}", QUELL_ARG(list),
                            i ? "," : "", roll(story, 2) ? "d" : "D", device, name);
    }
    virtual_submit(&story->v,
                   arena_format(arena, "{\"title\": \"T\", \"entities\": {\"devices\": [%.*s]}}",
                                QUELL_ARG(list))
                       .data);
}

/* How many different ones since then: of all runs, or of one. */
static unsigned different(const struct story *story, int64_t since_us, struct quell_str run)
{
    bool seen[DEVICES] = {false};
    unsigned count = 0;
    size_t i;

    for (i = 0; i < story->touched_count; i++) {
        int device = story->touched[i].device;
        if (story->touched[i].at_us <= since_us || seen[device] ||
            (run.len && !quell_str_equal(run, story->touched[i].run)))
            continue;
        seen[device] = true;
        count++;
    }
    return count;
}

static int64_t told_at(struct quell_value event)
{
    struct quell_value at = quell_get(event, "at");
    struct when when = {0};

    if (quell_is(at, QUELL_TIME))
        return at.as.integer * 1000000 + at.len / 1000;
    assert_true(when_parse_time(quell_str(at), &when));
    return when_to_us(when);
}

static void look(struct story *story, uint64_t seed)
{
    static const int64_t minute = INT64_C(60) * 1000000; /* what caps count in */
    struct virtual *v = &story->v;

    for (; story->seen < v->event_count; story->seen++) {
        struct quell_value data = v->events[story->seen].data, target;
        int64_t device, now;
        if (!str_is(v->events[story->seen].kind, "call_scheduled"))
            continue;
        now = told_at(data);
        target = quell_get(quell_at(quell_get(data, "targets"), 0), "value");
        assert_true(str_to_int(str_slice(quell_str(target), 1, 9), &device));
        story->touched[story->touched_count].run = v->events[story->seen].run;
        story->touched[story->touched_count].device = (int)device;
        story->touched[story->touched_count++].at_us = now;
        if (device % PROTECTED_EACH == 0)
            fail_msg("seed %llu: protected device %lld was touched", (unsigned long long)seed,
                     (long long)device);
        if (different(story, now - 59 * minute, QUELL_STR("")) > HOUR_CAP ||
            different(story, now - 1439 * minute, QUELL_STR("")) > DAY_CAP ||
            different(story, 0, v->events[story->seen].run) > RUN_CAP)
            fail_msg("seed %llu: a cap was passed: %u %u %u", (unsigned long long)seed,
                     different(story, now - 59 * minute, QUELL_STR("")),
                     different(story, now - 1439 * minute, QUELL_STR("")),
                     different(story, 0, v->events[story->seen].run));
    }
}

static void told(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)code;
    (void)err;
    (void)user;
}

/* A person lets some run go on; a hard cap says no. */
static void release(struct story *story)
{
    struct quell_error err = {0};
    unsigned runs = (unsigned)virtual_count(&story->v, "run_started", NULL);

    if (runs)
        (void)!quell_release(story->v.engine, virtual_id(&story->v, roll(story, runs)),
                             QUELL_STR(""), true, QUELL_STR("ana"), QUELL_STR(""), told, NULL,
                             &err);
    loop_settle(story->v.loop);
}

/* The engine is gone, with whatever was not on disk and on its way, and comes back. */
static void restart(struct story *story)
{
    struct virtual *v = &story->v;
    struct quell_error err = {0};
    char store[64];
    struct quell_options options = {.purpose = QUELL_FOR_RUNNING,
                                    .config = v->paths[VIRTUAL_PLAYBOOKS],
                                    .playbooks = v->playbooks,
                                    .loop = v->loop,
                                    .store = store};

    (void)snprintf(store, sizeof(store), "sqlite:%s/s.db", v->folder);
    quell_close(v->engine);
    if (quell_open(&options, &v->engine, &err))
        fail_msg("%s", err.message);
    v->engine->stand_in = &v->stand_in;
    quell_watch(v->engine, virtual_event, v);
    loop_settle(v->loop);
}

static void forget(const struct story *story)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock", ".checkpoints", ".key"};
    char path[96];
    size_t i;

    for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        (void)snprintf(path, sizeof(path), "%s/s.db%s", story->v.folder, ends[i]);
        (void)unlink(path);
    }
}

static size_t tell(uint64_t seed)
{
    static struct story story;
    size_t i;

    memset(&story, 0, sizeof(story));
    story.state = seed * 2654435761u + 1;
    virtual_open(&story.v, CONFIG,
                 (const char *const[]){"quell: 1\nplaybook: p\non: { incident: }\n" ISOLATE,
                                       "quell: 1\nplaybook: q\non: { incident: }\n" ISOLATE, NULL});
    restart(&story); /* on a store that stays */
    virtual_answer(&story.v, "defender.isolate-device", QUELL_STR("{\"status\": \"Succeeded\"}"));
    virtual_late(&story.v, "10m"); /* so that some are on their way */
    for (i = 0; i < STORY; i++) {
        switch (roll(&story, 7)) {
        case 0:
            virtual_pass(&story.v, roll(&story, 2) ? "19m" : "3h");
            break;
        case 1:
            release(&story);
            break;
        case 2:
            restart(&story);
            break;
        default:
            submit(&story);
        }
        look(&story, seed);
    }
    quell_close(story.v.engine);
    story.v.engine = NULL;
    forget(&story);
    virtual_close(&story.v);
    return story.touched_count;
}

static void no_story_passes_a_cap(void **state)
{
    size_t touched = 0;
    uint64_t seed;

    (void)state;
    for (seed = 1; seed <= SEEDS; seed++)
        touched += tell(seed);
    assert_true(touched > SEEDS * RUN_CAP); /* a policy that allows nothing proves nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_story_passes_a_cap)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
