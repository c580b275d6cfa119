#!/bin/bash
# Proves that tests/e2e/smtp-server is what other tests take it for: STARTTLS, AUTH, delivery into
# its folder, refusal of strangers and of clear text, and no way out.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
finish() {
    "$here/smtp-server" stop "$folder" || true
    rm -rf "$folder"
}
trap finish EXIT
fail() {
    echo "FAILED: $*" >&2
    exit 1
}

status=0
told=$("$here/smtp-server" start "$folder") || status=$?
[ "$status" -ne 77 ] || exit 77
[ "$status" -eq 0 ] || fail "it does not start"
member() { sed -E "s/.*\"$1\":\"?([^\",}]*).*/\1/" <<<"$told"; }
url=smtp://127.0.0.1:$(member port)
password=$(member password)
printf '%s\r\n' 'From: a@quell.example' 'To: b@far.example' 'Subject: the subject 4711' '' 'text' \
    '.a line with a dot' >"$folder/letter"
send() {
    curl -sS --max-time 20 "$url" --mail-from a@quell.example --mail-rcpt b@far.example \
        --upload-file "$folder/letter" "$@" 2>"$folder/curl.log"
}

tls=(--ssl-reqd --cacert "$(member ca)")
send "${tls[@]}" --user "quell:$password" || fail "AUTH PLAIN: $(cat "$folder/curl.log")"
send "${tls[@]}" --user "quell:$password" --login-options AUTH=LOGIN ||
    fail "AUTH LOGIN: $(cat "$folder/curl.log")"
status=0
send || status=$?
[ "$status" -eq 55 ] || fail "clear text was not refused ($status)"
status=0
send "${tls[@]}" || status=$?
[ "$status" -eq 55 ] || fail "a stranger was not refused ($status)"
status=0
send "${tls[@]}" --user quell:wrong || status=$?
[ "$status" -eq 67 ] || fail "a wrong password was not refused ($status)"
status=0
send --ssl-reqd --user "quell:$password" || status=$?
[ "$status" -eq 60 ] || fail "the certificate was trusted without its CA ($status)"

files=$("$here/smtp-server" wait "$folder" 2)
for file in $files; do
    grep -q '^Subject: the subject 4711' "$file" || fail "no subject in $file"
    grep -q '^\.a line with a dot' "$file" || fail "the dot was lost in $file"
done
[ "$(wc -l <<<"$files")" -eq 2 ] || fail "more mails than were accepted"
[ "$(grep -c '^begin transports' "$folder/exim.conf")" -eq 1 ] || fail "no transports"
! grep -q 'driver = smtp\|driver = pipe\|driver = dnslookup' "$folder/exim.conf" ||
    fail "a mail could leave"
echo "2 mails delivered, 4 refused"
