#!/bin/bash
# The command line as people and scripts use it: contracts of the JSON, exit codes, errors, and that a
# plan sends nothing.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
playbook=$top/playbooks/malware-on-device.yaml
samples=$top/tests/data/incidents

# ---- plan, without a tenant -------------------------------------------------------------------------
for sender in sentinel graph; do
    case $sender in
    sentinel) body=$incident device=$machine ;;
    graph) body=$graph device=84c1d0be7fa2963514e0b7c8d9f6a3025b1c4e7d ;;
    esac
    (cd "$folder" && quell plan "$playbook" -i "$body" --offline -o json) >"$folder/plan.json"
    equal "$sender: one isolation of the right device" "[\"$device\"]" "$(pick \
        "d.calls.filter(c, c.action == 'defender.isolate-device').map(c, c.with.device_id)" \
        <"$folder/plan.json")"
    equal "$sender: the trigger matches" match "$(pick d.trigger.verdict <"$folder/plan.json")"
    equal "$sender: the plan's keys" '["calls","incident","playbook","revision","totals","trigger"]' "$(pick \
        "['calls', 'incident', 'playbook', 'revision', 'totals', 'trigger'].filter(k, k in d)" <"$folder/plan.json")"
    equal "$sender: each call's keys" true "$(pick "d.calls.all(c, ['step', 'path', 'action', 'effect', \
'verdict', 'with', 'targets', 'undo'].all(k, k in c))" <"$folder/plan.json")"
    equal "$sender: a read counts as unknown, a change as would" '["unknown","would"]' "$(pick \
        'd.calls.filter(c, c.path.startsWith("contain")).map(c, c.verdict)' <"$folder/plan.json")"
    equal "$sender: config is not known" true "$(pick \
        "has(d.calls.filter(c, c.action == 'email.send')[0].with.to.unknown)" <"$folder/plan.json")"
done
if command -v strace >/dev/null; then
    (cd "$folder" && strace -f -e trace=network -o "$folder/trace" \
        quell plan "$playbook" -i "$incident" --offline -o json) >/dev/null 2>&1
    equal "offline, no socket is opened" 0 "$(grep -cE 'AF_INET|connect\(' "$folder/trace")"
fi
status "run --dry-run is the same" 0 quell run --dry-run "$playbook" -i "$incident" --offline -o json
a=$(pick 'd.calls.map(c, [c.path, c.action, c.verdict])' <"$folder/out")
status "as plan" 0 quell plan "$playbook" -i - --offline -o json <"$incident"
equal "the same calls" "$a" "$(pick 'd.calls.map(c, [c.path, c.action, c.verdict])' <"$folder/out")"
sed 's/Ransomware activity/Strange things/' "$incident" >"$folder/other.json"
status "a plan of what does not match is made" 0 quell plan "$playbook" -i "$folder/other.json" --offline
contains "and says so" "trigger: no match" "$out"
status "--expect-match is 1 then" 1 quell plan "$playbook" -i "$folder/other.json" --offline --expect-match
status "and 0 when it matches" 0 quell plan "$playbook" -i "$incident" --offline --expect-match
status "--detailed-exitcode is 2 for changes" 2 quell plan "$playbook" -i "$incident" --offline --detailed-exitcode
contains "a step behind what cannot be known" "would note, if a step fails" "$(quell plan "$playbook" -i "$incident" --offline)"

cat >"$folder/fork.yaml" <<'YAML'
quell: 1
playbook: fork
on: { manual: }
inputs: { device: { type: string, required: true } }
steps:
  - id: look
    uses: defender.get-device
    with: { device_id: '${{ inputs.device }}' }
  - id: act
    if: steps.look.output.risk == 'High'
    uses: defender.isolate-device
    with: { device_id: '${{ steps.look.output.device_id }}', comment: x }
  - id: never
    if: inputs.device == 'other'
    uses: defender.release-device
    with: { device_id: '${{ inputs.device }}', comment: x }
YAML
status "a plan forks on what a read would say" 0 quell plan "$folder/fork.yaml" --input device=d-7 --offline -o json
equal "verdicts" '["unknown","unknown","skipped"]' "$(pick 'd.calls.map(c, c.verdict)' <"$folder/out")"
equal "the target's id is the input's" d-7 "$(pick 'd.calls[1].with.device_id' <"$folder/out")"
equal "and the condition is named" "steps.look.output.risk == 'High'" "$(pick 'd.calls[1]["if"]' <"$folder/out")"
cat >"$folder/place.yaml" <<'YAML'
quell: 1
playbook: place
on: { manual: }
steps:
  - id: a
    uses: email.send
    with:
      to: [x@y.example, '${{ incident.raw.nope }}']
      subject: x
      body: x
YAML
status "an argument that cannot be evaluated" 0 quell plan "$folder/place.yaml" -i "$incident" --offline
contains "is named with its place in the playbook" "place.yaml:8:43: \`to[1]\`: no such key" "$out"
status "a required input is missing" 2 quell plan "$folder/fork.yaml" --offline
contains "it says which" device "$err"

# ---- plan, with a tenant ----------------------------------------------------------------------------
start_range --auto-advance 50 --pending-ms 50 --work-ms 100
config "$playbook"
status "plan with connections" 0 q plan malware-on-device -i "$incident" -o json
equal "the read was really done" done "$(pick 'd.calls[0].verdict' <"$folder/out")"
status "a plan as text" 0 q plan malware-on-device -i "$incident"
lacks "next: is for terminals" "next:" "$out"
if command -v script >/dev/null; then
    contains "where it is the same command line for real" "next: quell run malware-on-device --incident" \
        "$(script -qec "quell plan malware-on-device -i '$incident' -c '$folder/quell.yaml'" /dev/null)"
fi
status "a plan without the incident it needs" 0 q plan malware-on-device
contains "says so" "No incident was given" "$out"
sed '/^  sentinel:/,/^    auth/d' "$folder/quell.yaml" >"$folder/lacking.yaml"
status "a plan without a connection" 0 quell plan malware-on-device -i "$incident" -c "$folder/lacking.yaml"
contains "tells which" "no connection \`sentinel\` is configured" "$out"
sed 's/source: sentinel/source: sentinl/' "$folder/quell.yaml" >"$folder/source.yaml"
status "a hook whose source is misspelt" 2 quell plan malware-on-device --offline -c "$folder/source.yaml"
contains "is corrected" "did you mean \`sentinel\`" "$err"
status "a misspelt playbook" 2 q plan malware-on-devic --offline
contains "is corrected, too" "did you mean \`malware-on-device\`" "$err"
equal "nothing took effect" 0 "$(curl -sS "http://127.0.0.1:$http/_range/effects" | pick d.count)"

# ---- lint --------------------------------------------------------------------------------------------
cat >"$folder/four.yaml" <<'YAML'
quell: 1
playbook: four
name: Vier Fehler für ü
on:
  incident:
    match:
      title: { regex: '(?i)über(malware' }
steps:
  - id: isolate
    uses: defender.isolat-device
    with: { device_id: x }
  - id: tell
    if: steps.isolte.status == 'succeeded'
    uses: email.send
    with: { to: a@b.example, subject: x, body: "ü ${{ incident.title + }}" }
YAML
status "four faults" 1 quell lint "$folder/four.yaml" -o json
equal "four diagnostics with their places" \
    '[["QL204",7],["QL101",10],["QL114",13],["QL110",15]]' \
    "$(pick 'd.diagnostics.map(x, [x.code, x.line])' <"$folder/out")"
equal "columns count code points" '[40,11,15,72]' "$(pick 'd.diagnostics.map(x, x.column)' <"$folder/out")"
equal "each with its keys" true "$(pick "d.diagnostics.all(x, ['code', 'severity', 'file', 'line', \
'column', 'length', 'message', 'hint'].all(k, k in x))" <"$folder/out")"
contains "the misspelt action is corrected" "did you mean \`defender.isolate-device\`" "$(quell lint "$folder/four.yaml" 2>&1)"
printf 'quell: 1\n\tplaybook: x\n' >"$folder/tab.yaml"
status "broken YAML" 1 quell lint "$folder/tab.yaml"
status "a file that is not there" 2 quell lint "$folder/nothing.yaml"
mkdir "$folder/none"
status "a folder without playbooks" 0 quell lint "$folder/none"
contains "says that nothing was checked" "No playbooks here" "$err"
status "the habits of other tools" 1 quell lint "$top/tests/playbooks/habits.yaml" -o json
equal "nearly all with what to write" true "$(pick \
    'd.diagnostics.filter(x, x.hint == null || x.hint == "").size() < 2' <"$folder/out")"
status "shipped playbooks have no problems" 0 quell lint "$top/playbooks"
contains "and it says so" "No problems in 3 playbooks" "$err"
mkdir "$folder/twice" && cp "$top/playbooks/notify.yaml" "$folder/twice/a.yaml" && cp "$top/playbooks/notify.yaml" "$folder/twice/b.yaml"
status "two playbooks of one id" 1 quell lint "$folder/twice"
contains "are refused, as serve would" "given twice" "$out"
printf 'quell: 1\nplaybook: odd\non: { manual: }\nlimts: { device: { run: 3 } }\nsteps: [ { stop: } ]\n' >"$folder/odd.yaml"
status "an unknown keyword is refused" 1 quell lint "$folder/odd.yaml"
contains "not ignored" "did you mean \`limits\`" "$out"

# ---- explain -----------------------------------------------------------------------------------------
status "explain" 0 quell explain "$playbook" -i "$folder/other.json" -o json
equal "the deciding line" match.title "$(pick 'd[0].line' <"$folder/out")"
equal "with the value seen" "Strange things on fin-ws-114" "$(pick \
    'd[0].lines.filter(l, l.decides)[0].seen' <"$folder/out")"
status "explain all" 0 q explain -i "$incident" -o ndjson
equal "one line a playbook" 1 "$(wc -l <"$folder/out")"
status "explain needs an incident" 2 quell explain "$playbook"
cat >"$folder/unknown.yaml" <<'YAML'
quell: 1
playbook: unknown
on: { incident: { match: { title: { regex: 'ransom' }, owner.email: { not: a@b.example } } } }
steps: [ { stop: } ]
YAML
status "an absent field in a negative condition" 0 quell explain "$folder/unknown.yaml" -i "$incident" -o json
equal "is undetermined" undetermined "$(pick 'd[0].verdict' <"$folder/out")"

explained=$(quell explain "$playbook" -i "$incident")
equal "explain: every verdict stands in one column" 1 "$(LC_ALL=C.UTF-8 awk '
    /holds|does not hold/ { print match($0, /  (holds|does not hold)  /) }' <<<"$explained" | sort -u | wc -l)"

# ---- eval, actions, version, help ----------------------------------------------------------------------
equal "eval" '[1,4,9]' "$(quell eval '[1, 2, 3].map(n, n * n)')"
equal "eval from stdin" 3 "$(echo '1 + 2' | quell eval)"
status "an expression with an error" 1 quell eval 'size('
contains "has a caret" "^" "$err"
status "with -o json it is JSON" 1 quell eval '1/0' -o json
contains "the error" zero "$(pick d.error <"$folder/out")"
equal "eval -o json" '"a"' "$(quell eval "'a'" -o json)"
equal "eval --type" '[2,4]
: list(int)' "$(quell eval --type '[1, 2].map(n, n * 2)')"
status "eval --type -o json" 0 quell eval --type "{'a': 1}" -o json
equal "gives both" 'map(string, int) 1' "$(pick "d.type + ' ' + string(d.value.a)" <"$folder/out")"
status "types that do not fit" 1 quell eval "1 + 'x' == 'a'.nope()"
contains "are said" 'QL124' "$err"
contains "all of them" "\`nope\` is not a function" "$err"
status "actions" 0 quell actions -o json
equal "a list of manifests" true "$(pick "d.exists(a, a.action == 'defender.isolate-device' && \
a.effect == 'disrupts' && size(a.inputs) > 1 && a.settle)" <"$folder/out")"
status "an unknown action" 2 quell actions defender.nothing
status "a misspelt one" 2 quell actions defender.isolat-device
contains "is corrected" "did you mean \`defender.isolate-device\`" "$err"
status "help -o json" 0 quell help -o json
cp "$folder/out" "$folder/help.json"
listed=$(quell help)
for command in $(pick "d.map(c, c.command).join(' ')" <"$folder/help.json"); do
    status "$command --help" 0 quell $command --help
    contains "$command says how it is used" "usage: quell $command" "$out"
    contains "and shows it" "examples:
  quell $command" "${out/quell plan malware-on-device -i incident.json --out plan.json && /}"
    contains "$command is listed" "  $command" "$listed"
done
equal "every command is in a group" 0 "$(pick 'size(d.filter(c, c.group == ""))' <"$folder/help.json")"
equal "and none is told of alone" 1 "$(quell help lint -o json | pick 'size(d)')"

# The examples of what authors use are run, beside a copy of the playbooks.
mkdir "$folder/author"
cp -r "$top/playbooks" "$folder/author/playbooks"
pick "d.filter(c, c.group == 'write playbooks' && c.command != 'apply').map(c, c.examples).flatten().join(' ;; ')" \
    <"$folder/help.json" | sed 's/ ;; /\n/g' >"$folder/examples"
wc -l <"$folder/examples" >"$folder/count"
while IFS= read -r line; do
    status "example: $line" 0 bash -c "cd '$folder/author' && $line"
done <"$folder/examples"
equal "there are many of them" true "$([ "$(cat "$folder/count")" -gt 15 ] && echo true)"

# ---- a playbook from stdin ----------------------------------------------------------------------------
status "plan -" 0 bash -c "quell plan - -i '$incident' --offline <'$playbook'"
contains "plans what came in" "malware-on-device@" "$out"
status "but not both from there" 2 bash -c "quell plan - -i - --offline <'$playbook'"
contains "and says so" "standard input is read for" "$err"
status "an unknown command" 2 quell paln
contains "is corrected" "did you mean \`plan\`" "$err"
status "an unknown option" 2 quell plan "$playbook" --ofline
contains "is corrected, too" "did you mean \`--offline\`" "$err"
status "version" 0 quell version -o json
equal "names the language" 1 "$(pick d.language <"$folder/out")"
status "a bad format" 2 quell ps -o xml
cp "$(command -v quell)" "$folder/moved" && (cd "$folder" && env -i ./moved actions) >"$folder/out"
contains "the binary works from anywhere" sentinel.add-comment "$(cat "$folder/out")"

sed 's/Ransomware activity/Ransomware\\r\\nBcc: x@y.example/' "$incident" >"$folder/breaks.json"
status "a title with a line break" 0 quell plan "$top/playbooks/notify.yaml" -i "$folder/breaks.json" --offline -o json
equal "is one line, and the team hears of it" "[high] Ransomware Bcc: x@y.example on fin-ws-114" "$(pick \
    'd.calls[0].with.subject' <"$folder/out")"

# ---- bad incidents -------------------------------------------------------------------------------------
printf '{"title": ' >"$folder/broken.json"
: >"$folder/empty.json"
echo '{"some": "thing"}' >"$folder/strange.json"
{ printf '{"a": "' && head -c 2000000 /dev/zero | tr '\0' x && printf '"}'; } >"$folder/huge.json"
for what in broken strange huge; do
    status "a $what incident" 2 quell plan "$playbook" -i "$folder/$what.json" --offline
    contains "$what: one line that says what is wrong" "quell: " "$err"
done
status "a broken incident" 2 quell explain "$playbook" -i "$folder/broken.json"
contains "is named" "broken.json: line" "$err"
status "an empty file" 2 quell plan "$playbook" -i "$folder/empty.json" --offline

# ---- run, ps, show -------------------------------------------------------------------------------------
status "run" 0 q run malware-on-device -i "$incident" -o json
run=$(pick d.run <"$folder/out")
equal "it succeeded" succeeded "$(pick d.state <"$folder/out")"
equal "one isolation" 1 "$(effects isolate)"
equal "one comment" 1 "$(effects comment)"
equal "one mail" 1 "$(effects mail)"
status "ps" 0 q ps -o json
equal "lists it" "[\"$run\"]" "$(pick 'd.map(r, r.run)' <"$folder/out")"
if command -v script >/dev/null; then
    contains "on a terminal: a line of at most 80 columns, with the beginning of the id" "${run:0:18}  " \
        "$(NO_COLOR=1 script -qec "stty cols 80; quell ps -c '$folder/quell.yaml'" /dev/null |
            tr -d '\r' | grep -v '.\{81\}')"
fi
status "show takes the beginning of an id" 0 q show "${run:0:13}" --events
contains "and tells the story" "contain[0].isolate" "$out"
contains "with its events" "call_sending" "$out"
status "an unknown run" 2 q show 00000000-0000-0000-0000-000000000000
status "ps without a store" 2 quell ps --store "sqlite:$folder/none.db"
fault '{"where": "isolate", "what": "failed"}'
status "a run that fails" 1 q run malware-on-device -i "$graph"
contains "says where" "contain[0].isolate" "$out"
failed_run=$(q ps -o json -n 1 | pick 'd[0].run')
contains "show says first where it failed" "failed at contain" "$(q show "$failed_run" | head -5)"

# ---- resolve -------------------------------------------------------------------------------------------
cat >"$folder/once.yaml" <<'YAML'
quell: 1
playbook: once
on: { manual: }
steps:
  - id: send
    uses: http.request
    with: { url: /tenant/oauth2/v2.0/token, body: x }
YAML
fault '{"where": "token", "what": "lost-after"}'
status "a call whose answer is lost waits for a person" 3 q run "$folder/once.yaml" -o json
held=$(pick d.run <"$folder/out")
contains "show says what to do" "quell resolve $held send --happened | --did-not" "$(q show "$held")"
status "release is not the word for it" 2 q release "$held"
contains "and names that" "quell resolve $held send --happened, or --did-not" "$err"
status "resolve needs a word" 2 q resolve "$held" send
status "resolve of another step" 2 q resolve "$held" other --happened
status "resolve" 0 q resolve "$held" send --happened -o json
equal "answers as JSON" "[\"$held\",\"send\",true]" "$(pick '[d.run, d.step, d.happened]' <"$folder/out")"

# ---- match -------------------------------------------------------------------------------------------
status "a regex that matches" 0 quell match '(?<family>mal|troj)\w+' 'a trojan'
contains "says where" "matches \`trojan\` at byte 2" "$out"
contains "and what the groups took" "family       troj" "$out"
status "flags" 0 quell match --flags im '^TROJ' $'a\ntrojan'
status "one that does not" 1 quell match '^trojan' 'a trojan'
status "one that runs away is undecided" 1 quell match '^(a+)+$' "$(printf 'a%.0s' {1..60})b"
contains "and says why" "undecided: the match limit was reached" "$out"
status "no pattern" 2 quell match '(' x
contains "the place" "at byte 1 of the pattern" "$err"
status "no flag" 2 quell match --flags q x x
status "no words" 2 quell match
status "lines" 0 quell match --jsonl <<'LINES'
{"id": 1, "regex": "(a)(b)?", "flags": "i", "text": "A"}

{"id": "two", "regex": "(?<x>b)", "text": "a"}
{"id": 3, "regex": "(", "text": ""}
{"id": 4}
nonsense
LINES
equal "an answer for each, in order" '{"id":1,"match":true,"groups":{"1":"A"},"why":"matches `A` at byte 0"}
{"id":"two","match":false,"groups":{},"why":"no part of the text matches"}
{"id":3,"match":null,"groups":{},"why":"at byte 1 of the pattern: missing closing parenthesis"}
{"id":4,"error":"a line has the texts `regex` and `text`"}' "$(head -4 <<<"$out")"
contains "also for what is no JSON" '{"id":null,"error":' "$(tail -1 <<<"$out")"

# ---- serve says what it has, and how runs end ----------------------------------------------------------
cp "$folder/lacking.yaml" "$folder/quell.yaml"
start_serve
post open "$incident"
equal "accepted" 202 "$code"
run=$(pick 'd.runs[0].run' <<<"$out")
ends "the run fails" "$run" failed
stop_serve
log=$(cat "$folder/serve.log")
contains "the log counts what is configured" "playbooks 1, hooks 3" "$log"
contains "the log warned of the connection that is missing" "step=comment will fail: no connection" "$log"
contains "and says why the run failed" "run=$run failed at step=comment" "$log"
lacks "there was a playbook" "there is no playbook" "$log"
mkdir "$folder/no-playbook"
config "$folder/no-playbook"
start_serve
stop_serve
contains "and without one it is said" "there is no playbook: incidents are taken in" "$(cat "$folder/serve.log")"
