// RFC 3161 tokens over checkpoints, under the authorities of the policy. The certificate that signs is pinned: that a
// token's own certificate leads to a trusted root is not enough.

import { isUsable } from "./authority.mjs";
import { equal, Malformed } from "./bytes.mjs";
import * as der from "./der.mjs";
import { SECOND } from "./time.mjs";
import { algorithm, certificate, DIGESTS, ED25519, extensions } from "./x509.mjs";
import { isReadable, isSameName, isSigned, name, said } from "./x509.mjs";

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const INFO = "1.2.840.113549.1.9.16.1.4";
const [CONTENT_TYPE, MESSAGE_DIGEST] = ["1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"];
const SIGNING_CERTIFICATE = { "1.2.840.113549.1.9.16.2.12": "SHA-1", "1.2.840.113549.1.9.16.2.47": "SHA-256" };
const OLDER = ["1.3.14.3.2.26", "2.16.840.1.101.3.4.2.4"]; // SHA-1 and SHA-224: may be listed, sign nothing here
const SHA256 = "2.16.840.1.101.3.4.2.1";
const LONGEST = 86_399_999_999_999_999_999n; // microseconds of an accuracy

/** Why a token is not believed: `code` says it. */
class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** Verify an authority's answer over `digest`: `{at, accuracy}` in microseconds, or `{code}` of what is wrong. */
export async function verifyToken(response, digest, authorities) {
  try {
    return await verified(readAnswer(response), digest, authorities);
  } catch (error) {
    if (error instanceof Refused) return { code: error.code };
    if (error instanceof Malformed) return { code: "malformed" };
    throw error;
  }
}

async function verified(token, digest, authorities) {
  if (token.imprintOid !== SHA256 || !equal(token.imprint, digest)) throw new Refused("imprint");
  const authority = authorities.find(({ certificates: [signer] }) => claims(token, signer));
  if (!authority) throw new Refused("authority");
  if (!authority.policies.includes(token.policy)) throw new Refused("policy");
  for (const { notBefore, notAfter } of authority.certificates) {
    if (token.at < notBefore || token.at > notAfter) throw new Refused("chain-expired");
  }
  if (!(await isTrue(token, authority))) throw new Refused("signature");
  return { at: token.at, accuracy: token.accuracy };
}

/** Tell whether this certificate is said to sign; one that only borrows its names is another. */
function claims(token, signer) {
  const named = said(signer.issuer) === token.issuer && equal(signer.serial, token.serial);
  return named && token.own.every(({ raw }) => equal(raw, signer.raw));
}

async function isTrue(token, authority) {
  const [signer] = authority.certificates;
  if (token.sent.length && !token.own.length) return false;
  if (!token.sent.every(({ subject }) => isReadable(subject))) return false; // as if none could be read
  if (!isSameName(token.signerIssuer, signer.issuer)) return false;
  const digest = DIGESTS[token.digestOid];
  if (token.digestOids.some((oid) => !(oid in DIGESTS) && !OLDER.includes(oid))) return false;
  if (!digest || !token.digestOids.includes(token.digestOid) || signer.key.oid === ED25519) return false;
  try {
    if (!isUsable(authority.certificates) || !(await areTrue(token, signer, digest))) return false;
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
  return isSigned(signer.key, digest, token.signature, token.signedAttributes);
}

/** Tell whether the signed attributes say what was signed, its digest and by whom (RFC 5816). */
async function areTrue({ attributes, info }, signer, digest) {
  const valuesOf = (kind) => attributes.filter(({ oid }) => oid === kind).flatMap(({ values }) => values);
  const [kinds, digests] = [valuesOf(CONTENT_TYPE), valuesOf(MESSAGE_DIGEST)];
  const named = Object.entries(SIGNING_CERTIFICATE).flatMap(([kind, usual]) =>
    valuesOf(kind).map((value) => ({ value, usual })),
  );
  if (kinds.length !== 1 || kinds[0].tag !== der.OID || der.oid(kinds[0].body) !== INFO) return false;
  if (digests.length !== 1 || digests[0].tag !== der.OCTETS || !named.length) return false;
  if (!equal(digests[0].body, await hashed(digest, info))) return false;
  for (const { value, usual } of named) {
    const first = new der.Der(new der.Der(value.body).take(der.SEQUENCE).body).sequence();
    const how = first.tag === der.SEQUENCE ? DIGESTS[algorithm(first).oid] : usual;
    if (!how || !equal(first.take(der.OCTETS).body, await hashed(how, signer.raw))) return false;
  }
  return true;
}

const hashed = async (how, bytes) => new Uint8Array(await crypto.subtle.digest(how, bytes));

function readAnswer(response) {
  const { status, token } = der.whole(response, (reader) => {
    const fields = reader.sequence();
    const read = { status: statusOf(fields.sequence()), token: fields.optional(der.SEQUENCE) };
    fields.end();
    return { ...read, token: read.token && contentOf(read.token.body) };
  });
  if (status > 5) throw new Malformed("a status that does not exist");
  if (status) throw new Refused("refused");
  if (!token) throw new Malformed("an answer without a token");
  return tokenOf(token);
}

function statusOf(fields) {
  const status = der.small(fields.take(der.INTEGER).body);
  const reasons = fields.optional(der.SEQUENCE);
  if (reasons) der.each(reasons.body, (reader) => der.string(reader.take(der.UTF8)));
  const failure = fields.optional(der.BITS);
  if (failure) der.bits(failure.body);
  fields.end();
  return status;
}

/** Read the signed data (RFC 5652). */
export function contentOf(body) {
  const fields = new der.Der(body);
  if (der.oid(fields.take(der.OID).body) !== SIGNED_DATA) throw new Malformed("not signed data");
  const content = fields.take(0xa0).body;
  fields.end();
  const data = der.whole(content, (reader) => reader.sequence());
  der.small(data.take(der.INTEGER).body);
  const digestOids = der.eachOfSet(data.take(der.SET).body, (reader) => algorithm(reader).oid);
  const info = infoOf(data.sequence());
  const sent = data.optional(0xa0);
  const certificates = sent ? der.eachOfSet(sent.body, choice) : [];
  data.optional(0xa1);
  const signers = der.eachOfSet(data.take(der.SET).body, signerOf);
  data.end();
  return { digestOids, info, certificates, signers };
}

function infoOf(fields) {
  const type = der.oid(fields.take(der.OID).body);
  const content = fields.optional(0xa0);
  fields.end();
  return { type, content: content && der.whole(content.body, (reader) => reader.take(der.OCTETS).body) };
}

/** Read one certificate of a token; what is obsolete or of another kind is read as nothing. */
function choice(reader) {
  const element = reader.take();
  if (element.tag === der.SEQUENCE) return certificate(element.raw);
  const empty = [0x80, 0x81, 0xa2, der.NULL].includes(element.tag) && element.body.length === 0;
  if (!empty) throw new Malformed("a certificate of another kind");
  return null;
}

function signerOf(reader) {
  const fields = reader.sequence();
  der.small(fields.take(der.INTEGER).body);
  const named = fields.sequence();
  const read = { issuer: name(named.take(der.SEQUENCE).body), serial: der.integer(named.take(der.INTEGER).body) };
  named.end();
  read.digestOid = algorithm(fields).oid;
  const signed = fields.optional(0xa0);
  read.attributes = signed ? der.eachOfSet(signed.body, attribute) : [];
  read.signedAttributes = signed && Uint8Array.from(signed.raw);
  if (signed) read.signedAttributes[0] = der.SET; // what is signed is the set itself (RFC 5652, 5.4)
  algorithm(fields);
  read.signature = fields.take(der.OCTETS).body;
  const unsigned = fields.optional(0xa1);
  if (unsigned) der.eachOfSet(unsigned.body, attribute);
  fields.end();
  return read;
}

function attribute(reader) {
  const fields = reader.sequence();
  const oid = der.oid(fields.take(der.OID).body);
  const values = der.eachOfSet(fields.take(der.SET).body, (value) => value.take());
  fields.end();
  return { oid, values };
}

function tokenOf({ digestOids, info, certificates, signers }) {
  if (info.type !== INFO || !info.content) throw new Malformed("the content is not a timestamp");
  const read = der.whole(info.content, (reader) => stampOf(reader.sequence()));
  if (signers.length !== 1 || certificates.includes(null)) throw new Malformed("not one signer, or no certificate");
  const [signer] = signers;
  const issuer = said(signer.issuer);
  const named = certificates.map((one) => {
    if (one.version !== 0 && one.version !== 2) throw new Malformed("a certificate of another version");
    return { ...one, own: said(one.issuer) === issuer && equal(one.serial, signer.serial) };
  });
  if (read.policy === null) throw new Malformed("a timestamp without a policy");
  const own = named.filter((one) => one.own);
  return { ...read, ...signer, signerIssuer: signer.issuer, issuer, digestOids, info: info.content, sent: named, own };
}

/** Read what is signed (RFC 3161, 2.4.2). */
function stampOf(fields) {
  der.small(fields.take(der.INTEGER).body);
  const policy = fields.optional(der.OID);
  const imprint = fields.sequence();
  const read = { policy: policy && der.oid(policy.body), imprintOid: algorithm(imprint).oid };
  read.imprint = imprint.take(der.OCTETS).body;
  imprint.end();
  der.integer(fields.take(der.INTEGER).body);
  read.at = der.moment(fields.take(der.TIME), true);
  const accuracy = fields.optional(der.SEQUENCE);
  read.accuracy = accuracy ? accuracyOf(new der.Der(accuracy.body)) : 0n;
  const ordering = fields.optional(der.BOOLEAN);
  if (ordering && !der.boolean(ordering.body)) throw new Malformed("a default is written");
  const nonce = fields.optional(der.INTEGER);
  if (nonce) der.unsigned(nonce.body);
  const authority = fields.optional(0xa0);
  if (authority) der.whole(authority.body, generalName);
  const more = fields.optional(0xa1);
  if (more) extensions(more.body);
  fields.end();
  return read;
}

function accuracyOf(fields) {
  const seconds = fields.optional(der.INTEGER);
  let total = seconds ? der.unsigned(seconds.body) : 0n;
  if (seconds && seconds.body.length > 16) total = 0n;
  total *= SECOND;
  for (const [tag, unit] of [[0x80, 1000n], [0x81, 1n]]) {
    const part = fields.optional(tag);
    const count = part ? der.small(part.body, 999n) : null;
    if (count === 0) throw new Malformed("a part of an accuracy is at least 1");
    total += BigInt(count ?? 0) * unit;
  }
  fields.end();
  if (total > LONGEST) throw new Malformed("an accuracy is beyond every calendar");
  return total;
}

function generalName(reader) {
  const element = reader.take();
  if (element.tag === 0xa4) return der.whole(element.body, (one) => name(one.take(der.SEQUENCE).body));
  if (element.tag === 0x88) return der.oid(element.body);
  if (element.tag === 0xa0) {
    const fields = new der.Der(element.body);
    der.oid(fields.take(der.OID).body);
    der.whole(fields.take(0xa0).body, (one) => one.take());
    return fields.end();
  }
  if (![0x81, 0x82, 0xa3, 0xa5, 0x86, 0x87].includes(element.tag)) throw new Malformed("not a name");
  return null;
}
