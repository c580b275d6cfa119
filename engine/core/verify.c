/*
 * verify.c - whether the store is what was written: the chain, the signed checkpoints inside and
 * outside of the database, and the row of each run against its journal.
 */
#include "core/core.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/file.h"
#include "store/signer.h"
#include "value/value.h"

struct proof { /* a checkpoint, and where it was found */
    struct store_checkpoint checkpoint;
    size_t line; /* of the file; 0 = the database */
    bool seen;   /* its link is there, or in a gap */
};

struct verifying {
    struct quell *engine;
    struct arena *arena;
    struct list_builder findings;
    struct proof *proofs;
    size_t proof_count, proof_cap, at; /* at: the first whose link was not passed yet */
    const char *file;
    struct quell_str key; /* that all are to be signed with; STORE_KEY bytes, or empty */
    uint64_t in_database, numbers_missing; /* checkpoints there, and before the last one of them */
    uint64_t runs_told, runs_untold;
};

/* ---- findings ----------------------------------------------------------------------------------
 */

static void add_finding(struct verifying *v, const struct store_break *found)
{
    struct map_builder map = {.arena = v->arena};

    if (v->findings.count >= LIMIT_AUDIT_FINDINGS)
        return;
    map_add(&map, "what", quell_text(found->what));
    map_add(&map, "text", value_copy_str(v->arena, found->text));
    if (found->link)
        map_add(&map, "link", quell_int((int64_t)found->link));
    if (found->run.len)
        map_add(&map, "run", value_copy_str(v->arena, found->run));
    if (found->seq)
        map_add(&map, "seq", quell_int((int64_t)found->seq));
    if (found->id.len)
        map_add(&map, "id", value_copy_str(v->arena, found->id));
    list_add(&v->findings, map_made(&map));
}

static void on_break(const struct store_break *found, void *user)
{
    add_finding(user, found);
}

static void tell(struct verifying *v, const char *what, uint64_t link, struct quell_str text)
{
    add_finding(v, &(struct store_break){.what = what, .link = link, .text = text});
}

/* ---- checkpoints -------------------------------------------------------------------------------
 */

static struct quell_str where(struct verifying *v, const struct proof *proof)
{
    if (proof->line == 0)
        return arena_format(v->arena, "checkpoint %llu of the database",
                            (unsigned long long)proof->checkpoint.number);
    return arena_format(v->arena, "checkpoint %llu (%s:%zu)",
                        (unsigned long long)proof->checkpoint.number, v->file, proof->line);
}

static void add_proof(struct verifying *v, const struct store_checkpoint *checkpoint, size_t line)
{
    struct proof *proof;

    if (v->proof_count == v->proof_cap) {
        size_t cap = v->proof_cap ? v->proof_cap * 2 : 64;
        v->proofs = arena_grow(v->arena, v->proofs, v->proof_cap * sizeof(*v->proofs),
                               cap * sizeof(*v->proofs));
        v->proof_cap = cap;
    }
    proof = &v->proofs[v->proof_count++];
    *proof = (struct proof){.checkpoint = *checkpoint, .line = line};
    if (!checkpoint_is_signed(checkpoint))
        tell(v, "checkpoint", checkpoint->seq,
             arena_format(v->arena, "%.*s is not signed by the key that it names",
                          QUELL_ARG(where(v, proof))));
    else if (v->key.len && memcmp(v->key.data, checkpoint->key, STORE_KEY) != 0)
        tell(v, "checkpoint", checkpoint->seq,
             arena_format(v->arena, "%.*s is signed by another key, %.*s",
                          QUELL_ARG(where(v, proof)),
                          QUELL_ARG(digest_hex(v->arena, checkpoint->key, STORE_KEY))));
}

static bool on_checkpoint(const struct store_checkpoint *checkpoint, void *user)
{
    struct verifying *v = user;

    if (checkpoint->number != ++v->in_database + v->numbers_missing)
        tell(v, "checkpoint", checkpoint->seq,
             arena_format(v->arena, "checkpoint %llu is missing in the database",
                          (unsigned long long)(v->in_database + v->numbers_missing)));
    v->numbers_missing = checkpoint->number - v->in_database;
    add_proof(v, checkpoint, 0);
    return true;
}

/* The file of checkpoints, if there is one. */
static enum quell_code read_file(struct verifying *v, bool named, struct quell_error *err)
{
    struct store_checkpoint checkpoint;
    struct quell_str text, line, rest;
    size_t number = 0;
    enum quell_code code = file_read(v->arena, v->file, LIMIT_CHECKPOINTS_BYTES, &text, err);

    if (code == QUELL_NOT_FOUND && !named)
        return QUELL_OK;
    if (code)
        return code;
    for (; text.len > 0; text = rest) {
        line = text;
        rest = (struct quell_str){"", 0};
        (void)str_cut(text, '\n', &line, &rest); /* the last line may lack its end */
        number++;
        if (checkpoint_read(v->arena, line, &checkpoint))
            add_proof(v, &checkpoint, number);
        else
            tell(v, "checkpoint", 0,
                 arena_format(v->arena, "%s:%zu is no checkpoint", v->file, number));
    }
    return QUELL_OK;
}

static int by_seq(const void *a, const void *b)
{
    const struct proof *left = a, *right = b;

    return (left->checkpoint.seq > right->checkpoint.seq) -
           (left->checkpoint.seq < right->checkpoint.seq);
}

static void on_link(uint64_t first, uint64_t seq, const uint8_t link[STORE_LINK], void *user)
{
    struct verifying *v = user;

    for (; v->at < v->proof_count && v->proofs[v->at].checkpoint.seq <= seq; v->at++) {
        struct proof *proof = &v->proofs[v->at];

        proof->seen = true;
        if (proof->checkpoint.seq == seq && memcmp(proof->checkpoint.link, link, STORE_LINK) != 0)
            tell(
                v, "checkpoint", seq,
                arena_format(v->arena,
                             "link %llu is not the one that %.*s signs: the chain was written anew",
                             (unsigned long long)seq, QUELL_ARG(where(v, proof))));
        (void)first; /* links inside a gap are not there to compare with */
    }
}

/* Those that sign links which are not there: the end is missing. The last one says most. */
static void check_end(struct verifying *v, const struct store_verified *verified)
{
    const struct proof *last;

    if (v->at >= v->proof_count)
        return;
    last = &v->proofs[v->proof_count - 1];
    if (last->checkpoint.seq == 0)
        return;
    tell(v, "end", verified->seq,
         arena_format(v->arena,
                      "the chain ends at link %llu, and %.*s signs link %llu: the end is missing, "
                      "or an older copy was put in its place",
                      (unsigned long long)verified->seq, QUELL_ARG(where(v, last)),
                      (unsigned long long)last->checkpoint.seq));
}

/* The key to compare with: the given one, else the one beside the store. */
static enum quell_code take_key(struct verifying *v, struct quell_str given,
                                struct quell_error *err)
{
    struct quell_str path = checkpoint_key_path(v->engine, v->arena);
    struct signer *signer;
    uint8_t key[STORE_KEY];
    enum quell_code code;

    if (given.len) {
        if (!digest_from_hex(v->arena, given, &v->key) || v->key.len != STORE_KEY)
            return error_set(err, QUELL_INVALID, "a public key has %d hexadecimal digits",
                             STORE_KEY * 2);
        return QUELL_OK;
    }
    code = signer_open(path.data, false, &signer, err);
    if (code == QUELL_NOT_FOUND || code == QUELL_DENIED)
        return QUELL_OK; /* an auditor may have no key to read: signatures still name theirs */
    if (code)
        return code;
    signer_key(signer, key);
    signer_close(signer);
    v->key = (struct quell_str){arena_copy(v->arena, key, STORE_KEY), STORE_KEY};
    return QUELL_OK;
}

/* ---- runs --------------------------------------------------------------------------------------
 */

struct run_rows {
    struct arena *arena;
    struct store_run *rows;
    size_t count, cap;
};

static bool keep_row(const struct store_run *row, void *user)
{
    struct run_rows *rows = user;
    struct store_run *mine;

    if (rows->count == rows->cap) {
        size_t cap = rows->cap ? rows->cap * 2 : 64;
        rows->rows = arena_grow(rows->arena, rows->rows, rows->cap * sizeof(*rows->rows),
                                cap * sizeof(*rows->rows));
        rows->cap = cap;
    }
    mine = &rows->rows[rows->count++];
    *mine = *row;
    mine->id = arena_str(rows->arena, row->id);
    mine->playbook = arena_str(rows->arena, row->playbook);
    mine->revision = arena_str(rows->arena, row->revision);
    mine->state = arena_str(rows->arena, row->state);
    return true;
}

static bool last_event(const struct store_event *event, void *user)
{
    uint64_t *last = user;

    if (event->seq != *last + 1)
        return false;
    *last = event->seq;
    return true;
}

/* A row that was read before an event was added is older than the journal, and right. */
static void check_run(struct verifying *v, const struct store_run *row)
{
    struct quell *engine = v->engine;
    struct loaded *loaded;
    struct quell_error err;
    struct run *run;
    uint64_t last = 0;
    bool differs;

    if (journal_read_run(engine, row, &run, &loaded, &err)) {
        v->runs_untold++; /* its playbook or connector is not here: its events are counted */
        if (engine->reader->kind->events(engine->reader, row->id, 0, last_event, &last, &err) ==
                QUELL_OK &&
            last >= row->last_seq)
            return;
        add_finding(v, &(struct store_break){
                           .what = "run",
                           .run = row->id,
                           .text = arena_format(v->arena,
                                                "the journal of run %.*s ends at event "
                                                "%llu, its row says %llu",
                                                QUELL_ARG(row->id), (unsigned long long)last,
                                                (unsigned long long)row->last_seq)});
        return;
    }
    v->runs_told++;
    differs = run_seq(run) < row->last_seq ||
              (run_seq(run) == row->last_seq &&
               (!str_is(row->state, run_state(run)) || row->started_us != run_started_us(run) ||
                row->ended_us != run_ended_us(run)));
    if (differs)
        add_finding(v, &(struct store_break){
                           .what = "run",
                           .run = row->id,
                           .text = arena_format(v->arena,
                                                "the row of run %.*s is not what its "
                                                "journal tells: %.*s at event %llu, not "
                                                "%s at event %llu",
                                                QUELL_ARG(row->id), QUELL_ARG(row->state),
                                                (unsigned long long)row->last_seq, run_state(run),
                                                (unsigned long long)run_seq(run))});
    run_free(run);
    loaded_release(loaded);
}

static enum quell_code check_runs(struct verifying *v, struct quell_error *err)
{
    struct run_rows rows = {.arena = arena_new(0)};
    struct store_query query = {.limit = SIZE_MAX};
    enum quell_code code;
    size_t i;

    code = v->engine->reader->kind->runs(v->engine->reader, &query, keep_row, &rows, err);
    for (i = 0; !code && i < rows.count && v->findings.count < LIMIT_AUDIT_FINDINGS; i++)
        check_run(v, &rows.rows[i]);
    arena_free(rows.arena);
    return code;
}

/* ---- the document ------------------------------------------------------------------------------
 */

static struct quell_value figures(struct verifying *v, const struct store_verified *verified)
{
    struct map_builder map = {.arena = v->arena};
    const struct {
        const char *name;
        uint64_t count;
    } all[] = {{"links", verified->links},
               {"gaps", verified->gaps},
               {"events", verified->events},
               {"incidents", verified->incidents},
               {"deliveries", verified->deliveries},
               {"revisions", verified->revisions},
               {"refusals", verified->refusals},
               {"audit_rows", verified->audits},
               {"runs", verified->runs},
               {"runs_by_count_only", v->runs_untold},
               {"marks", verified->marks},
               {"forgotten", verified->forgotten},
               {"checkpoints", v->in_database},
               {"checkpoints_outside", v->proof_count - v->in_database}};
    size_t i;

    for (i = 0; i < sizeof(all) / sizeof(*all); i++)
        map_add(&map, all[i].name, quell_int((int64_t)all[i].count));
    return map_made(&map);
}

static void fill(struct verifying *v, const struct store_verified *verified,
                 struct quell_document *document)
{
    struct map_builder map = {.arena = v->arena};

    map_add(&map, "sound", quell_bool(v->findings.count == 0));
    map_add(&map, "store", value_copy_str(v->arena, quell_store_url(v->engine)));
    map_add(&map, "end", quell_int((int64_t)verified->seq));
    map_add(&map, "link",
            quell_string(digest_hex(v->arena, verified->link, sizeof(verified->link))));
    if (v->key.len)
        map_add(&map, "key",
                quell_string(digest_hex(v->arena, (const uint8_t *)v->key.data, v->key.len)));
    if (v->proof_count)
        map_add(&map, "last_checkpoint",
                value_time_us(v->proofs[v->proof_count - 1].checkpoint.at_us));
    map_add(&map, "figures", figures(v, verified));
    map_add(&map, "findings", list_made(&v->findings));
    document->value = map_made(&map);
}

static enum quell_code verify(struct verifying *v, const struct quell_verify_options *options,
                              struct store_verified *verified, struct quell_error *err)
{
    struct store *store = v->engine->reader;
    struct store_verify look = {.found = on_break, .link = on_link, .user = v};
    enum quell_code code = take_key(v, options->key, err);

    /* The file first: what it signs is on disk before. */
    if (!code)
        code = read_file(v, options->checkpoints != NULL, err);
    if (!code)
        code = store->kind->checkpoints(store, on_checkpoint, v, err);
    if (code)
        return code;
    if (v->proof_count > 1)
        qsort(v->proofs, v->proof_count, sizeof(*v->proofs), by_seq);
    code = store->kind->verify(store, &look, verified, err);
    if (code)
        return code;
    check_end(v, verified);
    return check_runs(v, err);
}

enum quell_code quell_verify(struct quell *engine, const struct quell_verify_options *options,
                             struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct verifying v = {.engine = engine};
    struct store_verified verified;
    enum quell_code code;

    if (engine->reader == NULL || engine->reader->kind->verify == NULL)
        return error_set(err, QUELL_INVALID, "a `memory:` store leaves nothing to verify");
    v.arena = v.findings.arena = document_begin(&made);
    v.file =
        options->checkpoints ? options->checkpoints : checkpoint_file_path(engine, v.arena).data;
    code = verify(&v, options, &verified, err);
    if (code) {
        arena_free(v.arena);
        return code;
    }
    fill(&v, &verified, &made);
    *document = made;
    return QUELL_OK;
}

enum quell_code quell_audit_key(struct quell *engine, char key[QUELL_KEY_BYTES],
                                struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct quell_str path = checkpoint_key_path(engine, arena);
    struct signer *signer = NULL;
    uint8_t bytes[STORE_KEY];
    enum quell_code code = path.len ? signer_open(path.data, false, &signer, err)
                                    : error_set(err, QUELL_INVALID, "a `memory:` store has no key");

    if (!code) {
        signer_key(signer, bytes);
        signer_close(signer);
        memcpy(key, digest_hex(arena, bytes, sizeof(bytes)).data, QUELL_KEY_BYTES);
    }
    arena_free(arena);
    return code;
}
