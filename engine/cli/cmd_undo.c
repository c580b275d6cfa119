/*
 * cmd_undo.c - `quell undo RUN`: says what a run has changed, asks, and has it taken back; here, or
 * by the serving engine.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "cli/control.h"
#include "cli/follow.h"
#include "cli/print.h"
#include "cli/watch.h"
#include "value/json.h"
#include "value/value.h"

static const char *text_or_empty(const struct args *args, const char *option)
{
    const char *text = args_text(args, option);

    return text ? text : "";
}

/* ---- what it would do --------------------------------------------------------------------------
 */

static bool is_one_of(struct quell_value change, const char *a, const char *b)
{
    struct quell_str is = quell_get_str(change, "is");

    return str_is(is, a) || (b && str_is(is, b));
}

static void print_targets(struct quell_value change)
{
    struct quell_value targets = quell_get(change, "targets");
    size_t i;

    for (i = 0; i < quell_count(targets); i++) {
        printf("%s", i ? ", " : "  ");
        term_print(quell_get_str(quell_at(targets, i), "value"));
    }
}

static void print_open(const struct term *term, struct quell_value change)
{
    struct quell_str effect = quell_get_str(change, "effect");
    bool disrupts = str_is(effect, "disrupts");

    printf("  %s%s%s ", term_on(term, disrupts ? TONE_BAD : TONE_WARN), disrupts ? "!" : "~",
           term_off(term));
    term_pad(quell_get_str(change, "step"), 22);
    printf(" ");
    term_pad(quell_is_null(quell_get(change, "undo")) ? QUELL_STR("its own undo steps")
                                                      : quell_get_str(change, "undo"),
             26);
    print_targets(change);
    if (is_one_of(change, "failed", NULL))
        printf("  (it could not be undone before)");
    putchar('\n');
}

/* Those of one kind that are not taken back, with the word why. */
static void print_others(struct quell_value changes, const char *is, const char *title,
                         const char *why)
{
    size_t i;

    for (i = 0; i < quell_count(changes); i++) {
        struct quell_value change = quell_at(changes, i);
        if (!is_one_of(change, is, NULL))
            continue;
        printf("%s: ", title);
        term_print(quell_get_str(change, "step").len ? quell_get_str(change, "step")
                                                     : quell_get_str(change, "run"));
        printf(" ");
        term_print(quell_get_str(change, "action"));
        print_targets(change);
        printf("%s\n", why);
    }
}

static size_t print_undo_plan(const struct args *args, struct quell_document *document)
{
    struct quell_value changes = quell_get(document->value, "changes");
    struct term term = term_of_output();
    size_t i, count = 0;

    for (i = 0; i < quell_count(changes); i++)
        count += is_one_of(quell_at(changes, i), "open", "failed");
    if (args_output(args) != OUTPUT_TEXT) {
        if (args_flag(args, "plan"))
            print_json(document, args_output(args));
        return count;
    }
    if (count) {
        printf("Undo of run ");
        term_print(quell_get_str(document->value, "run"));
        printf(", newest first:\n");
    }
    for (i = 0; i < quell_count(changes); i++)
        if (is_one_of(quell_at(changes, i), "open", "failed"))
            print_open(&term, quell_at(changes, i));
    print_others(changes, "undone", "Undone already", "");
    print_others(changes, "left-alone", "Left alone", " (others changed it, or it was so before)");
    print_others(changes, "stays", "Not undone", " (nothing takes it back)");
    print_others(changes, "unknown", "Not known", " (its run cannot be read)");
    if (!args_flag(args, "plan"))
        return count; /* the rest is said of what is to be done */
    if (quell_count(changes) == 0)
        printf("It has changed nothing that could be taken back.\n");
    if (!quell_get_bool(document->value, "ended", true))
        printf("It has not ended: `quell cancel` comes before an undo.\n");
    return count;
}

/* ---- asking ------------------------------------------------------------------------------------
 */

/* What is to be typed: the newest change's target, or the run's id. */
static struct quell_str name_of(struct quell_document *document, size_t *disrupting)
{
    struct quell_value changes = quell_get(document->value, "changes");
    struct quell_str name = quell_get_str(document->value, "run");
    bool found = false;
    size_t i;

    for (i = 0; i < quell_count(changes); i++) {
        struct quell_value change = quell_at(changes, i);
        struct quell_value first = quell_at(quell_get(change, "targets"), 0);
        if (!is_one_of(change, "open", "failed"))
            continue;
        *disrupting += str_is(quell_get_str(change, "effect"), "disrupts");
        if (!found && quell_get_str(first, "value").len) {
            name = quell_get_str(first, "value");
            found = true;
        }
    }
    return name;
}

static bool agreed(const struct args *args, struct quell_document *document, size_t count)
{
    char line[512];
    size_t disrupting = 0;
    struct quell_str name = name_of(document, &disrupting);

    if (args_flag(args, "yes") || (count < 2 && disrupting == 0))
        return true;
    fprintf(stderr, "Type %.*s to go on: ", QUELL_ARG(name));
    (void)fflush(stderr);
    if (fgets(line, sizeof(line), stdin) == NULL)
        line[0] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    if (str_is(name, line))
        return true;
    fprintf(stderr, "nothing was done; `--yes` goes on without asking\n");
    return false;
}

/* ---- doing it ----------------------------------------------------------------------------------
 */

static void on_durable(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)code; /* a failure ends the loop: the store is broken */
    (void)err;
    (void)user;
}

static enum quell_code start(struct quell *engine, char run_id[37], void *user,
                             struct quell_error *err)
{
    enum quell_code code = quell_undo(engine, user, run_id, on_durable, NULL, err);

    if (code == QUELL_CONFLICT) /* the run's state, not the store's lock: as a server would say */
        err->code = code = QUELL_REFUSED;
    return code;
}

static int undo_served(const struct args *args, struct arena *arena,
                       const struct quell_undo_options *options)
{
    struct map_builder map = {.arena = arena};
    struct quell_value answer = quell_null();
    struct control_word word = {.arena = arena, .answer = &answer, .user = args};
    struct quell_error err = {0};

    map_add(&map, "step", quell_string(options->step));
    map_add(&map, "by", quell_string(options->by));
    map_add(&map, "reason", quell_string(options->reason));
    word.body = map_made(&map);
    word.route = arena_format(arena, "runs/%.*s/undo", QUELL_ARG(options->run));
    if (control_ask(args, &word, &err))
        return fail(&err);
    return follow_run(args, arena_str(arena, options->run).data, 0);
}

/* What its last end says of it. */
static int judge(const struct args *args, struct quell_str run)
{
    struct quell_document shown = {0};
    struct quell_value events, last;
    struct quell *engine = NULL;
    struct quell_error err = {0};
    int status = EXIT_DONE;
    size_t i;

    if (open_engine(args, QUELL_FOR_READING, &engine, &err))
        return fail(&err);
    if (quell_show(engine, run, &shown, &err)) {
        quell_close(engine);
        return fail(&err);
    }
    events = quell_get(shown.value, "events");
    last = quell_at(events, quell_count(events) - 1);
    for (i = 0; i < quell_count(quell_get(last, "left_alone")); i++)
        fprintf(stderr, "left alone: %.*s (others changed it, or it was so before)\n",
                QUELL_ARG(quell_str(quell_at(quell_get(last, "left_alone"), i))));
    for (i = 0; i < quell_count(quell_get(last, "not_undone")); i++) {
        fprintf(stderr, "not undone: %.*s (it could not be; `quell show` tells why)\n",
                QUELL_ARG(quell_str(quell_at(quell_get(last, "not_undone"), i))));
        status = EXIT_FINDING;
    }
    quell_document_free(&shown);
    quell_close(engine);
    return status;
}

static int undo(const struct args *args, struct arena *arena, struct quell_str run)
{
    struct quell_undo_options options = {.run = run,
                                         .step = quell_str_of(text_or_empty(args, "step")),
                                         .by = quell_str_of(control_who()),
                                         .reason = quell_str_of(text_or_empty(args, "reason"))};
    struct quell_error err = {0};
    struct quell *engine = NULL;
    enum quell_code code = open_engine(args, QUELL_FOR_RUNNING, &engine, &err);
    int status;

    if (code == QUELL_CONFLICT) /* another process has the store: it is asked to do it */
        status = undo_served(args, arena, &options);
    else
        status = code ? fail(&err) : watch_run(args, engine, NULL, 0, start, &options);
    end_engine(engine);
    return status == EXIT_DONE || status == EXIT_FINDING ? judge(args, run) : status;
}

static int plan(const struct args *args, struct quell_document *document)
{
    struct quell *engine = NULL;
    struct quell_error err = {0};
    enum quell_code code = open_engine(args, QUELL_FOR_READING, &engine, &err);

    if (code == QUELL_OK)
        code = quell_undo_plan(engine, quell_str_of(args->words[0]),
                               quell_str_of(text_or_empty(args, "step")), document, &err);
    quell_close(engine);
    return code ? fail(&err) : EXIT_DONE;
}

static int nothing(const struct args *args, struct quell_document *document)
{
    const char *step = args_text(args, "step");
    struct quell_value changes = quell_get(document->value, "changes");
    bool undone = false;
    size_t i;

    for (i = 0; i < quell_count(changes); i++)
        undone |= is_one_of(quell_at(changes, i), "undone", NULL);
    fprintf(stderr, "%s%s%srun %.*s %s\n", step ? "step " : "", step ? step : "",
            step ? " of " : "", QUELL_ARG(quell_get_str(document->value, "run")),
            undone ? "is undone already" : "changed nothing that can be undone");
    return EXIT_DONE;
}

static int run(const struct args *args)
{
    struct quell_document document = {0};
    struct arena *arena;
    size_t count;
    int status;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    status = plan(args, &document);
    if (status)
        return status;
    arena = arena_new(0);
    count = print_undo_plan(args, &document);
    (void)fflush(stdout);
    if (args_flag(args, "plan"))
        status = EXIT_DONE;
    else if (!quell_get_bool(document.value, "ended", false))
        status = fail_usage(args, "run %s has not ended: end it first, with `quell cancel %s`",
                            args->words[0], args->words[0]);
    else if (count == 0)
        status = nothing(args, &document);
    else if (!agreed(args, &document, count))
        status = EXIT_TOOL;
    else
        status = undo(args, arena, quell_get_str(document.value, "run"));
    arena_free(arena);
    quell_document_free(&document);
    return status;
}

static const struct option_row options[] = {
    {"plan", 0, OPTION_FLAG, NULL, "Only say what would be undone, and what not."},
    {"step", 0, OPTION_TEXT, "STEP", "Undo only this step, by path or id, and what is inside it."},
    {"yes", 'y', OPTION_FLAG, NULL, "Do not ask."},
    {"reason", 0, OPTION_TEXT, "TEXT", "Why, for whoever looks at the run."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_undo = {
    .name = "undo",
    .words = "RUN",
    .doc = "Takes back what a run changed that has ended.",
    .more =
        "Newest first, and what the runs changed that it called. Only what the run really changed\n"
        "and nobody has changed since is taken back; the rest is left alone, and named. Each call\n"
        "is journaled and passes the limits as any other. When more than one thing is undone, or\n"
        "one disrupts, the name of the newest target is asked for; --yes is for scripts.\n\n"
        "exit codes: 0 undone, or there was nothing to undo, 1 something could not be undone,\n"
        "2 no such run or step, it has not ended, its time to be undone is over, or the name was\n"
        "not typed, 3 it waits for a person, 4 the playbook's `undo: { by }` names others, 5 the\n"
        "store is held by a process that does not answer\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .run = run,
};
