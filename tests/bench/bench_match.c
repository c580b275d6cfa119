/*
 * bench_match.c - how long one trigger takes for one incident, how long an incident takes to be
 * made, and how many triggers a second that is. Run from the top of the tree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"
#include "cel/cel.h"
#include "incident/incident.h"
#include "match/match.h"
#include "match/regex.h"
#include "value/json.h"
#include "value/value.h"
#include "value/yaml.h"

enum { ROUNDS = 9 };

static double now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct quell_value read_json(struct arena *arena, const char *path)
{
    char *text = arena_alloc(arena, LIMIT_DOCUMENT_BYTES);
    FILE *file = fopen(path, "rb");
    struct quell_value value;
    size_t len;

    if (!file) {
        (void)fprintf(stderr, "cannot read %s: run from the top of the tree\n", path);
        exit(2);
    }
    len = fread(text, 1, LIMIT_DOCUMENT_BYTES, file);
    (void)fclose(file);
    if (json_read(arena, (struct quell_str){text, len}, LIMIT_DOCUMENT_BYTES, &value, NULL, NULL))
        exit(2);
    return value;
}

static struct trigger *load(struct arena *arena, const char *text)
{
    struct diag_list diags;
    diag_init(&diags, arena, QUELL_STR("bench.yaml"), quell_str_of(text));
    struct trigger *trigger =
        trigger_load(arena, yaml_read(arena, &diags), incident_fields, &diags);
    if (!trigger)
        exit(2);
    return trigger;
}

static void measure(const char *name, const char *text, struct quell_value incident)
{
    struct arena *arena = arena_new(0), *scratch = arena_new(0);
    struct trigger *trigger = load(arena, text);
    struct cel_scope scope = {quell_map(NULL, 0), NULL};
    double times[ROUNDS], each;
    enum match_verdict verdict = MATCH_NO;
    size_t count = 20000;

    for (size_t round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        for (size_t i = 0; i < count; i++) {
            verdict = trigger_test(trigger, incident, QUELL_STR("created"), &scope, scratch, NULL);
            arena_reset(scratch);
        }
        times[round] = (now_ns() - start) / (double)count;
    }
    qsort(times, ROUNDS, sizeof times[0], compare);
    each = times[ROUNDS / 2];
    printf("%-34s %-12s %9.0f ns\n", name, match_verdict_name(verdict), each);
    trigger_free(trigger);
    arena_free(scratch);
    arena_free(arena);
}

static void measure_making(const char *path)
{
    struct arena *keep = arena_new(0), *arena = arena_new(0);
    struct quell_value received = read_json(keep, path);
    struct incident incident;
    struct quell_error err;
    double times[ROUNDS];
    size_t used = 0, count = 2000;

    for (size_t round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        for (size_t i = 0; i < count; i++) {
            if (incident_make(arena, QUELL_STR(""), received, QUELL_STR("id"), 1, &incident, &err))
                exit(2);
            used = arena_used(arena);
            arena_reset(arena);
        }
        times[round] = (now_ns() - start) / (double)count;
    }
    qsort(times, ROUNDS, sizeof times[0], compare);
    printf("%-47s %9.1f us %6zu bytes\n", path, times[ROUNDS / 2] / 1000, used);
    arena_free(arena);
    arena_free(keep);
}

/* `count` triggers with a regex each, as many playbooks would bring; one incident. */
static void measure_many(size_t count, struct quell_value incident)
{
    struct arena *arena = arena_new(0);
    struct trigger **triggers = memory_new(count * sizeof *triggers);
    struct cel_scope scope = {quell_map(NULL, 0), NULL};
    double start = now_ns(), loaded, times[ROUNDS];
    size_t matches = 0;

    for (size_t i = 0; i < count; i++)
        triggers[i] =
            load(arena, arena_format(arena,
                                     "match:\n"
                                     "  severity: { at-least: medium }\n"
                                     "  title: { regex: '\\b(family%zu|loader-%zu)\\b' }\n",
                                     i, i * 7)
                            .data);
    loaded = now_ns() - start;
    for (size_t round = 0; round < ROUNDS; round++) {
        start = now_ns();
        for (size_t i = 0; i < count; i++)
            matches += trigger_test(triggers[i], incident, QUELL_STR("created"), &scope, NULL,
                                    NULL) == MATCH_YES;
        times[round] = now_ns() - start;
    }
    qsort(times, ROUNDS, sizeof times[0], compare);
    printf("%6zu triggers: loaded in %8.1f ms, one incident in %8.1f us (%zu matches)\n", count,
           loaded / 1e6, times[ROUNDS / 2] / 1e3, matches);
    for (size_t i = 0; i < count; i++)
        trigger_free(triggers[i]);
    memory_free(triggers);
    arena_free(arena);
}

int main(void)
{
    struct arena *arena = arena_new(0);
    struct incident incident;
    struct quell_error err;
    struct quell_value received = read_json(arena, "tests/data/incidents/sentinel-create.json");

    if (incident_make(arena, QUELL_STR(""), received, QUELL_STR("id"), 1, &incident, &err))
        return 2;
    printf("PCRE2's JIT %s\n", regex_jit() ? "works" : "does not work here");
    measure("types say no", "types: closed\n", incident.value);
    measure("one equals", "match: { provider: Splunk }\n", incident.value);
    measure("any-of three", "match: { provider: [Splunk, Elastic, Wazuh] }\n", incident.value);
    measure("contains", "match: { title: { contains: malware } }\n", incident.value);
    measure("contains, description of 4 KiB", "match: { description: { contains: malware } }\n",
            value_with(arena, incident.value, QUELL_STR("description"),
                       value_format(arena, "%4096s", "the end")));
    measure("regex", "match: { title: { regex: '\\b(malware|ransom\\w*|trojan)\\b' } }\n",
            incident.value);
    measure("four lines that hold",
            "match:\n"
            "  provider: [Microsoft Sentinel, Microsoft Defender XDR]\n"
            "  severity: { at-least: medium }\n"
            "  title: { regex: '\\bhidden file\\b' }\n"
            "  entities.devices.id: { exists: true }\n",
            incident.value);
    measure("the same with unless and where",
            "match:\n"
            "  provider: [Microsoft Sentinel, Microsoft Defender XDR]\n"
            "  severity: { at-least: medium }\n"
            "  title: { regex: '\\bhidden file\\b' }\n"
            "  entities.devices.id: { exists: true }\n"
            "unless: [{ title: { regex: eicar } }, { tags: [pentest, drill] }]\n"
            "where: incident.alerts.exists(a, a.status != 'resolved')\n",
            incident.value);
    measure_many(1000, incident.value);
    measure_many(10000, incident.value);
    measure_making("tests/data/incidents/sentinel-create.json");
    measure_making("tests/data/incidents/graph.json");
    measure_making("tests/data/incidents/graph-kinds.json");
    arena_free(arena);
    return 0;
}
