#!/bin/bash
# Plans: their paths, what is proved over them, and that a saved plan is run only when it would come
# out the same, and makes no call that it does not have.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"

# ---- paths ------------------------------------------------------------------------------------------
cat >"$folder/choice.yaml" <<'YAML'
quell: 1
playbook: choice
on: { manual: }
inputs: { device: { type: string, required: true }, note: { type: string, default: none } }
steps:
  - id: look
    uses: defender.get-device
    with: { device_id: '${{ inputs.device }}' }
  - id: act
    if: steps.look.output.risk == 'High'
    uses: defender.isolate-device
    with: { device_id: '${{ inputs.device }}', comment: 'note ${{ inputs.note }}' }
    on-error: continue
  - id: tell
    uses: email.send
    with: { to: soc@contoso.example, subject: 'risk ${{ steps.look.output.risk }}', body: x }
on-failure:
  - id: tell_failure
    uses: email.send
    with: { to: soc@contoso.example, subject: failed, body: x }
YAML
choice() { quell plan "$folder/choice.yaml" --input device=d-7 --offline "$@"; }
status "a plan with paths" 0 choice -o json
equal "each path once" '[["succeeded",["look","act","tell"]],["failed",["look","act","tell","on-failure.tell_failure"]],["succeeded",["look","tell"]],["failed",["look","on-failure.tell_failure"]]]' \
    "$(pick 'd.paths.map(p, [p.ends.status, p.calls.map(c, c.path)]).sortBy(x, x[1].exists(c, c == "act") ? (x[0] == "failed" ? 1 : 0) : size(x[1]) == 2 && x[0] == "failed" ? 9 : x[0] == "failed" ? 4 : 3)' <"$folder/out")"
equal "and in all" '[4,5]' "$(pick '[d.totals.paths, d.ways]' <"$folder/out")"
equal "what they use of the cap" '[1,0]' \
    "$(pick 'd.paths.filter(p, p.ends.status == "succeeded").map(p, p.limits.disrupts.used)' <"$folder/out")"
equal "what they need" '["Machine.Read.All","Machine.Isolate"]' \
    "$(pick 'd.paths.filter(p, p.ends.status == "succeeded")[0].rights.defender' <"$folder/out")"
equal "how they are undone" '["defender.release-device"]' \
    "$(pick 'd.paths.filter(p, p.ends.status == "succeeded")[0].undo.map(u, u.action)' <"$folder/out")"
equal "what is not" '["email.send"]' "$(pick d.not_undone <"$folder/out")"
equal "how long it takes at the most" true "$(pick 'd.paths.all(p, p.worst_case.endsWith("s"))' <"$folder/out")"
status "as text" 0 choice
contains "brief" "more where a call fails and the run with it: --paths" "$out"
contains "the other branch" "not (steps.look.output.risk == 'High')" "$out"
contains "what cannot be undone" "Cannot be undone: email.send" "$out"
sed "s/^    on-error: continue/    for: 4h\n&/" "$folder/choice.yaml" >"$folder/lasting.yaml"
status "a change for a time" 0 quell plan "$folder/lasting.yaml" --input device=d-7 --offline
contains "says when it goes" "undo: defender.release-device, by itself after 4h" "$out"
status "as text again" 0 choice
lacks "one that stays" "by itself" "$out"
digest=$(sed -n 's/^Plan \([0-9a-f]*\):.*/\1/p' "$folder/out")
status "again" 0 choice
contains "the same digest" "Plan $digest:" "$out"
status "with another argument" 0 choice --input note=other
lacks "another digest" "Plan $digest:" "$out"
status "all paths" 0 choice --paths
contains "a failing call" "look fails" "$out"

# ---- properties -------------------------------------------------------------------------------------
status "a property that holds" 0 choice --prove 'no path ends without email.send'
contains "is proved" "proved  no path ends without email.send" "$out"
status "one that does not" 1 choice --prove 'every path calls defender.isolate-device'
contains "is refuted by a path" "when look fails" "$out"
status "one that nobody reads" 2 choice --prove 'no path is bad'
contains "is told what would be" "the nearest form is" "$err"
status "an action that does not exist" 2 choice --prove 'no path calls email.sent'
contains "is corrected" "did you mean \`email.send\`" "$err"

while read -r sentence; do
    grep -qF "| \`$sentence\` |" "$top/docs/plans.md" || no "docs/plans.md lacks: $sentence"
done < <(sed -n 's/^PROPERTY([A-Z_]*, "\([^"]*\)".*/\1/p' "$top/engine/core/properties.def")

# ---- saved plans ------------------------------------------------------------------------------------
start_range --auto-advance 50 --pending-ms 50 --work-ms 100
config "$top/playbooks/malware-on-device.yaml"
status "an offline plan is not saved" 2 q plan malware-on-device -i "$incident" --offline --out "$folder/no.plan"
contains "says why" "plan without --offline" "$err"
equal "nothing is written" 0 "$(find "$folder" -name no.plan | wc -l)"
status "a plan is saved" 0 q plan malware-on-device -i "$incident" --out "$folder/a.plan"
contains "says how to run it" "quell apply $folder/a.plan" "$out"
lacks "without secrets" range-secret "$(cat "$folder/a.plan")"
equal "nothing took effect" 0 "$(effects isolate)"
status "and is run" 0 q apply "$folder/a.plan" -o json
equal "to its end" succeeded "$(pick d.state <"$folder/out")"
equal "it is bound" "$(pick d.plan.digest <"$folder/a.plan")" \
    "$(pick 'd.events.filter(e, e.kind == "run_bound")[0].digest' <"$folder/out")"
equal "one device is isolated" 1 "$(effects isolate)"
applied=$(pick d.run <"$folder/out")
status "taking it back is not of the plan" 0 q undo "$applied" --yes
equal "and is done" 1 "$(effects release)"
range_reset

# The playbook has changed.
sed "s/type: full/type: selective/" "$top/playbooks/malware-on-device.yaml" >"$folder/changed.yaml"
config "$folder/changed.yaml"
status "a changed playbook is refused" 1 q apply "$folder/a.plan"
contains "with its revision" "revision" "$out"
contains "and the argument" "argument of contain[0].isolate: type" "$out"
contains "as it was" "- full" "$out"
contains "and as it is" "+ selective" "$out"
status "as JSON" 1 q apply "$folder/a.plan" -o json
equal "the same" '["selective"]' "$(pick 'd.filter(c, has(c.key) && c.key == "type").map(c, c.is)' <"$folder/out")"
equal "nothing took effect then" 0 "$(effects isolate)"

# The world has changed: what a read says leads to another call.
config "$folder/choice.yaml"
status "a plan that hangs on a read" 0 q plan choice --input "device=$machine" --out "$folder/b.plan"
risk=$(pick 'd.plan.calls.filter(c, c.path == "tell")[0].with.subject' <"$folder/b.plan")
sed -e "s/\"subject\": \"$risk\"/\"subject\": \"risk Other\"/" -e 's/"digest": "......../"digest": "00000000/' \
    "$folder/b.plan" >"$folder/c.plan" # as if the read had said Other when it was saved
status "a read that says something else" 1 q apply "$folder/c.plan"
contains "is a change" "argument of tell: subject" "$out"
status "unchanged it runs" 0 q apply "$folder/b.plan"

# A called playbook.
range_reset
cat >"$folder/callee.yaml" <<'YAML'
quell: 1
playbook: callee
on: { call: }
inputs: { device: { type: string, required: true } }
steps:
  - id: tell
    uses: email.send
    with: { to: soc@contoso.example, subject: 'about ${{ inputs.device }}', body: by plan }
YAML
cat >"$folder/caller.yaml" <<'YAML'
quell: 1
playbook: caller
on: { manual: }
inputs: { device: { type: string, required: true } }
steps:
  - id: look
    uses: defender.get-device
    with: { device_id: '${{ inputs.device }}' }
  - id: go
    call: callee
    with: { device: '${{ inputs.device }}' }
YAML
config "$folder/caller.yaml" "$folder/callee.yaml"
status "a plan with a called playbook" 0 q plan caller --input "device=$machine" --out "$folder/d.plan"
cp "$folder/callee.yaml" "$folder/callee.was"
sed -i 's/by plan/by another/' "$folder/callee.yaml"
status "whose text has changed" 1 q apply "$folder/d.plan"
contains "is refused" "revision of the playbook of go" "$out"
equal "and nothing took effect" 0 "$(mails | pick d.count)"
cp "$folder/callee.was" "$folder/callee.yaml"
status "unchanged the plan is run" 0 q apply "$folder/d.plan" -o json
child=$(pick 'd.steps.filter(s, s.path == "go")[0].run' <"$folder/out")
equal "its mail is sent" 1 "$(mails | pick d.count)"
status "the called run" 0 q show "$child" -o json
equal "is bound as well" "$(pick d.plan.digest <"$folder/d.plan")" \
    "$(pick 'd.events.filter(e, e.kind == "run_bound")[0].digest' <"$folder/out")"
range_reset
mkdir "$folder/alone"
cp "$folder/caller.yaml" "$folder/alone"
config "$folder/alone/caller.yaml"
status "a called playbook that is not here" 2 q plan caller --input "device=$machine" --out "$folder/e.plan"
contains "cannot be bound" "which go calls, is not here" "$err"

# Files that are no plans.
echo '{"quell": 1}' >"$folder/none.plan"
status "no plan" 2 q apply "$folder/none.plan"
contains "says so" "no plan that" "$err"
: >"$folder/empty.plan"
status "an empty file" 2 q apply "$folder/empty.plan"
status "no file" 2 q apply "$folder/absent.plan"
