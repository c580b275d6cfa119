/*
 * curl.c - drives libcurl's multi interface from the loop: sockets and timers in, finished
 * transfers out. Easy handles are kept and used again.
 *
 * It knows nothing of what a job means: curl_job.c and curl_mail.c set a handle up, curl_answer.c
 * reads what came of it. Who calls it: connector/ and nobody else.
 */
#include "loop/curl.h"

#include <assert.h>
#include <curl/curl.h>
#include <event2/event.h>
#include <signal.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "loop/transfer.h"

enum { SPARE_HANDLES = 16 }; /* kept easy handles; one is 5 KB */

struct curl_pool {
    struct loop *loop;
    struct curl_lane lane; /* of all HTTP transfers */
    struct curl_transfer *transfers;
    size_t active;
    CURL *spare[SPARE_HANDLES];
    size_t spare_count;
};

/* ---- lanes -----------------------------------------------------------------------------------*/

static int set_timer(CURLM *multi, long timeout_ms, void *user);
static int set_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user);
static void timer_due(evutil_socket_t fd, short what, void *user);

static void lane_open(struct curl_lane *lane, struct curl_pool *pool)
{
    lane->pool = pool;
    lane->multi = curl_multi_init();
    lane->timer = evtimer_new(loop_base(pool->loop), timer_due, lane);
    assert(lane->multi && lane->timer);
    (void)curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    (void)curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
    (void)curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    (void)curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
    (void)curl_multi_setopt(lane->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                            (long)LIMIT_HOST_CONNECTIONS);
}

static void lane_close(struct curl_lane *lane)
{
    (void)curl_multi_cleanup(lane->multi); /* no handle is left in it */
    event_free(lane->timer);
}

/* ---- finished transfers ----------------------------------------------------------------------*/

static void unlink_transfer(struct curl_transfer *transfer)
{
    struct curl_pool *pool = transfer->pool;

    if (transfer->previous)
        transfer->previous->next = transfer->next;
    else
        pool->transfers = transfer->next;
    if (transfer->next)
        transfer->next->previous = transfer->previous;
    pool->active--;
    loop_unhold(pool->loop);
}

static void wipe_headers(struct curl_slist *list)
{
    for (; list; list = list->next)
        memory_wipe(list->data, strlen(list->data));
}

static void leave_lane(struct curl_transfer *transfer)
{
    struct curl_lane *lane = transfer->lane;

    if (!lane)
        return;
    (void)curl_multi_remove_handle(lane->multi, transfer->easy); /* it is in there */
    if (lane == &transfer->pool->lane)
        return;
    lane_close(lane);
    memory_free(lane);
}

static void free_transfer(struct curl_transfer *transfer)
{
    struct curl_pool *pool = transfer->pool;

    unlink_transfer(transfer);
    loop_cancel(transfer->refusal);
    dialogue_free(transfer->dialogue);
    leave_lane(transfer);
    curl_easy_reset(transfer->easy);
    if (pool->spare_count < SPARE_HANDLES)
        pool->spare[pool->spare_count++] = transfer->easy;
    else
        curl_easy_cleanup(transfer->easy);
    wipe_headers(transfer->headers);
    curl_slist_free_all(transfer->headers);
    memory_wipe((void *)(uintptr_t)transfer->body.data, transfer->body.len);
    memory_wipe(transfer->content.data, transfer->content.len); /* may be a token */
    buf_free(&transfer->head);
    buf_free(&transfer->content);
    arena_free(transfer->arena);
    memory_free(transfer);
}

void transfer_end(struct curl_transfer *transfer, const struct curl_answer *answer)
{
    transfer->done(answer, transfer->user);
    free_transfer(transfer);
}

struct loop *transfer_loop(const struct curl_transfer *transfer)
{
    return transfer->pool->loop;
}

static void finish(struct curl_transfer *transfer, CURLcode result)
{
    struct curl_answer answer;

    if (transfer->mail && result == CURLE_OK) {
        dialogue_start(transfer); /* libcurl's part is done: connected and signed in */
        return;
    }
    answer = transfer_answer(transfer, result);
    transfer_end(transfer, &answer);
}

/* The callback may start and cancel transfers, so the queue is asked anew each time. A mail's own
 * lane holds one transfer, and is gone with it. */
static void collect(struct curl_lane *lane)
{
    bool shared = lane == &lane->pool->lane;
    CURLMsg *message;
    int left;

    do {
        struct curl_transfer *transfer = NULL;
        message = curl_multi_info_read(lane->multi, &left);
        if (!message || message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        assert(transfer);
        finish(transfer, message->data.result);
    } while (message && shared);
}

/* ---- libcurl's wishes, libevent's news -------------------------------------------------------*/

static void socket_ready(evutil_socket_t fd, short what, void *user)
{
    struct curl_lane *lane = user;
    int mask =
        ((what & EV_READ) ? CURL_CSELECT_IN : 0) | ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0);
    int running;

    (void)curl_multi_socket_action(lane->multi, fd, mask, &running); /* faults end transfers */
    collect(lane);
}

static void timer_due(evutil_socket_t fd, short what, void *user)
{
    struct curl_lane *lane = user;
    int running;

    (void)fd;
    (void)what;
    (void)curl_multi_socket_action(lane->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(lane);
}

static int set_timer(CURLM *multi, long timeout_ms, void *user)
{
    struct curl_lane *lane = user;
    struct timeval wait = {timeout_ms / 1000, timeout_ms % 1000 * 1000};

    (void)multi;
    if (timeout_ms < 0)
        (void)evtimer_del(lane->timer);
    else
        (void)evtimer_add(lane->timer, &wait); /* fails only without memory */
    return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    struct curl_lane *lane = user;
    struct event *event = socket_user;
    short wanted = EV_PERSIST;

    (void)easy;
    if (event)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        wanted |=
            (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
        event = event_new(loop_base(lane->pool->loop), fd, wanted, socket_ready, lane);
        assert(event);
        (void)event_add(event, NULL);
    }
    (void)curl_multi_assign(lane->multi, fd, event); /* the socket is known: we were just told */
    return 0;
}

/* ---- making and freeing ----------------------------------------------------------------------*/

/* A peer that closes early must not end the process; libcurl leaves this to us with NOSIGNAL. */
static void ignore_broken_pipes(void)
{
    struct sigaction now;

    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        (void)signal(SIGPIPE, SIG_IGN);
}

struct curl_pool *curl_pool_new(struct loop *loop)
{
    struct curl_pool *pool = memory_new(sizeof(*pool));

    ignore_broken_pipes();
    (void)curl_global_init(CURL_GLOBAL_DEFAULT); /* counted by libcurl; fails only without memory */
    pool->loop = loop;
    lane_open(&pool->lane, pool);
    return pool;
}

void curl_pool_free(struct curl_pool *pool)
{
    if (!pool)
        return;
    while (pool->transfers)
        free_transfer(pool->transfers);
    while (pool->spare_count > 0)
        curl_easy_cleanup(pool->spare[--pool->spare_count]);
    lane_close(&pool->lane);
    curl_global_cleanup();
    memory_free(pool);
}

/* ---- transfers -------------------------------------------------------------------------------*/

static void tell_refusal(void *user)
{
    struct curl_transfer *transfer = user;
    struct curl_answer answer = {
        .code = QUELL_INVALID, .headers = quell_null(), .message = transfer->refused};

    transfer->refusal = NULL; /* freed by firing */
    transfer_end(transfer, &answer);
}

struct curl_transfer *curl_start(struct curl_pool *pool, const struct curl_job *job,
                                 curl_done_fn *done, void *user)
{
    struct curl_transfer *transfer = memory_new(sizeof(*transfer));
    struct quell_error err = {0};

    transfer->pool = pool;
    transfer->arena = arena_new(0);
    transfer->easy = pool->spare_count > 0 ? pool->spare[--pool->spare_count] : curl_easy_init();
    assert(transfer->easy);
    transfer->done = done;
    transfer->user = user;
    transfer->next = pool->transfers;
    if (transfer->next)
        transfer->next->previous = transfer;
    pool->transfers = transfer;
    pool->active++;
    loop_hold(pool->loop); /* a virtual clock stands meanwhile */
    if (transfer_set_up(transfer, job, &err)) {
        transfer->refused = arena_format(transfer->arena, "%s", err.message);
        transfer->refusal = loop_after(pool->loop, 0, tell_refusal, transfer);
        return transfer;
    }
    transfer->lane = &pool->lane;
    if (transfer->mail) {
        transfer->lane = memory_new(sizeof(*transfer->lane));
        lane_open(transfer->lane, pool);
    }
    (void)curl_multi_add_handle(transfer->lane->multi, transfer->easy); /* else out of memory */
    return transfer;
}

void curl_cancel(struct curl_transfer *transfer)
{
    if (transfer)
        free_transfer(transfer);
}

bool curl_begun(const struct curl_transfer *transfer)
{
    return transfer->begun;
}

size_t curl_active(const struct curl_pool *pool)
{
    return pool->active;
}
