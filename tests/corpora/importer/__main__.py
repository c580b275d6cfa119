"""python3 -m importer logic-app|xsoar FILE... -o FOLDER: imports files by hand, to look at them."""
import argparse
import sys
from pathlib import Path

from . import sentinel, xsoar, yaml_text
from .ledger import Ledger
from .manifest import Manifests
from .names import Unique, kebab


def documents(kind, path, manifests, ledger, ids):
    if kind == 'xsoar':
        playbook = xsoar.load(path)
        yield xsoar.Importer(playbook, manifests, ledger, ids.new(playbook['name'])).document()
        return
    for workflow in sentinel.load(path):
        yield sentinel.convert(workflow, manifests, ledger, ids.new(Path(path).stem))


def main():
    parser = argparse.ArgumentParser(prog='importer', description=__doc__)
    parser.add_argument('kind', choices=('logic-app', 'xsoar'))
    parser.add_argument('files', nargs='+')
    parser.add_argument('-o', '--output', default='imported', help='folder for what is made')
    options = parser.parse_args()
    folder, manifests, ledger, ids = Path(options.output), Manifests(), Ledger(), Unique(kebab)
    for sub in ('playbooks', 'connectors'):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    for path in options.files:
        for document in documents(options.kind, path, manifests, ledger, ids):
            target = folder / 'playbooks' / f'{document["playbook"]}.yaml'
            target.write_text(yaml_text.text(document), encoding='utf-8')
    for name, document in manifests.documents():
        (folder / 'connectors' / f'{name}.yaml').write_text(yaml_text.text(document), encoding='utf-8')
    print(ledger.table(options.kind))
    print(ledger.why())
    return 0


if __name__ == '__main__':
    sys.exit(main())
