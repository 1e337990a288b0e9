// A time-stamping authority that the policy names: its certificate, its issuers' up to the root, its policies.

import { fromBase64, Malformed, toBase64 } from "./bytes.mjs";
import { hasExactly } from "./canonical.mjs";
import * as der from "./der.mjs";
import { certificate, isIssuedBy } from "./x509.mjs";

const MAX_CHAIN = 8; // certificates
const PEM = /-----BEGIN (X509 CERTIFICATE|CERTIFICATE)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;
const DOTTED = /^(?:[01]\.(?:[0-9]|[1-3][0-9])|2\.(?:0|[1-9][0-9]{0,37}))(?:\.(?:0|[1-9][0-9]{0,37}))*$/;
const [KEY_IDENTIFIER, KEY_USAGE, BASIC] = ["2.5.29.14", "2.5.29.15", "2.5.29.19"];
const [ISSUER_KEY, USAGE] = ["2.5.29.35", "2.5.29.37"];
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const UNDERSTOOD = [14, 15, 17, 19, 30, 31, 32, 33, 35, 36, 37, 54].map((last) => `2.5.29.${last}`);
const [SIGNS, VOUCHES, CERTIFIES] = [0x80, 0x40, 0x04]; // bits of the first byte of a key's usage

/** Read an authority of a policy. */
export async function authority(value) {
  if (!hasExactly(value, ["certificates", "policies"])) throw new Malformed("not the members of an authority");
  const { certificates: pem, policies } = value;
  if (typeof pem !== "string" || !Array.isArray(policies)) throw new Malformed("not the members of an authority");
  const good = policies.length && policies.every((one) => typeof one === "string" && DOTTED.test(one));
  if (!good || new Set(policies).size < policies.length) throw new Malformed("an authority has policies, each once");
  const certificates = [...pem.matchAll(PEM)].map(([, , base64]) => certificate(fromBase64(base64.replace(/\s/g, ""))));
  if (!certificates.length || certificates.length > MAX_CHAIN) throw new Malformed(`1 to ${MAX_CHAIN} certificates`);
  for (const [place, one] of certificates.entries()) {
    if (one.version !== 0 && one.version !== 2) throw new Malformed("a certificate of another version");
    const issuer = certificates[place + 1] ?? one;
    if (!(await isIssuedBy(one, issuer))) throw new Malformed("the certificates do not form a chain");
  }
  const usage = certificates[0].extensions.find(({ oid }) => oid === USAGE);
  const purposes = usage && der.each(sequenceOf(usage.value), (reader) => der.oid(reader.take(der.OID).body));
  if (!usage?.critical || purposes.length !== 1 || purposes[0] !== TIME_STAMPING) {
    throw new Malformed("the first certificate is not for time stamping alone");
  }
  return { certificates, policies };
}

/** Tell whether each certificate may be used for its part in the chain (RFC 5280, 6.1; RFC 3161, 2.3). */
export function isUsable([signer, ...issuers]) {
  const uses = usageOf(signer);
  if (uses !== null && (uses & ~(SIGNS | VOUCHES) || !(uses & (SIGNS | VOUCHES)))) return false;
  let below = 0; // authorities under the one that is looked at, those that issue to themselves not counted
  for (const [place, one] of [signer, ...issuers].entries()) {
    if (one.extensions.some(({ critical, oid }) => critical && !UNDERSTOOD.includes(oid))) return false;
    const next = issuers[place] ?? one;
    const [wanted, own] = [issuerKey(one), extension(next, KEY_IDENTIFIER)];
    if (wanted !== null && own !== null && wanted !== toBase64(own.value.subarray(2))) return false;
    if (place && !maySign(one, below, place === issuers.length)) return false;
    if (place && one.issuer !== one.subject) below++;
  }
  return true;
}

function maySign(one, below, isRoot) {
  const [uses, basic] = [usageOf(one), extension(one, BASIC)];
  if (uses !== null && !(uses & CERTIFIES)) return false;
  if (basic === null) return isRoot && (uses !== null || one.version === 0); // a root from before there were extensions
  const fields = new der.Der(sequenceOf(basic.value));
  const flag = fields.optional(der.BOOLEAN);
  const limit = fields.optional(der.INTEGER);
  return flag !== null && (limit === null || below <= der.unsigned(limit.body));
}

const extension = (one, wanted) => one.extensions.find(({ oid }) => oid === wanted) ?? null;
const sequenceOf = (bytes) => der.whole(bytes, (reader) => reader.take(der.SEQUENCE).body);

/** Return the first byte of what the key may be used for, null when the certificate does not say. */
function usageOf(one) {
  const found = extension(one, KEY_USAGE);
  return found && (der.bits(der.whole(found.value, (reader) => reader.take(der.BITS).body)).bytes[0] ?? 0);
}

/** Return the identifier of the key that issued, null when the certificate does not say. */
function issuerKey(one) {
  const found = extension(one, ISSUER_KEY);
  const identifier = found && new der.Der(sequenceOf(found.value)).optional(0x80);
  return identifier && toBase64(identifier.body);
}
