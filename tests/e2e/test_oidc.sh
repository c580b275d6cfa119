#!/bin/bash
# People sign in: at a real OpenID provider from npm, by its own pages, and at a hostile one that does
# what an ID token must not get away with. tests/oidc/browser.mjs is the browser.
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
npm=$build/npm-oidc
if [ ! -d "$npm/node_modules/oidc-provider" ]; then
    mkdir -p "$npm" && cp "$top"/tests/oidc/package*.json "$npm/"
    (cd "$npm" && npm ci --no-audit --no-fund >npm.log 2>&1) || {
        no "npm could not install oidc-provider" "$(tail -5 "$npm/npm.log")"
        exit 1
    }
fi
cp "$top"/tests/oidc/*.mjs "$npm/" # beside their node_modules

# People come back to a URL that has to be known before quell listens.
free_port() {
    node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}
providers() { # providers QUELL-PORT: starts both, for a quell that will be there
    rm -f "$folder/providers.json" "$folder/stdin"
    mkfifo "$folder/stdin"
    node "$npm/provider.mjs" "http://127.0.0.1:$1" "$folder/providers.json" <"$folder/stdin" \
        >"$folder/providers.log" 2>&1 &
    exec 8>"$folder/stdin" # they end when this shell does
    wait_until 20 test -s "$folder/providers.json" || { no "the providers start" "$(tail "$folder/providers.log")"; exit 1; }
}
serve_with() { # serve_with PORT ISSUER
    config "$top/playbooks/notify.yaml"
    sed -i "s/^listen: .*/listen: 127.0.0.1:$1/" "$folder/quell.yaml"
    printf 'a secret & more' >"$folder/oidc-secret"
    cat >>"$folder/quell.yaml" <<YAML
url: http://127.0.0.1:$1
oidc:
  issuer: $2
  client_id: quell
  client_secret: { file: $folder/oidc-secret }
  egress: loopback
  roles: { lookers: [viewer] }
users:
  ana: { roles: [approver], oidc: sub-of-ana }
  ben: { roles: [analyst], oidc: ben@soc.example }
YAML
    start_serve || exit 1
}
http=1 smtp=1 # no range: nothing is called
mine=$(free_port)
providers "$mine"
for which in real hostile; do
    serve_with "$mine" "$(pick "d.$which" <"$folder/providers.json")"
    status "browsers at the $which provider" 0 node "$npm/browser.mjs" "$which" \
        "http://127.0.0.1:$mine" "$(pick "d.$which" <"$folder/providers.json")"
    printf '%s\n' "$out"
    stop_serve
    equal "it ends in good order" 0 "$served"
done
lacks "no secret in the log" "a secret & more" "$(cat "$folder/serve.log")"
lacks "nor encoded" "a%20secret" "$(cat "$folder/serve.log")"
lacks "no token either" "eyJ" "$(cat "$folder/serve.log")"
