// OpenTimestamps proofs (.ots) and the Bitcoin block headers that a policy pins: what leads from a digest to a block.
// Only the operations that lead to Bitcoin are carried out; below any other the message is unknown (null).

import { check } from "./checks.mjs";
import { concat, equal, Malformed, utf8 } from "./bytes.mjs";
import { hasExactly } from "./canonical.mjs";
import { stampedBytes } from "./note.mjs";
import { sha256 } from "./sha256.mjs";
import { SECOND } from "./time.mjs";

const MAX_STEPS = 2048; // operations and attestations of a proof
const MAX_DEPTH = 255; // operations on one path
const MAX_MESSAGE = 4096; // bytes of a message, and of what is put before or behind one
const MAX_PAYLOAD = 8192; // bytes of what an attestation says
const MAX_ADDRESS = 1000; // characters
const DIGEST_SIZE = 32; // bytes
const HEADER = concat(
  utf8("\0OpenTimestamps\0\0Proof\0"), Uint8Array.of(0xbf, 0x89, 0xe2, 0xe8, 0x84, 0xe8, 0x92, 0x94, 1, 8),
);
const [ATTESTATION, SHA256, APPEND, PREPEND, FORK] = [0x00, 0x08, 0xf0, 0xf1, 0xff];
const NOT_FOLLOWED = [0x02, 0x03, 0x67, 0xf2, 0xf3]; // SHA-1, RIPEMD-160, Keccak-256, reversal, hexadecimal
const BITCOIN = Uint8Array.of(0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01);
const PENDING = Uint8Array.of(0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e);
const ADDRESS = /^[A-Za-z0-9\-._/:]*$/;
const BLOCK = /^[0-9a-f]{160}$/;

/** Read a block that a policy pins; its hash has to be below the target that it names. */
export function block(item) {
  const written = hasExactly(item, ["height", "header"]) && typeof item.height === "number" && item.height >= 0;
  if (!written || typeof item.header !== "string" || !BLOCK.test(item.header)) throw new Malformed("not a block");
  const header = Uint8Array.from(item.header.match(/../g), (digits) => Number.parseInt(digits, 16));
  const target = (littleEndian(header.subarray(72, 75)) << BigInt(8 * header[75])) >> 24n;
  if (littleEndian(sha256(sha256(header))) > target) throw new Malformed("the hash of a header is above its target");
  return { height: item.height, root: header.subarray(36, 68), at: littleEndian(header.subarray(68, 72)) * SECOND };
}

const littleEndian = (bytes) => bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);

/** Judge every proof of the bundle; one that waits for a block, or for the policy to pin it, counts for nothing. */
export function anchorChecks({ anchors, checkpoints }, pairs, policy) {
  const pinned = new Map((policy?.blocks ?? []).map((one) => [one.height, one]));
  const judged = [...anchors].sort(([one], [other]) => one - other).map(([size, content]) => {
    const { state, height, at } = judge(content, sha256(stampedBytes(checkpoints.get(size))), pinned);
    return { size, state, at, said: `${size}: ${state}${height === undefined ? "" : ` ${height}`}` };
  });
  const wrong = judged.filter(({ state }) => ["malformed", "imprint", "root"].includes(state));
  const good = judged.filter(({ state }) => state === "anchored");
  const findings = wrong.map(({ said }) => said);
  const last = pairs.reduce((one, { item, leaf }) => (leaf.isEvent ? Math.max(one, item.index) : one), -1);
  return {
    checks: judged.length ? [check("public-anchor", "SIGNATURE", good.length + wrong.length, findings)] : [],
    said: judged.map(({ said }) => said),
    at: good.at(-1)?.at ?? null,
    covers: good.some(({ size }) => size > last),
  };
}

function judge(content, digest, pinned) {
  let proof;
  try {
    proof = readProof(content);
  } catch (error) {
    if (error instanceof Malformed) return { state: "malformed" };
    throw error;
  }
  if (!equal(proof.digest, digest)) return { state: "imprint" };
  const said = proof.attestations.filter(({ height, message }) => height !== undefined && message !== null);
  said.sort((one, other) => one.height - other.height);
  const known = said.filter(({ height }) => pinned.has(height));
  const good = known.find(({ height, message }) => equal(pinned.get(height).root, message));
  if (good) return { state: "anchored", height: good.height, at: pinned.get(good.height).at };
  if (known.length) return { state: "root", height: known[0].height };
  if (said.length) return { state: "unpinned", height: said[0].height };
  return { state: proof.attestations.some(({ pending }) => pending) ? "pending" : "unknown" };
}

/** Read a detached proof: the digest that it is about, and what is attested of it. */
export function readProof(data) {
  const reader = new Reader(data);
  if (!equal(reader.take(HEADER.length), HEADER)) throw new Malformed("not a proof of version 1 over a SHA-256");
  const digest = reader.take(DIGEST_SIZE);
  const [waiting, attestations] = [[{ message: digest, depth: 0 }], []];
  for (let steps = 1; waiting.length; steps++) {
    const { message, depth } = waiting.pop();
    if (steps > MAX_STEPS || depth > MAX_DEPTH) throw new Malformed("a proof has too many steps");
    let tag = reader.byte();
    if (tag === FORK) {
      waiting.push({ message, depth });
      tag = reader.byte();
    }
    if (tag === ATTESTATION) attestations.push({ message, ...attestation(reader) });
    else waiting.push({ message: after(reader, tag, message), depth: depth + 1 });
  }
  reader.end();
  return { digest, attestations };
}

function after(reader, tag, message) {
  if (tag === SHA256) return message && sha256(message);
  if (NOT_FOLLOWED.includes(tag)) return null;
  if (tag !== APPEND && tag !== PREPEND) throw new Malformed("an operation that is not known");
  const more = reader.counted(MAX_MESSAGE);
  if (!more.length) throw new Malformed("nothing is added to a message");
  if (message === null) return null;
  if (message.length + more.length > MAX_MESSAGE) throw new Malformed("a message is too long");
  return tag === APPEND ? concat(message, more) : concat(more, message);
}

function attestation(reader) {
  const tag = reader.take(BITCOIN.length);
  const inside = new Reader(reader.counted(MAX_PAYLOAD));
  if (equal(tag, BITCOIN)) {
    const height = inside.number();
    inside.end();
    return { height };
  }
  if (!equal(tag, PENDING)) return {};
  const address = String.fromCharCode(...inside.counted(MAX_ADDRESS));
  inside.end();
  if (!ADDRESS.test(address)) throw new Malformed("the address of a calendar holds what has no place in it");
  return { pending: true };
}

class Reader {
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  take(size) {
    if (size > this.data.length - this.at) throw new Malformed("the proof is cut short");
    this.at += size;
    return this.data.subarray(this.at - size, this.at);
  }

  byte() {
    return this.take(1)[0];
  }

  counted(most) {
    const size = this.number();
    if (size > most) throw new Malformed("a part is too long");
    return this.take(size);
  }

  /** Read a number, seven bits in each byte, the lowest first, in its only spelling. */
  number() {
    let [value, unit] = [0, 1];
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) && (byte & 0x7f) * unit;
      if (!Number.isSafeInteger(value) || (unit > 1 && byte === 0)) throw new Malformed("not a number");
      if (byte < 0x80) return value;
      unit *= 0x80;
    }
  }

  end() {
    if (this.at !== this.data.length) throw new Malformed("something follows where nothing has a place");
  }
}
