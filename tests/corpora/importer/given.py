"""Functions of Logic Apps on operands that are translated already."""
from dataclasses import dataclass

from .wdl_cel import Translator


@dataclass(frozen=True)
class Given:
    """An operand that is translated already."""
    node: object
    kind: object


class GivenTranslator(Translator):
    def node(self, tree):
        return tree.node if isinstance(tree, Given) else super().node(tree)

    def kind(self, tree):
        return tree.kind if isinstance(tree, Given) else super().kind(tree)
