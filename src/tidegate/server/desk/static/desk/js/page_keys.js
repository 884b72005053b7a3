// Keys of pages whose acts are links, buttons and fields: what has data-key is clicked, or gets the focus.
import { on } from "./keys.js";

/** @param {string} act */
function use(act) {
  const found = document.querySelector(`[data-key="${act}"]`); // looked up anew: parts of the page are replaced
  if (!(found instanceof HTMLElement)) return false;
  if (found instanceof HTMLTextAreaElement) found.focus();
  else found.click();
  return true;
}

for (const act of ["measure", "edit-policy", "compare-policy", "replay", "why", "preview-text"]) {
  if (document.querySelector(`[data-key="${act}"]`)) on(act, () => use(act));
}

if (document.querySelector(".chart details")) {
  on("tables", () => {
    const tables = /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll(".chart details"));
    const open = ![...tables].every((table) => table.open);
    for (const table of tables) table.open = open;
  });
}
