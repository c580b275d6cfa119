/*
 * buf.h - a growing byte buffer with a mandatory cap.
 *
 * Writers append and check once at the end: after the cap is passed every append is ignored and
 * buf_over() stays true.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include <quell/value.h>

struct buf {
    char *data; /* owned; NUL-terminated behind len when not NULL */
    size_t len;
    size_t cap;
    size_t size_max; /* bytes; 0 = 1 GiB */
    bool over;
};

/* Start with `struct buf buf = {.size_max = N};`. */
void buf_add(struct buf *buf, const void *data, size_t len);
void buf_add_str(struct buf *buf, struct quell_str text);
void buf_add_text(struct buf *buf, const char *text); /* NUL-terminated */
void buf_add_char(struct buf *buf, char c);
void buf_add_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_reset(struct buf *buf); /* len = 0, over = false, memory kept */
void buf_free(struct buf *buf);  /* frees; the struct is then empty and may be reused */
bool buf_over(const struct buf *buf);
struct quell_str buf_str(const struct buf *buf); /* borrowed until the next append */

#endif
