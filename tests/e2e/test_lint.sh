#!/bin/bash
# `quell lint` as authors, editors and code scanning use it: what it rewrites, and its formats.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"

cat >"$folder/bad.yaml" <<'YAML'
quell: 1
playbook: bad
on:
  incident:
    match:
      severty: high                  # a comment stays
      title: { regex: "\b(a|b)" }
steps:
  - id: look
    uses: defender.get-devic
    with: { device_id: 0123 }
  - if: !has(incident.title)
    stop:
  - set:
      a: ${{ incident.number == '1' ? 1 : 2 }}
YAML
chmod 640 "$folder/bad.yaml"
cp "$folder/bad.yaml" "$folder/kept.yaml"

# ---- --fix ------------------------------------------------------------------------------------------
status "faults are found" 1 quell lint "$folder/bad.yaml"
contains "and what can be done is marked" "[fix]" "$out"
contains "and counted" "fixable with \`--fix\`" "$err"
equal "nothing is written unasked" "" "$(diff "$folder/bad.yaml" "$folder/kept.yaml")"
status "--fix leaves none" 0 quell lint --fix "$folder/bad.yaml"
contains "and says how many" "Fixed 6 faults." "$err"
equal "the text" "$(cat <<'YAML'
quell: 1
playbook: bad
on:
  incident:
    match:
      severity: high                  # a comment stays
      title: { regex: '\b(a|b)' }
steps:
  - id: look
    uses: defender.get-device
    with: { device_id: '0123' }
  - if: '!has(incident.title)'
    stop:
  - set:
      a: "${{ incident.number == '1' ? 1 : 2 }}"
YAML
)" "$(cat "$folder/bad.yaml")"
equal "the permissions stay" 640 "$(stat -c %a "$folder/bad.yaml")"
equal "nothing is left beside it" "bad.yaml
kept.yaml" "$(cd "$folder" && ls ./*bad* ./*kept* | sed 's|./||')"
before=$(stat -c %i "$folder/bad.yaml")
status "again changes nothing" 0 quell lint --fix "$folder/bad.yaml"
equal "and writes nothing" "$before" "$(stat -c %i "$folder/bad.yaml")"

printf 'quell: 1\nplaybook: name\non: { manual: }\nsteps:\n  - id: Look-Up\n    stop:\n' >"$folder/name.yaml"
status "an unsafe edit is not made by --fix" 1 quell lint --fix "$folder/name.yaml"
contains "but offered" "1 fixable with \`--unsafe-fixes\`" "$err"
status "--unsafe-fixes makes it" 0 quell lint --unsafe-fixes "$folder/name.yaml"
contains "as it said" "id: look_up" "$(cat "$folder/name.yaml")"

# ---- formats ----------------------------------------------------------------------------------------
status "github" 1 quell lint -o github "$folder/kept.yaml"
contains "an annotation" "::error file=$folder/kept.yaml,line=12,col=9,endLine=12,endColumn=29,title=QL004::" "$out"
status "sarif" 1 quell lint -o sarif "$folder/kept.yaml"
equal "a run with rules and results" '["2.1.0","quell",true,"QL004",12,9,"error"]' "$(pick \
    "[d.version, d.runs[0].tool.driver.name, size(d.runs[0].tool.driver.rules) > 20, d.runs[0].results[0].ruleId,
      d.runs[0].results[0].locations[0].physicalLocation.region.startLine,
      d.runs[0].results[0].locations[0].physicalLocation.region.startColumn, d.runs[0].results[0].level]" \
    <"$folder/out")"
equal "with the edit" "'!has(incident.title)'" "$(pick \
    'd.runs[0].results[0].fixes[0].artifactChanges[0].replacements[0].insertedContent.text' <"$folder/out")"
equal "every result has its rule" true "$(pick \
    'd.runs[0].results.all(r, d.runs[0].tool.driver.rules.exists(x, x.id == r.ruleId))' <"$folder/out")"
status "json" 1 quell lint -o json "$folder/kept.yaml"
equal "the edit in JSON" '[true,12,9,29]' "$(pick \
    '[d.diagnostics[0].fix.safe, d.diagnostics[0].fix.line, d.diagnostics[0].fix.column, d.diagnostics[0].fix.end_column]' \
    <"$folder/out")"
status "no such format" 2 quell lint -o xml "$folder/kept.yaml"
status "nothing to find is an empty run" 0 quell lint -o sarif "$top/playbooks/notify.yaml"
equal "of no results" 0 "$(pick 'size(d.runs[0].results)' <"$folder/out")"

# ---- the set ----------------------------------------------------------------------------------------
mkdir "$folder/set"
printf 'quell: 1\nplaybook: twin\non: { manual: }\nsteps:\n  - stop:\n' | tee "$folder/set/a.yaml" >"$folder/set/b.yaml"
status "two of one id" 1 quell lint "$folder/set"
contains "are told" "the id \`twin\` is given twice" "$out"
mkdir "$folder/none"
status "an empty folder" 0 quell lint "$folder/none"
contains "is told" "nothing was checked" "$err"
status "no such file" 2 quell lint "$folder/absent.yaml"

# ---- fmt --------------------------------------------------------------------------------------------
printf 'on: { manual: }\nplaybook:   p\nquell: 1\nsteps:\n- if: !has(inputs.a)\n  stop:\n' >"$folder/layout.yaml"
cp "$folder/layout.yaml" "$folder/layout.kept"
status "fmt --check finds a file" 1 quell fmt --check "$folder/layout.yaml"
equal "names it" "$folder/layout.yaml" "$out"
status "fmt --diff shows what" 0 quell fmt --diff "$folder/layout.yaml"
contains "as a unified diff" "@@ -1,6 +1,6 @@" "$out"
equal "that patch can apply" "$(quell fmt - <"$folder/layout.yaml")" \
    "$(patch -s -o - "$folder/layout.kept" <"$folder/out")"
equal "neither writes" "" "$(diff "$folder/layout.yaml" "$folder/layout.kept")"
status "fmt writes" 0 quell fmt "$folder/layout.yaml"
equal "the layout" "$(printf 'quell: 1\nplaybook: p\non: { manual: }\nsteps:\n  - if: '\''!has(inputs.a)'\''\n    stop:\n')" \
    "$(cat "$folder/layout.yaml")"
status "a second time there is nothing to do" 0 quell fmt --check "$folder/layout.yaml"
contains "and it says so" "0 of 1 file would change" "$err"
status "a file that is not there" 2 quell fmt "$folder/none.yaml" "$folder/layout.yaml"
printf 'a: [1\n' >"$folder/broken.yaml"
status "what is no YAML is told with its place" 2 quell fmt "$folder/broken.yaml"
contains "and code" "error[QL001]" "$err"
status "shipped playbooks are laid out" 0 quell fmt --check "$top/playbooks"

# ---- what a code means ------------------------------------------------------------------------------
status "explain a code" 0 quell explain QL305
contains "its sentence" "a disrupting action that nobody approves" "$out"
contains "what earns it" "defender.stop-process" "$out"
contains "how it is accepted" "# quell: accept QL305:" "$out"
status "as JSON" 0 quell explain QL305 -o json
equal "with its severity" warning "$(pick d.severity <"$folder/out")"
status "no such code" 2 quell explain QL999

printf 'quell: 1\nplaybook: swift\non: { manual: }\ninputs: { device: { type: device, required: true } }\nsteps:\n  # quell: accept QL305: only started by hand, for one device\n  - uses: defender.isolate-device\n    with: { device_id: "${{ inputs.device.id }}", comment: x }\n' >"$folder/accepted.yaml"
status "a warning with a reason is accepted" 0 quell lint "$folder/accepted.yaml"
contains "and gone" "No problems" "$err"
sed -i 's/: only.*/:/' "$folder/accepted.yaml"
status "without one it is not" 0 quell lint "$folder/accepted.yaml"
contains "the warning stays" "QL305" "$out"
contains "and it is told why" "is not accepted without a reason" "$out"
