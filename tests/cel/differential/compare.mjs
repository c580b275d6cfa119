/*
 * compare.mjs QUELL [COUNT [SEED]] - the same random expressions in quell and in another engine of
 * CEL (@bufbuild/cel). They agree when both give the same value of the same type, or both fail.
 * Where they do not, one of them is wrong: DIFFERENCES names what the other engine does otherwise,
 * each with what the specification says; anything else fails the test and is printed.
 *
 * With BREAK=1 quell hears `-` for every `+`: it must then disagree, or this test proves nothing.
 */
import { spawnSync } from "node:child_process";
import { run, isCelUint, isCelList, isCelMap, isCelType, isCelError } from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import { Generator } from "./generate.mjs";

const [quell, count = "20000", seed = "1"] = process.argv.slice(2);

const ERROR = { t: "error" };

function when(type, message) {
    return { t: type, seconds: Number(message.seconds), nanos: message.nanos };
}

/* A value of the other engine in the tags of the conformance suite. */
function tagged(value) {
    if (isCelError(value))
        return ERROR;
    if (value === null)
        return { t: "null" };
    if (typeof value === "boolean")
        return { t: "bool", v: value };
    if (typeof value === "bigint")
        return { t: "int", v: value.toString() };
    if (typeof value === "number")
        return { t: "double", v: value };
    if (typeof value === "string")
        return { t: "string", v: value };
    if (isCelUint(value))
        return { t: "uint", v: value.value.toString() };
    if (value instanceof Uint8Array)
        return { t: "bytes", b64: Buffer.from(value).toString("base64") };
    if (isCelList(value))
        return { t: "list", v: Array.from(value, tagged) };
    if (isCelMap(value))
        return { t: "map", v: Array.from(value.entries(), ([k, v]) => [tagged(k), tagged(v)]) };
    if (isCelType(value))
        return { t: "type", v: value.name };
    if (value?.desc?.typeName === "google.protobuf.Timestamp")
        return when("timestamp", value.message);
    if (value?.desc?.typeName === "google.protobuf.Duration")
        return when("duration", value.message);
    throw new Error(`no tag for ${typeof value}`);
}

function theirs(expression) {
    try {
        return tagged(run(expression, {}, { funcs: strings }));
    } catch (error) {
        if (/^no tag/.test(error.message))
            throw error;
        return ERROR; /* it should never throw, and sometimes does */
    }
}

function same(a, b) {
    if (a.t !== b.t)
        return false;
    if (a.t === "double")
        return Object.is(Number(a.v), Number(b.v));
    if (a.t === "list")
        return a.v.length === b.v.length && a.v.every((item, i) => same(item, b.v[i]));
    if (a.t === "map")
        return a.v.length === b.v.length &&
            a.v.every(([k, v]) => b.v.some(([k2, v2]) => same(k, k2) && same(v, v2)));
    return a.v === b.v && a.b64 === b.b64 && a.seconds === b.seconds && a.nanos === b.nanos;
}

const fails = (one) => one === ERROR;
/* What the other engine does otherwise: seen, and looked up. `is` keeps each as narrow as it can. */
const DIFFERENCES = [
    {
        what: "double('text') is NaN there",
        why: "the definition wants an error for text that is no number",
        is: (expression, mine, other, error) => fails(mine) && /is not a double/.test(error),
    },
    {
        what: "int('') and uint('') are 0 there",
        why: "the definition wants an error for text that is no number",
        is: (expression, mine, other, error) => fails(mine) && /`\s*` is not an? u?int/.test(error),
    },
    {
        what: "positions count UTF-16 units there, characters beyond U+FFFF are cut in two",
        why: "strings are sequences of code points by definition",
        is: (expression) => expression.includes("😀"),
    },
    {
        what: "string(type) is no overload there",
        why: "beyond the definition; quell shows types as text",
        is: (expression, mine, other) => fails(other) && /string\((type\(|int\)|string\)|list\)|map\)|bool\))/.test(expression),
    },
    {
        what: "fractions of seconds have three, six or nine digits there",
        why: "RFC 3339 allows any; cel-go writes as few as quell",
        is: (expression) => /1\.5s|1ms|\.789Z/.test(expression) && /string\(|format\(/.test(expression),
    },
    {
        what: "years below 100, and days of the week in them, are wrong there",
        why: "JavaScript's Date takes the year 1 as 1901; 0001-01-01 was a Monday",
        is: (expression) => /0001-01-01/.test(expression) && /\.get/.test(expression),
    },
    {
        what: "the day is one too large in the zone UTC there",
        why: "getDate('UTC') is getDate()",
        is: (expression) => /\.get(Date|Day\w+)\('UTC'\)/.test(expression),
    },
    {
        what: "`--x` and `!!x` are x there, whatever x is, and its range is not looked at",
        why: "they are not defined for other types, and an int that does not fit is an error",
        is: (expression, mine, other, error) =>
            fails(mine) && /-\(?-|!\(?!/.test(expression) &&
            /range of int|`-` does not work|must be a bool/.test(error),
    },
    {
        what: "the least int modulo -1 is 0 there",
        why: "the division behind it overflows, which is an error by definition",
        is: (expression, mine, other, error) =>
            fails(mine) && /range of int/.test(error) && expression.includes("%"),
    },
    {
        what: "has() of what has no fields is false there",
        why: "a selection from anything but a map or message is an error by definition",
        is: (expression, mine, other, error) => fails(mine) && /has no field/.test(error),
    },
    {
        what: "uints of more than 63 bits cannot be divided there",
        why: "they are uints of 64 bits by definition",
        is: (expression, mine, other) =>
            fails(other) && expression.includes(" / ") && /\d{19,20}u/.test(expression),
    },
    {
        what: "a list can be indexed with a bool there",
        why: "only numbers are positions by definition",
        is: (expression, mine, other, error) => fails(mine) && /indexed by an int/.test(error),
    },
    {
        what: "bool('T') and its like fail there",
        why: "the conformance suite wants what Go's ParseBool takes",
        is: (expression, mine, other) => fails(other) && /bool\(/.test(expression) && /upperAscii/.test(expression),
    },
    {
        what: "%d takes no double there, but NaN and the infinities",
        why: "beyond the definition; quell shows the number",
        is: (expression, mine, other) => fails(other) && /%d'\.format/.test(expression) && /\d\.\d|double/.test(expression),
    },
    {
        what: "int(duration) is its seconds there",
        why: "no such conversion by definition",
        is: (expression, mine, other, error) =>
            fails(mine) && /`int` does not take a duration/.test(error),
    },
    {
        what: "has() of a key whose value is null is false there",
        why: "the key is in the map",
        is: (expression) => /has\(/.test(expression) && /: null|: \(.* null\)/.test(expression),
    },
    {
        what: "the hour after midnight in a named zone is a day late there",
        why: "ECMAScript's Intl writes it as 24:30",
        is: (expression) => /\.get\w+\('(Europe|America)/.test(expression),
    },
    {
        what: "string(-0.0) is 0 there",
        why: "cel-go writes -0; so it reads back as what it was",
        is: (expression, mine) => mine.v === "-0",
    },
    {
        what: "`in` a map fails there for what cannot be a key",
        why: "it is not in the map; cel-go says false, too",
        is: (expression, mine, other) => fails(other) && / in /.test(expression),
    },
];

function ours(expressions) {
    const lines = expressions.map((expr, id) => JSON.stringify({
        id, flags: ["disable_check"],
        expr: process.env.BREAK ? expr.replaceAll(" + ", " - ") : expr,
    }));
    const made = spawnSync(quell, ["eval", "--jsonl"],
                           { input: lines.join("\n"), maxBuffer: 1 << 30, encoding: "utf8" });
    const answers = made.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    if (made.status !== 0 || answers.length !== expressions.length)
        throw new Error(`quell ended with ${made.status} after ${answers.length} lines\n${made.stderr}`);
    return answers;
}

const generator = new Generator(Number(seed));
const expressions = Array.from({ length: Number(count) }, () => generator.expression());
const answers = ours(expressions);
const counts = new Map();
let agreed = 0, values = 0;
const unexplained = [];
for (const [i, expression] of expressions.entries()) {
    const mine = answers[i].error ? ERROR : answers[i].value;
    const other = theirs(expression);
    if (same(mine, other)) {
        agreed++;
        values += mine !== ERROR;
        continue;
    }
    const known = DIFFERENCES.find((one) => one.is(expression, mine, other, answers[i].error));
    if (known)
        counts.set(known, (counts.get(known) ?? 0) + 1);
    else
        unexplained.push([expression, answers[i].error ?? JSON.stringify(mine), JSON.stringify(other)]);
}
console.log(`${expressions.length} expressions, seed ${seed}: ${agreed} agree (${values} values, ${agreed - values} errors)`);
for (const one of DIFFERENCES)
    console.log(`  ${String(counts.get(one) ?? 0).padStart(6)} known: ${one.what}; ${one.why}`);
for (const [expression, mine, other] of unexplained.slice(0, 20))
    console.log(`  differs: ${expression}\n    quell: ${mine}\n    other: ${other}`);
console.log(`${unexplained.length} differences are not explained`);
process.exit(unexplained.length || values < expressions.length / 4 ? 1 : 0);
