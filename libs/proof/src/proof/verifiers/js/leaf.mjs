// Leaves of the log: events, and the journal's own records. Each in the only spelling, with exactly its members.

import { parse, isObject, hasExactly } from "./canonical.mjs";
import { Malformed, toBase64 } from "./bytes.mjs";
import { sha256 } from "./sha256.mjs";
import { microseconds } from "./time.mjs";

export const MAX_LEAF = 65_535; // bytes
const MAX_TEXT = 200; // characters
const MAX_ITEMS = 1000; // of an array
const MAX_VKEY = 4000; // characters

const NAME = /^[a-z0-9][a-z0-9.-]{0,99}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const HASH = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9./_-]{0,63}$/;

const isText = (item) => typeof item === "string";
const isShort = (item, limit = MAX_TEXT) => isText(item) && (item.length <= limit || Array.from(item).length <= limit);
const isName = (item) => isText(item) && NAME.test(item);
export const isUuid = (item) => isText(item) && UUID.test(item);
const isHash = (item) => isText(item) && HASH.test(item);
const isCount = (item) => typeof item === "number" && item >= 0;
const isNumber = (item) => typeof item === "number" && item >= 1;
const isInstant = (item) => isText(item) && TIME.test(item) && microseconds(item) !== null;
const orNull = (holds) => (item) => item === null || holds(item);
const array = (holds, limit = MAX_ITEMS) => (item) =>
  Array.isArray(item) && item.length <= limit && item.every((one) => holds(one));
const isRising = (texts) => texts.every((one, place) => place === 0 || texts[place - 1] < one);

const isDocument = (item) =>
  hasExactly(item, ["ref", "ver", "size", "digest_c", "ct_h"]) &&
  isUuid(item.ref) && isUuid(item.ver) && isCount(item.size) && isHash(item.digest_c) && isHash(item.ct_h);
const isEnd = (item) =>
  hasExactly(item, ["hash", "seq", "svc"]) && isHash(item.hash) && isNumber(item.seq) && isName(item.svc);
const isValue = (item) =>
  item === null || typeof item === "boolean" || typeof item === "number" || isShort(item) || array(isShort, 32)(item);

const hashes = array(isHash);
const vkeys = array((item) => isShort(item, MAX_VKEY));
const access = {
  purpose: isName,
  reference: orNull((item) => isText(item) && REFERENCE.test(item)),
  query: (item) => isObject(item) && Object.keys(item).length <= 16 && Object.values(item).every(isValue),
};

const FILLED = { recorded_at: isInstant, store_seq: isNumber };
const EVENT = {
  agg: isUuid, office: orNull(isUuid), dossier: orNull(isUuid), actor: orNull(isUuid), agg_ver: isNumber,
  schema: isNumber, svc: isName, type: isName, actor_kind: isName, occurred_at: isInstant, payload_c: isHash,
  state_h: isHash, corr: orNull(isShort), cause: orNull(isShort), trace: orNull(isShort),
  docs: (item) => Array.isArray(item) && item.every(isDocument), ...FILLED,
};
const RECORD = {
  office: orNull(isUuid), dossier: orNull(isUuid), actor: orNull(isUuid), actor_kind: isName, ...FILLED,
};
const BODIES = {
  seal: { size: isNumber, root: isHash, tokens: hashes, cosignatures: hashes, policy: orNull(isHash) },
  head: {
    reason: (item) => ["daily", "export", "closing"].includes(item),
    heads: (item) => array(isEnd)(item) && isRising(item.map((end) => end.svc)),
    entries: orNull(isCount),
    digest: orNull(isHash),
  },
  key: { vkeys, retired: vkeys },
  erasure: {
    person: isUuid, basis: isName, services: (item) => array(isName)(item) && isRising(item), keys: isCount,
  },
  access,
  export: { ...access, format: isName, entries: isCount, digest: orNull(isHash) },
};
const COMMON = ["v", "kind", "office_seq", "office_prev"];

/** Read a leaf; `isEvent` tells an event from a record, and `hash` is the base64 SHA-256 of the bytes. */
export function parseLeaf(bytes) {
  if (bytes.length > MAX_LEAF) throw new Malformed(`the leaf is longer than ${MAX_LEAF} bytes`);
  const value = parse(bytes);
  const isRecord = isObject(value) && isText(value.kind) && Object.hasOwn(BODIES, value.kind);
  if (isRecord) checkRecord(value);
  else checkEvent(value);
  return { ...value, isEvent: !isRecord, hash: toBase64(sha256(bytes)) };
}

function checkEvent(value) {
  if (!hasExactly(value, [...COMMON, ...Object.keys(EVENT)])) throw new Malformed("not the fields of an entry");
  if (value.v !== 1 || value.kind !== "event") throw new Malformed("a format or kind that this version does not know");
  check(value, EVENT);
  checkOffice(value);
}

function checkRecord(value) {
  const members = [...COMMON, "svc", "body", ...Object.keys(RECORD)];
  if (!hasExactly(value, members)) throw new Malformed("not the fields of a record");
  if (value.v !== 1 || value.svc !== "journal") throw new Malformed("a format or service that is not known");
  check(value, RECORD);
  checkOffice(value);
  const { kind, office, dossier, body } = value;
  const rules = BODIES[kind];
  if (!hasExactly(body, Object.keys(rules))) throw new Malformed(`not the members of the kind ${kind}`);
  check(body, rules);
  if (["seal", "key"].includes(kind) && (office !== null || dossier !== null)) {
    throw new Malformed(`the kind ${kind} is of no office and of no dossier`);
  }
  const counted = dossier !== null;
  const agree = (body.entries !== null) === counted && (body.digest !== null) === counted;
  if (kind === "head" && (office === null || !agree)) throw new Malformed("a head is not of what it counts");
}

function check(value, rules) {
  for (const [name, holds] of Object.entries(rules)) {
    if (!holds(value[name])) throw new Malformed(`${name} is not written as leaves write it`);
  }
}

function checkOffice({ office, office_seq: number, office_prev: chain }) {
  const good =
    office === null
      ? number === null && chain === null
      : isNumber(number) && (number === 1 ? chain === null : isHash(chain));
  if (!good) throw new Malformed("office, office_seq and office_prev do not go together");
}
