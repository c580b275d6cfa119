#!/bin/bash
# Secrets appear nowhere, and nothing is reached that the configuration does not allow. Every secret
# is a canary; what quell wrote, said and stored is searched for all of them.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
mkdir "$folder/said" "$folder/keys" "$folder/desk"
start_range --auto-advance 20 --pending-ms 0 --work-ms 0 --client-secret canary-client-1 \
    --smtp-password canary-smtp-2 --smtp-require-auth --token canary-bearer-3
config "$top/playbooks/malware-on-device.yaml" "$folder/reads.yaml"
printf canary-client-1 >"$folder/keys/client" && printf canary-smtp-2 >"$folder/keys/smtp"
printf canary-bearer-3 >"$folder/keys/bearer" && printf canary-header-4 >"$folder/keys/header"
printf canary-hook-5-long-enough >"$folder/keys/hook"
whsec=$(printf canary-standard-6-long | base64)
printf 'whsec_%s' "$whsec" >"$folder/keys/standard"
export QUELL_TEST_CANARY=canary-env-7
sed -i -e "s|$folder/client-secret|$folder/keys/client|; s|$folder/smtp-password|$folder/keys/smtp|" \
    -e "s|$folder/hook-secret|$folder/keys/standard|; s|$folder/hook-token|$folder/keys/hook|" \
    -e '/^  http:/d' "$folder/quell.yaml"
cat >>"$folder/quell.yaml" <<YAML
  http: { url: 'http://127.0.0.1:$http', egress: [loopback], auth: { kind: bearer, token: { file: $folder/keys/bearer } } }
  desk: { url: 'http://127.0.0.1:$http', egress: [loopback], auth: { kind: header, name: X-Key, value: { file: $folder/keys/header } } }
  spare: { connector: desk, url: 'http://127.0.0.1:$http', egress: [loopback], auth: { kind: basic, username: u, password: { env: QUELL_TEST_CANARY } } }
YAML
sed -i "1i connectors: [$folder/desk]" "$folder/quell.yaml"
cat >"$folder/desk/desk.yaml" <<'YAML'
connector: desk
version: 0.1.0
title: Desk
doc: A desk.
actions:
  open:
    doc: Opens.
    effect: notes
    repeat: keyed
    inputs: { title: { type: string, required: true, doc: Title. } }
    outputs: { path: { type: string, doc: Path. } }
    request: { method: POST, path: /act/desk, json: { title: '${{ input.title }}' } }
    ok: [200]
    output: { path: '${{ reply.json.path }}' }
    example: { path: /x }
YAML
cat >"$folder/reads.yaml" <<'YAML'
quell: 1
playbook: reads
on: { incident: { match: { severity: { at-least: low } } }, manual: }
steps:
  - uses: http.get
    with: { url: '/api/machines/2f9c4b7e8d1a6053c4e2f7a9b0d3e6c1f8a5b247' }
  - uses: desk.open
    with: { title: one }
  - uses: desk.open
    connection: spare
    with: { title: two }
YAML
keep() { # keep NAME COMMAND...: what it says is searched later
    local name=$1
    shift
    "$@" >"$folder/said/$name" 2>&1
}
searched() { # searched WHEN: no canary in what was said, logged and stored
    local canary hits
    for canary in canary-client-1 canary-smtp-2 canary-bearer-3 canary-header-4 canary-hook-5 "$whsec" \
        canary-standard-6 canary-env-7 canary-inline-8 canary-guess-9 \
        "$(printf 'quell:canary-smtp-2' | base64)" "$(printf 'u:canary-env-7' | base64)" \
        "$(printf '\0quell\0canary-smtp-2' | base64)" client_secret=; do
        hits=$(grep -rlaF -- "$canary" "$folder"/quell.db "$folder"/quell.db-* "$folder/serve.log" "$folder/said")
        if [ -z "$hits" ]; then ok; else no "$1: $canary is found" "$hits"; fi
    done
}

# ---- a day at work --------------------------------------------------------------------------------------
start_serve || exit
post_with() { # as the sender of hook `signed` with this script's own secret
    local at mac
    at=$(date +%s)
    mac=$({ printf 'm1.%s.' "$at" && cat "$incident"; } | openssl dgst -sha256 -mac HMAC -macopt \
        "hexkey:$(base64 -d <<<"$whsec" | od -An -tx1 | tr -d ' \n')" -binary | base64)
    post signed "$incident" -H 'webhook-id: m1' -H "webhook-timestamp: $at" -H "webhook-signature: v1,$mac"
}
post_with
equal "the signed hook knows its secret" 202 "$code"
contain=$(run_of malware-on-device) reads=$(run_of reads)
ends "sign-in and mail work" "$contain" succeeded
ends "bearer, header and basic work" "$reads" succeeded
equal "the header was really sent" 2 "$(effects act)"
post token "$graph" -H 'Authorization: Bearer canary-hook-5-long-enough'
equal "the hook with a token knows it" 202 "$code"
ends "and its run ends" "$(run_of malware-on-device)" succeeded
post token "$graph" -H 'Authorization: Bearer canary-guess-9'
equal "a guess is refused" 401 "$code"
keep answer printf '%s' "$out"
keep show q show "$contain" -o json
keep events q show "$reads" --events
keep ps q ps -o json
keep plan q plan malware-on-device -i "$incident" -o json
keep offline q plan malware-on-device -i "$incident" --offline
keep actions q actions -o json
keep explain q explain -i "$incident" -o json
for path in metrics readyz?verbose livez; do
    keep "${path%\?*}" curl -sS "http://127.0.0.1:$port/$path"
done
keep backup q backup "$folder/said/backup.db"
keep audit q audit list -o json
keep audit-export q audit export
keep why q why "$contain"
keep held q held -o json
keep approvals q approvals -o json
equal "no core is dumped" 0 "$(awk '/^Max core file size/ { print $5 + $6 }' "/proc/$serve_pid/limits")"
for control in "$contain" range.fifo; do
    printf '%s' range.fifo >"$folder/said/control" # what is there is found
    grep -rlaqF -- "$control" "$folder"/quell.db "$folder"/quell.db-* "$folder/said" && ok || no "the search finds $control"
done
searched "while it serves"

# ---- when things go wrong -------------------------------------------------------------------------------
fault '{"where": "token", "what": 401, "times": 1}'
fault '{"where": "machines", "what": "garbage", "times": 1}'
fault '{"where": "mail", "what": 554, "times": 1}'
fresh
post open "$folder/incident.json"
all_ended() { ! q ps -o json | grep -qE '"state": *"(running|waiting)"'; }
wait_until 20 all_ended || no "all runs end" "$(q ps)"
for run in $(q ps -o json | pick "d.map(r, r.run).join(' ')" | tr -d '"'); do keep "show-$run" q show "$run" -o json; done
kill_serve
for key in client smtp bearer; do # secrets that are wrong, and one that is not there
    cp "$folder/keys/$key" "$folder/kept" && printf canary-guess-9 >"$folder/keys/$key"
    keep "wrong-$key" q run malware-on-device -i "$graph" -o json
    keep "wrong-reads-$key" q run reads -o json
    rm "$folder/keys/$key"
    keep "none-$key" q run reads
    mv "$folder/kept" "$folder/keys/$key"
done
contains "a wrong client secret is said to be wrong" denied "$(cat "$folder/said/wrong-client")"
contains "a secret that is not there is named by its place" "keys/bearer" "$(cat "$folder/said/none-bearer")"
inline() { # inline NAME SED: a secret as text in the configuration
    sed "$2" "$folder/quell.yaml" >"$folder/inline.yaml"
    status "$1" 2 quell serve -c "$folder/inline.yaml"
    keep "inline-$1" printf '%s%s' "$out" "$err"
    contains "$1: it says how" "file: PATH" "$err"
}
inline "text as client secret" "0,/client_secret: {[^}]*}/s//client_secret: canary-inline-8/"
inline "text as hook token" 's|token: { file: [^}]*hook }|token: canary-inline-8|'
inline "text as password" 's/password: {[^}]*smtp }/password: canary-inline-8/'
searched "after trouble"

# ---- what may be reached --------------------------------------------------------------------------------
cat >"$folder/get.yaml" <<'YAML'
quell: 1
playbook: get
on: { manual: }
inputs: { url: { type: string, required: true } }
steps:
  - uses: http.get
    with: { url: '${{ inputs.url }}' }
YAML
printf 'store: sqlite:%s/egress.db\nplaybooks: [%s/get.yaml]\n' "$folder" "$folder" >"$folder/egress.yaml"
message() { pick 'd.steps[0].error.message' <"$folder/out"; }
before=$(range_state d.requests)
for url in "http://127.0.0.1:$http/act/x" "http://localhost:$http/act/x" "http://[::1]:$http/act/x" \
    "https://127.0.0.1:$http/" "https://2130706433/" "https://0x7f.1/" "https://[::ffff:127.0.0.1]/" \
    "https://10.0.0.1/" "https://172.16.0.1/" "https://192.168.0.1/" "https://169.254.169.254/latest" \
    "https://[fe80::1]/" "https://[fd00::1]/" "https://0.0.0.0/" "https://100.64.0.1/"; do
    status "refused: $url" 1 quell run get -c "$folder/egress.yaml" --input "url=$url" -o json
    case $(message) in *egress* | *"may not be reached"*) ok ;; *) no "refused: $url: it says why" "$(message)" ;; esac
done
equal "no request came through" "$before" "$(range_state d.requests)"
status "plain http to another host" 1 quell run get -c "$folder/egress.yaml" --input "url=http://api.contoso.example/" -o json
contains "is refused" "without TLS only loopback" "$(message)"
for key in url token_url; do
    printf 'connections:\n  defender: { %s: "http://api.contoso.example/", auth: { kind: client-secret, tenant_id: t, client_id: c, client_secret: { env: X } } }\n' $key >"$folder/plain.yaml"
    status "plain http as $key" 2 quell plan "$folder/get.yaml" --input url=x -c "$folder/plain.yaml"
    contains "is refused when it is loaded" "without TLS only loopback" "$err"
done

# ---- redirects ------------------------------------------------------------------------------------------
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext 'subjectAltName=DNS:localhost' \
    -keyout "$folder/tls.key" -out "$folder/tls.pem" 2>/dev/null
printf 'HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:%s/act/elsewhere\r\nContent-Length: 0\r\n\r\n' "$http" >"$folder/moved"
printf 'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a": 1}' >"$folder/here"
(cd "$folder" && exec openssl s_server -accept 127.0.0.1:0 -cert tls.pem -key tls.key -HTTP >tls.log 2>&1 </dev/null) &
tls_pid=$!
wait_until 10 grep -q '^ACCEPT.*:[1-9]' "$folder/tls.log" || no "the TLS server starts" "$(cat "$folder/tls.log")"
tls=$(sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' "$folder/tls.log")
{
    cat "$folder/egress.yaml"
    printf 'connections:\n  http: { url: "https://localhost:%s", egress: [loopback], ca: %s/tls.pem, auth: { kind: bearer, token: { file: %s/keys/bearer } } }\n' \
        "$tls" "$folder" "$folder"
} >"$folder/tls.yaml"
status "a server with a private CA" 0 quell run get -c "$folder/tls.yaml" --input url=/here -o json
equal "is read" 1 "$(pick 'd.steps[0].output.json.a' <"$folder/out")"
before=$(range_state d.requests)
status "a redirect" 1 quell run get -c "$folder/tls.yaml" --input url=/moved -o json
contains "is an answer like another" 302 "$(message)"
equal "nobody followed it" "$before" "$(range_state d.requests)"
sed -i 's/ca: [^,]*, //' "$folder/tls.yaml"
status "the same server without \`ca:\`" 1 quell run get -c "$folder/tls.yaml" --input url=/here -o json
contains "is not trusted" certificate "$(message)"
kill "$tls_pid" && wait "$tls_pid" 2>/dev/null
