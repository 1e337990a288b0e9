// Whom the verifier trusts: a file that comes from outside what is verified, never from inside.

import { Malformed } from "./bytes.mjs";
import { hasExactly, isObject, read } from "./canonical.mjs";
import { NOTE, parseKey, POST_QUANTUM, WITNESS } from "./note.mjs";
import { microseconds } from "./time.mjs";
import { authority } from "./authority.mjs";
import { block } from "./ots.mjs";

const MAX_POLICY = 256 * 1024; // bytes
const MAX_DEPTH = 4; // quorums inside each other, the outermost counted
const BOUND = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)$/;
const [FIRST, LAST] = [microseconds("0001-01-01T00:00:00Z"), microseconds("9999-12-31T23:59:59.999999Z")];

/** Read a policy file (any JSON layout, no doubled keys). */
export async function readPolicy(data) {
  if (data.length > MAX_POLICY) throw new Malformed(`the policy is larger than ${MAX_POLICY} bytes`);
  const value = read(data);
  const former = isObject(value) && value.format === "scelle-policy/1";
  const more = isObject(value) && "blocks" in value ? ["quorum", "authorities", "blocks"] : ["quorum", "authorities"];
  const members = ["format", "origin", "log_keys", ...(former ? [] : more)];
  if (!hasExactly(value, members)) throw new Malformed("the policy has not exactly the members of its format");
  if (!former && value.format !== "scelle-policy/2") throw new Malformed("the format is not understood");
  const { origin, quorum = null, authorities = [], blocks = [] } = value;
  if (typeof origin !== "string" || !/^[^\u0000-\u001f]+$/.test(origin) || /\p{Surrogate}/u.test(origin)) {
    throw new Malformed("the origin is not one line of text");
  }
  const trusted = quorum === null ? null : quorumOf(quorum, MAX_DEPTH);
  const policy = { origin, logKeys: list(value.log_keys).map(logKey), quorum: trusted, authorities: [] };
  policy.blocks = list(blocks).map(block);
  const witnesses = trusted ? cosigners(trusted) : [];
  checkKeys(policy.logKeys.map(({ key }) => key), witnesses);
  for (const one of list(authorities)) policy.authorities.push(await authority(one));
  const signers = new Set(policy.authorities.map(({ certificates: [signer] }) => signer.fingerprint));
  if (signers.size < policy.authorities.length) throw new Malformed("two authorities sign with the same certificate");
  const heights = new Set(policy.blocks.map(({ height }) => height));
  if (heights.size < policy.blocks.length) throw new Malformed("two blocks have the same height");
  return { ...policy, witnesses };
}

/** Tell whether a key of the log is trusted at `moment`. */
export const holds = ({ notBefore, notAfter }, moment) =>
  (notBefore === null || notBefore <= moment) && (notAfter === null || moment <= notAfter);

/** Tell whether these keys are enough for the quorum. */
export function met(quorum, present) {
  const count = quorum.members.filter((one) => (one.members ? met(one, present) : present.has(one.id + one.name)));
  return count.length >= quorum.threshold;
}

function logKey(item) {
  if (!hasExactly(item, ["vkey", "not_before", "not_after"])) throw new Malformed("not the members of a key");
  const made = {
    key: parseKey(item.vkey, [NOTE, POST_QUANTUM]), notBefore: bound(item.not_before), notAfter: bound(item.not_after),
  };
  if (made.notBefore !== null && made.notAfter !== null && made.notBefore > made.notAfter) {
    throw new Malformed("a key is trusted until before it is trusted");
  }
  return made;
}

function bound(written) {
  if (written === null) return null;
  const moment = typeof written === "string" && BOUND.test(written) ? microseconds(written) : null;
  if (moment === null || moment < FIRST || moment > LAST) throw new Malformed("a bound is a time with a time zone");
  return moment;
}

function quorumOf(value, depth) {
  if (depth === 0) throw new Malformed("quorums are inside each other too deeply");
  if (!hasExactly(value, ["threshold", "members"])) throw new Malformed("not the members of a quorum");
  const members = list(value.members).map((member) =>
    typeof member === "string" ? parseKey(member, [WITNESS, POST_QUANTUM]) : quorumOf(member, depth - 1),
  );
  const { threshold } = value;
  if (typeof threshold !== "number" || threshold < 1 || threshold > members.length) {
    throw new Malformed("a quorum asks for one of its members at least, and for all at most");
  }
  return { threshold, members };
}

function cosigners(quorum) {
  return quorum.members.flatMap((member) => (member.members ? cosigners(member) : [member]));
}

function checkKeys(logKeys, witnesses) {
  const materials = witnesses.map(material);
  if (new Set(materials).size < materials.length) throw new Malformed("a cosigner counts once in a quorum");
  if (!logKeys.some(({ type }) => type === NOTE)) throw new Malformed("a policy has an Ed25519 key of the log");
  const keys = new Map();
  for (const key of [...logKeys, ...witnesses]) {
    const known = keys.get(key.id + key.name);
    if (known && (known.type !== key.type || material(known) !== material(key))) {
      throw new Malformed("two keys have the same name and id");
    }
    keys.set(key.id + key.name, key);
  }
  if (logKeys.some((key) => materials.includes(material(key)))) throw new Malformed("a key of the log is no witness");
}

const material = (key) => key.material.join();

function list(value) {
  if (!Array.isArray(value)) throw new Malformed("a list is expected");
  return value;
}
