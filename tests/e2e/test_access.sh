#!/bin/bash
# Who may what, over the network: tokens made beside a serving quell and without one, the command line
# with --server over TLS, and what is left of a token in files and logs: nothing.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"

cat >"$folder/ask.yaml" <<'YAML'
quell: 1
playbook: ask
on: { manual: }
steps:
  - id: act
    approve: { by: group:soc, within: 1h, message: 'Do it?' }
    steps:
      - set: { done: true }
YAML
sed 's/playbook: ask/playbook: other/' "$folder/ask.yaml" >"$folder/other.yaml"
certificate() { # certificate NAME: NAME.pem and NAME.key, its own authority
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
        -addext "subjectAltName=IP:127.0.0.1" -keyout "$folder/$1.key" -out "$folder/$1.pem" 2>/dev/null
}
certificate ours
certificate others
cat >"$folder/quell.yaml" <<YAML
store: sqlite:$folder/quell.db
listen: 127.0.0.1:0
tls: { certificate: $folder/ours.pem, key: $folder/ours.key }
playbooks: [ask.yaml, other.yaml]
users:
  ana: { roles: [approver], groups: soc }
  ben: { roles: [approver] }
YAML

# ---- without a serving one --------------------------------------------------------------------------
status "a token is made" 0 q token create ci --role viewer
ci=$out
equal "of its shape" yes "$([[ $ci =~ ^quell_[0-9a-f]{72}$ ]] && echo yes)"
lacks "nothing else tells it" "$ci" "$err"
status "its name is taken" 2 q token create ci --role viewer
status "a token needs a role" 2 q token create x
status "of those there are" 2 q token create x --role boss
contains "which are named" "viewer, analyst" "$err"
status "and a user of quell.yaml" 2 q token create x --role viewer --user eve
status "and a name" 2 q token create 'a b' --role viewer
status "and an end that can be" 2 q token create x --role viewer --expires 100y
status "a verb that is none" 2 q token make x

# ---- beside one -------------------------------------------------------------------------------------
start_serve || exit 1
url=https://127.0.0.1:$port
far() { # far TOKEN COMMAND...: over the network
    local token=$1
    shift
    QUELL_TOKEN=$token quell "$@" --server "$url" --ca "$folder/ours.pem"
}
make() { # make NAME OPTIONS...: its text
    q token create "$@" 2>/dev/null
}
admin=$(make root --role admin --expires never)
ana=$(make ana-laptop --role approver --user ana)
ben=$(make ben-laptop --role admin --user ben)
one=$(make only-other --role admin --scope playbook=other --expires 1h)
analyst=$(make an --role analyst)
status "a run waits for people" 3 q run ask --timeout 1s
run=$(q ps -o json | pick 'd[0].run')
status "runs are listed from afar" 0 far "$ci" ps -o json
equal "as from near" "$(q ps -o json | pick 'd.map(r, [r.run, r.state, r.playbook])')" \
    "$(pick 'd.map(r, [r.run, r.state, r.playbook])' <<<"$out")"
status "as text, too" 0 far "$ci" ps
equal "the same text" "$(q ps)" "$out"
status "a run is shown" 0 far "$ci" show "$run"
equal "the same story" "$(q show "$run")" "$out"
status "questions are listed" 0 far "$ci" approvals
equal "the same questions" "$(q approvals)" "$out"

status "who looks does not decide" 4 far "$ci" approve "$run"
contains "and is told why" "no role with the right DECIDE" "$err"
status "nor who is in no group" 4 far "$ben" approve "$run"
status "nor a token that is nobody in it" 4 far "$admin" approve "$run"
status "nobody speaks for another" 2 far "$ana" approve "$run" --as ben
status "ana does" 0 far "$ana" approve "$run"
contains "by her name" "ana agreed" "$err"
ends "the run ends" "$run" succeeded
status "what it was is told" 0 q show "$run" -e -o json
equal "with her name" '["ana"]' "$(pick "d.events.filter(e, e.kind == 'approval_given').map(e, e.by)" <<<"$out")"

status "scopes narrow" 4 far "$one" show "$run"
status "the list as well" 0 far "$one" ps -o json
equal "to its playbook" '[]' "$(pick d <<<"$out")"
status "another playbook's run is not cancelled" 4 far "$one" cancel "$run"
status "an admin of one playbook makes no tokens" 4 far "$one" token create more --role admin
status "who works on incidents may not release" 4 far "$analyst" release "$run"
status "nor make tokens" 4 far "$analyst" token create more --role admin
status "who works on incidents may stop" 0 far "$analyst" halt --connector http
contains "which is seen" "the serving quell has seen it" "$err"
status "but not let go on" 4 far "$analyst" resume
status "who answers for it may" 0 far "$ana" resume
status "an admin does" 0 far "$admin" token create more --role viewer
more=$out
status "which are good at once" 0 far "$more" ps
status "tokens are listed" 0 far "$admin" token list
contains "with what they may" "viewer" "$out"
lacks "never their texts" "quell_" "$out"
status "from near, too" 0 q token list -o json
equal "with who made them" token:root "$(pick "d.filter(t, t.name == 'more')[0].made_by" <<<"$out")"
equal "that they were used" true "$(pick "has(d.filter(t, t.name == 'more')[0].used_at)" <<<"$out")"
status "one is revoked" 0 q token revoke more
status "and good for nothing" 4 far "$more" ps
status "twice is once too often" 2 q token revoke more

# ---- who is not there -------------------------------------------------------------------------------
status "no token" 4 quell ps --server "$url" --ca "$folder/ours.pem"
contains "is said so" "QUELL_TOKEN" "$err"
wrong=$(tr 0-9a-f 1-9a-f0 <<<"${ci#quell_}") # every digit another
status "a wrong one" 4 far "quell_$wrong" ps
status "a file with one" 0 quell ps --server "$url" --ca "$folder/ours.pem" --token-file <(echo "$ci")
status "another authority" 4 env QUELL_TOKEN="$ci" quell ps --server "$url" --ca "$folder/others.pem"
status "no authority" 4 env QUELL_TOKEN="$ci" quell ps --server "$url"
status "nobody there" 5 env QUELL_TOKEN="$ci" quell ps --server https://127.0.0.1:1 --ca "$folder/ours.pem"
status "no TLS elsewhere" 4 env QUELL_TOKEN="$ci" quell ps --server http://192.0.2.1:1
ask() { curl -sS --cacert "$folder/ours.pem" -o "$folder/body" -D "$folder/head" -w '%{http_code}' "$@"; }
equal "without a proof: 401" 401 "$(ask "$url/api/v1/runs")"
contains "and how" "WWW-Authenticate: Bearer" "$(cat "$folder/head")"
equal "a token in the URL is none" 401 "$(ask "$url/api/v1/runs?access_token=$ci")"
equal "nor a cookie" 401 "$(ask -H "Cookie: quell=$ci" "$url/api/v1/runs")"
equal "in its field it is" 200 "$(ask -H "Authorization: Bearer $ci" "$url/api/v1/runs")"
for header in 'X-Content-Type-Options: nosniff' 'Cache-Control: no-store' 'Strict-Transport-Security: max-age=' \
    'Referrer-Policy: no-referrer' 'Cross-Origin-Resource-Policy: same-origin'; do
    contains "each answer has $header" "$header" "$(cat "$folder/head")"
done
lacks "no other origin is let in" "Access-Control" "$(cat "$folder/head")"
equal "not even asked before" 405 "$(ask -X OPTIONS -H 'Origin: https://evil.example' \
    -H 'Access-Control-Request-Method: POST' "$url/api/v1/runs/$run/cancel")"
equal "a playbook is an id, never a file" 404 "$(ask -H "Authorization: Bearer $admin" \
    -H 'Content-Type: application/json' -d "{\"playbook\":\"$folder/ask.yaml\"}" "$url/api/v1/runs")"

# ---- what is left of them ---------------------------------------------------------------------------
stop_serve
for token in "$ci" "$admin" "$ana" "$one" "$more"; do
    found=$(grep -laF -e "$token" -e "${token:6:64}" "$folder"/quell.db* "$folder/serve.log" 2>/dev/null)
    equal "no token in the store or the log" "" "$found"
done
status "an admin's deeds are written down" 0 q token list
