/*
 * shim.h - what the parts of the shim share: shim.c counts calls and decides, shim_time.c bends the
 * clocks, shim_trace.c remembers what a disk would have had to keep.
 */
#ifndef CRASH_SHIM_H
#define CRASH_SHIM_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#define SHIM_EXPORT __attribute__((visibility("default")))
#define SHIM_FD_LEAST 512 /* above what the program opens, so that its own numbers stay */

/* ISO C has no way from an object to a function but through its bytes. */
#define SHIM_REAL(pointer, name)                                                                   \
    do {                                                                                           \
        void *found = shim_next(name);                                                             \
        memcpy(&(pointer), &found, sizeof(found));                                                 \
    } while (0)

/* The function that stands behind the shim's; ends the program when there is none. */
void *shim_next(const char *name);
int64_t shim_number(const char *variable, int64_t otherwise);
/* A file for the shim's own words, opened to be added to; -1 when `variable` names none. */
int shim_open(const char *variable);
/* The last part of the name of what a descriptor stands for: quell.db-wal, socket:[1234]. `path`
 * stands above `fd` when it is not NULL. */
void shim_describe(int fd, const char *path, char *out, size_t size);

void time_take_orders(void);
/* From now on the time of day is so many seconds ahead of, or behind, what it was. */
void time_jump(int64_t seconds);

void trace_take_orders(void);
/* After the call: `got` bytes of `data` are at `at` (-1 = where the file's offset was). */
void trace_write(int fd, const void *data, ssize_t got, off_t at);
void trace_cut(int fd, off_t len, int got);
void trace_sync(int fd, int got);
void trace_unlink(const char *path, int got);
/* 'L': it has a second name, 'R': another one. */
void trace_name(char kind, const char *from, const char *to, int got);

#endif
