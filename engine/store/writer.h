/*
 * writer.h - the thread that owns the store's write handle: group commit.
 *
 * The engine thread hands over batches; the writer commits up to LIMIT_WRITER_GROUP of them in one
 * transaction and reports each on the loop's thread, in order. After an I/O error nothing more is
 * acknowledged: every later batch fails with QUELL_IO.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/store.h"

struct loop;
struct writer;

/* Takes the store (closed by writer_stop). */
struct writer *writer_start(struct loop *loop, struct store *store);

typedef void writer_done_fn(enum quell_code code, const struct quell_error *err, void *user);

/* Hands a batch over: everything in it must stay valid and unchanged until `done` was called on the
 * loop's thread. QUELL_LIMIT when LIMIT_WRITER_QUEUE batches wait already (then `done` is not
 * called). */
enum quell_code writer_commit(struct writer *writer, const struct store_batch *batch,
                              writer_done_fn *done, void *user,
                              struct quell_error *err) QUELL_MUST_CHECK;
size_t writer_waiting(const struct writer *writer);
/* Commits what waits, reports it, ends the thread and closes the store. */
void writer_stop(struct writer *writer);

#endif
