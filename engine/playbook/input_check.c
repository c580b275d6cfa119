/*
 * input_check.c - what a value of a typed input must be, beyond its field's type: addresses, URLs,
 * hashes, entities, bounds and regexes. The loader asks it about constant defaults, a start about
 * everything that is given.
 */
#include "playbook/playbook.h"

#include <string.h>

#include "base/arena.h"
#include "base/cidr.h"
#include "base/error.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/when.h"
#include "match/regex.h"
#include "value/value.h"

/* ---- texts of a form ---------------------------------------------------------------------------
 */

static const char *ip_fault(struct quell_str text)
{
    struct cidr address;
    return ip_parse(text, &address) ? NULL : "is no IP address";
}

/* Absolute, with a host, and with nothing that a request could be split at. */
static const char *url_fault(struct quell_str text)
{
    struct quell_str scheme, rest, host, path;
    size_t i;
    for (i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] <= ' ' || text.data[i] == 0x7f)
            return "is no URL: it has a blank or a control character in it";
    if (!str_cut(text, ':', &scheme, &rest) || !str_starts(rest, QUELL_STR("//")) ||
        !(str_equal_fold(scheme, QUELL_STR("http")) || str_equal_fold(scheme, QUELL_STR("https"))))
        return "is no URL: it begins with `https://` or `http://`";
    (void)str_cut(str_slice(rest, 2, rest.len), '/', &host, &path);
    return host.len ? NULL : "is no URL: it has no host";
}

static const char *hash_fault(struct quell_str text)
{
    size_t i;
    if (text.len != 32 && text.len != 40 && text.len != 64)
        return "is no MD5, SHA-1 or SHA-256 in hexadecimal";
    for (i = 0; i < text.len; i++)
        if (!strchr("0123456789abcdefABCDEF", text.data[i]) || !text.data[i])
            return "is no hash: it has more than hexadecimal digits in it";
    return NULL;
}

/* A day of the calendar: 2026-02-30 is none. */
static const char *date_fault(struct quell_str text)
{
    static const char *const fault = "is no date: it is written 2026-05-31";
    char whole[24];
    struct when when;
    struct quell_str back;
    if (text.len != 10)
        return fault;
    memcpy(whole, text.data, 10);
    memcpy(whole + 10, "T00:00:00Z", 11);
    back = quell_str_of(whole);
    return when_parse_time(back, &when) ? NULL : fault;
}

/* ---- entities ----------------------------------------------------------------------------------
 */

/* A bare text names an entity by the id that its kind has. */
static const struct {
    enum input_form form;
    const char *kind, *id;
} entities[] = {
    {INPUT_DEVICE, "device", "id"},
    {INPUT_USER, "user", "upn"},
    {INPUT_MAIL, "mail", "network_message_id"},
    {INPUT_FILE, "file", "sha256"},
};

static enum quell_code take_entity(struct arena *arena, size_t row, struct quell_value value,
                                   struct quell_value *made, struct quell_error *err)
{
    struct map_builder map = {.arena = arena};
    struct quell_value kind = quell_get(value, "kind");
    if (quell_is(value, QUELL_MAP)) {
        if (!quell_is_null(kind) && !quell_text_is(kind, entities[row].kind))
            return error_set(err, QUELL_INVALID, "is a %.*s, not a %s", QUELL_ARG(quell_str(kind)),
                             entities[row].kind);
        *made = value_with(arena, value, QUELL_STR("kind"), quell_text(entities[row].kind));
        return QUELL_OK;
    }
    if (!quell_is(value, QUELL_STRING) || !value.len)
        return error_set(err, QUELL_INVALID, "is no %s: a map as in the incident, or its `%s`",
                         entities[row].kind, entities[row].id);
    map_add(&map, "kind", quell_text(entities[row].kind));
    map_add(&map, "name", value);
    map_add(&map, entities[row].id, value);
    *made = map_made(&map);
    return QUELL_OK;
}

/* ---- bounds ------------------------------------------------------------------------------------
 */

/* What `min` and `max` measure: a text by its characters, a list by its items. */
static struct quell_value measure(struct quell_value value)
{
    if (quell_is(value, QUELL_STRING))
        return quell_int((int64_t)utf8_count(quell_str(value)));
    if (quell_is(value, QUELL_LIST))
        return quell_int(value.len);
    return value;
}

static const char *unit_of(struct quell_value value)
{
    return quell_is(value, QUELL_STRING) ? " characters"
           : quell_is(value, QUELL_LIST) ? " items"
                                         : "";
}

static enum quell_code check_bounds(const struct playbook_input *input, struct quell_value value,
                                    struct quell_error *err)
{
    struct quell_value size = measure(value);
    int order;
    if (!quell_is_null(input->min) && value_compare(size, input->min, &order) && order < 0)
        return error_set(err, QUELL_INVALID, "must be at least %.*s%s", QUELL_ARG(input->min_text),
                         unit_of(value));
    if (!quell_is_null(input->max) && value_compare(size, input->max, &order) && order > 0)
        return error_set(err, QUELL_INVALID, "must be at most %.*s%s", QUELL_ARG(input->max_text),
                         unit_of(value));
    return QUELL_OK;
}

static enum quell_code check_regex(const struct playbook_input *input, struct quell_value value,
                                   struct quell_error *err)
{
    if (!input->regex || !quell_is(value, QUELL_STRING))
        return QUELL_OK;
    switch (regex_test(input->regex, quell_str(value))) {
    case REGEX_YES:
        return QUELL_OK;
    case REGEX_NO:
        return error_set(err, QUELL_INVALID, "does not match `%.*s`", QUELL_ARG(input->regex_text));
    case REGEX_LIMIT:
        break;
    }
    return error_set(err, QUELL_INVALID,
                     "could not be held against `%.*s`: it is too long, or "
                     "takes too many steps",
                     QUELL_ARG(input->regex_text));
}

static const char *form_fault(enum input_form form, struct quell_str text)
{
    switch (form) {
    case INPUT_IP:
        return ip_fault(text);
    case INPUT_URL:
        return url_fault(text);
    case INPUT_HASH:
        return hash_fault(text);
    case INPUT_DATE:
        return date_fault(text);
    case INPUT_PLAIN:
    case INPUT_DEVICE:
    case INPUT_USER:
    case INPUT_MAIL:
    case INPUT_FILE:
        break;
    }
    return NULL;
}

enum quell_code playbook_input_check(struct arena *arena, const struct playbook_input *input,
                                     struct quell_value value, struct quell_value *made,
                                     struct quell_error *err)
{
    enum quell_code code;
    const char *fault;
    size_t i;
    *made = value;
    if (quell_is(value, QUELL_UNKNOWN) || quell_is_null(value))
        return QUELL_OK;
    for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
        if (entities[i].form == input->form)
            return take_entity(arena, i, value, made, err);
    fault = quell_is(value, QUELL_STRING) ? form_fault(input->form, quell_str(value)) : NULL;
    if (fault)
        return error_set(err, QUELL_INVALID, "%s", fault);
    code = check_bounds(input, value, err);
    return code ? code : check_regex(input, value, err);
}
