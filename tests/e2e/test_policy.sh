#!/bin/bash
# `quell policy`: the examples of docs/policy.md hold, faults have their place, and one target is
# asked about.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"

# ---- the page ---------------------------------------------------------------------------------------
awk -v folder="$folder" '/^```yaml$/ { on = 1; n++; next } /^```$/ { on = 0 } on { print > folder "/page" n ".yaml" }' \
    "$top/docs/policy.md"
for example in "$folder"/page*.yaml; do
    status "an example of the page: $(basename "$example")" 0 quell policy -c "$example"
done
equal "all of them" 6 "$(ls "$folder"/page*.yaml | wc -l)"
status "caps are told" 0 quell policy -c "$folder/page1.yaml" -o json
equal "with their origin" "[\"$folder/page1.yaml\",2]" \
    "$(pick '[d.policy.caps[0].origin, d.policy.fleet.user]' <"$folder/out")"

# ---- a file of its own, and faults ------------------------------------------------------------------
printf 'caps: { device: { hour: 1 } }\n' >"$folder/own.yaml"
printf 'policy: { file: own.yaml }\n' >"$folder/quell.yaml"
status "a file of its own" 0 quell policy -c "$folder/quell.yaml"
contains "is named" "own.yaml" "$(cat "$folder/out")"
while IFS='|' read -r text fault; do
    printf 'lists: { jewels: [a] }\npolicy: %s\n' "$text" >"$folder/quell.yaml"
    status "a fault: $fault" 2 quell policy -c "$folder/quell.yaml"
    contains "has its place and says" "quell.yaml:2:" "$err"
    contains "what is wrong" "$fault" "$err"
done <<'FAULTS'
{ cap: {} }|did you mean `caps`
{ caps: { devices: { run: 1 } } }|did you mean `device`
{ caps: { device: { run: -1 } } }|from 0 to
{ caps: { device: { percent: 101.0 } } }|from 0 to 100
{ fleet: { devise: 1 } }|did you mean `device`
{ fleet: { device: lists.jewel } }|did you mean `jewels`
{ fleet: { device: many } }|a number, or
{ playbooks: { p: { user: { hours: 1 } } } }|did you mean `hour`
{ protect: [{ name: a, why: b }] }|protects nothing
{ protect: [{ name: a, why: b, regex: '(' }] }|pattern is not valid
{ protect: [{ name: a, why: b, ips: 10.0.0.0/33 }] }|no address or range
{ protect: [{ name: a, why: b, list: jewles }] }|did you mean `jewels`
{ unprotect: { hypervisor: x } }|did you mean `hypervisors`
{ unprotect: { hypervisors: ' ' } }|for a reason
{ windows: [{ name: a }] }|never
{ windows: [{ name: a, weekly: Mon 25:00-26:00 }] }|no time of the week
{ windows: [{ name: a, cron: '0 0 * * *' }] }|stand together
{ windows: [{ name: a, cron: '0 0 * * *', for: 1s }] }|from 1m to 31d
{ windows: [{ name: a, weekly: Mon, zone: Europe/Helsinky }] }|no time zone
{ windows: [{ name: a, weekly: Mon, deny: changes, allow-only: disrupts }] }|exclude each other
{ file: own.yaml, caps: {} }|nothing else stands
FAULTS

# ---- one target -------------------------------------------------------------------------------------
status "a domain controller" 1 quell policy check 'device:SRV-DC01.corp.example' -c "$folder/page3.yaml"
contains "is refused" "policy.protected.domain-controllers" "$(cat "$folder/out")"
status "one of the file's" 1 quell policy check 'user:contoso\ANA' -c "$folder/page2.yaml"
contains "too" "policy.protected.board" "$(cat "$folder/out")"
status "an address" 0 quell policy check ip:203.0.113.7 -c "$folder/page1.yaml"
status "no kind" 2 quell policy check devise:a -c "$folder/page1.yaml"
contains "but nearly" 'did you mean `device`' "$err"

# ---- an approval that the workspace wants -----------------------------------------------------------
status "an action that is excepted" 0 quell lint "$top/playbooks/malware-on-device.yaml" -c "$folder/page4.yaml"
sed -i 's/, defender.isolate-device//' "$folder/page4.yaml"
status "and one that is not" 1 quell lint "$top/playbooks/malware-on-device.yaml" -c "$folder/page4.yaml"
contains "is told" "QL312" "$(cat "$folder/out")"
