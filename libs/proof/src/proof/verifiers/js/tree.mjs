// RFC 6962 trees with SHA-256; proofs are verified as in RFC 9162, 2.1.3.2 and 2.1.4.2. Places are below 2**53, so that
// they are halved as numbers and not as 32 bits.

import { concat, equal } from "./bytes.mjs";
import { sha256 } from "./sha256.mjs";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const EMPTY = sha256(new Uint8Array());

const half = (number) => Math.floor(number / 2);
const odd = (number) => number % 2 === 1;
const areHashes = (...values) => values.every((value) => value.length === 32);

export const leafHash = (entry) => sha256(concat(LEAF, entry));
const nodeHash = (left, right) => sha256(concat(NODE, left, right));

export function verifyInclusion(leaf, index, size, proof, root) {
  if (!(index >= 0 && index < size) || !areHashes(leaf, root, ...proof)) return false;
  let [position, last, digest] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) return false;
    if (odd(position) || position === last) {
      digest = nodeHash(sibling, digest);
      while (position && !odd(position)) [position, last] = [half(position), half(last)];
    } else {
      digest = nodeHash(digest, sibling);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && equal(digest, root);
}

export function verifyConsistency(first, second, firstRoot, secondRoot, proof) {
  if (!(first >= 0 && first <= second) || !areHashes(firstRoot, secondRoot, ...proof)) return false;
  if (first === 0) return proof.length === 0 && equal(firstRoot, EMPTY);
  if (first === second) return proof.length === 0 && equal(firstRoot, secondRoot);
  const path = Number.isInteger(Math.log2(first)) && 2 ** Math.log2(first) === first ? [firstRoot, ...proof] : proof;
  if (!path.length) return false;
  let [position, last] = [first - 1, second - 1];
  while (odd(position)) [position, last] = [half(position), half(last)];
  let [old, now] = [path[0], path[0]];
  for (const sibling of path.slice(1)) {
    if (last === 0) return false;
    if (odd(position) || position === last) {
      [old, now] = [nodeHash(sibling, old), nodeHash(sibling, now)];
      while (position && !odd(position)) [position, last] = [half(position), half(last)];
    } else {
      now = nodeHash(now, sibling);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && equal(old, firstRoot) && equal(now, secondRoot);
}
