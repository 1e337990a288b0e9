// Certificates (RFC 5280), read strictly, and their signatures: RSA (PKCS #1 v1.5) and ECDSA by WebCrypto, Ed25519.

import { equal, Malformed, toBase64 } from "./bytes.mjs";
import * as ed25519 from "./ed25519.mjs";
import * as der from "./der.mjs";
import { sha256 } from "./sha256.mjs";

const NAMES = new Set([3, 4, 12, 18, 19, 20, 22, 23, 24, 26, 28, 30]); // tags of the texts of a name
const READABLE = new Set([3, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x30, 18, 19, 20, 22, 28, 29, 30]);
const FOLDED = new Set([12, 19, 20, 22, 28, 30]);
const UNIQUE_IDENTIFIER = "2.5.4.45";
const RSA = "1.2.840.113549.1.1";
const EC_KEY = "1.2.840.10045.2.1";
export const ED25519 = "1.3.101.112";
const CURVES = { "1.2.840.10045.3.1.7": ["P-256", 32], "1.3.132.0.34": ["P-384", 48], "1.3.132.0.35": ["P-521", 66] };
const SIGNED = {
  [`${RSA}.5`]: "SHA-1", [`${RSA}.11`]: "SHA-256", [`${RSA}.12`]: "SHA-384", [`${RSA}.13`]: "SHA-512",
  "1.2.840.10045.4.3.2": "SHA-256", "1.2.840.10045.4.3.3": "SHA-384", "1.2.840.10045.4.3.4": "SHA-512",
};
export const DIGESTS = {
  "2.16.840.1.101.3.4.2.1": "SHA-256", "2.16.840.1.101.3.4.2.2": "SHA-384", "2.16.840.1.101.3.4.2.3": "SHA-512",
};
const named = (...patterns) => new RegExp(`^(?:${patterns.join("|").replaceAll(".", "\\.")})$`);
// Algorithms whose parameters are null or absent: digests, and signatures of RSA, ECDSA and DSA.
const PLAIN = named(
  "1.3.14.3.2.(26|29)", "2.16.840.1.101.3.4.2.([1-9]|10)", "1.2.840.113549.1.1.(1|4|5|11|12|13|14)",
  "1.2.840.10045.4.3.[1-4]", "2.16.840.1.101.3.4.3.([1-9]|1[0-6])", "1.2.840.113549.2.([7-9]|1[01])",
);
// Algorithms of other uses, whose parameters are not read here.
const FOREIGN = named(
  "1.2.840.113549.1.3.1", "1.2.840.113549.1.5.(3|1[0-3])", "1.2.840.113549.1.12.1.[1-6]", "1.2.840.113549.3.[27]",
  "1.2.840.10040.4.1", "1.2.840.10046.2.1", "2.16.840.1.101.3.4.1.(2|22|42)",
);
const BARE = /^1\.3\.101\.11[0-3]$/;

/** Read an algorithm and its parameters. */
export function algorithm(reader) {
  const fields = reader.sequence();
  const oid = der.oid(fields.take(der.OID).body);
  if (PLAIN.test(oid)) {
    const none = fields.optional(der.NULL);
    if (none) der.nothing(none.body);
    fields.end();
    return { oid, parameters: null };
  }
  if (FOREIGN.test(oid)) throw new Malformed("an algorithm that signs nothing");
  const parameters = BARE.test(oid) || fields.place === fields.bytes.length ? null : fields.take();
  fields.end();
  if (oid === EC_KEY && (parameters === null || ![der.OID, der.NULL].includes(parameters.tag))) {
    throw new Malformed("a curve is not named");
  }
  if (oid === EC_KEY && parameters.tag === der.OID) der.oid(parameters.body);
  return { oid, parameters };
}

/** Check a name and return it as a text that is equal for equal names. */
export function name(bytes) {
  return JSON.stringify(
    der.each(bytes, (names) => {
      const parts = der.eachOfSet(names.take(der.SET).body, (set) => {
        const fields = set.sequence();
        const part = { oid: der.oid(fields.take(der.OID).body), value: fields.take() };
        fields.end();
        if ([19, 28, 30].includes(part.value.tag)) der.string(part.value);
        return part;
      });
      return parts.map(({ oid, value }) => [oid, value.tag, toBase64(value.body)]);
    }),
  );
}

/** Return the name as its texts say it, whatever their types. */
export function said(written) {
  const parts = JSON.parse(written).map((set) => {
    const read = set.map(([oid, tag, body]) => {
      const bytes = Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0));
      if (!NAMES.has(tag) || (tag === der.BITS && oid !== UNIQUE_IDENTIFIER)) throw new Malformed("not a name");
      return JSON.stringify([oid, tag === der.BITS ? [body] : der.string({ tag, body: bytes })]);
    });
    if (!read.length || new Set(read).size < read.length) throw new Malformed("not a name");
    return read.sort();
  });
  return JSON.stringify(parts);
}

/** Tell whether two names of the same texts are one for OpenSSL, which compares types where it does not fold texts. */
export function isSameName(one, other) {
  const [parts, others] = [JSON.parse(one).flat(), JSON.parse(other).flat()];
  return parts.every(([, tag], place) => tag === others[place][1] || (FOLDED.has(tag) && FOLDED.has(others[place][1])));
}

/** Tell whether OpenSSL, by which the first verifier reads what is sent along, makes something of a name. */
export function isReadable(written) {
  try {
    for (const [, tag, body] of JSON.parse(written).flat()) {
      const bytes = Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0));
      if (!READABLE.has(tag)) return false;
      if ([12, 28, 30].includes(tag)) der.string({ tag, body: bytes });
    }
    return true;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return false;
  }
}

/** Read a certificate. */
export function certificate(raw) {
  const fields = der.whole(raw, (reader) => reader.sequence());
  const tbs = fields.take(der.SEQUENCE);
  const outer = fields.take(der.SEQUENCE).raw;
  der.whole(outer, algorithm);
  const signature = der.bits(fields.take(der.BITS).body);
  fields.end();
  const read = new der.Der(tbs.body);
  const version = read.optional(0xa0);
  const number = version ? der.whole(version.body, (one) => der.small(one.take(der.INTEGER).body)) : 0;
  if (version && number === 0) throw new Malformed("a default is written");
  const made = { raw, tbs: tbs.raw, signature, version: number, serial: der.integer(read.take(der.INTEGER).body) };
  const inner = read.take(der.SEQUENCE).raw;
  made.algorithm = der.whole(inner, algorithm);
  made.sameAlgorithm = equal(inner, outer);
  made.issuer = name(read.take(der.SEQUENCE).body);
  const validity = read.sequence();
  [made.notBefore, made.notAfter] = [time(validity), time(validity)];
  validity.end();
  made.subject = name(read.take(der.SEQUENCE).body);
  made.key = publicKey(read.take(der.SEQUENCE).raw);
  for (const tag of [0x81, 0x82]) {
    const unique = read.optional(tag);
    if (unique) der.bits(unique.body);
  }
  const extended = read.optional(0xa3);
  made.extensions = extended ? extensions(der.whole(extended.body, (one) => one.take(der.SEQUENCE).body)) : [];
  read.end();
  return { ...made, fingerprint: toBase64(sha256(raw)) };
}

function time(reader) {
  return reader.tag === der.UTC_TIME ? der.moment(reader.take(der.UTC_TIME)) : der.moment(reader.take(der.TIME));
}

function publicKey(raw) {
  return der.whole(raw, (reader) => {
    const fields = reader.sequence();
    const made = { raw, ...algorithm(fields), bits: der.bits(fields.take(der.BITS).body).bytes };
    fields.end();
    return made;
  });
}

export function extensions(bytes) {
  return der.each(bytes, (reader) => {
    const fields = reader.sequence();
    const oid = der.oid(fields.take(der.OID).body);
    const critical = fields.optional(der.BOOLEAN);
    if (critical && !der.boolean(critical.body)) throw new Malformed("a default is written");
    const value = fields.take(der.OCTETS).body;
    fields.end();
    return { oid, critical: critical !== null, value };
  });
}

/** Tell whether the issuer's key signed the certificate. */
export async function isIssuedBy(issued, issuer) {
  const digest = SIGNED[issued.algorithm.oid];
  const ecdsa = issued.algorithm.oid.startsWith("1.2.840.10045.");
  const suits = ecdsa ? issuer.key.oid === EC_KEY : issuer.key.oid === (digest ? `${RSA}.1` : ED25519);
  const known = digest || issued.algorithm.oid === ED25519;
  if (issued.issuer !== issuer.subject || !issued.sameAlgorithm || !known || !suits || issued.signature.unused) {
    return false;
  }
  return isSigned(issuer.key, digest, issued.signature.bytes, issued.tbs);
}

/** Tell whether `signature` is the key's over the digest of `data`. */
export async function isSigned(key, digest, signature, data) {
  try {
    if (key.oid === `${RSA}.1`) return await check(key, { name: "RSASSA-PKCS1-v1_5", hash: digest }, signature, data);
    if (key.oid === ED25519) return await ed25519.verify(key.bits, signature, data);
    const [curve, size] = CURVES[der.oid(key.parameters.body)];
    return await check(key, { name: "ECDSA", namedCurve: curve, hash: digest }, points(signature, size), data);
  } catch {
    return false; // keys, signatures and curves that nobody can read
  }
}

async function check(key, how, signature, data) {
  const read = await crypto.subtle.importKey("spki", key.raw, how, false, ["verify"]);
  return crypto.subtle.verify(how, read, signature, data);
}

/** Write the two numbers of an ECDSA signature one after the other, as WebCrypto takes them. */
function points(signature, size) {
  const fields = der.whole(signature, (reader) => reader.sequence());
  const both = new Uint8Array(2 * size);
  for (const end of [size, 2 * size]) {
    const number = fields.take(der.INTEGER).body;
    der.unsigned(number);
    const bytes = number[0] === 0 ? number.subarray(1) : number;
    if (bytes.length > size) throw new Malformed("a number is beyond the curve");
    both.set(bytes, end - bytes.length);
  }
  fields.end();
  return both;
}
