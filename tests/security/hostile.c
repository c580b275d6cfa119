/*
 * hostile.c - 500 hostile strings x every text of an incident x every sink. In each field and each
 * template a string stays what it is, to the byte; behind each sink it is encoded so that a decoder
 * gives it back, or it is refused: no extra header, recipient, parameter, tag, or line. A template
 * that ends in markup encodes it by itself, once.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "cel/cel.h"
#include "connector/sink.h"
#include "figures.h"
#include "incident/incident.h"
#include "loop/log.h"
#include "loop/mail.h"
#include "serve/markup.h"
#include "value/json.h"
#include "value/value.h"

/* ---- the strings: what opens another language, between what makes it do so
 * ----------------------- */

static const struct quell_str cores[] = {
#define S(literal)                                                                                 \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
    S("${{ 1+1 }}"),
    S("${{ secrets.x }}"),
    S("{{ 7*7 }}"),
    S("{% raw %}{{x}}{% endraw %}"),
    S("<script>alert(1)</script>"),
    S("\"><img src=x onerror=alert(1)>"),
    S("[x](javascript:alert(1)) ![i](http://a/)"),
    S("a\r\nX-Injected: yes"),
    S("a\r\n\r\nGET / HTTP/1.1\r\nHost: b"),
    S("a\nBcc: thief@other.example"),
    S("a\r\n.\r\nMAIL FROM:<x@other.example>"),
    S("a@b.example, c@d.example"),
    S("\"x\" <a@b.example>\r\nRCPT TO:<c@d.example>"),
    S("nul\0inside"),
    S("'; DROP TABLE runs; --"),
    S("\" | project secret | where \"1\" == \"1"),
    S("../../etc/passwd"),
    S("a?b=c&d=e#f%00"),
    S("$(id) `id` ; id | id"),
    S("%s%n%x{0}"),
    S("\xE2\x80\xAEgnp.exe\xE2\x80\xAC"),
    S("p\xD0\xB0yp\xD0\xB0l.example"),
    S("\",\"injected\":true,\"x\":\""),
    S("- a: &x [*x, !!python/object:os.system]"),
    S("\x1b[2J\x1b]0;t\x07\x7f\xC2\x85\xE2\x80\xA8"),
};
static const struct quell_str around[][2] = {
    {S(""), S("")},     {S(" "), S(" ")},  {S("\t"), S("\t")},      {S("\r\n"), S("\r\n")},
    {S("\n"), S("\n")}, {S("'"), S("'")},  {S("\""), S("\"")},      {S("\\"), S("\\")},
    {S("<"), S(">")},   {S("</"), S(">")}, {S("${{"), S("}}")},     {S("${{ '"), S("' }}")},
    {S("{"), S("}")},   {S("`"), S("`")},  {S("%0d%0a"), S("%00")}, {S("\xEF\xBB\xBF"), S("")},
    {S("."), S(".")},   {S("="), S("=")},  {S("="), S("?=")},       {S("=?utf-8?q?"), S("?=")},
};
enum {
    CORES = sizeof(cores) / sizeof(cores[0]),
    AROUND = sizeof(around) / sizeof(around[0]),
    STRINGS = CORES * AROUND,
    LONG = 37 /* every so many is very long as well */
};

static struct quell_str hostile(struct arena *arena, size_t number)
{
    struct buf out = {0};
    struct quell_str made;

    buf_add_str(&out, around[number % AROUND][0]);
    buf_add_str(&out, cores[number / AROUND]);
    for (int i = 0; number % LONG == 0 && i < 3000; i++)
        buf_add_text(&out, "A\xC3\xA9 ");
    buf_add_str(&out, around[number % AROUND][1]);
    made = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return made;
}

/* ---- every field -------------------------------------------------------------------------------
 */

static const char document[] =
    "{\"title\": \"@\", \"description\": \"@\", \"severity\": \"high\", \"provider\": \"@\","
    " \"tags\": [\"@\"], \"owner\": {\"name\": \"@\"}, \"alerts\": [{\"title\": \"@\","
    " \"evidence\": [\"@\"]}], \"comments\": [{\"text\": \"@\", \"author\": \"@\"}],"
    " \"entities\": {\"devices\": [{\"name\": \"@\", \"id\": \"@\"}]}, \"raw\": {\"x\": \"@\"}}";
static const char *const fields[] = {
    "incident.title",
    "incident.description",
    "incident.provider",
    "incident.tags[0]",
    "incident.owner.name",
    "incident.alerts[0].title",
    "incident.comments[0].text",
    "incident.comments[0].author",
    "incident.entities.devices[0].name",
    "incident.entities.devices[0].id",
    "incident.raw.x",
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static struct quell_value filled(struct arena *arena, struct quell_value value,
                                 struct quell_str text)
{
    struct list_builder list = {.arena = arena};
    struct map_builder map = {.arena = arena};

    if (quell_text_is(value, "@"))
        return quell_string(text);
    if (quell_is(value, QUELL_LIST)) {
        for (size_t i = 0; i < value.len; i++)
            list_add(&list, filled(arena, value.as.items[i], text));
        return list_made(&list);
    }
    if (!quell_is(value, QUELL_MAP))
        return value;
    for (size_t i = 0; i < value.len; i++)
        map_add_key(&map, value.as.pairs[i].key, filled(arena, value.as.pairs[i].value, text));
    return map_made(&map);
}

static bool is_control(unsigned char byte)
{
    return byte < 0x20 || byte == 0x7f;
}

/* A title is one line: what would make another one of it is a blank, and `raw` stays as it came. */
static struct quell_str one_line(struct arena *arena, struct quell_str text)
{
    char *line = arena_alloc(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (!is_control((unsigned char)text.data[i]))
            line[len++] = text.data[i];
        else if (len > 0 && line[len - 1] != ' ')
            line[len++] = ' ';
    }
    return (struct quell_str){line, len};
}

/* The template's text for this incident is `before` text `behind`. */
static bool told(struct arena *arena, const struct cel_scope *scope, const char *before,
                 const char *field, const char *behind, struct quell_str text)
{
    const struct cel_template *template;
    struct cel_fault fault;
    struct quell_value value;
    size_t head = strlen(before), tail = strlen(behind);
    struct quell_str got;

    if (cel_template_parse(arena, arena_format(arena, "%s${{ %s }}%s", before, field, behind),
                           &template, &fault) ||
        cel_template_eval(template, scope, arena, &value, &fault) || !quell_is(value, QUELL_STRING))
        return false;
    got = quell_str(value);
    return head + text.len + tail == got.len && memcmp(got.data, before, head) == 0 &&
           memcmp(got.data + head, text.data, text.len) == 0 &&
           memcmp(got.data + head + text.len, behind, tail) == 0;
}

static bool encoded(struct arena *arena, const char *sink, struct quell_str text);

/* The shape with a text at each `@` and the sink's name at each `^`. */
static struct quell_str shaped(struct arena *arena, const char *shape, struct quell_str text,
                               const char *sink)
{
    struct buf out = {0};
    struct quell_str made;

    for (; *shape; shape++) {
        if (*shape == '@')
            buf_add_str(&out, text);
        else if (*shape == '^')
            buf_add_text(&out, sink);
        else
            buf_add_char(&out, *shape);
    }
    made = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return made;
}

/* In a text of markup: alone, joined, in an author's own expression, and by the author's hand. */
static bool joined(struct arena *arena, const struct cel_scope *scope, const char *sink,
                   const char *field, struct quell_str text)
{
    static const struct {
        const char *written, *given;
    } rows[] = {
        {"${{ @ }}", "@"},
        {"<b>*${{ @ }}*</b>", "<b>*@*</b>"},
        {"${{ '<b>*' + @ + '*</b>' }}", "<b>*@*</b>"},
        {"${{ true ? @ : '' }}", "@"},
        {"${{ @ }}${{ @ }}", "@@"},
        {"${{ ^.escape(@) }}", "@"},
        {"<b>${{ [@].map(x, '*' + ^.escape(x)).join('<br>') }}", "<b>*@"},
    };
    const struct cel_template *template;
    struct cel_fault fault;
    struct quell_value value;
    struct quell_str once;
    struct quell_error err;

    if (!encoded(arena, sink, text) || sink_escape(arena, sink, text, &once, &err))
        return false;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (cel_template_parse_for(arena, shaped(arena, rows[i].written, quell_str_of(field), sink),
                                   cel_sink_of(sink), &template, &fault) ||
            cel_template_eval(template, scope, arena, &value, &fault) ||
            !quell_is(value, QUELL_STRING) ||
            !quell_str_equal(quell_str(value), shaped(arena, rows[i].given, once, sink)))
            return false;
    return true;
}

static void try_fields(struct figures *figures, struct arena *arena, struct quell_value sample,
                       struct quell_str text, size_t number)
{
    struct incident incident;
    struct quell_error err;
    struct quell_value again;
    struct quell_pair pair = {quell_text("incident"), quell_null()};
    struct cel_scope scope = {.outer = NULL};

    if (incident_make(arena, QUELL_STR("quell"), filled(arena, sample, text), QUELL_STR("id"), 0,
                      &incident, &err) ||
        json_read_own(arena, json_text(arena, incident.value, JSON_COMPACT), &again, &err)) {
        figures_add(figures, false, "string %zu: %s", number, err.message);
        return;
    }
    pair.value = again; /* as the store gives it back */
    scope.vars = quell_map(&pair, 1);
    for (size_t i = 0; i < FIELDS; i++) {
        struct quell_str kept = i == 0 ? one_line(arena, text) : text;
        figures_add(figures,
                    told(arena, &scope, "", fields[i], "", kept) &&
                        told(arena, &scope, "<{{", fields[i], "}}>", kept),
                    "string %zu in %s", number, fields[i]);
        figures_add(figures, joined(arena, &scope, "html", fields[i], kept),
                    "string %zu in %s, joined into HTML", number, fields[i]);
        figures_add(figures, joined(arena, &scope, "markdown", fields[i], kept),
                    "string %zu in %s, joined into Markdown", number, fields[i]);
    }
}

/* ---- every sink --------------------------------------------------------------------------------
 */

static bool same(const struct buf *buf, struct quell_str text)
{
    return quell_str_equal(buf_str(buf), text);
}

static bool has_any(struct quell_str text, const char *bytes)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] && strchr(bytes, text.data[i]))
            return true;
    }
    return false;
}

static bool has_control(struct quell_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_control((unsigned char)text.data[i]) && text.data[i] != '\t')
            return true;
    }
    return false;
}

static bool decode_percent(struct quell_str in, struct buf *out)
{
    for (size_t i = 0; i < in.len; i++) {
        char digits[3] = {0};
        if (in.data[i] != '%') {
            if (!strchr("-._~", in.data[i]) &&
                !((in.data[i] | 0x20) >= 'a' && (in.data[i] | 0x20) <= 'z') &&
                !(in.data[i] >= '0' && in.data[i] <= '9'))
                return false;
            buf_add_char(out, in.data[i]);
            continue;
        }
        if (i + 2 >= in.len)
            return false;
        memcpy(digits, in.data + i + 1, 2);
        buf_add_char(out, (char)strtol(digits, NULL, 16));
        i += 2;
    }
    return true;
}

static bool decode_references(struct quell_str in, struct buf *out)
{
    static const struct {
        const char *name, *text;
    } names[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}};

    for (size_t i = 0; i < in.len;) {
        size_t n = 0, count = sizeof(names) / sizeof(names[0]);
        if (in.data[i] != '&') {
            buf_add_char(out, in.data[i++]);
            continue;
        }
        while (n < count && !str_starts(str_slice(in, i, in.len), quell_str_of(names[n].name)))
            n++;
        if (n == count)
            return false;
        buf_add_text(out, names[n].text);
        i += strlen(names[n].name);
    }
    return true;
}

/* The inside of a string literal: JSON's escapes are those of KQL as well, but for the quote. */
static bool decode_literal(struct arena *arena, struct quell_str in, struct buf *out)
{
    struct buf text = {0};
    struct quell_value value;
    bool good;

    buf_add_char(&text, '"');
    for (size_t i = 0; i < in.len; i++) {
        bool escaped = in.data[i] == '\\' && i + 1 < in.len;
        if (escaped && in.data[i + 1] == '\'') {
            buf_add_char(&text, '\'');
            i++;
        } else {
            buf_add_char(&text, in.data[i]);
            if (escaped)
                buf_add_char(&text, in.data[++i]);
        }
    }
    buf_add_char(&text, '"');
    good = json_read_own(arena, buf_str(&text), &value, NULL) == QUELL_OK &&
           quell_is(value, QUELL_STRING);
    if (good)
        buf_add_str(out, quell_str(value));
    buf_free(&text);
    return good;
}

/* A bracket that would end a link's text, and is not escaped. */
static bool has_link(struct quell_str text)
{
    size_t at = 0;

    while ((at = str_find(text, QUELL_STR("]("), at)) != SIZE_MAX) {
        if (at == 0 || text.data[at - 1] != '\\')
            return true;
        at++;
    }
    return false;
}

static bool encoded(struct arena *arena, const char *sink, struct quell_str text)
{
    struct quell_str got;
    struct quell_error err;
    struct buf out = {0};
    bool good;

    if (sink_escape(arena, sink, text, &got, &err))
        return strcmp(sink, "html") != 0 && strcmp(sink, "json") != 0 && strcmp(sink, "query") != 0;
    if (strcmp(sink, "path") == 0 || strcmp(sink, "query") == 0)
        good = decode_percent(got, &out) && same(&out, text);
    else if (strcmp(sink, "html") == 0)
        good = !has_any(got, "<>\"'") && decode_references(got, &out) && same(&out, text);
    else if (strcmp(sink, "markdown") == 0)
        good = str_find(got, QUELL_STR("<"), 0) == SIZE_MAX && !has_link(got);
    else if (strcmp(sink, "kql") == 0 || strcmp(sink, "json") == 0)
        good = !has_any(got, "\r\n") && decode_literal(arena, got, &out) && same(&out, text);
    else /* those that refuse, or leave it as it is */
        good = quell_str_equal(got, text) && !has_control(text);
    buf_free(&out);
    return good;
}

/* The names of the headers of a packed mail, one behind the other. */
static struct quell_str header_names(struct arena *arena, struct quell_str content, bool *sound)
{
    struct buf out = {0};
    struct quell_str names;
    size_t at = 0;

    *sound = true;
    while (at < content.len) {
        size_t end = str_find(content, QUELL_STR("\r\n"), at);
        struct quell_str line = str_slice(content, at, end == SIZE_MAX ? content.len : end);
        size_t colon = str_find(line, QUELL_STR(":"), 0);
        if (line.len == 0)
            break;
        *sound = *sound && end != SIZE_MAX && !has_control(line) && line.len <= 998;
        if (line.data[0] != ' ' && line.data[0] != '\t') {
            buf_add_str(&out, str_slice(line, 0, colon == SIZE_MAX ? line.len : colon));
            buf_add_char(&out, ' ');
        }
        at = end == SIZE_MAX ? content.len : end + 2;
    }
    names = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return names;
}

static bool bare_line_end(struct quell_str content)
{
    for (size_t i = 0; i < content.len; i++) {
        if (content.data[i] == '\n' && (i == 0 || content.data[i - 1] != '\r'))
            return true;
        if (content.data[i] == '\r' && (i + 1 == content.len || content.data[i + 1] != '\n'))
            return true;
    }
    return false;
}

static bool mailed(struct arena *arena, struct quell_str text)
{
    struct quell_value to = quell_text("soc@contoso.example");
    struct quell_mail mail = {.from = QUELL_STR("quell@contoso.example"),
                              .to = quell_list(&to, 1),
                              .subject = QUELL_STR("plain"),
                              .text = QUELL_STR("plain"),
                              .message_id = QUELL_STR("1@contoso.example")};
    struct mail_parcel parcel;
    struct quell_error err;
    struct quell_str wanted;
    bool sound, good;

    if (mail_pack(arena, &mail, 0, &parcel, &err))
        return false;
    wanted = header_names(arena, parcel.content, &sound);
    mail.subject = mail.text = text;
    if (mail_pack(arena, &mail, 0, &parcel, &err))
        return false;
    good = quell_str_equal(header_names(arena, parcel.content, &sound), wanted) && sound &&
           parcel.count == 1 && !bare_line_end(parcel.content) &&
           str_find(parcel.content, QUELL_STR("\r\n."), 0) == SIZE_MAX;
    /* As a recipient: one, or none at all. */
    to = quell_string(text);
    mail.subject = mail.text = QUELL_STR("plain");
    if (mail_pack(arena, &mail, 0, &parcel, &err))
        return good;
    return good && parcel.count == 1 &&
           quell_str_equal(header_names(arena, parcel.content, &sound), wanted) && sound;
}

static bool shown(struct quell_str text)
{
    struct markup html = {.buf = {0}};
    struct quell_str got;
    bool good;

    markup_text(&html, text);
    got = buf_str(&html.buf);
    good = !has_any(got, "<>\"'") && str_find(got, QUELL_STR("\xE2\x80\xAE"), 0) == SIZE_MAX;
    buf_free(&html.buf);
    return good;
}

/* What a log gets of it is one line without a byte that acts on a terminal. */
static bool logged(struct quell_str text)
{
    char path[] = "/tmp/quell-hostile-XXXXXX", bytes[32768];
    int fd = mkstemp(path), kept = dup(STDERR_FILENO);
    ssize_t got;
    bool good;

    (void)unlink(path);
    (void)dup2(fd, STDERR_FILENO);
    log_line(LOG_LEVEL_ERROR, "title=%.*s", QUELL_ARG(text));
    (void)dup2(kept, STDERR_FILENO);
    (void)close(kept);
    got = pread(fd, bytes, sizeof(bytes), 0);
    (void)close(fd);
    good = got > 1 && bytes[got - 1] == '\n';
    for (ssize_t i = 0; good && i < got - 1; i++)
        good = !is_control((unsigned char)bytes[i]);
    return good;
}

static void try_sinks(struct figures *figures, struct arena *arena, struct quell_str text,
                      size_t number)
{
    static const char *const sinks[] = {"path", "query", "header", "html",        "markdown",
                                        "url",  "kql",   "json",   "mail-address"};

    for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++)
        figures_add(figures, encoded(arena, sinks[i], text), "string %zu in sink %s", number,
                    sinks[i]);
    figures_add(figures, mailed(arena, text), "string %zu in a mail", number);
    figures_add(figures, shown(text), "string %zu on a page", number);
    figures_add(figures, logged(text), "string %zu in the log", number);
}

int main(void)
{
    struct figures figures = {0, 0};
    struct arena *keep = arena_new(0), *arena = arena_new(0);
    struct quell_value sample, value;
    struct quell_error err;

    if (json_read(keep, quell_str_of(document), 0, &sample, NULL, &err)) {
        printf("%s\n", err.message);
        return 1;
    }
    for (size_t i = 0; i < STRINGS; i++) {
        struct quell_str text = hostile(arena, i);
        try_fields(&figures, arena, sample, text, i);
        try_sinks(&figures, arena, text, i);
        arena_reset(arena);
    }
    figures_add(&figures,
                json_read(arena, QUELL_STR("{\"title\": \"\xff\xfe\"}"), 0, &value, NULL, &err) !=
                    QUELL_OK,
                "bytes that are not UTF-8 come in");
    printf("figures: hostile: %d strings x %d fields, %d strings x 12 sinks\n", (int)STRINGS,
           (int)FIELDS, (int)STRINGS);
    arena_free(arena);
    arena_free(keep);
    return figures_end(&figures);
}
