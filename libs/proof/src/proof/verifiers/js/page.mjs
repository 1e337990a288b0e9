// The page that verifies a bundle where it is: reads the chosen files, shows the report, sends nothing.

import { fingerprint, verify } from "../scelle-verify.mjs";
import { WORDS } from "./wording.mjs";

const form = document.getElementById("form");
const output = document.getElementById("report");
const chosen = (id) => Array.from(document.getElementById(id).files);
const read = async (file) => new Uint8Array(await file.arrayBuffer());

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  output.setAttribute("aria-busy", "true");
  output.replaceChildren(element("p", "Vérification en cours…"));
  const started = performance.now();
  try {
    const [bundle] = chosen("bundle");
    const [policy] = chosen("policy");
    const documents = new Map();
    for (const file of chosen("documents")) documents.set(file.name, fingerprint(await read(file)));
    const known = await Promise.all(chosen("known").map(read));
    const level = Number(document.getElementById("level").value);
    const report = await verify(await read(bundle), policy ? await read(policy) : null, { known, documents, level });
    output.replaceChildren(...shown(report), element("p", `Durée : ${Math.round(performance.now() - started)} ms.`));
  } catch (error) {
    output.replaceChildren(element("p", `La vérification n'a pas pu avoir lieu : ${error.message}`, "failed"));
  }
  output.removeAttribute("aria-busy");
});

function element(name, text = "", style = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (style) made.className = style;
  return made;
}

/** Show a report as the command writes it. */
function shown(report) {
  const { origin, level, scope } = report;
  const bad = ["tampered", "malformed"].includes(report.verdict);
  const verdict = element("p", WORDS[report.verdict], bad ? "failed" : "");
  verdict.id = "verdict";
  const parts = [verdict];
  if (report.problem) parts.push(element("p", report.problem));
  if (level !== null) parts.push(element("p", `${WORDS.level} ${level} : ${WORDS[`level-${level}`]}`));
  if (scope) parts.push(element("p", `${WORDS[scope.kind]} ${scope.id} (${report.entries} ${WORDS.entries})`));
  if (origin) {
    parts.push(element("p", `${WORDS.log} ${origin}, ${report.size} ${WORDS.leaves}, ${WORDS.root} ${report.root}`));
  }
  for (const name of ["witnessed_at", "stamped_at", "anchored_at"]) {
    if (report[name]) parts.push(element("p", `${WORDS[name]} ${report[name]}`));
  }
  for (const anchor of report.anchors ?? []) parts.push(element("p", `${WORDS.anchor} ${anchor}`));
  return [...parts, table(report.checks), element("p", WORDS.limits)];
}

function table(checks) {
  const made = element("table");
  made.append(element("caption", "Contrôles"));
  const head = made.createTHead().insertRow();
  for (const title of ["Contrôle", "Ce qui est vérifié", "Résultat", "Examinés", "Où"]) {
    const cell = element("th", title);
    cell.scope = "col";
    head.append(cell);
  }
  const body = made.createTBody();
  for (const { name, state, examined, findings } of checks) {
    const row = body.insertRow();
    const title = element("th", name);
    title.scope = "row";
    const result = state === "not-applicable" ? "sans objet" : WORDS[state];
    row.append(title, element("td", WORDS[name]), element("td", result, state), element("td", examined));
    row.append(element("td", findings.join(", ")));
  }
  return made;
}
