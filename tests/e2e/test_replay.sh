#!/bin/bash
# `quell replay`: a run that really took place is told again from its journal, and by another text of
# its playbook; the far side hears nothing of it.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
cp "$top/playbooks/malware-on-device.yaml" "$folder/"
start_range --auto-advance 50 --pending-ms 50 --work-ms 100
config "$folder/malware-on-device.yaml"
status "a run takes place" 0 q run "$folder/malware-on-device.yaml" -i "$incident"
run=$(q ps -o json | pick 'd[0].run')
before=$(wc -l <"$folder/effects.jsonl")

status "it comes out the same" 0 q replay "$run"
contains "says so" "it ended succeeded then, and succeeded now: the same. Nothing was sent." "$out"
lacks "nothing is made up" "manifest's example" "$out"
sed -e 's/type: full/type: selective/' -e '/- id: tell$/,/^on-failure:/{/^on-failure:/!d}' \
    "$folder/malware-on-device.yaml" >"$folder/other.yaml"
status "another text: something differs" 1 q replay "$run" --with-playbook "$folder/other.yaml"
contains "which argument" "with.type" "$out"
contains "as it was" '- full' "$out"
contains "as it is" '+ selective' "$out"
contains "a step that is gone" "only then" "$out"
status "as JSON" 1 q replay "$run" --with-playbook "$folder/other.yaml" -o json
contains "nothing was sent" '"sent": 0' "$out"
equal "the far side heard nothing" "$before" "$(wc -l <"$folder/effects.jsonl")"
status "no such run" 2 q replay 0000
contains "says so" "no run begins with" "$err"
status "no such playbook" 2 q replay "$run" --with-playbook "$folder/none.yaml"
