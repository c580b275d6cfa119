#!/bin/bash
# The pages of questions in a real browser (Debian's chromium), with axe-core: part of tests/nightly,
# because the browser is 120 MB; it is installed when it is missing.
top=$1 build=$2
. "$(dirname "$0")/../e2e/lib.sh"
"$top/tests/install-packages" "$top/tests/browser/packages.txt" >"$folder/packages.log" 2>&1
browser=$(command -v chromium || command -v chromium-browser) || {
    no "there is no chromium" "$(tail -3 "$folder/packages.log")"
    exit 1
}
npm=$build/npm-browser
if [ ! -d "$npm/node_modules/playwright-core" ]; then
    mkdir -p "$npm" && cp "$top/tests/browser/package.json" "$npm/"
    (cd "$npm" && npm install --no-audit --no-fund --no-package-lock >npm.log 2>&1) || {
        no "npm could not install playwright-core and axe-core" "$(tail -5 "$npm/npm.log")"
        exit 1
    }
fi
cat >"$folder/gated.yaml" <<'YAML'
quell: 1
playbook: gated
on: { incident: { match: { severity: { at-least: low } } }, manual: }
steps:
  - id: isolate
    uses: defender.isolate-device
    approve: { by: group:soc, within: 1h, message: 'isolate ${{ incident.title }}?', show: { why: '${{ incident.description }}' } }
    with: { device_id: '${{ incident.entities.devices[0].id }}', comment: test }
YAML
cat >"$folder/asks.yaml" <<'YAML'
quell: 1
playbook: asks
on: { incident: { match: { severity: { at-least: low } } }, manual: }
steps:
  - id: analyst
    ask:
      of: group:soc
      within: 1h
      message: What is it?
      form:
        verdict: { type: enum, of: [phish, clean], required: true, description: What you think. }
        certain: { type: bool, default: true }
        note: { type: text }
        hosts: { type: list }
YAML
start_range
config "$folder/gated.yaml" "$folder/asks.yaml"
printf 'users: { ana: { roles: [approver], groups: [soc] } }\n' >>"$folder/quell.yaml"
start_serve || exit
post open "$incident"
gated=$(run_of gated) asks=$(run_of asks)
waits() { [ "$(q approvals -o json | pick 'size(d)')" = 2 ]; }
wait_until 10 waits || no "they ask" "$(q ps)"
token=$(curl -sS --unix-socket "$folder/quell.db.sock" -H 'Content-Type: application/json' \
    --data '{"name": "browser", "roles": ["approver"], "user": "ana"}' http://quell/api/v1/tokens | pick d.token)
cd "$npm" || exit
timeout 150 node "$top/tests/browser/approvals.mjs" "$browser" "http://127.0.0.1:$port" "$token" "$gated" \
    isolate "$asks" >"$folder/said" 2>"$folder/browser.log" || no "the browser" "$(tail -20 "$folder/browser.log")"
while read -r line; do
    case $line in ok*) ok ;; *) no "$line" ;; esac
done <"$folder/said"
equal "nothing was isolated" 0 "$(effects isolate)"
equal "the form was answered" phish "$(q show "$asks" -o json | pick 'd.steps[0].output.verdict')"
