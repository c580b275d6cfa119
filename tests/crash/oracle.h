/*
 * oracle.h - what the range saw, against what the journal says. Neither is asked for an opinion on
 * the other: the range was never injected, and the journal is read from the file.
 */
#ifndef CRASH_ORACLE_H
#define CRASH_ORACLE_H

#include <quell/value.h>

struct arena;
struct peer;
struct workload;

struct findings {
    unsigned lost;       /* answered 202 and no run that ended or is held; or ended well without its
                            effect */
    unsigned duplicated; /* effects that took place more than once, or of no run; runs too many */
    unsigned stuck;      /* neither ended nor held in time; or the server does not start or end */
    unsigned failed;     /* runs that ended badly though nothing was wrong but the crash */
    unsigned corrupt;    /* the journal has a hole, or two ends, or cannot be read */
    unsigned held;       /* `once` actions whose outcome is in doubt: no finding */
    unsigned resolved;   /* of those, ended by a person's word */
    char note[512];      /* the first finding in words */
};

/* Counts one finding, and keeps the words of the first. */
void found(struct findings *findings, unsigned *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* How often the range has seen the mail of a run's step. */
unsigned oracle_mails(struct peer *range, struct quell_str run, struct quell_str step);

/* `promised` is what the first 202 for each incident said: a list of [{run, playbook}], null where
 * there was none. */
void oracle_compare(struct peer *range, const char *database, const struct workload *workload,
                    struct quell_value promised, struct findings *findings);

#endif
