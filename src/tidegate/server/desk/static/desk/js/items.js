// Lists of a page: j and k go through what has data-item, enter opens it. What a page does to an item is a button in it.
import { on } from "./keys.js";

const items = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-item]")]);

/** The item that has the focus, or holds it. */
const here = () => items().find((item) => item.contains(document.activeElement)) ?? null;

/** @param {number} by */
function move(by) {
  const all = items();
  const at = here() ? all.indexOf(/** @type {HTMLElement} */ (here())) + by : 0;
  const next = all[Math.max(0, Math.min(all.length - 1, at))];
  if (!next) return;
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

/** @param {string[]} what  selectors inside the item, the first that is there is used */
function use(...what) {
  const found = what.map((one) => here()?.querySelector(one)).find(Boolean);
  if (!(found instanceof HTMLElement)) return false;
  found.click();
  return true;
}

on("down", () => move(1));
on("up", () => move(-1));
on("open", () => use("[data-open]", "a[href]", "summary"));
on("send", () => use("[data-send]"));
on("cancel", () => use("[data-cancel]"));
on("close-case", () => {
  if (!use("[data-close-case]")) return false;
  /** @type {HTMLElement | null} */ (here()?.querySelector("details[open] input[name=why]"))?.focus();
});
