// The electronic seal of a PDF (ISO 32000-2, 12.8; ETSI EN 319 142-1): whether the file is still what was sealed.
// Whose certificate sealed it is told, not judged: no policy says which one an office has.

import { equal, Malformed } from "./bytes.mjs";
import * as der from "./der.mjs";
import { contentOf } from "./timestamp.mjs";
import { algorithm, DIGESTS, isSigned, said } from "./x509.mjs";

const RANGE = /\/ByteRange\s*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]/g;
const [DATA, CONTENT_TYPE, MESSAGE_DIGEST] = ["1.2.840.113549.1.7.1", "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"];
const SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"; // RFC 5035
const [COMMON_NAME, ORGANISATION] = ["2.5.4.3", "2.5.4.10"];

/** Read the seal of a file: `{holds, by}`, or null for a file without one. `text` has a character for each byte. */
export async function readSeal(text, bytes) {
  const ranges = [...text.matchAll(RANGE)];
  if (!ranges.length) return /\/ByteRange|\/Type\s*\/Sig\b|\/AcroForm/.test(text) ? { holds: false, by: null } : null;
  const [start, first, second, last] = ranges.at(-1).slice(1).map(Number);
  const whole = ranges.length === 1 && start === 0 && second + last === bytes.length && first < second;
  if (!whole || text[first] !== "<" || text[second - 1] !== ">") return { holds: false, by: null };
  const signed = new Uint8Array(first + last);
  signed.set(bytes.subarray(0, first));
  signed.set(bytes.subarray(second), first);
  try {
    return await verified(fromHex(text.slice(first + 1, second - 1)), signed);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { holds: false, by: null };
  }
}

async function verified(padded, signed) {
  const message = new der.Der(padded).take(der.SEQUENCE);
  if (padded.subarray(message.raw.length).some((byte) => byte)) throw new Malformed("something follows the signature");
  const { info, certificates, signers } = contentOf(message.body);
  const [signer] = signers;
  const certificate = certificates.find((one) => one && one.issuer === signer.issuer && equal(one.serial, signer.serial));
  const digest = DIGESTS[signer.digestOid];
  if (signers.length !== 1 || info.type !== DATA || info.content || !certificate || !digest || !signer.signedAttributes) {
    throw new Malformed("not a seal of one signer over the file");
  }
  const only = (kind, tag) => {
    const values = signer.attributes.filter(({ oid }) => oid === kind).flatMap((one) => one.values);
    if (values.length !== 1 || values[0].tag !== tag) throw new Malformed("an attribute is missing or doubled");
    return values[0].body;
  };
  const named = new der.Der(new der.Der(only(SIGNING_CERTIFICATE, der.SEQUENCE)).take(der.SEQUENCE).body).sequence();
  const how = named.tag === der.SEQUENCE ? DIGESTS[algorithm(named).oid] : "SHA-256";
  const holds =
    how !== undefined && equal(named.take(der.OCTETS).body, await hashed(how, certificate.raw)) &&
    equal(only(MESSAGE_DIGEST, der.OCTETS), await hashed(digest, signed)) &&
    der.oid(only(CONTENT_TYPE, der.OID)) === DATA &&
    (await isSigned(certificate.key, digest, signer.signature, signer.signedAttributes));
  return { holds, by: whose(certificate.subject) };
}

const hashed = async (how, bytes) => new Uint8Array(await crypto.subtle.digest(how, bytes));

/** Return the common name and the organisation of a certificate. */
function whose(subject) {
  const parts = JSON.parse(said(subject)).flat().map((part) => JSON.parse(part));
  const found = [COMMON_NAME, ORGANISATION].flatMap((oid) => parts.filter(([kind]) => kind === oid).map(([, value]) => value));
  return [...new Set(found)].join(", ");
}

function fromHex(digits) {
  if (!/^(?:[0-9a-fA-F]{2})+$/.test(digits)) throw new Malformed("not hexadecimal");
  return Uint8Array.from({ length: digits.length / 2 }, (_, place) => parseInt(digits.slice(2 * place, 2 * place + 2), 16));
}
