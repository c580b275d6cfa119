#!/bin/bash
# `quell test record`: a run that really took place becomes a test that passes at once, without the
# secrets and the names of the incident.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
cp "$top/playbooks/malware-on-device.yaml" "$folder/"
start_range --auto-advance 50 --pending-ms 50 --work-ms 100
config "$folder/malware-on-device.yaml"
status "a run takes place" 0 q run "$folder/malware-on-device.yaml" -i "$incident"
run=$(q ps -o json | pick 'd[0].run')

status "it is recorded" 0 q test record "$run" --out "$folder/malware-on-device.test.yaml"
contains "it says how to go on" "quell test $folder/malware-on-device.test.yaml" "$err"
test=$(cat "$folder/malware-on-device.test.yaml")
status "and passes at once" 0 quell test "$folder/malware-on-device.test.yaml"
contains "one case" "1 passed, 0 failed" "$out"
contains "with the calls" "defender.isolate-device" "$test"
contains "and the mocks" "when: { device_id: \"$machine\" }, output:" "$test"
contains "and what came of it" "status: succeeded" "$test"
for secret in range-secret range-password whsec_ soc@contoso.example fin-ws-114 contoso.example portal.azure; do
    lacks "without $secret" "$secret" "$test"
done
contains "the same name has the same word" '"host-1' "$test"
status "not over what is there" 2 q test record "$run" --out "$folder/malware-on-device.test.yaml"
contains "says so" "is there already" "$err"
status "to standard output, with the names" 0 q test record "$run" --keep-names --name 'a name'
contains "the name of the case" '- name: "a name"' "$out"
contains "the name of the machine" fin-ws-114 "$out"
status "no such run" 2 q test record 0000
contains "says so" "no run begins with" "$err"
status "no run named" 2 q test record
contains "says how" "quell test record RUN" "$err"

# one that fails, as the far side says no
printf '%s\n' 'quell: 1' 'playbook: fails' 'on: { manual: }' 'steps:' '  - id: look' '    uses: http.get' \
    '    with: { url: /nowhere }' >"$folder/fails.yaml"
status "a run fails" 1 q run "$folder/fails.yaml"
run=$(q ps -o json | pick "d.filter(r, r.state == 'failed')[0].run")
status "it is recorded as well" 0 q test record "$run" --out "$folder/fails.test.yaml"
status "and passes" 0 quell test "$folder/fails.test.yaml"
contains "with its error" 'error: {"code":"not-found","status":404' "$(cat "$folder/fails.test.yaml")"
