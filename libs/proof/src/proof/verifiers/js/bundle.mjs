// A bundle as its files say, verified in nothing yet: scelle-bundle/2, and the former scelle-bundle/1. Whatever writing
// would not have made is refused.

import { unpack } from "./archive.mjs";
import { byCodePoint, equal, fromBase64, Malformed, text, toHex, utf8 } from "./bytes.mjs";
import { encode, hasExactly, isObject, parse } from "./canonical.mjs";
import { isUuid, MAX_LEAF } from "./leaf.mjs";
import { hash, hashes, number, parseNote } from "./note.mjs";
import { sha256 } from "./sha256.mjs";

export const MAX_RESPONSE = 32 * 1024; // bytes of a timestamp, and of an anchor
const MAX_TOKENS = 16;
const MAX_ANCHORS = 16;
const MAX_PROOF = 64; // hashes
const SALT_SIZE = 32; // bytes
const MANIFEST = "manifest.json";
const COMMON = ["README.fr.txt", MANIFEST, "entries.bin", "states.bin", "openings.jsonl", "observations.jsonl"];
const NOTE = /^checkpoints\/(0|[1-9][0-9]{0,15})\.note$/;
const CONSISTENCY = /^consistency\/([1-9][0-9]{0,15}-[1-9][0-9]{0,15})\.txt$/;
const TOKEN = /^tokens\/(0|[1-9][0-9]{0,15})-(0|[1-9][0-9]?)\.tsr$/;
const ANCHOR = /^ots\/(0|[1-9][0-9]{0,15})\.ots$/;
const PROOF = /^proofs\/(0|[1-9][0-9]{0,15})\.tlog-proof$/;

/** What cannot be read, and what the container's check says of it: the files of another checksum, or what is wrong. */
export class BundleMalformed extends Malformed {
  constructor({ message }, altered, wrong) {
    super(message);
    this.altered = altered.length > 0;
    this.findings = this.altered ? altered : [wrong];
  }
}

export function readBundle(data) {
  const { files, altered } = orMalformed(() => unpack(data), [], "archive");
  return { ...orMalformed(() => gather(files), altered, "files"), altered };
}

function orMalformed(reading, altered, wrong) {
  try {
    return reading();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new BundleMalformed(error, altered, wrong);
  }
}

function gather(files) {
  const manifest = parse(file(files, MANIFEST));
  const former = isObject(manifest) && manifest.format === "scelle-bundle/1";
  if (!former && !(isObject(manifest) && manifest.format === "scelle-bundle/2")) {
    throw new Malformed("the format of the bundle is not known to this version");
  }
  const { checkpoints, consistency, tokens, anchors } = filed(files, former);
  const final = checkpoints.get(Math.max(...checkpoints.keys()));
  const scope = former ? { kind: "dossier", id: manifest.dossier } : scopeOf(manifest.scope);
  if (typeof scope.id !== "string") throw new Malformed("an identifier is a text");
  const { places, misproven } = former ? formerPlaces(files, final) : { places: placesOf(files), misproven: new Set() };
  const bundle = {
    former, scope, final, checkpoints, consistency, tokens, anchors, misproven,
    items: itemsOf(files, places),
    observations: lines(files, "observations.jsonl").map(observation),
  };
  return { ...bundle, misstated: misstatements(files, bundle, former) };
}

function file(files, name) {
  const content = files.get(name);
  if (content === undefined) throw new Malformed(`${name} is missing`);
  return content;
}

/** Read the files that are named by what they hold; other names have no place. */
function filed(files, former) {
  const [checkpoints, consistency, tokens, anchors] = [new Map(), new Map(), [], new Map()];
  const fixed = [...COMMON, former ? "index.jsonl" : "proofs.jsonl"];
  for (const [name, content] of files) {
    const [note, growth, token] = [NOTE.exec(name), CONSISTENCY.exec(name), TOKEN.exec(name)];
    const anchor = former ? null : ANCHOR.exec(name);
    if (note) {
      const read = parseNote(content);
      if (String(read.checkpoint.size) !== note[1]) throw new Malformed("a checkpoint is filed under another size");
      checkpoints.set(read.checkpoint.size, read);
    } else if (growth) consistency.set(growth[1], hashes(text(content)));
    else if (token && !former) tokens.push({ size: token[1], number: Number(token[2]), content });
    else if (anchor) anchors.set(number(anchor[1]), content);
    else if (!fixed.includes(name) && !(former && PROOF.test(name))) throw new Malformed("a file has no place");
  }
  fixed.forEach((name) => file(files, name));
  if (!checkpoints.size) throw new Malformed("a bundle has a checkpoint");
  checkAnchors(anchors, checkpoints);
  return { checkpoints, consistency, tokens: ordered(tokens, checkpoints), anchors };
}

function checkAnchors(anchors, checkpoints) {
  if (anchors.size > MAX_ANCHORS || [...anchors.values()].some(({ length }) => length > MAX_RESPONSE)) {
    throw new Malformed(`a bundle has at most ${MAX_ANCHORS} anchors of ${MAX_RESPONSE} bytes`);
  }
  if ([...anchors.keys()].some((size) => !checkpoints.has(size))) throw new Malformed("an anchor is of no checkpoint");
}

function ordered(tokens, checkpoints) {
  if (tokens.length > MAX_TOKENS || tokens.some(({ content }) => content.length > MAX_RESPONSE)) {
    throw new Malformed(`a bundle has at most ${MAX_TOKENS} timestamps of ${MAX_RESPONSE} bytes`);
  }
  const names = new Set(tokens.map((token) => `${token.size}-${token.number}`));
  return tokens.map(({ size, number: place, content }) => {
    const follows = place === 0 || names.has(`${size}-${place - 1}`);
    if (!checkpoints.has(number(size)) || !follows) throw new Malformed("a timestamp is out of place");
    return { size: Number(size), number: place, content };
  });
}

function scopeOf(value) {
  const known = isObject(value) && ["dossier", "office", "aggregate"].includes(value.kind) && isUuid(value.id);
  if (!known) throw new Malformed("a bundle is about a dossier, an office or an aggregate");
  return { kind: value.kind, id: value.id };
}

/** Read one canonical value per line, each line ending in a newline. */
function lines(files, name) {
  const content = file(files, name);
  const values = [];
  let start = 0;
  for (let end = content.indexOf(10); end >= 0; end = content.indexOf(10, start)) {
    values.push(parse(content.subarray(start, end)));
    start = end + 1;
  }
  if (start !== content.length) throw new Malformed("the last line does not end");
  return values;
}

function isIndex(value) {
  return typeof value === "number" && value >= 0;
}

function placesOf(files) {
  const seen = new Map(); // most hashes are in many paths
  return lines(files, "proofs.jsonl").map((line) => {
    const good = hasExactly(line, ["hashes", "index"]) && isIndex(line.index) && Array.isArray(line.hashes);
    if (!good || line.hashes.length > MAX_PROOF) throw new Malformed("a proof is an index and hashes");
    for (const one of line.hashes) if (!seen.has(one)) seen.set(one, hash(one));
    return { index: line.index, hashes: line.hashes.map((one) => seen.get(one)) };
  });
}

/** Read the proofs of the former format, of which each repeats its index and the checkpoint. */
function formerPlaces(files, final) {
  const misproven = new Set();
  const places = lines(files, "index.jsonl").map((line) => {
    if (!hasExactly(line, ["index"]) || !isIndex(line.index)) throw new Malformed("an index is a number");
    const proof = formerProof(file(files, `proofs/${line.index}.tlog-proof`));
    if (proof.index !== line.index || !equal(proof.note, final.data)) misproven.add(line.index);
    return { index: line.index, hashes: proof.hashes };
  });
  const shown = new Set(places.map(({ index }) => `proofs/${index}.tlog-proof`));
  for (const name of files.keys()) {
    if (PROOF.test(name) && !shown.has(name)) throw new Malformed("a proof is of no entry");
  }
  return { places, misproven };
}

function formerProof(content) {
  let end = content.indexOf(10);
  while (end >= 0 && content[end + 1] !== 10) end = content.indexOf(10, end + 1);
  if (end < 0) throw new Malformed("the proof carries no checkpoint");
  const [header, index, ...rest] = text(content.subarray(0, end)).split("\n");
  const written = /^index (0|[1-9][0-9]{0,15})$/.exec(index ?? "");
  if (header !== "c2sp.org/tlog-proof@v1" || !written) throw new Malformed("the proof does not begin as a tlog-proof");
  const path = hashes(rest.map((line) => `${line}\n`).join(""));
  return { index: Number(written[1]), hashes: path, note: content.subarray(end + 2) };
}

function itemsOf(files, places) {
  const entries = unframed(file(files, "entries.bin"), 2, MAX_LEAF);
  const states = unframed(file(files, "states.bin"), 4, Infinity);
  if (entries.length !== places.length || states.length !== places.length || !places.length) {
    throw new Malformed("a bundle has an entry, and as many states and proofs as entries");
  }
  const openings = new Map();
  const shown = lines(files, "openings.jsonl").map((line) => {
    const read = openingOf(line);
    openings.set(line.index, read);
    return read;
  });
  const items = places.map((place, row) => ({
    ...place, bytes: entries[row], state: states[row], opening: openings.get(place.index) ?? null,
  }));
  const again = items.filter((item) => item.opening);
  const same = again.length === shown.length && again.every((item, row) => item.opening.written === shown[row].written);
  if (!same) throw new Malformed("the openings are not those of the entries, in their order");
  return items;
}

function openingOf(line) {
  const good = hasExactly(line, ["index", "payload", "salt"]) && isIndex(line.index) && isObject(line.payload);
  if (!good || fromBase64(line.salt).length !== SALT_SIZE) throw new Malformed("an opening is a payload and a salt");
  return { payload: line.payload, salt: fromBase64(line.salt), written: encode(line) };
}

function observation(line) {
  const good = hasExactly(line, ["ver", "ct_h"]) && typeof line.ver === "string";
  if (!good || !(line.ct_h === null || typeof line.ct_h === "string")) {
    throw new Malformed("an identifier or a hash is a text");
  }
  return line;
}

function unframed(data, width, limit) {
  const parts = [];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let position = 0;
  while (position < data.length) {
    if (data.length < position + width) throw new Malformed("a length is cut short");
    const size = width === 2 ? view.getUint16(position) : view.getUint32(position);
    position += width + size;
    if (size > limit || position > data.length) throw new Malformed("a part is cut short or too long");
    parts.push(data.subarray(position - size, position));
  }
  return parts;
}

/** Return the files of which the manifest says something else than what they are. */
function misstatements(files, bundle, former) {
  const rest = [...files].filter(([name]) => name !== MANIFEST);
  const listed = rest.map(([name, content]) => ({ name, sha256: toHex(sha256(content)) }));
  const { origin, size } = bundle.final.checkpoint;
  const about = former ? { dossier: bundle.scope.id } : { scope: bundle.scope };
  const format = former ? "scelle-bundle/1" : "scelle-bundle/2";
  const truth = encode({ ...about, format, origin, size, entries: bundle.items.length, files: listed });
  const said = file(files, MANIFEST);
  if (equal(utf8(truth), said)) return [];
  const [ours, theirs] = [pairs({ files: listed }), pairs(parse(said))];
  const names = new Set();
  for (const [key, name] of ours) if (!theirs.has(key)) names.add(name);
  for (const [key, name] of theirs) if (!ours.has(key)) names.add(name);
  return names.size ? [...names].sort(byCodePoint) : [MANIFEST];
}

function pairs(manifest) {
  const listed = isObject(manifest) ? manifest.files : null;
  const says = (line) => hasExactly(line, ["name", "sha256"]) && Object.values(line).every((item) => typeof item === "string");
  if (!Array.isArray(listed) || !listed.every(says)) return new Map();
  return new Map(listed.map(({ name, sha256: digest }) => [JSON.stringify([name, digest]), name]));
}
