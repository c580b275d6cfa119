#!/bin/bash
# What may go wrong on the way: kill -9, a far side that is busy, broken or lost, outcomes that nobody
# knows, and the limits of what a run may disrupt. Each scenario has its own range and store.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
playbook=$top/playbooks/malware-on-device.yaml

playbook() { # playbook ID <STEPS: a playbook for any incident, in $folder/ID.yaml
    {
        printf 'quell: 1\nplaybook: %s\n' "$1"
        printf 'on: { incident: { match: { severity: { at-least: low } } }, manual: }\n'
        cat
    } >"$folder/$1.yaml"
    playbook=$folder/$1.yaml
}
devices() { # devices N: an incident in quell's own shape with so many devices
    local i
    printf '{"title": "many", "severity": "high", "entities": {"devices": ['
    for ((i = 1; i <= $1; i++)); do printf '{"name": "d%d", "id": "%040x"}%s' "$i" "$i" "${2-,}" ; done | sed 's/,$//'
    printf ']}}'
}
one_isolation() {
    playbook isolate <<'YAML'
steps:
  - id: isolate
    uses: defender.isolate-device
    with: { device_id: '${{ incident.entities.devices[0].id }}', comment: test }
    retry: { max: 2, first: 50ms }
YAML
}
one_mail() {
    playbook mail <<'YAML'
steps:
  - id: tell
    uses: email.send
    with: { to: soc@contoso.example, subject: one, body: b }
  - id: after
    uses: email.send
    with: { to: soc@contoso.example, subject: two, body: b }
YAML
}
settled() { # what must be true of a range at the end of a story
    equal "no effect twice" '[]' "$(duplicates)"
}

# ---- kill -9 ------------------------------------------------------------------------------------------
killed_while_pending() {
    cp "$playbook" "$folder/contain.yaml"
    start_range
    config "$folder/contain.yaml"
    start_serve || return
    post open "$incident"
    run=$(run_of malware-on-device)
    is_waiting() { q show "$run" -o json | pick "d.steps.exists(s, s.path == 'contain[0].isolate' && s.waits_for == 'sleep')" | grep -q true; }
    wait_until 10 has_happened isolate || no "the isolation is asked for"
    wait_until 10 is_waiting || no "and waited for" "$(q show "$run")"
    revision=$(q show "$run" -o json | pick d.revision)
    kill_serve
    sed -i 's/contained: /changed: /' "$folder/contain.yaml"
    advance 10000
    start_serve || return
    equal "runs are taken up" 1 "$(metric quell_runs_recovered_total)"
    ends "the run ends" "$run" succeeded
    equal "one isolation" 1 "$(effects isolate)"
    equal "one comment" 1 "$(effects comment)"
    contains "the run keeps its revision" "contained: " "$(mails | pick d.mails[0].subject)"
    equal "and says so" "$revision" "$(q show "$run" -o json | pick d.revision)"
    fresh
    range_reset
    post open "$folder/incident.json"
    new=$(run_of malware-on-device)
    status "a new run" 0 q show "$new" -o json
    equal "has the new one" false "$(pick "d.revision == '$revision'" <"$folder/out")"
    settled
}
killed_while_sending() { # the answer to the isolation never reaches the first process
    one_isolation
    start_range --pending-ms 0 --work-ms 0
    config "$playbook"
    fault '{"where": "isolate", "what": "slow", "delay_ms": 60000}'
    start_serve || return
    post open "$incident"
    run=$(run_of isolate)
    wait_until 10 has_happened isolate || no "the isolation took effect"
    kill_serve
    start_serve || return
    ends "the run ends" "$run" succeeded
    equal "one isolation" 1 "$(effects isolate)"
    settled
}
killed_while_mailing() {
    one_mail
    start_range
    config "$playbook"
    fault '{"where": "mail", "what": "slow", "delay_ms": 60000}'
    start_serve || return
    post open "$incident"
    run=$(run_of mail)
    wait_until 10 has_happened mail || no "the mail arrived"
    kill_serve
    start_serve || return
    ends "a mail that may have been sent holds the run" "$run" held
    equal "one mail" 1 "$(effects mail)"
    kill_serve
    start_serve || return
    equal "it is still held after another restart" held "$(q show "$run" -o json | pick d.state)"
    status "ps -s held" 0 q ps -s held -o json
    equal "finds it" "[\"$run\"]" "$(pick 'd.map(r, r.run)' <"$folder/out")"
    status "resolve" 0 q resolve "$run" tell --happened
    ends "and it goes on" "$run" succeeded
    equal "with the next mail only" 2 "$(effects mail)"
    settled
}

# ---- a far side with troubles ---------------------------------------------------------------------------
throttled() {
    one_isolation
    start_range --pending-ms 0 --work-ms 0
    config "$playbook"
    fault '{"where": "isolate", "what": 429, "retry_after": 2}'
    status "429" 0 q run isolate -i "$incident" -o json
    equal "one isolation" 1 "$(effects isolate)"
    equal "Retry-After was honoured" true "$(pick \
        'timestamp(d.steps[0].ended_at) - timestamp(d.steps[0].started_at) >= duration("2s")' <"$folder/out")"
    equal "it is no attempt of the step" 1 "$(step isolate attempts)"
    settled
}
broken_then_good() { # what can be looked after is; what is never sent twice is not, whatever the step says
    one_isolation
    playbook act <<'YAML'
steps:
  - id: act
    uses: http.request
    with: { url: /act/x, json: { a: 1 } }
    retry: { max: 2, first: 50ms }
YAML
    start_range --pending-ms 0 --work-ms 0
    config "$folder/isolate.yaml" "$folder/act.yaml"
    fault '{"where": "isolate", "what": 500}'
    status "500 at an isolation" 0 q run isolate -i "$incident" -o json
    equal "one isolation" 1 "$(effects isolate)"
    equal "in one attempt" 1 "$(step isolate attempts)"
    fault '{"where": "act", "what": 500}'
    status "500 at a request that is never sent twice" 1 q run act -i "$incident" -o json
    equal "one attempt" 1 "$(step act attempts)"
    contains "it says so" 500 "$(step act error.message)"
    settled
}
ended_badly_then_good() {
    one_isolation
    sed -i 's/first: 50ms/first: 50ms, on: [refused]/' "$playbook"
    start_range --pending-ms 0 --work-ms 0
    config "$playbook"
    fault '{"where": "isolate", "what": "failed"}'
    status "an isolation that ends as Failed, tried again" 0 q run isolate -i "$incident" -o json
    equal "in a second attempt" 2 "$(step isolate attempts)"
    equal "which is another machine action" 2 "$(effects isolate)"
    range_reset
    fault '{"where": "isolate", "what": "failed", "times": -1}'
    status "and again and again" 1 q run isolate -i "$graph" -o json
    equal "ends after all attempts" 3 "$(step isolate attempts)"
}
lost() {
    one_isolation
    start_range --pending-ms 0 --work-ms 0
    config "$playbook"
    fault '{"where": "isolate", "what": "lost-after"}'
    status "a lost answer" 0 q run isolate -i "$incident" -o json
    equal "one isolation" 1 "$(effects isolate)"
    equal "it is known as ours" true "$(step isolate output.ours)"
    settled
}
signed_out() {
    one_isolation
    start_range --pending-ms 0 --work-ms 0
    config "$playbook"
    fault '{"where": "machineactions", "what": 401}'
    status "401" 0 q run isolate -i "$incident" -o json
    equal "a new token, once" 2 "$(range_state d.tokens_issued)"
    equal "one isolation" 1 "$(effects isolate)"
    range_reset
    fault '{"where": "machineactions", "what": 401, "times": -1}'
    status "401 for ever" 1 q run isolate -i "$graph" -o json
    equal "does not ask for tokens for ever" true "$(range_state 'd.tokens_issued <= 2 * 3')"
    equal "it is a matter of rights" denied "$(step isolate error.code)"
    range_reset
    fault '{"where": "token", "what": 401, "times": -1}'
    status "no sign-in" 1 q run isolate -i "$graph" -o json
    equal "nothing happened" 0 "$(effects isolate)"
}
adopted() { # somebody else isolated it a moment ago
    one_isolation
    start_range --pending-ms 0 --work-ms 0
    config "$playbook"
    curl -sS -H 'Authorization: Bearer range-token' -H 'Content-Type: application/json' --data \
        '{"Comment": "by hand", "IsolationType": "Full"}' \
        "http://127.0.0.1:$http/api/machines/$machine/isolate" >/dev/null
    status "a device that is isolated already" 0 q run isolate -i "$incident" -o json
    equal "is not isolated again" 1 "$(effects isolate)"
    equal "and not ours to undo" "false true" "$(step isolate output.ours) $(step isolate output.already)"
}

# ---- what only a person knows ---------------------------------------------------------------------------
held_with_serve() {
    one_mail
    start_range
    config "$playbook"
    fault '{"where": "mail", "what": "lost-after"}'
    start_serve || return
    post open "$incident"
    run=$(run_of mail)
    ends "a mail whose answer is lost holds the run" "$run" held
    contains "show tells what to do" "quell resolve $run tell --happened | --did-not" "$(q show "$run")"
    equal "its outcome is unknown" unknown_outcome "$(q show "$run" -o json | pick 'd.steps[0].error.code' | tr - _)"
    equal "it is counted" 1 "$(metric quell_runs_held_total)"
    status "a step that is not there" 2 q resolve "$run" nothing --happened
    contains "says so" "no step \`nothing\`" "$err"
    status "a run that is not there" 2 q resolve 00000000-0000-0000-0000-000000000000 tell --happened
    status "neither word" 2 q resolve "$run" tell
    status "both words" 2 q resolve "$run" tell --happened --did-not
    status "resolve through the server" 0 q resolve "${run:0:18}" tell --happened
    ends "lets the run go on" "$run" succeeded
    equal "two mails in all" 2 "$(effects mail)"
    status "a run that has ended" 2 q resolve "$run" tell --happened
    contains "says so" "has ended" "$err"
    contains "the story names who said so" outcome_resolved "$(q show "$run" --events)"
    fresh
    fault '{"where": "mail", "what": "lost-before"}'
    post open "$folder/incident.json"
    run=$(run_of mail)
    ends "a mail that did not go out, either" "$run" held
    status "a step that does not wait" 2 q resolve "$run" after --did-not
    contains "says so" "does not wait for a person" "$err"
    status "resolve --did-not" 0 q resolve "$run" tell --did-not
    ends "lets the run go on" "$run" succeeded
    equal "and sends it once more" 4 "$(effects mail)"
    settled
}
held_without_serve() {
    one_mail
    start_range
    config "$playbook"
    fault '{"where": "mail", "what": "lost-before"}'
    status "run leaves a held run" 3 q run mail -i "$incident" -o json
    run=$(pick d.run <"$folder/out")
    status "resolve opens the store itself" 0 q resolve "$run" tell --did-not
    equal "nothing is in doubt by that" '[]' "$(q ps -s held -o json)"
    start_serve || return
    ends "a server takes the run up" "$run" succeeded
    equal "both mails, each once" 2 "$(effects mail)"
    settled
}

# ---- failures and limits --------------------------------------------------------------------------------
isolation_fails() {
    start_range --pending-ms 0 --work-ms 0
    config "$playbook"
    fault '{"where": "isolate", "what": "failed", "times": -1}'
    status "an isolation that ends as Failed" 1 q run malware-on-device -i "$incident" -o json
    equal "fails the run" failed "$(pick d.state <"$folder/out")"
    contains "with the service's word" Failed "$(pick "d.steps.filter(s, s.path == 'contain[0].isolate')[0].error.message" <"$folder/out")"
    equal "no comment says otherwise" 0 "$(effects comment)"
    equal "on-failure's mail is sent" 1 "$(effects mail)"
    contains "and tells where" "contain[0].isolate" "$(mails | pick d.mails[0].text)"
    contains "as NOT contained" "NOT contained" "$(mails | pick d.mails[0].subject)"
}
too_many_devices() {
    start_range --pending-ms 0 --work-ms 0
    config "$playbook"
    devices 4 >"$folder/four.json"
    status "four devices, three at the most" 1 q run malware-on-device -i "$folder/four.json" -o json
    equal "nothing is isolated" 0 "$(effects isolate)"
    equal "not even asked about" 0 "$(range_state 'size(d.actions)')"
    contains "it says why" "3" "$(pick "d.steps.filter(s, s.path == 'contain')[0].error.message" <"$folder/out")"
    equal "on-failure's mail is sent" 1 "$(effects mail)"
}
cap_of_five() {
    playbook six <<'YAML'
steps:
  - id: contain
    for-each: incident.entities.devices
    as: device
    max: 10
    steps:
      - id: isolate
        uses: defender.isolate-device
        with: { device_id: '${{ device.id }}', comment: test }
YAML
    start_range --pending-ms 0 --work-ms 0
    config "$playbook"
    devices 6 >"$folder/six.json"
    for i in 1 2 3 4 5 6; do range_post machine "$(printf '{"id": "%040x"}' $i)" >/dev/null; done
    status "six devices, five disrupting calls at the most" 1 q run six -i "$folder/six.json" -o json
    equal "five are isolated, no more" 5 "$(effects isolate)"
    contains "the sixth says why" "5 targets at most" "$(pick "d.steps.filter(s, s.path == 'contain[5].isolate')[0].error.message" <"$folder/out")"
    status "the plan says so beforehand" 0 q plan six -i "$folder/six.json" --offline -o json
    settled
}

together killed_while_pending killed_while_sending killed_while_mailing throttled broken_then_good \
    ended_badly_then_good lost signed_out adopted held_with_serve held_without_serve isolation_fails \
    too_many_devices cap_of_five
