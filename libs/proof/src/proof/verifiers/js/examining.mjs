// What a person gave, verified together: the report on the bundle, what a certificate adds, and each document held.

import { readBundle } from "./bundle.mjs";
import { check, readLeaves } from "./checks.mjs";
import { verify } from "../scelle-verify.mjs";

const CERTIFICATE = "CERTIFICATE";
const DECIDED = { "dossier.document-validated": "validated", "dossier.document-refused": "refused" };

/**
 * Verify `proof` (a bundle or a certificate, as `sorted` tells them) and return the report of the verifier with the
 * checks of the certificate before it; `documents` of it are those of the bundle, `held` says of each file of
 * `documents` (names to SHA-256) which of them it is, null for none.
 */
export async function examined(proof, policy, { known, documents, level, at }) {
  const extra = proof.kind === "certificate" ? certificateChecks(proof) : [];
  const bytes = proof.kind === "certificate" ? proof.bundle : proof.bytes;
  const report = bytes ? await verify(bytes, policy, { known, documents, level, at }) : unreadable(level);
  const shown = bytes && report.scope ? documentsOf(bytes) : [];
  const broken = extra.some(({ name, state }) => name === "certificate-seal" && state === "failed");
  if (broken) Object.assign(report, { verdict: "tampered", level: null });
  const held = [...documents].map(([name, digest]) => ({ name, digest, is: shown.find((one) => one.sha256 === digest) ?? null }));
  return { ...report, checks: [...extra, ...report.checks], documents: shown, held, seal: proof.seal ?? null };
}

function certificateChecks({ name, bundle, seal }) {
  return [
    check("certificate-attachment", CERTIFICATE, 1, bundle ? [] : [name]),
    check("certificate-seal", CERTIFICATE, seal ? 1 : 0, seal && !seal.holds ? [name] : []),
  ];
}

function unreadable(asked) {
  const nothing = { level: null, origin: null, size: null, root: null, scope: null, entries: 0, problem: null };
  return { verdict: "malformed", asked, ...nothing, witnessed_at: null, stamped_at: null, checks: [] };
}

/** List the documents of a bundle, as its entries and its disclosed contents say. */
function documentsOf(bytes) {
  const { pairs } = readLeaves(readBundle(bytes));
  const [found, decisions] = [new Map(), new Map()];
  for (const { item, leaf } of pairs) {
    const data = item.opening?.payload.data ?? {};
    if (leaf.isEvent && leaf.type in DECIDED) decisions.set(data.version_id, { state: DECIDED[leaf.type], at: leaf.recorded_at });
    for (const { ver, size } of leaf.isEvent ? leaf.docs : []) {
      const told = { version: ver, size, at: leaf.recorded_at, name: text(data.name), sha256: text(data.sha256) };
      if (!found.has(ver)) found.set(ver, told);
    }
  }
  return [...found.values()].map((one) => ({ ...one, decision: decisions.get(one.version) ?? null }));
}

const text = (value) => (typeof value === "string" ? value : null);
