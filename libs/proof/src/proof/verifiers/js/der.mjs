// Strict DER (X.690): one way of writing each length, tag, number and set.

import { Malformed, text } from "./bytes.mjs";
import { calendar, SECOND } from "./time.mjs";

export const [INTEGER, BITS, OCTETS, NULL, OID, UTF8] = [0x02, 0x03, 0x04, 0x05, 0x06, 0x0c];
export const [SEQUENCE, SET, BOOLEAN, UTC_TIME, TIME] = [0x30, 0x31, 0x01, 0x17, 0x18];
const [PRINTABLE, UNIVERSAL, BMP] = [0x13, 0x1c, 0x1e];

const malformed = (problem) => {
  throw new Malformed(problem);
};

/** The elements of some bytes, taken one after the other. */
export class Der {
  constructor(bytes) {
    this.bytes = bytes;
    this.place = 0;
  }

  get tag() {
    return this.bytes[this.place];
  }

  /** Take the next element, of any tag or of this one: `{tag, body, raw}`. */
  take(expected) {
    const start = this.place;
    const tag = this.byte();
    if (expected !== undefined && tag !== expected) malformed("another element is expected");
    if ((tag & 0x1f) === 0x1f) this.longTag();
    const size = this.length();
    const body = this.bytes.subarray(this.place, this.place + size);
    if (body.length < size) malformed("an element is cut short");
    this.place += size;
    return { tag, body, raw: this.bytes.subarray(start, this.place) };
  }

  /** Take the next element if it has this tag, else null. */
  optional(expected) {
    return this.place < this.bytes.length && this.tag === expected ? this.take(expected) : null;
  }

  /** Take the elements of a sequence. */
  sequence() {
    return new Der(this.take(SEQUENCE).body);
  }

  end() {
    if (this.place !== this.bytes.length) malformed("something follows the last element");
  }

  byte() {
    return this.place < this.bytes.length ? this.bytes[this.place++] : malformed("an element is cut short");
  }

  longTag() {
    let [number, count, byte] = [0, 0, 0x80];
    while (byte & 0x80) {
      byte = this.byte();
      if ((count === 0 && byte === 0x80) || ++count > 4) malformed("a tag is not written shortest");
      number = number * 128 + (byte & 0x7f);
    }
    if (number < 0x1f) malformed("a tag is not written shortest");
  }

  length() {
    const first = this.byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 4) malformed("a length has 1 to 4 bytes");
    let size = 0;
    for (let left = count; left > 0; left--) size = size * 256 + this.byte();
    if (size < (count === 1 ? 0x80 : 256 ** (count - 1))) malformed("a length is not written shortest");
    return size;
  }
}

/** Read the whole of some bytes with `reader`, and nothing after. */
export function whole(bytes, reader) {
  const der = new Der(bytes);
  const value = reader(der);
  der.end();
  return value;
}

/** Read elements to the end, each with `reader`. */
export function each(bytes, reader) {
  const der = new Der(bytes);
  const values = [];
  while (der.place < bytes.length) values.push(reader(der));
  return values;
}

/** The same of a set, whose elements are in the order of their bytes. */
export function eachOfSet(bytes, reader) {
  const elements = each(bytes, (der) => der.take().raw);
  for (let place = 1; place < elements.length; place++) {
    if (compare(elements[place - 1], elements[place]) > 0) malformed("a set is not in order");
  }
  return each(bytes, reader);
}

function compare(one, other) {
  for (let place = 0; place < one.length && place < other.length; place++) {
    if (one[place] !== other[place]) return one[place] - other[place];
  }
  return one.length - other.length;
}

/** Return the bytes of an integer, written shortest. */
export function integer(body) {
  const [first, second] = body;
  const padded = body.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  return body.length && !padded ? body : malformed("an integer is not written shortest");
}

/** Return the value of a non-negative integer as a BigInt. */
export function unsigned(body) {
  if (integer(body)[0] >= 0x80) malformed("a number is negative");
  return body.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export function small(body, limit = 255n) {
  const value = unsigned(body);
  return value <= limit ? Number(value) : malformed("a number is too large");
}

export function oid(body) {
  if (!body.length || body.length > 63 || body.at(-1) >= 0x80) malformed("an identifier is cut short");
  const arcs = [];
  let value = 0n;
  let fresh = true;
  for (const byte of body) {
    if (fresh && byte === 0x80) malformed("an identifier is not written shortest");
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (value >= 1n << 128n) malformed("an identifier is too large");
    fresh = byte < 0x80;
    if (fresh) {
      arcs.push(value);
      value = 0n;
    }
  }
  const [first, ...rest] = arcs;
  const top = first < 80n ? first / 40n : 2n;
  return [top, first - top * 40n, ...rest].join(".");
}

/** Return the bytes of a string of bits, and how many at its end do not count. */
export function bits(body) {
  const [unused, last] = [body[0], body.at(-1)];
  const dirty = body.length > 1 ? last & ((1 << unused) - 1) : unused;
  if (!body.length || unused > 7 || dirty) malformed("a string of bits is malformed");
  return { unused, bytes: body.subarray(1) };
}

export function boolean(body) {
  return body.length === 1 && (body[0] === 0 || body[0] === 0xff) ? body[0] !== 0 : malformed("neither true nor false");
}

export function nothing(body) {
  if (body.length) malformed("a null has no content");
}

/** Return a time in microseconds: `20260102030405Z`, perhaps with a fraction, which is cut, or two digits of a year. */
export function moment({ tag, body }, fractions = false) {
  const written = Array.from(body, (byte) => String.fromCharCode(byte)).join("");
  const pattern = tag === UTC_TIME ? /^(\d\d)(\d{10})Z$/ : /^(\d{4})(\d{10})(?:\.(\d{1,9}))?Z$/;
  const found = pattern.exec(written);
  const fraction = found?.[3];
  if (!found || (fraction && (!fractions || fraction.endsWith("0")))) malformed("a time is malformed");
  const year = Number(found[1]) + (tag === UTC_TIME ? (Number(found[1]) < 50 ? 2000 : 1900) : 0);
  const [month, day, hour, minute, second] = found[2].match(/\d\d/g).map(Number);
  const seconds = minute < 60 && second < 60 ? calendar(year, month, day, hour, minute, second) : null;
  return seconds === null ? malformed("a time does not exist") : BigInt(seconds) * SECOND;
}

/** Check a text by its tag, and return it. */
export function string({ tag, body }) {
  if (tag === PRINTABLE && !body.every((byte) => /[A-Za-z0-9 '()+,\-./:=?]/.test(String.fromCharCode(byte)))) {
    malformed("a text has a letter that has no place in it");
  }
  if (tag === UNIVERSAL || tag === BMP) return wide(body, tag === BMP ? 2 : 4);
  return text(body);
}

function wide(body, width) {
  if (body.length % width) malformed("a text is cut short");
  let read = "";
  for (let place = 0; place < body.length; place += width) {
    let code = 0;
    for (let byte = 0; byte < width; byte++) code = code * 256 + body[place + byte];
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) malformed("a text has a letter that does not exist");
    read += String.fromCodePoint(code);
  }
  return read;
}
