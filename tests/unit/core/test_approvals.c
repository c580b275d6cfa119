/*
 * test_approvals.c - the bad cases of approvals, a row each, on a whole engine: whatever is tried,
 * what the gate guards is not executed, and the last row shows that the right word executes it.
 */
#include "virtual.h"

#define PLAYBOOK(id, more)                                                                         \
    "quell: 1\nplaybook: " id                                                                      \
    "\non: { manual: , call: }\nsteps:\n  - id: a\n    uses: http.request\n"                       \
    "    approve: { by: group:soc, within: 1h" more " }\n"                                         \
    "    with: { url: 'https://x.example/${{ lists.target }}' }\n"
static const char *const playbooks[] = {
    PLAYBOOK("one", ""),
    PLAYBOOK("two", ", count: 2"),
    PLAYBOOK("eyes", ", four-eyes: true"),
    "quell: 1\nplaybook: caller\non: { manual: }\nsteps:\n  - call: eyes\n",
    PLAYBOOK("other", ", show: { more: it }"),
    NULL,
};

#define CONFIG(target)                                                                             \
    "users:\n  ana: { roles: [approver], groups: [soc] }\n  ben: { roles: [approver], groups: "    \
    "[soc] }\n  test: { roles: [approver], groups: [soc] }\n  eve: { roles: [approver] }\n"        \
    "groups: { soc: ['token:ci'] }\nlists: { target: " target " }\n"

enum before { NOTHING, ANA_AGREES, ANA_DENIES, HOUR_PASSES, CANCELLED, TARGET_CHANGES, ASKED_ANEW };
enum digest { THE_DIGEST, NO_DIGEST, A_BEGINNING, OF_ANOTHER, OF_BEFORE, TOO_SHORT, NO_HEX };

struct row {
    const char *what, *playbook, *by;
    enum before before;
    enum digest digest;
    int64_t round;
    enum quell_code code;
};

static const struct row rows[] = {
    {"the one who started it", "eyes", "test", NOTHING, THE_DIGEST, 1, QUELL_DENIED},
    {"the same in capitals", "eyes", "TEST", NOTHING, THE_DIGEST, 1, QUELL_DENIED},
    {"the same through a run that it calls", "caller", "test", NOTHING, THE_DIGEST, 1,
     QUELL_DENIED},
    {"a token that is nobody, with four eyes", "eyes", "token:ci", NOTHING, THE_DIGEST, 1,
     QUELL_DENIED},
    {"a token that is nobody, of two", "two", "token:ci", NOTHING, THE_DIGEST, 1, QUELL_DENIED},
    {"somebody of another group", "one", "eve", NOTHING, THE_DIGEST, 1, QUELL_DENIED},
    {"a stranger", "one", "mallory", NOTHING, THE_DIGEST, 1, QUELL_DENIED},
    {"the group's own name", "one", "group:soc", NOTHING, THE_DIGEST, 1, QUELL_DENIED},
    {"nobody", "one", "", NOTHING, THE_DIGEST, 1, QUELL_INVALID},
    {"a name with a line end", "one", "ana\n", NOTHING, THE_DIGEST, 1, QUELL_INVALID},
    {"one person twice, of two", "two", "ana", ANA_AGREES, THE_DIGEST, 1, QUELL_DENIED},
    {"the same in other letters", "two", "ANA", ANA_AGREES, THE_DIGEST, 1, QUELL_DENIED},
    {"one of two", "two", "ana", NOTHING, THE_DIGEST, 1, QUELL_OK},
    {"another run's digest", "one", "ana", NOTHING, OF_ANOTHER, 1, QUELL_CONFLICT},
    {"a digest that is too short", "one", "ana", NOTHING, TOO_SHORT, 1, QUELL_CONFLICT},
    {"what is no digest", "one", "ana", NOTHING, NO_HEX, 1, QUELL_CONFLICT},
    {"another round", "one", "ana", NOTHING, THE_DIGEST, 2, QUELL_CONFLICT},
    {"after its time", "one", "ana", HOUR_PASSES, THE_DIGEST, 1, QUELL_CONFLICT},
    {"after a denial", "one", "ben", ANA_DENIES, THE_DIGEST, 1, QUELL_CONFLICT},
    {"after the run was cancelled", "one", "ana", CANCELLED, THE_DIGEST, 1, QUELL_CONFLICT},
    {"what it is about has changed", "one", "ana", TARGET_CHANGES, THE_DIGEST, 1, QUELL_OK},
    {"the old digest, asked anew", "one", "ben", ASKED_ANEW, OF_BEFORE, 0, QUELL_CONFLICT},
    {"the old round, asked anew", "one", "ben", ASKED_ANEW, NO_DIGEST, 1, QUELL_CONFLICT},
};

/* ---- one row -----------------------------------------------------------------------------------
 */

static void on_done(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)err;
    (void)user;
    assert_int_equal(code, QUELL_OK);
}

struct asked {
    struct virtual *v;
    struct quell_str run, before; /* the digest that was asked about first */
};

static struct quell_str digest_of(struct virtual *v, const char *playbook, struct quell_str *run)
{
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_str digest = {"", 0};

    assert_int_equal(quell_approvals(v->engine, &document, &err), QUELL_OK);
    for (size_t i = 0; i < quell_count(document.value); i++) {
        struct quell_value one = quell_at(document.value, i);

        if (!quell_text_is(quell_get(one, "playbook"), playbook))
            continue;
        digest = arena_str(v->arena, quell_get_str(one, "digest"));
        *run = arena_str(v->arena, quell_get_str(one, "run"));
    }
    quell_document_free(&document);
    return digest;
}

static enum quell_code word_of(struct asked *asked, const char *by, bool agrees,
                               struct quell_str digest, int64_t round)
{
    struct quell_decision decision = {.run = asked->run,
                                      .by = quell_str_of(by),
                                      .agrees = agrees,
                                      .digest = digest,
                                      .round = round};
    struct quell_error err = {0};
    enum quell_code code = quell_decide(asked->v->engine, &decision, on_done, NULL, &err);

    loop_settle(asked->v->loop);
    return code;
}

static void target_changes(struct virtual *v)
{
    struct quell_error err = {0};

    place_write(v->paths[VIRTUAL_PLAYBOOKS], CONFIG("d2"));
    if (quell_reload(v->engine, &err))
        fail_msg("%s", err.message);
}

static void do_before(struct asked *asked, enum before before)
{
    struct quell_error err = {0};
    struct quell_str none = {"", 0};

    switch (before) {
    case NOTHING:
        break;
    case ANA_AGREES:
        assert_int_equal(word_of(asked, "ana", true, none, 0), QUELL_OK);
        break;
    case ANA_DENIES:
        assert_int_equal(word_of(asked, "ana", false, none, 0), QUELL_OK);
        break;
    case HOUR_PASSES:
        virtual_pass(asked->v, "61m");
        break;
    case CANCELLED:
        assert_int_equal(
            quell_cancel(asked->v->engine, asked->run, QUELL_STR("ben"), none, on_done, NULL, &err),
            QUELL_OK);
        loop_settle(asked->v->loop);
        break;
    case TARGET_CHANGES:
        target_changes(asked->v);
        break;
    case ASKED_ANEW:
        target_changes(asked->v);
        assert_int_equal(word_of(asked, "ana", true, none, 0), QUELL_OK);
        break;
    }
}

static struct quell_str digest_for(struct asked *asked, enum digest digest)
{
    struct quell_str ignored;

    switch (digest) {
    case NO_DIGEST:
        return QUELL_STR("");
    case A_BEGINNING:
        return str_slice(asked->before, 0, 12);
    case OF_ANOTHER:
        return digest_of(asked->v, "other", &ignored);
    case TOO_SHORT:
        return str_slice(asked->before, 0, 5);
    case NO_HEX:
        return QUELL_STR("............");
    case THE_DIGEST:
    case OF_BEFORE:
        break;
    }
    return asked->before;
}

static size_t executed(struct virtual *v)
{
    virtual_pass(v, "1m");
    return virtual_count(v, "call_scheduled", NULL);
}

static void set_up(struct virtual *v, const char *playbook, struct asked *asked)
{
    char run[37];

    virtual_open(v, CONFIG("d1"), playbooks);
    virtual_run(v, "other", "{}", run);
    virtual_run(v, playbook, "{}", run);
    asked->v = v;
    asked->before = digest_of(v, strcmp(playbook, "caller") == 0 ? "eyes" : playbook, &asked->run);
    assert_int_equal(asked->before.len, 64);
}

static void bad_cases(void **state)
{
    size_t total = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct virtual v;
        struct asked asked;
        enum quell_code code;
        size_t count;

        set_up(&v, rows[i].playbook, &asked);
        do_before(&asked, rows[i].before);
        code = word_of(&asked, rows[i].by, true, digest_for(&asked, rows[i].digest), rows[i].round);
        count = executed(&v);
        total += count;
        if (code != rows[i].code || count)
            fail_msg("%s: %s, %zu executed", rows[i].what, quell_code_name(code), count);
        virtual_close(&v);
    }
    printf("%zu bad cases, %zu executed\ncases: %zu\n", sizeof(rows) / sizeof(*rows), total,
           sizeof(rows) / sizeof(*rows));
}

/* The rows above could be right by never executing anything. */
static void the_right_word_executes_it_once(void **state)
{
    static const struct {
        const char *playbook, *first, *second;
        enum digest digest;
    } good[] = {
        {"one", "ana", NULL, THE_DIGEST},    {"one", "token:ci", NULL, A_BEGINNING},
        {"one", "Ben", NULL, NO_DIGEST},     {"eyes", "ana", NULL, THE_DIGEST},
        {"caller", "ana", NULL, THE_DIGEST}, {"two", "ana", "ben", THE_DIGEST},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        struct virtual v;
        struct asked asked;

        set_up(&v, good[i].playbook, &asked);
        assert_int_equal(
            word_of(&asked, good[i].first, true, digest_for(&asked, good[i].digest), 1), QUELL_OK);
        if (good[i].second)
            assert_int_equal(word_of(&asked, good[i].second, true, asked.before, 1), QUELL_OK);
        if (executed(&v) != 1)
            fail_msg("%zu", i);
        /* Single use: the same word again. */
        assert_int_equal(word_of(&asked, good[i].first, true, asked.before, 1), QUELL_CONFLICT);
        assert_int_equal(executed(&v), 1);
        virtual_close(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_cases),
        cmocka_unit_test(the_right_word_executes_it_once),
    };

    return cmocka_run_group_tests_name("approvals", tests, NULL, NULL);
}
