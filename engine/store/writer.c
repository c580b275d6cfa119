/*
 * writer.c - the thread that owns the write handle. It takes what waits, commits it as one
 * transaction and hands the results back through the loop; while it waits for the disk, the next
 * group gathers by itself.
 *
 * Jobs go through two lists under one mutex: `waiting` to the thread, `finished` back. Beside them
 * only what is known of a full disk is shared: a group that finds no room is kept and tried again
 * until there is some, and nothing behind it is tried before. Housekeeping is not kept: it is told,
 * and comes again by itself.
 *
 * On a virtual loop there is no thread: a job is done when it is handed over, and reported by the
 * loop as ever. How long a disk takes must not decide what comes first there, a commit's end or a
 * timer. Nor is a full disk waited for there.
 */
#include "store/writer.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "loop/loop.h"

struct job {
    const struct store_batch *batch; /* NULL: call, or prune */
    writer_call_fn *call;            /* NULL: prune */
    void *with;
    int64_t prune_before_us;
    writer_done_fn *done;
    void *user;
    enum quell_code code; /* the result */
    struct quell_error err;
    struct job *next;
};

struct job_list {
    struct job *first;
    struct job **end;
};

struct writer {
    struct loop *loop;
    struct store *store; /* the thread's, until it has ended */
    bool threaded;
    pthread_t thread;      /* if it is */
    pthread_mutex_t mutex; /* guards the five below */
    pthread_cond_t more;
    struct job_list waiting, finished;
    bool stopping, full;
    size_t unreported; /* the loop's thread only, as is `reporting` */
    bool reporting;
    struct quell_error failure; /* the thread only: once nothing is tried any more */
    writer_full_fn *on_full;    /* the loop's thread only, as is what belongs to it; or NULL */
    void *on_full_user;
    bool told_full;
};

/* ---- lists -----------------------------------------------------------------------------------*/

static void list_clear(struct job_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

static void list_append(struct job_list *list, struct job *job)
{
    *list->end = job;
    list->end = &job->next;
}

static void list_move(struct job_list *to, struct job_list *from)
{
    if (!from->first)
        return;
    *to->end = from->first;
    to->end = from->end;
    list_clear(from);
}

static void take(pthread_mutex_t *mutex)
{
    int failed = pthread_mutex_lock(mutex);

    assert(!failed);
    (void)failed;
}

static void give(pthread_mutex_t *mutex)
{
    int failed = pthread_mutex_unlock(mutex);

    assert(!failed);
    (void)failed;
}

/* ---- the thread ------------------------------------------------------------------------------*/

static void set_result(struct job *job, enum quell_code code, const struct quell_error *err)
{
    job->code = code;
    if (code)
        job->err = *err;
}

/* After this nothing is tried any more. */
static void note_failure(struct writer *writer, enum quell_code code, const struct quell_error *err)
{
    if (code != QUELL_IO)
        return;
    writer->failure = *err;
    writer->failure.code = QUELL_IO;
}

/* ---- no room -----------------------------------------------------------------------------------
 */

static void tell_full(void *user)
{
    struct writer *writer = user;
    bool full = writer_full(writer);

    if (full == writer->told_full)
        return;
    writer->told_full = full;
    if (writer->on_full)
        writer->on_full(full, writer->on_full_user);
}

static void set_full(struct writer *writer, bool full)
{
    bool before;

    take(&writer->mutex);
    before = writer->full;
    writer->full = full;
    give(&writer->mutex);
    if (before != full)
        loop_post(writer->loop, tell_full, writer);
}

static bool waits_for_room(struct writer *writer)
{
    bool waits;

    take(&writer->mutex);
    waits = writer->threaded && !writer->stopping;
    give(&writer->mutex);
    return waits;
}

/* Waits so long, or until the writer is stopped. */
static void wait_for_room(struct writer *writer, int64_t wait_ms)
{
    int64_t until_us = clock_monotonic_us() + wait_ms * 1000;
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    int ended = 0;

    take(&writer->mutex);
    while (!writer->stopping && !ended) /* jobs that come in wake it, too */
        ended = pthread_cond_clockwait(&writer->more, &writer->mutex, CLOCK_MONOTONIC, &until);
    give(&writer->mutex);
}

/* Commits, and while there is no room tries again. The last try of a writer that is being stopped
 * begins after it was told so; what is behind a group that was given up must not be written without
 * it. */
static enum quell_code commit_with_room(struct writer *writer,
                                        const struct store_batch *const *batches, size_t count,
                                        struct quell_error *err)
{
    int64_t wait_ms = LIMIT_FULL_RETRY_MS;
    bool waits = waits_for_room(writer);
    enum quell_code code = writer->store->kind->commit(writer->store, batches, count, err);

    while (code == QUELL_UNAVAILABLE && writer->store->full) {
        set_full(writer, true);
        if (!waits) {
            writer->failure = *err;
            return code;
        }
        wait_for_room(writer, wait_ms);
        wait_ms = wait_ms * 2 < LIMIT_FULL_RETRY_MOST_MS ? wait_ms * 2 : LIMIT_FULL_RETRY_MOST_MS;
        waits = waits_for_room(writer);
        code = writer->store->kind->commit(writer->store, batches, count, err);
    }
    set_full(writer, false);
    return code;
}

/* Errors that one batch of a group can cause for all: each is then tried alone. The others are the
 * store's, and trying again would at best wait again. */
static bool is_of_one_batch(enum quell_code code)
{
    return code == QUELL_CONFLICT || code == QUELL_INVALID || code == QUELL_LIMIT;
}

/* Commits `count` batches as one transaction and gives each job the result. */
static enum quell_code commit_together(struct writer *writer, struct job *first,
                                       const struct store_batch *const *batches, size_t count)
{
    struct quell_error err = {0};
    enum quell_code code = writer->failure.code;
    struct job *job = first;
    size_t i;

    if (code)
        err = writer->failure;
    else
        code = commit_with_room(writer, batches, count, &err);
    note_failure(writer, code, &err);
    for (i = 0; i < count; i++, job = job->next)
        set_result(job, code, &err);
    return code;
}

static void commit_group(struct writer *writer, struct job *first,
                         const struct store_batch *const *batches, size_t count)
{
    enum quell_code code = commit_together(writer, first, batches, count);
    size_t i;

    if (count == 1 || !is_of_one_batch(code))
        return;
    for (i = 0; i < count; i++, first = first->next)
        (void)commit_together(writer, first, &batches[i], 1); /* the jobs have the results */
}

static void handle_other(struct writer *writer, struct job *job)
{
    struct quell_error err = writer->failure;
    enum quell_code code = err.code;

    if (!code && job->call)
        code = job->call(writer->store, job->with, &err);
    else if (!code)
        code = writer->store->kind->prune(writer->store, job->prune_before_us, &err);
    note_failure(writer, code, &err);
    set_result(job, code, &err);
}

/* Handles the first job of the list and, when it is a batch, all batches right behind it up to
 * LIMIT_WRITER_GROUP; returns the last one handled. */
static struct job *handle_some(struct writer *writer, struct job *first)
{
    const struct store_batch *batches[LIMIT_WRITER_GROUP];
    struct job *job = first, *last = first;
    size_t count = 0;

    if (!first->batch) {
        handle_other(writer, first);
        return first;
    }
    for (; job && job->batch && count < LIMIT_WRITER_GROUP; job = job->next) {
        batches[count++] = job->batch;
        last = job;
    }
    commit_group(writer, first, batches, count);
    return last;
}

static void report(void *user);

/* Hands `list` up to and with `last` to the loop. */
static void hand_back(struct writer *writer, struct job_list *list, struct job *last)
{
    struct job_list done = {list->first, &last->next};
    bool first;

    list->first = last->next;
    if (!list->first)
        list->end = &list->first;
    last->next = NULL;
    take(&writer->mutex);
    first = !writer->finished.first;
    list_move(&writer->finished, &done);
    give(&writer->mutex);
    if (first)
        loop_post(writer->loop, report, writer);
}

/* Waits for jobs; false when there are none and none will come. */
static bool take_waiting(struct writer *writer, struct job_list *list)
{
    bool any;

    take(&writer->mutex);
    while (!writer->waiting.first && !writer->stopping)
        (void)pthread_cond_wait(&writer->more, &writer->mutex); /* cannot fail with this mutex */
    list_move(list, &writer->waiting);
    any = list->first != NULL;
    give(&writer->mutex);
    return any;
}

static void work_off(struct writer *writer, struct job_list *list)
{
    while (list->first)
        hand_back(writer, list, handle_some(writer, list->first));
}

static void *work(void *user)
{
    struct writer *writer = user;
    struct job_list list;

    list_clear(&list);
    while (take_waiting(writer, &list))
        work_off(writer, &list);
    return NULL;
}

/* ---- the loop's thread -----------------------------------------------------------------------*/

static void report(void *user)
{
    struct writer *writer = user;
    struct job_list list;

    list_clear(&list);
    take(&writer->mutex);
    list_move(&list, &writer->finished);
    give(&writer->mutex);
    writer->reporting = true;
    while (list.first) {
        struct job *job = list.first;

        list.first = job->next;
        writer->unreported--;
        loop_unhold(writer->loop);
        if (job->done)
            job->done(job->code, job->code ? &job->err : NULL, job->user);
        memory_free(job);
    }
    writer->reporting = false;
}

static void give_to_thread(struct writer *writer, struct job *job)
{
    take(&writer->mutex);
    list_append(&writer->waiting, job);
    (void)pthread_cond_signal(&writer->more); /* cannot fail */
    give(&writer->mutex);
}

static void do_here(struct writer *writer, struct job *job)
{
    struct job_list list;

    list_clear(&list);
    list_append(&list, job);
    work_off(writer, &list);
}

static enum quell_code hand_over(struct writer *writer, struct job job, struct quell_error *err)
{
    struct job *kept;

    if (writer->stopping) /* only this thread sets it */
        return error_set(err, QUELL_UNAVAILABLE, "the store is being closed");
    if (writer->unreported >= LIMIT_WRITER_QUEUE)
        return error_set(err, QUELL_LIMIT, "%d batches wait for the store already",
                         LIMIT_WRITER_QUEUE);
    kept = memory_new(sizeof *kept);
    *kept = job;
    writer->unreported++;
    loop_hold(writer->loop);
    if (writer->threaded)
        give_to_thread(writer, kept);
    else
        do_here(writer, kept);
    return QUELL_OK;
}

enum quell_code writer_commit(struct writer *writer, const struct store_batch *batch,
                              writer_done_fn *done, void *user, struct quell_error *err)
{
    struct job job = {.batch = batch, .done = done, .user = user};

    assert(batch);
    return hand_over(writer, job, err);
}

enum quell_code writer_prune(struct writer *writer, int64_t before_us, writer_done_fn *done,
                             void *user, struct quell_error *err)
{
    struct job job = {.prune_before_us = before_us, .done = done, .user = user};

    return hand_over(writer, job, err);
}

enum quell_code writer_call(struct writer *writer, writer_call_fn *run, void *with,
                            writer_done_fn *done, void *user, struct quell_error *err)
{
    struct job job = {.call = run, .with = with, .done = done, .user = user};

    assert(run);
    return hand_over(writer, job, err);
}

size_t writer_waiting(const struct writer *writer)
{
    return writer->unreported;
}

bool writer_full(struct writer *writer)
{
    bool full;

    take(&writer->mutex);
    full = writer->full;
    give(&writer->mutex);
    return full;
}

void writer_watch_full(struct writer *writer, writer_full_fn *on_full, void *user)
{
    writer->on_full = on_full;
    writer->on_full_user = user;
}

/* The thread takes no signals: they belong to the loop. */
static void start_thread(struct writer *writer)
{
    sigset_t all, before;
    int failed;

    (void)sigfillset(&all); /* cannot fail */
    failed = pthread_sigmask(SIG_SETMASK, &all, &before);
    assert(!failed);
    failed = pthread_create(&writer->thread, NULL, work, writer);
    assert(!failed); /* without threads there is no writing at all: end loudly */
    (void)pthread_setname_np(writer->thread, "quell-writer"); /* for people and the crash test */
    failed = pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert(!failed);
    (void)failed;
}

struct writer *writer_start(struct loop *loop, struct store *store)
{
    struct writer *writer = memory_new(sizeof *writer);
    int failed;

    writer->loop = loop;
    writer->store = store;
    list_clear(&writer->waiting);
    list_clear(&writer->finished);
    failed = pthread_mutex_init(&writer->mutex, NULL) | pthread_cond_init(&writer->more, NULL);
    assert(!failed); /* only for lack of memory */
    (void)failed;
    writer->threaded = !loop_is_virtual(loop);
    if (writer->threaded)
        start_thread(writer);
    return writer;
}

static void end_thread(struct writer *writer)
{
    int failed;

    take(&writer->mutex);
    writer->stopping = true;
    (void)pthread_cond_signal(&writer->more); /* cannot fail */
    give(&writer->mutex);
    failed = pthread_join(writer->thread, NULL);
    assert(!failed);
    (void)failed;
}

void writer_stop(struct writer *writer)
{
    if (!writer)
        return;
    assert(!writer->reporting);
    if (writer->threaded)
        end_thread(writer);
    writer->stopping = true; /* for what a report hands over */
    report(writer);
    loop_unpost(writer->loop, report, writer);
    loop_unpost(writer->loop, tell_full, writer);
    assert(writer->unreported == 0);
    store_close(writer->store);
    (void)pthread_cond_destroy(&writer->more); /* nobody waits any more */
    (void)pthread_mutex_destroy(&writer->mutex);
    memory_free(writer);
}
