#!/bin/bash
# Taking back what a run changed: by hand with nobody serving and beside a server, one step of it, in
# time, over kill -9, and what others released meanwhile. The range counts what took effect.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
other=2e5bc9d7e413ddd7902c2932e418702b84d0cc08

playbook() { # playbook ID [LINE-AT-THE-TOP]: two devices, the second inside a block
    cat >"$folder/$1.yaml" <<YAML
quell: 1
playbook: $1
on: { manual: , incident: { match: { severity: { at-least: low } } } }
${2-}
steps:
  - uses: defender.get-device
    with: { device_id: $other }
  - id: one
    uses: defender.isolate-device
    with: { device_id: '\${{ incident.entities.devices[0].id }}', comment: test }
  - id: inside
    steps:
      - id: two
        uses: defender.isolate-device
        with: { device_id: $other, comment: test }
YAML
}
lasting() { # lasting TIME: one device, isolated for a time
    cat >"$folder/lasting.yaml" <<YAML
quell: 1
playbook: lasting
on: { manual: , incident: { match: { severity: { at-least: low } } } }
steps:
  - id: one
    uses: defender.isolate-device
    with: { device_id: '\${{ incident.entities.devices[0].id }}', comment: test }
    for: $1
YAML
}
begin() { # begin ID...: a range on which actions end at once, and these playbooks
    start_range --pending-ms 0 --work-ms 0
    config "${@/%/.yaml}"
}
ran() { # ran ID: it ran here and well; $run
    status "run $1" 0 q run "$1" -i "$incident" -o json
    run=$(pick d.run <"$folder/out")
}
by_hand() { # by_hand VERB DEVICE: somebody else does it
    curl -sS -H 'Authorization: Bearer range-token' -H 'Content-Type: application/json' \
        --data '{"Comment": "by hand"}' "http://127.0.0.1:$http/api/machines/$2/$1" >/dev/null
}
state() { q show "$run" -o json | pick d.state; }
is_taken_back() { # of a run that ended and has nothing due any more
    [ "$(q show "$run" -o json | pick "size(d.waits) == 0 && d.ended_at != null")" = true ] &&
        has_happened release "$1"
}
undo_waits() { [ "$(q show "$run" -o json | pick "d.waits.map(w, w.what)")" = '["undo"]' ]; }

alone() {
    playbook two
    begin "$folder/two"
    ran two
    status "a plan" 0 q undo "$run" --plan
    contains "names the newest first" "inside.two             defender.release-device     $other
  ~ one " "$out"
    status "as JSON" 0 q undo "$run" --plan -o json
    equal "with what it would say" "[\"$other\",\"Undo: test\"]" \
        "$(pick '[d.changes[0].with.device_id, d.changes[0].with.comment]' <<<"$out")"
    equal "a plan does nothing" 0 "$(effects release)"
    status "a step that there is not" 2 q undo "$run" --step none --yes
    contains "is named" 'has begun no step `none`' "$err"
    status "nothing is typed" 2 q undo "$run" </dev/null
    contains "the newest target is asked for" "Type $other to go on" "$err"
    status "something else is typed" 2 q undo "$run" <<<"yes"
    equal "nothing was done" 0 "$(effects release)"
    status "a step by its id" 0 q undo "$run" --step two
    equal "and no other" "succeeded 1" "$(state) $(effects release)"
    status "the step around it" 0 q undo "$run" --step inside --yes
    contains "is undone with it" "step inside of run $run is undone already" "$err"
    status "the rest" 0 q undo "$run" --reason 'false alarm' <<<"$machine"
    equal "the run is undone" "undone 2" "$(state) $(effects release)"
    status "show" 0 q show "$run" -o json
    equal "and why" '["false alarm"]' \
        "$(pick "d.events.filter(e, e.kind == 'undo_asked' && has(e.reason)).map(e, e.reason)" <"$folder/out")"
    status "a second undo" 0 q undo "$run" --yes
    contains "has nothing to do" "is undone already" "$err"
    equal "and does nothing" 2 "$(effects release)"
    contains "why" "it was undone" "$(q why "$run")"
    status "no such run" 2 q undo nosuch --yes
    equal "no effect twice" '[]' "$(duplicates)"
}

others() { # released by hand since; or isolated before
    playbook two
    begin "$folder/two"
    ran two
    by_hand unisolate "$other"
    status "undo" 0 q undo "$run" --yes
    contains "what others did is left alone" "left alone: inside.two" "$err"
    lacks "but not the rest" "left alone: one" "$err"
    equal "one of theirs, one of ours" "undone 2" "$(state) $(effects release)"
    contains "the plan says so, too" "Left alone: inside.two" "$(q undo "$run" --plan)"
    by_hand unisolate "$machine" # released twice does not matter
    first=$(effects release)
    ran two
    by_hand unisolate "$machine"
    curl -sS -H 'Authorization: Bearer range-token' -H 'Content-Type: application/json' --data \
        '{"Comment": "by hand", "IsolationType": "Full"}' \
        "http://127.0.0.1:$http/api/machines/$machine/isolate" >/dev/null
    status "one that others isolated anew" 0 q undo "$run" --step one
    contains "is left to them" "left alone: one" "$err"
    equal "and stays isolated" $((first + 1)) "$(effects release)"
}

refused() { # the far side says no: the rest is taken back, and it may be tried again
    playbook two
    begin "$folder/two"
    ran two
    fault '{"where": "release", "what": 400}'
    status "undo" 1 q undo "$run" --yes
    contains "says which was not" "not undone: inside.two" "$err"
    equal "the other is" "succeeded 1" "$(state) $(effects release)"
    contains "the plan says so" "could not be undone before" "$(q undo "$run" --plan)"
    contains "show says so" "not undone inside.two" "$(q show "$run")"
    status "and once more" 0 q undo "$run" --yes
    equal "it is undone" "undone 2" "$(state) $(effects release)"
    lacks "and show says nothing more" "not undone" "$(q show "$run")"
    equal "no effect twice" '[]' "$(duplicates)"
}

refused_in_time() { # nobody is there who would see it: the log says it
    lasting 1s
    begin "$folder/lasting"
    fault '{"where": "release", "what": 400}'
    start_serve || return
    post open "$incident"
    run=$(run_of lasting)
    was_said() { grep -q "run=$run step=one could not be taken back: quell undo $run" "$folder/serve.log"; }
    wait_until 20 was_said || no "the log says what is left"
    equal "it is not tried again by itself" "succeeded 0" "$(state) $(effects release)"
    status "but by hand" 0 q undo "$run" --yes
    equal "it is undone" "undone 1" "$(state) $(effects release)"
}

limited() { # whom and until when the playbook allows it
    playbook theirs 'undo: { on-failure: never, by: [group:leads] }'
    playbook late 'undo: { on-failure: never, window: 1s }'
    begin "$folder/theirs" "$folder/late"
    echo 'groups: { leads: [somebody-else] }' >>"$folder/quell.yaml"
    ran theirs
    status "not by anybody" 4 q undo "$run" --yes
    contains "says why" 'may not undo runs of playbook `theirs`' "$err"
    equal "nothing was done" "succeeded 0" "$(state) $(effects release)"
    theirs=$run
    ran late
    ended=$(date +%s)
    over() { [ "$(date +%s)" -gt $((ended + 1)) ]; }
    wait_until 10 over
    status "not for ever" 2 q undo "$run" --yes
    contains "says why" "the time in which" "$err"
    start_serve || return
    status "nor beside a server" 2 q undo "$run" --yes
    contains "which says why" "the time in which" "$err"
    status "not by anybody there" 4 q undo "$theirs" --yes
    equal "nothing was done" 0 "$(effects release)"
}

cancelled() { # one that has not ended is ended first
    playbook waits
    echo '  - wait: 1h' >>"$folder/waits.yaml"
    begin "$folder/waits"
    start_serve || return
    post open "$incident"
    run=$(run_of waits)
    wait_until 10 state_is "$run" waiting || no "it waits" "$(state)"
    status "one that has not ended" 2 q undo "$run" --yes
    contains "says what to do" "quell cancel" "$err"
    contains "so does its plan" "quell cancel" "$(q undo "$run" --plan)"
    equal "nothing was done" 0 "$(effects release)"
    status "cancel" 0 q cancel "$run"
    ends "it ends" "$run" cancelled
    q undo "$run" --yes >/dev/null 2>&1
    equal "what it did before is taken back" "undone 2" "$(state) $(effects release)"
    stop_serve
    status "a second undo" 0 q undo "$run" --yes
    equal "each device is released once" 2 "$(effects release)"
}

served() {
    playbook two
    begin "$folder/two"
    start_serve || return
    post open "$incident"
    run=$(run_of two)
    ends "it runs" "$run" succeeded
    status "a step beside the server" 0 q undo "$run" --step two --yes
    equal "is done by it" "succeeded 1" "$(state) $(effects release)"
    status "one that there is not" 2 q undo "$run" --step none --yes
    q halt >/dev/null 2>&1
    q undo "$run" --yes >"$folder/undone" 2>&1 &
    undone=$!
    halted() { [ "$(state)" = halted ]; }
    wait_until 10 halted || no "while everything is halted it waits" "$(state)"
    equal "nothing is sent" 1 "$(effects release)"
    contains "why says so" halted "$(q why "$run")"
    kill_serve
    start_serve || return
    wait_until 10 halted || no "it waits after a restart, too" "$(state)"
    equal "which lets nothing go" 1 "$(effects release)"
    q resume >/dev/null 2>&1
    ends "then it goes on" "$run" undone
    wait "$undone"
    equal "and who asked is told" 0 $?
    status "a second undo" 0 q undo "$run" --yes
    equal "each device is released once" 2 "$(effects release)"
    equal "no effect twice" '[]' "$(duplicates)"
    stop_serve
    status "the journal holds" 0 q audit verify
}

called() {
    playbook outer
    playbook inner
    sed -i 's/^on:.*/on: { call: }/; s/incident.entities.devices.0..id/inputs.device/' "$folder/inner.yaml"
    sed -i "/^steps:/i inputs: { device: { type: string, required: true } }" "$folder/inner.yaml"
    sed -i '/inside/,$d' "$folder/outer.yaml"
    printf '  - id: c\n    call: inner\n    with: { device: "%040d" }\n' 7 >>"$folder/outer.yaml"
    sed -i "s/  - uses: defender.get-device/&\n    with: { device_id: '\${{ inputs.device }}' }\n&/" "$folder/inner.yaml"
    begin "$folder/outer" "$folder/inner"
    ran outer
    status "a plan" 0 q undo "$run" --plan -o json
    equal "has what the called run changed" '["inside.two","one","one"]' \
        "$(pick 'd.changes.map(c, c.step)' <"$folder/out")"
    status "the call alone" 0 q undo "$run" --step c --yes
    equal "takes back what that changed" "succeeded 2" "$(state) $(effects release)"
    status "the rest" 0 q undo "$run" --yes
    equal "is the caller's own" "undone 3" "$(state) $(effects release)"
    equal "both are undone" '["undone","undone"]' "$(q ps -o json | pick 'd.map(r, r.state)')"
}

in_time() { # killed before it is due
    lasting 2s
    begin "$folder/lasting"
    start_serve || return
    post open "$incident"
    run=$(run_of lasting)
    ends "the run ends" "$run" succeeded
    kill_serve
    start_serve || return
    wait_until 20 is_taken_back 1 || no "it is released in time" "$(q show "$run")"
    equal "the run is what it was" "succeeded 1" "$(state) $(effects release)"
    kill_serve
    start_serve || return
    status "an undo has nothing to do" 0 q undo "$run" --yes
    contains "and says so" "is undone already" "$err"
    equal "released once" 1 "$(effects release)"
    equal "no effect twice" '[]' "$(duplicates)"
}

in_time_while_away() { # its time is over while nobody serves, after a run by hand
    lasting 1s
    begin "$folder/lasting"
    ran lasting
    undo_waits || no "it waits for its undo" "$(q show "$run" -o json | pick d.waits)"
    due=$(q show "$run" -o json | pick 'd.due_at')
    is_due() { [ "$(pick "timestamp(d) < timestamp('$(date -u +%FT%TZ)')" <<<"\"${due//\"/}\"")" = true ]; }
    wait_until 20 is_due || no "the time comes" "$due"
    equal "nobody was there" 0 "$(effects release)"
    start_serve || return
    wait_until 20 is_taken_back 1 || no "who comes does it" "$(q show "$run")"
    equal "once" "succeeded 1" "$(state) $(effects release)"
    equal "and says that it is late" true \
        "$(q show "$run" -o json | pick "d.events.filter(e, e.kind == 'undo_asked')[0].due")"
}

in_flight() { # killed while the release is on its way; its answer is never seen
    lasting 1s
    begin "$folder/lasting"
    fault '{"where": "release", "what": "slow", "delay_ms": 60000}'
    start_serve || return
    post open "$incident"
    run=$(run_of lasting)
    wait_until 20 has_happened release || no "it is released in time" "$(q show "$run")"
    kill_serve
    start_serve || return
    wait_until 20 is_taken_back 1 || no "who takes up finds it" "$(q show "$run")"
    equal "once" "succeeded 1" "$(state) $(effects release)"
    equal "no effect twice" '[]' "$(duplicates)"
}

in_time_others() { # released by hand before its time, with nobody serving
    lasting 1s
    begin "$folder/lasting"
    ran lasting
    by_hand unisolate "$machine"
    start_serve || return
    wait_until 20 is_taken_back 1 || no "its time is over" "$(q show "$run")"
    equal "it is not released again" 1 "$(effects release)"
    equal "but left alone" '["one"]' \
        "$(q show "$run" -o json | pick "d.events.filter(e, e.kind == 'run_ended' && has(e.left_alone))[0].left_alone")"
}

together alone others refused refused_in_time limited cancelled served called in_time in_time_while_away in_flight in_time_others
