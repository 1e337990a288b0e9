// Answers the questions of the tests, one JSON value per line, so that Node starts once for all of them.

import { createInterface } from "node:readline";
import { authority } from "../../libs/proof/src/proof/verifiers/js/authority.mjs";
import { Malformed } from "../../libs/proof/src/proof/verifiers/js/bytes.mjs";
import { encode, parse } from "../../libs/proof/src/proof/verifiers/js/canonical.mjs";
import * as ed25519 from "../../libs/proof/src/proof/verifiers/js/ed25519.mjs";
import * as mldsa from "../../libs/proof/src/proof/verifiers/js/mldsa.mjs";
import { parseLeaf } from "../../libs/proof/src/proof/verifiers/js/leaf.mjs";
import { readProof } from "../../libs/proof/src/proof/verifiers/js/ots.mjs";
import { Sha256 } from "../../libs/proof/src/proof/verifiers/js/sha256.mjs";
import { verifyToken } from "../../libs/proof/src/proof/verifiers/js/timestamp.mjs";
import { WORDS } from "../../libs/proof/src/proof/verifiers/js/wording.mjs";
import { verify } from "../../libs/proof/src/proof/verifiers/scelle-verify.mjs";

const bytes = (encoded) => new Uint8Array(Buffer.from(encoded, "base64"));

const answers = {
  verify({ bundle, policy, known, documents, at, level }) {
    const trust = { known: known.map(bytes), documents: new Map(documents), at, level };
    return verify(bytes(bundle), policy === null ? null : bytes(policy), trust);
  },
  ed25519: ({ key, signature, message }) => ed25519.verify(bytes(key), bytes(signature), bytes(message)),
  mldsa: ({ key, signature, message }) => mldsa.verify(bytes(key), bytes(signature), bytes(message)),
  canonical: ({ data }) => refusable(() => encode(parse(bytes(data)))),
  leaf: ({ data }) => refusable(() => parseLeaf(bytes(data)).kind),
  async timestamp({ certificates, policies, digest, response }) {
    const trusted = await authority(Object.assign(Object.create(null), { certificates, policies }));
    const { code, at } = await verifyToken(bytes(response), bytes(digest), [trusted]);
    return code ?? String(at);
  },
  anchor: ({ data }) =>
    refusable(() => {
      const { digest, attestations } = readProof(bytes(data));
      const known = attestations.filter(({ height, message }) => height !== undefined && message !== null);
      const roots = known.map(({ height, message }) => [height, Buffer.from(message).toString("hex")]);
      return { digest: Buffer.from(digest).toString("hex"), roots, waits: attestations.some(({ pending }) => pending) };
    }),
  digest: ({ pieces }) => Buffer.from(pieces.reduce((hash, piece) => hash.update(bytes(piece)), new Sha256()).digest()).toString("hex"),
  wording: () => WORDS,
  authority: ({ certificates, policies }) =>
    refusable(async () => (await authority(Object.assign(Object.create(null), { certificates, policies }))).policies),
};

async function refusable(ask) {
  try {
    return { value: await ask() };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { refused: error.message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { question, ...given } = JSON.parse(line);
  let answer;
  try {
    answer = { answer: await answers[question](given) };
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
