/*
 * services.h - what the faked services share: routes, captured path segments, answers.
 *
 * A route is one row: method, path pattern, who may come, which door its faults are asked at. The
 * rows of all services are in route.c's table of tables.
 */
#ifndef RANGE_SERVICES_H
#define RANGE_SERVICES_H

#include <quell/value.h>

#include "../net/http.h"
#include "../range.h"

enum service { SERVICE_NONE, SERVICE_ENTRA, SERVICE_DEFENDER, SERVICE_ARM };

enum { CAPTURES_MAX = 6 };

/* One request on its way to a handler. */
struct visit {
    struct range *range;
    const struct http_request *request;
    struct arena *arena;                     /* the request's */
    struct quell_str captures[CAPTURES_MAX]; /* the {} of the pattern, unescaped */
    struct quell_value json;                 /* the body when it is JSON, else null */
    struct http_answer *answer;
};

struct route {
    const char *method;  /* "*" = any */
    const char *pattern; /* segments; {} captures one, a last {*} the rest; ASCII case is ignored */
    enum service service; /* its way to say errors, and its token check */
    const char *door;     /* where faults are asked for; NULL = never fails on demand */
    void (*handle)(struct visit *visit);
};

extern const struct route entra_routes[], defender_routes[], sentinel_routes[], control_routes[];

/* Finds the route, asks for faults, checks the token, calls the handler: http_server_new's. */
void route_request(const struct http_request *request, struct http_answer *answer, void *range);

/* Answers with JSON. */
void answer_json(struct visit *visit, int status, struct quell_value value);
/* Answers as the service says errors: Defender {"error":{code,message,target}}, ARM
 * {"error":{code,message}}. */
void answer_error(struct visit *visit, enum service service, int status, const char *code,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Entra's {"error","error_description","error_codes"...}. */
void answer_oauth_error(struct visit *visit, int status, const char *error, int64_t number,
                        const char *message);
/* Whether the bearer token was issued for this service and is still good. */
bool entra_token_good(const struct range *range, struct quell_str token, enum service service);
/* A decoded query parameter; empty when absent. */
struct quell_str visit_query(const struct visit *visit, const char *key);
/* Whether `map` has only keys of this NULL-ended list. */
bool only_keys(struct quell_value map, const char *const *keys);

/* defender.c and actions.c: machines and what is done to them. */
struct machine {
    struct machine *next;
    struct quell_value record; /* as the API shows it */
};

struct machine_action {
    struct machine_action *next;
    struct quell_str id, machine, type, scope, comment, external_id;
    struct quell_str computer; /* its DNS name */
    const char *end;           /* the status it will end with */
    int64_t at_us;             /* accepted */
    bool stuck;                /* a duplicate of an isolation that holds: stays Pending */
    int64_t freed_us;          /* when a release let it go; 0 = not yet */
    int64_t cancelled_us;      /* 0 = never */
    struct quell_str cancel_comment;
};

/* Finds it, or makes a plausible one at first sight; NULL for ids that begin with `unknown-`. */
struct machine *machine_get(struct range *range, struct quell_str id);
/* Adds or replaces the given members of a machine's record. */
void machine_put(struct range *range, struct quell_str id, struct quell_value members);
/* The state of an action at a time: Pending InProgress Succeeded Failed TimeOut Cancelled. */
const char *action_status(const struct range *range, const struct machine_action *action,
                          int64_t now_us);
struct quell_value action_value(const struct range *range, struct arena *arena,
                                const struct machine_action *action, bool listed);
/* Whether the device is isolated now. */
bool machine_isolated(const struct range *range, struct quell_str machine);
void action_start(struct visit *visit);
void action_get(struct visit *visit);
void action_list(struct visit *visit);
void action_cancel(struct visit *visit);
/* Filters, sorts and pages a list as the query says, and answers with it. */
void answer_page(struct visit *visit, const char *context, struct quell_value list);

/* sentinel.c */
struct comment {
    struct comment *next;
    struct quell_str name, etag, message;
    int64_t created_us, modified_us;
};

struct incident_record {
    struct incident_record *next;
    struct quell_str path; /* as first asked for: .../Incidents/NAME */
    struct quell_str name;
    struct quell_value properties;
    struct comment *comments;
    int64_t created_us;
};

void incident_put(struct range *range, struct quell_str name, struct quell_value properties);

/* entra.c */
struct token {
    struct token *next;
    struct quell_str text;
    enum service service;
    int64_t until_us;
};

#endif
