/*
 * limits.h - every size, depth, count and time-out of quell, with its unit and its reason.
 *
 * Reaching a limit is an ordinary error (QUELL_LIMIT), said with its name. Numbers marked [M] were
 * measured; see docs/dependencies.md.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* It would align and break the comments anew with every line that is added. */
/* clang-format off */

/* Documents. */
#define LIMIT_DEPTH 64 /* nesting of JSON, YAML, CEL; libyaml is quadratic [M] */
#define LIMIT_OWN_DEPTH 96 /* of JSON that we wrote: a foreign document inside our own envelopes */
#define LIMIT_OWN_JSON_BYTES (64 * 1024 * 1024) /* as LIMIT_RUN_ARENA_BYTES: no more fits a run */
#define LIMIT_DOCUMENT_BYTES (1024 * 1024) /* an incident, a playbook; largest seen: 60 KB */
#define LIMIT_YAML_NODES 20000 /* nodes of one YAML document; a long playbook has 600 */
#define LIMIT_QUALITY_OVER 1000 /* verdicts remembered of a playbook, a byte each */
#define LIMIT_QUALITY_OPEN_S 7776000 /* 90 days: an incident that is closed later says little */
#define LIMIT_MISSED_RUNS 100 /* of run-all after a downtime; the last ones */
#define LIMIT_MISSED_TIMES 20000 /* times looked at one by one: a minute's schedule for two weeks */
#define LIMIT_SCHEDULE_LATE_S 60 /* later than so much, a time was missed */
#define LIMIT_KEY_BYTES 256 /* a map key; longer ones are a sender's mistake */
#define LIMIT_DIAGS 200 /* diagnostics of one file; more help nobody */

/* Expressions. */
#define LIMIT_CEL_BYTES (32 * 1024) /* one expression's text */
#define LIMIT_CEL_STEPS 100000 /* evaluation steps: about 5 ms */
#define LIMIT_CEL_ARENA_BYTES (1024 * 1024) /* memory of one evaluation */
#define LIMIT_CEL_TEXT_BYTES (256 * 1024) /* a text that an expression makes */
#define LIMIT_CEL_RESULT_BYTES (4 * LIMIT_DOCUMENT_BYTES) /* written out: shared parts count each */
#define LIMIT_CEL_DEPTH 400 /* nodes above each other, as in a + b + c ...: stack, 200 B each */
#define LIMIT_CEL_TYPE_STEPS 1000000 /* looks at types in one check: 20 ms; people need 1,000 */

/* Matching. SAFETY.md rule 5. */
#define LIMIT_REGEX_MATCH 10000 /* PCRE2 match limit: 0.02 ms at the worst [M] */
#define LIMIT_REGEX_DEPTH 1000 /* PCRE2 depth limit, interpretive part */
#define LIMIT_REGEX_HEAP_KIB 1024 /* PCRE2 heap limit, KiB */
#define LIMIT_REGEX_PATTERN_BYTES 16384 /* one pattern; the longest of OWASP CRS has 5,940 */
#define LIMIT_REGEX_LOOK_BYTES 8192 /* the field of a pattern with lookaround or back references:
                                       quadratic, 28 ms for two such parts, 3.3 s at 65536 [M] */
#define LIMIT_MATCH_FIELD_BYTES 65536 /* a field longer than this is undetermined for a regex */
#define LIMIT_MATCH_ELEMENTS 1000 /* list elements that one field path may fan out to */

/* Incidents. Items are alerts, comments, tags, entities of one kind: senders stop at 150 alerts, and
 * a field path fans out to no more. */
#define LIMIT_INCIDENT_ITEMS 1000

/* Playbooks and runs. */
#define LIMIT_STEPS 500 /* steps of one playbook */
#define LIMIT_FOR_EACH 1000 /* `max` of a for-each may not be larger */
#define LIMIT_DISRUPTS_PER_RUN 5 /* disrupted targets of one run whose kind has no limit */
#define LIMIT_DISRUPTS_PER_HOUR 20 /* by all runs, without a cap of quell.yaml: what a shift can see
                                      through; a flood of forged alerts stops here */
#define LIMIT_DISRUPTS_PER_DAY 50 /* the same: more in a day is an outbreak, and people decide */
#define LIMIT_POLICY_COUNTED 4096 /* a cap's figure: each target of a day is remembered, 30 bytes
                                     each, and rewritten with each call that counts */
#define LIMIT_WINDOW_S (31 * 86400) /* a maintenance window of `cron` and `for` */
#define LIMIT_RETRY 20 /* `max` of retry */
#define LIMIT_IDEMPOTENCY_BYTES 255 /* a key of a call; services take 64 to 255 */
#define LIMIT_APPROVERS 20 /* `count` of an approval; a quorum of more never comes together */
#define LIMIT_RUN_EVENTS 100000 /* events of one run */
#define LIMIT_RUN_ARENA_BYTES (64 * 1024 * 1024)
#define LIMIT_RUNS_ACTIVE 20000 /* runs in memory, not those that only wait; above it no incident is taken in */
#define LIMIT_FOLD_S 10 /* a run that waits for longer is folded out of memory, and read anew */
#define LIMIT_FOLDED_BYTES 512 /* what a folded run may take: 100,000 of them in 50 MB; 105 [M] */
#define LIMIT_REVISIONS_KEPT 32 /* old texts of playbooks kept loaded for runs that began with them */
#define LIMIT_CALLS_SHOWN 100 /* calls that a question to a person lists; its digest is over all */
#define LIMIT_COOLDOWN_S (30 * 86400) /* of a target; what is to hold for longer is protected */
#define LIMIT_OWN_WRITE_S 86400 /* what we wrote comes back in an update within this time */
#define LIMIT_OWN_WRITES 64 /* of one incident that are remembered: the last ones */
#define LIMIT_UNHEARD_ROWS 16 /* of one event: 10,000 runs with one bad condition say the same */
#define LIMIT_WHY_ROWS 1000 /* runs and refusals of one incident, of each: more nobody reads */
#define LIMIT_WAITS_SHOWN 16 /* what a run waits for, in listings; a loop may wait in each item */
#define LIMIT_REPLAY_DIFFERENCES 100 /* of a step, in a replay: more are another step */
#define LIMIT_TIMEOUT_DEFAULT_S 86400 /* `timeout` of a run */
#define LIMIT_CALL_DEPTH 8 /* runs that call runs: deeper ones are a mistake, or a cycle */
#define LIMIT_UNDO_S 3600 /* what taking back may take: it runs when the run's time may be over */
#define LIMIT_UNDO_ASKED_S 604800 /* the same when asked for, or due: held over days, or halted */
#define LIMIT_ON_FAILURE_S 3600 /* what on-failure may take: it tells people, it does not work */
#define LIMIT_FINALLY_S 3600 /* what finally may take: it tidies up and tells people */

/* Notices of questions to people. */
#define LIMIT_NOTICE_TRIES 6 /* of one telling, each with the retries of a call: about two hours */
#define LIMIT_NOTICE_RETRY_S 120 /* before the second try; it doubles */
#define LIMIT_NOTICE_TELLINGS 50 /* of one question: a larger group is asked on the page */
#define LIMIT_NOTICE_KEEP_S 7776000 /* what became of them, 90 days: as long as anybody asks */
#define LIMIT_NOTICE_TEXT_BYTES 65536 /* a mail: nobody reads more, the page has the rest */
#define LIMIT_NOTICE_VALUE_BYTES 400 /* one value in it */

/* Connectors. */
#define LIMIT_REPLY_BYTES (8 * 1024 * 1024) /* an HTTP answer */
#define LIMIT_REQUEST_BYTES (4 * 1024 * 1024)
#define LIMIT_CONNECT_MS 10000 /* TCP and TLS set-up */
#define LIMIT_REQUEST_MS 100000 /* one request, the Azure SDK's default */
#define LIMIT_CALL_MS 1800000 /* one call with all its turns when the step says nothing: 30 min */
#define LIMIT_CALL_TURNS 2000 /* turns of one call: a loop that never ends is a failure */
#define LIMIT_SEND_RETRIES 6 /* transport retries of one request: 1 s doubling, 63 s in all */
#define LIMIT_RETRY_SAVED 10 /* retries of faults that a connection may make beyond a fifth of its successes */
#define LIMIT_RETRY_REFILL_S 10 /* and one more each time: a blip at night finds some */
#define LIMIT_RATE_COUNT 10000 /* requests remembered for a manifest's rate, 80 KB; the largest known is 1,500 */
#define LIMIT_PAUSE_APART_MS 20 /* between those who come back behind a Retry-After: 50 a second */
#define LIMIT_RETRY_AFTER_MS 3600000 /* a Retry-After above one hour fails the call */
#define LIMIT_SECRET_BYTES 65536 /* a secret's file: keys and tokens have a few KB */
#define LIMIT_RECIPIENTS 500 /* of one mail; servers usually stop at 100 to 1000 */
#define LIMIT_STATE_BYTES 65536 /* a call's journaled state */
#define LIMIT_HOST_CONNECTIONS 16 /* per host; services limit by the minute, not by the socket */

/* Holding back. */
#define LIMIT_HALT_BYTES 65536 /* the kill switch's file: 300 lines; a larger one halts everything */
#define LIMIT_HALT_WIRE_MS 900 /* `halt` waits so long for what is on the wire: it answers within 1 s */
#define LIMIT_HALT_LOOK_MS 500 /* between two looks at the file while halted, where inotify is blind (NFS) */
#define LIMIT_RESUME_RUNS 10 /* that go on at once when they may again: no stampede ... */
#define LIMIT_RESUME_MS 100 /* ... and then the next: 100 a second, 6,000 a minute */

#define LIMIT_BREAKER_FAILURES 5 /* in a row: one bad minute of a service is 2 to 3, an outage is all */
#define LIMIT_BREAKER_FAILURES_MOST 1000 /* of `breaker: failures`; 0 says never more clearly */
#define LIMIT_BREAKER_PROBE_S 60 /* open for so long: gateways and sign-ins recover within a minute */
#define LIMIT_BREAKER_OPEN_S 900 /* and never longer: nobody waits for more than 15 min on what works */

/* Serving. RFC 9112 leaves these to us; defaults follow nginx where it has one. */
#define LIMIT_HTTP_LINE_BYTES 8192
#define LIMIT_HTTP_HEAD_BYTES 32768
#define LIMIT_HTTP_HEADERS 100
#define LIMIT_HTTP_CONNECTIONS 4096
#define LIMIT_HTTP_HEAD_MS 5000 /* absolute, from the first byte: slow-loris */
#define LIMIT_HTTP_BODY_MS 10000 /* absolute */
#define LIMIT_HTTP_IDLE_MS 60000 /* keep-alive */
#define LIMIT_HTTP_WRITE_MS 30000 /* absolute, until the client has read its answers */
#define LIMIT_HTTP_LINGER_MS 2000 /* from an early answer to the close: the client may still send */
#define LIMIT_HTTP_PIPELINE 16 /* requests read ahead of their answers */
#define LIMIT_HTTP_OUTPUT_BYTES 65536 /* unread answers above which no request is begun */
#define LIMIT_CONTROL_BYTES 4096 /* a body on the control socket */
#define LIMIT_FORM_BYTES 65536 /* a form of a page: long texts, escaped */
#define LIMIT_REASON_BYTES 1024 /* why somebody decides so */
#define LIMIT_QUESTIONS_SHOWN 200 /* on one page */
#define LIMIT_AUTH_FAILURES 20 /* wrong proofs of an address in a minute that are told apart and logged */
#define LIMIT_SESSION_IDLE_S 3600 /* an hour without a look: the chair is empty */
#define LIMIT_SESSION_S 43200 /* twelve hours: a shift; then the provider is asked again */
#define LIMIT_SESSIONS 10000 /* 5 MB of memory; more people do not look at one quell */
#define LIMIT_ID_TOKEN_BYTES 32768 /* with the groups of a large organisation: Entra stops at 200 */
#define LIMIT_SIGN_INS 4096 /* under way at once, a kilobyte each: more is a flood, the oldest goes */
#define LIMIT_SIGN_IN_S 600 /* from the first step to the last: a person with a second factor */
#define LIMIT_SIGN_IN_FETCHES 64 /* answers of the provider that are waited for at once */
#define LIMIT_NEXT_BYTES 2048 /* a path to go back to after the sign-in: a part of a URL */
#define LIMIT_TOKEN_LIFETIME_S 315360000 /* ten years: what should live longer is made without an end */
#define LIMIT_HOOK_NAME_BYTES 64 /* of /hooks/NAME: a part of a URL, and of metrics */
#define LIMIT_HOOK_LINES 500 /* events of one body: each may start a run, all in one transaction */
#define LIMIT_HOOK_RATE 1000000 /* of a hook: more is no limit to anything, and one a microsecond */
#define LIMIT_HOOK_SKEW_S 300 /* Standard Webhooks: five minutes is usual */
#define LIMIT_DELIVERY_KEEP_S 604800 /* remembered webhook ids, 7 days: senders retry for 75 h */
#define LIMIT_DRAIN_MS 30000 /* SIGTERM to exit */

/* Differences. */
#define LIMIT_DIFF_EDITS 2000 /* lines: time and memory are quadratic in it, 16 MB */

/* Pictures. */
#define LIMIT_GRAPH_CELLS 2000000 /* of a text: 1,000 columns and 2,000 lines, 10 MB */

/* Starts. */
#define LIMIT_DEDUPE_DEFAULT_S 86400 /* a day: what is seen again tomorrow is worth a run */
#define LIMIT_THROTTLE_COUNT 1000 /* of at-least: so many times are remembered of each key */
#define LIMIT_GROUP_RUNS 1000 /* runs of a group at once: more is no limit to anything */
#define LIMIT_KEY_BYTES 256 /* a longer key is remembered by its SHA-256 */

/* Plans. */
#define LIMIT_PLAN_MS 1000 /* all reads of a plan together: a plan answers in a second */
#define LIMIT_PLAN_PATHS 2000 /* paths of a plan: more are not read by anybody, nor proved */
#define LIMIT_PLAN_EVENTS 2000000 /* events that its paths are folded of, again for each: seconds */
#define LIMIT_PROOF_PLACES 200000 /* places of a plan times what a property remembers there */
#define LIMIT_PLAN_BYTES (256 * 1024 * 1024) /* what its events and calls may take */

/* Tests of playbooks. */
#define LIMIT_TEST_CLOCK_S 31622400 /* a year on the virtual clock: a run that waits longer is told as it waits */
#define LIMIT_BACKTEST_INCIDENTS 100000 /* the newest: more are gigabytes of memory [M] */
#define LIMIT_BACKTEST_TAIL_S 604800 /* what the last incident's run may still do: a week */
#define LIMIT_BACKTEST_CHANGED 1000 /* incidents listed one by one that two versions see otherwise */
#define LIMIT_SHADOW_RUNS 100000 /* of the report over shadow runs, the newest */
#define LIMIT_TEST_REPLIES 100 /* of people in one case: what is asked again and again ends */
#define LIMIT_TEST_JUMPS 100000 /* timers of one case: a loop of waits ends */

/* Files and logs. */
#define LIMIT_FOLDER_FILES 10000 /* files of one folder of playbooks or connectors */
#define LIMIT_LOG_BYTES 4096 /* one line of the log, before escaping; a pipe takes it at once */

/* Room on the disk. */
#define LIMIT_SPACE_KEPT (64u << 20) /* bytes of the disk kept for runs that are under way ... */
#define LIMIT_SPACE_SHARE 8 /* ... but no more than this part of a small one */
#define LIMIT_SPACE_COMMIT 16384u /* bytes: less is full, for who only looks: pages of a small commit */
#define LIMIT_SPACE_LOOK_MS 50 /* how often it is looked at: a burst writes little in that time */

/* Store. */
#define LIMIT_WRITER_QUEUE 4096 /* batches waiting for the writer thread */
#define LIMIT_WRITER_GROUP 256 /* batches in one transaction: 223 k events/s [M] */
#define LIMIT_STORE_LOG_PAGES 1000 /* of 4 KiB, then the log is folded in: SQLite's own measure */
#define LIMIT_FULL_RETRY_MS 50 /* a commit that found no room is tried again then, then in twice that ... */
#define LIMIT_FULL_RETRY_MOST_MS 1000 /* ... and so on: space that is back is seen within a second */
#define LIMIT_FULL_ANSWER_MS 5000 /* a sender whose incident waits for space is then told 503 */
#define LIMIT_STORE_BUSY_MS 5000 /* wait for another program, a backup, to let go of the database */
#define LIMIT_STORE_LOG_BYTES 67108864 /* a write-ahead log that grew is cut back to this */
#define LIMIT_FORGET_ROWS 2000 /* rows that one transaction forgets: commits wait 20 ms at most */
#define LIMIT_SHRINK_PAGES 1024 /* of 4 KiB that such a transaction gives back to the disk */
#define LIMIT_CHECKPOINTS_BYTES 268435456 /* file of checkpoints: 12 years of one in 10 minutes */
#define LIMIT_AUDIT_FINDINGS 20 /* breaks that are told of one store: the first ones say where to look */

/* clang-format on */

#endif
