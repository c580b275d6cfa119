/*
 * remote.h - a serving quell that is asked over the network: --server URL, with a token.
 */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include <stdbool.h>

#include "cli/command.h"

struct arena;
struct control_word;

/* --server was given. */
bool remote_wanted(const struct args *args);
/* Says a word there. *word->answer becomes what it answered, as control_say has it. */
enum quell_code remote_say(const struct args *args, const struct control_word *word,
                           struct quell_error *err) QUELL_MUST_CHECK;
/* Reads a document there; `route` as of a word, with its query. */
enum quell_code remote_read(const struct args *args, struct quell_str route,
                            struct quell_document *document,
                            struct quell_error *err) QUELL_MUST_CHECK;
/* Who speaks there: whom the token is for. Lives in `arena`. */
enum quell_code remote_who(const struct args *args, struct arena *arena, struct quell_str *name,
                           struct quell_error *err) QUELL_MUST_CHECK;

#endif
