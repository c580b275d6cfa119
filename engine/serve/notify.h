/*
 * notify.h - telling systemd how the daemon is, as sd_notify(3) does, without libsystemd.
 */
#ifndef SERVE_NOTIFY_H
#define SERVE_NOTIFY_H

/* Sends `state` ("READY=1", "STOPPING=1" ...) to $NOTIFY_SOCKET; nothing happens without one. */
void notify_send(const char *state);
/* RELOADING=1 with the monotonic time that systemd asks for. */
void notify_reloading(void);

#endif
