#!/bin/bash
# flaws.sh TOP BUILD - tries every row of flaws.tsv on the real quell. A row passes when quell does
# exactly what its last but one column says; nothing of it may leave a trace outside of quell.
top=$1 build=$2
. "$(dirname "$0")/../e2e/lib.sh"
start_range
cat >"$folder/text.yaml" <<'YAML'
quell: 1
playbook: text
on: { incident: { match: { severity: { at-least: high } } }, manual: }
steps:
  - id: send
    uses: http.request
    with: { url: /act/text, json: { whole: '${{ incident.title }}', joined: '<${{ incident.title }}>' } }
YAML
cat >"$folder/get.yaml" <<'YAML'
quell: 1
playbook: get
on: { manual: }
inputs: { url: { type: string, required: true } }
steps: [ { uses: http.get, with: { url: '${{ inputs.url }}' } } ]
YAML
config "$folder/text.yaml" "$folder/get.yaml"
printf 'store: sqlite:%s/closed.db\nplaybooks: [%s/get.yaml]\n' "$folder" "$folder" >"$folder/closed.yaml"
head=$'quell: 1\nplaybook: flaw\non: { manual: }\n'
rm -f /tmp/quell-flaw
sed -i 's/  open: { auth/  open: { source: quell, auth/' "$folder/quell.yaml"
start_serve || exit
anything=anything
token() { q token create "$@" --expires 1h -o json | pick d.token; }
revoke() { q token revoke "$1" >"$folder/out"; }
viewer=$(token looks --role viewer)
revoked=$(token gone --role admin) && revoke gone
scoped=$(token apart --role admin --scope playbook=get)
# What it says is true, and nobody has signed it.
unsigned=$(printf '{"alg":"none"}' | base64 | tr -d '=\n').$(printf '{"sub":"root","roles":["admin"]}' | base64 | tr -d '=\n').
reused=$(token again --role viewer) && revoke again && token again --role viewer >/dev/null
ask() { # ask METHOD PATH [BODY] [CURL OPTIONS...]: the answer in $out, the status in $code
    local method=$1 path=$2 body=${3:-} type=application/json
    shift 3 2>/dev/null || shift 2
    [ "$method" != FORM ] || { method=POST type=application/x-www-form-urlencoded; }
    out=$(curl -sS --path-as-is -X "$method" -w '\n%{http_code}' -H "Content-Type: $type" "$@" \
        ${body:+--data-binary "$body"} "http://127.0.0.1:$port$path" 2>&1)
    code=${out##*$'\n'} out=${out%$'\n'*}
}
# holds WANTED: `STATUS`, `STATUS lacks TEXT` or `STATUS has TEXT` of the last answer
holds() {
    local wanted_code=${1%% *} rest=${1#* }
    [ "$code" = "$wanted_code" ] || return 1
    case $rest in
    lacks\ *) [[ $out != *"${rest#lacks }"* ]] ;;
    has\ *) [[ $out == *"${rest#has }"* ]] ;;
    esac
}
refused() { # refused STATUS COMMAND...: exactly so, and a fault of the input, not of quell
    local wanted=$1
    shift
    out=$("$@" 2>&1)
    code=$?
    [ $code -eq "$wanted" ] && [[ $out != *Sanitizer* ]]
}

try_eval() {
    if [ "$2" = refused ]; then refused 1 quell eval "$1"; else
        out=$(quell eval "$1" 2>&1)
        [ "<$out>" = "$2" ] || [ "$out" = "$2" ]
    fi
}
try_lint() {
    printf '%s%s\n' "$head" "$1" >"$folder/flaw.yaml"
    refused 1 quell lint "$folder/flaw.yaml"
}
try_yaml() {
    printf '%s%b\n' "$head" "$1" >"$folder/flaw.yaml"
    refused 1 quell lint "$folder/flaw.yaml"
}
try_http() {
    local method path body
    read -r method path body <<<"$1"
    ask "$method" "$path" "$body"
    holds "$2"
}
try_role() { # NAME METHOD PATH [BODY]
    local name method path body
    read -r name method path body <<<"$1"
    ask "$method" "$path" "$body" -H "Authorization: Bearer ${!name}"
    holds "$2"
}
try_cookie() {
    ask GET /api/v1/runs '' -H "Cookie: session=$1; quell_session=$1; __Host-quell=$1"
    holds "$2"
}
try_origin() { # ORIGIN METHOD PATH [BODY]: what a browser would do for another page
    local origin method path body
    read -r origin method path body <<<"$1"
    ask "$method" "$path" "$body" -H "Origin: $origin" -D -
    holds "$2"
}
try_sql() { # a filter that is a text and nothing else
    out=$(curl -sS -G --data-urlencode "playbook=$1" -H "Authorization: Bearer $viewer" "http://127.0.0.1:$port/api/v1/runs")
    [ "$out" = '[]' ] || [[ $out == *error* ]]
}
try_url() {
    local before
    before=$(range_state d.requests)
    refused 1 quell run get -c "$folder/closed.yaml" --input "url=$1" && [ "$(range_state d.requests)" = "$before" ]
}
try_text() { # in whole and joined, as data: the plan shows what would be sent
    local escaped
    escaped=$(sed 's/\\/\\\\/g; s/"/\\"/g' <<<"$1")
    printf '{"title": "%s", "severity": "high"}' "$escaped" >"$folder/i.json"
    q plan text -i "$folder/i.json" --offline -o json >"$folder/p.json" 2>"$folder/err"
    printf '{"p": %s, "i": %s}' "$(cat "$folder/p.json")" "$(cat "$folder/i.json")" >"$folder/v.json"
    out=$(quell eval 'p.calls[0].with.json == {"whole": i.title, "joined": "<" + i.title + ">"}' --vars "$folder/v.json" 2>&1)
    [ "$out" = true ]
}
try_arg() {
    out=$(quell eval "$1" 2>&1; quell lint "$1" 2>&1; q show "$1" 2>&1)
    [[ $out != *"${2#lacks }"* ]]
}
try_logged() {
    ask POST /hooks/token '{}' -H "Authorization: Bearer $1"
    [ "$code" = 401 ] && ! grep -qF -- "$1" "$folder/serve.log" && [[ $out != *"$1"* ]]
}

# ---- what must work, so that a refusal means something ---------------------------------------------
printf '%ssteps: [ { uses: http.get, with: { url: / } } ]\n' "$head" >"$folder/flaw.yaml"
status "a sound playbook is taken" 0 quell lint "$folder/flaw.yaml"
ask GET /api/v1/runs '' -H "Authorization: Bearer $viewer"
equal "a token that is good is taken" 200 "$code"
ask POST /api/v1/runs '{"playbook":"text"}' -H "Authorization: Bearer $(token starts --role admin)"
ask GET '/api/v1/runs?playbook=text' '' -H "Authorization: Bearer $viewer"
holds '200 has "playbook":"text"' && ok || no "a run of the playbook that others may not see" "$code $out"
try_text 'plain' && ok || no "a plain text is sent" "$out"

rows=0
while IFS=$'\t' read -r id product class how input must source; do
    [[ $id == '#'* ]] && continue
    rows=$((rows + 1))
    out='' code=''
    if "try_$how" "$input" "$must"; then ok; else
        no "$id ($product): $class" "tried: $how: $input
wanted: $must
got: $code $out"
    fi
done <"$(dirname "$0")/flaws.tsv"
[ ! -e /tmp/quell-flaw ] && ok || no "nothing was run"
grep -sq 'root:x:0' "$folder"/quell.db "$folder"/quell.db-wal "$folder/serve.log" && no "a file was read" || ok
echo "figures: flaws: $rows rows, $(grep -v '^#' "$(dirname "$0")/flaws.tsv" | cut -f1 | sort -u | grep -c .) published flaws"
