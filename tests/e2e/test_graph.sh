#!/bin/bash
# `quell graph`: the pictures of one playbook with every kind of fork and loop, as they were looked at
# and kept in tests/graph, and what must hold of every picture.
#   tests/e2e/test_graph.sh TOP BUILD
top=$1 build=$2
. "$(dirname "$0")/lib.sh"
kinds=$top/tests/graph/kinds.yaml

export LC_ALL=C.UTF-8
for format in text ascii svg dot mermaid json; do
    status "$format" 0 quell graph "$kinds" -o "$format"
    equal "$format is as it was kept" "$(cat "$top/tests/graph/kinds.$format")" "$out"
done
equal "--format is the same" "$(quell graph "$kinds" -o dot)" "$(quell graph "$kinds" --format dot)"
equal "without UTF-8 it is ASCII" "$(cat "$top/tests/graph/kinds.ascii")" "$(LC_ALL=C quell graph "$kinds")"
if command -v xmllint >/dev/null; then
    status "the SVG is XML" 0 xmllint --noout "$top/tests/graph/kinds.svg"
fi

# Boxes of one picture never touch, and each lies inside of it.
for playbook in "$top"/playbooks/*.yaml "$kinds"; do
    case $playbook in *.test.yaml) continue ;; esac
    status "$(basename "$playbook")" 0 quell graph "$playbook" -o json
    equal "boxes do not touch" true "$(pick "d.nodes.filter(n, n.kind == 'step').all(a,
        a.x + a.width <= d.width && a.y + a.height <= d.height &&
        d.nodes.filter(n, n.kind == 'step' && n.id != a.id).all(b, a.x + a.width <= b.x || b.x + b.width <= a.x ||
            a.y + a.height <= b.y || b.y + b.height <= a.y))" <"$folder/out")"
    equal "every edge has its ends" true "$(pick \
        'd.edges.all(e, d.nodes.exists(n, n.id == e.from) && d.nodes.exists(n, n.id == e.to))' <"$folder/out")"
    equal "all but the starts are reached" true "$(pick "d.nodes.filter(n, !n.id.startsWith('start')).all(n,
        d.edges.exists(e, e.to == n.id))" <"$folder/out")"
done

# Wide ones: sixty branches.
{
    printf 'quell: 1\nplaybook: wide\non: { manual: }\nsteps:\n  - parallel:\n'
    for i in {1..60}; do printf '      branch_%d:\n        - set: { v_%d: 1 }\n' "$i" "$i"; done
} >"$folder/wide.yaml"
status "sixty branches" 0 quell graph "$folder/wide.yaml"
contains "side by side" "branch_60" "$out"

status "no format" 2 quell graph "$kinds" -o png
contains "says which there are" "mermaid" "$err"
status "no playbook" 2 quell graph "$folder/none.yaml"
printf 'quell: 1\n' >"$folder/broken.yaml"
status "one with errors" 2 quell graph "$folder/broken.yaml"
