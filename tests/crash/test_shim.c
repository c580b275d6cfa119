/*
 * test_shim.c - the shim does what it says: it counts each thread's calls apart, dies at the one
 * that was chosen, before or after it took place, and its clock is as fast as asked for.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXT_MAX = 4096 };

static char folder[] = "/tmp/quell-shim-XXXXXX";
static char data[64], log_file[64], output[64];

/* Reads a whole file; its length, or -1 when it is not there. */
static int read_file(const char *path, char text[TEXT_MAX])
{
    FILE *file = fopen(path, "re");
    size_t len;

    if (!file)
        return -1;
    len = fread(text, 1, TEXT_MAX - 1, file);
    text[len] = '\0';
    (void)fclose(file);
    return (int)len;
}

static void run_child(const char *const *environment)
{
    int out = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    for (; *environment; environment += 2)
        (void)setenv(environment[0], environment[1], 1);
    if (out >= 0 && dup2(out, STDOUT_FILENO) >= 0)
        (void)execl(QUELL_VICTIM, QUELL_VICTIM, data, (char *)NULL);
    _exit(127);
}

/* Runs the victim with NULL-ended pairs of variables; its wait status. */
static int run(const char *const *environment)
{
    int status = -1;
    pid_t child;

    (void)unlink(data);
    (void)unlink(log_file);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        run_child(environment);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int run_point(const char *thread, const char *call, const char *nth, const char *when)
{
    const char *environment[] = {"LD_PRELOAD",
                                 QUELL_SHIM,
                                 "QUELL_CRASH_THREAD",
                                 thread,
                                 "QUELL_CRASH_CALL",
                                 call,
                                 "QUELL_CRASH_NTH",
                                 nth,
                                 "QUELL_CRASH_WHEN",
                                 when,
                                 NULL};

    return run(environment);
}

static void assert_killed(int status)
{
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void test_counts_each_thread_and_call_apart(void **state)
{
    const char *environment[] = {"LD_PRELOAD", QUELL_SHIM, "QUELL_CRASH_LOG", log_file, NULL};
    char text[TEXT_MAX];
    int status = run(environment);

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(read_file(log_file, text) > 0);
    assert_string_equal(text, "engine write 1 data\n"
                              "engine write 2 data\n"
                              "writer pwrite 1 data\n"
                              "writer fdatasync 1 data\n"
                              "writer pwrite 2 data\n"
                              "engine unlink 1 data\n"
                              "engine write 3 out\n");
}

static void test_dies_before(void **state)
{
    char text[TEXT_MAX];

    assert_killed(run_point("engine", "write", "2", "before"));
    assert_int_equal(read_file(data, text), 1);
    assert_string_equal(text, "a");
    assert_killed(run_point("writer", "pwrite", "2", "before"));
    assert_int_equal(read_file(data, text), 11);
    assert_killed(run_point("engine", "unlink", "1", "before"));
    assert_true(read_file(data, text) > 0);
}

static void test_dies_after(void **state)
{
    char text[TEXT_MAX];

    assert_killed(run_point("engine", "write", "2", "after"));
    assert_int_equal(read_file(data, text), 2);
    assert_string_equal(text, "ab");
    assert_killed(run_point("writer", "pwrite", "2", "after"));
    assert_int_equal(read_file(data, text), 12);
    assert_killed(run_point("engine", "unlink", "1", "after"));
    assert_int_equal(read_file(data, text), -1);
}

static void test_a_point_that_is_not_reached_kills_nobody(void **state)
{
    int status = run_point("writer", "pwrite", "3", "before");

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    status = run_point("other", "write", "1", "before");
    assert_true(WIFEXITED(status));
}

static void test_another_signal_is_only_raised(void **state)
{
    const char *environment[] = {"LD_PRELOAD",
                                 QUELL_SHIM,
                                 "QUELL_CRASH_THREAD",
                                 "writer",
                                 "QUELL_CRASH_CALL",
                                 "fdatasync",
                                 "QUELL_CRASH_NTH",
                                 "1",
                                 "QUELL_CRASH_SIGNAL",
                                 "15",
                                 "QUELL_CRASH_WHEN",
                                 "before",
                                 NULL};
    int status = run(environment);

    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
    environment[9] = "23"; /* SIGURG, which nobody minds */
    status = run(environment);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_the_clock_is_faster_and_waiting_shorter(void **state)
{
    const char *environment[] = {"LD_PRELOAD", QUELL_SHIM, "QUELL_CRASH_SPEED", "100", NULL};
    char text[TEXT_MAX], *rest = text;
    int status = run(environment);
    long long inner, fast, outer, waited;

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(read_file(output, text) > 0);
    inner = strtoll(rest, &rest, 10);
    fast = strtoll(rest, &rest, 10);
    outer = strtoll(rest, &rest, 10);
    waited = strtoll(rest, &rest, 10);
    assert_true(inner * 100 <= fast);
    assert_true(fast <= outer * 100);
    assert_true(fast >= 200000000); /* what was asked for has passed on the faster clock */
    /* On the real clock the same time is 20 seconds away, which the faster one would show as 2,000.
     */
    assert_in_range(waited, 20, 1000);
}

static int set_up(void **state)
{
    if (!mkdtemp(folder))
        return 1;
    (void)snprintf(data, sizeof(data), "%s/data", folder);
    (void)snprintf(log_file, sizeof(log_file), "%s/log", folder);
    (void)snprintf(output, sizeof(output), "%s/out", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)unlink(data);
    (void)unlink(log_file);
    (void)unlink(output);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_each_thread_and_call_apart),
        cmocka_unit_test(test_dies_before),
        cmocka_unit_test(test_dies_after),
        cmocka_unit_test(test_a_point_that_is_not_reached_kills_nobody),
        cmocka_unit_test(test_another_signal_is_only_raised),
        cmocka_unit_test(test_the_clock_is_faster_and_waiting_shorter),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
