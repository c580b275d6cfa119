#!/bin/bash
# The examples of the language, whole: without a finding of lint, planned with every path, tested.
# Their connectors are manifests of tests/playbooks/examples/connectors.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
export XDG_STATE_HOME=$folder/state
cd "$top/tests/playbooks/examples" || exit 1
clean() { # clean PLAYBOOK: no error and no warning
    status "$1: lint" 0 quell lint "$1.yaml"
    equal "$1: nothing is found" "" "$out"
}
for test in *.test.yaml; do
    clean "${test%.test.yaml}"
done

status "malware-on-device is planned" 0 quell plan malware-on-device.yaml \
    -i fixtures/xdr-malware-1-device.json --offline -o json
equal "it isolates the device, once somebody agreed" '["d-1"]' "$(pick \
    "d.calls.filter(c, c.action == 'defender.isolate-device').map(c, c.with.device_id).distinct()" <"$folder/out")"
contains "some path asks" approve "$out"
status "phishing-mail is planned" 0 quell plan phishing-mail.yaml -i fixtures/phishing-mail.json --offline
contains "with what takes it back" "undo is approved" "$out"
status "hunt-rare-persistence is planned" 0 quell plan hunt-rare-persistence.yaml --offline -o json
contains "it raises incidents, if it finds something" incident.raise "$out"
status "close-travel-noise is planned" 0 quell plan close-travel-noise.yaml -i fixtures/travel.json --offline -o json
equal "it closes the incident" '["incident.close"]' "$(pick 'd.calls.map(c, c.action)' <"$folder/out")"

status "all tests pass" 0 quell test .
contains "none is left out silently" "0 failed" "$(tail -1 <<<"$out")"
