#!/bin/bash
# Playbooks that call each other, as people see them: lint, plan, run, show, cancel.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"

mkdir "$folder/playbooks"
cat >"$folder/quell.yaml" <<YAML
store: sqlite:$folder/quell.db
playbooks: [playbooks]
YAML
cat >"$folder/playbooks/caller.yaml" <<'YAML'
quell: 1
playbook: caller
on: { manual: }
vars: { who: ann }
steps:
  - id: both
    parallel:
      greet:
        - id: c
          call: called
          with: { who: '${{ vars.who }}' }
      count:
        - id: twice
          while: size(steps.twice_more.?output.orValue([])) > 5
          max: 3
          steps:
            - id: twice_more
              for-each: '[1, 2]'
              max: 2
              steps:
                - set: { n: '${{ item }}' }
outputs: { said: '${{ steps.c.output.text }}' }
finally:
  - set: { ended: '${{ run.status }}' }
YAML
cat >"$folder/playbooks/called.yaml" <<'YAML'
quell: 1
playbook: called
on: { call: }
inputs: { who: { type: string, required: true } }
steps:
  - switch:
      - when: inputs.who == 'ann'
        steps:
          - set: { text: hello ann }
      - else:
          - set: { text: who are you }
outputs: { text: '${{ vars.text }}' }
YAML
config=(-c "$folder/quell.yaml")

status "the set is good" 0 quell lint "${config[@]}" "$folder/playbooks"
status "one alone is not sure of the other" 0 quell lint "${config[@]}" "$folder/playbooks/caller.yaml"
contains "and says so" QL141 "$out$err"

status "a plan has both" 0 quell plan "${config[@]}" caller
contains "and says who runs whom" "runs called" "$out"

status "it runs" 0 quell run "${config[@]}" caller
contains "and calls" "calls the playbook called" "$out"
runs=$(quell ps "${config[@]}" -o json)
equal "two runs" 2 "$(pick 'size(d)' <<<"$runs")"
parent=$(pick 'd.filter(r, r.playbook == "caller")[0].run' <<<"$runs" | tr -d '"')
child=$(pick 'd.filter(r, r.playbook == "called")[0].run' <<<"$runs" | tr -d '"')
shown=$(quell show "${config[@]}" "$parent")
contains "its output is shown" "hello ann" "$shown"
contains "and the run that it called" "$child" "$shown"
contains "ps lists it with its caller" "CALLED BY" "$(quell ps "${config[@]}")"
equal "by its id" "$parent" "$(quell ps "${config[@]}" | awk -v run="$child" '$1 == run { print $5 }')"
contains "which knows its caller" "called by run $parent" "$(quell show "${config[@]}" "$child")"
status "what has ended is not cancelled" 2 quell cancel "${config[@]}" "$parent"
contains "and says why" "has ended" "$err"

cat >>"$folder/playbooks/called.yaml" <<'YAML'
finally:
  - call: caller
YAML
status "a cycle is refused" 1 quell lint "${config[@]}" "$folder/playbooks"
contains "and named" "caller -> called -> caller" "$out$err"
status "and not served" 2 quell run "${config[@]}" caller
