#!/bin/bash
# A disk that fills up: incidents are refused with 503 before it is full, what is under way comes to
# its end, and when there is space again incidents are taken, without a restart. Filled to its last
# byte by others, commits wait: nothing leaves, nothing is acknowledged, nothing is lost. A small file
# system of its own is mounted for that, in a name space of its own where root may not mount.
if [ -z "${QUELL_DISK_TEST:-}" ]; then
    export QUELL_DISK_TEST=1
    exec unshare --mount --map-root-user --user "$0" "$@"
fi
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
mkdir "$folder/disk"
mount -t tmpfs -o size=16m none "$folder/disk" || { no "a small file system is mounted"; exit 1; }
cp "$top/playbooks/malware-on-device.yaml" "$folder/"
start_range --pending-ms 200 --work-ms 400
config "$folder/malware-on-device.yaml"
sed -i "s|^store: .*|store: sqlite:$folder/disk/quell.db|" "$folder/quell.yaml"
start_serve
post open "$incident"
equal "there is space: taken" 202 "$code"
run=$(run_of malware-on-device)
wait_until 10 has_happened isolate || no "the call is on its way"

free_kib() { df --output=avail -k "$folder/disk" | tail -1 | tr -d ' '; }
head -c $((($(free_kib) - 1536) * 1024)) /dev/zero >"$folder/disk/ballast"
sent() { fresh; post open "$folder/incident.json"; [ "$code" = "$1" ]; }
refused() { sent 503; }
wait_until 10 refused || no "nearly full: 503" "$code"
contains "it says why" "nearly full" "$out"
advance 10000
ends "what is under way comes to its end" "$run" succeeded
contains "the log says so once" "nothing new is taken in" "$(cat "$folder/serve.log")"
rm "$folder/disk/ballast"
taken() { sent 202; }
wait_until 10 taken || no "space again: 202" "$code"
contains "and the log" "space on the disk again" "$(cat "$folder/serve.log")"
stop_serve
equal "an orderly end" 0 "$served"
status "nothing of the journal is lost" 0 q audit verify

# To the last byte, with a run whose call is under way.
fill() { cat /dev/zero >"$folder/disk/ballast" 2>"$folder/err"; }
full_times() { grep -c 'disk of the store is full' "$folder/serve.log"; }
has_been_full() { [ "$(full_times)" -ge "$1" ]; }
ready() { curl -sS -w '%{http_code}' "http://127.0.0.1:$port/readyz?verbose"; }
rm "$folder/disk"/quell.db*
range_reset
start_serve
post open "$incident"
equal "a new store: taken" 202 "$code"
run=$(run_of malware-on-device)
wait_until 10 has_happened isolate || no "the call is on its way"
fill
advance 10000
wait_until 10 has_been_full 1 || no "commits wait for space" "$(tail -5 "$folder/serve.log")"
fresh
post open "$folder/incident.json" -D "$folder/head"
equal "full: 503" 503 "$code"
contains "and when to come again" "Retry-After" "$(cat "$folder/head")"
contains "it is not ready" "503" "$(ready)"
contains "and says why" "[-] space: the disk of the store is full" "$(ready)"
equal "the metric says so" 1 "$(metric quell_store_full)"
contains "quell why says so" "the disk of the store is full" "$(q why "$run")"
status "quell halt works" 0 q halt --reason full
contains "everything is halted" "[-] halt" "$(ready)"
status "quell resume works" 0 q resume
lacks "nothing is halted any more" "[-] halt" "$(ready)"
equal "nothing was done twice" 1 "$(effects isolate)"
rm "$folder/disk/ballast"
ends "with space the run comes to its end" "$run" succeeded
equal "one isolation" 1 "$(effects isolate)"
contains "the log says that it went on" "what waited for it is written" "$(cat "$folder/serve.log")"
contains "it is ready" "200" "$(ready)"
equal "the metric, too" 0 "$(metric quell_store_full)"
wait_until 10 taken || no "space again: 202" "$code"

# An end while it is full is a bad one, and loses nothing that was acknowledged.
fill
status "a halt, which wants an audit row" 0 q halt --reason end
wait_until 10 has_been_full 2 || no "commits wait for space again" "$(tail -5 "$folder/serve.log")"
kill -TERM "$serve_pid"
draining() { [ "$(grep -c draining "$folder/serve.log")" -ge 2 ]; }
wait_until 10 draining || no "it drains"
stop_serve # the second signal
equal "an end that is not in order" 2 "$served"
contains "it says what is missing" "could not be written" "$(cat "$folder/serve.log")"
rm "$folder/disk/ballast"
start_serve
status "resumed" 0 q resume
state_is "$run" succeeded || no "what was acknowledged is there"
advance 10000
all_ended() { q ps --state running -o json | pick 'size(d) == 0' | grep -q true; }
wait_until 20 all_ended || no "all runs end" "$(q ps)"
stop_serve
equal "an orderly end at last" 0 "$served"
status "nothing of the journal is lost" 0 q audit verify
umount "$folder/disk"
