/*
 * cmd_journal.c - `quell journal prune`: forgets old runs.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/when.h"
#include "cli/control.h"
#include "value/json.h"
#include "value/value.h"

struct asked {
    struct quell_prune_options options;
    struct quell_pruned *pruned;
};

static enum quell_code say(struct quell *engine, const void *user, quell_done_fn *done,
                           void *done_user, struct quell_error *err)
{
    const struct asked *asked = user;

    return quell_prune(engine, &asked->options, asked->pruned, done, done_user, err);
}

static uint64_t number_of(struct quell_value answer, const char *name)
{
    struct quell_value value = quell_get(answer, name);

    return quell_is(value, QUELL_INT) && value.as.integer > 0 ? (uint64_t)value.as.integer : 0;
}

/* A serving engine's answer has the same figures. */
static void take(struct quell_value answer, struct quell_pruned *pruned)
{
    if (!quell_is(answer, QUELL_MAP))
        return;
    pruned->runs = number_of(answer, "runs");
    pruned->events = number_of(answer, "events");
    pruned->incidents = number_of(answer, "incidents");
    pruned->refusals = number_of(answer, "refusals");
    pruned->audits = number_of(answer, "audit_rows");
    pruned->kept = number_of(answer, "kept");
}

static int print(const struct args *args, const struct quell_pruned *pruned, bool dry_run)
{
    const char *format =
        args_output(args) == OUTPUT_TEXT
            ? "%s%llu runs, %llu events, %llu incidents, %llu refusals, %llu audit rows\n"
            : "{\"dry_run\":%s,\"runs\":%llu,\"events\":%llu,\"incidents\":%llu,\"refusals\":%llu,"
              "\"audit_rows\":%llu";
    const char *head = dry_run ? "would be forgotten: " : "forgotten: ";

    if (args_output(args) != OUTPUT_TEXT)
        head = dry_run ? "true" : "false";
    printf(format, head, (unsigned long long)pruned->runs, (unsigned long long)pruned->events,
           (unsigned long long)pruned->incidents, (unsigned long long)pruned->refusals,
           (unsigned long long)pruned->audits);
    if (args_output(args) != OUTPUT_TEXT)
        printf(",\"kept\":%llu}\n", (unsigned long long)pruned->kept);
    else if (pruned->kept)
        printf("%llu ended runs stay: runs that have not ended called them\n",
               (unsigned long long)pruned->kept);
    return EXIT_DONE;
}

static int look(const struct args *args, struct asked *asked)
{
    struct quell_error err = {0};
    struct quell *engine = NULL;
    enum quell_code code = open_engine(args, QUELL_FOR_READING, &engine, &err);

    if (!code)
        code = quell_prune(engine, &asked->options, asked->pruned, NULL, NULL, &err);
    quell_close(engine);
    return code ? fail(&err) : print(args, asked->pruned, true);
}

static int run(const struct args *args)
{
    struct quell_pruned pruned = {0};
    struct asked asked = {.pruned = &pruned};
    struct quell_value answer = quell_null();
    struct control_word word = {
        .route = QUELL_STR("prune"), .say = say, .user = &asked, .answer = &answer};
    const char *older = args_text(args, "older-than");
    struct quell_error err = {0};
    struct map_builder map;
    struct when when;
    enum quell_code code;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (strcmp(args->words[0], "prune") != 0)
        return fail_usage(args, "it is prune, not `%s`", args->words[0]);
    if (older == NULL || !when_parse_duration(quell_str_of(older), &when))
        return fail_usage(args, "--older-than is a duration such as 400d");
    asked.options.older_than_us = when_to_us(when);
    asked.options.by = quell_str_of(control_who());
    asked.options.dry_run = args_flag(args, "dry-run");
    if (asked.options.dry_run)
        return look(args, &asked);
    word.arena = arena_new(0);
    map = (struct map_builder){.arena = word.arena};
    map_add(&map, "older_than_s", quell_int(asked.options.older_than_us / 1000000));
    map_add(&map, "by", quell_string(asked.options.by));
    word.body = map_made(&map);
    code = control_say(args, &word, &err);
    take(answer, &pruned);
    arena_free(word.arena);
    return code ? fail(&err) : print(args, &pruned, false);
}

static const struct option_row options[] = {
    {"older-than", 0, OPTION_TEXT, "DURATION", "What ended, or came in, longer ago: 400d."},
    {"dry-run", 0, OPTION_FLAG, NULL, "Only tell what would go."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_journal = {
    .name = "journal",
    .words = "prune --older-than DURATION",
    .doc = "Forgets runs that ended long ago, with their events and incidents.",
    .more =
        "A run that has not ended stays, and what it called. What stays can still be verified: the "
        "hashes\n"
        "of what went are kept, or sealed. A serving quell goes on meanwhile; `retention` in "
        "quell.yaml\n"
        "does this once a day by itself. The room is used again, and\n"
        "what is more than a quarter of the file goes back to the disk.\n\n"
        "exit codes: 0 done, 2 no such store, 5 the store is held by a process that does not "
        "answer\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .run = run,
};
