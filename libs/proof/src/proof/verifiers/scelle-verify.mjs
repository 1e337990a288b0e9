// The second verifier of proof bundles, for browsers and Node: no dependency, no network, nothing leaves the page.
// Formats and checks are those of docs/spec/journal.md. Trust comes only from the policy, never from the bundle.

import { BundleMalformed, readBundle } from "./js/bundle.mjs";
import { Malformed, toBase64, toHex } from "./js/bytes.mjs";
import { chainChecks, container, knownCheck, localChecks, merkleChecks, readLeaves } from "./js/checks.mjs";
import { anchorChecks } from "./js/ots.mjs";
import { readPolicy } from "./js/policy.mjs";
import { sha256 } from "./js/sha256.mjs";
import { logCheck, readKnown, stampChecks, witnessChecks } from "./js/signatures.mjs";
import { instant, microseconds } from "./js/time.mjs";

const [LOCAL, SIGNED, REMEMBERED, WITNESSED, STAMPED, PUBLIC] = [0, 1, 2, 3, 4, 5];

/** Return the SHA-256 of a file in hexadecimal, as `documents` wants it. */
export const fingerprint = (bytes) => toHex(sha256(bytes));

/**
 * Verify the bytes of a bundle under the bytes of a policy (null for none), and return the report (scelle-report/2).
 *
 * `known` are signed checkpoints that the verifier holds (bytes), `documents` files that it holds (a Map of names to
 * SHA-256 in hexadecimal), `at` the time at which keys are trusted (RFC 3339), `level` the least assurance accepted.
 */
export async function verify(bundleBytes, policyBytes, { known = [], documents = new Map(), at, level = SIGNED } = {}) {
  const now = microseconds(at ?? new Date().toISOString());
  if (now === null) throw new TypeError("`at` is an RFC 3339 time");
  try {
    const policy = policyBytes === null ? null : await readPolicy(policyBytes);
    const bundle = readBundle(bundleBytes);
    return await examine(bundle, policy, { known: await readKnown(known, policy), documents, at: now, level });
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const checks = error instanceof BundleMalformed ? [container(error.findings)] : [];
    return report({ verdict: error.altered ? "tampered" : "malformed", asked: level, problem: error.message, checks });
  }
}

async function examine(bundle, policy, { known, documents, at, level: asked }) {
  const { pairs, read } = readLeaves(bundle);
  const remembered = knownCheck(bundle, known);
  const signature = await logCheck(bundle, policy, at);
  const outside = bundle.former ? null : policy; // the former format says nothing of witnesses and authorities
  const witnessed = await witnessChecks(bundle, outside);
  const stamped = await stampChecks(bundle, pairs, outside);
  const anchored = anchorChecks(bundle, pairs, outside);
  const checks = [
    container(bundle.altered), read, ...localChecks(bundle, pairs, documents), ...merkleChecks(bundle), remembered,
    signature, ...witnessed.checks, ...stamped.checks, ...anchored.checks, ...chainChecks(bundle, pairs),
  ];
  const tampered = checks.some(({ state }) => state === "failed");
  const level = reached(signature, remembered, witnessed, stamped, anchored);
  const { origin, size, root } = bundle.final.checkpoint;
  return report({
    verdict: tampered ? "tampered" : level >= asked ? "intact" : "below-level",
    level: tampered ? null : level,
    asked, origin, size,
    root: toBase64(root),
    scope: bundle.scope,
    entries: bundle.items.length,
    witnessed_at: witnessed.at === null ? null : instant(witnessed.at),
    stamped_at: stamped.at === null ? null : instant(stamped.at),
    ...anchorsSaid(anchored),
    checks,
  });
}

/** Return what is in the report of a bundle with anchors, and in no other. */
function anchorsSaid({ said, at }) {
  return said.length ? { anchors: said, anchored_at: at === null ? null : instant(at) } : {};
}

function reached(signature, remembered, witnessed, stamped, anchored) {
  if (signature.state !== "passed") return LOCAL;
  if (witnessed.at === null) return remembered.state === "passed" ? REMEMBERED : SIGNED;
  if (!stamped.covers) return WITNESSED;
  return anchored.covers ? PUBLIC : STAMPED;
}

function report(found) {
  return {
    format: "scelle-report/2", verdict: null, level: null, asked: null, origin: null, size: null, root: null,
    scope: null, entries: 0, witnessed_at: null, stamped_at: null, problem: null, checks: [], ...found,
  };
}
