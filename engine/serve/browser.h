/*
 * browser.h - people in browsers: the session's cookie as a proof, and what keeps other sites from
 * using it.
 */
#ifndef SERVE_BROWSER_H
#define SERVE_BROWSER_H

#include <stdbool.h>

#include <quell/value.h>

struct exchange;
struct service;

/* Who the session of the request is, if there is one. */
void browser_identify(struct exchange *exchange);
/* A request of a session that changes something was sent by a page of ours: judged by its head.
 * False: it has answered 403. */
bool browser_head(struct exchange *exchange);
/* The same, by its body: the CSRF token is in the field X-CSRF-Token or in the form's `csrf`. */
bool browser_body(struct exchange *exchange);
/* Nobody is known, and a browser asks for a page: it is sent to sign in and back again. False: it
 * is no browser that could. */
bool browser_sends_to_sign_in(struct exchange *exchange);

/* `Set-Cookie` of a session and of its end; of a sign-in under way and of its end. */
struct quell_str browser_cookie(struct exchange *exchange, const char *id);
struct quell_str browser_flow_cookie(struct exchange *exchange, const char *id);
/* The cookie's name, `flow` or not, as this server calls it: __Host- where it has TLS. */
const char *browser_cookie_name(const struct service *service, bool flow);

#endif
