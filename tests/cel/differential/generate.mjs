/*
 * generate.mjs - random expressions of CEL from a seed: mostly well typed, some on purpose not, with
 * the values at the ends of ranges more often than chance would have them.
 */

/* mulberry32: small, good enough here, the same everywhere. */
export function random(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let t = state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

const INTS = ["0", "1", "2", "3", "-1", "7", "10", "100", "9223372036854775807",
    "-9223372036854775808", "4611686018427387904", "0x1F"];
const UINTS = ["0u", "1u", "2u", "3u", "42u", "18446744073709551615u", "9223372036854775808u"];
const DOUBLES = ["0.0", "-0.0", "1.0", "1.5", "-2.5", "0.1", "1e300", "-1e300", "1e-300", "3.0",
    "9223372036854775808.0", "(0.0 / 0.0)", "(1.0 / 0.0)", "(-1.0 / 0.0)", "2.0"];
const STRINGS = ["''", "'a'", "'abc'", "'abcabc'", "'A b C'", "' x\\t'", "'é'", "'😀a'",
    "'a,b,,c'", "r'\\d'", "'''q'q'''", "'1'", "'-7'", "'1.5'", "'true'", "'t'", "'\\u00df\\n'",
    "'2024-02-29T00:00:00Z'", "'90s'"];
const BYTES = ["b''", "b'a'", "b'\\x00\\xff'", "b'é'", "b'abc'"];
const TIMES = ["timestamp('1970-01-01T00:00:00Z')", "timestamp('2024-02-29T12:34:56.789Z')",
    "timestamp('0001-01-01T00:00:00Z')", "timestamp('9999-12-31T23:59:59Z')",
    "timestamp('2009-02-13T23:31:30+02:00')"];
const SPANS = ["duration('0s')", "duration('1h30m')", "duration('-1.5s')", "duration('10000h')",
    "duration('1ms')"];
const PATTERNS = ["'a'", "'^a.c$'", "'[0-9]+'", "'(a|b)+'", "'.*'", "'^$'", "'(?i)ABC'", "'\\\\w+'"];
const TYPES = ["bool", "int", "uint", "double", "string", "bytes", "list", "map", "time", "span",
    "null", "type"];
const COMPARED = ["int", "uint", "double", "string", "bytes", "bool", "time", "span"];
const GETTERS = ["FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear", "Hours",
    "Minutes", "Seconds", "Milliseconds"];
const ZONES = ["", "", "'UTC'", "'+02:00'", "'-08:30'", "'Europe/Helsinki'", "'America/New_York'"];

export class Generator {
    constructor(seed) {
        this.next = random(seed);
        this.locals = []; /* names of int variables that macros bind */
    }

    pick(list) {
        return list[Math.floor(this.next() * list.length)];
    }

    chance(share) {
        return this.next() < share;
    }

    /* Of a type, or, seldom, of another one. */
    of(type, depth) {
        const wanted = this.chance(0.03) ? this.pick(TYPES) : type;
        return this[wanted](depth);
    }

    some(type, depth) {
        return Array.from({ length: Math.floor(this.next() * 4) }, () => this.of(type, depth));
    }

    binary(type, operators, depth) {
        return `(${this.of(type, depth)} ${this.pick(operators)} ${this.of(type, depth)})`;
    }

    choice(type, depth) {
        return `(${this.of("bool", depth)} ? ${this.of(type, depth)} : ${this.of(type, depth)})`;
    }

    /* A macro over a list of ints; `body` is made while its variable is known. */
    macro(name, depth, body) {
        const range = this.of("list", depth);
        const local = `v${this.locals.length}`;
        this.locals.push(local);
        const made = body(depth);
        this.locals.pop();
        return `${range}.${name}(${local}, ${made})`;
    }

    bool(depth) {
        if (depth <= 0)
            return this.pick(["true", "false"]);
        const d = depth - 1;
        const compared = () => this.pick(COMPARED);
        return this.pick([
            () => `(!${this.of("bool", d)})`,
            () => this.binary("bool", ["&&", "||"], d),
            () => this.binary("bool", ["&&", "||"], d),
            () => this.binary(compared(), ["<", "<=", ">", ">="], d),
            () => this.binary(compared(), ["==", "!="], d),
            () => `(${this.of(this.pick(TYPES), d)} == ${this.of(this.pick(TYPES), d)})`,
            () => `(${this.of(this.pick(["int", "uint", "double"]), d)} ${this.pick(["<", "<=", ">", ">=", "==", "!="])} ${this.of(this.pick(["int", "uint", "double"]), d)})`,
            () => `(${this.of("int", d)} in ${this.of("list", d)})`,
            () => `(${this.of("string", d)} in ${this.of("map", d)})`,
            () => `has(${this.of("map", d)}.${this.pick(["a", "b", "zz"])})`,
            () => `${this.of("string", d)}.${this.pick(["contains", "startsWith", "endsWith"])}(${this.of("string", d)})`,
            () => `${this.of("string", d)}.matches(${this.pick(PATTERNS)})`,
            () => this.macro(this.pick(["all", "exists", "exists_one"]), d, (e) => this.of("bool", e)),
            () => `bool(${this.of("string", d)})`,
            () => this.choice("bool", d),
        ])();
    }

    number(type, literals, depth) {
        if (depth <= 0)
            return this.pick(literals);
        return this.binary(type, ["+", "-", "*", "/"], depth - 1);
    }

    int(depth) {
        if (this.locals.length && this.chance(0.4))
            return this.pick(this.locals);
        if (depth <= 0)
            return this.pick(INTS);
        const d = depth - 1;
        return this.pick([
            () => this.number("int", INTS, depth),
            () => this.number("int", INTS, depth),
            () => `(${this.of("int", d)} % ${this.of("int", d)})`,
            () => `(-${this.of("int", d)})`,
            () => `size(${this.of(this.pick(["string", "bytes", "list", "map"]), d)})`,
            () => `${this.of(this.pick(["string", "list"]), d)}.size()`,
            () => `int(${this.of(this.pick(["int", "uint", "double", "string", "time"]), d)})`,
            () => `${this.of("list", d)}[${this.of("int", d)}]`,
            () => `${this.of("map", d)}[${this.of("string", d)}]`,
            () => `${this.of("map", d)}.${this.pick(["a", "b", "zz"])}`,
            () => `${this.of("string", d)}.${this.pick(["indexOf", "lastIndexOf"])}(${this.of("string", d)})`,
            () => `${this.of("time", d)}.get${this.pick(GETTERS)}(${this.pick(ZONES)})`,
            () => `${this.of("span", d)}.get${this.pick(["Hours", "Minutes", "Seconds", "Milliseconds"])}()`,
            () => this.choice("int", d),
        ])();
    }

    uint(depth) {
        if (depth > 0 && this.chance(0.3))
            return `uint(${this.of(this.pick(["int", "uint", "double", "string"]), depth - 1)})`;
        return this.number("uint", UINTS, depth);
    }

    double(depth) {
        if (depth > 0 && this.chance(0.3))
            return this.pick([
                () => `double(${this.of(this.pick(["int", "uint", "double"]), depth - 1)})`,
                () => `double(${this.pick(["'1.5'", "'-7'", "'1e3'", "'0.1'"])})`,
            ])();
        return this.number("double", DOUBLES, depth);
    }

    string(depth) {
        if (depth <= 0)
            return this.pick(STRINGS);
        const d = depth - 1;
        return this.pick([
            () => this.binary("string", ["+"], d),
            () => `string(${this.of(this.pick(["bool", "int", "uint", "string", "bytes", "time", "span"]), d)})`,
            () => `${this.of("string", d)}.substring(${this.pick(["0", "1", "2", "9", "-1"])})`,
            () => `${this.of("string", d)}.substring(${this.pick(["0", "1"])}, ${this.pick(["0", "1", "3"])})`,
            () => `${this.of("string", d)}.charAt(${this.pick(["0", "1", "3", "-1"])})`,
            () => `${this.of("string", d)}.replace(${this.pick(["'a'", "'b'", "'bc'", "','", "'é'"])}, ${this.of("string", d)})`,
            () => `${this.of("string", d)}.${this.pick(["lowerAscii", "upperAscii", "trim"])}()`,
            () => `${this.of("string", d)}.split(${this.pick(["','", "''", "'b'"])}).join(${this.of("string", d)})`,
            () => `'%s|%d'.format([${this.of(this.pick(["int", "uint", "bool", "string"]), d)}, ${this.of("int", d)}])`,
            () => this.choice("string", d),
        ])();
    }

    bytes(depth) {
        if (depth <= 0)
            return this.pick(BYTES);
        return this.chance(0.5) ? this.binary("bytes", ["+"], depth - 1)
                                : `bytes(${this.of("string", depth - 1)})`;
    }

    list(depth) {
        const d = depth - 1;
        if (depth <= 0)
            return `[${this.some("int", 0).join(", ")}]`;
        return this.pick([
            () => `[${this.some("int", d).join(", ")}]`,
            () => this.binary("list", ["+"], d),
            () => this.macro("map", d, (e) => this.of("int", e)),
            () => this.macro("filter", d, (e) => this.of("bool", e)),
            () => this.macro("map", d, (e) => `${this.of("bool", e)}, ${this.of("int", e)}`),
            () => this.choice("list", d),
        ])();
    }

    map(depth) {
        const keys = ["'a'", "'b'", "'abc'"].filter(() => this.chance(0.6));
        return `{${keys.map((key) => `${key}: ${this.of("int", depth - 1)}`).join(", ")}}`;
    }

    time(depth) {
        if (depth <= 0 || this.chance(0.3))
            return this.pick(TIMES);
        return `(${this.of("time", depth - 1)} ${this.pick(["+", "-"])} ${this.of("span", depth - 1)})`;
    }

    span(depth) {
        if (depth <= 0 || this.chance(0.3))
            return this.pick(SPANS);
        return this.chance(0.5) ? this.binary("span", ["+", "-"], depth - 1)
                                : `(${this.of("time", depth - 1)} - ${this.of("time", depth - 1)})`;
    }

    null() {
        return "null";
    }

    type(depth) {
        return depth > 0 ? `type(${this.of(this.pick(TYPES), depth - 1)})`
                         : this.pick(["int", "string", "list", "map", "bool"]);
    }

    expression() {
        return this.of(this.pick(TYPES.concat(["bool", "int", "string", "list"])),
                       1 + Math.floor(this.next() * 4));
    }
}
