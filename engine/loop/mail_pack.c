/*
 * mail_pack.c - a mail put together: envelope, headers, one text part or two alternatives.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/mail.h"

struct packing {
    struct arena *arena;
    struct buf content;
    struct quell_str *recipients;
    size_t count;
    struct quell_error *err;
};

static void add_line(struct packing *in, const char *name, struct quell_str text)
{
    buf_add_text(&in->content, name);
    buf_add_text(&in->content, ": ");
    buf_add_str(&in->content, text);
    buf_add_text(&in->content, "\r\n");
}

/* ---- envelope --------------------------------------------------------------------------------*/

static enum quell_code add_recipients(struct packing *in, struct quell_value list,
                                      const char *header)
{
    struct quell_str shown = {"", 0};

    for (size_t i = 0; i < quell_count(list); i++) {
        struct mail_address address;
        if (!mail_address_read(quell_str(quell_at(list, i)), &address))
            return error_set(in->err, QUELL_INVALID,
                             "entry %zu of the recipients is no mail address", i + 1);
        in->recipients[in->count++] = arena_str(in->arena, address.address);
        shown = arena_format(in->arena, "%.*s%s%.*s", QUELL_ARG(shown), i > 0 ? ",\r\n " : "",
                             QUELL_ARG(mail_address_text(in->arena, &address)));
    }
    if (header && shown.len > 0)
        add_line(in, header, shown);
    return QUELL_OK;
}

static enum quell_code add_envelope(struct packing *in, const struct quell_mail *mail)
{
    size_t count = quell_count(mail->to) + quell_count(mail->cc) + quell_count(mail->bcc);
    enum quell_code code;

    if (count == 0)
        return error_set(in->err, QUELL_INVALID, "the mail has no recipient");
    if (count > LIMIT_RECIPIENTS)
        return error_set(in->err, QUELL_INVALID, "the mail has more than %d recipients",
                         LIMIT_RECIPIENTS);
    in->recipients = arena_array(in->arena, struct quell_str, count);
    if (quell_count(mail->to) == 0)
        add_line(in, "To", QUELL_STR("undisclosed-recipients:;"));
    code = add_recipients(in, mail->to, "To");
    if (!code)
        code = add_recipients(in, mail->cc, "Cc");
    return code ? code : add_recipients(in, mail->bcc, NULL);
}

/* ---- headers ---------------------------------------------------------------------------------*/

/* Names that are written here may not come twice. */
static bool is_own_header(const char *name)
{
    static const char *const own[] = {"from",
                                      "to",
                                      "cc",
                                      "bcc",
                                      "subject",
                                      "date",
                                      "message-id",
                                      "auto-submitted",
                                      "mime-version",
                                      "content-type",
                                      "content-transfer-encoding"};

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (str_equal_fold(quell_str_of(name), quell_str_of(own[i])))
            return true;
    }
    return false;
}

static bool is_header_name(const char *name)
{
    const char *c;

    for (c = name; *c; c++) {
        if (*c <= ' ' || *c > '~' || *c == ':')
            return false;
    }
    return c != name;
}

static enum quell_code add_headers(struct packing *in, const struct quell_mail *mail,
                                   int64_t now_us)
{
    struct arena *arena = in->arena;

    if (!mail_id_valid(mail->message_id))
        return error_set(in->err, QUELL_INVALID, "the Message-ID is not of the form left@right");
    add_line(in, "Subject", mail_header_text(arena, mail->subject));
    add_line(in, "Date", mail_date(arena, now_us));
    add_line(in, "Message-ID", arena_format(arena, "<%.*s>", QUELL_ARG(mail->message_id)));
    add_line(in, "Auto-Submitted", QUELL_STR("auto-generated")); /* RFC 3834: no holiday replies */
    for (size_t i = 0; i < mail->header_count; i++) {
        const struct quell_header *header = &mail->headers[i];
        if (!is_header_name(header->name) || is_own_header(header->name))
            return error_set(in->err, QUELL_INVALID, "a mail header of this name cannot be set");
        add_line(in, header->name, mail_header_text(arena, header->value));
    }
    add_line(in, "MIME-Version", QUELL_STR("1.0"));
    return QUELL_OK;
}

/* ---- body ------------------------------------------------------------------------------------*/

static void add_part(struct packing *in, const char *type, struct quell_str text)
{
    buf_add_format(&in->content,
                   "Content-Type: %s; charset=utf-8\r\n"
                   "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
                   type);
    buf_add_str(&in->content, mail_quoted(in->arena, text));
}

/* The boundary begins with `=_`, which quoted-printable never writes. */
static void add_body(struct packing *in, const struct quell_mail *mail)
{
    uint8_t digest[DIGEST_SHA256];
    struct quell_str boundary;

    if (mail->html.len == 0) {
        add_part(in, "text/plain", mail->text);
        return;
    }
    digest_sha256(mail->message_id, digest);
    boundary = digest_hex(in->arena, digest, 12);
    buf_add_format(&in->content,
                   "Content-Type: multipart/alternative; boundary=\"=_%.*s\"\r\n\r\n--=_%.*s\r\n",
                   QUELL_ARG(boundary), QUELL_ARG(boundary));
    add_part(in, "text/plain", mail->text);
    buf_add_format(&in->content, "--=_%.*s\r\n", QUELL_ARG(boundary));
    add_part(in, "text/html", mail->html);
    buf_add_format(&in->content, "--=_%.*s--\r\n", QUELL_ARG(boundary));
}

enum quell_code mail_pack(struct arena *arena, const struct quell_mail *mail, int64_t now_us,
                          struct mail_parcel *parcel, struct quell_error *err)
{
    struct packing in = {.arena = arena, .err = err};
    struct mail_address from;
    enum quell_code code;

    if (!mail_address_read(mail->from, &from))
        return error_set(err, QUELL_INVALID, "the sender is no mail address");
    if (mail->text.len + mail->html.len > LIMIT_REQUEST_BYTES)
        return error_set(err, QUELL_INVALID, "the mail is larger than %d bytes",
                         LIMIT_REQUEST_BYTES);
    add_line(&in, "From", mail_address_text(arena, &from));
    code = add_envelope(&in, mail);
    if (!code)
        code = add_headers(&in, mail, now_us);
    if (!code) {
        add_body(&in, mail);
        parcel->from = arena_str(arena, from.address);
        parcel->recipients = in.recipients;
        parcel->count = in.count;
        parcel->content = arena_str(arena, buf_str(&in.content));
    }
    buf_free(&in.content);
    return code;
}
