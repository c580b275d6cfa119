/*
 * suite_audits.c - audit rows: written once, found by query, kept through reopening.
 */
#include "rows.h"
#include "suite.h"

struct text {
    char data[512];
    size_t len;
};

static bool add(const struct store_audit *audit, void *user)
{
    struct text *text = user;

    text->len += (size_t)snprintf(text->data + text->len, sizeof text->data - text->len, "%.*s ",
                                  QUELL_ARG(audit->id));
    return text->len < 400;
}

static struct quell_str audits(struct fixture *f, struct store_audit_query query)
{
    struct text text = {.len = 0};

    assert_int_equal(f->kind->audits(f->reader, &query, add, &text, NULL), QUELL_OK);
    return arena_str(f->arena, (struct quell_str){text.data, text.len});
}

static struct store_audit an_audit(const char *id, const char *who, const char *what,
                                   const char *subject, int64_t at_us)
{
    return (struct store_audit){.id = quell_str_of(id),
                                .at_us = at_us,
                                .who = quell_str_of(who),
                                .what = quell_str_of(what),
                                .subject = quell_str_of(subject),
                                .detail = QUELL_STR("{\"a\":1}")};
}

static enum quell_code put(struct fixture *f, const struct store_audit *rows, size_t count)
{
    struct store_batch batch = {.audits = rows, .audit_count = count};

    return commit(f, &batch);
}

static void put_four(struct fixture *f)
{
    struct store_audit rows[] = {
        an_audit("b", "anna", "halted", "", 100), an_audit("a", "ben", "released", "run1", 99),
        an_audit("d", "anna", "released", "run2", 101), an_audit("c", "anna", "halted", "x", 100)};

    assert_int_equal(put(f, rows, 4), QUELL_OK);
}

static void audits_are_found_by_query(struct fixture *f)
{
    put_four(f);
    assert_text(audits(f, (struct store_audit_query){.limit = 0}), "d c b a ");
    assert_text(audits(f, (struct store_audit_query){.limit = 2}), "d c ");
    assert_text(audits(f, (struct store_audit_query){.who = QUELL_STR("anna")}), "d c b ");
    assert_text(audits(f, (struct store_audit_query){.what = QUELL_STR("released")}), "d a ");
    assert_text(audits(f, (struct store_audit_query){.subject = QUELL_STR("run1")}), "a ");
    assert_text(audits(f, (struct store_audit_query){.since_us = 100}), "d c b ");
    assert_text(audits(f, (struct store_audit_query){.since_us = 100, .before = QUELL_STR("d")}),
                "c b ");
}

static bool look(const struct store_audit *audit, void *user)
{
    (void)user;
    assert_text(audit->id, "d");
    assert_int_equal(audit->at_us, 101);
    assert_text(audit->who, "anna");
    assert_text(audit->what, "released");
    assert_text(audit->subject, "run2");
    assert_text(audit->detail, "{\"a\":1}");
    return false;
}

static void an_audit_row_comes_back_whole(struct fixture *f)
{
    struct store_audit_query query = {.limit = 0};

    put_four(f);
    assert_int_equal(f->kind->audits(f->reader, &query, look, NULL, NULL), QUELL_OK);
}

/* Nobody writes over what was done, and a refused batch leaves nothing. */
static void an_audit_row_is_written_once(struct fixture *f)
{
    struct store_audit again[] = {an_audit("e", "mallory", "released", "", 1),
                                  an_audit("a", "mallory", "released", "", 1)};
    struct store_audit unnamed[] = {an_audit("", "anna", "halted", "", 1),
                                    an_audit("f", "anna", "", "", 1)};

    put_four(f);
    assert_int_equal(put(f, again, 2), QUELL_CONFLICT);
    assert_int_equal(put(f, &unnamed[0], 1), QUELL_INVALID);
    assert_int_equal(put(f, &unnamed[1], 1), QUELL_INVALID);
    assert_text(audits(f, (struct store_audit_query){.limit = 0}), "d c b a ");
    assert_text(audits(f, (struct store_audit_query){.who = QUELL_STR("mallory")}), "");
}

static void reopening_keeps_audits(struct fixture *f)
{
    put_four(f);
    assert_int_equal(f->kind->prune(f->store, 1000, NULL), QUELL_OK);
    if (f->kind->persists) {
        fixture_close(f);
        fixture_open(f);
    }
    assert_text(audits(f, (struct store_audit_query){.limit = 0}), "d c b a ");
}

const struct suite_test suite_audits[] = {
    SUITE_TEST(audits_are_found_by_query),
    SUITE_TEST(an_audit_row_comes_back_whole),
    SUITE_TEST(an_audit_row_is_written_once),
    SUITE_TEST(reopening_keeps_audits),
    {NULL, NULL},
};
