// What somebody gives to be verified, told apart by content: a bundle, a certificate, a policy, a checkpoint, a document.

import { Malformed, toHex } from "./bytes.mjs";
import { isBundle, isPdf, readCertificate } from "./pdf.mjs";
import { Sha256 } from "./sha256.mjs";

const SLICE = 4 * 1024 * 1024; // bytes
const [MAX_BUNDLE, MAX_PDF, MAX_TEXT] = [256, 64, 0.25].map((size) => size * 1024 * 1024); // bytes, read at once

/**
 * Tell what a file is: `{kind, …}` with kind `bundle` (bytes), `certificate` (bundle, seal), `policy` (bytes), `known`
 * (bytes) or `document` (digest, in hexadecimal). Documents are read in slices; `tell` hears which part is done, 0 to 1.
 */
export async function sorted(file, tell = () => {}) {
  const head = await read(file.slice(0, 64));
  if (file.name.toLowerCase().endsWith(".lcp") || isBundle(head)) {
    if (file.size > MAX_BUNDLE) throw new Malformed(`larger than ${MAX_BUNDLE} bytes`);
    return { kind: "bundle", bytes: await read(file) };
  }
  if (isPdf(head) && file.size <= MAX_PDF) {
    const certificate = await readCertificate(await read(file));
    if (certificate) return { kind: "certificate", ...certificate };
  }
  if (file.size <= MAX_TEXT) {
    const bytes = await read(file);
    if (isPolicy(bytes)) return { kind: "policy", bytes };
    if (file.name.toLowerCase().endsWith(".note")) return { kind: "known", bytes };
  }
  return { kind: "document", digest: await digestOf(file, tell) };
}

const read = async (part) => new Uint8Array(await part.arrayBuffer());

function isPolicy(bytes) {
  try {
    return /^scelle-policy\//.test(JSON.parse(new TextDecoder().decode(bytes)).format);
  } catch {
    return false; // something else
  }
}

async function digestOf(file, tell) {
  const hash = new Sha256();
  for (let offset = 0; offset < file.size; offset += SLICE) {
    hash.update(await read(file.slice(offset, offset + SLICE)));
    tell(Math.min(1, (offset + SLICE) / file.size));
  }
  return toHex(hash.digest());
}
