/*
 * writer.h - the thread that owns the store's write handle: group commit.
 *
 * The engine thread hands over batches; the writer commits up to LIMIT_WRITER_GROUP of them in one
 * transaction and reports each on the loop's thread, in order. After an I/O error nothing more is
 * acknowledged: every later batch fails with QUELL_IO. A disk without room is no such error:
 * batches wait, in their order, until there is some. On a virtual loop there is no thread: what is
 * handed over is committed at once and reported when the loop goes on, always in the same order.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/store.h"

struct loop;
struct writer;

/* Takes the store (closed by writer_stop). Below, all functions are for the loop's thread. */
struct writer *writer_start(struct loop *loop, struct store *store);

typedef void writer_done_fn(enum quell_code code, const struct quell_error *err, void *user);

/* Hands a batch over: everything in it must stay valid and unchanged until `done` was called on the
 * loop's thread. A batch that is not reported yet keeps loop_run going. `done` gets what the
 * store's commit says of this batch alone: a batch that conflicts does not harm those beside it.
 * Not called for QUELL_LIMIT, when LIMIT_WRITER_QUEUE batches wait already, and for
 * QUELL_UNAVAILABLE, while writer_stop is under way. */
enum quell_code writer_commit(struct writer *writer, const struct store_batch *batch,
                              writer_done_fn *done, void *user,
                              struct quell_error *err) QUELL_MUST_CHECK;
/* Forgets deliveries answered before `before_us`, in its turn among the batches; else as above.
 * `done` may be NULL. */
enum quell_code writer_prune(struct writer *writer, int64_t before_us, writer_done_fn *done,
                             void *user, struct quell_error *err) QUELL_MUST_CHECK;
/* Calls `run` with the write handle on the writer's thread, in its turn among the batches; a
 * QUELL_IO of it ends all writing. What `with` points to must stay until `done` was called. */
typedef enum quell_code writer_call_fn(struct store *store, void *with, struct quell_error *err);
enum quell_code writer_call(struct writer *writer, writer_call_fn *run, void *with,
                            writer_done_fn *done, void *user,
                            struct quell_error *err) QUELL_MUST_CHECK;
/* Batches handed over and not reported yet. */
size_t writer_waiting(const struct writer *writer);
/* Whether batches wait because the disk has no room. */
bool writer_full(struct writer *writer);
/* Told when that begins and when it has ended. */
typedef void writer_full_fn(bool full, void *user);
void writer_watch_full(struct writer *writer, writer_full_fn *on_full, void *user);
/* Commits what waits, reports it, ends the thread and closes the store; not from inside `done`.
 * NULL is allowed. What waits for room is tried once more, and fails then with QUELL_UNAVAILABLE,
 * as does all that is behind it. */
void writer_stop(struct writer *writer);

#endif
