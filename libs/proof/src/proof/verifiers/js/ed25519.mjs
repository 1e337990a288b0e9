// Verification of Ed25519 signatures (RFC 8032, 5.1.7), by the rule of OpenSSL: the cofactor is left out, S is below
// the order, and odd encodings of points are taken as what they stand for. WebCrypto is not used for this: its
// implementations differ on odd keys and signatures, and a verdict may not depend on the browser.

import { concat } from "./bytes.mjs";

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const mod = (value) => ((value % P) + P) % P;

function power(base, exponent) {
  const table = [1n];
  while (table.length < 16) table.push((table.at(-1) * base) % P);
  let result = 1n;
  for (const digit of exponent.toString(16)) {
    for (let bit = 0; bit < 4; bit++) result = (result * result) % P;
    result = (result * table[parseInt(digit, 16)]) % P;
  }
  return result;
}

const inverse = (value) => power(value, P - 2n);
const D = mod(-121665n * inverse(121666n));
const D2 = (2n * D) % P;
const ROOT = power(2n, (P - 1n) / 4n); // of -1

// Points are { x, y, z, t } with the coordinates x/z and y/z, and t/z their product.
const ZERO = { x: 0n, y: 1n, z: 1n, t: 0n };

function add(one, other) {
  const a = ((one.y - one.x) * (other.y - other.x)) % P;
  const b = ((one.y + one.x) * (other.y + other.x)) % P;
  const c = (((one.t * other.t) % P) * D2) % P;
  const d = (2n * one.z * other.z) % P;
  return completed(b - a, d - c, d + c, b + a);
}

function double({ x, y, z }) {
  const a = (x * x) % P;
  const b = (y * y) % P;
  const h = a + b;
  const g = a - b;
  return completed(h - (((x + y) * (x + y)) % P), (2n * z * z + g) % P, g, h);
}

const completed = (e, f, g, h) => ({ x: (e * f) % P, y: (g * h) % P, z: (f * g) % P, t: (e * h) % P });

/** Return the multiples 0 to 15 of a point. */
function multiples(point) {
  const table = [ZERO, point];
  while (table.length < 16) table.push(add(table.at(-1), point));
  return table;
}

/** Read a point, null when there is none: bytes beyond P stand for what is left modulo P. */
function decode(bytes) {
  const whole = little(bytes);
  const y = (whole & (2n ** 255n - 1n)) % P;
  const [u, v] = [mod(y * y - 1n), mod(D * y * y + 1n)];
  let x = (u * v ** 3n * power((u * v ** 7n) % P, (P - 5n) / 8n)) % P;
  const square = (v * x * x) % P;
  if (square !== u) {
    if (square !== mod(-u)) return null;
    x = (x * ROOT) % P;
  }
  if ((x & 1n) !== whole >> 255n) x = mod(-x);
  return { x, y, z: 1n, t: (x * y) % P };
}

function little(bytes) {
  let value = 0n;
  for (let place = bytes.length - 1; place >= 0; place--) value = (value << 8n) | BigInt(bytes[place]);
  return value;
}

const BASE = multiples(decode(Uint8Array.from({ length: 32 }, (_, place) => (place ? 0x66 : 0x58))));

/** Tell whether `signature` is the key's over `message`. */
export async function verify(key, signature, message) {
  if (key.length !== 32 || signature.length !== 64) return false;
  const point = decode(key);
  const s = little(signature.subarray(32));
  if (point === null || s >= ORDER) return false;
  const digest = await crypto.subtle.digest("SHA-512", concat(signature.subarray(0, 32), key, message));
  const k = little(new Uint8Array(digest)) % ORDER;
  const negated = multiples({ ...point, x: mod(-point.x), t: mod(-point.t) });
  let sum = ZERO;
  for (let shift = 252n; shift >= 0n; shift -= 4n) {
    sum = double(double(double(double(sum))));
    sum = add(add(sum, BASE[Number((s >> shift) & 15n)]), negated[Number((k >> shift) & 15n)]);
  }
  const scale = inverse(mod(sum.z));
  const encoded = mod(sum.y * scale) | ((mod(sum.x * scale) & 1n) << 255n);
  return encoded === little(signature.subarray(0, 32));
}
