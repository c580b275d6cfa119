/*
 * command.h - what a command of the command line is: a row with its arguments, options and
 * function. Parsing, --help and the list of commands come from these rows.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include <quell/error.h>
#include <quell/quell.h>
#include <quell/value.h>

/* UX.md section 1. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_FINDING = 1,     /* lint problem, failed run, no match where one was expected */
    EXIT_TOOL = 2,        /* bad flag, unreadable or invalid file */
    EXIT_UNFINISHED = 3,  /* the run waits */
    EXIT_DENIED = 4,      /* authentication or authorisation */
    EXIT_UNREACHABLE = 5, /* a connector, the server or the store could not be reached */
    EXIT_INTERRUPTED = 130,
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_MANY };

struct option_row {
    const char *name; /* "incident" for --incident */
    char letter;      /* 'i' for -i, or 0 */
    enum option_kind kind;
    const char *value; /* metavariable of --help: "FILE"; NULL for flags */
    const char *doc;   /* one sentence */
};

enum { ARGS_MAX = 256 }; /* arguments and repeated options of one command line */

struct args {
    const struct command *command;
    const char *words[ARGS_MAX + 1]; /* positional, NULL-ended */
    size_t word_count;
    struct {
        const char *name, *value;
    } options[ARGS_MAX];
    size_t option_count;
};

struct command {
    const char *name;
    const char *words; /* "PLAYBOOK [-i INCIDENT]" as --help shows it */
    const char *doc;   /* one sentence */
    const char *more;  /* further help, exit codes; may be NULL; examples are in examples.def */
    size_t words_min, words_max;
    const struct option_row *options; /* ends with name NULL; the common ones are added */
    bool remote;                      /* takes --server and what goes with it */
    int (*run)(const struct args *args);
};

extern const struct command *const commands[]; /* NULL-ended */
const struct command *command_find(const char *name);

/* Parses argv behind the command's name. False: a message was printed, exit with EXIT_TOOL.
 * *help is set when --help was asked for. */
bool args_parse(const struct command *command, int argc, char **argv, struct args *args,
                bool *help);
const char *args_text(const struct args *args, const char *option); /* the last one, or NULL */
bool args_flag(const struct args *args, const char *option);
/* All values of a repeated option into a NULL-ended array of ARGS_MAX + 1. */
size_t args_many(const struct args *args, const char *option, const char **values);
extern const struct option_row common_options[]; /* that every command takes */
extern const struct option_row remote_options[]; /* and those that may be asked elsewhere */

/* help.c, from the same rows. */
void print_help(const struct command *command);
void print_commands(void);
/* [{command, group, usage, about, options: [{name, letter, value, repeatable, about}], more,
 * examples}] of one command, or of all (NULL); in `arena`. */
struct arena;
struct quell_value help_value(struct arena *arena, const struct command *command);

/* ---- common to the commands (common.c) ----------------------------------------------------------
 */

/* Prints `quell: message` (and where it helps, what to do) and gives the exit code that fits. */
int fail(const struct quell_error *err);
/* The same; a fault inside the incident, told by line and column, names its file. */
int fail_incident(const struct args *args, const struct quell_error *err);
int fail_usage(const struct args *args, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Opens the engine with --config and --store. */
enum quell_code open_engine(const struct args *args, enum quell_purpose purpose,
                            struct quell **engine, struct quell_error *err) QUELL_MUST_CHECK;

/* Closes an engine that runs: what is on its way to far sides is waited for. NULL is allowed. */
void end_engine(struct quell *engine);

/* -o text|json|ndjson. */
enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_NDJSON, OUTPUT_BAD };
enum output args_output(const struct args *args);
/* Prints a document as JSON, or a list as one object a line. */
void print_json(struct quell_document *document, enum output output);

struct arena;
/* `7d`: that long ago; or a time. Left as it is without the option; false when it is neither, which
 * was told. */
bool args_since(const struct args *args, const char *option, int64_t *us);
/* The file (or - for standard input) named by an option; empty when the option is absent. */
enum quell_code args_file(const struct args *args, const char *option, struct arena *arena,
                          struct quell_str *text, struct quell_error *err) QUELL_MUST_CHECK;
/* The JSON object of --input NAME=VALUE (repeated) or --inputs FILE; empty when there is none. */
enum quell_code args_inputs(const struct args *args, struct arena *arena, struct quell_str *json,
                            struct quell_error *err) QUELL_MUST_CHECK;

/* cmd_approvals.c: the question that the first word RUN[:STEP] names, here or with --server. */
enum quell_code approval_read(const struct args *args, struct quell_document *document,
                              struct quell_error *err) QUELL_MUST_CHECK;

#endif
