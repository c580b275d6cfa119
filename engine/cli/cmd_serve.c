/*
 * cmd_serve.c - `quell serve`: the daemon. Foreground, logs on standard error.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/command.h"
#include "loop/log.h"
#include "serve/serve.h"

static int set_log(const struct args *args)
{
    static const char *const words[] = {"error", "warning", "info", "debug"};
    const char *level = args_text(args, "log");
    size_t i;

    if (level == NULL)
        level = "info";
    for (i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(level, words[i]) == 0) {
            log_set((enum log_level)i, args_flag(args, "log-json"));
            return EXIT_DONE;
        }
    return fail_usage(args, "--log is error, warning, info or debug, not `%s`", level);
}

/* What was to be taken back and is not stays as the run made it: nobody tries it again by itself.
 */
static void tell_not_undone(struct quell_str run, struct quell_value paths)
{
    size_t i;

    for (i = 0; i < quell_count(paths); i++)
        log_line(LOG_LEVEL_WARNING, "run=%.*s step=%.*s could not be taken back: quell undo %.*s",
                 QUELL_ARG(run), QUELL_ARG(quell_str(quell_at(paths, i))), QUELL_ARG(run));
}

/* The log has a line for each run that begins, ends, or waits for a person. */
static void on_event(struct quell_str run, struct quell_value event, void *user)
{
    struct quell_str kind = quell_get_str(event, "kind");
    struct quell_value error = quell_get(event, "error");

    (void)user;
    if (str_is(kind, "run_started"))
        log_line(LOG_LEVEL_INFO, "run=%.*s started", QUELL_ARG(run));
    if (str_is(kind, "run_held"))
        log_line(LOG_LEVEL_WARNING, "run=%.*s step=%.*s waits for a person: quell show %.*s",
                 QUELL_ARG(run), QUELL_ARG(quell_get_str(event, "path")), QUELL_ARG(run));
    if (str_is(kind, "run_ended") || str_is(kind, "undo_ended"))
        tell_not_undone(run, quell_get(event, "not_undone"));
    if (!str_is(kind, "run_ended"))
        return;
    if (quell_is_null(error))
        log_line(LOG_LEVEL_INFO, "run=%.*s %.*s", QUELL_ARG(run),
                 QUELL_ARG(quell_get_str(event, "status")));
    else
        log_line(LOG_LEVEL_WARNING, "run=%.*s %.*s at step=%.*s: %.*s", QUELL_ARG(run),
                 QUELL_ARG(quell_get_str(event, "status")), QUELL_ARG(quell_get_str(error, "step")),
                 QUELL_ARG(quell_get_str(error, "message")));
}

static int run(const struct args *args)
{
    struct serve_options options = {.listen = args_text(args, "listen"),
                                    .ports_file = args_text(args, "ports")};
    struct quell_error err = {0};
    struct quell *engine;
    int status = set_log(args);

    if (status)
        return status;
    if (open_engine(args, QUELL_FOR_RUNNING, &engine, &err))
        return fail(&err);
    quell_tell(engine);
    quell_watch(engine, on_event, NULL);
    status = serve_run(engine, &options);
    if (quell_close(engine) && status == EXIT_DONE)
        status = EXIT_TOOL; /* told to end while commits waited for a full disk */
    return status;
}

static const struct option_row options[] = {
    {"listen", 'l', OPTION_TEXT, "ADDRESS", "Address and port instead of the configuration's."},
    {"playbooks", 'p', OPTION_MANY, "PATH",
     "Playbooks instead of the configuration's; repeatable."},
    {"ports", 0, OPTION_TEXT, "FILE", "Write the addresses as JSON once all listen (- = stdout)."},
    {"log", 0, OPTION_TEXT, "LEVEL", "error, warning, info (default) or debug."},
    {"log-json", 0, OPTION_FLAG, NULL, "Log one JSON object a line."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_serve = {
    .name = "serve",
    .words = "[-c quell.yaml]",
    .doc = "Serves webhooks and runs playbooks until it is told to end.",
    .more =
        "SIGTERM or Ctrl-C drains and ends; SIGHUP reads configuration and playbooks anew, all or\n"
        "nothing. Runs that had not ended are taken up first.\n\n"
        "exit codes: 0 ended when told to, 2 bad configuration or the store failed, 5 the store\n"
        "is held by another process\n",
    .options = options,
    .run = run,
};
