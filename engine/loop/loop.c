/*
 * loop.c - the reactor on libevent's core: turns, timers, posts, deferred calls, signals.
 *
 * A turn is one pass of libevent over what is ready, followed by the deferred calls. libevent is
 * used without its thread support: other threads reach the loop only through the list of posts and
 * an eventfd. Does no I/O of its own.
 */
#include "loop/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "loop/log.h"
#include "loop/loop_parts.h"
#include "loop/pool.h"

/* ---- lists of calls --------------------------------------------------------------------------*/

static void list_clear(struct task_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

static void list_append(struct task_list *list, void (*run)(void *user), void *user)
{
    struct task *task = memory_new(sizeof *task);

    task->run = run;
    task->user = user;
    *list->end = task;
    list->end = &task->next;
}

/* Moves all of `from` behind `to`. */
static void list_move(struct task_list *to, struct task_list *from)
{
    if (!from->first)
        return;
    *to->end = from->first;
    to->end = from->end;
    list_clear(from);
}

static void list_drop(struct task_list *list, void (*run)(void *user), void *user)
{
    struct task **here = &list->first;

    while (*here) {
        struct task *task = *here;

        if (task->run == run && task->user == user) {
            *here = task->next;
            memory_free(task);
        } else {
            here = &task->next;
        }
    }
    list->end = here;
}

static void list_free(struct task_list *list)
{
    while (list->first) {
        struct task *task = list->first;

        list->first = task->next;
        memory_free(task);
    }
    list_clear(list);
}

/* Calls and removes one by one: a call may take back those behind it, or add some. */
static void list_call(struct loop *loop, struct task_list *list)
{
    while (list->first) {
        struct task task = *list->first;

        loop->called++;
        memory_free(list->first);
        list->first = task.next;
        if (!list->first)
            list->end = &list->first;
        task.run(task.user);
    }
}

/* ---- making and freeing ----------------------------------------------------------------------*/

static void woken(evutil_socket_t fd, short what, void *user)
{
    struct loop *loop = user;
    uint64_t count;

    (void)what;
    /* Nothing to read means that somebody else's wake-up was read with an earlier one. */
    if (read(fd, &count, sizeof count) < 0)
        count = 0;
    pool_lock_take(loop->lock);
    list_move(&loop->taken, &loop->posts);
    pool_lock_give(loop->lock);
    list_call(loop, &loop->taken);
}

static void said(int severity, const char *message)
{
    log_line(severity >= EVENT_LOG_ERR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "libevent: %s",
             message);
}

/* Precise, uncached time: with libevent's defaults a timer may fire some milliseconds early. */
static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    event_set_log_callback(said);
    if (config) {
        if (event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME |
                                              EVENT_BASE_FLAG_PRECISE_TIMER |
                                              EVENT_BASE_FLAG_NOLOCK) == 0)
            base = event_base_new_with_config(config);
        event_config_free(config);
    }
    return base;
}

struct loop *loop_new(void)
{
    struct loop *loop = memory_new(sizeof *loop);

    list_clear(&loop->posts);
    list_clear(&loop->taken);
    list_clear(&loop->deferred);
    loop->lock = pool_lock_new();
    loop->base = base_new();
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    /* Without memory or file descriptors for even this, no work can be done: end loudly. */
    assert(loop->base && loop->wake_fd >= 0);
    loop->wake = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST, woken, loop);
    assert(loop->wake);
    (void)event_add(loop->wake, NULL); /* fails only without memory */
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    assert(loop->watches == 0);
    while (loop->timers)
        loop_cancel(loop->timers);
    list_free(&loop->posts);
    list_free(&loop->taken);
    list_free(&loop->deferred);
    event_free(loop->wake);
    event_base_free(loop->base);
    (void)close(loop->wake_fd); /* an eventfd has nothing to lose */
    pool_lock_free(loop->lock);
    memory_free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

/* ---- turns -----------------------------------------------------------------------------------*/

static bool anything_posted(struct loop *loop)
{
    bool any;

    pool_lock_take(loop->lock);
    any = loop->posts.first != NULL;
    pool_lock_give(loop->lock);
    return any;
}

bool loop_has_work(struct loop *loop)
{
    return loop->deferred.first || anything_posted(loop);
}

bool loop_can_wait(struct loop *loop)
{
    size_t ours = 1 + loop->watches; /* the wake-up and the signals */
    size_t events = (size_t)event_base_get_num_events(
        loop->base, EVENT_BASE_COUNT_ADDED | EVENT_BASE_COUNT_VIRTUAL | EVENT_BASE_COUNT_ACTIVE);

    return events > ours || loop->holds > 0;
}

static void waited(evutil_socket_t fd, short what, void *user)
{
    (void)fd;
    (void)what;
    (void)user; /* its only purpose is to end the wait */
}

/* The deferred calls are moved aside first, so that what they defer belongs to the next turn. */
static void call_deferred(struct loop *loop)
{
    struct task_list due;

    list_clear(&due);
    list_move(&due, &loop->deferred);
    list_call(loop, &due);
}

void loop_pass(struct loop *loop, bool wait)
{
    /* epoll's own failures are logged by libevent */
    (void)event_base_loop(loop->base, wait ? EVLOOP_ONCE : EVLOOP_NONBLOCK);
    call_deferred(loop);
}

void loop_once(struct loop *loop, int64_t wait_ms)
{
    struct timeval wait = {(time_t)(wait_ms / 1000), (suseconds_t)(wait_ms % 1000 * 1000)};
    struct event *end = NULL;

    if (loop->is_virtual) {
        virtual_once(loop, wait_ms < 0 ? INT64_MAX : loop->now_us + wait_ms * 1000);
        return;
    }
    if (wait_ms > 0 && !loop->deferred.first) {
        end = evtimer_new(loop->base, waited, NULL);
        assert(end);
        (void)evtimer_add(end, &wait); /* fails only without memory */
    }
    loop_pass(loop, wait_ms != 0 && !loop->deferred.first);
    if (end)
        event_free(end);
}

void loop_run(struct loop *loop)
{
    while (!loop->stopping && (loop_can_wait(loop) || loop_has_work(loop) || loop->timers))
        loop_once(loop, -1);
    loop->stopping = false;
}

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
}

void loop_hold(struct loop *loop)
{
    loop->holds++;
}

void loop_unhold(struct loop *loop)
{
    assert(loop->holds > 0);
    loop->holds--;
}

/* ---- timers ----------------------------------------------------------------------------------*/

void loop_cancel(struct loop_timer *timer)
{
    if (!timer)
        return;
    *timer->here = timer->next;
    if (timer->next)
        timer->next->here = timer->here;
    if (timer->event)
        event_free(timer->event);
    memory_free(timer);
}

void loop_fire(struct loop_timer *timer)
{
    void (*fired)(void *user) = timer->fired;
    void *fired_user = timer->user;

    timer->loop->called++;
    loop_cancel(timer);
    fired(fired_user);
}

static void timer_fired(evutil_socket_t fd, short what, void *user)
{
    (void)fd;
    (void)what;
    loop_fire(user);
}

static void arm(struct loop_timer *timer, int64_t ms)
{
    struct timeval wait = {0, 0};

    if (ms > 0) {
        wait.tv_sec = (time_t)(ms / 1000);
        wait.tv_usec = (suseconds_t)(ms % 1000 * 1000);
    }
    timer->event = evtimer_new(timer->loop->base, timer_fired, timer);
    assert(timer->event);
    (void)evtimer_add(timer->event, &wait); /* fails only without memory */
}

struct loop_timer *loop_after(struct loop *loop, int64_t ms, void (*fired)(void *user), void *user)
{
    struct loop_timer *timer = memory_new(sizeof *timer);

    timer->loop = loop;
    timer->fired = fired;
    timer->user = user;
    timer->next = loop->timers;
    timer->here = &loop->timers;
    if (timer->next)
        timer->next->here = &timer->next;
    loop->timers = timer;
    timer->order = loop->timers_made++;
    if (loop->is_virtual)
        timer->due_us = loop->now_us + (ms > 0 ? ms * 1000 : 0);
    else
        arm(timer, ms);
    return timer;
}

/* ---- posts and deferred calls ----------------------------------------------------------------*/

void loop_post(struct loop *loop, void (*run)(void *user), void *user)
{
    uint64_t one = 1;
    bool first;

    pool_lock_take(loop->lock);
    first = !loop->posts.first;
    list_append(&loop->posts, run, user);
    pool_lock_give(loop->lock);
    /* Whoever finds posts there already knows that their wake-up is under way. */
    if (first && write(loop->wake_fd, &one, sizeof one) < 0)
        return; /* the counter is full: it is readable, which is all that is needed */
}

void loop_unpost(struct loop *loop, void (*run)(void *user), void *user)
{
    pool_lock_take(loop->lock);
    list_drop(&loop->posts, run, user);
    pool_lock_give(loop->lock);
    list_drop(&loop->taken, run, user);
}

void loop_defer(struct loop *loop, void (*run)(void *user), void *user)
{
    list_append(&loop->deferred, run, user);
}

/* ---- signals ---------------------------------------------------------------------------------*/

static void signal_raised(evutil_socket_t number, short what, void *user)
{
    struct loop_watch *watch = user;

    (void)what;
    watch->raised((int)number, watch->user);
}

struct loop_watch *loop_signal(struct loop *loop, int number,
                               void (*raised)(int number, void *user), void *user)
{
    struct loop_watch *watch = memory_new(sizeof *watch);

    watch->loop = loop;
    watch->raised = raised;
    watch->user = user;
    watch->event = evsignal_new(loop->base, number, signal_raised, watch);
    assert(watch->event);
    (void)evsignal_add(watch->event, NULL); /* fails only for numbers that are no signals */
    loop->watches++;
    return watch;
}

void loop_unwatch(struct loop_watch *watch)
{
    if (!watch)
        return;
    watch->loop->watches--;
    event_free(watch->event);
    memory_free(watch);
}
