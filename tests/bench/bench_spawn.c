/*
 * bench_spawn.c - how long a command takes from spawn to exit, beside /bin/true in the same run.
 *
 *     bench_spawn TIMES COMMAND [ARGUMENT...]
 *
 * The two take turns, so that both see the same machine. Prints medians in milliseconds.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "loop/loop.h"

enum { TIMES_MAX = 10000 };

extern char **environ;

static int64_t spawn_once(char *const argv[])
{
    posix_spawn_file_actions_t actions;
    int64_t begin = clock_monotonic_us();
    pid_t pid;
    int status = 0;

    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0 ||
        waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) > 1) {
        fprintf(stderr, "bench_spawn: %s did not run well\n", argv[0]);
        exit(2);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return clock_monotonic_us() - begin;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static double median_ms(int64_t *times, int count)
{
    qsort(times, (size_t)count, sizeof(*times), compare);
    return (double)times[count / 2] / 1000.0;
}

int main(int argc, char **argv)
{
    static int64_t ours[TIMES_MAX], floor_us[TIMES_MAX];
    char name[] = "/bin/true";
    char *nothing[] = {name, NULL};
    int count = argc > 2 ? (int)strtol(argv[1], NULL, 10) : 0, i;
    double mine, base;

    if (count < 1 || count > TIMES_MAX) {
        fprintf(stderr, "usage: bench_spawn TIMES COMMAND [ARGUMENT...]\n");
        return 2;
    }
    (void)spawn_once(argv + 2); /* the first one reads the binary from disk */
    for (i = 0; i < count; i++) {
        floor_us[i] = spawn_once(nothing);
        ours[i] = spawn_once(argv + 2);
    }
    mine = median_ms(ours, count);
    base = median_ms(floor_us, count);
    printf("%.2f ms, /bin/true %.2f ms, ratio %.1f (median of %d)\n", mine, base, mine / base,
           count);
    return 0;
}
