// Bytes and texts: strict UTF-8, base64 in its only spelling, hexadecimal, comparisons.

export class Malformed extends Error {}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const DIGITS = new Uint8Array(128).fill(255);
for (let digit = 0; digit < 64; digit++) DIGITS[ALPHABET.charCodeAt(digit)] = digit;

export const utf8 = (text) => encoder.encode(text);

export function text(bytes) {
  try {
    return strict.decode(bytes);
  } catch {
    throw new Malformed("the bytes are not UTF-8");
  }
}

export function fromBase64(encoded) {
  if (typeof encoded !== "string" || encoded.length % 4) throw new Malformed("not base64");
  const padding = encoded.endsWith("==") ? 2 : encoded.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((encoded.length / 4) * 3 - padding);
  let held = 0;
  let bits = 0;
  let written = 0;
  for (let place = 0; place < encoded.length - padding; place++) {
    const code = encoded.charCodeAt(place);
    const digit = code < 128 ? DIGITS[code] : 255;
    if (digit === 255) throw new Malformed("not base64");
    held = ((held << 6) | digit) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[written++] = held >> bits;
    }
  }
  if (held & ((1 << bits) - 1)) throw new Malformed("not the canonical base64");
  return bytes;
}

export function toBase64(bytes) {
  let encoded = "";
  for (let place = 0; place < bytes.length; place += 3) {
    const [a, b = 0, c = 0] = bytes.subarray(place, place + 3);
    encoded += ALPHABET[a >> 2] + ALPHABET[((a & 3) << 4) | (b >> 4)];
    encoded += place + 1 < bytes.length ? ALPHABET[((b & 15) << 2) | (c >> 6)] : "=";
    encoded += place + 2 < bytes.length ? ALPHABET[c & 63] : "=";
  }
  return encoded;
}

export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function equal(one, other) {
  if (one.length !== other.length) return false;
  for (let place = 0; place < one.length; place++) if (one[place] !== other[place]) return false;
  return true;
}

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Order texts by code point, as the other verifiers do; JavaScript alone would order them by UTF-16 unit. */
export function byCodePoint(one, other) {
  const [left, right] = [Array.from(one), Array.from(other)];
  for (let place = 0; place < left.length && place < right.length; place++) {
    const difference = left[place].codePointAt(0) - right[place].codePointAt(0);
    if (difference) return difference;
  }
  return left.length - right.length;
}

/** Write whole numbers as `size` bytes, big-endian. */
export function bigEndian(number, size) {
  const bytes = new Uint8Array(size);
  for (let place = size - 1; place >= 0; place--) {
    bytes[place] = number % 256;
    number = Math.floor(number / 256);
  }
  return bytes;
}
