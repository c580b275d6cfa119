#!/bin/bash
# `quell test` as people and build servers use it: the shipped playbooks pass, each form of output is
# what its readers expect, exit codes, what failed is run again, and nothing leaves the machine.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
export XDG_STATE_HOME=$folder/state
mkdir "$folder/w"
cd "$folder/w" || exit 1

# ---- the shipped ones --------------------------------------------------------------------------------
status "the shipped playbooks pass their tests" 0 quell test "$top/playbooks"
equal "and are covered whole" "$(ls "$top"/playbooks/*.yaml | grep -cv '\.test\.yaml$')" \
    "$(sed -n 's/^playbooks: \([0-9]*\) of \1 covered .*steps 100 %.*branches 100 %$/\1/p' <<<"$out")"
contains "with the last line that is known" " passed, 0 failed, 0 skipped (" "$(tail -1 <<<"$out")"
for playbook in "$top"/playbooks/*.yaml; do
    case $playbook in *.test.yaml) continue ;; esac
    [ -f "${playbook%.yaml}.test.yaml" ] && ok || no "$playbook has no test beside it"
done
if command -v strace >/dev/null; then
    strace -f -e trace=network -o "$folder/trace" quell test "$top/playbooks" >/dev/null 2>&1
    equal "no socket is opened" 0 "$(grep -cE 'AF_INET|connect\(' "$folder/trace")"
fi

# ---- one that fails ----------------------------------------------------------------------------------
cat >p.yaml <<'YAML'
quell: 1
playbook: p
on: { manual: }
steps:
  - id: look
    uses: http.get
    with: { url: 'https://a.example/' }
    on-error: continue
  - id: tell
    if: steps.look.status == 'succeeded'
    uses: email.send
    with: { to: a@b.example, subject: s, body: b }
YAML
cat >p.test.yaml <<'YAML'
quell-test: 1
playbook: p
cases:
  - name: 'tells <even> & when "it" fails # here'
    mock: { http.get: { error: { code: not-found, status: 404, message: gone } } }
    expect: { steps.tell.status: succeeded }
  - name: tells
    mock: { http.get: { output: { status: 200 } } }
    expect: { status: succeeded, calls: [email.send] }
  - name: later
    skip: not yet
YAML
status "a failed case is exit 1" 1 quell test p.test.yaml
for text in 'expected step `tell` to be "succeeded", but it is `skipped`' 'p.test.yaml:6:34' 'said here' \
    'p.yaml:10:9' 'steps.look.status is "failed" (your mock, line 5)' '1 passed, 1 failed, 1 skipped ('; do
    contains "both places, and why" "$text" "$out"
done
contains "coverage names what is missing" "branches 100 %" "$out"
status "a folder" 1 quell test .
status "and the folder one is in" 1 quell test
status "only some, by name" 0 quell test --run '^tells$' .
contains "one passed" "1 passed, 0 failed, 0 skipped" "$out"
contains "what is not covered is named" 'p.yaml:10: `if` never false' "$out"
status "none of that name" 2 quell test --run nothing .
contains "says so" 'no case has a name that matches `nothing`' "$err"
status "no regular expression" 2 quell test --run '(' .
contains "says so" "--run is not a regular expression" "$err"

# ---- what failed, again ------------------------------------------------------------------------------
status "all once more" 1 quell test .
status "only what failed" 1 quell test --failed
contains "one" "0 passed, 1 failed, 0 skipped" "$out"
sed -i 's/steps.tell.status: succeeded/steps.tell.status: skipped/' p.test.yaml
status "mended" 0 quell test --failed
contains "one passed" "1 passed, 0 failed" "$out"
status "nothing is left" 0 quell test --failed
contains "says so" "Nothing failed the last time" "$err"
equal "the state is one small file a folder" 1 "$(find "$XDG_STATE_HOME/quell" -name 'failed-*' | wc -l)"

# ---- for build servers -------------------------------------------------------------------------------
sed -i 's/steps.tell.status: skipped/steps.tell.status: failed/' p.test.yaml
status "TAP" 1 quell test -o tap .
equal "version and plan" "TAP version 14 1..3" "$(head -2 <<<"$out" | tr '\n' ' ' | sed 's/ $//')"
contains "not ok" 'not ok 1 - ./p.test.yaml: tells <even> & when "it" fails \# here' "$out"
contains "ok" "ok 2 - ./p.test.yaml: tells" "$out"
contains "skipped" "ok 3 - ./p.test.yaml: later # SKIP not yet" "$out"
status "JUnit" 1 quell test -o junit .
cp "$folder/out" "$folder/junit.xml"
contains "counts" '<testsuites name="quell" tests="3" failures="1" errors="0" skipped="1"' "$out"
contains "escaped" 'name="tells &lt;even&gt; &amp; when &quot;it&quot; fails # here"' "$out"
if command -v xmllint >/dev/null; then
    status "is XML" 0 xmllint --noout "$folder/junit.xml"
    equal "one failure" 1 "$(xmllint --xpath 'count(//testcase/failure)' "$folder/junit.xml")"
    equal "one skipped" 1 "$(xmllint --xpath 'count(//testcase/skipped)' "$folder/junit.xml")"
fi
status "JUnit beside the text" 1 quell test --junit "$folder/beside.xml" .
contains "text" "1 passed, 1 failed" "$out"
contains "and the file" "<testsuites" "$(cat "$folder/beside.xml")"
status "a file that cannot be written" 2 quell test --junit /nowhere/x.xml .
contains "says so" "cannot be written" "$err"
status "JSON" 1 quell test -o json .
equal "counts" "[1,1,1]" "$(pick '[d.passed, d.failed, d.skipped]' <"$folder/out")"
equal "both places" '[6,10]' "$(pick \
    '[d.files[0].cases[0].failures[0].expected.line, d.files[0].cases[0].failures[0].actual.line]' <"$folder/out")"
status "no such form" 2 quell test -o yaml .
contains "says which there are" "text, tap, junit, json or ndjson" "$err"

# ---- what is no test ---------------------------------------------------------------------------------
printf 'quell-test: 1\nplaybook: p\ncases:\n  - nmae: a\n' >bad.test.yaml
status "a file that does not check is exit 2" 2 quell test .
contains "with code" "error[QL102]: unknown key" "$out"
contains "and help" 'did you mean `name`?' "$out"
contains "the others are run" "1 passed, 1 failed" "$out"
contains "and it is counted" "1 file could not be tested." "$out"
quell test -o junit . >"$folder/junit.xml" 2>/dev/null
! command -v xmllint >/dev/null || status "XML all the same" 0 xmllint --noout "$folder/junit.xml"
rm bad.test.yaml
mkdir empty
status "an empty folder" 2 quell test empty
contains "says what is looked for" '*.test.yaml' "$err"
status "no such file" 2 quell test nowhere.test.yaml
contains "says so" "nowhere.test.yaml" "$err"
(cd empty && status "nothing at all" 2 quell test && contains "says where tests are looked for" "quell.yaml" "$err")

# ---- for editors -------------------------------------------------------------------------------------
status "the schema of tests" 0 quell schema test
equal "knows the installed actions" true "$(pick \
    "'http.get' in d.properties.cases.items.properties.mock.properties" <"$folder/out")"
equal "and what may be expected" true "$(pick \
    "'never' in d.properties.cases.items.properties.expect.properties" <"$folder/out")"

# ---- two runs print the same -------------------------------------------------------------------------
once() { quell test -o json . | sed 's/"took_us": [0-9]*/"took_us": 0/'; }
equal "two runs print the same" "$(once)" "$(once)"
