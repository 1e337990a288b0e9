// What every page does beyond HTML: shortcuts, dialogs, confirmations, live password rules. Nothing here is needed to use it.

const announcer = document.getElementById("announcer");

/** Say something to a screen reader. */
window.scelle = {
  announce(text) {
    announcer.textContent = "";
    requestAnimationFrame(() => { announcer.textContent = text; });
  },
};

// What refreshes itself waits while nobody looks, and while files are on their way out of it.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.closest("[data-live]") && (document.hidden || window.scelle.sending)) event.preventDefault();
});

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) {
    event.preventDefault(); // without this script it is a link to the same form
    document.getElementById(opener.dataset.open).showModal();
  }
  const closer = event.target.closest("[data-close]");
  const closed = closer?.closest("dialog");
  if (closed) {
    event.preventDefault();
    closed.close();
  }
});

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/") {
    const search = document.querySelector("[data-shortcut='/']");
    if (search) { event.preventDefault(); search.focus(); }
    return;
  }
  const row = event.target.closest("[data-arrows] a");
  if (row && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    const rows = [...row.closest("[data-arrows]").querySelectorAll("a")];
    const next = rows[rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) { event.preventDefault(); next.focus(); }
  }
});

const RULES = {
  length: (text) => text.length >= 12,
  "upper-case": (text) => /\p{Lu}/u.test(text),
  "lower-case": (text) => /\p{Ll}/u.test(text),
  digit: (text) => /\p{Nd}/u.test(text),
};

for (const list of document.querySelectorAll("[data-rules]")) {
  const input = document.getElementById(list.dataset.rules);
  const show = () => {
    for (const [rule, holds] of Object.entries(RULES)) {
      const item = list.querySelector(`[data-rule="${rule}"]`);
      item.classList.toggle("met", holds(input.value));
    }
  };
  input.addEventListener("input", show);
}

for (const table of document.querySelectorAll("[data-select-all]")) {
  const all = table.querySelector("[data-all]");
  const boxes = [...table.querySelectorAll("tbody input[type=checkbox]")];
  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; });
  table.addEventListener("change", show);
  show();
}

// What was typed stays in this tab while another form of the page takes a file.
const kept = document.querySelector("form[data-keep]");
if (kept) {
  const place = `keep:${kept.dataset.keep}`;
  const ticks = (control) => control.type === "checkbox" || control.type === "radio";
  for (const [name, value] of JSON.parse(sessionStorage.getItem(place) ?? "[]")) {
    for (const control of kept.querySelectorAll(`[name="${name}"]`)) {
      if (!ticks(control)) control.value = value;
      else if (control.value === value) control.checked = true;
    }
  }
  sessionStorage.removeItem(place);
  document.addEventListener("submit", (event) => {
    if (event.target === kept) return;
    const typed = [...kept.elements].filter((one) => one.name && one.type !== "hidden" && (!ticks(one) || one.checked));
    sessionStorage.setItem(place, JSON.stringify(typed.map((one) => [one.name, one.value])));
  });
}
