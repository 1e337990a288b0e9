// The page that verifies what is dropped on it, where it is: reads the files, shows the report, sends nothing.

import { Malformed, utf8 } from "./bytes.mjs";
import { examined } from "./examining.mjs";
import { KINDS } from "./meanings.mjs";
import { element, shown } from "./showing.mjs";
import { sorted } from "./sorting.mjs";

const [form, drop, list, output, status] = ["form", "drop", "given", "report", "status"].map((id) => document.getElementById(id));
const [picker, policyPicker, level] = ["bundle", "policy", "level"].map((id) => document.getElementById(id));
const given = new Set(); // what was given and not taken back: {file, kind, …}
let turn = 0;

async function add(files) {
  await Promise.all(Array.from(files, take));
  await run();
}

async function take(file) {
  const one = { file, name: file.name, ...row(file) };
  given.add(one);
  try {
    const found = await sorted(file, (part) => { one.progress.hidden = false; one.progress.value = part; });
    Object.assign(one, found);
    one.said.textContent = KINDS[one.kind];
    if (["bundle", "certificate", "policy"].includes(one.kind)) replaced(one);
  } catch (error) {
    one.kind = "unreadable";
    one.said.textContent = error instanceof Malformed ? "Trop grand pour cette page : utilisez la commande « scelle verify »." : "Ne peut pas être lu.";
  }
  one.progress.hidden = true;
}

/** One proof and one policy at a time: the last one counts. */
function replaced(last) {
  const proofs = ["bundle", "certificate"];
  const same = (one) => one !== last && (one.kind === last.kind || (proofs.includes(one.kind) && proofs.includes(last.kind)));
  for (const one of [...given].filter(same)) removed(one);
}

function removed(one) {
  given.delete(one);
  one.line.remove();
}

function row(file) {
  const [said, progress] = [element("span", "Lecture…", "muted small"), element("progress")];
  progress.max = 1;
  progress.hidden = true;
  progress.setAttribute("aria-label", `Lecture de ${file.name}`);
  const button = element("button", "Retirer", "button quiet small", element("span", ` ${file.name}`, "visually-hidden"));
  button.type = "button";
  const line = element("li", "", "file", element("span", file.name, "file-name"), said, progress, button);
  list.append(line);
  button.addEventListener("click", () => {
    for (const one of [...given].filter((each) => each.line === line)) removed(one);
    picker.focus();
    run();
  });
  return { line, said, progress };
}

const kinds = (...wanted) => [...given].filter(({ kind }) => wanted.includes(kind));

async function run() {
  const mine = ++turn;
  const [proof] = kinds("bundle", "certificate");
  if (!proof) return ask();
  const [own] = kinds("policy");
  const offered = form.dataset.policy ? utf8(form.dataset.policy) : null;
  const documents = new Map();
  for (const { name, digest } of kinds("document")) documents.set(unused(name, documents), digest);
  const trust = { known: kinds("known").map(({ bytes }) => bytes), documents, level: Number(level.value) };
  output.setAttribute("aria-busy", "true");
  say("Vérification en cours…");
  await new Promise((done) => { setTimeout(done); }); // lets the sentence be shown
  const started = performance.now();
  const report = await examined(proof, own ? own.bytes : offered, trust);
  if (mine !== turn) return null; // something else was given meanwhile
  const print = element("button", "Imprimer ce résultat", "button");
  print.type = "button";
  print.addEventListener("click", () => window.print());
  const lasted = element("p", `Durée : ${Math.round(performance.now() - started)} ms, dans cette page.`, "small muted");
  output.replaceChildren(...shown(report, { own: Boolean(own), name: proof.name }), lasted, element("p", "", "actions", print));
  output.removeAttribute("aria-busy");
  say(document.getElementById("verdict").textContent);
  return report;
}

function ask() {
  const files = kinds("document", "known", "policy").length;
  say(files ? "Il manque le dossier de preuve (.lcp) ou le certificat (PDF) qui accompagne ces fichiers." : "Aucun fichier n'est choisi.");
  output.replaceChildren();
  return null;
}

function unused(name, names) {
  let [free, number] = [name, 2];
  while (names.has(free)) free = `${name} (${number++})`;
  return free;
}

const say = (sentence) => { status.textContent = sentence; };

for (const input of [picker, policyPicker]) {
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = ""; // the same file may be chosen again
    await add(files);
  });
}
level.addEventListener("change", run);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await run()) document.getElementById("verdict").focus();
});

// Wherever a file is dropped on the page it is taken: a browser would leave the page to open it.
const dragged = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
for (const kind of ["dragenter", "dragover"]) {
  window.addEventListener(kind, (event) => {
    if (!dragged(event)) return;
    event.preventDefault();
    drop.classList.add("over");
  });
}
window.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
window.addEventListener("drop", (event) => {
  if (!dragged(event)) return;
  event.preventDefault();
  drop.classList.remove("over");
  add(event.dataTransfer.files);
});
say("Aucun fichier n'est choisi.");
