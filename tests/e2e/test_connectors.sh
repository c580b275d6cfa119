#!/bin/bash
# Connectors that are not part of quell: a shared object built outside the tree, and a declared one;
# both only dropped into a folder. And what a broken one says.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
mkdir "$folder/native" "$folder/declared" "$folder/bad"
start_range
config "$folder/pair.yaml"
cat >>"$folder/quell.yaml" <<YAML
  example: { url: 'http://127.0.0.1:$http/act', egress: [loopback], auth: { kind: none } }
  desk: { url: 'http://127.0.0.1:$http/act', egress: [loopback], auth: { kind: bearer, token: { file: $folder/hook-token } } }
YAML
cp "$folder/quell.yaml" "$folder/without.yaml"
sed -i "1i connectors: [native, $folder/declared]" "$folder/quell.yaml" # one path beside quell.yaml
cat >"$folder/pair.yaml" <<'YAML'
quell: 1
playbook: pair
on: { manual: }
inputs: { who: { type: string, default: 'a/b ü' } }
steps:
  - id: greet
    uses: example.greet
    with: { name: '${{ inputs.who }}' }
  - id: ticket
    uses: desk.open-ticket
    with: { title: '${{ steps.greet.output.greeting }}', urgent: true }
YAML

# ---- as users make them -------------------------------------------------------------------------------
sed 's/quell_get(reply->json, "greeting")/quell_get(reply->json, "path")/' \
    "$top/tests/connector/example/example.c" >"$folder/example.c"
build_so() { ${CC:-cc} -std=c11 -O2 -shared -fPIC -I "$top/include" "$@"; }
build_so -o "$folder/native/example.so" "$folder/example.c" || no "it is built with the public headers alone"
equal "it needs no symbol of the engine" "" "$(nm -D --undefined-only "$folder/native/example.so" | grep -i quell)"
cat >"$folder/declared/desk.yaml" <<'YAML'
connector: desk
version: 0.1.0
title: Service desk
doc: The tickets of our own service desk.
auth: [bearer]
actions:
  open-ticket:
    doc: Opens a ticket.
    effect: notes
    repeat: keyed
    inputs:
      title: { type: string, required: true, doc: What it is about. }
      urgent: { type: bool, doc: Whether somebody is called. }
    outputs:
      ticket: { type: string, doc: Its id. }
    request:
      method: POST
      path: /tickets
      headers: { Idempotency-Key: '${{ call.key }}' }
      json: { title: '${{ input.title }}', urgent: '${{ input.urgent }}' }
    ok: [200]
    output:
      ticket: ${{ reply.json.json.title + ' ' + string(reply.json.json.urgent) }}
    example: { ticket: T-1 }
YAML

# ---- found ----------------------------------------------------------------------------------------------
status "actions" 0 q actions -o json
equal "both are listed beside the shipped ones" true "$(pick "['example.greet', 'desk.open-ticket', \
'defender.isolate-device'].all(n, d.exists(a, a.action == n))" <"$folder/out")"
status "one action" 0 q actions desk.open-ticket
contains "with its inputs" urgent "$out"
status "lint knows them" 0 q lint "$folder/pair.yaml"
sed 's/open-ticket/open-tickt/' "$folder/pair.yaml" >"$folder/typo.yaml"
status "lint knows their names" 1 q lint "$folder/typo.yaml"
contains "and corrects" "did you mean \`desk.open-ticket\`" "$out$err"
sed 's/urgent: true/urgent: maybe/' "$folder/pair.yaml" >"$folder/typo.yaml"
status "and their types" 1 q lint "$folder/typo.yaml"
status "plan" 0 q plan pair -o json
equal "reads with the one, would write with the other" '["done","would"]' "$(pick 'd.calls.map(c, c.verdict)' <"$folder/out")"
equal "nothing took effect" 0 "$(effects act)"
status "plan --offline" 0 q plan pair --offline -o json

# ---- run ------------------------------------------------------------------------------------------------
status "run" 0 q run pair -o json
equal "the native one went through its turns" "/act/greet/a%2Fb%20%C3%BC" "$(pick d.steps[0].output.greeting <"$folder/out")"
equal "the declared one sent what it was given" "/act/greet/a%2Fb%20%C3%BC true" "$(pick d.steps[1].output.ticket <"$folder/out")"
equal "one effect" 1 "$(effects act)"
fault '{"where": "act", "what": "lost-after", "skip": 1}'
status "a lost answer" 0 q run pair -o json
equal "is asked for again with the same key" 1 "$(curl -sS "http://127.0.0.1:$http/_range/effects" |
    pick 'd.effects.filter(e, e.key == d.effects[size(d.effects) - 1].key).map(e, e.key).size() == 2 ? 1 : d.effects.size()')"
start_serve || exit
stop_serve
equal "serve has them, too" 0 "$served"

# ---- by the environment -----------------------------------------------------------------------------------
status "without the folders" 2 quell plan "$folder/pair.yaml" -c "$folder/without.yaml"
QUELL_CONNECTORS=$folder/native:$folder/declared status "QUELL_CONNECTORS" 0 quell run pair -c "$folder/without.yaml"
cd "$folder/bad" || exit
QUELL_CONNECTORS=$folder/native status "without a configuration" 0 quell actions example

# ---- broken ones --------------------------------------------------------------------------------------------
broken() { # broken NAME FILE WORDS: with this file alone in a folder
    mv "$2" "$folder/bad/"
    QUELL_CONNECTORS=$folder/bad status "$1" 2 quell actions -c "$folder/quell.yaml"
    contains "$1: the file" "bad/$(basename "$2")" "$err"
    contains "$1: says" "$3" "$err"
    rm -f "$folder"/bad/*
}
sed 's/repeat: keyed/repeat: often/' "$folder/declared/desk.yaml" >"$folder/word.yaml"
broken "a wrong word" "$folder/word.yaml" "word.yaml:10:13"
sed 's/ok: /okay: /' "$folder/declared/desk.yaml" >"$folder/key.yaml"
broken "a wrong key" "$folder/key.yaml" "key.yaml:$(grep -n okay: "$folder/key.yaml" | cut -d: -f1):5"
sed 's/input.title }}/input.titel }}/' "$folder/declared/desk.yaml" >"$folder/input.yaml"
broken "an input that is not there" "$folder/input.yaml" "input.yaml:20"
printf 'connector: x\n\tversion: 1\n' >"$folder/tab.yaml"
broken "a tab" "$folder/tab.yaml" "tab.yaml:2:1"
echo 'no shared object' >"$folder/text.so"
broken "a text" "$folder/text.so" "text.so"
build_so -DEXAMPLE_ABI=99 -o "$folder/foreign.so" "$folder/example.c"
broken "another ABI" "$folder/foreign.so" ABI
echo 'int x;' >"$folder/empty.c" && build_so -o "$folder/empty.so" "$folder/empty.c"
broken "no connector in it" "$folder/empty.so" quell_connector
cp "$folder/native/example.so" "$folder/twice.so"
broken "a name that is taken" "$folder/twice.so" already
cp "$folder/native/example.so" "$folder/open.so" && chmod 666 "$folder/open.so"
broken "a file that anybody may change" "$folder/open.so" open.so
