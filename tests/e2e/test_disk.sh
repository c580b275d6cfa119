#!/bin/bash
# A disk that fills up: incidents are refused with 503 before it is full, what is under way comes to
# its end, and when there is space again incidents are taken, without a restart. A small file system
# of its own is mounted for that, in a name space of its own where root may not mount.
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
umount "$folder/disk"
