// The palette: pages, views and acts of this page at once; tickets as one types.
import { known, on, run } from "./keys.js";

/** @typedef {{title: string, kind: string, url?: string, act?: string}} Entry */

/** @type {Entry[]} */
let entries = [];
let chosen = 0;
let asked = 0;

const field = () => /** @type {HTMLInputElement | null} */ (document.querySelector("#palette-text"));
const list = () => /** @type {HTMLElement | null} */ (document.querySelector("#palette-list"));
const dialog = () => /** @type {HTMLDialogElement | null} */ (document.querySelector("#palette"));

/** @returns {Entry[]} */
function standing() {
  /** @type {Entry[]} */
  const found = [];
  for (const link of document.querySelectorAll("[data-place], [data-view]")) {
    if (!(link instanceof HTMLAnchorElement)) continue;
    const title = link.querySelector("[data-name]") ?? link.firstChild;
    found.push({ title: (title?.textContent ?? "").trim(), kind: link.dataset.view === undefined ? "page" : "view", url: link.href });
  }
  const seen = new Set(["palette", "back"]);
  for (const key of known()) {
    if (seen.has(key.act) || key.act.startsWith("go-")) continue;
    seen.add(key.act);
    found.push({ title: key.does, kind: key.keys, act: key.act });
  }
  return found;
}

/** @param {Entry[]} found */
function draw(found) {
  entries = found;
  chosen = Math.min(chosen, Math.max(0, entries.length - 1));
  const items = entries.map((entry, index) => {
    const item = document.createElement("li");
    item.id = `palette-${index}`;
    item.role = "option";
    item.setAttribute("aria-selected", String(index === chosen));
    const title = document.createElement("span");
    title.className = "one-line";
    title.textContent = entry.title;
    const kind = document.createElement("span");
    kind.className = "kind";
    kind.textContent = entry.kind;
    item.append(title, kind);
    item.addEventListener("click", () => take(index));
    return item;
  });
  if (!items.length) {
    const none = document.createElement("li");
    none.role = "option";
    none.setAttribute("aria-disabled", "true");
    none.textContent = "Nothing is called like that.";
    items.push(none);
  }
  list()?.replaceChildren(...items);
  point();
}

function point() {
  list()?.querySelectorAll("li").forEach((item, index) => item.setAttribute("aria-selected", String(index === chosen)));
  const item = document.querySelector(`#palette-${chosen}`);
  item?.scrollIntoView({ block: "nearest" });
  if (item) field()?.setAttribute("aria-activedescendant", item.id);
  else field()?.removeAttribute("aria-activedescendant");
}

/** @param {number} index */
function take(index) {
  const entry = entries[index];
  if (!entry) return;
  dialog()?.close();
  if (entry.url) location.assign(entry.url);
  else if (entry.act) run(entry.act);
}

async function search() {
  const text = field()?.value.trim() ?? "";
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const here = standing().filter((entry) => words.every((word) => entry.title.toLowerCase().includes(word)));
  chosen = 0;
  draw(here);
  if (text.length < 2) return;
  const mine = ++asked;
  const answer = await fetch(`/queue/find?q=${encodeURIComponent(text)}`, { headers: { accept: "application/json" } });
  if (mine !== asked || !answer.ok || !answer.headers.get("content-type")?.includes("json")) return;
  draw([...here, .../** @type {Entry[]} */ ((await answer.json()).found)]);
}

function open() {
  const box = dialog();
  const text = field();
  if (!box || !text || box.open) return;
  text.value = "";
  chosen = 0;
  draw(standing());
  box.showModal();
  text.focus();
}

export function start() {
  on("palette", open);
  let wait = 0;
  field()?.addEventListener("input", () => { clearTimeout(wait); wait = window.setTimeout(search, 120); });
  field()?.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step && entries.length) {
      chosen = (chosen + step + entries.length) % entries.length;
      point();
      event.preventDefault();
    } else if (event.key === "Enter") {
      take(chosen);
      event.preventDefault();
    }
  });
}
