/*
 * mail.h - a mail as bytes: addresses checked, headers encoded, MIME parts (RFC 5321, 5322, 2045,
 * 2047). Nothing that went through here holds a line break that is not ours.
 */
#ifndef LOOP_MAIL_H
#define LOOP_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/connector.h>
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
/* Quoted-printable with CRLF line ends; no line begins with a dot, so none can end the mail. */
struct quell_str mail_quoted(struct arena *arena, struct quell_str text);

/* A mail as SMTP takes it. */
struct mail_parcel {
    struct quell_str from;              /* bare addresses */
    const struct quell_str *recipients; /* to, cc and bcc */
    size_t count;
    struct quell_str content; /* headers and body, 7-bit, CRLF at the end of each line; Bcc is not
                                 in it; without the dot that ends it */
};
/* QUELL_INVALID when an address, the Message-ID or a header's name is none, or nobody is to get
 * it. */
enum quell_code mail_pack(struct arena *arena, const struct quell_mail *mail, int64_t now_us,
                          struct mail_parcel *parcel, struct quell_error *err) QUELL_MUST_CHECK;

#endif
