/*
 * crash.c - something bad at every call by which `quell serve` acts on the world, while incidents
 * come in and playbooks run; then a restart, and the practice range's word against the journal's
 * (SAFETY.md, "Proof").
 *
 * The points are those of runs that are only watched. Their numbers differ by a few from run to
 * run, because what waits together is committed together: four runs are watched, a point is one
 * that all of them had, and one that is not reached is tried again, in the end at an earlier call.
 * What is still not reached after eight tries is no pass.
 *
 * With --twice the server that takes up dies as well, at each of its own points. With --term it is
 * asked to end there, and must leave nothing in doubt. With --expect (of a quell that lacks one of
 * the things that are to be proved) the test succeeds only if that shows: one that could not see it
 * would prove nothing.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "work.h"
#include "workload.h"

static const char usage[] =
    "usage: crash_points [options]\n"
    "\n"
    "  --mode kill           what happens at a point: it dies before or after the call (kill); "
    "the\n"
    "                        machine loses its power (power); the call fails or does half of it\n"
    "                        (errors); the disk is full for a while (space); the clock is set\n"
    "                        (clock); it stands still while a second engine is started (fence)\n"
    "  --workload NAME       only this one of workload.c\n"
    "  --most N              at most N points, spread evenly over all\n"
    "  --twice N             after a death at N points: the points of the server that takes up\n"
    "  --term                SIGTERM instead of SIGKILL\n"
    "  --point P             only this one, such as contain:writer/pwrite/12/after; with a first\n"
    "                        death contain:FIRST,POINT\n"
    "  --quell PROGRAM       another binary\n"
    "  --expect WHAT         duplicates or losses: a negative control, which has to show some\n"
    "  --workers N           processes that try, 4 for each core: mostly they wait\n"
    "  --speed N             how many times faster its clock runs: 100\n"
    "  --keep                leave the folders\n";

enum option_id {
    OPTION_MODE = 256,
    OPTION_WORKLOAD,
    OPTION_MOST,
    OPTION_TWICE,
    OPTION_TERM,
    OPTION_POINT,
    OPTION_QUELL,
    OPTION_EXPECT,
    OPTION_WORKERS,
    OPTION_SPEED,
    OPTION_KEEP,
    OPTION_HELP,
};

static const struct option long_options[] = {
    {"mode", required_argument, NULL, OPTION_MODE},
    {"workload", required_argument, NULL, OPTION_WORKLOAD},
    {"most", required_argument, NULL, OPTION_MOST},
    {"twice", required_argument, NULL, OPTION_TWICE},
    {"term", no_argument, NULL, OPTION_TERM},
    {"point", required_argument, NULL, OPTION_POINT},
    {"quell", required_argument, NULL, OPTION_QUELL},
    {"expect", required_argument, NULL, OPTION_EXPECT},
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

    return cores < 1 ? 4 : cores * 4 > WORKERS_MAX ? WORKERS_MAX : (unsigned)cores * 4;
}

static void refuse(const char *what)
{
    fprintf(stderr, "crash: there is no such %s: %s\n", what, optarg);
    exit(2);
}

static void take_option(int id, struct options *options)
{
    switch (id) {
    case OPTION_MODE:
        if (!mode_read(optarg, &options->mode))
            refuse("mode");
        break;
    case OPTION_WORKLOAD:
        options->workload = workload_find(optarg);
        if (!options->workload)
            refuse("workload");
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
    case OPTION_POINT:
        options->only = optarg;
        break;
    case OPTION_QUELL:
        options->quell = optarg;
        break;
    case OPTION_EXPECT:
        options->expected = strcmp(optarg, "losses") == 0 ? EXPECT_LOSSES : EXPECT_DUPLICATES;
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
        .quell = QUELL_PROGRAM, .workers = number_of_workers(), .speed = 100, .signal = SIGKILL};
    struct work *work;
    int id;

    for (id = getopt_long(argc, argv, "", long_options, NULL); id != -1;
         id = getopt_long(argc, argv, "", long_options, NULL))
        take_option(id, &options);
    work = work_plan(&options);
    work_do(work, &options);
    return report(work, &options);
}
