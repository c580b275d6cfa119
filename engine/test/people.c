/*
 * people.c - the people of a test: approvals, forms, and what became of a call nobody knows about.
 */
#include "base/limits.h"
#include "base/str.h"
#include "test/test.h"
#include "value/json.h"
#include "value/value.h"

struct look {
    struct story *story;
    struct quell_str run;
    const struct test_reply *reply; /* to give now */
    struct quell_str path, waits;
    struct quell_value of, given; /* who is asked, who agreed before */
    struct quell_str asks;        /* a step that nobody answers */
};

static const struct test_reply *reply_for(const struct story *story, const struct run_step *step)
{
    size_t i;

    for (i = 0; i < story->test->reply_count; i++) {
        const struct test_reply *reply = &story->test->replies[i];
        if (quell_str_equal(reply->step, step->step->id) || story_path_is(reply->step, step->path))
            return reply;
    }
    return NULL;
}

/* Whether it is an answer to what is asked. One step may ask twice: whether it may, and for a form;
 * or whether it may, and what became of its call. */
static bool fits(enum test_answer answer, struct quell_str waits)
{
    switch (answer) {
    case TEST_APPROVE:
    case TEST_DENY:
        return str_is(waits, "approval");
    case TEST_HAPPENED:
    case TEST_NOT_HAPPENED:
        return str_is(waits, "person");
    case TEST_FORM:
        return str_is(waits, "form");
    case TEST_TIMEOUT:
        break;
    }
    return false;
}

static void look_at(const struct run_step *step, void *user)
{
    struct look *look = user;
    struct arena *arena = look->story->arena;
    const struct test_reply *reply;
    bool in_time = str_is(step->waits, "approval") || str_is(step->waits, "form");

    if ((!in_time && !str_is(step->waits, "person")) || look->reply)
        return;
    reply = reply_for(look->story, step);
    if (reply && reply->answer == TEST_TIMEOUT && in_time)
        return; /* nobody says anything, and the clock goes on */
    if (!reply || !fits(reply->answer, step->waits)) {
        look->asks = arena_str(arena, step->path);
        return;
    }
    look->reply = reply;
    look->path = arena_str(arena, step->path);
    look->waits = step->waits;
    look->of = value_copy(arena, quell_get(step->asked, "of"));
    look->given = value_copy(arena, step->given);
}

/* The run's steps, wherever it is: one that only waits is folded out of memory. */
static void look_into(struct look *look)
{
    struct story *story = look->story;
    struct active *active = active_find(story->engine, look->run);
    const struct store_kind *kind = story->engine->reader->kind;
    struct quell_error ignored; /* read_back says what cannot be read */
    struct store_run row;
    struct loaded *loaded;
    struct run *run;

    if (active) {
        run_each_step(active->run, look_at, look);
        return;
    }
    if (kind->run(story->engine->reader, story->arena, look->run, &row, &ignored) ||
        journal_read_run(story->engine, &row, &run, &loaded, &ignored))
        return;
    run_each_step(run, look_at, look);
    run_free(run);
    loaded_release(loaded);
}

static void on_done(enum quell_code code, const struct quell_error *err, void *user)
{
    struct story *story = user;

    if (code == QUELL_OK || story->code)
        return;
    story->code = code;
    story->fault = *err;
}

/* Somebody who may: one of those who are named, else one of the group; never the same twice. */
static struct quell_str somebody(const struct look *look)
{
    size_t i, j;

    for (i = 0; i < quell_count(look->of); i++) {
        struct quell_str name = quell_str(quell_at(look->of, i));
        bool used = str_starts(name, QUELL_STR("group:"));
        for (j = 0; j < quell_count(look->given) && !used; j++)
            used = quell_str_equal(quell_get_str(quell_at(look->given, j), "by"), name);
        if (!used)
            return name;
    }
    return arena_format(look->story->arena, "person-%zu", quell_count(look->given) + 1);
}

static enum quell_code give(struct story *story, const struct look *look)
{
    const struct test_reply *reply = look->reply;
    struct quell_decision decision = {.run = look->run,
                                      .step = look->path,
                                      .by = somebody(look),
                                      .agrees = reply->answer == TEST_APPROVE,
                                      .reason = QUELL_STR("the test says so")};

    if (str_is(look->waits, "person"))
        return quell_resolve(story->engine, look->run, look->path, reply->answer == TEST_HAPPENED,
                             decision.by, on_done, story, &story->fault);
    if (reply->answer == TEST_FORM)
        decision.answers = json_text(story->arena, reply->form, JSON_COMPACT);
    return quell_decide(story->engine, &decision, on_done, story, &story->fault);
}

bool story_reply(struct story *story, struct story_run *mine)
{
    struct look look = {.story = story, .run = mine->id, .of = quell_null(), .given = quell_null()};

    if (mine->changed) {
        mine->changed = false;
        look_into(&look);
        mine->asks = look.asks;
    }
    if (mine->asks.len)
        story->unanswered = mine->asks;
    if (!look.reply)
        return false;
    if (++story->replies > LIMIT_TEST_REPLIES) {
        mine->asks = look.path;
        return false;
    }
    story->fault_place = look.reply->place;
    story->code = give(story, &look);
    return story->code == QUELL_OK;
}
