/*
 * cmd_backup.c - `quell backup FILE` and `quell restore FILE`.
 */
#include <stdio.h>

#include "cli/command.h"
#include "cli/control.h"
#include "cli/print.h"
#include "value/value.h"

static int show(const struct args *args, struct quell_document *document,
                void (*print)(const struct term *term, struct quell_value done))
{
    struct term term = term_of_output();

    if (args_output(args) == OUTPUT_TEXT)
        print(&term, document->value);
    else
        print_json(document, args_output(args));
    quell_document_free(document);
    return EXIT_DONE;
}

/* ---- backup ------------------------------------------------------------------------------------
 */

static void print_backup(const struct term *term, struct quell_value done)
{
    printf("%.*s: %lld runs, %lld events, up to link %lld; it is sound\n",
           QUELL_ARG(quell_get_str(done, "file")), (long long)quell_get(done, "runs").as.integer,
           (long long)quell_get(done, "events").as.integer,
           (long long)quell_get(done, "end").as.integer);
    if (quell_count(quell_get(done, "active")))
        printf("%zu runs had not ended\n", quell_count(quell_get(done, "active")));
    (void)term; /* nothing here has a tone */
}

static int run_backup(const struct args *args)
{
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine = NULL;
    enum quell_code code;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (open_engine(args, QUELL_FOR_READING, &engine, &err))
        return fail(&err);
    code = quell_backup(engine, args->words[0], args_flag(args, "force"), &document, &err);
    quell_close(engine);
    return code ? fail(&err) : show(args, &document, print_backup);
}

static const struct option_row backup_options[] = {
    {"force", 0, OPTION_FLAG, NULL, "Replace the file when it is there."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_backup = {
    .name = "backup",
    .words = "FILE",
    .doc = "Copies the store, as it is at one moment, and verifies the copy.",
    .more = "It may be served meanwhile. The file is readable by its owner only; keep the public "
            "key (`quell\n"
            "audit key`) and the checkpoints beside it.\n\n"
            "exit codes: 0 copied and sound, 2 not copied\n",
    .words_min = 1,
    .words_max = 1,
    .options = backup_options,
    .run = run_backup,
};

/* ---- restore -----------------------------------------------------------------------------------
 */

static void print_restore(const struct term *term, struct quell_value done)
{
    struct quell_value active = quell_get(done, "active");
    size_t i;

    printf("%.*s: %lld runs, the newest entry is of ", QUELL_ARG(quell_get_str(done, "file")),
           (long long)quell_get(done, "runs").as.integer);
    term_value(term, quell_get(done, "newest"), 0);
    putchar('\n');
    if (quell_get_str(done, "replaced").len)
        printf("the old store is %.*s\n", QUELL_ARG(quell_get_str(done, "replaced")));
    if (quell_count(active))
        printf("%zu runs go on where the backup has them; %swhat they sent since is not known here "
               "and\nwould be sent again%s:\n",
               quell_count(active), term_on(term, TONE_WARN), term_off(term));
    for (i = 0; i < quell_count(active); i++)
        printf("  %.*s\n", QUELL_ARG(quell_str(quell_at(active, i))));
    if (quell_get_str(done, "halted").len)
        printf("everything is halted: `quell show` each of them, `quell cancel` what has happened "
               "since,\nthen `quell resume`\n");
}

static int run_restore(const struct args *args)
{
    struct quell_options options = {.purpose = QUELL_FOR_AUTHORING,
                                    .config = args_text(args, "config"),
                                    .store = args_text(args, "to") ? args_text(args, "to")
                                                                   : args_text(args, "store")};
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine = NULL;
    enum quell_code code;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (quell_open(&options, &engine, &err))
        return fail(&err);
    code = quell_restore(engine, args->words[0], quell_str_of(control_who()), &document, &err);
    quell_close(engine);
    return code ? fail(&err) : show(args, &document, print_restore);
}

static const struct option_row restore_options[] = {
    {"to", 0, OPTION_TEXT, "URL", "The store to put it in the place of; else the configured one."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_restore = {
    .name = "restore",
    .words = "FILE",
    .doc = "Puts a verified backup in the place of the store, and halts it.",
    .more = "The store that was there is kept beside it. What the runs of the backup sent after it "
            "was made\n"
            "is not known to it: so everything is halted until a person has looked and says `quell "
            "resume`.\n\n"
            "exit codes: 0 restored, 2 no sound backup, 5 the store is held by a process\n",
    .words_min = 1,
    .words_max = 1,
    .options = restore_options,
    .run = run_restore,
};
