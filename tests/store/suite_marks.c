/*
 * suite_marks.c - marks, refusals, and the newest incident of a sender's id.
 */
#include "rows.h"
#include "suite.h"

struct text {
    char data[1024];
    size_t len;
};

static bool add_mark(const struct store_mark *mark, void *user)
{
    struct text *text = user;

    text->len +=
        (size_t)snprintf(text->data + text->len, sizeof text->data - text->len,
                         "%.*s/%.*s@%lld=%.*s ", QUELL_ARG(mark->scope), QUELL_ARG(mark->key),
                         (long long)mark->until_us, QUELL_ARG(mark->body));
    return text->len < 400;
}

static struct quell_str marks(struct fixture *f, const char *scope)
{
    struct text text = {.len = 0};

    assert_int_equal(f->kind->marks(f->reader, quell_str_of(scope), add_mark, &text, NULL),
                     QUELL_OK);
    return arena_str(f->arena, (struct quell_str){text.data, text.len});
}

static struct store_mark a_mark(const char *scope, const char *key, int64_t until_us,
                                const char *body)
{
    return (struct store_mark){quell_str_of(scope), quell_str_of(key), until_us,
                               quell_str_of(body)};
}

static enum quell_code put(struct fixture *f, const struct store_mark *all, size_t count)
{
    struct store_batch batch = {.marks = all, .mark_count = count};

    return commit(f, &batch);
}

static void marks_are_replaced_and_removed(struct fixture *f)
{
    struct store_mark first[] = {a_mark("s", "b", 2, "B"), a_mark("s", "a", 1, "A"),
                                 a_mark("t", "a", 0, "T"), a_mark("s", "a", 3, "A2")};
    struct store_mark second[] = {a_mark("s", "b", 0, ""), a_mark("s", "none", 0, ""),
                                  a_mark("s", "c", 4, "C")};
    struct store_mark found;

    assert_int_equal(put(f, first, 4), QUELL_OK);
    assert_text(marks(f, "s"), "s/a@3=A2 s/b@2=B ");
    assert_text(marks(f, "t"), "t/a@0=T ");
    assert_text(marks(f, ""), "");
    assert_int_equal(put(f, second, 3), QUELL_OK);
    assert_text(marks(f, "s"), "s/a@3=A2 s/c@4=C ");
    assert_int_equal(
        f->kind->mark(f->reader, f->arena, QUELL_STR("s"), QUELL_STR("c"), &found, NULL), QUELL_OK);
    assert_text(found.body, "C");
    assert_int_equal(found.until_us, 4);
    assert_int_equal(
        f->kind->mark(f->reader, f->arena, QUELL_STR("s"), QUELL_STR("b"), &found, NULL),
        QUELL_NOT_FOUND);
    assert_int_equal(
        put(f, &(struct store_mark){.scope = QUELL_STR("s"), .body = QUELL_STR("x")}, 1),
        QUELL_INVALID);
}

/* Refused as a whole, a batch leaves every mark as it was. */
static void a_refused_commit_changes_no_mark(struct fixture *f)
{
    struct store_mark before[] = {a_mark("s", "a", 1, "A"), a_mark("s", "b", 1, "B")};
    struct store_mark after[] = {a_mark("s", "a", 2, "A2"), a_mark("s", "b", 0, ""),
                                 a_mark("s", "c", 1, "C")};
    struct store_refusal refusal = {.id = QUELL_STR("r")};
    struct store_batch batch = {
        .marks = after, .mark_count = 3, .refusals = &refusal, .refusal_count = 1};

    assert_int_equal(put(f, before, 2), QUELL_OK);
    assert_int_equal(commit(f, &(struct store_batch){.refusals = &refusal, .refusal_count = 1}),
                     QUELL_OK);
    assert_int_equal(commit(f, &batch), QUELL_CONFLICT);
    assert_text(marks(f, "s"), "s/a@1=A s/b@1=B ");
}

static bool add_refusal(const struct store_refusal *refusal, void *user)
{
    struct text *text = user;

    text->len += (size_t)snprintf(text->data + text->len, sizeof text->data - text->len, "%.*s ",
                                  QUELL_ARG(refusal->id));
    return true;
}

static struct quell_str refusals(struct fixture *f, struct store_refusal_query query)
{
    struct text text = {.len = 0};

    assert_int_equal(f->kind->refusals(f->reader, &query, add_refusal, &text, NULL), QUELL_OK);
    return arena_str(f->arena, (struct quell_str){text.data, text.len});
}

static struct store_refusal a_refusal(const char *id, const char *playbook, const char *incident,
                                      const char *reason)
{
    return (struct store_refusal){.id = quell_str_of(id),
                                  .at_us = 100,
                                  .playbook = quell_str_of(playbook),
                                  .incident = quell_str_of(incident),
                                  .reason = quell_str_of(reason),
                                  .detail = QUELL_STR("why"),
                                  .run = QUELL_STR("run")};
}

static bool keep_refusal(const struct store_refusal *refusal, void *user)
{
    (void)user;
    assert_text(refusal->id, "c");
    assert_text(refusal->playbook, "q");
    assert_text(refusal->incident, "i");
    assert_text(refusal->reason, "deduped");
    assert_text(refusal->detail, "why");
    assert_text(refusal->run, "run");
    assert_int_equal(refusal->at_us, 100);
    return false;
}

static void refusals_are_found_by_query(struct fixture *f)
{
    struct store_refusal rows[] = {
        a_refusal("b", "p", "i", "deduped"), a_refusal("a", "p", "j", "throttled"),
        a_refusal("d", "q", "j", "deduped"), a_refusal("c", "q", "i", "deduped")};
    struct store_batch batch = {.refusals = rows, .refusal_count = 4};
    struct store_refusal_query all = {.before = QUELL_STR("d")};

    assert_int_equal(commit(f, &batch), QUELL_OK);
    assert_text(refusals(f, (struct store_refusal_query){.limit = 0}), "d c b a ");
    assert_text(refusals(f, (struct store_refusal_query){.limit = 2}), "d c ");
    assert_text(refusals(f, (struct store_refusal_query){.playbook = QUELL_STR("p")}), "b a ");
    assert_text(refusals(f, (struct store_refusal_query){.incident = QUELL_STR("j")}), "d a ");
    assert_text(refusals(f, (struct store_refusal_query){.reason = QUELL_STR("deduped"),
                                                         .before = QUELL_STR("d")}),
                "c b ");
    assert_int_equal(f->kind->refusals(f->reader, &all, keep_refusal, NULL, NULL), QUELL_OK);
}

static bool add_incident(const struct store_incident *incident, void *user)
{
    struct text *text = user;

    text->len += (size_t)snprintf(text->data + text->len, sizeof text->data - text->len,
                                  "%.*s:%.*s ", QUELL_ARG(incident->id), QUELL_ARG(incident->body));
    return text->len < 12;
}

static struct quell_str incidents(struct fixture *f, const char *from)
{
    struct text text = {.len = 0};

    assert_int_equal(f->kind->incidents(f->reader, quell_str_of(from), add_incident, &text, NULL),
                     QUELL_OK);
    return arena_str(f->arena, (struct quell_str){text.data, text.len});
}

static void incidents_in_the_order_of_their_ids(struct fixture *f)
{
    struct store_incident rows[] = {an_incident(f, "c"), an_incident(f, "a"), an_incident(f, "b")};
    struct store_batch batch = {.incidents = rows, .incident_count = 3};
    size_t i;

    for (i = 0; i < 3; i++)
        rows[i].body = arena_format(f->arena, "<%.*s>", QUELL_ARG(rows[i].id));
    assert_text(incidents(f, ""), "");
    assert_int_equal(commit(f, &batch), QUELL_OK);
    assert_text(incidents(f, "b"), "b:<b> c:<c> ");
    assert_text(incidents(f, "bb"), "c:<c> ");
    assert_text(incidents(f, ""), "a:<a> b:<b> "); /* until it has enough */
    assert_text(incidents(f, "d"), "");
}

static enum quell_code last(struct fixture *f, const char *source_id, struct store_incident *found)
{
    return f->kind->incident_last(f->reader, f->arena, QUELL_STR("sentinel"),
                                  quell_str_of(source_id), found, NULL);
}

static void the_last_incident_of_a_sender(struct fixture *f)
{
    struct store_incident rows[] = {an_incident(f, "3"), an_incident(f, "1"), an_incident(f, "2"),
                                    an_incident(f, "9"), an_incident(f, "8")};
    struct store_batch batch = {.incidents = rows, .incident_count = 5};
    struct store_incident found;
    size_t i;

    for (i = 0; i < 3; i++)
        rows[i].source_id = QUELL_STR("x");
    rows[3].source = QUELL_STR("graph");
    rows[3].source_id = QUELL_STR("x");
    rows[4].source_id = QUELL_STR("");
    assert_int_equal(commit(f, &batch), QUELL_OK);
    assert_int_equal(last(f, "x", &found), QUELL_OK);
    assert_text(found.id, "2"); /* whatever its id is */
    assert_text(found.source_id, "x");
    assert_str(found.body, rows[2].body);
    assert_int_equal(last(f, "y", &found), QUELL_NOT_FOUND);
    assert_int_equal(last(f, "", &found), QUELL_NOT_FOUND);
    rows[0] = an_incident(f, "4");
    rows[0].source_id = QUELL_STR("x");
    batch.incident_count = 1;
    assert_int_equal(commit(f, &batch), QUELL_OK);
    assert_int_equal(last(f, "x", &found), QUELL_OK);
    assert_text(found.id, "4");
}

static void marks_and_refusals_are_pruned(struct fixture *f)
{
    struct store_mark all[] = {a_mark("s", "ever", 0, "E"), a_mark("s", "new", 101, "N"),
                               a_mark("s", "old", 99, "O"), a_mark("s", "edge", 100, "X")};
    struct store_refusal rows[] = {a_refusal("a", "p", "", "off"), a_refusal("b", "p", "", "off")};
    struct store_batch batch = {
        .marks = all, .mark_count = 4, .refusals = rows, .refusal_count = 2};

    rows[0].at_us = 99;
    assert_int_equal(commit(f, &batch), QUELL_OK);
    assert_int_equal(f->kind->prune(f->store, 100, NULL), QUELL_OK);
    assert_text(marks(f, "s"), "s/edge@100=X s/ever@0=E s/new@101=N ");
    assert_text(refusals(f, (struct store_refusal_query){.limit = 0}), "b ");
}

static void reopening_keeps_marks(struct fixture *f)
{
    struct store_mark mark = a_mark("s", "a", 1, "A");
    struct store_refusal refusal = a_refusal("a", "p", "", "off");
    struct store_batch batch = {
        .marks = &mark, .mark_count = 1, .refusals = &refusal, .refusal_count = 1};

    assert_int_equal(commit(f, &batch), QUELL_OK);
    if (!f->kind->persists)
        return;
    fixture_close(f);
    fixture_open(f);
    assert_text(marks(f, "s"), "s/a@1=A ");
    assert_text(refusals(f, (struct store_refusal_query){.limit = 0}), "a ");
}

const struct suite_test suite_marks[] = {
    SUITE_TEST(marks_are_replaced_and_removed),
    SUITE_TEST(a_refused_commit_changes_no_mark),
    SUITE_TEST(incidents_in_the_order_of_their_ids),
    SUITE_TEST(refusals_are_found_by_query),
    SUITE_TEST(the_last_incident_of_a_sender),
    SUITE_TEST(marks_and_refusals_are_pruned),
    SUITE_TEST(reopening_keeps_marks),
    {NULL, NULL},
};
