/*
 * crash.c - kill -9 at every call by which `quell serve` acts on the world, before and after it,
 * while one incident comes in and two playbooks run; then a restart, and the practice range's word
 * against the journal's (SAFETY.md, "Proof").
 *
 * The points are those of a run that is only watched. Their numbers differ by a few from run to
 * run, because what waits together is committed together: three runs are watched, a point is one
 * that all of them had, and one that is not reached is tried again. What is still not reached after
 * five tries is no pass.
 *
 * With --twice the server that takes up dies as well, at each of its own points. With --term it is
 * asked to end there, and must leave nothing in doubt. With --expect-duplicates (of a quell that
 * keeps no intents) the test succeeds only if it finds some: one that could not see them would
 * prove nothing.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "work.h"

static const char usage[] =
    "usage: crash_points [options]\n"
    "\n"
    "  --all                 every point\n"
    "  --most N              at most N, spread evenly over all calls\n"
    "  --twice N             after a death at N points: the points of the server that takes up\n"
    "  --term                SIGTERM instead of SIGKILL\n"
    "  --faults              the far side stumbles once at every door: 429, 451, lost answers\n"
    "  --point T/CALL/N/W    only this one, such as writer/pwrite/12/after; with --twice "
    "FIRST,POINT\n"
    "  --quell PROGRAM       another binary\n"
    "  --expect-duplicates   succeed only when there are some: a negative control\n"
    "  --workers N           processes that try, 3 for each core: mostly they wait\n"
    "  --speed N             how many times faster its clock runs: 200\n"
    "  --keep                leave the folders\n"
    "\n"
    "QUELL_CRASH_POINTS=N (or `all`) stands above --most.\n";

enum option_id {
    OPTION_ALL = 256,
    OPTION_MOST,
    OPTION_TWICE,
    OPTION_TERM,
    OPTION_FAULTS,
    OPTION_POINT,
    OPTION_QUELL,
    OPTION_EXPECT,
    OPTION_WORKERS,
    OPTION_SPEED,
    OPTION_KEEP,
    OPTION_HELP,
};

static const struct option long_options[] = {
    {"all", no_argument, NULL, OPTION_ALL},
    {"most", required_argument, NULL, OPTION_MOST},
    {"twice", required_argument, NULL, OPTION_TWICE},
    {"term", no_argument, NULL, OPTION_TERM},
    {"faults", no_argument, NULL, OPTION_FAULTS},
    {"point", required_argument, NULL, OPTION_POINT},
    {"quell", required_argument, NULL, OPTION_QUELL},
    {"expect-duplicates", no_argument, NULL, OPTION_EXPECT},
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"speed", required_argument, NULL, OPTION_SPEED},
    {"keep", no_argument, NULL, OPTION_KEEP},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

static unsigned number(const char *text, unsigned least, unsigned most)
{
    unsigned long read = strtoul(text, NULL, 10);

    return read < least ? least : read > most ? most : (unsigned)read;
}

static unsigned number_of_workers(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores < 1 ? 3 : cores * 3 > WORKERS_MAX ? WORKERS_MAX : (unsigned)cores * 3;
}

static void take_option(int id, struct options *options)
{
    switch (id) {
    case OPTION_ALL:
        options->most = 0;
        break;
    case OPTION_MOST:
        options->most = number(optarg, 1, 1000000);
        break;
    case OPTION_TWICE:
        options->twice = number(optarg, 1, 10000);
        break;
    case OPTION_TERM:
        options->signal = SIGTERM;
        break;
    case OPTION_FAULTS:
        options->faults = true;
        break;
    case OPTION_POINT:
        options->only = optarg;
        break;
    case OPTION_QUELL:
        options->quell = optarg;
        break;
    case OPTION_EXPECT:
        options->expect_duplicates = true;
        break;
    case OPTION_WORKERS:
        options->workers = number(optarg, 1, WORKERS_MAX);
        break;
    case OPTION_SPEED:
        options->speed = (int)number(optarg, 1, 1000);
        break;
    case OPTION_KEEP:
        options->keep = true;
        break;
    default:
        fputs(usage, id == OPTION_HELP ? stdout : stderr);
        exit(id == OPTION_HELP ? 0 : 2);
    }
}

int main(int argc, char **argv)
{
    struct options options = {
        .quell = QUELL_PROGRAM, .workers = number_of_workers(), .speed = 200, .signal = SIGKILL};
    const char *asked = getenv("QUELL_CRASH_POINTS");
    struct work *work;
    int id;

    for (id = getopt_long(argc, argv, "", long_options, NULL); id != -1;
         id = getopt_long(argc, argv, "", long_options, NULL))
        take_option(id, &options);
    if (asked)
        options.most = strcmp(asked, "all") == 0 ? 0 : number(asked, 1, 1000000);
    work = work_plan(&options);
    work_do(work, &options);
    return report(work, &options);
}
