// The one JSON encoding that is ever hashed (RFC 8785 in the profile of section 1), and a reader that hides nothing.
// JSON.parse would lose doubled keys, round large numbers and take other spellings.

import { Malformed, text } from "./bytes.mjs";

const MAX_DEPTH = 32;
const READ_DEPTH = 64; // deeper than anything that is accepted
const KEY = /^[a-z0-9_]+$/;
const NUMBER = /-?(?:0|[1-9][0-9]*)/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;
const UNICODE = /[0-9A-Fa-f]{4}/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const SHORT = { '"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const TO_ESCAPE = /["\\\u0000-\u001f]/g;

/** Tell an object (not an array) of the reader. */
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Tell whether `value` is an object with exactly these members. */
export function hasExactly(value, names) {
  return isObject(value) && Object.keys(value).length === names.length && names.every((name) => name in value);
}

/** Decode JSON in any layout, refusing doubled keys and numbers that are not exact integers. */
export function read(bytes) {
  const reader = new Reader(text(bytes));
  reader.space();
  const value = reader.value(READ_DEPTH);
  reader.space();
  if (reader.place !== reader.text.length) throw new Malformed("something follows the value");
  return value;
}

/** Decode bytes that are already canonical; another spelling of the same value is refused. */
export function parse(bytes) {
  const source = text(bytes);
  const reader = new Reader(source);
  const value = reader.value(READ_DEPTH);
  if (encode(value) !== source) throw new Malformed("the bytes are not the canonical encoding of what they say");
  return value;
}

/** Encode a value of the profile as a text. */
export function encode(value, depth = MAX_DEPTH) {
  if (typeof value === "string") return string(value);
  if (typeof value === "number" && Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (depth === 0 || typeof value !== "object") throw new Malformed("outside the canonical profile");
  if (Array.isArray(value)) return `[${value.map((item) => encode(item, depth - 1)).join(",")}]`;
  const keys = Object.keys(value).sort();
  if (!keys.every((key) => KEY.test(key))) throw new Malformed("a key is outside [a-z0-9_]+");
  return `{${keys.map((key) => `"${key}":${encode(value[key], depth - 1)}`).join(",")}}`;
}

function string(value) {
  const escaped = (one) => SHORT[one] ?? `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `"${value.replace(TO_ESCAPE, escaped)}"`;
}

class Reader {
  constructor(source) {
    this.text = source;
    this.place = 0;
  }

  value(depth) {
    if (depth === 0) throw new Malformed("nested too deeply");
    const next = this.text[this.place];
    if (next === '"') return this.string();
    if (next === "{") return this.object(depth);
    if (next === "[") return this.array(depth);
    for (const [word, value] of [["true", true], ["false", false], ["null", null]]) {
      if (this.text.startsWith(word, this.place)) {
        this.place += word.length;
        return value;
      }
    }
    return this.number();
  }

  number() {
    const written = this.match(NUMBER);
    const number = Number(written);
    if (!written || /[.eE]/.test(this.text[this.place] ?? "")) throw new Malformed("not an integer");
    if (!Number.isSafeInteger(number)) throw new Malformed("an integer is beyond 2**53 - 1");
    return number;
  }

  string() {
    let value = "";
    this.place++;
    for (;;) {
      value += this.match(PLAIN);
      const next = this.text[this.place++];
      if (next === '"') return value;
      if (next !== "\\") throw new Malformed("a string does not end, or holds a control character");
      value += this.escape();
    }
  }

  escape() {
    const next = this.text[this.place++];
    if (next === "u") {
      const digits = this.match(UNICODE);
      if (!digits) throw new Malformed("a wrong escape");
      return String.fromCharCode(parseInt(digits, 16));
    }
    if (next === undefined || !Object.hasOwn(ESCAPES, next)) throw new Malformed("a wrong escape");
    return ESCAPES[next];
  }

  array(depth) {
    const items = [];
    this.place++;
    this.space();
    if (this.take("]")) return items;
    for (;;) {
      this.space();
      items.push(this.value(depth - 1));
      this.space();
      if (this.take("]")) return items;
      this.expect(",");
    }
  }

  object(depth) {
    const members = Object.create(null); // so that "__proto__" is a key like another
    this.place++;
    this.space();
    if (this.take("}")) return members;
    for (;;) {
      this.space();
      if (this.text[this.place] !== '"') throw new Malformed("a key is a string");
      const key = this.string();
      if (key in members) throw new Malformed("a key appears twice");
      this.space();
      this.expect(":");
      this.space();
      members[key] = this.value(depth - 1);
      this.space();
      if (this.take("}")) return members;
      this.expect(",");
    }
  }

  match(pattern) {
    pattern.lastIndex = this.place;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.place += found.length;
    return found;
  }

  space() {
    this.match(SPACE);
  }

  take(expected) {
    if (this.text[this.place] !== expected) return false;
    this.place++;
    return true;
  }

  expect(expected) {
    if (!this.take(expected)) throw new Malformed(`${expected} is missing`);
  }
}
