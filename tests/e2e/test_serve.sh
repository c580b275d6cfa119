#!/bin/bash
# The daemon as senders and operators meet it: proofs, replays, reload, signals, its lock, and what it
# must not start or send.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
logged() { grep -qF -- "$1" "$folder/serve.log"; }
runs() { q ps -o json "$@" | pick 'size(d)'; }

cat >"$folder/note.yaml" <<'YAML'
quell: 1
playbook: note
on: { incident: { match: { severity: { at-least: low } } } }
steps:
  - id: tell
    uses: email.send
    with: { to: soc@contoso.example, subject: '${{ incident.title }}', body: first }
YAML
cat >"$folder/shadow.yaml" <<'YAML'
quell: 1
playbook: shadow
state: shadow
on: { incident: { match: { severity: { at-least: low } } } }
steps:
  - id: look
    uses: defender.get-device
    with: { device_id: '${{ incident.entities.devices[0].id }}' }
  - id: isolate
    uses: defender.isolate-device
    with: { device_id: '${{ steps.look.output.device_id }}', comment: x }
    on-error: continue
  - id: comment
    if: incident.source == 'sentinel' && steps.isolate.status == 'succeeded'
    uses: sentinel.add-comment
    with: { incident_id: '${{ incident.source_id }}', message: 'isolation ${{ steps.isolate.status }}' }
  - id: tell
    uses: email.send
    with: { to: shadow@contoso.example, subject: s, body: b }
YAML
sed 's/playbook: shadow/playbook: sleeping/; s/state: shadow/state: off/' "$folder/shadow.yaml" >"$folder/off.yaml"

start_range --pending-ms 0 --work-ms 0
config "$folder/note.yaml" "$folder/shadow.yaml" "$folder/off.yaml"
start_serve || exit

# ---- a signed delivery ------------------------------------------------------------------------------
post_signed msg-1 "$incident"
equal "a signed delivery is accepted" 202 "$code"
first=$out run=$(run_of note) shadow=$(run_of shadow)
equal "it starts what matches, and nothing that is off" '["note","shadow"]' \
    "$(pick "['note', 'shadow'].filter(p, size(d.runs) == 2 && d.runs.exists(r, r.playbook == p))" <<<"$out")"
ends "it runs" "$run" succeeded
ends "the shadow runs, too" "$shadow" succeeded
equal "one mail" 1 "$(effects mail)"
equal "the shadow isolated nothing" 0 "$(effects isolate)"
equal "and commented on nothing" 0 "$(effects comment)"
equal "its read was really done" false "$(q show "$shadow" -o json |
    pick "d.steps.filter(s, s.path == 'look')[0].output.name == ''")"
equal "its changes are said to be simulated" 3 "$(q show "$shadow" -o json |
    pick "size(d.events.filter(e, e.kind == 'call_ended' && e.?simulated.orValue(false)))")"
equal "and show says so of each" '["succeeded","simulated","simulated","simulated"]' \
    "$(q show "$shadow" -o json | pick 'd.steps.map(s, s.status)')"
contains "its mode is shown" shadow "$(q show "$shadow")"

# ---- proofs -------------------------------------------------------------------------------------------
refused() { # refused NAME REASON: 401, and the log says why; the sender does not learn it
    equal "$1: 401" 401 "$code"
    logged "$2" && ok || no "$1: the log says why" "$(tail -2 "$folder/serve.log")"
}
post signed "$incident"
refused "no proof" "webhook-id is missing"
post signed "$incident" -H 'webhook-id: msg-2' -H "webhook-timestamp: $(date +%s)" \
    -H "webhook-signature: v1,$(printf '%032d' 0 | base64)"
refused "a forged signature" "no signature is right"
sed 's/fin-ws-114/fin-ws-115/' "$incident" >"$folder/changed.json"
post signed "$folder/changed.json" -H @- < <(signed msg-2 "$incident")
equal "another body than the signed one: 401" 401 "$code"
post signed "$incident" -H @- < <(signed msg-2 "$incident" | sed 's/msg-2/msg-3/')
equal "another id than the signed one: 401" 401 "$code"
post_signed msg-2 "$incident" $(($(date +%s) - 400))
refused "an old one" "the timestamp is too old"
post_signed msg-2 "$incident" $(($(date +%s) + 400))
refused "one of tomorrow" "the timestamp lies in the future"
post token "$incident"
equal "no token: 401" 401 "$code"
post token "$incident" -H 'Authorization: Bearer hook-token-canary-72'
equal "a wrong token: 401" 401 "$code"
post token "$graph" -H 'Authorization: Bearer hook-token-canary-71'
equal "the right token, and Graph's format" 202 "$code"
ends "it runs" "$(run_of note)" succeeded
equal "nobody without a proof started anything" 4 "$(runs)"

# ---- replays ------------------------------------------------------------------------------------------
post_signed msg-1 "$incident" $(($(date +%s) - 60))
equal "the same id again gets the same answer" "202 $first" "$code $out"
post_signed msg-9 "$incident"
equal "the same event under another id, too" "202 $first" "$code $out"
header=$(curl -sS -D - -o "$folder/out" -H 'Content-Type: application/json' -H @- --data-binary \
    "@$incident" "http://127.0.0.1:$port/hooks/signed" < <(signed msg-1 "$incident"))
contains "and says that it is one" "Idempotent-Replayed: true" "$header"
fresh
for i in 1 2 3 4 5 6; do
    curl -sS -H 'Content-Type: application/json' -H @- --data-binary "@$folder/incident.json" \
        "http://127.0.0.1:$port/hooks/signed" < <(signed msg-10 "$folder/incident.json") \
        >"$folder/same-$i" &
    senders[i]=$!
done
wait "${senders[@]}"
equal "equal deliveries at the same time get one answer" 1 "$(cat "$folder"/same-? | sed 's/}{/}\n{/g' | sort -u | wc -l)"
out=$(cat "$folder/same-1")
ends "and one run" "$(run_of note)" succeeded
equal "of each playbook" 6 "$(runs)"
equal "a mail for each of the three incidents" 3 "$(effects mail)"

# ---- what is no incident ------------------------------------------------------------------------------
printf '{"title": ' >"$folder/broken.json"
echo '{"some": "thing"}' >"$folder/strange.json"
post open "$folder/broken.json"
equal "broken JSON: 400" 400 "$code"
contains "with the place" "line 1" "$(pick d.detail <<<"$out")"
post open "$folder/strange.json"
equal "a shape that nobody knows: 400" 400 "$code"
contains "it says so" "no source recognises" "$out"
post nobody "$incident"
equal "a hook that is not there: 404" 404 "$code"
{ printf '{"a": "' && head -c 1100000 /dev/zero | tr '\0' x && printf '"}'; } >"$folder/huge.json"
post open "$folder/huge.json" -H 'Expect:'
equal "a body of more than 1 MiB: 413" 413 "$code"
equal "nothing came of it" 6 "$(runs)"

# ---- health, metrics ----------------------------------------------------------------------------------
for path in livez readyz metrics; do
    equal "/$path" 200 "$(curl -sS -o "$folder/out" -w '%{http_code}' "http://127.0.0.1:$port/$path")"
done
equal "incidents are counted" 3 "$(metric quell_incidents_total)"
equal "and runs" 6 "$(metric quell_runs_succeeded_total)"
equal "and repeated deliveries" 8 "$(metric quell_deliveries_repeated_total)"
equal "and refused ones" 8 "$(curl -sS "http://127.0.0.1:$port/metrics" |
    awk '/quell_hook_deliveries_total.*denied/ { sum += $2 } END { print sum + 0 }')"

# ---- others beside it ---------------------------------------------------------------------------------
status "a second serve on the same store" 5 q serve
contains "says who holds it" "in use by process $serve_pid" "$err"
status "run beside serve is started by it" 0 q run note -i "$incident"
contains "and followed to its end" "succeeded" "$out"
status "ps beside it" 0 q ps -o json
status "show beside it" 0 q show "$run"
status "plan beside it" 0 q plan note -i "$incident" --offline
equal "the store's files are for their owner only" "600 600 600" \
    "$(stat -c %a "$folder"/quell.db "$folder"/quell.db-wal "$folder"/quell.db.sock | tr '\n' ' ' | sed 's/ $//')"

# ---- reload -------------------------------------------------------------------------------------------
reload() { # reload WORDS: SIGHUP, and waits until the log has them
    kill -HUP "$serve_pid"
    wait_until 10 logged "$1" || no "reload: $1" "$(tail -5 "$folder/serve.log")"
}
sed -i 's/uses: email.send/uses: email.sent/' "$folder/note.yaml"
reload "reload refused"
contains "the log says what is wrong, and where" "note.yaml:6" "$(grep 'reload refused' "$folder/serve.log")"
fresh
post open "$folder/incident.json"
equal "the old set still takes incidents" 202 "$code"
ends "and runs" "$(run_of note)" succeeded
sed -i 's/email.sent/email.send/; s/body: first/body: second/' "$folder/note.yaml"
sed -i 's/state: off/state: live/; s/low/critical/' "$folder/off.yaml"
reload reloaded
fresh
post open "$folder/incident.json"
ends "the new set runs" "$(run_of note)" succeeded
equal "in its new words" '["first","second"]' "$(mails | pick \
    "[d.mails[size(d.mails) - 2].text.trim(), d.mails[size(d.mails) - 1].text.trim()]")"
equal "reloads are counted" "1 1" "$(metric quell_reloads_total) $(metric quell_reloads_failed_total)"

# ---- restart ------------------------------------------------------------------------------------------
fresh
fault '{"where": "mail", "what": "slow", "delay_ms": 700}'
post open "$folder/incident.json"
slow=$(run_of note)
is_sending() { q show "$slow" -o json | pick "d.events.exists(e, e.kind == 'call_sending')" | grep -q true; }
wait_until 10 is_sending || no "a mail is on its way"
fresh
exec 7<>"/dev/tcp/127.0.0.1/$port" # half a delivery is there when the signal comes
{
    printf 'POST /hooks/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
    printf 'Content-Length: %d\r\n\r\n' "$(stat -c %s "$folder/incident.json")"
    head -c 500 "$folder/incident.json"
} >&7
kill -TERM "$serve_pid"
wait_until 10 logged draining || no "it says that it drains"
curl -sS "http://127.0.0.1:$port/livez" >/dev/null 2>&1
equal "while it drains nobody new is let in" 7 $?
tail -c +501 "$folder/incident.json" >&7
read -r -t 10 line <&7
contains "what was in flight is answered" "HTTP/1.1 202" "$line"
exec 7<&-
wait "$serve_pid"
equal "SIGTERM ends it well" 0 $?
serve_pid=''
equal "the mail that was on its way was waited for" succeeded "$(q show "$slow" -o json | pick d.state)"
equal "and nothing waits for a person" '[]' "$(q ps -s held -o json)"
status "run after serve" 0 q run note -i "$incident"
before=$(runs)
start_serve || exit
post_signed msg-1 "$incident"
equal "a replay after a restart gets the same answer" "202 $first" "$code $out"
post_signed msg-11 "$incident"
equal "and so does the same event" "202 $first" "$code $out"
equal "nothing is started by it" "$before" "$(runs)"
kill_serve
start_serve || exit
post_signed msg-1 "$incident"
equal "a replay after kill -9 as well" "202 $first" "$code $out"
stop_serve

# ---- the rate of a hook -------------------------------------------------------------------------------
sed 's/  token: { auth/  token: { rate: 2\/h, auth/' "$folder/quell.yaml" >"$folder/rated.yaml"
mv "$folder/quell.yaml" "$folder/free.yaml" && mv "$folder/rated.yaml" "$folder/quell.yaml"
start_serve || exit
before=$(q ps -n 1000 -o json | pick 'size(d.filter(r, r.playbook == "note"))')
for wanted in 202 202 429 429; do
    fresh
    post token "$folder/incident.json" -H 'Authorization: Bearer hook-token-canary-71'
    equal "a rate of two: $wanted" "$wanted" "$code"
done
equal "nothing of what is over it is taken in" 2 \
    "$(($(q ps -n 1000 -o json | pick 'size(d.filter(r, r.playbook == "note"))') - before))"
equal "one row of the audit" '["hooks.token"]' "$(q audit list --what limited -o json | pick 'd.map(r, r.subject)')"
equal "a metric" 2 "$(curl -sS "http://127.0.0.1:$port/metrics" |
    sed -n 's/^quell_hook_deliveries_total{hook="token",outcome="over_rate"} //p')"
stop_serve
mv "$folder/free.yaml" "$folder/quell.yaml"

# ---- configurations that must not start ---------------------------------------------------------------
sed 's/^listen:.*/listen: 0.0.0.0:0/' "$folder/quell.yaml" >"$folder/bad.yaml"
status "an address for all without TLS" 2 quell serve -c "$folder/bad.yaml"
contains "it says so" "tls" "$err"
sed '/^playbooks:/a - /nowhere/x.yaml' "$folder/quell.yaml" >"$folder/bad.yaml"
status "a playbook that is not there" 2 quell serve -c "$folder/bad.yaml"
contains "it is named" /nowhere/x.yaml "$err"
rm "$folder/hook-secret"
status "a secret that is not there" 2 q serve
contains "its hook is named" hooks.signed "$err"
