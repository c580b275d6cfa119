/*
 * gate.c - see gate.h.
 */
#include "gate.h"

#include "base/error.h"

/* ---- the store -------------------------------------------------------------------------------*/

static struct gate *gate_of(struct store *store)
{
    return (struct gate *)store;
}

static enum quell_code outcome(struct gate *gate, const struct store_batch *const *batches,
                               size_t count, struct quell_error *err)
{
    size_t i;

    gate->store.full = false;
    for (i = 0; i < count; i++) {
        if (batches[i]->revision_count == CONFLICTING)
            return error_set(err, QUELL_CONFLICT, "conflict in %zu", batches[i]->event_count);
        if (batches[i]->revision_count == FAILING)
            return error_set(err, QUELL_IO, "the disk is on fire");
        if (batches[i]->revision_count == BUSY)
            return error_set(err, QUELL_UNAVAILABLE, "busy");
        if (batches[i]->revision_count == LARGE && gate->crammed) {
            gate->store.full = true;
            return error_set(err, QUELL_UNAVAILABLE, "no room for %zu", batches[i]->event_count);
        }
    }
    return QUELL_OK;
}

static void pass(struct gate *gate, size_t size)
{
    gate->entered++;
    (void)pthread_cond_broadcast(&gate->moved);
    while (!gate->open)
        (void)pthread_cond_wait(&gate->moved, &gate->mutex);
    gate->sizes[gate->calls++] = size;
}

static enum quell_code gate_commit(struct store *store, const struct store_batch *const *batches,
                                   size_t count, struct quell_error *err)
{
    struct gate *gate = gate_of(store);
    enum quell_code code;
    size_t i;

    (void)pthread_mutex_lock(&gate->mutex);
    pass(gate, count);
    code = outcome(gate, batches, count, err);
    for (i = 0; !code && i < count; i++)
        gate->order[gate->committed++] = batches[i]->event_count;
    (void)pthread_mutex_unlock(&gate->mutex);
    return code;
}

static enum quell_code gate_prune(struct store *store, int64_t before_us, struct quell_error *err)
{
    struct gate *gate = gate_of(store);

    (void)pthread_mutex_lock(&gate->mutex);
    pass(gate, 0);
    gate->store.full = gate->crammed;
    (void)pthread_mutex_unlock(&gate->mutex);
    if (gate->store.full)
        return error_set(err, QUELL_UNAVAILABLE, "no room to prune");
    return before_us < 0 ? error_set(err, QUELL_IO, "prune failed") : QUELL_OK;
}

static void gate_close(struct store *store)
{
    gate_of(store)->closed = true;
}

static const struct store_kind gate_kind = {
    .scheme = "gate",
    .close = gate_close,
    .commit = gate_commit,
    .prune = gate_prune,
};

/* ---- a writer on it --------------------------------------------------------------------------*/

static void reported(enum quell_code code, const struct quell_error *err, void *user)
{
    struct item *item = user;
    struct play *play = item->play;

    assert_int_equal(code, err ? err->code : QUELL_OK);
    assert_int_equal(item->batch.event_count, play->reported); /* in the order of handing over */
    item->code = code;
    item->reports++;
    if (err)
        (void)snprintf(item->message, sizeof item->message, "%s", err->message);
    play->reported++;
    if (play->again) {
        struct item *next = &play->items[play->handed];

        *next = (struct item){.play = play, .batch = {.event_count = play->handed}};
        next->code = writer_commit(play->writer, &next->batch, reported, next, NULL);
        if (!next->code)
            play->handed++;
        play->again = !next->code && play->handed < 10;
    }
}

struct play *play_on(struct loop *loop, bool open)
{
    struct play *play = test_calloc(1, sizeof *play);

    play->gate.store.kind = &gate_kind;
    play->gate.open = open;
    assert_int_equal(pthread_mutex_init(&play->gate.mutex, NULL), 0);
    assert_int_equal(pthread_cond_init(&play->gate.moved, NULL), 0);
    play->loop = loop;
    play->writer = writer_start(play->loop, &play->gate.store);
    return play;
}

struct play *play_new(bool open)
{
    return play_on(loop_new(), open);
}

void play_free(struct play *play)
{
    writer_stop(play->writer);
    assert_true(play->gate.closed);
    loop_run(play->loop); /* nothing is left in the loop that could report again */
    loop_free(play->loop);
    test_free(play);
}

enum quell_code hand_over(struct play *play, size_t does)
{
    struct item *item = &play->items[play->handed];
    enum quell_code code;

    *item = (struct item){.play = play};
    item->batch.event_count = play->handed;
    item->batch.revision_count = does;
    code = writer_commit(play->writer, &item->batch, reported, item, NULL);
    if (!code)
        play->handed++;
    return code;
}

void block(struct play *play)
{
    assert_int_equal(hand_over(play, GOOD), QUELL_OK);
    (void)pthread_mutex_lock(&play->gate.mutex);
    while (play->gate.entered == 0)
        (void)pthread_cond_wait(&play->gate.moved, &play->gate.mutex);
    (void)pthread_mutex_unlock(&play->gate.mutex);
}

void open_gate(struct play *play)
{
    (void)pthread_mutex_lock(&play->gate.mutex);
    play->gate.open = true;
    (void)pthread_cond_broadcast(&play->gate.moved);
    (void)pthread_mutex_unlock(&play->gate.mutex);
}

void check_sizes(const struct play *play, const size_t *sizes, size_t count)
{
    size_t i;

    assert_int_equal(play->gate.calls, count);
    for (i = 0; i < count; i++)
        assert_int_equal(play->gate.sizes[i], sizes[i]);
}

void pruned(enum quell_code code, const struct quell_error *err, void *user)
{
    assert_int_equal(code, err ? err->code : QUELL_OK);
    *(enum quell_code *)user = code;
}
