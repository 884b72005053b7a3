// Keys to acts. Which keys there are stands in the page (desk/keys.py wrote them); modules attach to acts.

/** @typedef {{keys: string, act: string, does: string, where: string}} Key */

/** @type {Map<string, () => unknown>} */
const acts = new Map();
/** @type {Key[]} */
let keys = [];
let pending = "";
let timer = 0;

/**
 * Attach to an act. The last one attached is called; returning `false` lets the key through to the browser.
 * @param {string} act
 * @param {() => unknown} handler
 */
export function on(act, handler) {
  acts.set(act, handler);
}

/** @param {string} act */
export function run(act) {
  return acts.get(act)?.();
}

/** Keys of this page whose act somebody attached to. @returns {Key[]} */
export function known() {
  return keys.filter((key) => acts.has(key.act));
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  const names = /** @type {Record<string, string>} */ ({ " ": "space", Escape: "escape", Enter: "enter", ArrowDown: "j", ArrowUp: "k" });
  const name = names[event.key] ?? event.key;
  if (event.ctrlKey || event.metaKey) return `ctrl+${name.toLowerCase()}`;
  return event.altKey ? "" : name;
}

/** @param {EventTarget | null} target */
function writing(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit"].includes(target.type);
}

/** Enter and space belong to the control that has the focus; space does nothing to a link. @param {EventTarget | null} target @param {string} name */
function control(target, name) {
  const which = "button, summary, input, select, textarea, [role=tab]" + (name === "enter" ? ", a[href]" : "");
  return target instanceof HTMLElement && Boolean(target.closest(which));
}

/** @param {KeyboardEvent} event */
function down(event) {
  const name = pressed(event);
  if (!name || event.defaultPrevented || event.isComposing) return;
  const open = document.querySelector("dialog[open]");
  if (writing(event.target)) {
    if (name === "escape" && !open) /** @type {HTMLElement} */ (event.target).blur();
    if (!name.startsWith("ctrl+")) return;
  }
  if (open && name !== "ctrl+k") return; // dialogs close by themselves, and hold their own keys
  if ((name === "enter" || name === "space") && control(event.target, name)) return;
  const typed = pending ? `${pending} ${name}` : name;
  clearTimeout(timer);
  pending = "";
  const found = keys.find((key) => key.keys === typed && acts.has(key.act));
  if (found) {
    if (acts.get(found.act)?.() !== false) event.preventDefault();
  } else if (keys.some((key) => key.keys.startsWith(`${typed} `))) {
    pending = typed;
    timer = window.setTimeout(() => (pending = ""), 1200);
  }
}

function help() {
  const dialog = document.querySelector("#help");
  const place = dialog?.querySelector("[data-keys-table]");
  if (!(dialog instanceof HTMLDialogElement) || !place) return;
  const everywhere = known().filter((key) => key.where === "everywhere");
  const own = known().filter((key) => key.where !== "everywhere");
  place.replaceChildren(...[keysTable("This page", own), keysTable("Everywhere", everywhere)].filter((table) => table.rows.length));
  dialog.showModal();
}

/** A line an act: two keys that do the same stand together. @param {string} title @param {Key[]} listed */
function keysTable(title, listed) {
  const table = document.createElement("table");
  table.className = "table table-plain";
  table.createCaption().textContent = title;
  for (const act of new Set(listed.map((key) => key.act))) {
    const same = listed.filter((key) => key.act === act);
    const row = table.insertRow();
    const cell = row.insertCell();
    same.forEach((key, place) => {
      if (place) cell.append("or ");
      for (const part of key.keys.split(" ")) {
        const cap = document.createElement("kbd");
        cap.textContent = part;
        cell.append(cap, " ");
      }
    });
    row.insertCell().textContent = same[0]?.does ?? "";
  }
  return table;
}

export function start() {
  const data = document.querySelector("#keys");
  keys = data ? JSON.parse(data.textContent ?? "[]") : [];
  on("help", help);
  document.addEventListener("keydown", down);
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-act]");
    if (button instanceof HTMLElement && button.dataset.act) {
      button.closest("details.menu")?.removeAttribute("open");
      run(button.dataset.act);
    }
  });
}
