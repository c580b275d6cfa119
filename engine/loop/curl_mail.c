/*
 * curl_mail.c - a mail on an easy handle: envelope, headers, MIME parts. libcurl adds the MIME
 * headers and the dot-stuffing, everything else is made here.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/loop.h"
#include "loop/mail.h"
#include "loop/transfer.h"

enum { RECIPIENTS_MAX = 500 }; /* of one mail; servers usually stop at 100 to 1000 */

static void add_line(struct curl_transfer *transfer, const char *name, struct quell_str text)
{
    transfer->headers = curl_slist_append(
        transfer->headers, arena_format(transfer->arena, "%s: %.*s", name, QUELL_ARG(text)).data);
}

static struct quell_str bracketed(struct curl_transfer *transfer, struct quell_str address)
{
    return arena_format(transfer->arena, "<%.*s>", QUELL_ARG(address));
}

static enum quell_code add_recipients(struct curl_transfer *transfer, struct quell_value list,
                                      const char *header, size_t *count, struct quell_error *err)
{
    struct buf shown = {0};

    for (size_t i = 0; i < quell_count(list); i++) {
        struct mail_address address;
        if (!mail_address_read(quell_str(quell_at(list, i)), &address)) {
            buf_free(&shown);
            return error_set(err, QUELL_INVALID, "entry %zu of the recipients is no mail address",
                             i + 1);
        }
        transfer->recipients =
            curl_slist_append(transfer->recipients, bracketed(transfer, address.address).data);
        buf_add_text(&shown, i > 0 ? ",\r\n " : "");
        buf_add_str(&shown, mail_address_text(transfer->arena, &address));
        (*count)++;
    }
    if (header && shown.len > 0)
        add_line(transfer, header, buf_str(&shown));
    buf_free(&shown);
    return QUELL_OK;
}

static enum quell_code add_envelope(struct curl_transfer *transfer, const struct quell_mail *mail,
                                    struct quell_error *err)
{
    struct mail_address from;
    size_t count = 0;
    enum quell_code code;

    if (!mail_address_read(mail->from, &from))
        return error_set(err, QUELL_INVALID, "the sender is no mail address");
    add_line(transfer, "From", mail_address_text(transfer->arena, &from));
    (void)curl_easy_setopt(transfer->easy, CURLOPT_MAIL_FROM,
                           bracketed(transfer, from.address).data);
    code = add_recipients(transfer, mail->to, "To", &count, err);
    if (!code && count == 0)
        add_line(transfer, "To", QUELL_STR("undisclosed-recipients:;"));
    if (!code)
        code = add_recipients(transfer, mail->cc, "Cc", &count, err);
    if (!code)
        code = add_recipients(transfer, mail->bcc, NULL, &count, err);
    if (code)
        return code;
    if (count == 0)
        return error_set(err, QUELL_INVALID, "the mail has no recipient");
    if (count > RECIPIENTS_MAX)
        return error_set(err, QUELL_INVALID, "the mail has more than %d recipients",
                         RECIPIENTS_MAX);
    (void)curl_easy_setopt(transfer->easy, CURLOPT_MAIL_RCPT, transfer->recipients);
    return QUELL_OK;
}

/* A name that we or libcurl write may not come twice. */
static bool is_own_header(const char *name)
{
    static const char *const own[] = {
        "from",          "to",         "cc",           "bcc",          "subject",
        "date",          "message-id", "mime-version", "content-type", "content-transfer-encoding",
        "auto-submitted"};

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

static enum quell_code add_headers(struct curl_transfer *transfer, const struct quell_mail *mail,
                                   struct quell_error *err)
{
    if (!mail_id_valid(mail->message_id))
        return error_set(err, QUELL_INVALID, "the Message-ID is not of the form left@right");
    add_line(transfer, "Subject", mail_header_text(transfer->arena, mail->subject));
    add_line(transfer, "Date", mail_date(transfer->arena, clock_now_us()));
    add_line(transfer, "Message-ID", bracketed(transfer, mail->message_id));
    add_line(transfer, "Auto-Submitted", QUELL_STR("auto-generated")); /* RFC 3834 */
    for (size_t i = 0; i < mail->header_count; i++) {
        const struct quell_header *header = &mail->headers[i];
        if (!is_header_name(header->name) || is_own_header(header->name))
            return error_set(err, QUELL_INVALID, "a mail header of this name cannot be set");
        add_line(transfer, header->name, mail_header_text(transfer->arena, header->value));
    }
    /* libcurl puts its boundary behind it. */
    add_line(transfer, "Content-Type", QUELL_STR("multipart/alternative"));
    (void)curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
    return QUELL_OK;
}

static void add_part(struct curl_transfer *transfer, struct quell_str text, const char *type)
{
    curl_mimepart *part = curl_mime_addpart(transfer->mime);
    struct quell_str lines = mail_lines(transfer->arena, text);

    (void)curl_mime_data(part, lines.data, lines.len);
    (void)curl_mime_type(part, type);
    (void)curl_mime_encoder(part, "quoted-printable");
}

enum quell_code transfer_set_mail(struct curl_transfer *transfer, const struct curl_job *job,
                                  struct quell_error *err)
{
    const struct quell_mail *mail = job->mail;
    CURL *easy = transfer->easy;
    enum quell_code code = add_envelope(transfer, mail, err);

    if (!code)
        code = add_headers(transfer, mail, err);
    if (code)
        return code;
    if (mail->text.len + mail->html.len > LIMIT_REQUEST_BYTES)
        return error_set(err, QUELL_INVALID, "the mail is larger than %d bytes",
                         LIMIT_REQUEST_BYTES);
    transfer->mime = curl_mime_init(easy);
    add_part(transfer, mail->text, "text/plain; charset=utf-8");
    if (mail->html.len > 0)
        add_part(transfer, mail->html, "text/html; charset=utf-8");
    (void)curl_easy_setopt(easy, CURLOPT_MIMEPOST, transfer->mime);
    (void)curl_easy_setopt(easy, CURLOPT_USE_SSL,
                           (long)(job->tls_none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    (void)curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    if (job->username.len > 0) {
        struct quell_str password = arena_str(transfer->arena, job->password);
        (void)curl_easy_setopt(easy, CURLOPT_USERNAME,
                               arena_str(transfer->arena, job->username).data);
        (void)curl_easy_setopt(easy, CURLOPT_PASSWORD, password.data);
        memory_wipe((void *)(uintptr_t)password.data, password.len);
    }
    return QUELL_OK;
}
