#!/bin/bash
# test_backup.sh TOP BUILD - a copy beside a serving quell is sound, and put back it is halted until a person resumes.
. "$1/tests/e2e/lib.sh" "$@"

cat >"$folder/p.yaml" <<'END'
quell: 1
playbook: p
on: { manual: }
steps:
  - id: a
    set: { x: 1 }
END
cat >"$folder/slow.yaml" <<'END'
quell: 1
playbook: slow
on: { manual: }
steps:
  - wait: 300d
END
printf 'store: sqlite:q.db\nplaybooks: [p.yaml, slow.yaml]\nlisten: 127.0.0.1:0\nhooks: {}\n' >"$folder/quell.yaml"
q() { quell "$@" -c "$folder/quell.yaml"; }
cd "$folder" || exit 1

status 'a run' 0 q run p
quell serve -c quell.yaml >serve.log 2>&1 &
serve_pid=$!
wait_until 20 test -S q.db.sock
curl -s --unix-socket q.db.sock -H 'Content-Type: application/json' -d '{"playbook":"slow"}' \
    http://127.0.0.1/api/v1/runs >started.json
slow=$(pick 'd.run' <started.json)

status 'backup beside serve' 0 q backup copy.db -o json
equal 'what is in it' 'true' "$(pick "d.runs == 2 && d.active == [\"$slow\"]" <"$folder/out")"
equal 'only its owner reads it' '600' "$(stat -c %a copy.db)"
equal 'nothing is left beside it' 'copy.db' "$(echo copy.db*)"
status 'a file that is there' 2 q backup copy.db
contains 'a file that is there: what helps' '--force' "$err"
status 'forced' 0 q backup copy.db --force
contains 'forced: says what had not ended' '1 runs had not ended' "$out"
status 'verify beside serve' 0 q audit verify
status 'the copy alone is sound' 0 quell audit verify --store sqlite:copy.db
status 'restore while it is served' 5 q restore copy.db
stop_serve
status 'a later run' 0 q run p

cp copy.db bad.db
python3 - bad.db <<'END'
import sys
data = bytearray(open(sys.argv[1], 'rb').read())
data[data.index(b'"playbook"') + 1] ^= 1
open(sys.argv[1], 'wb').write(data)
END
status 'a backup that is not sound' 2 q restore bad.db
contains 'a backup that is not sound: why' 'not as it was written' "$err"
equal 'the store stays' '3' "$(q ps -o json | pick 'size(d)')"
equal 'nothing was halted' '' "$(ls q.db.halt 2>/dev/null)"

status 'restore' 0 q restore copy.db
contains 'which runs go on' "$slow" "$out"
contains 'the warning' 'would be sent again' "$out"
contains 'what to do' 'quell resume' "$out"
equal 'everything is halted' 'everything' "$(pick 'd.what' <q.db.halt)"
equal 'the old store is kept' '3' "$(quell ps --store "sqlite:$(ls q.db.before-*Z)" -o json | pick 'size(d)')"
equal 'the one of the backup' '2' "$(q ps -o json | pick 'size(d)')"
status 'it is sound' 0 q audit verify
status 'it tells that it was restored' 0 q audit list --what restored -o ndjson
equal 'and how' 'true' "$(pick 'd.detail.active == 1 && d.detail.file == "copy.db"' <"$folder/out")"
status 'resume' 0 q resume
equal 'nothing is halted' '' "$(ls q.db.halt 2>/dev/null)"
status 'a run after that' 0 q run p
status 'still sound' 0 q audit verify
status 'into a new place' 0 q restore copy.db --to "sqlite:$folder/new.db"
equal 'there as well' '2' "$(quell ps --store sqlite:new.db -o json | pick 'size(d)')"
