#!/bin/bash
# Playbooks that start on requests to paths of their own: proofs and addresses, what does not match,
# many events in a body, a stop in between, and a reload.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"

playbook() { # playbook ID PATH [LINE...]: writes ID.yaml; the lines stand under `webhook`
    local id=$1 path=$2
    shift 2
    {
        printf 'quell: 1\nplaybook: %s\non:\n  webhook:\n    path: /hooks/%s\n' "$id" "$path"
        printf '    %s\n' "$@"
    } >"$folder/$id.yaml"
}
steps() { printf '%s\n' "steps:" "$2" >>"$folder/$1.yaml"; }
senders() { # adds them to quell.yaml
    printf 'button-canary-17' >"$folder/button"
    cat >>"$folder/quell.yaml" <<YAML
senders:
  button: { hmac: { header: X-Signature, prefix: sha256=, secret: { file: $folder/button }, delivery: X-Delivery } }
  scanner: { bearer: { token: { file: $folder/hook-token } } }
YAML
}
hub() { # hub FILE: the header field that `button` proves itself with
    printf 'X-Signature: sha256=%s' "$(openssl dgst -sha256 -hmac button-canary-17 <"$1" | sed 's/.* //')"
}
token=(-H 'Authorization: Bearer hook-token-canary-71')
runs() { pick 'size(d.runs)' <<<"$out"; }
reload() {
    local before
    before=$(metric quell_reloads_total)
    kill -HUP "$serve_pid"
    wait_until 10 reloaded "$before"
}
reloaded() { [ "$(metric quell_reloads_total)" != "$1" ] || grep -q 'reload refused' "$folder/serve.log"; }

proofs() {
    playbook report report 'auth: hmac:button' 'match: { kind: phish }'
    steps report "  - stop: { reason: 'by \${{ event.reporter }}' }"
    playbook scan scan 'auth: bearer:scanner'
    steps scan '  - stop:'
    playbook far far 'auth: bearer:scanner' 'from: [203.0.113.0/24]'
    steps far '  - stop:'
    playbook near near 'auth: bearer:scanner' 'from: [203.0.113.0/24, 127.0.0.0/8]'
    steps near '  - stop:'
    http=1 smtp=1
    config "$folder"/{report,scan,far,near}.yaml
    senders
    start_serve || return
    echo '{"kind": "phish", "reporter": "eve"}' >"$folder/phish"
    echo '{"kind": "drill"}' >"$folder/drill"
    post report "$folder/phish" -H "$(hub "$folder/phish")"
    equal "a signed event is taken" 202 "$code"
    equal "it starts the playbook" 1 "$(runs)"
    lacks "it is no incident" '"incident"' "$out"
    run=$(run_of report)
    ends "which ends" "$run" succeeded
    contains "and knew the event" "by eve" "$(q show "$run" -o json)"
    post report "$folder/phish" -H "$(hub "$folder/drill")"
    equal "the signature of another body" 401 "$code"
    post report "$folder/phish"
    equal "no signature" 401 "$code"
    post report "$folder/drill" -H "$(hub "$folder/drill")"
    equal "what does not match is taken" 202 "$code"
    equal "and starts nothing" 0 "$(runs)"
    post scan "$folder/phish" "${token[@]}"
    equal "a token" 1 "$(runs)"
    post scan "$folder/phish" -H 'Authorization: Bearer x'
    equal "a wrong token" 401 "$code"
    post far "$folder/phish" "${token[@]}"
    equal "from another address" 403 "$code"
    post near "$folder/phish" "${token[@]}"
    equal "from one of the addresses" 202 "$code"
    post nowhere "$folder/phish" "${token[@]}"
    equal "a path that nobody has" 404 "$code"
    echo '[1]' >"$folder/list"
    post scan "$folder/list" "${token[@]}"
    equal "an event is an object" 400 "$code"
    post report "$folder/phish" -H "$(hub "$folder/phish")" -H 'X-Delivery: d-1'
    first=$out
    post report "$folder/phish" -H "$(hub "$folder/phish")" -H 'X-Delivery: d-1'
    equal "a delivery that comes again has the same answer" "$first" "$out"
    equal "four runs in all" 4 "$(q ps -o json | pick 'size(d)')"
}

lines() {
    playbook scan scan 'auth: bearer:scanner' 'match: { severity: { at-least: 3 } }'
    steps scan "  - stop: { reason: '\${{ event.name }}' }"
    playbook siem siem 'auth: bearer:scanner' 'as: incident' 'match: { severity: { at-least: low } }'
    steps siem "  - stop: { reason: '\${{ incident.title }} \${{ event.title }}' }"
    playbook parts parts 'auth: bearer:scanner' 'as: alert' 'match: { severity: high }'
    steps parts "  - stop: { reason: '\${{ alert.id }}' }"
    printf 'quell: 1\nplaybook: all\non: { incident: { match: { severity: { at-least: low } } } }\nsteps:\n  - stop:\n' \
        >"$folder/all.yaml"
    http=1 smtp=1
    config "$folder"/{scan,siem,parts,all}.yaml
    senders
    start_serve || return
    local nd=(-H 'Content-Type: application/x-ndjson' "${token[@]}")
    lined() { out=$(curl -sS -w '\n%{http_code}' "${nd[@]}" --data-binary "@$2" "http://127.0.0.1:$port/hooks/$1") && code=${out##*$'\n'} out=${out%$'\n'*}; }
    printf '{"name":"a","severity":5}\n\n{"name":"b","severity":1}\r\n{"name":"c","severity":3}' >"$folder/three"
    lined scan "$folder/three"
    equal "three lines are taken" 202 "$code"
    equal "two of them match" '[1,4]' "$(pick 'd.runs.map(r, r.line)' <<<"$out")"
    printf '{"name":"a","severity":5}\n{"name":\n' >"$folder/bad"
    lined scan "$folder/bad"
    equal "a line that is wrong" 400 "$code"
    contains "is named" 'line 2' "$out"
    equal "and nothing of it was taken" 2 "$(q ps -o json | pick 'size(d)')"
    seq 501 | sed 's/.*/{"severity":1}/' >"$folder/many"
    lined scan "$folder/many"
    equal "too many lines" 400 "$code"
    : >"$folder/empty"
    lined scan "$folder/empty"
    equal "no line" 400 "$code"
    printf '%s\n' '{"title":"x","severity":"high","source_id":"1"}' '{"title":"y","severity":"low","source_id":"2"}' >"$folder/two"
    lined siem "$folder/two"
    equal "two incidents" 2 "$(pick 'size(d.incidents)' <<<"$out")"
    equal "start it and what listens to incidents" '[2,2]' \
        "$(pick "['siem', 'all'].map(p, size(d.runs.filter(r, r.playbook == p)))" <<<"$out")"
    echo '{"title":"x","severity":"high","source_id":"3","alerts":[{"id":"a1","title":"t","severity":"high"},{"id":"a2","title":"t","severity":"low"}]}' >"$folder/alerts"
    post parts "$folder/alerts" "${token[@]}"
    equal "one of two alerts starts it" '["all","parts"]' "$(pick 'd.runs.map(r, r.playbook)' <<<"$out")"
    ends "with the alert" "$(run_of parts)" succeeded
    contains "as it is" '"a1"' "$(q show "$(run_of parts)" -o json)"
}

stops_and_reloads() {
    playbook report report 'auth: hmac:button'
    steps report "  - id: look
    uses: http.get
    with: { url: /v1/status }
    retry: { max: 0 }
    on-error: continue
  - wait: 1s
  - stop: { reason: 'by \${{ event.reporter }}' }"
    start_range
    config "$folder/report.yaml"
    senders
    start_serve || return
    echo '{"reporter": "eve"}' >"$folder/eve"
    post report "$folder/eve" -H "$(hub "$folder/eve")"
    run=$(run_of report)
    kill_serve
    start_serve || return
    ends "a run goes on after kill -9" "$run" succeeded
    contains "with its event" "by eve" "$(q show "$run" -o json)"
    playbook more more 'auth: bearer:scanner'
    steps more '  - stop:'
    post more "$folder/eve" "${token[@]}"
    equal "no such path yet" 404 "$code"
    sed -i "s|^- $folder/report.yaml|&\n- $folder/more.yaml|" "$folder/quell.yaml"
    reload
    post more "$folder/eve" "${token[@]}"
    equal "a reload adds it" 202 "$code"
    playbook other more 'auth: hmac:button'
    steps other '  - stop:'
    sed -i "s|^- $folder/more.yaml|&\n- $folder/other.yaml|" "$folder/quell.yaml"
    reload
    contains "another word on one path is refused" QL231 "$(cat "$folder/serve.log")"
    post more "$folder/eve" "${token[@]}"
    equal "and the old one stays" 202 "$code"
    sed -i "\|/other.yaml|d; \|/more.yaml|d" "$folder/quell.yaml"
    : >"$folder/serve.log"
    reload
    post more "$folder/eve" "${token[@]}"
    equal "a reload takes it away" 404 "$code"
    post report "$folder/eve" -H "$(hub "$folder/eve")"
    equal "and not the other" 202 "$code"
}

refused_settings() {
    : >"$folder/serve.log"
    playbook one open 'auth: bearer:scanner'
    steps one '  - stop:'
    playbook two two 'auth: bearer:nobody'
    steps two '  - stop:'
    playbook three three 'auth: hmac:scanner'
    steps three '  - stop:'
    http=1 smtp=1
    config "$folder/one.yaml"
    senders
    status "a path that is a hook" 2 q serve
    contains "is told" 'playbook `one` listens to /hooks/open, too' "$err"
    config "$folder/two.yaml"
    senders
    status "a sender that is not there" 2 q serve
    contains "is told, too" 'there is no such sender' "$err"
    config "$folder/three.yaml"
    senders
    status "another kind of proof" 2 q serve
    contains "says both" 'the playbook says `hmac`, quell.yaml says `bearer`' "$err"
}

together proofs lines stops_and_reloads refused_settings
