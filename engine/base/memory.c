/*
 * memory.c - the door to malloc. Nothing above base may call it by another name.
 */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Ends the process. No stdio here: it would want memory itself. */
static _Noreturn void refuse(void)
{
    static const char text[] = "quell: out of memory\n";

    ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)written; /* nothing is left to be done about it */
    abort();
}

void *memory_new(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        refuse();
    return memory;
}

void *memory_resize(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);
    if (!memory)
        refuse();
    return memory;
}

void memory_free(void *memory)
{
    free(memory);
}

void memory_wipe(void *memory, size_t size)
{
    if (size)
        explicit_bzero(memory, size);
}

char *memory_text(const char *text, size_t len)
{
    if (len == SIZE_MAX)
        refuse();
    char *copy = memory_resize(NULL, len + 1);
    if (len)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}
