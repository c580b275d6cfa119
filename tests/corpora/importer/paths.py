"""The texts of XSOAR's paths: `${File(val.Size > 0).[0].Name=val}` in its parts."""
import re

from .wdl import NotUnderstood

def split_path(path):
    """`File(val.Size > 0).[0].Name=val` as parts: keys, `[0]`, `(script)` and `=script`."""
    parts, at, key = [], 0, ''
    while at < len(path):
        c = path[at]
        if c == '(':
            end = closing(path, at)
            parts += [key] if key else []
            parts.append(path[at:end + 1])
            key, at = '', end
        elif c == '=':
            parts += [key] if key else []
            return parts + [path[at:]]
        elif c == '[' and re.match(r'\[\d*\]', path[at:]):
            end = path.index(']', at)
            parts += [key] if key else []
            parts += [path[at:end + 1]] if end > at + 1 else []
            key, at = '', end
        elif c == '.':
            parts += [key.strip()] if key.strip() else []
            key = ''
        else:
            key += c
        at += 1
    return parts + ([key.strip()] if key.strip() else [])


def closing(path, at):
    depth, quote = 0, ''
    for position in range(at, len(path)):
        c = path[position]
        if quote:
            quote = '' if c == quote else quote
        elif c in '\'"':
            quote = c
        elif c == '(':
            depth += 1
        elif c == ')':
            depth -= 1
            if not depth:
                return position
    raise NotUnderstood('a path without its `)`')


def is_key(part):
    return not part.startswith(('(', '=', '['))


def pieces_of(text_):
    """A text with `${ }` as a list of (is it a path, its text)."""
    pieces, at = [], 0
    while (start := text_.find('${', at)) >= 0:
        end = end_of(text_, start + 2)
        if end < 0:
            break
        if start > at:
            pieces.append((False, text_[at:start]))
        pieces.append((True, text_[start + 2:end]))
        at = end + 1
    return pieces + ([(False, text_[at:])] if at < len(text_) or not pieces else [])


def end_of(text_, at):
    depth = 0
    for position in range(at, len(text_)):
        if text_[position] == '{':
            depth += 1
        elif text_[position] == '}':
            if not depth:
                return position
            depth -= 1
    return -1
