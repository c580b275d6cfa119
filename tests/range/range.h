/*
 * range.h - the practice range: what its parts share.
 *
 * quell-range is a small stateful stand-in for Entra, Defender, Sentinel and a mail server, for
 * tests, the demo and people without a tenant. It is no part of the engine and shares none of the
 * engine's network code, so that client and server cannot agree on a mistake.
 */
#ifndef RANGE_RANGE_H
#define RANGE_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/error.h>
#include <quell/value.h>

struct arena;
struct buf;
struct effects;
struct faults;
struct incident_record;
struct loop;
struct machine;
struct machine_action;
struct mail_record;
struct token;

/* What the command line says; texts are NUL-terminated and live as long as the process. */
struct range_options {
    int64_t port, smtp_port;     /* 0 = any free one */
    const char *effects_path;    /* NULL = a temporary file, removed at the end */
    int64_t auto_advance_ms;     /* 0 = the clock moves only when told */
    int64_t pending_ms, work_ms; /* ages at which an action leaves Pending, InProgress */
    int64_t page_size;           /* of Defender's lists */
    int64_t token_seconds;       /* expires_in */
    const char *now;             /* RFC 3339 start of the clock; NULL = real time */
    const char *tenant;          /* NULL = any */
    const char *client_id, *client_secret;
    const char *token; /* a bearer token that always works; "" = none */
    const char *smtp_user, *smtp_password;
    bool smtp_tls, smtp_require_auth;
    bool until_eof;
};

/* The clock that the fakes live by. */
struct range_clock {
    int64_t start_us;   /* where it started */
    int64_t moved_us;   /* by hand since */
    int64_t started_us; /* monotonic, when it started */
    int64_t step_us;    /* 0 = by hand only */
};

struct range {
    struct loop *loop;
    const struct range_options *options;
    struct range_clock clock;
    struct effects *effects;
    struct faults *faults;
    struct arena *state; /* owns everything below; emptied by a reset */
    struct machine *machines;
    struct machine_action *actions; /* oldest first */
    struct incident_record *incidents;
    struct mail_record *mails; /* oldest first */
    struct token *tokens;
    int64_t tokens_issued, requests, refused_duplicates, ids_given;
    int64_t smtp_port;
};

/* clock.c */
void range_clock_start(struct range *range);
int64_t range_now_us(const struct range *range);
void range_clock_advance(struct range *range, int64_t us);
/* A time as Microsoft writes it, seven digits of fraction, in `arena`. */
struct quell_str range_time(struct arena *arena, int64_t us);
struct quell_str range_now(const struct range *range, struct arena *arena);
/* An id that looks like a UUID and is the same in every run of the same requests. */
struct quell_str range_make_id(struct range *range, struct arena *arena, const char *kind);
/* Forgets machines, actions, incidents, mails and tokens. */
void range_reset(struct range *range);

/* faults.c: what goes wrong next, and where. */
enum fault_kind {
    FAULT_NONE,
    FAULT_STATUS,      /* answered with `status`, nothing happens */
    FAULT_LOST_BEFORE, /* the connection closes, nothing happens */
    FAULT_LOST_AFTER,  /* it happens, then the connection closes without an answer */
    FAULT_SLOW,        /* it happens, the answer comes after delay_ms of real time */
    FAULT_TRUNCATED,   /* it happens, half an answer comes */
    FAULT_GARBAGE,     /* it happens, the answer is no HTTP */
    FAULT_HTML,        /* it happens, the answer is a proxy's page with status 200 */
    FAULT_FAILED,      /* a machine action that ends as Failed */
    FAULT_TIMED_OUT,   /* a machine action that ends as TimeOut */
    FAULT_ADOPT,       /* a duplicate is answered with the pending action instead of 400 */
};

struct fault {
    enum fault_kind kind;
    int status;
    int64_t retry_after_s; /* 0 = no header */
    int64_t delay_ms;
};

struct faults *faults_new(void);
void faults_free(struct faults *faults);
void faults_clear(struct faults *faults);
/* Adds one from {"where","what","times","skip","retry_after","delay_ms"}. */
enum quell_code faults_add(struct faults *faults, struct quell_value order,
                           struct quell_error *err) QUELL_MUST_CHECK;
/* The next fault for this door, used up by asking; FAULT_NONE mostly. `outcome` asks for the kinds
 * that belong to a machine action's end (FAILED, TIMED_OUT, ADOPT), else for the others. */
struct fault faults_take(struct faults *faults, const char *where, bool outcome);
struct quell_value faults_value(const struct faults *faults, struct arena *arena);

/* effects.c: the oracle. */
struct effect {
    const char *kind;        /* isolate release comment comment-update mail act cancel */
    struct quell_str target; /* machine id, incident id, recipients, path */
    struct quell_str key;    /* what tells repetitions apart */
    struct quell_str marker; /* a text that may hold [quell:RUN/STEP] */
};

struct effects *effects_open(const char *path, struct quell_error *err);
void effects_close(struct effects *effects);
const char *effects_path(const struct effects *effects);
/* Appends one line and waits until it is on disk; ends the process when it cannot, because an
 * oracle that forgets is worse than none. */
void effects_add(struct range *range, const struct effect *effect);
void effects_clear(struct effects *effects);
/* {"count", "effects": [...], "duplicates": [{kind, target, key, count}]} as JSON text. */
struct quell_str effects_text(const struct effects *effects, struct arena *arena);
/* RUN/STEP out of a `[quell:RUN/STEP]` in a text, or an empty slice. */
struct quell_str effects_marker(struct quell_str text);

#endif
