/*
 * memory.h - the only door to malloc, for things that outlive every arena (x_new / x_free structs).
 * Out of memory ends the process with a message.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

void *memory_new(size_t size);                   /* zeroed, never NULL */
void *memory_resize(void *old, size_t size);     /* never NULL; new bytes are not zeroed */
void memory_free(void *memory);                  /* NULL is allowed */
void memory_wipe(void *memory, size_t size);     /* overwrites secrets; never optimised away */
char *memory_text(const char *text, size_t len); /* a NUL-terminated copy; caller frees */

#endif
