/*
 * by_hand.h - events by hand: read as a journal's, and refused where they do not fit.
 */
#ifndef TEST_RUN_BY_HAND_H
#define TEST_RUN_BY_HAND_H

#include "teller.h"

/* What is seen of a run. */
static inline void add_step(const struct run_step *step, void *user)
{
    buf_add_format(user, "%.*s %s %.*s %u\n", QUELL_ARG(step->path), step_status_name(step->status),
                   QUELL_ARG(step->waits), step->attempt);
}

static inline struct quell_str sight(const struct run *run, struct buf *out)
{
    out->len = 0;
    buf_add_format(out, "%s %llu %lld\n", run_state(run), (unsigned long long)run_seq(run),
                   (long long)run_due(run));
    run_each_step(run, add_step, out);
    return buf_str(out);
}

/* One line, `kind path data`, in the form in which it is stored. */
static inline struct event event_of(struct teller *teller, struct quell_str line)
{
    struct quell_str kind, path = {0}, data = {0}, rest;
    struct quell_error err = {0};
    struct event event;

    if (!str_cut(line, ' ', &kind, &rest))
        fail_msg("no event: `%.*s`", QUELL_ARG(line));
    if (!str_cut(rest, ' ', &path, &data))
        path = rest;
    if (event_read(teller->arena,
                   arena_format(teller->arena,
                                "{\"seq\":%llu,\"at\":\"2026-01-02T03:04:05Z\",\"kind\":\"%.*s\","
                                "\"path\":\"%.*s\",\"data\":%.*s}",
                                (unsigned long long)run_seq(teller->run) + 1, QUELL_ARG(kind),
                                QUELL_ARG(str_is(path, "-") ? QUELL_STR("") : path),
                                QUELL_ARG(data.len ? data : QUELL_STR("{}"))),
                   &event, &err))
        fail_msg("%.*s: %s", QUELL_ARG(line), err.message);
    return event;
}

/* The same, taken now. */
static inline void happens(struct teller *teller, const char *line)
{
    struct event event = event_of(teller, quell_str_of(line));
    struct quell_error err = {0};

    event.at_us = teller->now_us;
    if (run_apply(teller->run, &event, &err))
        fail_msg("%s: %s", line, err.message);
    record(teller, &event);
}

static inline void refused(struct teller *teller, const struct event *event, const char *why)
{
    struct quell_str expected = arena_format(
        teller->arena, "event %llu (%s `%.*s`) does not fit: %s", (unsigned long long)event->seq,
        event_name(event->kind), QUELL_ARG(event->path), why);
    struct buf before = {0}, after = {0};
    struct quell_error err = {0};

    (void)sight(teller->run, &before);
    if (run_apply(teller->run, event, &err) != QUELL_INVALID)
        fail_msg("taken: %.*s", QUELL_ARG(expected));
    if (!str_is(expected, err.message))
        fail_msg("said: %s\nexpected: %.*s", err.message, QUELL_ARG(expected));
    if (!quell_str_equal(buf_str(&before), sight(teller->run, &after)))
        fail_msg("%.*s, and the run is changed", QUELL_ARG(expected));
    buf_free(&before);
    buf_free(&after);
}

#endif
