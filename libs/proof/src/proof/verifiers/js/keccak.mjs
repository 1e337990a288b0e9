// SHAKE128 and SHAKE256 (FIPS 202), with each 64-bit lane as two halves of 32 bits.

const [ROTATIONS, PLACES] = [[], []];
for (let step = 0, x = 1, y = 0; step < 24; step++) {
  ROTATIONS.push((((step + 1) * (step + 2)) / 2) % 64);
  [x, y] = [y, (2 * x + 3 * y) % 5];
  PLACES.push(x + 5 * y);
}
const CONSTANTS = new Int32Array(48); // low and high halves in turn
for (let round = 0, register = 1; round < 24; round++) {
  for (let bit = 0; bit < 7; bit++) {
    const place = 2 ** bit - 1;
    if (register & 1) CONSTANTS[2 * round + (place >> 5)] |= 1 << (place & 31);
    register = (register << 1) ^ (register & 0x80 ? 0x171 : 0);
  }
}

const [low, high] = [new Int32Array(5), new Int32Array(5)];

/** Permute the 25 lanes of `s` (low halves at even places). Plain statements: this is what takes the time. */
function permute(s) {
  for (let round = 0; round < 24; round++) {
    mixColumns(s);
    turn(s);
    mixRows(s);
    s[0] ^= CONSTANTS[2 * round];
    s[1] ^= CONSTANTS[2 * round + 1];
  }
}

function mixColumns(s) {
  for (let x = 0; x < 5; x++) {
    low[x] = s[2 * x] ^ s[2 * x + 10] ^ s[2 * x + 20] ^ s[2 * x + 30] ^ s[2 * x + 40];
    high[x] = s[2 * x + 1] ^ s[2 * x + 11] ^ s[2 * x + 21] ^ s[2 * x + 31] ^ s[2 * x + 41];
  }
  for (let x = 0; x < 5; x++) {
    const before = (x + 4) % 5;
    const after = (x + 1) % 5;
    const l = low[before] ^ ((low[after] << 1) | (high[after] >>> 31));
    const h = high[before] ^ ((high[after] << 1) | (low[after] >>> 31));
    for (let lane = 2 * x; lane < 50; lane += 10) {
      s[lane] ^= l;
      s[lane + 1] ^= h;
    }
  }
}

/** Turn each lane and put it in the place of the next. */
function turn(s) {
  let l = s[2];
  let h = s[3];
  for (let step = 0; step < 24; step++) {
    const lane = 2 * PLACES[step];
    const bits = ROTATIONS[step] & 31;
    const a = ROTATIONS[step] < 32 ? l : h;
    const b = ROTATIONS[step] < 32 ? h : l;
    l = s[lane];
    h = s[lane + 1];
    s[lane] = bits ? (a << bits) | (b >>> (32 - bits)) : a;
    s[lane + 1] = bits ? (b << bits) | (a >>> (32 - bits)) : b;
  }
}

function mixRows(s) {
  for (let row = 0; row < 50; row += 10) {
    for (let x = 0; x < 5; x++) {
      low[x] = s[row + 2 * x];
      high[x] = s[row + 2 * x + 1];
    }
    for (let x = 0; x < 5; x++) {
      s[row + 2 * x] ^= ~low[(x + 1) % 5] & low[(x + 2) % 5];
      s[row + 2 * x + 1] ^= ~high[(x + 1) % 5] & high[(x + 2) % 5];
    }
  }
}

/** An endless stream of bytes from a message: `rate` is 168 for SHAKE128 and 136 for SHAKE256. */
class Shake {
  constructor(rate, message) {
    this.rate = rate;
    this.lanes = new Int32Array(50);
    this.place = 0;
    let offset = 0;
    for (; message.length - offset >= rate; offset += rate) this.absorb(message.subarray(offset, offset + rate));
    const last = new Uint8Array(rate);
    last.set(message.subarray(offset));
    last[message.length - offset] = 0x1f;
    last[rate - 1] |= 0x80;
    this.absorb(last);
  }

  absorb(block) {
    for (let place = 0; place < this.rate; place++) this.lanes[place >> 2] ^= block[place] << (8 * (place & 3));
    permute(this.lanes);
  }

  byte() {
    if (this.place === this.rate) {
      permute(this.lanes);
      this.place = 0;
    }
    const place = this.place++;
    return (this.lanes[place >> 2] >>> (8 * (place & 3))) & 255;
  }

  bytes(size) {
    const bytes = new Uint8Array(size);
    for (let place = 0; place < size; place++) bytes[place] = this.byte();
    return bytes;
  }
}

export const shake128 = (message) => new Shake(168, message);
export const shake256 = (message) => new Shake(136, message);
