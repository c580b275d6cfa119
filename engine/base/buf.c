/*
 * buf.c - a growing byte buffer with a mandatory cap.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

enum {
    BUF_FIRST = 256,                   /* bytes of the first block */
    BUF_SIZE_MAX = 1024 * 1024 * 1024, /* bytes; the cap when the user names none */
};

static size_t cap_of(const struct buf *buf)
{
    return buf->size_max ? buf->size_max : BUF_SIZE_MAX;
}

/* Makes room for `more` bytes and a NUL; false when the cap forbids it. */
static bool room(struct buf *buf, size_t more)
{
    if (buf->over || more > cap_of(buf) || buf->len > cap_of(buf) - more) {
        buf->over = true;
        return false;
    }
    size_t need = buf->len + more + 1;
    if (need <= buf->cap)
        return true;
    size_t cap = buf->cap ? buf->cap * 2 : BUF_FIRST;
    if (cap < need)
        cap = need;
    buf->data = memory_resize(buf->data, cap);
    buf->cap = cap;
    return true;
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
    if (!room(buf, len))
        return;
    if (len)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void buf_add_str(struct buf *buf, struct quell_str text)
{
    buf_add(buf, text.data, text.len);
}

void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_add_format(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !room(buf, (size_t)len))
        return;
    va_start(args, format);
    (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args); /* measured above */
    va_end(args);
    buf->len += (size_t)len;
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    buf->over = false;
    if (buf->data)
        buf->data[0] = '\0';
}

void buf_free(struct buf *buf)
{
    size_t size_max = buf->size_max;
    memory_free(buf->data);
    *buf = (struct buf){.size_max = size_max};
}

bool buf_over(const struct buf *buf)
{
    return buf->over;
}

struct quell_str buf_str(const struct buf *buf)
{
    return (struct quell_str){buf->data ? buf->data : "", buf->len};
}
