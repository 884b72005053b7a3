// Toasts, and what is said to screen readers.

/** @typedef {{text: string, undo?: string, bad?: boolean}} Toast */

let undoable = "";

/** @param {string} text @param {"polite" | "assertive"} [how] */
export function say(text, how = "polite") {
  const region = document.querySelector(how === "polite" ? "#says" : "#alerts");
  if (!region) return;
  region.textContent = "";
  window.setTimeout(() => (region.textContent = text), 50); // a region that is emptied first is read again
}

/** @param {Toast} toast */
export function show(toast) {
  const place = document.querySelector("#toasts");
  if (!place) return;
  const box = document.createElement("div");
  box.className = toast.bad ? "toast toast-bad" : "toast";
  const text = document.createElement("span");
  text.textContent = toast.text;
  box.append(text);
  if (toast.undo) {
    forget(); // only the last act is taken back
    undoable = toast.undo;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = "Undo (u)";
    box.dataset.undo = "";
    button.addEventListener("click", () => { undo(); box.remove(); });
    box.append(button);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button-icon";
  close.setAttribute("aria-label", "Close");
  close.dataset.close = "";
  close.textContent = "×";
  box.append(close);
  while (place.childElementCount > 2) place.firstElementChild?.remove();
  place.append(box);
  say(toast.text, toast.bad ? "assertive" : "polite");
  window.setTimeout(() => { if (!box.matches(":hover, :focus-within")) box.remove(); }, toast.undo ? 12000 : 6000);
}

/** Take away what offers to take back an act that cannot be taken back any more. */
function forget() {
  for (const box of document.querySelectorAll("#toasts > [data-undo]")) box.remove();
}

/** Take the last act back. */
export function undo() {
  if (!undoable) return say("There is nothing to take back.");
  const values = { undo: undoable };
  undoable = "";
  forget();
  return window.htmx.ajax("POST", "/queue/undo", { values, swap: "none" });
}

export function start() {
  document.addEventListener("toast", (event) => show(/** @type {CustomEvent} */ (event).detail));
  for (const box of document.querySelectorAll("#toasts > .toast")) window.setTimeout(() => box.remove(), 8000);
}
