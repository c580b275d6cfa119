#!/bin/bash
# `quell replay`, `quell backtest`: a run that really took place is told again from its journal, by the
# same and by another text of its playbook; what came in is told to another text. Nothing is sent.
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
status "told over what is in the store" 0 q backtest malware-on-device --since 1d
contains "the incident matches" "matched" "$out"
contains "nothing beside it" "nothing to compare with" "$out"
contains "what it would do" "defender.isolate-device (disrupts)" "$out"
sed -i 's/at-least: medium/at-least: critical/' "$folder/other.yaml"
status "a text that matches less" 0 q backtest "$folder/other.yaml" -o json
equal "it does not match" 0 "$(pick 'd.version.matched' <"$folder/out")"
equal "the live one does" 1 "$(pick 'd.live.matched' <"$folder/out")"
equal "which incident" no "$(pick 'd.changed[0].version' <"$folder/out")"
equal "the far side heard nothing" "$before" "$(wc -l <"$folder/effects.jsonl")"
status "no time" 2 q backtest malware-on-device --since yesterday
contains "says so" "such as 7d" "$err"
status "no such people" 2 q backtest malware-on-device --people maybe

status "no such run" 2 q replay 0000
contains "says so" "no run begins with" "$err"
status "no such playbook" 2 q replay "$run" --with-playbook "$folder/none.yaml"
