// Verification of ML-DSA-44 signatures (FIPS 204, algorithms 3 and 8) with an empty context. Only public values are
// handled, so nothing here needs constant time.

import { concat, equal } from "./bytes.mjs";
import { shake128, shake256 } from "./keccak.mjs";

export const KEY_SIZE = 1312; // bytes of a public key
export const SIGNATURE_SIZE = 2420;

const Q = 8380417;
const [ROWS, COLUMNS] = [4, 4];
const DROPPED = 2 ** 13; // 2^d
const GAMMA1 = 2 ** 17;
const GAMMA2 = (Q - 1) / 88;
const BETA = 78;
const TAU = 39;
const OMEGA = 80;
const SEED = 32; // bytes of rho and of the challenge
const Z_SIZE = 576; // bytes of one polynomial of z

const INVERSE = 1 / Q;

/** Multiply modulo Q: a product is below 2^46, and so exact. */
function times(a, b) {
  const product = a * b;
  const rest = product - Math.floor(product * INVERSE) * Q;
  return rest < 0 ? rest + Q : rest >= Q ? rest - Q : rest;
}

const plus = (a, b) => (a + b >= Q ? a + b - Q : a + b);
const minus = (a, b) => (a < b ? a - b + Q : a - b);

const ZETAS = new Int32Array(256);
const powers = [1];
for (let power = 1; power < 256; power++) powers.push(times(powers[power - 1], 1753));
for (let place = 0; place < 256; place++) {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((place >> bit) & 1) << (7 - bit);
  ZETAS[place] = powers[reversed];
}

function ntt(w) {
  for (let size = 128, next = 1; size >= 1; size >>= 1) {
    for (let start = 0; start < 256; start += 2 * size) {
      const zeta = ZETAS[next++];
      for (let j = start; j < start + size; j++) {
        const t = times(zeta, w[j + size]);
        w[j + size] = minus(w[j], t);
        w[j] = plus(w[j], t);
      }
    }
  }
  return w;
}

function inverseNtt(w) {
  for (let size = 1, next = 255; size < 256; size <<= 1) {
    for (let start = 0; start < 256; start += 2 * size) {
      const zeta = Q - ZETAS[next--];
      for (let j = start; j < start + size; j++) {
        const t = w[j];
        w[j] = plus(t, w[j + size]);
        w[j + size] = times(zeta, minus(t, w[j + size]));
      }
    }
  }
  return w.map((value) => times(value, 8347681)); // 256^-1
}

/** Read 256 numbers of `width` bits, the lowest bits first. */
function unpack(bytes, width) {
  const numbers = new Int32Array(256);
  let [held, bits, place] = [0, 0, 0];
  for (let number = 0; number < 256; number++) {
    while (bits < width) {
      held |= bytes[place++] << bits;
      bits += 8;
    }
    numbers[number] = held & (2 ** width - 1);
    held >>>= width;
    bits -= width;
  }
  return numbers;
}

/** One polynomial of the matrix, already transformed (RejNTTPoly). */
function uniform(rho, column, row) {
  const stream = shake128(concat(rho, Uint8Array.of(column, row)));
  const numbers = new Int32Array(256);
  for (let count = 0; count < 256; ) {
    const number = stream.byte() | (stream.byte() << 8) | ((stream.byte() & 0x7f) << 16);
    if (number < Q) numbers[count++] = number;
  }
  return numbers;
}

/** The challenge: TAU coefficients are 1 or -1 (SampleInBall). */
function challenge(seed) {
  const stream = shake256(seed);
  const signs = stream.bytes(8);
  const c = new Int32Array(256);
  for (let i = 256 - TAU; i < 256; i++) {
    let j;
    do j = stream.byte();
    while (j > i);
    const sign = i + TAU - 256;
    c[i] = c[j];
    c[j] = (signs[sign >> 3] >> (sign & 7)) & 1 ? Q - 1 : 1;
  }
  return c;
}

/** Read the hint: places in increasing order in each row, then zeros (HintBitUnpack); null for another spelling. */
function hint(bytes) {
  const rows = [];
  let index = 0;
  for (let row = 0; row < ROWS; row++) {
    const ones = new Uint8Array(256);
    const end = bytes[OMEGA + row];
    if (end < index || end > OMEGA) return null;
    for (let first = index; index < end; index++) {
      if (index > first && bytes[index - 1] >= bytes[index]) return null;
      ones[bytes[index]] = 1;
    }
    rows.push(ones);
  }
  return bytes.subarray(index, OMEGA).every((byte) => byte === 0) ? rows : null;
}

/** The high part of `value`, moved by one where the hint says so (UseHint). */
function highPart(value, hinted) {
  let low = value % (2 * GAMMA2);
  if (low > GAMMA2) low -= 2 * GAMMA2;
  const last = value - low === Q - 1;
  const high = last ? 0 : (value - low) / (2 * GAMMA2);
  if (last) low -= 1;
  if (!hinted) return high;
  return low > 0 ? (high + 1) % 44 : (high + 43) % 44;
}

/** Write the high parts, of 6 bits each. */
function packHigh(high) {
  const bytes = new Uint8Array(192);
  for (let place = 0, out = 0; place < 256; place += 4) {
    const b = high[place + 1];
    const c = high[place + 2];
    bytes[out++] = high[place] | (b << 6);
    bytes[out++] = (b >> 2) | (c << 4);
    bytes[out++] = (c >> 4) | (high[place + 3] << 2);
  }
  return bytes;
}

/** Tell whether `signature` is the key's over `message`. */
export function verify(key, signature, message) {
  if (key.length !== KEY_SIZE || signature.length !== SIGNATURE_SIZE) return false;
  const hints = hint(signature.subarray(SEED + COLUMNS * Z_SIZE));
  if (hints === null) return false;
  const z = [];
  for (let column = 0; column < COLUMNS; column++) {
    const start = SEED + column * Z_SIZE;
    const numbers = unpack(signature.subarray(start, start + Z_SIZE), 18).map((number) => GAMMA1 - number);
    if (numbers.some((number) => Math.abs(number) >= GAMMA1 - BETA)) return false;
    z.push(ntt(numbers.map((number) => (number < 0 ? number + Q : number))));
  }
  const seed = signature.subarray(0, SEED);
  const c = ntt(challenge(seed));
  const rho = key.subarray(0, SEED);
  const high = [];
  for (let row = 0; row < ROWS; row++) {
    const t1 = unpack(key.subarray(SEED + row * 320, SEED + (row + 1) * 320), 10);
    const t = ntt(t1.map((number) => number * DROPPED));
    const w = t.map((number, place) => minus(0, times(c[place], number)));
    for (let column = 0; column < COLUMNS; column++) {
      const a = uniform(rho, column, row);
      for (let place = 0; place < 256; place++) w[place] = plus(w[place], times(a[place], z[column][place]));
    }
    high.push(packHigh(inverseNtt(w).map((value, place) => highPart(value, hints[row][place]))));
  }
  const tr = shake256(key).bytes(64);
  const mu = shake256(concat(tr, Uint8Array.of(0, 0), message)).bytes(64);
  return equal(shake256(concat(mu, ...high)).bytes(SEED), seed);
}
