#!/bin/bash
# test_audit.sh TOP BUILD - who did what is listed, and a store that was changed, cut off or put back is found.
. "$1/tests/e2e/lib.sh" "$@"

cat >"$folder/p.yaml" <<'END'
quell: 1
playbook: p
on: { manual: }
steps:
  - id: a
    set: { x: 1 }
END
printf 'store: sqlite:q.db\nplaybooks: p.yaml\naudit: { checkpoint_every: 1h }\n' >"$folder/quell.yaml"
q() { quell "$@" -c "$folder/quell.yaml"; }
cd "$folder" || exit 1

status 'a run' 0 q run p
status 'a second run' 0 q run p
status 'sound' 0 q audit verify
contains 'says so' 'sound' "$out"
contains 'says where the store is' 'q.db up to link' "$out"
status 'sound, as JSON' 0 q audit verify -o json
equal 'the document' 'true' "$(pick 'd.sound && d.figures.events > 0 && d.figures.checkpoints == 2 && d.figures.checkpoints_outside == 2' <"$folder/out")"
equal 'the key is private' '600' "$(stat -c %a q.db.key)"
equal 'two checkpoints outside' '2' "$(wc -l <q.db.checkpoints)"
status 'the key' 0 q audit key
key=$out
equal 'a key' '64' "${#key}"
status 'sound by the key' 0 q audit verify --key "$key"

status 'list' 0 q audit list
contains 'list: started' 'started' "$out"
status 'list by kind' 0 q audit list --what started -o ndjson
equal 'two starts' '2' "$(wc -l <"$folder/out")"
equal 'who and what' 'true' "$(head -1 "$folder/out" | pick 'd.what == "started" && d.detail.playbook == "p" && d.who != ""')"
status 'list since' 0 q audit list --since 2999-01-01T00:00:00Z -o ndjson
equal 'nothing since then' '' "$out"
status 'a bad time' 2 q audit list --since yesterday
status 'export' 0 q audit export
equal 'opened, started, closed: twice' '6' "$(wc -l <"$folder/out")"
status 'a word that is none' 2 q audit frobnicate

# An older copy in its place, and with it the database's own checkpoints: only the file outside tells.
cp q.db old.db
status 'a third run' 0 q run p
cp q.db new.db
cp q.db.checkpoints outside
cp old.db q.db
status 'rolled back' 1 q audit verify
contains 'rolled back: says so' 'the end is missing, or an older copy was put in its place' "$out"
mv q.db.checkpoints kept
status 'without the file nobody can tell' 0 q audit verify
status 'a file from elsewhere' 1 q audit verify --checkpoints outside
status 'a file that is not there' 2 q audit verify --checkpoints nowhere
mv kept q.db.checkpoints
cp new.db q.db
status 'the new one again' 0 q audit verify

# Another key.
cp q.db.key mine.key
openssl genpkey -algorithm ed25519 -out q.db.key 2>/dev/null
chmod 600 q.db.key
status 'another key' 1 q audit verify
contains 'another key: says so' 'is signed by another key' "$out"
chmod 644 q.db.key
status 'a key for all to read signs nothing' 4 q run p
mv mine.key q.db.key
status 'the right one again' 0 q audit verify

# A byte of an event, in place.
python3 - "$folder/q.db" <<'END'
import sys
data = bytearray(open(sys.argv[1], 'rb').read())
at = data.index(b'"playbook"', data.index(b'run_started'))
data[at + 1] ^= 1
open(sys.argv[1], 'wb').write(data)
END
status 'a flipped byte' 1 q audit verify
contains 'which event' 'event 1 of run' "$out"
status 'a flipped byte, as JSON' 1 q audit verify -o json
equal 'where' 'true' "$(pick 'd.findings[0].seq == 1 && size(d.findings[0].run) == 36 && d.findings[0].link > 0' <"$folder/out")"
head -c 5000 new.db >q.db
status 'cut off' 1 q audit verify
