/*
 * cmd_approvals.c - `quell approvals`: the open questions to people, with what would be done and
 * how to answer; or one of them in full. Reads beside a serving engine.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/escape.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/remote.h"

/* ---- one ---------------------------------------------------------------------------------------
 */

static enum quell_code read_remote(const struct args *args, struct quell_str run,
                                   struct quell_str step, struct quell_document *document,
                                   struct quell_error *err)
{
    struct buf route = {.size_max = 65536};
    enum quell_code code;

    buf_add_text(&route, "runs/");
    escape_percent(&route, run);
    buf_add_text(&route, "/question?step=");
    escape_percent(&route, step);
    code = remote_read(args, buf_str(&route), document, err);
    buf_free(&route);
    return code;
}

enum quell_code approval_read(const struct args *args, struct quell_document *document,
                              struct quell_error *err)
{
    struct quell_str run, step;
    struct quell *engine;
    enum quell_code code;

    (void)str_cut(quell_str_of(args->words[0]), ':', &run, &step); /* no step: the first */
    if (remote_wanted(args))
        return read_remote(args, run, step, document, err);
    code = open_engine(args, QUELL_FOR_READING, &engine, err);
    if (code)
        return code;
    code = quell_question(engine, run, step, document, err);
    quell_close(engine);
    return code;
}

static int show_one(const struct args *args)
{
    struct term term = term_of_output();
    struct quell_document document = {0};
    struct quell_error err = {0};

    if (approval_read(args, &document, &err))
        return fail(&err);
    if (args_output(args) != OUTPUT_TEXT)
        print_json(&document, args_output(args));
    else
        print_approval_full(&term, document.value);
    quell_document_free(&document);
    return EXIT_DONE;
}

/* ---- all ---------------------------------------------------------------------------------------
 */

static int run(const struct args *args)
{
    struct term term = term_of_output();
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine = NULL;
    enum quell_code code;
    size_t i;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (args->words[0])
        return show_one(args);
    code = remote_wanted(args) ? remote_read(args, QUELL_STR("approvals"), &document, &err)
                               : open_engine(args, QUELL_FOR_READING, &engine, &err);
    if (code == QUELL_OK && engine)
        code = quell_approvals(engine, &document, &err);
    if (code == QUELL_OK && args_output(args) != OUTPUT_TEXT) {
        print_json(&document, args_output(args));
    } else if (code == QUELL_OK) {
        if (quell_count(document.value) == 0)
            fprintf(stderr, "nobody is asked\n");
        for (i = 0; i < quell_count(document.value); i++) {
            if (i)
                putchar('\n');
            print_approval(&term, quell_at(document.value, i));
        }
    }
    quell_document_free(&document);
    quell_close(engine);
    return code ? fail(&err) : EXIT_DONE;
}

static const struct option_row options[] = {
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_approvals = {
    .name = "approvals",
    .words = "[RUN[:STEP]]",
    .words_max = 1,
    .doc = "Lists what people are asked, the oldest first; or shows one question in full.",
    .more = "exit codes: 0 listed (even when nobody is asked), 2 no such store\n",
    .options = options,
    .remote = true,
    .run = run,
};
