// Keys of the viewer: V validates, R refuses, arrows go on. They do nothing while someone types or a dialog is open.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, textarea, select") || document.querySelector("dialog[open]")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const target = document.querySelector(`[data-key~="${CSS.escape(key)}"]`);
  if (target) { event.preventDefault(); target.focus(); target.click(); } // where the focus comes back to after a dialog
});
