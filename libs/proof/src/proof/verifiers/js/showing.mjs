// The result of a verification, for people: the verdict first, then what was shown, what remains possible, each check.

import { FAMILIES, LEVELS, MEANINGS, VERDICTS } from "./meanings.mjs";
import { WORDS } from "./wording.mjs";

const MOST_PLACES = 20; // findings that are written out
const STATES = { passed: ["Bon", "validated"], failed: ["Échec", "refused"], "not-applicable": ["Sans objet", ""] };
const DAY = new Intl.DateTimeFormat("fr-FR", { dateStyle: "long", timeStyle: "medium", timeZone: "Europe/Paris" });
const NUMBER = new Intl.NumberFormat("fr-FR");

export function element(name, text = "", style = "", ...children) {
  const made = document.createElement(name);
  if (text !== "") made.textContent = text;
  if (style) made.className = style;
  made.append(...children);
  return made;
}

/** Return the parts of a page that tell a report of `examined`; `own` tells whether the policy was the reader's own. */
export function shown(report, { own, name }) {
  return [
    verdict(report, name),
    ...failures(report),
    ...held(report),
    assurance(report, own),
    facts(report),
    ...documents(report),
    checks(report),
    element("p", WORDS.limits, "small muted"),
  ];
}

function verdict(report, name) {
  const failed = report.checks.filter(({ state }) => state === "failed");
  const foreign = report.verdict === "tampered" && failed.length && failed.every(({ name: one }) => one === "document-file");
  const [sentence, tone] = VERDICTS[foreign ? "foreign" : report.verdict];
  const heading = element("h2", WORDS[report.verdict].replace(/\. .*$/, ""));
  heading.id = "verdict";
  heading.tabIndex = -1;
  const parts = [heading, element("p", sentence), element("p", `${name}, vérifié le ${DAY.format(new Date())} (heure de Paris).`, "small")];
  if (report.problem) {
    const detail = element("span", report.problem);
    detail.lang = "en";
    parts.push(element("p", "Détail technique : ", "small", detail));
  }
  return element("div", "", `alert ${tone}`, ...parts);
}

function failures({ checks }) {
  const failed = checks.filter(({ state }) => state === "failed");
  if (!failed.length) return [];
  const items = failed.map(({ name, findings }) => {
    const [title, wrong] = MEANINGS[name];
    return element("li", "", "", element("strong", title), ` (${name}) : ${wrong} ${places(findings)}`);
  });
  return [section("failures", "Ce qui ne va pas", element("ul", "", "", ...items))];
}

const places = (findings) => {
  const more = findings.length > MOST_PLACES ? `, et ${findings.length - MOST_PLACES} autres` : "";
  return findings.length ? `Où : ${findings.slice(0, MOST_PLACES).join(", ")}${more}.` : "";
};

function held({ held: files, verdict: result }) {
  if (!files.length || result === "malformed") return [];
  const items = files.map(({ name, digest, is }) => {
    const said = is
      ? `C'est bien le document${is.name ? ` « ${is.name} »` : ""}, conservé le ${moment(is.at)}${decided(is)}.`
      : "Ce n'est aucun des documents de ce dossier de preuve : il a été modifié, ou c'est un autre.";
    const mark = element("span", is ? "Reconnu" : "Non reconnu", `badge ${is ? "validated" : "refused"}`);
    return element("li", "", "row", element("span", "", "row-main", element("strong", name), element("br"), said, element("br"), digits(digest)), mark);
  });
  return [section("held", "Vos documents", element("ul", "", "rows", ...items))];
}

const decided = ({ decision }) =>
  decision ? `, ${decision.state === "validated" ? "validé" : "refusé"} le ${moment(decision.at)}` : "";
const digits = (digest) => element("span", `SHA-256 ${digest}`, "digest small");
const moment = (instant) => DAY.format(new Date(instant));

function assurance({ level, checks }, own) {
  const parts = [];
  if (level === null) parts.push(element("p", "Aucun niveau n'est atteint : un contrôle a échoué, ou le fichier ne peut pas être lu."));
  else parts.push(element("p", "", "", element("strong", `Niveau ${level} sur 5. `), `Ce qui reste possible : ${LEVELS[level][1]}`));
  const reached = (number) => level !== null && number <= level && (number !== 2 || remembers(checks));
  const rungs = LEVELS.map(([established, , needed], number) => {
    const mark = element("span", reached(number) ? "Atteint" : "Non atteint", `badge ${reached(number) ? "validated" : ""}`);
    const missing = !reached(number) && needed && level !== null ? element("span", `Il faut : ${needed}.`, "hint") : "";
    return element("li", "", "row", element("span", "", "row-main", `${number}. ${established}`, missing), mark);
  });
  parts.push(element("ol", "", "rows", ...rungs));
  const trust = own
    ? "Les clés auxquelles cette page s'est fiée sont celles de votre fichier de politique."
    : "Les clés auxquelles cette page s'est fiée sont celles que ce site publie. Si vous doutez de l'opérateur, fournissez une politique obtenue par une autre voie.";
  parts.push(element("p", trust, "small"));
  return section("assurance", "Ce que cela établit", ...parts);
}

const remembers = (checks) => checks.some(({ name, state }) => name === "known-checkpoint" && state === "passed");

function facts({ scope, entries, origin, size, root, witnessed_at: witnessed, stamped_at: stamped, anchored_at: anchored, anchors, seal }) {
  const lines = [];
  if (scope) lines.push([WORDS[scope.kind], scope.id], ["Écritures montrées", NUMBER.format(entries)]);
  if (origin) lines.push(["Journal", origin], ["Écritures du journal à cet état", NUMBER.format(size)], ["Racine de l'arbre", root]);
  if (witnessed) lines.push([WORDS.witnessed_at, moment(witnessed)]);
  if (stamped) lines.push([WORDS.stamped_at, moment(stamped)]);
  if (anchored) lines.push([WORDS.anchored_at, moment(anchored)]);
  for (const anchor of anchors ?? []) lines.push([WORDS.anchor, anchor]);
  if (seal?.by) lines.push(["Sceau du PDF au nom de", `${seal.by} (ce nom n'est pas contrôlé ici)`]);
  if (!lines.length) return "";
  const items = lines.map(([name, said]) => element("div", "", "", element("dt", name), element("dd", said)));
  return section("facts", "Ce qui est montré", element("dl", "", "facts", ...items));
}

function documents({ documents: listed }) {
  if (!listed.length) return [];
  const items = listed.map((one) => {
    const said = `${NUMBER.format(one.size)} octets, conservé le ${moment(one.at)}${decided(one)}`;
    const digest = one.sha256 ? digits(one.sha256) : element("span", "empreinte non révélée", "small muted");
    return element("li", "", "row", element("span", "", "row-main", element("strong", one.name ?? `Version ${one.version}`), element("br"), said, element("br"), digest));
  });
  return [section("documents-shown", "Documents du dossier de preuve", element("ul", "", "rows", ...items))];
}

function checks({ checks: all }) {
  const families = Object.entries(FAMILIES).flatMap(([family, title]) => {
    const own = all.filter((one) => one.family === family);
    return own.length ? [element("h3", title), element("ul", "", "rows", ...own.map(line))] : [];
  });
  if (!families.length) return "";
  return section("checks", "Chaque contrôle", ...families);
}

function line({ name, state, examined, findings }) {
  const [title, wrong, absent] = MEANINGS[name];
  const [word, tone] = STATES[state];
  const said = element("span", "", "row-main", element("strong", title), " ", element("code", name), element("br"));
  if (WORDS[name]) said.append(`${WORDS[name][0].toUpperCase()}${WORDS[name].slice(1)}.`);
  const more = { passed: examined > 1 ? `${NUMBER.format(examined)} examinés.` : "", failed: `${wrong} ${places(findings)}`, "not-applicable": absent };
  if (more[state]) said.append(element("span", more[state], "hint"));
  return element("li", "", "row", said, element("span", word, `badge ${tone}`));
}

function section(id, title, ...parts) {
  const heading = element("h2", title);
  heading.id = `${id}-title`;
  const made = element("section", "", "card", heading, ...parts);
  made.setAttribute("aria-labelledby", heading.id);
  return made;
}
