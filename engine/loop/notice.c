/*
 * notice.c - being told when a name of a folder is made, written, or removed: inotify.
 *
 * Only a hint that comes soon: where inotify sees nothing (network file systems) nobody is told, so
 * who must be sure looks as well.
 */
#include "loop/loop_parts.h"

#include <assert.h>
#include <event2/event.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"

struct loop_notice {
    struct loop *loop;
    struct event *event;
    int fd;
    struct buf name; /* behind the last slash, NUL-terminated */
    void (*changed)(void *user);
    void *user;
};

static bool is_ours(const struct loop_notice *notice, const struct inotify_event *event)
{
    /* Of the folder itself, or when some were lost: better one look too many. */
    return event->len == 0 || strcmp(event->name, notice->name.data) == 0;
}

static void told(evutil_socket_t fd, short what, void *user)
{
    _Alignas(struct inotify_event) char events[4096];
    struct loop_notice *notice = user;
    bool ours = false;
    ssize_t got, at;

    (void)what;
    while ((got = read(fd, events, sizeof(events))) > 0) {
        for (at = 0; at < got;) {
            const struct inotify_event *event = (const void *)(events + at);

            ours |= is_ours(notice, event);
            at += (ssize_t)(sizeof(*event) + event->len);
        }
    }
    if (ours)
        notice->changed(notice->user);
}

static int watch_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct buf folder = {0};
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    if (slash)
        buf_add(&folder, path, (size_t)(slash - path) + 1);
    else
        buf_add_text(&folder, ".");
    buf_add_char(&folder, '\0');
    if (fd >= 0 && inotify_add_watch(fd, folder.data,
                                     IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO |
                                         IN_MOVED_FROM | IN_DELETE | IN_ATTRIB) < 0) {
        (void)close(fd);
        fd = -1;
    }
    buf_free(&folder);
    return fd;
}

struct loop_notice *loop_notice(struct loop *loop, const char *path, void (*changed)(void *user),
                                void *user)
{
    const char *slash = strrchr(path, '/');
    struct loop_notice *notice;
    int fd = watch_folder(path);

    if (fd < 0)
        return NULL;
    notice = memory_new(sizeof(*notice));
    notice->loop = loop;
    notice->fd = fd;
    notice->changed = changed;
    notice->user = user;
    buf_add_text(&notice->name, slash ? slash + 1 : path);
    buf_add_char(&notice->name, '\0');
    notice->event = event_new(loop->base, fd, EV_READ | EV_PERSIST, told, notice);
    assert(notice->event);
    (void)event_add(notice->event, NULL); /* fails only without memory */
    loop->watches++;
    return notice;
}

void loop_notice_end(struct loop_notice *notice)
{
    if (!notice)
        return;
    notice->loop->watches--;
    event_free(notice->event);
    (void)close(notice->fd);
    buf_free(&notice->name);
    memory_free(notice);
}
