/*
 * cmd_token.c - `quell token create|list|revoke`: what proves over the network who calls.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/when.h"
#include "cli/control.h"
#include "cli/print.h"
#include "cli/remote.h"
#include "serve/identity.h"
#include "value/json.h"
#include "value/value.h"

enum { LIFETIME_DAYS = 90 }; /* without --expires: what is forgotten ends by itself */

struct creating {
    struct quell_token_options options;
    char token[QUELL_TOKEN_BYTES];
};

/* ---- create ------------------------------------------------------------------------------------
 */

static enum quell_code say_create(struct quell *engine, const void *user, quell_done_fn *done,
                                  void *done_user, struct quell_error *err)
{
    struct creating *creating = *(struct creating *const *)user;

    return quell_token_create(engine, &creating->options, creating->token, done, done_user, err);
}

static enum quell_code read_roles(const struct args *args, struct arena *arena,
                                  struct quell_value *list, struct quell_error *err)
{
    struct list_builder made = {.arena = arena};
    const char *names[ARGS_MAX + 1];
    size_t count = args_many(args, "role", names);

    for (size_t i = 0; i < count; i++) {
        if (!role_find(quell_str_of(names[i])))
            return error_set(err, QUELL_INVALID,
                             "`%s` is no role: viewer, analyst, approver, author, admin, auditor",
                             names[i]);
        list_add(&made, quell_text(names[i]));
    }
    *list = list_made(&made);
    return count ? QUELL_OK
                 : error_set(err, QUELL_INVALID,
                             "a token needs --role: viewer, analyst, approver, "
                             "author, admin or auditor");
}

static enum quell_code read_scopes(const struct args *args, struct arena *arena,
                                   struct quell_value *list, struct quell_error *err)
{
    struct list_builder made = {.arena = arena};
    const char *scopes[ARGS_MAX + 1];
    size_t count = args_many(args, "scope", scopes);

    for (size_t i = 0; i < count; i++) {
        struct quell_str what, id;

        if (!str_cut(quell_str_of(scopes[i]), '=', &what, &id) || !str_is(what, "playbook") ||
            id.len == 0)
            return error_set(err, QUELL_INVALID, "--scope is playbook=ID, not `%s`", scopes[i]);
        list_add(&made, quell_string(id));
    }
    *list = count ? list_made(&made) : quell_null();
    return QUELL_OK;
}

static enum quell_code read_lifetime(const struct args *args, int64_t *us, struct quell_error *err)
{
    const char *text = args_text(args, "expires");
    struct when duration = {LIFETIME_DAYS * 86400, 0};

    if (text && strcmp(text, "never") == 0) {
        *us = 0;
        return QUELL_OK;
    }
    if (text && (!when_parse_duration(quell_str_of(text), &duration) || duration.seconds < 1 ||
                 duration.seconds > LIMIT_TOKEN_LIFETIME_S))
        return error_set(err, QUELL_INVALID,
                         "--expires is a duration such as 90d, ten years at the most, or `never`; "
                         "not `%s`",
                         text);
    *us = duration.seconds * 1000000;
    return QUELL_OK;
}

static enum quell_code read_options(const struct args *args, struct arena *arena,
                                    struct quell_token_options *options, struct quell_error *err)
{
    const char *user = args_text(args, "user");
    enum quell_code code = read_roles(args, arena, &options->roles, err);

    options->name = quell_str_of(args->words[1]);
    options->user = quell_str_of(user ? user : "");
    options->by = quell_str_of(control_who());
    if (!code)
        code = read_scopes(args, arena, &options->playbooks, err);
    if (!code)
        code = read_lifetime(args, &options->lifetime_us, err);
    return code;
}

static struct quell_value body_of(struct arena *arena, const struct quell_token_options *options)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "name", quell_string(options->name));
    map_add(&map, "roles", options->roles);
    map_add(&map, "playbooks", options->playbooks);
    map_add(&map, "user", quell_string(options->user));
    map_add(&map, "lifetime_s", quell_int(options->lifetime_us / 1000000));
    map_add(&map, "by", quell_string(options->by));
    return map_made(&map);
}

/* The text alone on standard output, so that it can be piped to where it is kept. */
static void print_made(const struct args *args, struct arena *arena, struct quell_str token)
{
    struct map_builder map = {.arena = arena};

    if (args_output(args) == OUTPUT_TEXT) {
        printf("%.*s\n", QUELL_ARG(token));
        fprintf(stderr, "token %s is made; its text is shown only now\n", args->words[1]);
        return;
    }
    map_add(&map, "name", quell_text(args->words[1]));
    map_add(&map, "token", quell_string(token));
    printf("%.*s\n",
           QUELL_ARG(json_text(arena, map_made(&map),
                               args_output(args) == OUTPUT_JSON ? JSON_PRETTY : JSON_COMPACT)));
}

static int create(const struct args *args)
{
    struct arena *arena = arena_new(0);
    struct creating creating = {.token = ""}, *user = &creating;
    struct quell_value answer = quell_null();
    struct control_word word = {.route = QUELL_STR("tokens"),
                                .say = say_create,
                                .user = &user,
                                .makes_store = true,
                                .arena = arena,
                                .answer = &answer};
    struct quell_error err = {0};
    enum quell_code code = read_options(args, arena, &creating.options, &err);

    if (!code) {
        word.body = body_of(arena, &creating.options);
        code = control_say(args, &word, &err);
    }
    if (!code)
        print_made(args, arena,
                   creating.token[0] ? quell_str_of(creating.token)
                                     : quell_get_str(answer, "token"));
    arena_free(arena);
    return code ? fail(&err) : EXIT_DONE;
}

/* ---- revoke ------------------------------------------------------------------------------------
 */

static enum quell_code say_revoke(struct quell *engine, const void *user, quell_done_fn *done,
                                  void *done_user, struct quell_error *err)
{
    return quell_token_revoke(engine, quell_str_of(user), quell_str_of(control_who()), done,
                              done_user, err);
}

static int revoke(const struct args *args)
{
    struct arena *arena = arena_new(0);
    struct map_builder map = {.arena = arena};
    struct control_word word = {.say = say_revoke, .user = args->words[1]};
    struct quell_error err = {0};
    enum quell_code code;

    control_add_by(args, &map);
    word.body = map_made(&map);
    word.route = arena_format(arena, "tokens/%s/revoke", args->words[1]);
    code = control_say(args, &word, &err);
    if (!code && args_output(args) == OUTPUT_TEXT)
        fprintf(stderr, "token %s is good for nothing any more\n", args->words[1]);
    else if (!code)
        printf("{\"revoked\":\"%s\"}\n", args->words[1]);
    arena_free(arena);
    return code ? fail(&err) : EXIT_DONE;
}

/* ---- list --------------------------------------------------------------------------------------
 */

static struct quell_str words_of(struct arena *arena, struct quell_value list)
{
    struct quell_str text = {"", 0};

    for (size_t i = 0; i < quell_count(list); i++)
        text = arena_format(arena, "%.*s%s%.*s", QUELL_ARG(text), i ? "," : "",
                            QUELL_ARG(quell_str(quell_at(list, i))));
    return text.len ? text : QUELL_STR("-");
}

static struct quell_str day_of(struct arena *arena, struct quell_value time, const char *otherwise)
{
    struct when when = {time.as.integer, 0};

    return quell_is(time, QUELL_TIME) ? when_format_time(arena, when) : quell_str_of(otherwise);
}

static void print_row(struct quell_str name, struct quell_str roles_text, struct quell_str expires,
                      struct quell_str used, struct quell_str playbooks)
{
    term_pad(name, 20);
    printf("  ");
    term_pad(roles_text, 18);
    printf("  ");
    term_pad(expires, 20);
    printf("  ");
    term_pad(used, 20);
    printf("  ");
    term_print(playbooks);
    putchar('\n');
}

static void print_tokens(struct quell_value list)
{
    struct arena *arena = arena_new(0);

    if (quell_count(list) == 0)
        fprintf(stderr, "no tokens\n");
    else
        print_row(QUELL_STR("TOKEN"), QUELL_STR("ROLES"), QUELL_STR("EXPIRES"),
                  QUELL_STR("LAST USED"), QUELL_STR("PLAYBOOKS"));
    for (size_t i = 0; i < quell_count(list); i++) {
        struct quell_value token = quell_at(list, i), only = quell_get(token, "playbooks");
        struct quell_str name = quell_get_str(token, "name"), user = quell_get_str(token, "user");

        if (user.len)
            name = arena_format(arena, "%.*s (%.*s)", QUELL_ARG(name), QUELL_ARG(user));
        print_row(name, words_of(arena, quell_get(token, "roles")),
                  day_of(arena, quell_get(token, "expires_at"), "never"),
                  day_of(arena, quell_get(token, "used_at"), "never"),
                  quell_is_null(only) ? QUELL_STR("all") : words_of(arena, only));
    }
    arena_free(arena);
}

static int list(const struct args *args)
{
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine = NULL;
    enum quell_code code;

    if (remote_wanted(args)) {
        code = remote_read(args, QUELL_STR("tokens"), &document, &err);
    } else {
        code = open_engine(args, QUELL_FOR_READING, &engine, &err);
        if (!code)
            code = quell_tokens(engine, &document, &err);
    }
    if (!code && args_output(args) == OUTPUT_TEXT)
        print_tokens(document.value);
    else if (!code)
        print_json(&document, args_output(args));
    quell_document_free(&document);
    quell_close(engine);
    return code ? fail(&err) : EXIT_DONE;
}

/* ---- the command -------------------------------------------------------------------------------
 */

static const struct {
    const char *word;
    size_t words;
    int (*run)(const struct args *args);
} verbs[] = {{"create", 2, create}, {"list", 1, list}, {"revoke", 2, revoke}, {NULL, 0, NULL}};

static int run(const struct args *args)
{
    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    for (size_t i = 0; verbs[i].word; i++) {
        if (strcmp(args->words[0], verbs[i].word) != 0)
            continue;
        if (args->word_count != verbs[i].words)
            return fail_usage(args,
                              verbs[i].words == 2 ? "`%s` needs the name of one token"
                                                  : "`%s` takes no name",
                              verbs[i].word);
        return verbs[i].run(args);
    }
    return fail_usage(args, "`%s` is none of create, list, revoke", args->words[0]);
}

static const struct option_row options[] = {
    {"role", 'r', OPTION_MANY, "ROLE",
     "What it may do: viewer, analyst, approver, author, admin, auditor."},
    {"scope", 0, OPTION_MANY, "playbook=ID", "It is good for this playbook only, and its runs."},
    {"user", 0, OPTION_TEXT, "NAME",
     "It speaks for this user of quell.yaml, with roles that both have; else for itself."},
    {"expires", 0, OPTION_TEXT, "DURATION", "When it ends: 90d (default), or `never`."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_token = {
    .name = "token",
    .words = "create NAME --role ROLE | list | revoke NAME",
    .doc = "Makes, lists and revokes tokens for calls over the network.",
    .more = "The text of a token is printed once, when it is made; the store has its hash only.\n"
            "Beside a serving quell it is asked over its control socket.\n\n"
            "exit codes: 0 done, 2 bad use, no such token, or one of that name is there, 4 not\n"
            "allowed, 5 the store is held by a process that does not answer\n",
    .words_min = 1,
    .words_max = 2,
    .options = options,
    .remote = true,
    .run = run,
};
