/*
 * faults.c - the list of what shall go wrong, in the order it was asked for.
 *
 * A fault names a door ("isolate", "token" ... or "*"), what happens there and how often. Doors ask
 * here once per request; they do themselves what the answer says.
 */
#include "range.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "value/value.h"

enum { FAULTS_MAX = 64, NAME_MAX_BYTES = 24 };

struct row {
    char where[NAME_MAX_BYTES], what[NAME_MAX_BYTES];
    struct fault fault;
    int64_t skip, times; /* times < 0: for ever */
};

struct faults {
    struct row rows[FAULTS_MAX];
    size_t count;
};

static const struct {
    const char *what;
    enum fault_kind kind;
} words[] = {
    {"lost-before", FAULT_LOST_BEFORE},
    {"lost-after", FAULT_LOST_AFTER},
    {"slow", FAULT_SLOW},
    {"truncated", FAULT_TRUNCATED},
    {"garbage", FAULT_GARBAGE},
    {"html", FAULT_HTML},
    {"failed", FAULT_FAILED},
    {"timed-out", FAULT_TIMED_OUT},
    {"return-pending", FAULT_ADOPT},
};

static const char *const doors[] = {
    "*",      "token",    "machines", "isolate", "release", "machineactions",
    "cancel", "incident", "comment",  "act",     "mail",
};

struct faults *faults_new(void)
{
    return memory_new(sizeof(struct faults));
}

void faults_free(struct faults *faults)
{
    memory_free(faults);
}

void faults_clear(struct faults *faults)
{
    faults->count = 0;
}

static bool is_door(struct quell_str where)
{
    size_t i;
    for (i = 0; i < sizeof(doors) / sizeof(doors[0]); i++) {
        if (str_is(where, doors[i]))
            return true;
    }
    return false;
}

static void keep(char to[NAME_MAX_BYTES], struct quell_str text)
{
    size_t len = text.len < NAME_MAX_BYTES ? text.len : NAME_MAX_BYTES - 1;
    memcpy(to, text.data, len);
    to[len] = '\0';
}

/* A word of the table, or a status as number or text. */
static bool read_what(struct quell_value what, struct row *row)
{
    struct quell_str text = quell_str(what);
    int64_t status = 0;
    size_t i;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_is(text, words[i].what)) {
            row->fault.kind = words[i].kind;
            keep(row->what, text);
            return true;
        }
    }
    if (quell_is(what, QUELL_INT))
        status = what.as.integer;
    else if (!str_to_int(text, &status))
        return false;
    if (status < 400 || status > 599)
        return false;
    row->fault.kind = FAULT_STATUS;
    row->fault.status = (int)status;
    row->what[0] = (char)('0' + status / 100);
    row->what[1] = (char)('0' + status / 10 % 10);
    row->what[2] = (char)('0' + status % 10);
    row->what[3] = '\0';
    return true;
}

enum quell_code faults_add(struct faults *faults, struct quell_value order, struct quell_error *err)
{
    struct row row = {0};
    struct quell_str where = quell_get_str(order, "where");
    if (!is_door(where))
        return error_set(err, QUELL_INVALID,
                         "`where` is one of * token machines isolate release machineactions "
                         "cancel incident comment act mail");
    if (!read_what(quell_get(order, "what"), &row))
        return error_set(err, QUELL_INVALID,
                         "`what` is a status from 400 to 599 or one of lost-before lost-after slow "
                         "truncated garbage html failed timed-out return-pending");
    if (faults->count == FAULTS_MAX)
        return error_set(err, QUELL_LIMIT, "there are %d faults already", FAULTS_MAX);
    keep(row.where, where);
    row.times = quell_get_int(order, "times", 1);
    row.skip = quell_get_int(order, "skip", 0);
    row.fault.retry_after_s = quell_get_int(order, "retry_after", 0);
    row.fault.delay_ms = quell_get_int(order, "delay_ms", 2000);
    faults->rows[faults->count++] = row;
    return QUELL_OK;
}

static bool is_outcome(enum fault_kind kind)
{
    return kind == FAULT_FAILED || kind == FAULT_TIMED_OUT || kind == FAULT_ADOPT;
}

static bool belongs(const struct row *row, const char *where, bool outcome)
{
    bool here = strcmp(row->where, "*") == 0 || strcmp(row->where, where) == 0;
    return here && row->times != 0 && is_outcome(row->fault.kind) == outcome;
}

struct fault faults_take(struct faults *faults, const char *where, bool outcome)
{
    struct fault none = {.kind = FAULT_NONE};
    size_t i;
    for (i = 0; i < faults->count; i++) {
        struct row *row = &faults->rows[i];
        if (!belongs(row, where, outcome))
            continue;
        if (row->skip > 0) {
            row->skip--;
            return none;
        }
        if (row->times > 0)
            row->times--;
        return row->fault;
    }
    return none;
}

struct quell_value faults_value(const struct faults *faults, struct arena *arena)
{
    struct list_builder list = {.arena = arena};
    size_t i;
    for (i = 0; i < faults->count; i++) {
        const struct row *row = &faults->rows[i];
        struct map_builder map = {.arena = arena};
        map_add(&map, "where", quell_text(row->where));
        map_add(&map, "what", quell_text(row->what));
        map_add(&map, "left", quell_int(row->times));
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}
