# lib.sh - what the end-to-end tests share: the practice range, a quell.yaml for it, a serving quell,
# and checks that say what they wanted. Sourced with: . lib.sh TOP BUILD
#
# Nothing here sleeps to synchronise: it waits on files, processes and answers, each with a deadline.
set -uo pipefail
top=${top:-$1} build=${build:-$2}
export PATH=$build:$build/tests/range:$PATH
folder=$(mktemp -d)
passed=0 failed=0
range_pid='' serve_pid=''
incident=$top/playbooks/samples/sentinel-malware.json
graph=$top/playbooks/samples/graph-malware.json
machine=2f9c4b7e8d1a6053c4e2f7a9b0d3e6c1f8a5b247 # of the Sentinel sample

finish() {
    stop_serve
    [ -z "$range_pid" ] || { kill -TERM "$range_pid" && wait "$range_pid"; } 2>/dev/null
    [ "$failed" -eq 0 ] || { [ -f "$folder/serve.log" ] && tail -20 "$folder/serve.log"; }
    grep -h Sanitizer -A12 "$folder"/*.log 2>/dev/null && no "sanitizers found something"
    rm -rf "$folder"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] && exit 0
    exit 1
}
trap finish EXIT

ok() { passed=$((passed + 1)); }
no() { # no NAME [TEXT]: one more failure
    failed=$((failed + 1))
    echo "failed: $1"
    [ $# -lt 2 ] || printf '%s\n' "$2" | head -20 | sed 's/^/    /'
}
equal() { # equal NAME WANTED GOT
    if [ "$2" = "$3" ]; then ok; else no "$1" "wanted: $2
got:    $3"; fi
}
contains() { # contains NAME WANTED TEXT
    case $3 in *"$2"*) ok ;; *) no "$1" "wanted in it: $2
got: $3" ;; esac
}
lacks() { # lacks NAME UNWANTED TEXT
    case $3 in *"$2"*) no "$1" "unwanted in it: $2
got: $3" ;; *) ok ;; esac
}
status() { # status NAME WANTED COMMAND...: the exit code; output is in $out, messages in $err
    local name=$1 wanted=$2 got
    shift 2
    "$@" >"$folder/out" 2>"$folder/err"
    got=$?
    out=$(cat "$folder/out") err=$(cat "$folder/err")
    if [ "$got" = "$wanted" ]; then ok; else no "$name: exit $got, wanted $wanted" "$out
$err"; fi
}
# pick EXPRESSION <JSON: a value out of JSON, with quell's own CEL; the document is `d`.
pick() {
    local vars=$folder/vars.$BASHPID # another one may be at work in the same pipe
    { printf '{"d":' && cat && printf '}'; } >"$vars"
    quell eval "$1" --vars "$vars" 2>&1
}
wait_until() { # wait_until SECONDS COMMAND...: tries until it succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        read -r -t 0.02 <> <(:) || true # yields the processor
    done
}

# ---- the range ------------------------------------------------------------------------------------

start_range() { # start_range [OPTIONS...]
    mkfifo "$folder/range.fifo"
    quell-range --until-eof --effects "$folder/effects.jsonl" "$@" <"$folder/range.fifo" \
        >"$folder/range.json" 2>"$folder/range.log" &
    range_pid=$!
    exec 9>"$folder/range.fifo" # the range ends when this shell does
    wait_until 10 test -s "$folder/range.json" || { no "the range starts"; exit 1; }
    http=$(pick d.http <"$folder/range.json")
    smtp=$(pick d.smtp <"$folder/range.json")
}
range_post() { curl -sS -X POST -H 'Content-Type: application/json' --data "$2" "http://127.0.0.1:$http/_range/$1"; }
range_reset() { range_post reset '{}' >/dev/null; }
fault() { range_post fault "$1" >/dev/null; }
effects() { # effects KIND: how many took place
    curl -sS "http://127.0.0.1:$http/_range/effects" | pick "size(d.effects.filter(e, e.kind == '$1'))"
}
duplicates() { curl -sS "http://127.0.0.1:$http/_range/effects" | pick 'd.duplicates'; }
mails() { curl -sS "http://127.0.0.1:$http/_range/mails"; }

# ---- quell ----------------------------------------------------------------------------------------

# config PLAYBOOK...: writes quell.yaml for the range; hooks: open (none), signed, token.
config() {
    printf 'range-secret' >"$folder/client-secret"
    printf 'range-password' >"$folder/smtp-password"
    printf 'whsec_%s' "$(printf 'a secret of twenty-four bytes' | base64)" >"$folder/hook-secret"
    printf 'hook-token-canary-71' >"$folder/hook-token"
    {
        echo "store: sqlite:$folder/quell.db"
        echo "listen: 127.0.0.1:0"
        echo "playbooks:"
        printf -- '- %s\n' "$@"
        cat <<YAML
config: { soc_mailbox: soc@contoso.example }
lists: { crown_jewels: [dc-01] }
hooks:
  open: { auth: { kind: none } }
  signed: { source: sentinel, auth: { kind: standard, secret: { file: $folder/hook-secret } } }
  token: { auth: { kind: bearer, token: { file: $folder/hook-token } } }
connections:
YAML
        for name in defender sentinel; do
            cat <<YAML
  $name:
    url: http://127.0.0.1:$http
    token_url: http://127.0.0.1:$http/tenant/oauth2/v2.0/token
    egress: [loopback]
    auth: { kind: client-secret, tenant_id: tenant, client_id: 11111111-1111-1111-1111-111111111111, client_secret: { file: $folder/client-secret } }
YAML
        done
        cat <<YAML
  http: { url: 'http://127.0.0.1:$http', egress: [loopback], auth: { kind: none } }
  email:
    url: smtp://127.0.0.1:$smtp
    tls: none
    egress: [loopback]
    from: quell@contoso.example
    auth: { kind: basic, username: quell, password: { file: $folder/smtp-password } }
YAML
    } >"$folder/quell.yaml"
}
q() { quell "$@" -c "$folder/quell.yaml"; }

serve_decided() { [ -s "$folder/ports.json" ] || ! kill -0 "$serve_pid"; }
start_serve() {
    rm -f "$folder/ports.json"
    quell serve -c "$folder/quell.yaml" --ports "$folder/ports.json" --log debug \
        2>>"$folder/serve.log" &
    serve_pid=$!
    wait_until 10 serve_decided
    [ -s "$folder/ports.json" ] || {
        no "serve starts" "$(tail -5 "$folder/serve.log")"
        return 1
    }
    port=$(pick d.port <"$folder/ports.json")
}
stop_serve() { # SIGTERM; the exit code is in $served
    [ -n "$serve_pid" ] || return 0
    kill -TERM "$serve_pid" 2>/dev/null
    wait "$serve_pid" 2>/dev/null
    served=$?
    serve_pid=''
}
kill_serve() {
    kill -KILL "$serve_pid" 2>/dev/null
    wait "$serve_pid" 2>/dev/null
    serve_pid=''
}
# post HOOK BODY-FILE [CURL OPTIONS...]: the body in $out, the status in $code
post() {
    local hook=$1 body=$2
    shift 2
    out=$(curl -sS -w '\n%{http_code}' -H 'Content-Type: application/json' "$@" \
        --data-binary "@$body" "http://127.0.0.1:$port/hooks/$hook")
    code=${out##*$'\n'} out=${out%$'\n'*}
}
state_is() { # state_is RUN STATE
    [ "$(q show "$1" -o json 2>/dev/null | pick d.state)" = "$2" ]
}
ends() { # ends NAME RUN STATE: within 20 s
    wait_until 20 state_is "$2" "$3"
    equal "$1" "$3" "$(q show "$2" -o json | pick d.state)"
}
fresh() { # another event of the same incident: a delivery of its own
    number=$((${number:-0} + 1))
    sed "s/3f1c0b9a-4b7e-4e0e-8a6d-2c9d7e5f1a01/event-$number/" "$incident" >"$folder/incident.json"
}
# signed ID BODY-FILE [SECONDS]: the header fields of a Standard Webhooks delivery, one a line, for
# curl's `-H @-`; SECONDS is the time of sending (default: now).
signed() {
    local at=${3:-$(date +%s)} mac
    mac=$({ printf '%s.%s.' "$1" "$at" && cat "$2"; } | openssl dgst -sha256 -mac HMAC -macopt \
        "hexkey:$(printf 'a secret of twenty-four bytes' | od -An -tx1 | tr -d ' \n')" -binary | base64)
    printf 'webhook-id: %s\nwebhook-timestamp: %s\nwebhook-signature: v1,%s\n' "$1" "$at" "$mac"
}
post_signed() { # post_signed ID BODY-FILE [SECONDS]
    post signed "$2" -H @- < <(signed "$@")
}
# metric NAME: its value, of all labels together
metric() {
    curl -sS "http://127.0.0.1:$port/metrics" | awk -v name="$1" \
        '{ plain = $1; sub(/\{.*/, "", plain) } plain == name { sum += $2 } END { print sum + 0 }'
}
run_of() { # run_of PLAYBOOK: its run's id out of the answer in $out
    pick "d.runs.filter(r, r.playbook == '$1')[0].run" <<<"$out"
}
# together NAME...: runs these functions at the same time, each with a folder, a range and a store of
# its own.
together() {
    local name pid pids=() counts
    for name; do
        (
            folder=$folder/$name passed=0 failed=0 range_pid='' serve_pid=''
            trap 'alone_ends "$name"' EXIT
            mkdir "$folder" && "$name"
        ) >"$folder/$name.said" 2>&1 &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid"; done
    for name; do
        sed "s/^failed: /failed: $name: /" "$folder/$name.said"
        counts=$(cat "$folder/$name/counts" 2>/dev/null || echo "0 1")
        passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
    done
}
alone_ends() {
    stop_serve
    [ -z "$range_pid" ] || { kill -TERM "$range_pid" && wait "$range_pid"; } 2>/dev/null
    grep -h Sanitizer -A12 "$folder"/*.log && no "sanitizers found something"
    [ "$failed" -eq 0 ] || tail -8 "$folder/serve.log" 2>/dev/null
    echo "$passed $failed" >"$folder/counts"
}
advance() { range_post clock "{\"advance_ms\": $1}" >/dev/null; }
range_state() { curl -sS "http://127.0.0.1:$http/_range/state" | pick "$1"; }
# step PATH EXPRESSION: a member of a step, out of the document in $folder/out
step() { pick "d.steps.filter(s, s.path == '$1')[0].$2" <"$folder/out"; }
has_happened() { [ "$(effects "$1")" -ge "${2:-1}" ]; }
