#!/bin/bash
# What an editor makes of `quell schema`: the real yaml-language-server, with a file of four faults and
# with files of none.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
npm=$build/npm-editor
if [ ! -d "$npm/node_modules/yaml-language-server" ]; then
    mkdir -p "$npm" && cp "$top/tests/editor/package.json" "$npm/"
    (cd "$npm" && npm install --no-audit --no-fund --no-package-lock >npm.log 2>&1) || {
        no "npm could not install yaml-language-server" "$(tail -5 "$npm/npm.log")"
        exit 1
    }
fi

status "the schema of playbooks" 0 quell schema
cp "$folder/out" "$folder/schema.json"
equal "is draft 7" "http://json-schema.org/draft-07/schema#" "$(pick "d['\$schema']" <"$folder/schema.json")"
status "that of quell.yaml" 0 quell schema config
equal "knows all keys" true "$(pick "['store', 'listen', 'tls', 'playbooks', 'connections', 'hooks', 'lists'].all(k,
    k in d.properties)" <"$folder/out")"
status "no other" 2 quell schema nonsense

mapfile -t good < <(find "$top/playbooks" "$top/tests/graph" -name '*.yaml' ! -name '*.test.yaml')
status "the language server" 0 node "$top/tests/editor/check.mjs" \
    "$npm/node_modules/yaml-language-server/bin/yaml-language-server" "$folder/schema.json" \
    "$top/tests/editor/four.yaml" "${good[@]}"
contains "four faults are four diagnostics" "four.yaml: 4" "$out"
for place in 3:1 7:19 9:11 12:41; do contains "one at $place" "  $place " "$out"; done
for file in "${good[@]}"; do contains "$file has none" "$(basename "$file"): 0" "$out"; done
contains "inputs are completed" "comment device_id" "$out"
contains "actions are completed" "defender.get-device defender.get-isolation defender.isolate-device" "$out"
contains "an action says what it does" "Isolates a device" "$out"
