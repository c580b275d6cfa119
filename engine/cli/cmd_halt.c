/*
 * cmd_halt.c - `quell halt` and `quell resume`: the kill switch. The file is written first, which
 * is all that counts; then a serving engine, if there is one, says that it has seen it. The store
 * is not opened: it may be down, full or locked.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/control.h"
#include "cli/remote.h"
#include "loop/file.h"
#include "serve/serve.h"
#include "value/json.h"
#include "value/value.h"

enum { SERVER_MS = 3000 }; /* it answers within one second, or is in trouble */

/* Whether the serving engine has seen it. */
enum seen { SEEN, SEEN_NOT, SEEN_NOBODY };

static bool what_of(const struct args *args, struct quell_halt *halt)
{
    const char *connector = args_text(args, "connector"), *playbook = args_text(args, "playbook");
    bool all = args->word_count == 1 && strcmp(args->words[0], "everything") == 0;

    if ((args->word_count && !all) || (connector && playbook) || (all && (connector || playbook)))
        return false;
    halt->what = connector ? "connector" : playbook ? "playbook" : "everything";
    halt->name = quell_str_of(connector ? connector : playbook ? playbook : "");
    return true;
}

static struct quell_value body_of(struct arena *arena, const struct quell_halt *halt, bool halts)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "what", quell_text(halt->what));
    map_add(&map, "name", quell_string(halt->name));
    map_add(&map, "by", quell_string(halt->by));
    if (halts) {
        map_add(&map, "reads", quell_bool(halt->reads));
        map_add(&map, "reason", quell_string(halt->reason));
    }
    return map_made(&map);
}

static enum seen tell_server(struct arena *arena, struct quell *engine,
                             const struct quell_halt *halt, bool halts, struct quell_str *note)
{
    const char *socket = serve_control_path(arena, quell_store_url(engine));
    struct quell_value answer = quell_null();
    struct control_word word = {.route = halts ? QUELL_STR("halt") : QUELL_STR("resume"),
                                .body = body_of(arena, halt, halts),
                                .arena = arena,
                                .answer = &answer};
    struct quell_error err = {0};

    *note = QUELL_STR("");
    if (socket == NULL || file_type(socket) != FILE_OTHER)
        return SEEN_NOBODY;
    if (control_ask_at(&word, socket, SERVER_MS, &err)) {
        *note = arena_str(arena, quell_str_of(err.message));
        return SEEN_NOT;
    }
    *note = quell_get_str(answer, "note");
    return SEEN;
}

static void print_outcome(const struct args *args, struct arena *arena, struct quell *engine,
                          const struct quell_halt *halt, bool halts, enum seen seen,
                          struct quell_str note)
{
    static const char *const words[] = {
        [SEEN] = "the serving quell has seen it",
        [SEEN_NOT] = "the serving quell did not answer; it looks at the file before each request",
        [SEEN_NOBODY] = "nobody serves this store now",
    };
    const char *file = quell_halt_file(engine);
    struct quell_value said = body_of(arena, halt, halts);

    if (args_output(args) != OUTPUT_TEXT) {
        said = value_with(arena, said, QUELL_STR("file"), quell_text(file));
        said = value_with(arena, said, QUELL_STR("server"),
                          quell_text(seen == SEEN       ? "seen"
                                     : seen == SEEN_NOT ? "no answer"
                                                        : "none"));
        said = value_with(arena, said, QUELL_STR("note"), quell_string(note));
        printf("%.*s\n",
               QUELL_ARG(json_text(arena, said,
                                   args_output(args) == OUTPUT_JSON ? JSON_PRETTY : JSON_COMPACT)));
        return;
    }
    fprintf(stderr, "%s: %s%s%.*s; %s\n", halts ? "halted" : "resumed", halt->what,
            halt->name.len ? " " : "", QUELL_ARG(halt->name), words[seen]);
    if (file)
        fprintf(stderr, "  file: %s\n", file);
    if (note.len)
        fprintf(stderr, "  note: %.*s\n", QUELL_ARG(note));
}

/* The quell that serves elsewhere writes its own file. */
static int say_elsewhere(const struct args *args, const struct quell_halt *halt, bool halts)
{
    struct arena *arena = arena_new(0);
    struct quell_value answer = quell_null();
    struct control_word word = {.route = halts ? QUELL_STR("halt") : QUELL_STR("resume"),
                                .body = body_of(arena, halt, halts),
                                .arena = arena,
                                .answer = &answer};
    struct quell_error err = {0};
    enum quell_code code = remote_say(args, &word, &err);

    if (!code && args_output(args) != OUTPUT_TEXT)
        printf("%.*s\n",
               QUELL_ARG(json_text(arena, answer,
                                   args_output(args) == OUTPUT_JSON ? JSON_PRETTY : JSON_COMPACT)));
    else if (!code)
        fprintf(stderr, "%s: %s%s%.*s; the serving quell has seen it\n",
                halts ? "halted" : "resumed", halt->what, halt->name.len ? " " : "",
                QUELL_ARG(halt->name));
    arena_free(arena);
    return code ? fail(&err) : EXIT_DONE;
}

/* Without a file to write it is the server's word that counts. */
static int say(const struct args *args, const struct quell_halt *halt, bool halts)
{
    struct arena *arena = arena_new(0);
    struct quell *engine = NULL;
    struct quell_error err = {0};
    struct quell_str note;
    enum seen seen;
    enum quell_code code = open_engine(args, QUELL_FOR_AUTHORING, &engine, &err);

    if (code == QUELL_OK) {
        code =
            halts ? quell_halt(engine, halt, NULL, NULL, &err) : quell_resume(engine, halt, &err);
        if (code != QUELL_INVALID) {
            seen = tell_server(arena, engine, halt, halts, &note);
            if (code == QUELL_OK || seen == SEEN) {
                if (code)
                    fprintf(stderr, "quell: %s\n", err.message);
                print_outcome(args, arena, engine, halt, halts, seen, note);
                code = QUELL_OK;
            }
        }
    }
    quell_close(engine);
    arena_free(arena);
    return code ? fail(&err) : EXIT_DONE;
}

static int run_halt(const struct args *args)
{
    const char *reason = args_text(args, "reason");
    struct quell_halt halt = {.reads = args_flag(args, "all"),
                              .by = quell_str_of(control_who()),
                              .reason = quell_str_of(reason ? reason : "")};

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (!what_of(args, &halt))
        return fail_usage(args, "one of --connector, --playbook, or everything");
    return remote_wanted(args) ? say_elsewhere(args, &halt, true) : say(args, &halt, true);
}

static int run_resume(const struct args *args)
{
    struct quell_halt halt = {.by = quell_str_of(control_who())};

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (!what_of(args, &halt))
        return fail_usage(args, "one of --connector, --playbook, or everything");
    return remote_wanted(args) ? say_elsewhere(args, &halt, false) : say(args, &halt, false);
}

static const struct option_row halt_options[] = {
    {"connector", 0, OPTION_TEXT, "NAME", "Only what goes to this connector or connection."},
    {"playbook", 0, OPTION_TEXT, "ID", "Only what runs of this playbook send."},
    {"reason", 0, OPTION_TEXT, "TEXT", "Why, for people."},
    {"all", 0, OPTION_FLAG, NULL, "Reads, too; else only what may change something is stopped."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

static const struct option_row resume_options[] = {
    {"connector", 0, OPTION_TEXT, "NAME", "Only what was halted with this name."},
    {"playbook", 0, OPTION_TEXT, "ID", "Only what was halted with this id."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_halt = {
    .name = "halt",
    .words = "[everything]",
    .doc = "The kill switch: nothing that changes anything is sent any more.",
    .more = "Writes a file beside the store (FILE.halt, or `halt_file:` of quell.yaml), which is "
            "looked\n"
            "at before each request; touching it by hand halts everything as well, and so does\n"
            "`kill -USR1`. Incidents are taken in all the same, and runs wait. When it returns "
            "nothing\n"
            "more is sent; what was on the wire is waited for, one second at the most.\n\n"
            "exit codes: 0 halted, 2 it cannot be written and nobody serves\n",
    .words_max = 1,
    .options = halt_options,
    .remote = true,
    .run = run_halt,
};

const struct command command_resume = {
    .name = "resume",
    .words = "[everything]",
    .doc = "Takes `quell halt` back: runs go on, the oldest first, 100 a second.",
    .more = "Without a name all that was halted goes on.\n\n"
            "exit codes: 0 resumed, also when nothing was halted, 2 the file cannot be removed\n",
    .words_max = 1,
    .options = resume_options,
    .remote = true,
    .run = run_resume,
};
