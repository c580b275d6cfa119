/*
 * cmd_plan.c - `quell plan PLAYBOOK -i INCIDENT`: every call that a run would make, without making
 * one that is not a read.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/plan_options.h"
#include "cli/print.h"
#include "loop/file.h"
#include "value/json.h"
#include "value/value.h"

static void print_word(const char *word)
{
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@,+";

    if (word[0] && word[strspn(word, plain)] == '\0')
        printf(" %s", word);
    else if (strchr(word, '\'') == NULL)
        printf(" '%s'", word);
    else
        printf(" ...");
}

/* The same command line, for real; nothing when that would fail or has nothing to do. */
static void print_next(const struct term *term, const struct args *args, struct quell_value plan)
{
    static const char *const kept[] = {"incident", "source", "input", "inputs", "config", "store"};
    size_t i, k;

    if (!term->terminal || quell_count(quell_get(plan, "failures")) ||
        quell_count(quell_get(plan, "calls")) == 0)
        return;
    printf("%snext: quell run", term_on(term, TONE_DIM));
    print_word(args->words[0]);
    for (i = 0; i < args->option_count; i++)
        for (k = 0; k < sizeof(kept) / sizeof(kept[0]); k++)
            if (strcmp(args->options[i].name, kept[k]) == 0) {
                printf(" --%s", kept[k]);
                print_word(args->options[i].value);
            }
    printf("\n      or save it with --out FILE, and quell apply FILE%s\n", term_off(term));
}

/* ---- saving ------------------------------------------------------------------------------------
 */

static enum quell_code add_text(struct map_builder *file, const char *key, struct quell_str text,
                                struct quell_error *err)
{
    struct quell_value value;
    enum quell_code code = QUELL_OK;

    if (text.len == 0)
        return QUELL_OK;
    code = json_read(file->arena, text, LIMIT_DOCUMENT_BYTES, &value, NULL, err);
    if (code == QUELL_OK)
        map_add(file, key, value);
    return code;
}

/* What quell_apply() reads: the plan, and of what it was made. Secrets are masked in it. */
static enum quell_code save(const struct args *args, const struct quell_plan_options *options,
                            const struct quell_document *document, struct quell_error *err)
{
    const char *path = args_text(args, "out");
    struct arena *arena = arena_new(0);
    struct map_builder file = {.arena = arena};
    enum quell_code code;

    map_add(&file, "quell_plan", quell_int(1));
    map_add(&file, "playbook", quell_text(options->playbook));
    if (options->source.len)
        map_add(&file, "source", quell_string(options->source));
    code = add_text(&file, "incident", options->incident, err);
    if (code == QUELL_OK)
        code = add_text(&file, "inputs", options->inputs, err);
    /* Without it nobody could tell whether a secret is still the same. */
    map_add(&file, "key", quell_string(quell_get_str(document->value, "key")));
    map_add(&file, "plan", document->value);
    if (code == QUELL_OK)
        code = file_replace(path, json_text(arena, map_made(&file), JSON_PRETTY), err);
    arena_free(arena);
    return code;
}

/* A plan that cannot be kept to is not saved. */
static enum quell_code may_save(const struct quell_plan_options *options, struct quell_value plan,
                                struct quell_error *err)
{
    struct quell_value called = quell_get(plan, "called");
    size_t i;

    if (options->offline)
        return error_set(err, QUELL_INVALID,
                         "an offline plan knows nothing of what reads say: plan without --offline "
                         "to save it");
    if (strcmp(options->playbook, "-") == 0)
        return error_set(err, QUELL_INVALID,
                         "a playbook from standard input is not there any more when the plan is "
                         "applied: plan its file to save it");
    if (!quell_get_bool(plan, "complete", true))
        return error_set(err, QUELL_LIMIT,
                         "the playbook has more paths than a plan can have, so it cannot be saved");
    for (i = 0; i < quell_count(called); i++)
        if (quell_get_str(quell_at(called, i), "unbound").len)
            return error_set(err, QUELL_REFUSED,
                             "`%.*s`, which %.*s calls, %.*s, so the plan could not be kept to",
                             QUELL_ARG(quell_get_str(quell_at(called, i), "playbook")),
                             QUELL_ARG(quell_get_str(quell_at(called, i), "path")),
                             QUELL_ARG(quell_get_str(quell_at(called, i), "unbound")));
    return QUELL_OK;
}

/* ---- properties --------------------------------------------------------------------------------
 */

/* True when all are proved. */
static bool print_properties(const struct term *term, struct quell_value properties)
{
    bool proved = true;
    size_t i, k, said;

    for (i = 0; i < quell_count(properties); i++) {
        struct quell_value one = quell_at(properties, i);
        struct quell_value supposes = quell_get(quell_get(one, "path"), "supposes");
        bool good = quell_text_is(quell_get(one, "verdict"), "proved");

        proved = proved && good;
        if (term == NULL)
            continue;
        printf("%s%s %.*s%s  ", term_on(term, good ? TONE_GOOD : TONE_BAD),
               good ? term_glyph(term, "✓", "+") : term_glyph(term, "✕", "x"),
               QUELL_ARG(quell_get_str(one, "verdict")), term_off(term));
        term_print(quell_get_str(one, "sentence"));
        putchar('\n');
        if (!good) {
            printf("    ");
            term_print(quell_get_str(one, "why"));
            putchar('\n');
        }
        for (k = 0, said = 0; k < (size_t)quell_get_int(one, "needs", 0); k++) {
            struct quell_value word = quell_at(supposes, k);
            if (quell_get_bool(word, "usual", false) &&
                quell_text_is(quell_get(word, "what"), "outcome"))
                continue; /* that a call succeeds goes without saying */
            printf("    %s ", said++ ? "and" : "when");
            term_print(quell_get_str(word, "words"));
            putchar('\n');
        }
    }
    return proved;
}

/* ---- the command -------------------------------------------------------------------------------
 */

/* Also in the playbooks that it calls; of one that is not here nobody knows. */
static bool has_changes(struct quell_value plan)
{
    struct quell_value totals = quell_get(plan, "totals"), list = quell_get(plan, "called");
    size_t i;

    if (quell_get_int(totals, "changes", 0) + quell_get_int(totals, "disrupts", 0) > 0)
        return true;
    for (i = 0; i < quell_count(list); i++) {
        struct quell_value called = quell_at(list, i), nested = quell_get(called, "plan");
        bool unseen = quell_is_null(nested) && quell_is_null(quell_get(called, "error"));
        if (unseen || has_changes(nested))
            return true;
    }
    return false;
}

static int finish(const struct args *args, const struct quell_plan_options *options,
                  struct quell_document *document)
{
    struct term term = term_of_output();
    struct quell_value plan = document->value;
    struct quell_value verdict = quell_get(quell_get(plan, "trigger"), "verdict");
    struct quell_value properties = quell_get(plan, "properties");
    const char *out = args_text(args, "out");
    struct quell_error err = {0};

    if (out && (may_save(options, plan, &err) || save(args, options, document, &err)))
        return fail(&err);
    if (args_output(args) == OUTPUT_TEXT) {
        print_plan(&term, plan, args_flag(args, "paths"));
        (void)print_properties(&term, properties);
        if (out)
            printf("Saved: quell apply %s\n", out);
        else
            print_next(&term, args, plan);
    } else
        print_json(document, args_output(args));
    if (args_flag(args, "expect-match") && !quell_text_is(verdict, "match"))
        return EXIT_FINDING;
    if (!print_properties(NULL, properties))
        return EXIT_FINDING;
    if (args_flag(args, "detailed-exitcode") && has_changes(plan))
        return EXIT_TOOL;
    return EXIT_DONE;
}

int plan_command(const struct args *args)
{
    struct quell_plan_options options = {.playbook = args->words[0],
                                         .source = quell_str_of(args_text(args, "source")),
                                         .offline = args_flag(args, "offline")};
    const char *properties[ARGS_MAX + 1];
    struct arena *arena;
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine = NULL;
    enum quell_code code;
    int status;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (args_many(args, "prove", properties))
        options.properties = properties;
    arena = arena_new(0);
    code = args_file(args, "incident", arena, &options.incident, &err);
    if (code == QUELL_OK)
        code = args_inputs(args, arena, &options.inputs, &err);
    if (code == QUELL_OK)
        code = open_engine(args, QUELL_FOR_AUTHORING, &engine, &err);
    if (code == QUELL_OK)
        code = quell_plan(engine, &options, &document, &err);
    status = code ? fail_incident(args, &err) : finish(args, &options, &document);
    quell_document_free(&document);
    quell_close(engine);
    arena_free(arena);
    return status;
}

static const struct option_row options[] = {
    INCIDENT_OPTIONS,
    {"out", 0, OPTION_TEXT, "FILE", "Save the plan for `quell apply`."},
    {"prove", 0, OPTION_MANY, "SENTENCE",
     "Prove a property over all paths, for example `no path ends failed`; repeatable."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_plan = {
    .name = "plan",
    .words = "PLAYBOOK [-i INCIDENT]",
    .doc = "Shows every call a run would make; reads are really done, nothing is changed.",
    .more =
        "PLAYBOOK is a file (- = stdin), or the id of a configured playbook. The trigger's verdict "
        "is shown\n"
        "first; the plan itself is that of a manual start. `quell run --dry-run` is the same.\n\n"
        "exit codes: 0 planned, 1 no match with --expect-match or a property is not proved,\n"
        "2 bad use or input\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .run = plan_command,
};
