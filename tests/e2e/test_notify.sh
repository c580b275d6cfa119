#!/bin/bash
# People are told of what a run asks them: by mail and by a signed webhook, over kill -9, refusals
# and a receiver that has gone. A telling never changes the run.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"

playbook() { # playbook VIA
    {
        printf 'quell: 1\nplaybook: gated\n'
        printf 'on: { incident: { match: { severity: { at-least: low } } }, manual: }\n'
        cat <<YAML
steps:
  - id: isolate
    uses: defender.isolate-device
    approve:
      by: [group:soc, eve, duty@contoso.example]
      within: 1h
      via: $1
      message: 'isolate \${{ incident.title }}?'
      show: { why: '\${{ incident.description }}' }
    with: { device_id: '\${{ incident.entities.devices[0].id }}', comment: test }
YAML
    } >"$folder/gated.yaml"
}
# set_up VIA [WEBHOOK-URL]
set_up() {
    playbook "$1"
    start_range
    config "$folder/gated.yaml"
    {
        cat <<YAML
url: https://quell.contoso.example/
users:
  ana: { roles: [approver], groups: [soc], mail: ana@contoso.example }
  ben: { roles: [approver], groups: [soc] }
  eve: { roles: [approver], mail: ANA@contoso.example }
notify: { webhooks: { chat: { url: '${2:-http://127.0.0.1:1/}', secret: { file: $folder/hook-secret }, egress: [loopback] } } }
YAML
    } >>"$folder/quell.yaml"
}
begin() {
    start_serve || return
    post open "$incident"
    run=$(run_of gated)
}
tellings() { q show "$run" -o json | pick "d.notified.map(n, n.tellings.map(t, t.via + ' ' + t.to + ' ' + t.state).join('; ')).join('|')"; }
told_is() { [ "$(tellings)" = "$1" ]; }

by_mail() {
    set_up '[email, console]'
    begin || return
    wanted='email ana@contoso.example sent; email ben failed; email duty@contoso.example sent'
    wait_until 10 told_is "$wanted" || equal "who was told" "$wanted" "$(tellings)"
    equal "a mail each, one address once" 2 "$(mails | pick 'size(d.mails)')"
    text=$(mails | pick 'd.mails[0].text')
    contains "it says what is asked" "isolate Ransomware" "$text"
    contains "what is done" "defender.isolate-device" "$text"
    contains "on whom" "$machine" "$text"
    contains "where it is decided" "https://quell.contoso.example/approvals/$run?step=isolate&round=1" "$text"
    contains "and how else" "quell approve $run:isolate --digest " "$text"
    contains "the subject is one line" "[quell] Approval needed: isolate" "$(mails | pick 'd.mails[0].subject')"
    contains "show tells of it" "no address is known" "$(q show "$run")"
    equal "the metric of those told" 2 "$(metric quell_notifications_sent_total)"
    equal "and of the others" 1 "$(metric quell_notifications_failed_total)"
    contains "the listing says what takes it back" "taken back by defender.release-device" "$(q approvals)"
    contains "one in full has its story" approval_asked "$(q approvals "$run")"
    equal "the run waits all the same" waiting "$(q show "$run" -o json | pick d.state)"
    kill_serve
    begin_again
    equal "nobody is told twice" 2 "$(mails | pick 'size(d.mails)')"
}
begin_again() { start_serve && wait_until 10 curl -fsS "http://127.0.0.1:$port/readyz"; }

# A receiver of ours: each line of its file is one request; it answers as $folder/answer says.
receiver() {
    cat >"$folder/receiver.py" <<'PY'
import http.server, json, os, sys
folder = sys.argv[1]
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        with open(folder + "/got.new", "w") as f: f.write(body)
        with open(folder + "/got", "a") as f:
            f.write(json.dumps({"body": body, "id": self.headers["webhook-id"], "at": self.headers["webhook-timestamp"], "signature": self.headers["webhook-signature"]}) + "\n")
        answer = open(folder + "/answer").read().strip()
        if answer == "die":
            os._exit(1)
        self.send_response(int(answer)); self.send_header("content-length", "0"); self.end_headers()
    def log_message(self, *a): pass
s = http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), H)
open(folder + "/receiver.port", "w").write(str(s.server_port))
s.serve_forever()
PY
    rm -f "$folder/receiver.port"
    python3 "$folder/receiver.py" "$folder" "${1:-0}" &
    receiver_pid=$!
    wait_until 10 test -s "$folder/receiver.port" || no "the receiver starts"
    receiver_port=$(cat "$folder/receiver.port")
}
end_receiver() { kill "$receiver_pid" && wait "$receiver_pid"; } 2>/dev/null
got() { [ -f "$folder/got" ] && [ "$(wc -l <"$folder/got")" -ge "$1" ]; }
# Signed as the specification says, worked out with openssl.
is_signed() {
    local id at mac
    id=$(head -1 "$folder/got" | pick d.id) at=$(head -1 "$folder/got" | pick d.at)
    printf '%s' "$(head -1 "$folder/got" | python3 -c 'import json,sys; sys.stdout.write(json.load(sys.stdin)["body"])')" >"$folder/body"
    mac=$(signed "$id" "$folder/body" "$at" | sed -n 's/^webhook-signature: //p')
    equal "it is signed over id, time and body" "$mac" "$(head -1 "$folder/got" | pick d.signature)"
}

by_webhook() {
    echo 503 >"$folder/answer"
    receiver
    set_up 'webhook:chat' "http://127.0.0.1:$receiver_port/quell"
    begin || return
    wait_until 10 got 1 || no "it is posted"
    echo 204 >"$folder/answer"
    wait_until 10 told_is 'webhook:chat chat sent' || no "it is sent again" "$(tellings)"
    is_signed
    equal "every try has the same id" 1 "$(while read -r line; do pick d.id <<<"$line"; done <"$folder/got" | sort -u | wc -l)"
    equal "it says what happened" approval.asked "$(pick d.type <"$folder/got.new")"
    equal "and where" "https://quell.contoso.example/approvals/$run?step=isolate&round=1" "$(pick d.data.url <"$folder/got.new")"
    end_receiver
}
# The receiver takes it and dies with its answer; so do we. The same id comes again.
over_a_kill() {
    echo die >"$folder/answer"
    receiver
    set_up 'webhook:chat' "http://127.0.0.1:$receiver_port/quell"
    begin || return
    wait_until 10 got 1 || no "it is posted"
    kill_serve
    echo 200 >"$folder/answer"
    receiver "$receiver_port"
    start_serve || return
    wait_until 10 told_is 'webhook:chat chat sent' || no "it is sent again" "$(tellings)"
    equal "with the same id" 1 "$(while read -r line; do pick d.id <<<"$line"; done <"$folder/got" | sort -u | wc -l)"
    end_receiver
}
# 410: whoever answers so is not told any more.
gone() {
    echo 410 >"$folder/answer"
    receiver
    set_up 'webhook:chat' "http://127.0.0.1:$receiver_port/quell"
    begin || return
    wait_until 10 told_is 'webhook:chat chat failed' || no "it failed" "$(tellings)"
    fresh
    post open "$folder/incident.json"
    run=$(run_of gated)
    wait_until 10 told_is 'webhook:chat chat failed' || no "so does the next" "$(tellings)"
    equal "which was not sent" 1 "$(wc -l <"$folder/got")"
    end_receiver
}
# A mail that may have left when the process was killed is not sent again, and the run says so.
mail_in_doubt() {
    set_up email
    fault '{"where": "mail", "what": "slow", "delay_ms": 60000}'
    begin || return
    sending() { tellings | grep -q 'email ana@contoso.example sending'; }
    wait_until 10 sending || no "it is being sent" "$(tellings)"
    kill_serve
    range_reset
    start_serve || return
    settled() { ! tellings | grep -q 'sending\|due'; }
    wait_until 10 settled || no "it comes to an end" "$(tellings)"
    contains "its outcome is not known" 'email ana@contoso.example unknown' "$(tellings)"
    equal "nothing is sent again" 0 "$(mails | pick 'size(d.mails)')"
    equal "and the question stands" isolate "$(q approvals -o json | pick 'd[0].step')"
}

together by_mail by_webhook over_a_kill gone mail_in_doubt
