#!/bin/bash
# Starts beside a serving engine: by hand, held by a limit and released, told when nothing starts;
# over kill -9.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"

limited() {
    cat >"$folder/limited.yaml" <<'YAML'
quell: 1
playbook: limited
on: { incident: { match: { severity: { at-least: low } } }, manual: }
dedupe: { key: incident.source_id, within: 1h }
limits: { device: { day: 0 } }
steps:
  - id: isolate
    uses: defender.isolate-device
    with: { device_id: '${{ incident.entities.devices[0].id }}', comment: test }
YAML
}
status_of() { q "$@" >/dev/null 2>>"$folder/said"; echo $?; }

held_and_released() {
    limited
    start_range
    config "$folder/limited.yaml"
    start_serve || return
    post open "$incident"
    run=$(run_of limited)
    wait_until 10 state_is "$run" held || no "it is held" "$(q show "$run")"
    contains "it says by what" limit.device.day "$(q show "$run")"
    equal "nothing was sent" 0 "$(effects isolate)"
    kill_serve
    start_serve || return
    equal "it is still held" held "$(q show "$run" -o json | pick d.state)"
    equal "a person lets it go on" 0 "$(status_of release "$run")"
    wait_until 10 has_happened isolate || no "it is isolated"
    equal "only once" 2 "$(status_of release "$run")"
    equal "and no other step" 2 "$(status_of release "$run" none)"
    advance 10000
    ends "the run ends" "$run" succeeded
    equal "one isolation" 1 "$(effects isolate)"
}

told_when_nothing_starts() {
    limited
    start_range
    config "$folder/limited.yaml"
    start_serve || return
    post open "$incident"
    run=$(run_of limited)
    fresh
    post open "$folder/incident.json"
    contains "the sender hears of it" '"reason":"deduped"' "$out"
    contains "so does ps" deduped "$(q ps --refused)"
    equal "linked to its run" "$run" "$(q ps --refused -o json | pick 'd[0].run')"
    equal "and the metrics" 1 "$(metric quell_starts_deduped_total)"
}

started_beside() {
    cat >"$folder/small.yaml" <<'YAML'
quell: 1
playbook: small
on: { manual: }
inputs: { n: { type: int, default: 1, max: 3 } }
steps:
  - if: inputs.n == 2
    fail: two
  - stop: { as: done, reason: fine }
YAML
    start_range
    config "$folder/small.yaml"
    start_serve || return
    status "it runs in the serving engine" 0 q run small
    contains "and says how it ended" succeeded "$out"
    status "a failing one is a finding" 1 q run small --input n=2
    status "an input is checked there" 2 q run small --input n=4
    status "so is the playbook" 2 q run smal
    equal "two runs" 2 "$(q ps -o json | pick 'size(d)')"
}

together held_and_released told_when_nothing_starts started_beside
