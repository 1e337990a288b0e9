// Certificates: PDF files with a proof bundle attached, as the journal prints them, and the seal of whoever printed.
// The pages themselves are read by nobody here: what is proven is what the attached bundle says.

import { Malformed } from "./bytes.mjs";
import { readSeal } from "./seal.mjs";

const MAX_PDF = 512 * 1024 * 1024; // bytes
const SPECIFICATION = /\/EF\s*<<\s*\/F\s+(\d+)\s+0\s+R[^>]*>>\s*\/F\s*\(([^()]{1,200}\.lcp)\)/g;
const STREAM = /\/Type\s*\/EmbeddedFile\b[^]{0,200}?>>\s*stream\r?\n/g;
const [OBJECT, LENGTH, FILTER] = [/(\d+)\s+0\s+obj\b/g, /\/Length\s+(\d{1,9})\b/, /\/Filter\b/];
const DICTIONARY = 1000; // characters before the type of a stream, at most

/** Tell whether a file begins as a PDF does. */
export const isPdf = (head) => String.fromCharCode(...head.subarray(0, 5)) === "%PDF-";

/**
 * Read a certificate: `{bundle, seal}`, or null for a PDF that never said to have a bundle attached.
 *
 * `bundle` are the bytes of the one that is attached, null where it is no longer whole or not the only one.
 */
export async function readCertificate(bytes) {
  if (bytes.length > MAX_PDF) throw new Malformed(`larger than ${MAX_PDF} bytes`);
  const text = new TextDecoder("latin1").decode(bytes); // one character for each byte
  const named = new Set([...text.matchAll(SPECIFICATION)].map(([, number]) => number));
  const bundles = attached(text, bytes).filter(({ number, content }) => named.has(number) || isBundle(content));
  if (!named.size && !bundles.length) return null;
  const whole = named.size === 1 && bundles.length === 1 && bundles[0].content !== null;
  return { bundle: whole ? bundles[0].content : null, seal: await readSeal(text, bytes) };
}

/** Tell whether a file begins as a bundle does: an archive whose first file is the readme. */
export function isBundle(content) {
  if (content === null || content.length < 43) return false;
  return String.fromCharCode(...content.subarray(0, 4), ...content.subarray(30, 43)) === "PK\u0003\u0004README.fr.txt";
}

/** List the embedded streams; the content of one that is cut short or packed is null. */
function attached(text, bytes) {
  return [...text.matchAll(STREAM)].map((found) => {
    const before = text.slice(Math.max(0, found.index - DICTIONARY), found.index);
    const objects = [...before.matchAll(OBJECT)];
    const dictionary = before.slice(objects.at(-1)?.index ?? 0) + found[0];
    const start = found.index + found[0].length;
    const length = Number(LENGTH.exec(dictionary)?.[1] ?? -1);
    const plain = length >= 0 && !FILTER.test(dictionary) && /^\s*endstream\b/.test(text.slice(start + length, start + length + 20));
    return { number: objects.at(-1)?.[1], content: plain ? bytes.subarray(start, start + length) : null };
  });
}
