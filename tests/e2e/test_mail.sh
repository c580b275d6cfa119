#!/bin/bash
# email.send against a real mail server: STARTTLS, AUTH and a private CA, what is delivered, and what
# must not be: nothing without TLS, nothing smuggled in by a text.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
server=$(dirname "$0")/smtp-server
trap '"$server" stop "$folder/exim"; finish' EXIT
chmod 711 "$folder" # exim's own user must reach its folder
"$server" start "$folder/exim" >"$folder/server.json"
case $? in
0) ;;
77)
    echo "skipped: exim4 is not installed"
    rm -rf "$folder"
    trap - EXIT
    exit 77
    ;;
*) no "the mail server starts"; exit ;;
esac
start_range
smtp_config() { # smtp_config LINES...: quell.yaml with this connection `email`
    {
        printf 'store: sqlite:%s/quell.db\nplaybooks: [%s/mail.yaml]\nconnections:\n  email:\n' "$folder" "$folder"
        printf '    %s\n' "from: 'Quelle für Ärger <quell@contoso.example>'" 'egress: [loopback]' "$@"
    } >"$folder/quell.yaml"
}
pick d.password <"$folder/server.json" >"$folder/password"
real=(
    "url: smtp://localhost:$(pick d.port <"$folder/server.json")"
    "auth: { kind: basic, username: quell, password: { file: $folder/password } }"
)
ca="ca: $(pick d.ca <"$folder/server.json")"
cat >"$folder/mail.yaml" <<'YAML'
quell: 1
playbook: mail
on: { manual: }
inputs:
  to: { type: list, default: ['Ärzte im Dienst <soc@contoso.example>', second@contoso.example] }
  subject: { type: string, default: 'Überfall auf fin-ws-114 – Größe 7 €' }
  body: { type: string, default: "Grüße\n.\nfrom a line with a dot\n" }
steps:
  - id: tell
    uses: email.send
    with:
      to: ${{ inputs.to }}
      bcc: hidden@contoso.example
      subject: ${{ inputs.subject }}
      body: ${{ inputs.body }}
      html: '<p>Gr&uuml;&szlig;e</p>'
YAML
send() { # send NAME EXIT [INPUTS]: the story in $out, of the step in $why
    printf '%s' "${3-'{}'}" >"$folder/inputs.json"
    [ -n "${3-}" ] || echo '{}' >"$folder/inputs.json"
    status "$1" "$2" q run mail --inputs "$folder/inputs.json" -o json
    why=$(pick 'has(d.steps[0].error.message) ? d.steps[0].error.message : ""' <"$folder/out" 2>/dev/null)
}
delivered() { find "$folder/exim/mail/new" -type f | wc -l; }
header() { # header NAME FILE: unfolded
    awk -v name="$1:" '/^\r?$/ { exit } /^[ \t]/ { if (on) printf "%s", $0; next }
        { on = index($0, name) == 1; if (on) printf "%s", substr($0, length(name) + 2) }' "$2" | tr -d '\r'
}

# ---- delivered ----------------------------------------------------------------------------------------
smtp_config "${real[@]}" "$ca"
send "a mail with STARTTLS, AUTH and a private CA" 0
run=$(pick d.run <"$folder/out")
file=$("$server" wait "$folder/exim" 3 | head -1) # one for each recipient
equal "each recipient gets it" 3 "$(delivered)"
equal "its Message-ID comes from run and step" "<$run.tell@contoso.example>" "$(header Message-ID "$file")"
equal "the output has it, too" "$run.tell@contoso.example" "$(pick d.steps[0].output.message_id <"$folder/out")"
contains "the subject is encoded" "=?utf-8?B?" "$(header Subject "$file")"
subject=$(header Subject "$file" | grep -o '?B?[^?]*' | cut -c4- | while read -r part; do base64 -d <<<"$part"; done)
equal "and says the same" 'Überfall auf fin-ws-114 – Größe 7 €' "$subject"
contains "names are encoded, addresses are not" "<soc@contoso.example>" "$(header To "$file")"
contains "From" "<quell@contoso.example>" "$(header From "$file")"
equal "a bcc is not shown" "" "$(header Bcc "$file")"
lacks "nowhere" hidden@contoso.example "$(sed '/^\r*$/q' "$file" | grep -v -i '^\(envelope-to\|delivery-date\|received\|return-path\)')"
equal "headers are ASCII" 0 "$(sed '/^\r*$/q' "$file" | LC_ALL=C grep -c '[^ -~[:space:]]')"
contains "text and HTML stand side by side" multipart/alternative "$(header Content-Type "$file")"
equal "both parts" 2 "$(grep -c -i '^Content-Type: text/\(plain\|html\); *charset=utf-8' "$file")"
[ -n "$(header Date "$file")" ] && ok || no "a date"
part() { # part TYPE FILE: the decoded text
    awk -v type="$1" 'BEGIN { IGNORECASE = 1 } index(tolower($0), "content-type: " type) { in_part = 1 }
        in_part && /^--/ { exit } in_part && body { print } in_part && /^\r?$/ { body = 1 }' "$2" |
        tr -d '\r' >"$folder/part"
    if grep -A3 -i "^content-type: $1" "$2" | grep -qi 'encoding: base64'; then
        base64 -d <"$folder/part"
    else # quoted-printable
        printf '%b' "$(sed ':a;N;$!ba;s/=\n//g;s/\\/\\\\/g;s/=\([0-9A-F][0-9A-F]\)/\\x\1/g' "$folder/part")"
    fi
}
contains "the text is whole, a lone dot included" "Grüße
.
from a line with a dot" "$(part text/plain "$file" | tr -d '\r')"
contains "and so is the HTML" "<p>Gr&uuml;&szlig;e</p>" "$(part text/html "$file")"

# ---- nothing smuggled -----------------------------------------------------------------------------------
before=$(delivered)
for bad in '{"subject": "a\r\nBcc: evil@far.example"}' '{"subject": "a\nBcc: evil@far.example"}' \
    '{"subject": "a\rBcc: evil@far.example"}' '{"subject": "a\r\n\r\nbody"}' \
    '{"to": ["a@contoso.example\r\nRCPT TO:<evil@far.example>"]}' '{"to": ["a@contoso.example> <evil@far.example"]}' \
    '{"to": ["a@contoso.example\u0000"]}'; do
    send "refused: $bad" 1 "$bad"
    [ -n "$why" ] && ok || no "it says why: $bad" "$out"
done
equal "nothing left the house" "$before" "$(delivered)"
send "dots and commands in a body" 0 '{"body": "a\n.\nMAIL FROM:<x@far.example>\r\n.\r\nQUIT\r.\rb", "to": ["soc@contoso.example"]}'
"$server" wait "$folder/exim" $((before + 2)) >"$folder/files"
equal "are a body" $((before + 2)) "$(delivered)"
contains "and nothing else" "MAIL FROM:<x@far.example>" "$(part text/plain "$(grep -l "$(pick d.run <"$folder/out")" $(cat "$folder/files") | head -1)")"
lacks "nobody else got anything" far.example "$(grep -h -i '^envelope-to\|^to:\|^cc:\|^bcc:' $(cat "$folder/files"))"

# ---- refused --------------------------------------------------------------------------------------------
smtp_config "${real[0]}" "auth: { kind: basic, username: quell, password: { file: $folder/wrong } }" "$ca"
echo wrong-password-canary >"$folder/wrong"
send "a wrong password" 1
contains "is said in the server's words" "535" "$why"
equal "as a matter of rights" denied "$(pick d.steps[0].error.code <"$folder/out")"
lacks "but not shown" wrong-password-canary "$out$err"
smtp_config "${real[@]}"
send "a server whose CA nobody knows" 1
contains "is not trusted" certificate "$why"
smtp_config "url: smtp://localhost:$smtp" 'auth: { kind: none }'
send "a server without STARTTLS" 1
contains "gets nothing" TLS "$why"
equal "not one mail" 0 "$(mails | pick d.count)"
smtp_config "url: smtp://mail.contoso.example:25" 'tls: none' 'auth: { kind: none }'
status "no TLS with a host elsewhere is refused at load" 2 q run mail
contains "it says why" "without TLS only loopback" "$err"
smtp_config "url: smtp://127.0.0.1:$smtp" 'tls: none' 'auth: { kind: none }'
sed -i '/egress/d' "$folder/quell.yaml"
send "loopback without \`egress:\`" 1
contains "is refused" egress "$why"
smtp_config "url: smtp://127.0.0.1:$smtp" 'tls: none' 'auth: { kind: none }'
fault '{"where": "mail", "what": 554}'
send "a mail that the server does not want" 1
contains "has its answer in the story" 554 "$why"
equal "after all this" "$((before + 2)) 0" "$(delivered) $(mails | pick d.count)"
