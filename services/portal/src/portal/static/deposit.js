// Files on their way: picked, dropped or photographed, sent one by one as soon as they are chosen, with progress and retry.

import { Sha256 } from "/verifier/js/sha256.mjs";

const RETRIES = 5;
const PAUSE_MS = 1000;
const TYPING_MS = 2000;
const SLICE = 4 << 20; // bytes read at a time
const IN_MEMORY = 64 << 20;
const PARTS = 4; // of the vault, in one request

const root = document.querySelector("[data-deposit]");
const say = (text) => window.scelle.announce(text);

/** Several files at once need this script: the form alone sends one. */
const several = () => { for (const input of root.querySelectorAll("input[type=file]")) input.multiple = true; };
several();
document.body.addEventListener("htmx:load", several);

/** What is chosen, typed or sent just now must not lose its place to a page that renews itself. */
let choosing = false;
let typed = -Infinity;
root.addEventListener("click", (event) => { if (event.target.type === "file") choosing = true; });
root.addEventListener("cancel", () => { choosing = false; }, true);
root.addEventListener("keydown", () => { typed = performance.now(); });
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const byItself = !event.detail.requestConfig.triggeringEvent;
  const typing = byItself && performance.now() - typed < TYPING_MS;
  if (choosing || typing || window.scelle.sending) event.detail.shouldSwap = false;
});

root.addEventListener("change", (event) => {
  if (event.target.type !== "file") return;
  choosing = false;
  start(event.target.closest("[data-drop]"), [...event.target.files]);
  event.target.value = "";
});

for (const name of ["dragover", "dragleave", "drop"]) {
  root.addEventListener(name, (event) => {
    const zone = event.target.closest("[data-drop]");
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("over", name === "dragover");
    if (name === "drop") start(zone, [...event.dataTransfer.files]);
  });
}

async function start(zone, files) {
  const list = zone.parentElement.querySelector("[data-files]");
  const rows = files.map((file) => ({ file, row: shown(list, file) }));
  for (const { file, row } of rows) await deposit(zone.dataset.request ?? null, file, row);
}

/** One file from its announcement to its last byte; on failure the row offers to go on from where it stopped. */
async function deposit(request, file, row, place = null, known = null) {
  window.scelle.sending = (window.scelle.sending ?? 0) + 1;
  try {
    if (!place) {
      row.say("Préparation…");
      const sha256 = await fingerprint(file, row);
      known = `depot ${root.dataset.deposit} ${request} ${sha256}`;
      place = await begun(known) ?? await announced({ name: file.name, size: file.size, sha256, request });
      remember(known, place);
    }
    await sent(place, file, row);
    forget(known);
    row.done();
    say(`${file.name} : enregistré et transmis`);
  } catch (error) {
    if (error instanceof Refused) forget(known);
    row.failed(error.message, () => deposit(request, file, row, error instanceof Refused ? null : place, known));
    say(`${file.name} : ${error.message}`);
  } finally {
    window.scelle.sending -= 1;
    if (!window.scelle.sending) document.body.dispatchEvent(new Event("deposited"));
  }
}

/** Where an upload goes is kept in this browser until its end, so that the same file, chosen again, goes on. */
async function begun(known) {
  const place = parsed(recall(known));
  if (!place.upload) return null;
  try {
    return { ...place, offset: await patiently(() => standing(place.upload)) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    forget(known); // of another session, or given up
    return null;
  }
}

// A browser may forbid its storage; then an upload does not outlive the page.
const stored = (work) => { try { return work(window.localStorage); } catch { return null; } };
const recall = (known) => stored((storage) => storage.getItem(known)) ?? "";
const remember = (known, { upload, part }) => stored((storage) => storage.setItem(known, JSON.stringify({ upload, part })));
const forget = (known) => stored((storage) => storage.removeItem(known));

async function fingerprint(file, row) {
  if (crypto.subtle && file.size <= IN_MEMORY) return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer())));
  const hash = new Sha256();
  for (let offset = 0; offset < file.size; offset += SLICE) {
    hash.update(new Uint8Array(await file.slice(offset, offset + SLICE).arrayBuffer()));
    row.say(`Préparation : ${percent(offset, file.size)}`);
  }
  return hex(hash.digest());
}

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function announced(body) {
  return patiently(async () => {
    const headers = { "Content-Type": "application/json", ...ours() };
    const answer = await fetch(root.dataset.deposit, { method: "POST", headers, body: JSON.stringify(body) });
    const said = parsed(await answer.text());
    if (!answer.ok) throw failure(answer.status, said.sentence);
    return said;
  });
}

/** Send the bytes from where the upload stands; after a lost connection ask where that is. */
async function sent(place, file, row) {
  let lost = false;
  await patiently(async () => {
    if (lost) place.offset = await standing(place.upload);
    lost = true;
    while (place.offset < file.size) place.offset = await part(place, file, row);
  }, () => row.say("Connexion perdue, reprise…"));
}

async function standing(address) {
  const answer = await fetch(address, { method: "HEAD", headers: ours() });
  if (!answer.ok) throw failure(answer.status);
  return Number(answer.headers.get("Upload-Offset"));
}

/** `fetch` cannot tell how much has left, so the older interface sends. */
function part(place, file, row) {
  const end = Math.min(place.offset + place.part * PARTS, file.size);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PATCH", place.upload);
    for (const [name, value] of Object.entries(ours())) request.setRequestHeader(name, value);
    request.setRequestHeader("Upload-Offset", place.offset);
    request.upload.addEventListener("progress", (event) => row.progress(place.offset + event.loaded, file.size));
    request.addEventListener("load", () => {
      if (request.status === 204) resolve(Number(request.getResponseHeader("Upload-Offset")));
      else reject(failure(request.status, parsed(request.responseText).sentence));
    });
    request.addEventListener("error", () => reject(new Error()));
    request.send(file.slice(place.offset, end));
  });
}

async function patiently(work, again = () => {}) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (attempt === RETRIES) throw new Error("l'envoi est interrompu. Vérifiez votre connexion, puis reprenez.");
      again();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
    }
  }
}

/** What may be tried again is an error; what a service refused stays refused. */
function failure(status, sentence) {
  const passing = status >= 500 || [408, 409, 423, 429].includes(status);
  return passing ? new Error(sentence) : new Refused(sentence ?? "Cet envoi n'est pas accepté.");
}

const ours = () => ({ "X-CSRF-Token": root.dataset.csrf });
const percent = (done, size) => `${Math.floor((100 * done) / Math.max(size, 1))} %`;

class Refused extends Error {}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** The row of a file in the list of its card. */
function shown(list, file) {
  const row = document.createElement("li");
  row.className = "file";
  const name = document.createElement("span");
  name.className = "file-name";
  name.textContent = file.name;
  const state = document.createElement("span");
  state.className = "small muted";
  state.textContent = "En attente";
  const bar = document.createElement("progress");
  bar.max = Math.max(file.size, 1);
  bar.value = 0;
  bar.setAttribute("aria-label", `Envoi de ${file.name}`);
  row.append(name, bar, state);
  list.append(row);
  return {
    say: (text) => { state.textContent = text; },
    progress(loaded, size) {
      bar.value = loaded;
      state.textContent = percent(loaded, size);
    },
    done() {
      bar.remove();
      state.textContent = "Enregistré et transmis";
    },
    failed(message, again) {
      bar.value = 0;
      state.textContent = message;
      const retry = document.createElement("button");
      retry.type = "button";
      retry.className = "button small";
      retry.textContent = `Reprendre : ${file.name}`;
      retry.addEventListener("click", () => { retry.remove(); again(); });
      row.append(retry);
    },
  };
}
