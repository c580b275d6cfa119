"""Regular expressions of Python and JavaScript as CEL takes them (RE2)."""
import re

from .cel import Literal
from .wdl import NotUnderstood


def literal_regex(node, ignore=False):
    if not isinstance(node, Literal):
        return node
    pattern = str(node.value)
    if re.search(r'\(\?<?[=!]', pattern):
        raise NotUnderstood('a regex that looks around, which RE2 refuses')
    if re.search(r'\\[1-9]', pattern):
        raise NotUnderstood('a regex that refers back, which RE2 refuses')
    return Literal(('(?i)' if ignore else '') + pattern)


def replacement(node):
    """`$1` is `\\1` there."""
    if isinstance(node, Literal):
        return Literal(re.sub(r'\$(\d)', r'\\\1', str(node.value)))
    return node


def groups(pattern):
    """Where the capturing groups of a pattern open."""
    found, at, inside = [], 0, False
    while at < len(pattern):
        if pattern[at] == '\\':
            at += 1
        elif inside:
            inside = pattern[at] != ']'
        elif pattern[at] == '[':
            inside = True
        elif pattern[at] == '(' and pattern[at + 1:at + 2] != '?':
            found.append(at)
        at += 1
    return found


def captured(pattern):
    """For each group a pattern in which it is the only one."""
    opens = groups(pattern)
    made = []
    for wanted in opens:
        made.append(''.join(c + '?:' if at in opens and at != wanted else c
                            for at, c in enumerate(pattern)))
    return made
