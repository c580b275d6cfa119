/*
 * control.h - a person's word to the engine, said to the serving one or in this process.
 */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include "cli/command.h"

struct arena;

struct control_word {
    struct quell_str route;  /* behind /api/v1/ of the control socket: `runs/7f3a/cancel` */
    struct quell_value body; /* what is posted there */
    /* The same, said to an engine in this process. */
    enum quell_code (*say)(struct quell *engine, const void *user, quell_done_fn *done,
                           void *done_user, struct quell_error *err);
    const void *user;
    bool makes_store;           /* it may be the first thing that is said to a store */
    struct arena *arena;        /* of the answer, when it is wanted, else NULL */
    struct quell_value *answer; /* what a serving engine answered; untouched without one */
};

/* Who speaks: the user at the terminal. */
const char *control_who(void);
/* The same, or who --as says; with --server whom the token is for. */
enum quell_code control_speaker(const struct args *args, struct arena *arena,
                                struct quell_str *name, struct quell_error *err) QUELL_MUST_CHECK;
/* Adds `by` to a body: who speaks. Not with --server: there the token says it. */
struct map_builder;
void control_add_by(const struct args *args, struct map_builder *body);
/* Returns when the word is durable. QUELL_NOT_FOUND, QUELL_REFUSED: it does not fit the run. */
enum quell_code control_say(const struct args *args, const struct control_word *word,
                            struct quell_error *err) QUELL_MUST_CHECK;

/* The same, only to a serving engine; QUELL_UNAVAILABLE when there is none. */
enum quell_code control_ask(const struct args *args, const struct control_word *word,
                            struct quell_error *err) QUELL_MUST_CHECK;

/* The same at a socket, whoever holds the store; QUELL_UNAVAILABLE, QUELL_TIMED_OUT: no answer. */
enum quell_code control_ask_at(const struct control_word *word, const char *socket,
                               int64_t timeout_ms, struct quell_error *err) QUELL_MUST_CHECK;

#endif
