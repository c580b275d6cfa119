/*
 * signin.h - OAuth2 tokens by client secret: fetched once for all that wait, kept until they are
 * about to expire, dropped when an API refuses them.
 *
 * A token belongs to one connection, the origin it talks to, and one identity: a changed URL gets a
 * token of its own. The memory of tokens is wiped.
 */
#ifndef CONNECTOR_SIGNIN_H
#define CONNECTOR_SIGNIN_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/error.h>
#include <quell/value.h>

struct connection;
struct curl_pool;
struct signin_cache;
struct signin_wait;

struct signin_cache *signin_cache_new(struct curl_pool *pool);
void signin_cache_free(struct signin_cache *cache); /* nobody may be waiting */

/* The token that is good now; false when one must be waited for. Starts the refresh of a token that
 * has less than two minutes left. Borrowed until the loop turns. */
bool signin_token(struct signin_cache *cache, struct connection *connection,
                  struct quell_str *token);
/* err->code is QUELL_OK when signin_token() will now give one. DENIED: it makes no sense to ask
 * again; UNAVAILABLE, THROTTLED (with retry_after_ms), TIMED_OUT: later. */
typedef void signin_done_fn(const struct quell_error *err, void *user);
/* Waits for a fetch, starting one if none is under way. `done` is called once, later, on the loop;
 * not at all when this fails (the client secret cannot be read). */
enum quell_code signin_start(struct signin_cache *cache, struct connection *connection,
                             signin_done_fn *done, void *user, struct signin_wait **wait,
                             struct quell_error *err) QUELL_MUST_CHECK;
void signin_cancel(struct signin_wait *wait); /* without calling back; NULL is allowed */
/* The API refused this token: forget it, unless it was replaced already. */
void signin_drop(struct signin_cache *cache, struct connection *connection, struct quell_str token);

#endif
