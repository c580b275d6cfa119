/*
 * fuzz_plan.c - any bytes as a plan that was saved: refused with a message or a list of
 * differences, or applied, and then the run makes calls of the plan only. The far side answers as
 * in a plan.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/utf8.h"
#include "core/core.h"
#include "loop/log.h"
#include "value/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char config[] = "connectors: []\nlists: { vips: [a] }\n";
static const char playbook[] =
    "quell: 1\nplaybook: p\non: { incident: , manual: }\n"
    "inputs: { note: { type: string, default: n } }\nlimits: { device: { run: 5 } }\nsteps:\n"
    "  - id: each\n    for-each: incident.entities.devices\n    as: d\n    max: 5\n    steps:\n"
    "      - id: act\n        uses: defender.isolate-device\n"
    "        with: { device_id: '${{ d.id }}', comment: '${{ inputs.note }}' }\n"
    "  - id: more\n    if: incident.severity_rank >= 3\n    steps:\n"
    "      - id: tell\n        uses: email.send\n"
    "        with: { to: soc@a.example, subject: '${{ incident.title }}', body: b }\n";

enum { RUNS_EACH = 100 }; /* then the engine is made anew, so that it does not grow */

static char folder[] = "/tmp/quell-fuzz-XXXXXX", config_path[64], playbook_path[64];
static struct loop *loop;
static struct quell *engine;
static size_t runs;

static void require(bool promise)
{
    if (!promise)
        abort();
}

static void answer(struct active *active, const struct run_call *call,
                   struct stand_in_answer *given, void *user)
{
    static struct arena *arena; /* of the last answer */

    (void)active;
    (void)user;
    arena_free(arena);
    arena = arena_new(0);
    given->outcome.output =
        simulate_output(arena, call->action, call->input, QUELL_STR("simulated"), true);
}

static const struct stand_in stand_in = {.answer = answer};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    require(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void clear_away(void)
{
    quell_close(engine);
    loop_free(loop);
    (void)unlink(config_path);
    (void)unlink(playbook_path);
    (void)rmdir(folder);
}

static void open_engine(void)
{
    const char *playbooks[] = {playbook_path, NULL};
    struct quell_options options = {.purpose = QUELL_FOR_RUNNING,
                                    .config = config_path,
                                    .playbooks = playbooks,
                                    .store = "memory:"};
    struct quell_error err = {0};

    quell_close(engine);
    loop_free(loop);
    options.loop = loop = loop_new_virtual(1777888800000000, 1);
    if (engine_open_as(&options, &stand_in, &engine, &err)) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    loop_settle(loop);
    runs = 0;
}

static void set_up(void)
{
    log_set(LOG_LEVEL_ERROR, 0);
    require(mkdtemp(folder) != NULL);
    (void)snprintf(config_path, sizeof(config_path), "%s/quell.yaml", folder);
    (void)snprintf(playbook_path, sizeof(playbook_path), "%s/p.yaml", folder);
    write_file(config_path, config);
    write_file(playbook_path, playbook);
    open_engine();
    (void)atexit(clear_away);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct quell_document differences = {0};
    struct quell_error err = {0};
    char run[37] = "";
    enum quell_code code;

    if (engine == NULL)
        set_up();
    if (runs == RUNS_EACH)
        open_engine();
    code = quell_apply(engine, (struct quell_str){(const char *)data, size}, QUELL_STR("ana"), run,
                       &differences, &err);
    if (code == QUELL_OK) {
        require(strlen(run) == 36 && differences.memory == NULL);
        runs++;
    } else {
        struct quell_str message = quell_str_of(err.message);
        require(message.len > 0 && utf8_valid(message) == message.len);
        require(code != QUELL_CONFLICT || quell_count(differences.value) > 0);
    }
    quell_document_free(&differences);
    loop_settle(loop);
    return 0;
}
