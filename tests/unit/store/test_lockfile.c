/*
 * test_lockfile.c - the fence: one holder at a time, and what each call of the system that fails
 * makes of it. A lock that was not got leaves no descriptor behind, and one that was got stays,
 * whatever the disk says to the number in the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/lockfile.h"

/* ---- the system, which fails when it is told to ------------------------------------------------
 */

enum { UNTOUCHED = -7 }; /* what *fd is while nobody sets it */

static struct {
    int open, lock, truncate, read; /* the errno; 0: it does its work */
    int open_fd;                    /* what open() gave last */
    unsigned closed, written, truncated;
    bool write_fails, write_short;
} fake;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
ssize_t __real_pread(int fd, void *into, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *into, size_t size, off_t at);
ssize_t __real_pwrite(int fd, const void *from, size_t size, off_t at);
ssize_t __wrap_pwrite(int fd, const void *from, size_t size, off_t at);
int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size);
int __real_close(int fd);
int __wrap_close(int fd);

static int refuse(int number)
{
    errno = number;
    return -1;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list list;
    int mode;

    if (fake.open)
        return refuse(fake.open);
    va_start(list, flags);
    mode = va_arg(list, int);
    va_end(list);
    fake.open_fd = __real_open(path, flags, mode);
    return fake.open_fd;
}

int __wrap_fcntl(int fd, int command, ...)
{
    va_list list;
    void *with;

    if (fake.lock && command == F_OFD_SETLK)
        return refuse(fake.lock);
    va_start(list, command);
    with = va_arg(list, void *);
    va_end(list);
    return __real_fcntl(fd, command, with);
}

ssize_t __wrap_pread(int fd, void *into, size_t size, off_t at)
{
    return fake.read ? refuse(fake.read) : __real_pread(fd, into, size, at);
}

ssize_t __wrap_pwrite(int fd, const void *from, size_t size, off_t at)
{
    fake.written++;
    if (fake.write_fails)
        return refuse(ENOSPC);
    return __real_pwrite(fd, from, fake.write_short ? 2 : size, at);
}

int __wrap_ftruncate(int fd, off_t size)
{
    fake.truncated++;
    return fake.truncate ? refuse(fake.truncate) : __real_ftruncate(fd, size);
}

int __wrap_close(int fd)
{
    fake.closed += fd == fake.open_fd;
    return __real_close(fd);
}

/* ---- a folder for each test --------------------------------------------------------------------
 */

static char folder[64], path[96];

static int begin(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    (void)snprintf(folder, sizeof(folder), "/tmp/quell-lock-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/store.lock", folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    (void)unlink(path); /* where none was made there is none */
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

static void file_holds(const char *wanted)
{
    char text[64] = "";
    FILE *file = fopen(path, "re");

    assert_non_null(file);
    (void)!fread(text, 1, sizeof(text) - 1, file);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, wanted);
}

static int take(void)
{
    struct quell_error err = {0};
    int fd = UNTOUCHED;

    if (lockfile_take(path, &fd, &err))
        fail_msg("%s", err.message);
    return fd;
}

static void assert_refused(enum quell_code code, const char *message)
{
    struct quell_error err = {0};
    int fd = UNTOUCHED;

    assert_int_equal(lockfile_take(path, &fd, &err), code);
    assert_int_equal(fd, UNTOUCHED);
    assert_string_equal(err.message, message);
}

/* ---- one holder --------------------------------------------------------------------------------
 */

static void one_at_a_time(void **state)
{
    char number[32], message[160];
    int fd = take();

    (void)state;
    (void)snprintf(number, sizeof(number), "%ld\n", (long)getpid());
    (void)snprintf(message, sizeof(message), "the store is in use by process %ld (%s)",
                   (long)getpid(), path);
    file_holds(number);
    assert_true(__real_fcntl(fd, F_GETFD) & FD_CLOEXEC); /* no child keeps it */
    assert_refused(QUELL_CONFLICT, message);
    assert_int_equal(fake.closed, 1);
    file_holds(number);
    lockfile_give(fd);
    fd = take();
    lockfile_give(fd);
}

/* The number of who held it last goes, however long it is. */
static void the_number_is_the_holders(void **state)
{
    char number[32];
    FILE *file = fopen(path, "we");
    int fd;

    (void)state;
    assert_non_null(file);
    assert_true(fputs("12345678901234567\n", file) > 0);
    assert_int_equal(fclose(file), 0);
    fd = take();
    (void)snprintf(number, sizeof(number), "%ld\n", (long)getpid());
    file_holds(number);
    lockfile_give(fd);
}

/* ---- calls that fail ---------------------------------------------------------------------------
 */

static const struct {
    int number;
    enum quell_code code;
} failures[] = {
    {ENOENT, QUELL_NOT_FOUND}, {ENOTDIR, QUELL_NOT_FOUND}, {EACCES, QUELL_DENIED},
    {EPERM, QUELL_DENIED},     {EROFS, QUELL_DENIED},      {EMFILE, QUELL_IO},
    {EIO, QUELL_IO},
};

static void a_file_that_does_not_open(void **state)
{
    char message[160];

    (void)state;
    for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
        fake.open = failures[i].number;
        (void)snprintf(message, sizeof(message), "%s: %s", path, strerror(failures[i].number));
        assert_refused(failures[i].code, message);
    }
    assert_int_equal(fake.written + fake.truncated, 0);
}

/* A file system that has no locks, say: nobody writes the store there. */
static void a_lock_that_fails(void **state)
{
    static const int numbers[] = {ENOLCK, EINVAL, EIO};
    char message[160];

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        fake.lock = numbers[i];
        (void)snprintf(message, sizeof(message), "%s: %s", path, strerror(numbers[i]));
        assert_refused(QUELL_IO, message);
        assert_int_equal(fake.closed, i + 1);
        assert_int_equal(fake.written + fake.truncated, 0);
    }
}

static void a_holder_that_nobody_knows(void **state)
{
    char message[160];

    (void)state;
    (void)snprintf(message, sizeof(message), "the store is in use by another process (%s)", path);
    fake.lock = EAGAIN;
    assert_refused(QUELL_CONFLICT, message); /* locked a moment ago: nothing is written yet */
    fake.lock = EACCES;                      /* the other name of it */
    assert_refused(QUELL_CONFLICT, message);
    fake.read = EIO;
    assert_refused(QUELL_CONFLICT, message);
    assert_int_equal(fake.closed, 3);
    assert_int_equal(fake.written + fake.truncated, 0);
}

/* The number only serves a message: the lock is there without it, and holds. */
static void a_number_that_is_not_written(void **state)
{
    char message[160];
    int fd;

    (void)state;
    (void)snprintf(message, sizeof(message), "the store is in use by another process (%s)", path);
    fake.truncate = EIO;
    fd = take();
    assert_int_equal(fake.written, 0); /* behind the old number nothing is written */
    assert_int_equal(fake.closed, 0);
    assert_refused(QUELL_CONFLICT, message);
    lockfile_give(fd);

    fake.truncate = 0;
    fake.write_fails = true;
    fd = take();
    file_holds("");
    assert_refused(QUELL_CONFLICT, message);
    lockfile_give(fd);

    fake.write_fails = false;
    fake.write_short = true;
    fd = take();
    file_holds(""); /* half of a number would be another process's */
    assert_refused(QUELL_CONFLICT, message);
    lockfile_give(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_at_a_time, begin, end),
        cmocka_unit_test_setup_teardown(the_number_is_the_holders, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_does_not_open, begin, end),
        cmocka_unit_test_setup_teardown(a_lock_that_fails, begin, end),
        cmocka_unit_test_setup_teardown(a_holder_that_nobody_knows, begin, end),
        cmocka_unit_test_setup_teardown(a_number_that_is_not_written, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
