// SHA-256 (FIPS 180-4) and HMAC (RFC 2104), without a promise for each of the thousands of nodes of a tree.

import { concat } from "./bytes.mjs";

const ROOTS = new Int32Array(64);
const START = new Uint32Array(8);
for (let candidate = 2, count = 0; count < 64; candidate++) {
  if (isPrime(candidate)) {
    if (count < 8) START[count] = fraction(Math.sqrt(candidate));
    ROOTS[count++] = fraction(Math.cbrt(candidate));
  }
}

function isPrime(candidate) {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false;
  return true;
}

function fraction(value) {
  return Math.floor((value - Math.floor(value)) * 2 ** 32);
}

const schedule = new Int32Array(64);

function block(state, bytes, offset) {
  const w = schedule;
  for (let i = 0; i < 16; i++, offset += 4) {
    w[i] = (bytes[offset] << 24) | (bytes[offset + 1] << 16) | (bytes[offset + 2] << 8) | bytes[offset + 3];
  }
  for (let i = 16; i < 64; i++) {
    const a = w[i - 15];
    const b = w[i - 2];
    const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
    const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let a = state[0] | 0;
  let b = state[1] | 0;
  let c = state[2] | 0;
  let d = state[3] | 0;
  let e = state[4] | 0;
  let f = state[5] | 0;
  let g = state[6] | 0;
  let h = state[7] | 0;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + s1 + ((e & f) ^ (~e & g)) + ROOTS[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

export function sha256(bytes) {
  const state = START.slice();
  return finish(state, blocks(state, bytes), bytes.length);
}

/** The digest of bytes that come one after the other, such as a file that does not fit into memory. */
export class Sha256 {
  state = START.slice();
  held = new Uint8Array(0);
  length = 0;

  update(bytes) {
    this.length += bytes.length;
    this.held = blocks(this.state, this.held.length ? concat(this.held, bytes) : bytes).slice();
    return this;
  }

  digest() {
    return finish(this.state.slice(), this.held, this.length);
  }
}

/** Take in whole blocks; return what is left over. */
function blocks(state, bytes) {
  const whole = bytes.length - (bytes.length % 64);
  for (let offset = 0; offset < whole; offset += 64) block(state, bytes, offset);
  return bytes.subarray(whole);
}

function finish(state, rest, length) {
  const last = new Uint8Array(rest.length < 56 ? 64 : 128);
  last.set(rest);
  last[rest.length] = 0x80;
  const view = new DataView(last.buffer);
  view.setUint32(last.length - 8, Math.floor(length / 2 ** 29));
  view.setUint32(last.length - 4, length * 8);
  for (let offset = 0; offset < last.length; offset += 64) block(state, last, offset);
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, place) => digest.setUint32(place * 4, word));
  return new Uint8Array(digest.buffer);
}

/** HMAC-SHA256 under a key of at most 64 bytes. */
export function hmac(key, message) {
  const inner = new Uint8Array(64).fill(0x36);
  const outer = new Uint8Array(64).fill(0x5c);
  key.forEach((byte, place) => {
    inner[place] ^= byte;
    outer[place] ^= byte;
  });
  return sha256(concat(outer, sha256(concat(inner, message))));
}
