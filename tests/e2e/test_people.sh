#!/bin/bash
# Waiting: for time, for people, for events - over kill -9 and restarts, and with answers that come
# over the control socket or straight to the store.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"

playbook() { # playbook ID <STEPS
    {
        printf 'quell: 1\nplaybook: %s\n' "$1"
        printf 'on: { incident: { match: { severity: { at-least: low } } }, manual: }\n'
        cat
    } >"$folder/$1.yaml"
}
groups() { printf 'groups: { soc: [ana, ben], boss: [eve] }\n' >>"$folder/quell.yaml"; }
gated() {
    playbook gated <<'YAML'
steps:
  - id: isolate
    uses: defender.isolate-device
    approve: { by: group:soc, count: 2, within: 1h, message: 'isolate ${{ incident.title }}?' }
    with: { device_id: '${{ incident.entities.devices[0].id }}', comment: test }
  - id: tell
    uses: email.send
    with: { to: soc@contoso.example, subject: 'isolation ${{ steps.isolate.status }}', body: b }
YAML
}
waits_for() { [ "$(q show "$run" -o json | pick "d.waits.map(w, w.what).join(' ')")" = "$1" ]; }
status_of() { q "$@" >/dev/null 2>>"$folder/said"; echo $?; }

approved_after_a_kill() {
    gated
    start_range
    config "$folder/gated.yaml"
    groups
    start_serve || return
    post open "$incident"
    run=$(run_of gated)
    wait_until 10 waits_for approval || no "it asks" "$(q show "$run")"
    equal "nothing was done yet" 0 "$(effects isolate)"
    kill_serve
    start_serve || return
    equal "it is taken up without being read" 1 "$(metric quell_runs_waiting)"
    digest=$(q approvals -o json | pick 'd[0].digest')
    equal "the question is still open" "isolate" "$(q approvals -o json | pick 'd[0].step')"
    equal "its plan names the target" 1 "$(q approvals -o json | pick 'size(d[0].plan.calls[0].targets)')"
    status "as text" 0 q approvals
    contains "whom it asks" "of       group:soc" "$out"
    equal "nobody else may answer" 4 "$(status_of approve "$run" --as eve)"
    equal "nor about something else" 2 "$(status_of approve "$run" --as ana --digest 000000000000)"
    equal "one agrees" 0 "$(status_of approve "$run:isolate" --as ana --digest "$digest")"
    equal "but not twice" 4 "$(status_of approve "$run" --as ana)"
    equal "one is not enough" 0 "$(effects isolate)"
    said=$(q why "$run")
    contains "it says what it waits for" "approval at isolate: isolate" "$said"
    contains "and who is missing" "1 of 2 agreed: ana, by group:soc" "$said"
    contains "and how to answer" "quell approve $run:isolate" "$said"
    kill_serve
    equal "it says so while nothing serves" "approval 1" \
        "$(q why "$run" -o json | pick "d.because[0].what + ' ' + string(d.because[0].missing)")"
    equal "the other agrees while nothing serves" 0 "$(status_of approve "$run" --as ben)"
    start_serve || return
    wait_until 10 has_happened isolate || no "it is isolated"
    advance 10000 # the far side has done what it was asked
    ends "the run ends" "$run" succeeded
    equal "one isolation" 1 "$(effects isolate)"
    equal "no effect twice" '[]' "$(duplicates)"
    equal "it is not asked again" 2 "$(status_of approve "$run" --as ana)"
}
denied() {
    gated
    start_range
    config "$folder/gated.yaml"
    groups
    start_serve || return
    post open "$incident"
    run=$(run_of gated)
    wait_until 10 waits_for approval || no "it asks"
    equal "a person says no" 0 "$(status_of deny "$run" --as ben --reason 'a server')"
    ends "the run goes on" "$run" succeeded
    equal "nothing was isolated" 0 "$(effects isolate)"
    contains "the rest knows" "isolation denied" "$(mails | pick d.mails[0].subject)"
    contains "and so does the story" "a server" "$(q show "$run")"
}
asked() {
    playbook asks <<'YAML'
steps:
  - id: analyst
    ask:
      of: group:soc
      within: 1h
      form: { verdict: { type: enum, of: [phish, clean], required: true } }
  - id: tell
    uses: email.send
    with: { to: soc@contoso.example, subject: 'it is ${{ steps.analyst.output.verdict }}', body: b }
YAML
    start_range
    config "$folder/asks.yaml"
    groups
    start_serve || return
    post open "$incident"
    run=$(run_of asks)
    wait_until 10 waits_for form || no "it asks"
    equal "an answer has to fit" 2 "$(status_of answer "$run" --set verdict=spam --as ana)"
    equal "and to come from the right person" 4 "$(status_of answer "$run" --set verdict=phish --as eve)"
    equal "then it counts" 0 "$(status_of answer "$run" --set verdict=phish --as ana)"
    ends "the run goes on" "$run" succeeded
    contains "with it" "it is phish" "$(mails | pick d.mails[0].subject)"
}
waited() {
    playbook waits <<'YAML'
steps:
  - id: pause
    wait: { until: "run.started_at + duration('2s')" }
  - id: closed
    wait:
      for: { incident: { match: { title: { starts-with: closed } } } }
      where: event.description == incident.id
      timeout: 1h
  - id: tell
    uses: email.send
    with: { to: soc@contoso.example, subject: '${{ steps.closed.output.title }}', body: b }
YAML
    start_range
    config "$folder/waits.yaml"
    start_serve || return
    printf '{"title": "open", "severity": "high"}' >"$folder/open.json"
    post open "$folder/open.json"
    run=$(run_of waits)
    wait_until 10 waits_for time || no "it waits for the time"
    kill_serve
    start_serve || return
    wait_until 10 waits_for event || no "the time came" "$(q show "$run")"
    kill_serve
    start_serve || return
    equal "it listens again, unread" 1 "$(metric quell_runs_waiting)"
    printf '{"title": "closed by us", "severity": "informational", "description": "%s"}' \
        "$(q show "$run" -o json | pick d.incident)" >"$folder/closed.json"
    post open "$folder/closed.json"
    contains "the sender hears whom it woke" "$run" "$out"
    ends "the run goes on" "$run" succeeded
    contains "with the event" "closed by us" "$(mails | pick d.mails[0].subject)"
}

taken_back() {
    playbook taken <<'YAML'
steps:
  - id: contain
    on-error: undo
    steps:
      - id: isolate
        uses: defender.isolate-device
        with: { device_id: '${{ incident.entities.devices[0].id }}', comment: test }
      - fail: { reason: the rest failed }
on-failure:
  - uses: email.send
    with: { to: soc@contoso.example, subject: '${{ error.message }}', body: b }
YAML
    start_range
    config "$folder/taken.yaml"
    start_serve || return
    post open "$incident"
    run=$(run_of taken)
    wait_until 10 has_happened isolate || no "it is isolated"
    advance 10000
    wait_until 20 has_happened release || no "it is released" "$(q show "$run")"
    kill_serve # the call of an undo is journaled as any other
    advance 10000
    start_serve || return
    ends "the run fails" "$run" failed
    equal "one release" 1 "$(effects release)"
    contains "and says why" "the rest failed" "$(mails | pick d.mails[0].subject)"
}

together taken_back approved_after_a_kill denied asked waited
