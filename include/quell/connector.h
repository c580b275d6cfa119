/*
 * quell/connector.h - how to teach quell a product: the connector ABI.
 *
 * A connector does no I/O. An action is one function that looks at its input and at the last reply
 * and says what should happen next: send a request, sleep, finish, fail. The engine sends, signs
 * in, retries what is throttled, limits, journals and replays. `state` is written to the journal
 * before anything is sent, so a call survives a crash at any point; all memory a turn made is freed
 * before the next one.
 *
 * A shared object exports exactly one symbol:
 *     const struct quell_connector QUELL_CONNECTOR = { .abi = QUELL_ABI, ... };
 * and needs no symbol of the engine: all help comes through call->host.
 */
#ifndef QUELL_CONNECTOR_H
#define QUELL_CONNECTOR_H

#include <quell/error.h>
#include <quell/value.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QUELL_ABI 1

/* The symbol's name in a shared object; connectors that are built into the engine get another. */
#ifndef QUELL_CONNECTOR
#define QUELL_CONNECTOR quell_connector
#endif

/* ---- field tables: inputs, outputs and settings ------------------------------------------------
 */

enum quell_field_type {
    QUELL_FIELD_ANY,
    QUELL_FIELD_BOOL,
    QUELL_FIELD_INT,
    QUELL_FIELD_DOUBLE,
    QUELL_FIELD_STRING,
    QUELL_FIELD_TIMESTAMP,
    QUELL_FIELD_DURATION,
    QUELL_FIELD_ENUM,   /* text, one of `words` */
    QUELL_FIELD_LIST,   /* of `of` */
    QUELL_FIELD_MAP,    /* any keys, values of `of` */
    QUELL_FIELD_OBJECT, /* known keys: `fields` */
};

enum quell_field_flag {
    QUELL_REQUIRED = 1,
    QUELL_SECRET_FIELD = 2, /* masked everywhere but on the wire */
    QUELL_ONE_OR_MANY = 4,  /* a list that may be written as its single item */
    QUELL_NOT_EMPTY = 8,    /* text or list of at least one */
    QUELL_EXPRESSION = 16,  /* playbook keyword: a bare CEL expression */
    QUELL_TEMPLATE = 32,    /* playbook keyword: text with ${{ }} */
    QUELL_CONSTANT = 64,    /* playbook keyword: no ${{ }} allowed */
    QUELL_NULLABLE = 128,   /* null is a value of it */
    QUELL_ORDERED = 256,    /* enum: `words` ascend, so that values may be compared */
};

/* One field. A table ends with a row whose name is NULL. All texts are static (or live as long as
 * the connector). */
struct quell_field {
    const char *name;
    enum quell_field_type type;
    enum quell_field_type of;         /* of a list's items or a map's values */
    const char *const *words;         /* enum (or list of enum): the allowed words, NULL-ended */
    const struct quell_field *fields; /* object (or list of object) */
    unsigned flags;                   /* enum quell_field_flag */
    const char *fallback;             /* default as JSON text, or NULL */
    const char *sink;                 /* where it ends: path query header html markdown url kql
                                         json mail-address; CR, LF and NUL are refused for header
                                         and mail-address; NULL = nowhere special */
    int64_t size_max;                 /* bytes of text or items of a list; 0 = no own limit */
    const char *doc;                  /* one sentence */
};

/* ---- the manifest -----------------------------------------------------------------------------
 */

enum quell_effect { QUELL_READS, QUELL_NOTES, QUELL_CHANGES, QUELL_DISRUPTS };

enum quell_repeat {
    QUELL_PURE,       /* repeat freely */
    QUELL_KEYED,      /* the far side honours our key or our chosen id */
    QUELL_VERIFIABLE, /* after a lost answer, `settle` looks; without one, the action itself does,
                         told by a reply of QUELL_UNKNOWN_OUTCOME or a resumed turn */
    QUELL_ONCE,       /* never sent again; an unknown outcome waits for a person */
};

enum quell_turn { QUELL_FAILED, QUELL_FINISHED, QUELL_SENDING, QUELL_SLEEPING };

struct quell_call;
struct quell_reply;

/* An input that names a target, for caps, protected assets and audit. */
struct quell_target {
    const char
        *kind; /* device user mailbox mail ip domain url file process cloud_resource incident */
    const char *input; /* the input's name; a list names many targets */
};

/* An output that tells something of the target that a read looked up: by it, a policy knows what
 * must not be touched, whatever name a later step uses. */
struct quell_attribute {
    const char *what;   /* id name account tag ip */
    const char *output; /* the output's name; a list tells many */
};

/* What takes it back: inputs of the inverse action, each a CEL text over `input` and `output`. An
 * undo takes back only what the action itself changed and nobody has changed since. */
struct quell_inverse {
    const char *action;      /* "defender.release-device", or NULL: cannot be undone */
    const char *const *with; /* pairs name, expression, NULL-ended */
    /* Whether the action changed anything: CEL over `input` and `output`; NULL = always. */
    const char *changed;
    /* The read that says how it is now, and its inputs, as of `with`; NULL = nobody can know. */
    const char *look;
    const char *const *look_with;
    /* Whether it still is as the action left it: CEL over `input`, `output` and `now`, the look's
     * output. */
    const char *same;
};

/* A part of an incident at its source that the action writes. The sender tells of it in its next
 * update of the incident, which then starts nothing when nothing else differs: it is our own. */
struct quell_write {
    const char *source;     /* whose incidents: "sentinel"; NULL ends the table */
    const char *incident;   /* the input that names the incident, as `source_id` or its last part */
    const char *field;      /* of quell's incident: "status", or "comments", to which it adds */
    const char *part;       /* of an item of a list: "text"; NULL = all of it */
    const char *input;      /* the input whose value then stands there */
    const char *const *raw; /* paths in what the sender sends that change with it; NULL-ended */
};

/* The far side's published rate: `count` per `seconds`. */
struct quell_rate {
    unsigned count, seconds;
};

typedef enum quell_turn quell_turn_fn(struct quell_call *call, const struct quell_reply *reply);

struct quell_action {
    const char *name; /* "isolate-device" */
    const char *doc;  /* one sentence */
    enum quell_effect effect;
    enum quell_repeat repeat;
    const struct quell_field *inputs, *outputs;
    const struct quell_target *targets; /* ends with kind NULL; NULL = none */
    struct quell_inverse undo;
    const char *const *rights;      /* NULL-ended; NULL = none */
    const struct quell_rate *rates; /* ends with count 0; NULL = none */
    const char *companion;          /* the read action that `poll` repeats, or NULL */
    const char *example;            /* JSON text of an output; satisfies `outputs` */
    int64_t timeout_ms;             /* of the whole call; 0 = the engine's default */

    /* What happens next. `reply` is NULL on the first turn, after a sleep, and when the call is
     * taken up again after a crash; `call->state` tells where it stood. */
    quell_turn_fn *turn;
    /* After a lost answer or a crash with a change in flight: looks whether it happened.
     * FINISHED = it did, here is the output; FAILED with QUELL_NOT_FOUND = it did not, turn()
     * starts anew; NULL = turn() itself can go on from call->state. */
    quell_turn_fn *settle;
    const void *data; /* the connector's own, for actions that share a function; may be NULL */
    const struct quell_attribute *attributes; /* of a read with one target; ends with what NULL;
                                                 NULL = none */
    const struct quell_write *writes;         /* ends with source NULL; NULL = none */
};

/* Verifiable without settle(): it sends nothing before it has looked, so an attempt finds what the
 * one before it did. */
static inline bool quell_looks_first(const struct quell_action *action)
{
    return action->repeat == QUELL_VERIFIABLE && action->settle == NULL;
}

struct quell_connector {
    uint32_t abi;         /* QUELL_ABI */
    uint32_t size;        /* sizeof(struct quell_connector) */
    uint32_t action_size; /* sizeof(struct quell_action) */
    uint32_t field_size;  /* sizeof(struct quell_field) */
    const char *name;     /* "defender" */
    const char *version;
    const char *title; /* "Microsoft Defender for Endpoint" */
    const char *doc;
    const struct quell_field *settings; /* beside url, token_url, egress, auth, ca, cloud */
    const char *url;   /* base URL when the connection names none; NULL: the connection must name
                          one; "": it needs none, its requests name their own `url` */
    const char *scope; /* OAuth2 scope for client-secret sign-in, or NULL */
    const char *const
        *auth; /* kinds it accepts, NULL-ended: client-secret bearer basic header none */
    const struct quell_action *const *actions; /* NULL-ended */
};

/* ---- a call ------------------------------------------------------------------------------------
 */

enum quell_protocol { QUELL_HTTP, QUELL_MAIL };

struct quell_header {
    const char *name;
    struct quell_str value; /* CR, LF and NUL are refused by the engine */
};

/* A mail; the engine builds MIME from it. Addresses and header texts are checked and encoded. */
struct quell_mail {
    struct quell_str from;                /* empty = the connection's `from` */
    struct quell_value to, cc, bcc;       /* lists of addresses */
    struct quell_str subject, text, html; /* html may be empty */
    struct quell_str message_id;          /* without < > */
    const struct quell_header *headers;
    size_t header_count;
};

/* What to send. Everything is copied before send() returns. */
struct quell_request {
    enum quell_protocol protocol;
    bool changes;          /* false: a read; a lost answer is simply repeated */
    const char *method;    /* "GET" */
    struct quell_str path; /* behind the connection's url, already escaped, with its query; or an
                              absolute URL of the same origin */
    struct quell_str url;  /* another origin altogether (http.request); never gets the
                              connection's credentials unless its origin is the connection's */
    const struct quell_header *headers;
    size_t header_count;
    struct quell_value json; /* body as JSON when not null */
    struct quell_str body;   /* raw body when json is null */
    const char *content_type;
    const struct quell_mail *mail; /* QUELL_MAIL */
    int64_t timeout_ms;            /* 0 = default */
};

struct quell_reply {
    enum quell_code code; /* QUELL_OK: an answer came, whatever its status. Else: QUELL_TIMED_OUT,
                             QUELL_UNAVAILABLE (nothing was sent), QUELL_UNKNOWN_OUTCOME (answer
                             lost after sending), QUELL_THROTTLED when retries are used up */
    int status;           /* HTTP or SMTP status; 0 when none came */
    struct quell_value json;    /* parsed body when it is JSON, else null */
    struct quell_str body;      /* as received */
    struct quell_value headers; /* map of lower-case names to text */
    struct quell_str message;   /* what went wrong, for people, when code is not OK */
};

struct quell_host;

/* One call. Made by the engine; everything in it is borrowed until the turn returns. */
struct quell_call {
    const struct quell_host *host;
    struct quell_str id;         /* run/step path/attempt, unique */
    struct quell_str key;        /* idempotency key: the same for every repetition of this step */
    struct quell_str uuid;       /* UUIDv5 of the key: for APIs where we choose the id */
    struct quell_str run;        /* run id */
    struct quell_str step;       /* step path: contain[0].isolate */
    struct quell_value input;    /* checked, defaults filled in */
    struct quell_value settings; /* the connection's settings, without secrets */
    struct quell_value state;    /* what the last send() or later() journaled; null at the start */
    int64_t now_us;
    bool resumed; /* this turn follows a crash, or an attempt whose outcome is not known: a request
                     described by `state` may have been sent */
    void *engine; /* the engine's own */
    const struct quell_action *action; /* the one that is called */
};

/* What the engine does for a connector. `size` lets later versions append functions. */
struct quell_host {
    size_t size;
    void *(*alloc)(struct quell_call *call, size_t size); /* zeroed; until the turn returns */
    struct quell_str (*format)(struct quell_call *call, const char *format, ...)
        QUELL_PRINTF(2, 3); /* until the turn returns */
    /* Text made safe for a sink (struct quell_field.sink). */
    struct quell_str (*escape)(struct quell_call *call, const char *sink, struct quell_str text);
    /* A map of string keys, from alternating `const char *key, struct quell_value value`, ended by
     * a NULL key. */
    struct quell_value (*map)(struct quell_call *call, ...);
    struct quell_value (*json)(struct quell_call *call,
                               struct quell_str text); /* null if invalid */
    struct quell_str (*json_text)(struct quell_call *call, struct quell_value value);
    void (*note)(struct quell_call *call, const char *format, ...) QUELL_PRINTF(2, 3);
    enum quell_turn (*send)(struct quell_call *call, const struct quell_request *request,
                            struct quell_value state);
    enum quell_turn (*later)(struct quell_call *call, int64_t ms, struct quell_value state);
    enum quell_turn (*done)(struct quell_call *call, struct quell_value output);
    /* QUELL_REFUSED, QUELL_CONFLICT and QUELL_NOT_FOUND also say that a change whose answer was
     * lost came to nothing; with any other code its outcome stays unknown. */
    enum quell_turn (*fail)(struct quell_call *call, enum quell_code code, int status,
                            const char *format, ...) QUELL_PRINTF(4, 5);
    /* The usual answer to a reply that is no success: maps reply->code or the HTTP status to a
     * code, with the service's own words (error.message, error_description, detail, title). */
    enum quell_turn (*refuse)(struct quell_call *call, const struct quell_reply *reply);
    /* For actions that look by themselves: the change whose answer was lost was found, and is
     * followed from here on. Until then a failure of the look, or a deadline, is an unknown
     * outcome. Not said of what was not found: sending again says that. */
    void (*found)(struct quell_call *call);
    /* The opposite: a change that the far side has taken is out of sight, and until `found` a
     * failure or a deadline is an unknown outcome. */
    void (*lost)(struct quell_call *call);
};

#ifdef __cplusplus
}
#endif
#endif
