// Signed notes (c2sp.org/signed-note), checkpoints (c2sp.org/tlog-checkpoint), and the keys that sign them: Ed25519 as
// notes sign (0x01), cosignatures in Ed25519 (0x04) and ML-DSA-44 (0x06) (c2sp.org/tlog-cosignature).

import { bigEndian, concat, equal, fromBase64, Malformed, text, toHex, utf8 } from "./bytes.mjs";
import * as ed25519 from "./ed25519.mjs";
import * as mldsa from "./mldsa.mjs";
import { sha256 } from "./sha256.mjs";

export const [NOTE, WITNESS, POST_QUANTUM] = [1, 4, 6]; // the types of signatures

const MAX_NOTE = 64 * 1024; // bytes
const MAX_SIGNATURES = 16;
const MAX_PROOF = 64; // hashes
const ID_SIZE = 4; // bytes
const TIME_SIZE = 8; // bytes
const MAX_SECONDS = 253_402_300_799; // the last second of the year 9999
const SIZES = { [NOTE]: 32, [WITNESS]: 32, [POST_QUANTUM]: mldsa.KEY_SIZE }; // bytes of keys
const SPACE = /[\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const SURROGATE = /\p{Surrogate}/u;
const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;

const isName = (name) => name !== "" && !name.includes("+") && !SPACE.test(name);

/** Read a number of at most 16 digits, below 2**53. */
export function number(written) {
  if (!SIZE.test(written) || !Number.isSafeInteger(Number(written))) throw new Malformed("not a decimal number");
  return Number(written);
}

export function hash(written) {
  const raw = fromBase64(written);
  if (raw.length !== 32) throw new Malformed("a hash has 32 bytes");
  return raw;
}

/** Read hashes, one per line. */
export function hashes(written) {
  if (written && !written.endsWith("\n")) throw new Malformed("the last line does not end");
  const lines = written.split("\n").slice(0, -1);
  if (lines.length > MAX_PROOF) throw new Malformed(`a proof has at most ${MAX_PROOF} hashes`);
  return lines.map(hash);
}

/** Read `name+id+base64(type || key)` of one of these types. */
export function parseKey(vkey, types) {
  if (typeof vkey !== "string") throw new Malformed("a key is a text");
  const [name, identifier, ...rest] = vkey.split("+");
  const raw = fromBase64(rest.join("+"));
  const [type, material] = [raw[0], raw.subarray(1)];
  if (!types.includes(type) || material.length !== SIZES[type]) throw new Malformed("a key of another type");
  if (!isName(name) || SURROGATE.test(name)) throw new Malformed("a key has a name without spaces");
  const id = toHex(sha256(concat(utf8(`${name}\n`), raw)).subarray(0, ID_SIZE));
  if (id !== identifier) throw new Malformed("the id of the key does not match its name and bytes");
  return { name, type, material, id };
}

/** Read a signed note; nothing is verified yet. `checkpoint` is what its text says: origin, size and root. */
export function parseNote(data) {
  if (data.length > MAX_NOTE) throw new Malformed("the note is too long");
  const whole = text(data);
  if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) throw new Malformed("the note holds a control character");
  const end = whole.lastIndexOf("\n\n");
  if (end < 0 || end + 2 === whole.length || !whole.endsWith("\n")) throw new Malformed("the note has no signatures");
  const signatures = whole.slice(end + 2, -1).split("\n").map(signature);
  if (signatures.length > MAX_SIGNATURES) throw new Malformed("the note has too many signatures");
  const said = whole.slice(0, end + 1);
  return { data, text: said, signatures, checkpoint: checkpoint(said) };
}

function signature(line) {
  const [dash, name, ...rest] = line.split(" ");
  const raw = fromBase64(rest.join(" "));
  if (dash !== "\u2014" || !isName(name ?? "") || raw.length <= ID_SIZE) throw new Malformed("a wrong signature line");
  return { line, name, id: toHex(raw.subarray(0, ID_SIZE)), value: raw.slice(ID_SIZE) };
}

function checkpoint(said) {
  const lines = said.split("\n");
  if (lines.length !== 4 || lines[3] || !lines[0]) throw new Malformed("a checkpoint has exactly three lines");
  return { origin: lines[0], size: number(lines[1]), root: hash(lines[2]) };
}

export const sameCheckpoint = (one, other) =>
  one.origin === other.origin && one.size === other.size && equal(one.root, other.root);

/** Tell whether a line's value is the key's over the note. */
async function verifies(key, value, note) {
  if (key.type === NOTE) return ed25519.verify(key.material, value, utf8(note.text));
  if (value.length < TIME_SIZE) return false;
  const [seconds, signed] = [secondsOf(value), value.subarray(TIME_SIZE)];
  if (seconds > MAX_SECONDS) return false;
  if (key.type === WITNESS) {
    return ed25519.verify(key.material, signed, utf8(`cosignature/v1\ntime ${seconds}\n${note.text}`));
  }
  const { origin, size, root } = note.checkpoint;
  const [name, log] = [named(key.name), named(origin)];
  if (name === null || log === null) return false;
  const head = concat(utf8("subtree/v1\n\0"), name, bigEndian(seconds, 8), log);
  return mldsa.verify(key.material, signed, concat(head, bigEndian(0, 8), bigEndian(size, 8), root));
}

function secondsOf(value) {
  const view = new DataView(value.buffer, value.byteOffset);
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4);
}

function named(name) {
  const raw = utf8(name);
  return raw.length && raw.length <= 255 ? concat(Uint8Array.of(raw.length), raw) : null;
}

/** Return the lines by these keys in their order: whose key, whether it verifies, and the time that it says. */
export async function linesBy(note, keys) {
  const known = new Map(keys.map((key) => [`${key.id} ${key.name}`, key]));
  const found = [];
  for (const { name, id, value } of note.signatures) {
    const key = known.get(`${id} ${name}`);
    if (!key) continue;
    const valid = await verifies(key, value, note);
    found.push({ key, valid, seconds: key.type === NOTE || !valid ? null : secondsOf(value) });
  }
  return found;
}

/** Return the lines of the note that its own log signed, and the text: what is timestamped. */
export function stampedBytes(note) {
  const own = note.signatures.filter(({ name }) => name === note.checkpoint.origin);
  return utf8(`${note.text}\n${own.map(({ line }) => `${line}\n`).join("")}`);
}

