#!/bin/bash
# test_prune.sh TOP BUILD - `quell journal prune` asks a serving quell, or does it here; what is young stays.
. "$1/tests/e2e/lib.sh" "$@"

printf 'quell: 1\nplaybook: p\non: { manual: }\nsteps:\n  - stop:\n' >"$folder/p.yaml"
printf 'store: sqlite:q.db\nplaybooks: p.yaml\nlisten: 127.0.0.1:0\nhooks: {}\nretention: { older_than: 400d }\n' \
    >"$folder/quell.yaml"
q() { quell "$@" -c "$folder/quell.yaml"; }
cd "$folder" || exit 1

status 'no store yet' 2 q journal prune --older-than 400d --dry-run
status 'a run' 0 q run p
status 'a look' 0 q journal prune --older-than 1d --dry-run
contains 'a look: says so' 'would be forgotten: 0 runs' "$out"
equal 'a look is no row' '' "$(q audit list --what pruned -o ndjson)"
status 'here' 0 q journal prune --older-than 1d -o json
equal 'here: figures' 'true' "$(pick 'd.runs == 0 && d.kept == 0 && !d.dry_run' <"$folder/out")"
status 'too young' 2 q journal prune --older-than 23h
status 'without a time' 2 q journal prune
status 'another word' 2 q journal frobnicate --older-than 1d

quell serve -c quell.yaml >serve.log 2>&1 &
serve_pid=$!
wait_until 20 test -S q.db.sock
status 'beside serve' 0 q journal prune --older-than 400d
contains 'beside serve: says so' 'forgotten: 0 runs' "$out"
status 'beside serve: too young' 2 q journal prune --older-than 1h
equal 'who asked' '2' "$(q audit list --what pruned -o ndjson | wc -l)"
stop_serve
equal 'the run is there' '1' "$(q ps -o json | pick 'size(d)')"
status 'sound' 0 q audit verify
