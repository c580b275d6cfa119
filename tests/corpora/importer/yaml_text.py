"""Plain data as YAML text that a YAML 1.2 reader takes for what it is.

Texts stay plain only where nothing in them can be mistaken; long texts with lines become blocks.
"""
import json
import re

PLAIN = re.compile(r'[A-Za-z_/$(][^\n]*$')
WORDS = {'true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n', '~', ''}


def is_plain(text):
    """Whether it is the same text without quotes, outside of `[ ]` and `{ }`."""
    return bool(PLAIN.match(text)) and text == text.strip() and text.isprintable() and \
        ': ' not in text and ' #' not in text and text[-1] != ':' and text.lower() not in WORDS


def scalar(value):
    if value is None:
        return 'null'
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if not isinstance(value, str):
        return json.dumps(value)
    if is_plain(value):
        return value
    if value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return escaped(value)


def escaped(text):
    """A double-quoted text; JSON's escapes are YAML's, and what is not printable is escaped."""
    made = json.dumps(text, ensure_ascii=False)[1:-1]
    return '"' + ''.join(c if c.isprintable() else code(c) for c in made) + '"'


def code(character):
    number = ord(character)
    return f'\\u{number:04x}' if number < 0x10000 else f'\\U{number:08x}'


def is_block(text):
    lines = text.split('\n')
    return isinstance(text, str) and len(lines) > 1 and lines[0][:1] not in ('', ' ', '\t') and \
        all(line.isprintable() for line in lines) and text.rstrip('\n') == text.rstrip() and \
        len(text) - len(text.rstrip('\n')) < 2


def block(text, indent):
    mark = '|' if text.endswith('\n') else '|-'
    lines = text.rstrip('\n').split('\n')
    return mark + ''.join('\n' + (indent + line if line else '') for line in lines)


def write(value, indent=''):
    """The lines of a value, without the first line's indentation."""
    inner = indent + '  '
    if isinstance(value, dict) and value:
        return ('\n' + indent).join(pair(key, part, indent, inner) for key, part in value.items())
    if isinstance(value, list) and value:
        return ('\n' + indent).join('- ' + item(part, inner) for part in value)
    if isinstance(value, str) and is_block(value):
        return block(value, indent)
    if isinstance(value, (dict, list)):
        return '{}' if isinstance(value, dict) else '[]'
    return scalar(value)


def item(part, inner):
    return '\n' + inner + write(part, inner) if isinstance(part, list) and part else \
        write(part, inner)


def pair(key, part, indent, inner):
    head = (key if is_plain(key) or key == 'on' else scalar(key)) + ':'
    if isinstance(part, (dict, list)) and part:
        return f'{head}\n{inner}{write(part, inner)}'
    if part is None:
        return head
    return f'{head} {write(part, inner)}'


def text(document):
    return write(document) + '\n'
