// Checks of the leaves by themselves, of their places in the tree and of their counters.

import { byCodePoint, toBase64, utf8, concat, Malformed } from "./bytes.mjs";
import { encode, isObject } from "./canonical.mjs";
import { parseLeaf } from "./leaf.mjs";
import { sameCheckpoint } from "./note.mjs";
import { hmac, sha256 } from "./sha256.mjs";
import { leafHash, verifyConsistency, verifyInclusion } from "./tree.mjs";

const [LOCAL, MERKLE, CHAIN] = ["LOCAL_INTEGRITY", "MERKLE_INTEGRITY", "CHAIN"];
const DIGEST = /^[0-9a-f]{64}$/;

/** One named check: how many things it looked at, and where something is wrong. */
export function check(name, family, examined, findings = []) {
  const state = findings.length ? "failed" : examined ? "passed" : "not-applicable";
  return { name, family, state, examined, findings };
}

export const container = (findings) => check("container", LOCAL, 1, findings);

/** Read every leaf, null for what cannot be read, and check that each could. */
export function readLeaves({ former, items }) {
  const findings = [];
  const leaves = items.map(({ bytes, index }) => {
    try {
      const leaf = parseLeaf(bytes);
      if (former && !leaf.isEvent) throw new Malformed("the former format shows events alone");
      return leaf;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      findings.push(String(index));
      return null;
    }
  });
  const pairs = items.map((item, row) => ({ item, leaf: leaves[row] })).filter(({ leaf }) => leaf);
  return { pairs, read: check("entry-canonical", LOCAL, items.length, findings) };
}

/** Check what each leaf says by itself; `documents` are files that the verifier holds: a Map of names to SHA-256. */
export function localChecks(bundle, pairs, documents) {
  const events = pairs.filter(({ leaf }) => leaf.isEvent);
  const records = pairs.filter(({ leaf }) => !leaf.isEvent);
  const opened = openedDigests(events);
  const absent = [...documents.keys()].filter((name) => !opened.digests.has(documents.get(name)));
  const states = events.filter(({ item, leaf }) => toBase64(sha256(item.state)) !== leaf.state_h);
  return [
    check("manifest", LOCAL, 1, bundle.misstated),
    scopeCheck(bundle, pairs),
    check("event-state", LOCAL, events.length, places([...states, ...records.filter(({ item }) => item.state.length)])),
    openingCheck(events, records),
    opened.check,
    check("document-file", LOCAL, documents.size, absent),
    objectCheck(bundle, events.map(({ leaf }) => leaf)),
  ];
}

const places = (pairs) => pairs.map(({ item }) => String(item.index));
const object = ({ svc, agg }) => `${svc} ${agg}`;

/** Refuse what is about something else; an event of no dossier belongs to the one that its aggregate names. */
function scopeCheck({ scope, items }, pairs) {
  const named = pairs.filter(({ leaf }) => leaf.isEvent && leaf.dossier === scope.id);
  const own = new Set(named.map(({ leaf }) => object(leaf)));
  const belongs = (leaf) => {
    if (scope.kind === "office") return leaf.office === scope.id;
    if (scope.kind === "aggregate") return leaf.isEvent && leaf.agg === scope.id;
    return leaf.dossier === scope.id || (leaf.isEvent && leaf.dossier === null && own.has(object(leaf)));
  };
  return check("entry-scope", LOCAL, items.length, places(pairs.filter(({ leaf }) => !belongs(leaf))));
}

const commitment = (salt, message) => toBase64(hmac(salt, utf8(message)));

function openingCheck(events, records) {
  const opened = events.filter(({ item }) => item.opening);
  const isWrong = ({ opening: { salt, payload } }, leaf) => commitment(salt, encode(payload)) !== leaf.payload_c;
  const wrong = opened.filter(({ item, leaf }) => isWrong(item, leaf));
  return check("opening", LOCAL, opened.length, places([...records.filter(({ item }) => item.opening), ...wrong]));
}

/** Open the digest of each document; `digests` are those that opened, in hexadecimal. */
function openedDigests(events) {
  const digests = new Set();
  const disclosed = events.filter(({ item, leaf }) => item.opening && leaf.docs.length);
  const wrong = disclosed.filter(({ item: { opening }, leaf }) => {
    const data = opening.payload.data;
    const digest = isObject(data) ? data.sha256 : null;
    const written = typeof digest === "string" && DIGEST.test(digest) && commitment(opening.salt, digest);
    const good = written && leaf.docs.every((document) => document.digest_c === written);
    if (good) digests.add(digest);
    return !good;
  });
  return { check: check("document-digest", LOCAL, disclosed.length, places(wrong)), digests };
}

/** Compare the bucket with the entries; a destroyed document has nothing left to compare. */
function objectCheck({ observations }, entries) {
  const seen = new Map(observations.map(({ ver, ct_h: hash }) => [ver, hash]));
  const destroyed = new Set(entries.filter(({ type }) => type.endsWith(".document-destroyed")).map(object));
  const [told, findings] = [new Set(), []];
  let examined = 0;
  for (const entry of entries) {
    for (const document of entry.docs) {
      told.add(document.ver);
      if (destroyed.has(object(entry))) continue;
      examined++;
      if (seen.get(document.ver) !== document.ct_h) findings.push(document.ver);
    }
  }
  const untold = [...seen.keys()].filter((version) => !told.has(version)).sort(byCodePoint);
  return check("object-bytes", LOCAL, examined, [...findings, ...untold]);
}

/** Check the places of the leaves and the growth between the bundle's own checkpoints. */
export function merkleChecks(bundle) {
  const { size, root } = bundle.final.checkpoint;
  const misplaced = bundle.items.filter(({ index, bytes, hashes }) => {
    return bundle.misproven.has(index) || !verifyInclusion(leafHash(bytes), index, size, hashes, root);
  });
  const inclusion = check("inclusion", MERKLE, bundle.items.length, misplaced.map(({ index }) => String(index)));
  return [inclusion, consistencyCheck(bundle)];
}

/** Every smaller checkpoint needs its proof towards the largest, and no other proof has a place. */
function consistencyCheck({ checkpoints, consistency, final: { checkpoint: final } }) {
  const expected = new Map();
  for (const size of checkpoints.keys()) if (size > 0 && size < final.size) expected.set(`${size}-${final.size}`, size);
  const findings = [...consistency.keys()].filter((name) => !expected.has(name));
  for (const [name, size] of expected) {
    const old = checkpoints.get(size).checkpoint;
    const proof = consistency.get(name);
    const same = proof && old.origin === final.origin;
    if (!same || !verifyConsistency(size, final.size, old.root, final.root, proof)) findings.push(name);
  }
  return check("consistency", MERKLE, expected.size, findings.sort());
}

/** Compare with the checkpoints that the verifier holds; those of other sizes say nothing here. */
export function knownCheck({ checkpoints }, known) {
  const comparable = known.filter(({ checkpoint: { size } }) => size && checkpoints.has(size));
  const shown = ({ size }) => checkpoints.get(size).checkpoint;
  const other = comparable.filter(({ checkpoint }) => !sameCheckpoint(shown(checkpoint), checkpoint));
  return check("known-checkpoint", MERKLE, comparable.length, other.map(({ checkpoint }) => String(checkpoint.size)));
}

/** Check places, service numbers, aggregate versions, office numbers with their chain, and the last head. */
export function chainChecks(bundle, pairs) {
  const { scope, items, final } = bundle;
  const whole = scope.kind === "office"; // shows every number of the office, and only some of an aggregate's
  const events = pairs.filter(({ leaf }) => leaf.isEvent);
  const offices = pairs.filter(({ leaf }) => leaf.office !== null);
  const row = (group, item, number) => ({ group, where: String(item.index), number });
  const order = notIncreasing(items.map((item) => row("", item, item.index)));
  const beyond = items.filter(({ index }) => index >= final.checkpoint.size).map(({ index }) => String(index));
  const services = pairs.map(({ item, leaf }) => row(leaf.svc, item, leaf.store_seq));
  const versions = events.map(({ item, leaf }) => row(object(leaf), item, leaf.agg_ver));
  const numbers = offices.map(({ item, leaf }) => row(`${leaf.svc} ${leaf.office}`, item, leaf.office_seq));
  return [
    check("leaf-order", CHAIN, items.length, [...order, ...beyond]),
    check("service-counter", CHAIN, pairs.length, notIncreasing(services)),
    check("aggregate-versions", CHAIN, events.length, (whole ? notIncreasing : holes)(versions)),
    check("office-counter", CHAIN, offices.length, (whole ? holes : notIncreasing)(numbers)),
    check("office-chain", CHAIN, offices.length, broken(offices)),
    headCheck(bundle, pairs),
  ];
}

function notIncreasing(rows) {
  const last = new Map();
  return rows.filter(({ group, number }) => {
    const before = last.get(group) ?? -1;
    last.set(group, Math.max(number, before));
    return number <= before;
  }).map(({ where }) => where);
}

function holes(rows) {
  const last = new Map();
  return rows.filter(({ group, number }) => {
    const before = last.get(group) ?? 0;
    last.set(group, number);
    return number !== before + 1;
  }).map(({ where }) => where);
}

/** Return where the leaf that follows another of its office does not name it. */
function broken(offices) {
  const before = new Map();
  return places(offices.filter(({ leaf }) => {
    const group = `${leaf.svc} ${leaf.office}`;
    const [number, digest] = before.get(group) ?? [0, null];
    before.set(group, [leaf.office_seq, leaf.hash]);
    return leaf.office_seq === number + 1 && leaf.office_prev !== digest;
  }));
}

/** Compare the last head of the scope with the leaves that are shown; an aggregate has none. */
function headCheck({ scope, items }, pairs) {
  const inOrder = (rows) => [...rows].sort((one, other) => one.index - other.index);
  const ordered = [...pairs].sort((one, other) => one.item.index - other.item.index);
  const last = ordered.filter(({ leaf }) => isHeadOf(scope, leaf)).at(-1);
  if (!last) return check("head", CHAIN, 0);
  const { index } = last.item;
  const { body } = last.leaf;
  const shown = inOrder(items);
  let complete;
  if (scope.kind === "dossier") {
    const hashes = shown.filter((item) => item.index < index).map(({ bytes }) => leafHash(bytes));
    complete = body.entries === hashes.length && body.digest === toBase64(sha256(concat(...hashes)));
  } else {
    const ends = endsOf(ordered.filter(({ item }) => item.index < index));
    const same = body.heads.every(({ svc, seq, hash }) => ends.get(svc)?.seq === seq && ends.get(svc).hash === hash);
    complete = shown.at(-1).index === index && same && ends.size === body.heads.length;
  }
  return check("head", CHAIN, 1, complete ? [] : [String(index)]);
}

function isHeadOf(scope, { kind, isEvent, office, dossier }) {
  if (isEvent || kind !== "head") return false;
  if (scope.kind === "office") return office === scope.id && dossier === null;
  return scope.kind === "dossier" && dossier === scope.id;
}

/** Return for each service its last number and hash; NaN where the numbers are not 1, 2, 3 … */
function endsOf(pairs) {
  const ends = new Map();
  for (const { leaf } of pairs) {
    const next = (ends.get(leaf.svc)?.seq ?? 0) + 1;
    ends.set(leaf.svc, { seq: leaf.office_seq === next ? next : NaN, hash: leaf.hash });
  }
  return ends;
}
