// What changed since the person last looked at this list: identifiers, levels and places are kept in this browser.
import * as rows from "./rows.js";

/** @typedef {Record<string, [string, number]>} Seen */

const FAR = 5;
const name = () => `seen ${location.search}`;

function remember() {
  /** @type {Seen} */
  const seen = {};
  for (const row of rows.all()) seen[row.dataset.ticket ?? ""] = [row.dataset.level ?? "", Number(row.dataset.position)];
  const clock = /** @type {HTMLElement | null} */ (document.querySelector("#lines > [data-clock]"))?.dataset.clock ?? "";
  localStorage.setItem(name(), JSON.stringify({ clock, seen }));
}

/** @param {HTMLTableRowElement} row @param {Seen} seen @returns {[string, boolean]} what to say, and whether it is worse */
function difference(row, seen) {
  const before = seen[row.dataset.ticket ?? ""];
  if (!before) return ["new", false];
  const [level, place] = before;
  const now = row.dataset.level ?? "";
  if (level && now && level !== now) return [`was ${level}`, now < level];
  const up = place - Number(row.dataset.position);
  return Math.abs(up) >= FAR ? [`${up > 0 ? "up" : "down"} ${Math.abs(up)}`, false] : ["", false];
}

export function start() {
  const kept = localStorage.getItem(name());
  if (kept) {
    const { clock, seen } = /** @type {{clock: string, seen: Seen}} */ (JSON.parse(kept));
    let fresh = 0;
    let changed = 0;
    for (const row of rows.all()) {
      const place = row.querySelector("[data-mark-here]");
      const [text, worse] = difference(row, seen);
      if (!place || !text) continue;
      place.textContent = text;
      place.classList.toggle("worse", worse);
      if (text === "new") fresh += 1;
      else if (text.startsWith("was")) changed += 1;
    }
    const ids = new Set(rows.all().map((row) => row.dataset.ticket));
    const left = Object.keys(seen).filter((id) => !ids.has(id)).length;
    const line = /** @type {HTMLElement | null} */ (document.querySelector("#since"));
    const parts = [[fresh, "new"], [changed, "of another level"], [left, "left this page"]].filter(([count]) => count).map(([count, what]) => `${count} ${what}`);
    if (line && parts.length) {
      line.textContent = `Since you last looked at ${clock}: ${parts.join(", ")}.`;
      line.hidden = false;
    }
  }
  addEventListener("pagehide", remember);
}
