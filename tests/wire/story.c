/*
 * story.c - the engine, its runs, its deaths and its people.
 */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/value.h"

#define SECOND_US ((int64_t)1000000)
#define START_US ((int64_t)1777888800 * SECOND_US) /* some morning */

enum { MOVES = 16, RESTS = 200 };
enum { DISK_EACH = 4 }; /* one story in so many is told on SQLite, the others in memory */

/* ---- files -------------------------------------------------------------------------------------
 */

#define ACTION(name, effect, method)                                                               \
    "  " name ":\n    doc: Acts.\n    effect: " effect "\n    repeat: " name "\n"                  \
    "    inputs: {}\n    outputs: {}\n    example: {}\n    ok: [200]\n"                            \
    "    request: { method: " method ", path: /" name                                              \
    ", headers: { X-What: '${{ call.run }}/${{ call.step }}', X-Key: '${{ call.key }}' } }\n"

static const char far_side[] =
    "connector: far\nversion: 1.0.0\ntitle: Far\ndoc: A far side.\nurl: https://far.example\n"
    "auth: [none]\nactions:\n" ACTION("pure", "reads", "GET") ACTION("keyed", "changes", "POST")
        ACTION("once", "changes", "POST")
            ACTION("verifiable", "changes",
                   "POST") "    settle: { ok: [200], request: { method: GET, path: /look, "
                           "headers: { X-What: '${{ call.run }}/${{ call.step }}' } } }\n";

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(2);
    }
}

static void add_act(struct wire *wire, struct buf *text, unsigned indent, unsigned id)
{
    static const char *const acts[] = {"pure", "keyed", "once", "verifiable"};

    buf_add_format(text, "%*s- id: s%u\n%*s  uses: far.%s\n", (int)indent, "", id, (int)indent, "",
                   acts[wire_roll(wire, 4)]);
    if (wire_roll(wire, 3) == 0)
        buf_add_format(text, "%*s  retry: { max: %u, first: 20s }\n", (int)indent, "",
                       1 + wire_roll(wire, 3));
    if (wire_roll(wire, 3) == 0)
        buf_add_format(text, "%*s  timeout: %us\n", (int)indent, "", 5 + wire_roll(wire, 120));
    if (wire_roll(wire, 2))
        buf_add_format(text, "%*s  on-error: continue\n", (int)indent, "");
}

static void write_playbook(struct wire *wire)
{
    struct buf text = {.size_max = 1 << 16};
    unsigned i, id = 0, count = 1 + wire_roll(wire, 3);

    buf_add_format(&text, "quell: 1\nplaybook: p\non: { manual: }\ntimeout: 100h\nsteps:\n");
    for (i = 0; i < count; i++) {
        unsigned how = wire_roll(wire, 4);
        id += 10;
        if (how == 0) {
            buf_add_format(&text,
                           "  - id: s%u\n    for-each: '[1, 2, 3]'\n    as: x%u\n    max: 3\n"
                           "    concurrency: %u\n    on-error: continue\n    steps:\n",
                           id, id, 1 + wire_roll(wire, 3));
            add_act(wire, &text, 6, id + 1);
        } else if (how == 1) {
            buf_add_format(&text, "  - id: s%u\n    parallel:\n      left:\n", id);
            add_act(wire, &text, 8, id + 1);
            buf_add_format(&text, "      right:\n");
            add_act(wire, &text, 8, id + 2);
            if (wire_roll(wire, 2))
                buf_add_format(&text, "    fail-fast: false\n");
        } else {
            add_act(wire, &text, 2, id);
        }
    }
    buf_add_char(&text, '\0');
    write_file(wire->playbook, buf_str(&text).data);
    wire_tell(wire, "%s", buf_str(&text).data);
    buf_free(&text);
}

static void make_place(struct wire *wire)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    char config[400];
    bool on_disk;

    (void)snprintf(wire->folder, sizeof(wire->folder), "%s/quell-wire-XXXXXX", base);
    if (mkdtemp(wire->folder) == NULL) {
        perror(wire->folder);
        exit(2);
    }
    (void)snprintf(wire->connectors, sizeof(wire->connectors), "%s/c", wire->folder);
    (void)snprintf(wire->far, sizeof(wire->far), "%s/far.yaml", wire->connectors);
    (void)snprintf(wire->config, sizeof(wire->config), "%s/quell.yaml", wire->folder);
    (void)snprintf(wire->playbook, sizeof(wire->playbook), "%s/p.yaml", wire->folder);
    on_disk = (wire->story->seed + wire->story->again) % DISK_EACH == 0;
    if (on_disk)
        (void)snprintf(wire->store, sizeof(wire->store), "sqlite:%s/s.db", wire->folder);
    else
        (void)snprintf(wire->store, sizeof(wire->store), "memory:");
    wire->story->counts[WIRE_ON_DISK] = on_disk;
    if (mkdir(wire->connectors, 0700) != 0) {
        perror(wire->connectors);
        exit(2);
    }
    (void)snprintf(config, sizeof(config),
                   "connectors: [%s]\nhalt_file: halt\nconnections:\n  far: {}\n",
                   wire->connectors);
    write_file(wire->config, config);
    write_file(wire->far, far_side);
    write_playbook(wire);
    wire->playbooks[0] = wire->playbook;
}

static void remove_place(struct wire *wire)
{
    static const char *const names[] = {"s.db",     "s.db-wal",  "s.db-shm",         "s.db.lock",
                                        "s.db.key", "halt",      "s.db.checkpoints", "quell.yaml",
                                        "p.yaml",   "c/far.yaml"};
    char path[160];
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", wire->folder, names[i]);
        (void)unlink(path); /* some are not there */
    }
    (void)rmdir(wire->connectors);
    (void)rmdir(wire->folder);
}

/* ---- life and death ----------------------------------------------------------------------------
 */

static void open_engine(struct wire *wire)
{
    struct quell_options options = {.purpose = QUELL_FOR_RUNNING,
                                    .config = wire->config,
                                    .playbooks = wire->playbooks,
                                    .loop = wire->loop,
                                    .store = wire->store};
    struct quell_error err = {0};

    wire->dying = false;
    if (quell_open(&options, &wire->engine, &err)) {
        wire->engine = NULL;
        (void)wire_fails(wire, "it does not open: %s", err.message);
    }
}

void wire_die(struct wire *wire)
{
    wire_tell(wire, "  it dies\n");
    wire->dying = true;
    wire->story->counts[WIRE_DEATHS]++;
    wire->engine->broken = true; /* nothing more is journaled, nothing more is sent */
}

/* What was handed to the disk before the death is there, nothing behind it is. */
static void come_back_to_life(struct wire *wire)
{
    while (wire->engine && wire->dying) {
        quell_close(wire->engine);
        open_engine(wire);
        if (wire->engine)
            loop_settle(wire->loop);
    }
}

static void die_now(void *user)
{
    struct wire *wire = user;

    if (!wire->dying)
        wire_die(wire);
}

static void pass(struct wire *wire, int64_t us)
{
    if (wire->engine == NULL)
        return;
    loop_advance(wire->loop, loop_monotonic_us(wire->loop) + us);
    loop_settle(wire->loop);
    come_back_to_life(wire);
}

/* ---- people ------------------------------------------------------------------------------------
 */

static void told(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)code;
    (void)err;
    (void)user;
}

static void started(enum quell_code code, const struct quell_error *err, void *user)
{
    struct wire *wire = wire_now;

    (void)err;
    if (code == QUELL_OK)
        wire->acknowledged[wire->acknowledged_count++] = *(struct quell_str *)user;
}

static void start(struct wire *wire)
{
    struct quell_run_options options = {
        .playbook = "p", .by = QUELL_STR("ana"), .served_only = true};
    struct quell_str *run = arena_one(wire->arena, struct quell_str);
    struct quell_error err = {0};
    char *id = arena_alloc(wire->arena, 37);

    wire_tell(wire, "start\n");
    wire->starts++;
    run->data = id;
    run->len = 36;
    if (quell_start(wire->engine, &options, id, started, run, &err))
        (void)wire_fails(wire, "no run begins: %s", err.message);
}

/* People look at the far side before they say what happened. */
static void resolve_all(struct wire *wire)
{
    struct quell_document document = {0};
    struct quell_error err = {0};
    size_t i;

    if (quell_held(wire->engine, &document, &err)) {
        (void)wire_fails(wire, "held: %s", err.message);
        return;
    }
    for (i = 0; i < quell_count(document.value); i++) {
        struct quell_value one = quell_at(document.value, i);
        struct quell_str run = quell_get_str(one, "run"), step = quell_get_str(one, "step");
        const struct wire_effect *effect = wire_find(
            wire, arena_format(wire->arena, "%.*s/%.*s", QUELL_ARG(run), QUELL_ARG(step)));
        bool happened = effect && effect->effects > 0;
        wire_tell(wire, "resolve %.*s: %d\n", QUELL_ARG(step), happened);
        if (quell_resolve(wire->engine, run, step, happened, QUELL_STR("ana"), told, NULL, &err))
            (void)wire_fails(wire, "held %.*s cannot be resolved: %s", QUELL_ARG(step),
                             err.message);
    }
    quell_document_free(&document);
    pass(wire, 0);
}

static void halt(struct wire *wire, bool on)
{
    struct quell_halt what = {.what = "everything", .by = QUELL_STR("ana")};
    struct quell_error err = {0};

    wire_tell(wire, on ? "halt\n" : "resume\n");
    if (on ? quell_halt(wire->engine, &what, told, NULL, &err)
           : quell_resume(wire->engine, &what, &err))
        (void)wire_fails(wire, "halt: %s", err.message);
    wire->halted = on;
}

static void move(struct wire *wire)
{
    int64_t ms = 1 + (wire_roll(wire, 3) ? wire_roll(wire, 4000) : wire_roll(wire, 200000));

    switch (wire_roll(wire, 9)) {
    case 0:
    case 1:
        if (wire->starts < WIRE_RUNS)
            start(wire);
        break;
    case 2:
        resolve_all(wire);
        break;
    case 3:
        halt(wire, !wire->halted);
        break;
    case 4:
    case 5:
        wire_tell(wire, "a death within %lld ms\n", (long long)ms);
        (void)loop_after(wire->loop, (int64_t)wire_roll(wire, (unsigned)ms), die_now, wire);
        pass(wire, ms * 1000); /* it fires within */
        break;
    default:
        wire_tell(wire, "pass %lld ms\n", (long long)ms);
        pass(wire, ms * 1000);
    }
}

/* ---- the story ---------------------------------------------------------------------------------
 */

static void come_to_rest(struct wire *wire)
{
    int i;

    wire->calm = true;
    if (wire->halted && wire->engine)
        halt(wire, false);
    for (i = 0; i < RESTS && wire->story->violation == NULL && wire->engine; i++) {
        pass(wire, 1800 * SECOND_US);
        resolve_all(wire);
        if (wire->story->violation == NULL && quell_active(wire->engine) == 0)
            return;
    }
}

void wire_story(struct wire *wire)
{
    int i;

    log_set(LOG_LEVEL_ERROR, 0);
    make_place(wire);
    wire->loop = loop_new_virtual(START_US, wire->story->seed);
    open_engine(wire);
    if (wire->engine)
        start(wire);
    for (i = 0; i < MOVES && wire->story->violation == NULL; i++) {
        unsigned deaths = wire->story->counts[WIRE_DEATHS];
        move(wire);
        if (wire->story->counts[WIRE_DEATHS] > deaths && wire->story->violation == NULL)
            wire_check(wire);
    }
    if (wire->story->violation == NULL)
        come_to_rest(wire);
    if (wire->story->violation == NULL)
        wire_check_end(wire);
    quell_close(wire->engine);
    kept_forget();
    loop_free(wire->loop);
    remove_place(wire);
}
