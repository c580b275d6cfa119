#!/bin/bash
# Runs every command of README.md as it stands there, from the top of the checkout, with the built
# quell on the path; and checks the README's playbook and quell.yaml with quell itself.
#
#   test_readme.sh TOP BUILD
#
# Left out: tests/run, which is what runs this.
set -uo pipefail
top=$1 build=$2
export PATH=$build:$PATH
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$top" || exit 2
passed=0 failed=0

check() { # check NAME COMMAND...
    local name=$1
    shift
    if "$@" >"$folder/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $name"
        tail -20 "$folder/out"
    fi
}

# block LANGUAGE N: the Nth fenced block of that language.
block() {
    awk -v fence="\`\`\`$1" -v want="$2" '
        $0 == fence { n++; inside = 1; next }
        /^```/ { inside = 0 }
        inside && n == want' README.md
}

count=0
for n in 1 2 3; do
    while IFS= read -r line; do
        line=${line%%  #*} # without the remark behind it
        line=${line%"${line##*[![:space:]]}"}
        case $line in '' | '#'* | tests/run) continue ;; esac
        count=$((count + 1))
        check "$line" bash -c "$line"
    done < <(block sh $n)
done
[ "$count" -ge 6 ] || { echo "failed: only $count commands found in README.md"; failed=$((failed + 1)); }

block yaml 1 >"$folder/playbook.yaml"
check "the README's playbook lints" quell lint "$folder/playbook.yaml"
check "and its trigger matches the sample" quell plan "$folder/playbook.yaml" --offline \
    --expect-match -i playbooks/samples/sentinel-malware.json
block yaml 2 | sed "s#/etc/quell/playbooks#$top/playbooks/notify.yaml#" >"$folder/quell.yaml"
check "the README's quell.yaml is valid" quell plan notify -c "$folder/quell.yaml" --offline \
    -i playbooks/samples/sentinel-malware.json

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
