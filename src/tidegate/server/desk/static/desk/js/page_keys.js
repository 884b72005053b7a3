// Keys of pages whose acts are links, buttons and fields: what has data-key is clicked, or gets the focus.
import { on } from "./keys.js";

const ACTS = [
  "measure", "edit-policy", "compare-policy", "replay", "why", "preview-text",
  "find", "filter", "export", "older", "newer", "add", "tokens", "people", "actions", "activity",
];

/** @param {string} act */
function use(act) {
  const found = document.querySelector(`[data-key="${act}"]`); // looked up anew: parts of the page are replaced
  if (!(found instanceof HTMLElement)) return false;
  if (found.matches("textarea, select, input:not([type=submit], [type=button])")) found.focus();
  else found.click();
  return true;
}

for (const act of ACTS) {
  if (document.querySelector(`[data-key="${act}"]`)) on(act, () => use(act));
}

if (document.querySelector(".chart details")) {
  on("tables", () => {
    const tables = /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll(".chart details"));
    const open = ![...tables].every((table) => table.open);
    for (const table of tables) table.open = open;
  });
}
