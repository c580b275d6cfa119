/*
 * when.c - the table of what may happen at a call. Only what a kernel may really answer there: a
 * disk has no EAGAIN, and EINTR does not go on for ever.
 */
#include "when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 10, CUTS_WRITING = 64, CUTS_OTHER = 8, HOUR_S = 3600, WRITER_READY = 2 };

static const char *const mode_names[MODES] = {"kill", "power", "errors", "clock", "space", "fence"};

/* `thread` NULL: any; `calls`: names between blanks; empty = every call. */
static const struct row {
    enum mode mode;
    const char *thread, *calls;
    const char *words[WORDS];
} rows[] = {
    {MODE_KILL, NULL, "", {"before", "after"}},
    {MODE_CLOCK, NULL, "", {"+300", "-1800", "+18000", "-18000", "-90"}},
    /* Those that it makes while it listens: the engine's others are made before, or at the end. */
    {MODE_FENCE, "writer", " fdatasync write ", {"stop"}},
    {MODE_FENCE, "engine", " send writev ", {"stop"}},
    {MODE_SPACE,
     NULL,
     " pwrite.file write.file ftruncate.file ",
     {"ENOSPC-1", "ENOSPC-5", "ENOSPC-20"}},
    {MODE_ERRORS,
     NULL,
     " pwrite.file write.file ",
     {"EIO", "ENOSPC", "EINTR", "short", "EIO-on", "ENOSPC-on", "short-on"}},
    {MODE_ERRORS, NULL, " fsync.file fdatasync.file ", {"EIO", "ENOSPC", "EIO-on"}},
    {MODE_ERRORS, NULL, " ftruncate.file unlink.file ", {"EIO", "EIO-on"}},
    {MODE_ERRORS, NULL, " read.file pread.file ", {"EIO", "EINTR", "short", "EIO-on", "short-on"}},
    {MODE_ERRORS,
     NULL,
     " send.socket sendto.socket sendmsg.socket write.socket writev.socket ",
     {"EINTR", "EAGAIN", "ECONNRESET", "EPIPE", "ENOBUFS", "short", "ECONNRESET-on", "short-on"}},
    {MODE_ERRORS,
     NULL,
     " recv.socket read.socket readv.socket ",
     {"EINTR", "EAGAIN", "ECONNRESET", "short", "ECONNRESET-on", "short-on"}},
    {MODE_ERRORS, NULL, " accept4.socket socket.socket ", {"EMFILE", "ENOBUFS", "EMFILE-on"}},
};

static bool has_call(const char *calls, const char *call)
{
    char word[32];

    (void)snprintf(word, sizeof(word), " %s ", call);
    return !*calls || strstr(calls, word) != NULL;
}

/* Most of what a disk may do depends on what was written and not yet synced. */
static bool cut_name(const char *call, unsigned number, char when[16])
{
    bool writes = strcmp(call, "pwrite") == 0 || strcmp(call, "ftruncate") == 0;

    (void)snprintf(when, 16, "cut-%u", number + 1);
    return number < (writes ? CUTS_WRITING : CUTS_OTHER);
}

bool when_name(enum mode mode, const char *thread, const char *call, unsigned number, char when[16])
{
    if (mode == MODE_POWER)
        return cut_name(call, number, when);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (rows[i].mode != mode || !has_call(rows[i].calls, call) ||
            (rows[i].thread && strcmp(rows[i].thread, thread) != 0))
            continue;
        if (number >= WORDS || !rows[i].words[number])
            return false;
        (void)snprintf(when, 16, "%s", rows[i].words[number]);
        return true;
    }
    return false;
}

/* The writer makes the store ready before anybody listens, and nobody could be told apart there. */
unsigned long when_first(enum mode mode, const char *thread)
{
    return mode == MODE_FENCE && strcmp(thread, "writer") == 0 ? WRITER_READY + 1 : 1;
}

bool when_may_fail(enum mode mode, const char *call, const char *when)
{
    size_t len = strlen(when);
    bool goes_on = len > 3 && strcmp(when + len - 3, "-on") == 0;

    return (mode == MODE_ERRORS && (goes_on || strcmp(call, "read.file") == 0)) ||
           (mode == MODE_CLOCK && labs(strtol(when, NULL, 10)) > HOUR_S);
}

unsigned when_seed(const char *when)
{
    return (unsigned)strtoul(when + strcspn(when, "0123456789"), NULL, 10);
}

bool mode_fails(enum mode mode)
{
    return mode == MODE_ERRORS || mode == MODE_SPACE;
}

const char *mode_name(enum mode mode)
{
    return mode_names[mode];
}

bool mode_read(const char *name, enum mode *mode)
{
    for (unsigned i = 0; i < MODES; i++) {
        if (strcmp(mode_names[i], name) == 0) {
            *mode = (enum mode)i;
            return true;
        }
    }
    return false;
}
