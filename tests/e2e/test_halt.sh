#!/bin/bash
# The kill switch against a serving quell: by command, signal, API and hand; with the server stopped,
# the store locked, and over kill -9. The range counts what took effect.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"

playbook() { # any incident: one device is isolated
    cat >"$folder/isolate.yaml" <<'YAML'
quell: 1
playbook: isolate
on: { incident: { match: { severity: { at-least: low } } } }
limits: { device: { run: 5 } }
steps:
  - id: isolate
    uses: defender.isolate-device
    with: { device_id: '${{ incident.entities.devices[0].id }}', comment: test }
YAML
}
device() { # device N: an incident about the Nth device
    printf '{"title": "one", "severity": "high", "entities": {"devices": [{"name": "d%d", "id": "%040x"}]}}' "$1" "$1" >"$folder/device.json"
}
post_devices() { # post_devices FROM TO: each is answered 202
    local i
    for ((i = $1; i <= $2; i++)); do
        device "$i"
        post open "$folder/device.json"
        [ "$code" = 202 ] || no "device $i is taken in" "$code $out"
    done
}
in_state() { [ "$(q ps -s "$1" -n 1000 -o ndjson | grep -c .)" = "$2" ]; }
all_in() { # all_in STATE N
    wait_until 20 in_state "$1" "$2" || no "$2 runs are $1" "$(q ps -n 1000)"
    ok
}
begin() {
    playbook
    start_range --pending-ms 0 --work-ms 0
    config "$folder/isolate.yaml"
    echo 'policy: { caps: { disrupts: { hour: 1000, day: 1000 } } }' >>"$folder/quell.yaml"
    start_serve
}
end() { equal "no effect twice" '[]' "$(duplicates)"; }
still() { # still NAME N: the effects are what they were, and stay so while more comes in
    equal "$1" "$2" "$(effects isolate)"
}

by_command() {
    begin || return
    fault '{"where": "isolate", "what": "slow", "delay_ms": 100, "times": 1000}'
    post_devices 1 40 # 16 connections: others wait for one
    wait_until 10 has_happened isolate 1 || no "some leave"
    status "halt" 0 q halt --reason 'is it us?'
    contains "it says so" "the serving quell has seen it" "$err"
    before=$(effects isolate)
    post_devices 41 45
    wait_until 20 in_state halted $((45 - before)) || no "all others wait" "$(q ps -n 1000)"
    still "nothing more took effect" "$before"
    contains "ready, and says so" "[-] halt: halted: everything" \
        "$(curl -sS "http://127.0.0.1:$port/readyz?verbose")"
    equal "it takes incidents in" 200 \
        "$(curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/readyz")"
    equal "a metric" 1 "$(metric quell_halted)"
    contains "ps says what they wait for" "halted" "$(q ps -n 3)"
    kept=$(q ps -s halted -n 1 -o json | pick 'd[0].run')
    contains "why says by whom it is halted" "everything is halted by" "$(q why "$kept")"
    contains "and the reason" "is it us?" "$(q why "$kept")"
    kill_serve
    out=$(q why "$kept")
    contains "so it does when nobody serves" "everything is halted by" "$out"
    contains "with the command" "quell resume" "$out"
    start_serve || return
    still "a restart lets nothing go" "$before"
    status "resume" 0 q resume
    all_in succeeded 45
    equal "each one once" 45 "$(effects isolate)"
    equal "nobody has to look" 0 "$(q ps -s held -o ndjson | grep -c .)"
    end
}

by_hand_and_signal() {
    begin || return
    : >"$folder/quell.db.halt"
    post_devices 1 3
    all_in halted 3
    still "a file that was touched" 0
    rm "$folder/quell.db.halt"
    all_in succeeded 3
    kill -USR1 "$serve_pid"
    wait_until 5 test -s "$folder/quell.db.halt" || no "a signal writes the file"
    post_devices 4 5
    all_in halted 2
    still "a signal" 3
    status "resume" 0 q resume everything
    all_in succeeded 5
    chmod 000 "$folder/quell.db.halt" 2>/dev/null # it is gone
    mkdir "$folder/quell.db.halt"
    post_devices 6 6
    all_in halted 1
    still "what cannot be read halts" 5
    rmdir "$folder/quell.db.halt"
    all_in succeeded 6
    end
}

without_the_server() {
    begin || return
    post_devices 1 1
    all_in succeeded 1
    kill -STOP "$serve_pid"
    device 2
    curl -sS -m 20 -o /dev/null -H 'Content-Type: application/json' \
        --data-binary "@$folder/device.json" "http://127.0.0.1:$port/hooks/open" &
    posted=$!
    status "a server that does not answer" 0 q halt
    contains "it says so" "did not answer" "$err"
    kill -CONT "$serve_pid"
    wait "$posted"
    all_in halted 1
    still "the file was enough" 1
    stop_serve
    status "nobody serves" 0 q halt --connector defender
    contains "it says so" "nobody serves" "$err"
    printf 'garbage' >"$folder/broken.db"
    status "a store that is none" 0 quell halt --store "sqlite:$folder/broken.db" -c "$folder/quell.yaml"
    equal "has its file" 1 "$(grep -c everything "$folder/broken.db.halt")"
    status "resume" 0 q resume
    start_serve || return
    all_in succeeded 2
    end
}

by_api_and_part() {
    begin || return
    api() { curl -sS -X POST -H 'Content-Type: application/json' --data "$2" --unix-socket "$folder/quell.db.sock" "http://localhost/api/v1/$1"; }
    contains "the API halts" '"halted":true' "$(api halt '{"what": "connector", "name": "defender", "by": "ana"}')"
    post_devices 1 2
    all_in halted 2
    status "another part" 0 q halt --playbook other
    contains "the API resumes a part" '"resumed":true' "$(api resume '{"what": "playbook", "name": "other"}')"
    still "and no other" 0
    contains "what it does not know" "not \`some\`" "$(api halt '{"what": "some"}')"
    status "resume a part" 0 q resume --connector defender
    all_in succeeded 2
    status "two at once" 2 q halt --connector a --playbook b
    status "as JSON" 0 q halt -o json
    equal "it says where" "\"$folder/quell.db.halt\"" "$(pick d.file <"$folder/out" | sed 's/^\([^"].*\)$/"\1"/')"
    end
}

together by_command by_hand_and_signal without_the_server by_api_and_part
