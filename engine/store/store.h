/*
 * store.h - where accepted incidents and journals live: one table of functions for each back end.
 *
 * A back end is chosen by URL scheme (`memory:`, `sqlite:PATH`). A handle is used by one thread at
 * a time: the write handle by the writer thread after writer_start(), by its opener before. Whoever
 * reads beside a writer has a handle of its own: in the same process from store_reader(), which
 * every back end has; in another one from store_open() with STORE_READ, which a `memory:` store,
 * living in its process only, answers with QUELL_NOT_FOUND. Readers see what is committed and
 * nothing else. All answers of the back ends are proven equal by the suite in tests/store.
 *
 * Inside a callback the same handle may be read again (not closed or written to).
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/error.h>
#include <quell/value.h>

struct arena;
struct store;

enum store_mode {
    STORE_WRITE, /* takes the store's lock; QUELL_CONFLICT while another process holds it */
    STORE_READ,  /* any number, beside a writer */
};

/* ---- what is written: a batch is one transaction, all or nothing --------------------------------
 */

struct store_incident {
    struct quell_str id; /* unique: a repeat is QUELL_CONFLICT */
    int64_t received_us;
    struct quell_str source, source_id; /* the sender's name and id of it */
    struct quell_str title, severity;
    struct quell_str body; /* the normalised incident as JSON */
};

struct store_delivery { /* a webhook delivery that was answered: a replay gets the same answer */
    struct quell_str hook, id; /* together unique: a repeat is QUELL_CONFLICT */
    int64_t at_us;
    struct quell_str answer; /* JSON body of the first answer */
};

struct store_event {
    struct quell_str run;
    uint64_t seq; /* 1 to INT64_MAX */
    int64_t at_us;
    struct quell_str kind; /* event name, for queries */
    struct quell_str body; /* event_write() */
};

struct store_run { /* the row that `ps` lists; derived from the events, written with them */
    struct quell_str id;
    struct quell_str playbook, revision; /* revision: hex SHA-256 of the playbook's text */
    struct quell_str incident;           /* incident id or empty */
    struct quell_str title;              /* the incident's, for listings */
    struct quell_str state; /* running waiting held succeeded failed cancelled undone */
    struct quell_str mode;  /* live shadow */
    int64_t started_us, updated_us, ended_us; /* 0 = not ended */
    uint64_t last_seq;
    int64_t due_us; /* when it goes on though nothing happens; 0 = not by itself */
    /* A run that only waits: for what, a JSON list of {step, what, until}. Empty: something is
     * under way. Whoever opens the store may leave such a run in its journal until it is woken. */
    struct quell_str waits;
};

struct store_revision { /* a playbook's text, pinned for its runs */
    struct quell_str revision, playbook, file, text;
};

/* What must be remembered between starts: keys that were seen, counts, times. */
struct store_mark {
    struct quell_str scope, key; /* together unique: a later one replaces it */
    int64_t until_us;      /* not needed any more from then on; 0 = kept until it is removed */
    struct quell_str body; /* JSON; empty removes the mark */
};

struct store_refusal {   /* an event that came to nothing: it started no run, or woke none */
    struct quell_str id; /* unique, in time order */
    int64_t at_us;
    struct quell_str playbook, incident; /* incident: its id or empty */
    struct quell_str reason;             /* a word of core/refusals.def */
    struct quell_str detail;             /* for people */
    struct quell_str run;                /* the run that it is about, or empty */
};

struct store_audit {     /* who did what outside of a run; never changed */
    struct quell_str id; /* unique, in time order */
    int64_t at_us;
    struct quell_str who, what; /* what: a name of journal/audits.def */
    struct quell_str subject;   /* what it was done to: a run, a token's name ...; or empty */
    struct quell_str detail;    /* JSON object, or empty */
};

struct store_batch {
    const struct store_incident *incidents;
    size_t incident_count;
    const struct store_delivery *deliveries;
    size_t delivery_count;
    const struct store_revision *revisions; /* an equal revision already there is left as it is */
    size_t revision_count;
    const struct store_run *runs; /* inserted or replaced by id */
    size_t run_count;
    const struct store_event *events; /* (run, seq) is unique: a repeat is QUELL_CONFLICT */
    size_t event_count;
    const struct store_mark *marks; /* in their order: the last one of a key stays */
    size_t mark_count;
    const struct store_refusal *refusals; /* unique by id: a repeat is QUELL_CONFLICT */
    size_t refusal_count;
    const struct store_audit *audits; /* unique by id: a repeat is QUELL_CONFLICT */
    size_t audit_count;
};

/* ---- what is read: rows live in the arena that was passed --------------------------------------
 */

enum { STORE_QUERY_LIMIT = 100 }; /* rows of a listing that names no limit */

struct store_query {
    struct quell_str state;    /* only runs of this state; empty = all */
    struct quell_str playbook; /* only runs of this playbook; empty = all */
    struct quell_str incident; /* only runs about this incident; empty = all */
    bool active;               /* only runs that have not ended, or have something due */
    struct quell_str before; /* only ids before this one (ids are in time order); empty = newest */
    struct quell_str prefix; /* only ids that begin with it; empty = all */
    size_t limit;            /* rows at most; 0 = STORE_QUERY_LIMIT */
};

struct store_refusal_query {
    struct quell_str playbook, incident, reason; /* only of this one; empty = all */
    struct quell_str before;                     /* only ids before this one; empty = newest */
    size_t limit;                                /* rows at most; 0 = STORE_QUERY_LIMIT */
};

struct store_audit_query {
    struct quell_str who, what, subject; /* only of this one; empty = all */
    int64_t since_us;                    /* only what was done then or later; 0 = all */
    struct quell_str before;             /* only ids before this one; empty = newest */
    size_t limit;                        /* rows at most; 0 = STORE_QUERY_LIMIT */
};

typedef bool store_audit_fn(const struct store_audit *audit, void *user); /* false stops */
typedef bool store_mark_fn(const struct store_mark *mark, void *user);    /* false stops */
typedef bool store_refusal_fn(const struct store_refusal *refusal, void *user);
typedef bool store_incident_fn(const struct store_incident *incident, void *user);
typedef bool store_run_fn(const struct store_run *run, void *user); /* false stops */
typedef bool store_event_fn(const struct store_event *event, void *user);

/* ---- what is forgotten --------------------------------------------------------------------------
 */

struct store_forget {
    const struct quell_str
        *runs; /* with all their events; the caller knows that nobody needs them */
    size_t run_count;
    const struct quell_str *incidents;
    size_t incident_count;
    int64_t deliveries_us, refusals_us, audits_us; /* those from before; 0 = none */
    int64_t marks_us;                              /* those that are not needed since; 0 = none */
    size_t limit; /* rows that never change, in this transaction; 0 = all */
};
struct store_forgotten {
    uint64_t runs, events, incidents, deliveries, refusals, audits, marks;
    bool more; /* the limit was reached: the same again takes out the next ones */
};
/* A run that ended, or an incident that no run is about. */
typedef bool store_old_fn(struct quell_str id, bool is_run, void *user);

/* ---- whether what is stored is what was written -------------------------------------------------
 */

enum { STORE_LINK = 32, STORE_KEY = 32, STORE_SIGNATURE = 64 }; /* bytes */

/* Rows that never change hang together in a chain of links, one for each transaction: see chain.h.
 * A checkpoint is a signature over the chain as it stood. */
struct store_checkpoint {
    uint64_t number, seq; /* its own, from 1 on; of the last link, 0 = there was none */
    uint8_t link[STORE_LINK];
    int64_t at_us;
    uint8_t key[STORE_KEY]; /* Ed25519, public */
    uint8_t signature[STORE_SIGNATURE];
};
typedef bool store_checkpoint_fn(const struct store_checkpoint *checkpoint, void *user);

struct store_break {       /* something that is not as it was written */
    const char *what;      /* database schema link row extra run mark seal */
    uint64_t link;         /* number of the link, or 0 */
    struct quell_str run;  /* of an event or a run, else empty */
    uint64_t seq;          /* of an event, else 0 */
    struct quell_str id;   /* of another row, else empty */
    struct quell_str text; /* for people, with all of these */
};

struct store_verified {   /* what was looked at */
    uint64_t links, gaps; /* gaps: of links whose rows were all forgotten */
    uint64_t incidents, deliveries, revisions, events, refusals, audits, runs, marks;
    uint64_t forgotten; /* rows of which only the hash is kept */
    uint64_t seq;       /* of the last link */
    uint8_t link[STORE_LINK];
};

struct store_verify {
    void (*found)(const struct store_break *found, void *user); /* the first ones, in order */
    /* Each link that is there; `first` < `seq`: those from first on were joined into it. */
    void (*link)(uint64_t first, uint64_t seq, const uint8_t link[STORE_LINK], void *user);
    void *user;
};

struct store_kind {
    const char *scheme; /* "sqlite" */
    const char *doc;
    bool persists; /* lives at a path behind the scheme, beyond this process */
    /* `rest` is what stands behind the scheme's colon. */
    enum quell_code (*open)(struct quell_str rest, enum store_mode mode, struct store **store,
                            struct quell_error *err);
    void (*close)(struct store *store);
    /* All batches as one transaction, all or nothing, and durable when it returns OK. Ids may not
     * be empty. QUELL_CONFLICT: something unique is already there. QUELL_INVALID: see store_check.
     * QUELL_UNAVAILABLE: another program keeps the store busy, or, when `full` is set, the disk has
     * no room; nothing was written, and the same may be tried again. QUELL_IO: the disk failed,
     * what was written is not known, and this handle commits nothing any more. */
    enum quell_code (*commit)(struct store *store, const struct store_batch *const *batches,
                              size_t count, struct quell_error *err);
    /* All events of one run with seq > after, in order. Slices are valid inside the callback only.
     */
    enum quell_code (*events)(struct store *store, struct quell_str run, uint64_t after,
                              store_event_fn *each, void *user, struct quell_error *err);
    /* Runs, newest first. */
    enum quell_code (*runs)(struct store *store, const struct store_query *query,
                            store_run_fn *each, void *user, struct quell_error *err);
    enum quell_code (*run)(struct store *store, struct arena *arena, struct quell_str id,
                           struct store_run *run, struct quell_error *err);
    enum quell_code (*incident)(struct store *store, struct arena *arena, struct quell_str id,
                                struct store_incident *incident, struct quell_error *err);
    /* Incidents whose id is `from` or after it, in the order of their ids, which is that of time.
     */
    enum quell_code (*incidents)(struct store *store, struct quell_str from,
                                 store_incident_fn *each, void *user, struct quell_error *err);
    /* The incident that was committed last of those a sender has sent under this id of its own. */
    enum quell_code (*incident_last)(struct store *store, struct arena *arena,
                                     struct quell_str source, struct quell_str source_id,
                                     struct store_incident *incident, struct quell_error *err);
    enum quell_code (*mark)(struct store *store, struct arena *arena, struct quell_str scope,
                            struct quell_str key, struct store_mark *mark, struct quell_error *err);
    /* All marks of a scope, in the order of their keys. */
    enum quell_code (*marks)(struct store *store, struct quell_str scope, store_mark_fn *each,
                             void *user, struct quell_error *err);
    /* Refusals, newest first. */
    enum quell_code (*refusals)(struct store *store, const struct store_refusal_query *query,
                                store_refusal_fn *each, void *user, struct quell_error *err);
    /* Audit rows, newest first. */
    enum quell_code (*audits)(struct store *store, const struct store_audit_query *query,
                              store_audit_fn *each, void *user, struct quell_error *err);
    enum quell_code (*revision)(struct store *store, struct arena *arena, struct quell_str revision,
                                struct store_revision *found, struct quell_error *err);
    /* QUELL_NOT_FOUND when it is not remembered. */
    enum quell_code (*delivery)(struct store *store, struct arena *arena, struct quell_str hook,
                                struct quell_str id, struct store_delivery *found,
                                struct quell_error *err);
    /* Forgets deliveries answered before `before_us`, refusals of before, and marks that were not
     * needed any more then. Errors as of commit. */
    enum quell_code (*prune)(struct store *store, int64_t before_us, struct quell_error *err);
    /* Takes rows out, as one transaction. The rows that stay can still be verified. */
    enum quell_code (*forget)(struct store *store, const struct store_forget *what,
                              struct store_forgotten *forgotten, struct quell_error *err);
    /* Runs that ended before, in the order of their ids, then incidents received before that no
     * run is about; 0 = none. */
    enum quell_code (*old)(struct store *store, int64_t ended_us, int64_t received_us,
                           store_old_fn *each, void *user, struct quell_error *err);
    /* The next five only where the store persists, else NULL. A copy of all as it is now, beside a
     * writer, as a new file that its owner may read. QUELL_CONFLICT: the file is there. */
    enum quell_code (*copy)(struct store *store, const char *path, struct quell_error *err);
    /* Reads all, in one snapshot, beside a
     * writer; what is wrong goes to options->found. Errors only when it could not be looked at. */
    enum quell_code (*verify)(struct store *store, const struct store_verify *options,
                              struct store_verified *verified, struct quell_error *err);
    /* The end of the chain and the number of the last checkpoint: what the next one is about. */
    enum quell_code (*chain_end)(struct store *store, struct store_checkpoint *end,
                                 struct quell_error *err);
    enum quell_code (*put_checkpoint)(struct store *store,
                                      const struct store_checkpoint *checkpoint,
                                      struct quell_error *err);
    enum quell_code (*checkpoints)(struct store *store, store_checkpoint_fn *each, void *user,
                                   struct quell_error *err); /* in order */
    /* A read handle for what this write handle writes. Closed by itself, in any order. */
    enum quell_code (*reader)(struct store *writer, struct store **reader, struct quell_error *err);
};

/* Every back end begins with this. */
struct store {
    const struct store_kind *kind;
    bool full; /* of a write handle: what failed last, by QUELL_UNAVAILABLE, found no room */
};

extern const struct store_kind *const store_kinds[]; /* from stores.def; NULL-ended */

/* Opens by URL; a text without a scheme is a path: sqlite. STORE_WRITE makes the store when it is
 * absent; parent folders are not made. Errors: QUELL_INVALID unknown scheme or a database that is
 * not ours or newer, QUELL_CONFLICT locked by another process, QUELL_NOT_FOUND nothing there to
 * read or no such folder, QUELL_DENIED no permission, QUELL_IO damaged or a failing disk. */
enum quell_code store_open(struct quell_str url, enum store_mode mode, struct store **store,
                           struct quell_error *err) QUELL_MUST_CHECK;
/* A read handle beside the write handle `writer`; call it before writer_start() takes that. */
enum quell_code store_reader(struct store *writer, struct store **reader,
                             struct quell_error *err) QUELL_MUST_CHECK;
void store_close(struct store *store); /* NULL is allowed */

/* The path of a store that persists, behind its scheme; empty for one that does not. Borrowed. */
struct quell_str store_path(struct quell_str url);

/* For back ends: QUELL_INVALID when a batch has an empty id or a seq out of its range. */
enum quell_code store_check(const struct store_batch *batch,
                            struct quell_error *err) QUELL_MUST_CHECK;

#endif
