/*
 * loop.h - the reactor: timers, posts from other threads, signals. libevent stays behind it.
 *
 * All functions but loop_post belong to the loop's thread: the one that calls loop_run.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/error.h>

struct loop;
struct loop_timer;
struct loop_watch;
struct loop_notice;
struct event_base;

struct loop *loop_new(void);
/* Forgets timers, posts and deferred calls without calling them. Watches and what was made with
 * loop_base must be gone. NULL is allowed. */
void loop_free(struct loop *loop);
/* Until loop_stop, or until nothing is left to wait for: no timer, no socket, no post, no deferred
 * call, no hold. A signal watch alone is nothing to wait for. */
void loop_run(struct loop *loop);
/* Waits for at most `wait_ms` (0 = do not wait, -1 = for ever) and handles what is ready. */
void loop_once(struct loop *loop, int64_t wait_ms);
/* The loop_run under way, or else the next one, returns at the end of its turn. */
void loop_stop(struct loop *loop);

/* Calls once after `ms`, never earlier, in the order of their times. The timer is freed by firing
 * (before the call) or by loop_cancel. */
struct loop_timer *loop_after(struct loop *loop, int64_t ms, void (*fired)(void *user), void *user);
void loop_cancel(struct loop_timer *timer); /* NULL is allowed */

/* Calls `run` on the loop's thread; may be called from any thread. In order per caller. */
void loop_post(struct loop *loop, void (*run)(void *user), void *user);
/* Takes back every post of this `run` and `user` that was not called yet. */
void loop_unpost(struct loop *loop, void (*run)(void *user), void *user);
/* Calls `run` at the end of this turn of the loop (same thread): for batching. What a deferred call
 * defers comes at the end of the next turn, which does not wait. */
void loop_defer(struct loop *loop, void (*run)(void *user), void *user);
/* Keeps loop_run going while another thread or a child works for us and will post. Counted. */
void loop_hold(struct loop *loop);
void loop_unhold(struct loop *loop);

/* SIGTERM, SIGINT, SIGHUP as ordinary events. One loop of a process may watch signals. */
struct loop_watch *loop_signal(struct loop *loop, int number,
                               void (*raised)(int number, void *user), void *user);
void loop_unwatch(struct loop_watch *watch); /* NULL is allowed */

/* Tells, on the loop, that the file of this name may have been made, written or removed; nothing to
 * wait for by itself. NULL when its folder cannot be watched. */
struct loop_notice *loop_notice(struct loop *loop, const char *path, void (*changed)(void *user),
                                void *user);
void loop_notice_end(struct loop_notice *notice); /* NULL is allowed */

struct event_base *loop_base(struct loop *loop); /* for bufferevents in serve/ and curl in loop/ */

/* ---- time and randomness of a loop --------------------------------------------------------------
 * What belongs to a loop (core/, connector/) asks the loop, so that a test may give it a clock.
 */
int64_t loop_now_us(const struct loop *loop); /* wall clock, microseconds since 1970 */
int64_t loop_monotonic_us(const struct loop *loop);
void loop_random(struct loop *loop, void *out, size_t len);

/* A loop whose clock stands still while there is work, and jumps to the next timer when there is
 * none; randomness comes from the seed. loop_once and loop_run go by its clock, too. */
struct loop *loop_new_virtual(int64_t now_us, uint64_t seed);
bool loop_is_virtual(const struct loop *loop);
/* Does all the work and fires all timers until then; the clock stands at `to_us` afterwards, or
 * where it was when that is later. */
void loop_advance(struct loop *loop, int64_t to_us);
/* Sets the clock of a virtual loop forward or back; timers do not feel it, as nobody's do. */
void loop_jump(struct loop *loop, int64_t by_us);
void loop_settle(struct loop *loop);           /* all that can be done without any time passing */
int64_t loop_next_us(const struct loop *loop); /* when the next timer is due; INT64_MAX = none */

/* clock.c and random.c: the only places that ask for time and randomness. */
int64_t clock_now_us(void);              /* wall clock, microseconds since 1970 */
int64_t clock_monotonic_us(void);        /* never jumps */
void random_fill(void *out, size_t len); /* getrandom; ends the process when it cannot */

#endif
