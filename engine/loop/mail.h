/*
 * mail.h - mail headers as text: addresses checked, everything else encoded (RFC 5322, 2047).
 * Nothing that went through here can hold a line break that is not a fold of ours.
 */
#ifndef LOOP_MAIL_H
#define LOOP_MAIL_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/error.h>
#include <quell/value.h>

struct arena;

struct mail_address {
    struct quell_str name;    /* display name, may be empty */
    struct quell_str address; /* local@domain */
};

/* Reads `local@domain` or `Name <local@domain>`; slices of `text`. ASCII dot-atoms only: no quoted
 * local parts, no address literals, no comments. */
bool mail_address_read(struct quell_str text, struct mail_address *address);
/* Whether a text can stand between the angle brackets of a Message-ID. */
bool mail_id_valid(struct quell_str id);
/* One address as a header shows it, the name encoded. */
struct quell_str mail_address_text(struct arena *arena, const struct mail_address *address);
/* Free text for a header: as it is when short and printable ASCII, else encoded words, folded. */
struct quell_str mail_header_text(struct arena *arena, struct quell_str text);
/* `Tue, 24 Nov 2026 23:38:12 +0000` */
struct quell_str mail_date(struct arena *arena, int64_t now_us);
/* Every line end as CRLF: a bare LF inside a mail can smuggle a second one. */
struct quell_str mail_lines(struct arena *arena, struct quell_str text);

#endif
