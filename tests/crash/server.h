/*
 * server.h - one `quell serve` as a child process: with a point or without, its address, its end.
 */
#ifndef CRASH_SERVER_H
#define CRASH_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <quell/value.h>

struct arena;
struct point;

/* How every server of a trial is started. */
struct server_plan {
    const char *program, *config;
    const char *shim;  /* NULL: none, and nothing is injected, logged or made faster */
    const char *log;   /* standard error is added to it */
    const char *calls; /* where the shim logs calls; NULL = nowhere */
    const char *trace; /* where it writes down what the disk is told about `folder`; NULL */
    const char *folder;
    bool kinds;       /* calls are counted for files and sockets apart */
    int64_t epoch_ns; /* where its faster clock begins */
    int speed;
    int signal; /* raised at the point */
};

struct server {
    pid_t pid;
    int pidfd; /* readable once it has ended */
    char url[64], control[128];
    int answer_ms; /* how long an answer may take; 0 = as long as any */
    bool ended;
    int status; /* of waitpid, once it has ended */
};

int64_t now_ms(void); /* monotonic, real */

/* Starts it and waits until it listens; point NULL = nothing is injected. False when it ended or
 * does not listen by `deadline_ms`; the server is then gone. */
bool server_start(struct server *server, const struct server_plan *plan, const struct point *point,
                  int64_t deadline_ms);
/* Waits for its end for at most `wait_ms`; whether it has ended. */
bool server_ended(struct server *server, int wait_ms);
/* SIGTERM; when it has not ended by `deadline_ms`, SIGKILL and false. */
bool server_stop(struct server *server, int64_t deadline_ms);
bool server_was_killed(const struct server *server); /* by SIGKILL: the shim's, when none of ours */

/* Runs another command of the program, NULL-ended, with the same configuration and clock; its wait
 * status. What it says goes to the log. */
int server_command(const struct server_plan *plan, const char *const *words);

struct answer {
    int status; /* 0 = none came */
    struct quell_value json;
};

/* One request: over TCP when it is for the webhook, else over the control socket. `body` NULL =
 * GET; `header` NULL = none. */
struct answer server_ask(const struct server *server, struct arena *arena, const char *path,
                         const char *header, const char *body);

#endif
