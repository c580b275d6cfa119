#!/bin/bash
# test_lines.sh TOP BUILD - JSON lines in and out: quell eval --jsonl.
. "$(dirname "$0")/lib.sh"

lines='{"id":1,"expr":"1 + 1"}

nonsense
{"id":2,"expr":"x","bindings":{"x":{"t":"string","v":"é"}}}
[]
{"id":3,"expr":"1 /"}'
wanted='{"id":1,"value":{"t":"int","v":"2"},"type":"int64"}
{"id":null,"error":"line 1, column 1: `n` stands where a value is expected"}
{"id":2,"value":{"t":"string","v":"é"},"type":"dyn"}
{"id":null,"error":"the line is no JSON object"}
{"id":3,"error":"expected a value, found the end"}'
equal "a line for a line, in order" "$wanted" "$(printf '%s' "$lines" | quell eval --jsonl)"
status "no lines" 0 quell eval --jsonl </dev/null
equal "no lines, nothing" "" "$out"
status "no further words" 2 quell eval --jsonl '1 + 1' </dev/null
status "no variables" 2 quell eval --jsonl --vars /dev/null </dev/null

# Many lines stream; memory stays what one line needs. The address sanitizer reserves terabytes.
memory=400000
grep -q '^QUELL_SANITIZE:BOOL=ON' "$build/CMakeCache.txt" && memory=unlimited
many=$(yes '{"id":7,"expr":"lists.range(1000).map(x, x * x).size()"}' | head -n 20000 |
    (ulimit -v $memory && quell eval --jsonl) | sort | uniq -c | sed 's/^ *//')
equal "twenty thousand lines" '20000 {"id":7,"value":{"t":"int","v":"1000"},"type":"int64"}' "$many"

# A line that is too long is one error, and the next is read.
long=$({ printf '{"id":1,"expr":"'; head -c 2000000 /dev/zero | tr '\0' ' '; echo '"}'
    echo '{"id":2,"expr":"true"}'; } | quell eval --jsonl)
contains "a long line" '"error":"the line is longer than' "$long"
contains "and the one behind it" '{"id":2,"value":{"t":"bool","v":true},"type":"bool"}' "$long"
