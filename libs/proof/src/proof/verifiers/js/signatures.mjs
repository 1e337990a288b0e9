// Checks of who signed the checkpoints, the log and its witnesses, and of what authorities say of time.

import { check } from "./checks.mjs";
import { Malformed } from "./bytes.mjs";
import { parseNote, linesBy, stampedBytes } from "./note.mjs";
import { holds, met } from "./policy.mjs";
import { sha256 } from "./sha256.mjs";
import { microseconds, SECOND } from "./time.mjs";
import { verifyToken } from "./timestamp.mjs";

const FAMILY = "SIGNATURE";
const LATE = 60n * SECOND; // how far a server's clock may be ahead of an authority's
const EARLY = 7n * 86_400n * SECOND; // how long a leaf may wait for its place in the log
const [FIRST, LAST] = [microseconds("0001-01-01T00:00:00Z"), microseconds("9999-12-31T23:59:59.999999Z")];

const bySize = (checkpoints) => [...checkpoints].sort(([one], [other]) => one - other);
const named = (key) => key.id + key.name;

/** Read the checkpoints that the verifier holds; the log of the policy has to have signed them. */
export async function readKnown(known, policy) {
  const notes = [];
  for (const data of known) {
    const note = parseNote(data);
    if (note.checkpoint.origin !== policy?.origin) throw new Malformed("a checkpoint that you hold is of another log");
    const { good, wrong } = await ownSignatures(note, policy);
    if (wrong || !good.length) throw new Malformed("a checkpoint that you hold is not signed by a key of the policy");
    notes.push(note);
  }
  return notes;
}

/** Return the keys of the log that signed, and whether a line of theirs is wrong, doubled or says a time. */
async function ownSignatures(note, policy) {
  const lines = await linesBy(note, policy.logKeys.map(({ key }) => key));
  const good = lines.map(({ key }) => key);
  const wrong = lines.some(({ valid, seconds }) => !valid || seconds) || new Set(good.map(named)).size < good.length;
  return { good, wrong };
}

/** Check every checkpoint under the keys of the log; one outside its window counts for nothing, good or bad. */
export async function logCheck({ checkpoints }, policy, at) {
  const name = "checkpoint-signature";
  if (!policy) return check(name, FAMILY, 0);
  const trusted = policy.logKeys.filter((item) => holds(item, at)).map(({ key }) => key);
  const kinds = new Set(trusted.map(({ type }) => type));
  const findings = [];
  let count = 0;
  for (const [size, note] of bySize(checkpoints)) {
    const signers = await signersOf(note, policy, kinds);
    const found = (signers ?? []).filter((key) => trusted.some((one) => named(one) === named(key)));
    if (signers === null) findings.push(String(size));
    else if (kinds.size && new Set(found.map(({ type }) => type)).size === kinds.size) count++;
  }
  return check(name, FAMILY, findings.length || count === checkpoints.size ? count : 0, findings);
}

/** Return the keys of the log that signed, null when it is another log, or a line or the key of a kind is wrong. */
async function signersOf(note, policy, kinds) {
  if (note.checkpoint.origin !== policy.origin) return null;
  const { good, wrong } = await ownSignatures(note, policy);
  const missing = [...kinds].some((kind) => !good.some(({ type }) => type === kind));
  return wrong || missing || !good.length ? null : good;
}

/** Check the cosignatures of every checkpoint, whether the largest has enough, and the clocks of the witnesses. */
export async function witnessChecks({ checkpoints }, policy) {
  const [present, findings] = [[], []];
  let examined = 0;
  for (const [size, note] of bySize(checkpoints)) {
    const signed = [];
    for (const { key, valid, seconds } of await linesBy(note, policy?.witnesses ?? [])) {
      examined++;
      const good = valid && seconds && !signed.some((one) => one.key === key);
      if (good) signed.push({ key, seconds });
      else findings.push(`${size}: ${key.name}`);
    }
    present.push({ size, signed });
  }
  const at = policy?.quorum ? reached(policy.quorum, present.at(-1).signed) : null;
  const checks = [
    check("cosignature", FAMILY, examined, findings),
    check("witness-quorum", FAMILY, at === null ? 0 : 1),
    clockCheck(present),
  ];
  return { checks, at };
}

/** Return the moment of the cosignature that completes the quorum, null when none does. */
function reached(quorum, signed) {
  const present = new Set();
  for (const { key, seconds } of [...signed].sort((one, other) => one.seconds - other.seconds)) {
    present.add(named(key));
    if (met(quorum, present)) return BigInt(seconds) * SECOND;
  }
  return null;
}

/** A witness says that it has seen nothing larger: its times grow with the sizes. */
function clockCheck(present) {
  const carrying = present.filter(({ signed }) => signed.length);
  const examined = carrying.length > 1 ? carrying.reduce((sum, { signed }) => sum + signed.length, 0) : 0;
  const [latest, findings] = [new Map(), []];
  for (const { size, signed } of present) {
    for (const { key, seconds } of signed) {
      const before = latest.get(named(key)) ?? seconds;
      if (seconds < before) findings.push(`${size}: ${key.name}`);
      latest.set(named(key), Math.max(before, seconds));
    }
  }
  return check("witness-clock", FAMILY, examined, findings);
}

/** Verify every token over its checkpoint; `stamps` are those that hold. */
export async function stampChecks({ checkpoints, tokens, items }, pairs, policy) {
  const examined = policy?.authorities.length ? tokens : [];
  const [stamps, findings] = [[], []];
  const ordered = [...examined].sort((one, other) => one.size - other.size || one.number - other.number);
  for (const { size, number, content } of ordered) {
    const imprint = sha256(stampedBytes(checkpoints.get(size)));
    const { code, at, accuracy } = await verifyToken(content, imprint, policy.authorities);
    if (code) findings.push(`${size}-${number}: ${code}`);
    else {
      const around = { earliest: within(at - accuracy), latest: within(at + accuracy) };
      stamps.push({ name: `${size}-${number}`, size, at, ...around });
    }
  }
  const believed = check("timestamp", FAMILY, examined.length, findings);
  const checks = [believed, orderCheck(stamps), recordedCheck(pairs, stamps)];
  const events = pairs.filter(({ leaf }) => leaf.isEvent).map(({ item }) => item.index);
  const last = events.reduce((one, other) => Math.max(one, other), -1);
  return {
    checks,
    at: stamps.reduce((last_, { at }) => (last_ === null || at > last_ ? at : last_), null),
    covers: stamps.some(({ size }) => size > last),
  };
}

const within = (moment) => (moment < FIRST ? FIRST : moment > LAST ? LAST : moment);

function orderCheck(stamps) {
  const several = new Set(stamps.map(({ size }) => size)).size > 1;
  const wrong = stamps.filter(({ size, latest }) => stamps.some((one) => one.size < size && latest < one.earliest));
  return check("timestamp-order", FAMILY, several ? stamps.length : 0, wrong.map(({ name }) => name));
}

/** Compare when each leaf says that it was recorded with the timestamps on both sides of its place. */
function recordedCheck(pairs, stamps) {
  if (!stamps.length) return check("recorded-time", FAMILY, 0);
  const wrong = pairs.filter(({ item: { index }, leaf }) => {
    const recorded = microseconds(leaf.recorded_at);
    return stamps.some(({ size, earliest, latest }) =>
      index < size ? recorded > within(latest + LATE) : recorded < within(earliest - EARLY),
    );
  });
  return check("recorded-time", FAMILY, pairs.length, wrong.map(({ item }) => String(item.index)));
}
