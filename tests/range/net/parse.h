/*
 * parse.h - taking one HTTP/1.1 request off the front of a text; no sockets here.
 */
#ifndef RANGE_PARSE_H
#define RANGE_PARSE_H

#include <stddef.h>

#include <quell/value.h>

#include "http.h"

enum parse_state {
    PARSE_DONE,  /* `*used` bytes were one request */
    PARSE_MORE,  /* the head is not complete */
    PARSE_BODY,  /* the head is, the body is not; the headers can be looked at */
    PARSE_BAD,   /* no request of this protocol */
    PARSE_LARGE, /* longer than allowed */
};

/* Fills `request` (whose arena is set) with texts of that arena. */
enum parse_state parse_request(struct quell_str text, size_t head_max, size_t body_max,
                               struct http_request *request, size_t *used);

#endif
