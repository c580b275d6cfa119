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
    CURLM *multi;
    struct event *timer;
    struct curl_transfer *transfers;
    size_t active;
    CURL *spare[SPARE_HANDLES];
    size_t spare_count;
};

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
}

static void wipe_headers(struct curl_slist *list)
{
    for (; list; list = list->next)
        memory_wipe(list->data, strlen(list->data));
}

static void free_transfer(struct curl_transfer *transfer)
{
    struct curl_pool *pool = transfer->pool;

    unlink_transfer(transfer);
    loop_cancel(transfer->refusal);
    if (transfer->queued)
        (void)curl_multi_remove_handle(pool->multi, transfer->easy); /* it is in there */
    curl_easy_reset(transfer->easy);
    if (pool->spare_count < SPARE_HANDLES)
        pool->spare[pool->spare_count++] = transfer->easy;
    else
        curl_easy_cleanup(transfer->easy);
    curl_mime_free(transfer->mime);
    wipe_headers(transfer->headers);
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->recipients);
    memory_wipe((void *)(uintptr_t)transfer->body.data, transfer->body.len);
    memory_wipe(transfer->content.data, transfer->content.len); /* may be a token */
    buf_free(&transfer->head);
    buf_free(&transfer->content);
    arena_free(transfer->arena);
    memory_free(transfer);
}

/* The callback may start and cancel transfers, so the queue is asked anew each time. */
static void collect(struct curl_pool *pool)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(pool->multi, &left)) != NULL) {
        struct curl_transfer *transfer = NULL;
        struct curl_answer answer;
        CURLcode result = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        assert(transfer);
        answer = transfer_answer(transfer, result);
        transfer->done(&answer, transfer->user);
        free_transfer(transfer);
    }
}

/* ---- libcurl's wishes, libevent's news -------------------------------------------------------*/

static void socket_ready(evutil_socket_t fd, short what, void *user)
{
    struct curl_pool *pool = user;
    int mask =
        ((what & EV_READ) ? CURL_CSELECT_IN : 0) | ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0);
    int running;

    (void)curl_multi_socket_action(pool->multi, fd, mask, &running); /* faults end transfers */
    collect(pool);
}

static void timer_due(evutil_socket_t fd, short what, void *user)
{
    struct curl_pool *pool = user;
    int running;

    (void)fd;
    (void)what;
    (void)curl_multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(pool);
}

static int set_timer(CURLM *multi, long timeout_ms, void *user)
{
    struct curl_pool *pool = user;
    struct timeval wait = {timeout_ms / 1000, timeout_ms % 1000 * 1000};

    (void)multi;
    if (timeout_ms < 0)
        (void)evtimer_del(pool->timer);
    else
        (void)evtimer_add(pool->timer, &wait); /* fails only without memory */
    return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    struct curl_pool *pool = user;
    struct event *event = socket_user;
    short wanted = EV_PERSIST;

    (void)easy;
    if (event)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        wanted |=
            (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
        event = event_new(loop_base(pool->loop), fd, wanted, socket_ready, pool);
        assert(event);
        (void)event_add(event, NULL);
    }
    (void)curl_multi_assign(pool->multi, fd, event); /* the socket is known: we were just told */
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
    pool->multi = curl_multi_init();
    pool->timer = evtimer_new(loop_base(loop), timer_due, pool);
    assert(pool->multi && pool->timer);
    (void)curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    (void)curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
    (void)curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    (void)curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
    (void)curl_multi_setopt(pool->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                            (long)LIMIT_HOST_CONNECTIONS);
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
    (void)curl_multi_cleanup(pool->multi); /* no handle is left in it */
    event_free(pool->timer);
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
    transfer->done(&answer, transfer->user);
    free_transfer(transfer);
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
    if (transfer_set_up(transfer, job, &err)) {
        transfer->refused = arena_format(transfer->arena, "%s", err.message);
        transfer->refusal = loop_after(pool->loop, 0, tell_refusal, transfer);
        return transfer;
    }
    (void)curl_multi_add_handle(pool->multi, transfer->easy); /* fails only without memory */
    transfer->queued = true;
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
