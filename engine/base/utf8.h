/*
 * utf8.h - UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, at most U+10FFFF.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/value.h>

/* Reads one code point at `at`; returns its length in bytes, or 0 when invalid or at the end. */
size_t utf8_read(struct quell_str text, size_t at, uint32_t *code_point);
/* Writes 1 to 4 bytes; returns how many; 0 for surrogates and > U+10FFFF. */
size_t utf8_write(uint32_t code_point, char out[4]);
/* The offset of the first invalid byte, or text.len when all is valid. */
size_t utf8_valid(struct quell_str text);
/* Code points of a valid text. */
size_t utf8_count(struct quell_str text);
/* The byte offset of the nth code point (n == count gives len); SIZE_MAX when beyond. */
size_t utf8_offset(struct quell_str text, size_t n);
/* Columns on a terminal: wide East Asian and emoji count 2, combining marks 0. */
size_t utf8_width(struct quell_str text);

#endif
