// The rows of the list: which one is here, which are picked.

/** @type {string} */
let hereId = "";
/** @type {Set<string>} */
const picked = new Set();
const changed = new EventTarget();

/** @returns {HTMLTableRowElement[]} */
export function all() {
  return [...document.querySelectorAll("#lines tr[data-ticket]")].filter((row) => row instanceof HTMLTableRowElement);
}

/** @param {string} id */
export function find(id) {
  return all().find((row) => row.dataset.ticket === id) ?? null;
}

/** The row that keys act on; the first one until the person has moved. */
export function here() {
  return find(hereId);
}

/** @param {HTMLTableRowElement | null} row @param {{focus?: boolean}} [how] */
export function go(row, how = { focus: true }) {
  if (!row) return;
  hereId = row.dataset.ticket ?? "";
  sessionStorage.setItem(`here ${location.search}`, hereId);
  for (const other of all()) other.classList.toggle("is-here", other === row);
  if (how.focus) {
    /** @type {HTMLElement | null} */ (row.querySelector(".subject"))?.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  changed.dispatchEvent(new Event("here"));
}

/** @param {number} by */
export function move(by) {
  const rows = all();
  const current = here();
  const at = current ? rows.indexOf(current) + by : 0;
  const next = rows[Math.max(0, Math.min(rows.length - 1, at))];
  if (next) go(next);
  return at;
}

/** @param {string} id @param {boolean} [on] */
export function pick(id, on) {
  if (on ?? !picked.has(id)) picked.add(id);
  else picked.delete(id);
  showPicked();
}

export function letGo() {
  picked.clear();
  showPicked();
}

export function pickedIds() {
  return [...picked];
}

/** The tickets that an act is for: those picked, else the one that is here. @returns {string[]} */
export function chosen() {
  if (picked.size) return [...picked];
  const row = here();
  return row?.dataset.ticket ? [row.dataset.ticket] : [];
}

function showPicked() {
  const rows = all();
  for (const row of rows) {
    const on = picked.has(row.dataset.ticket ?? "");
    row.classList.toggle("is-picked", on);
    const box = row.querySelector("[data-pick]");
    if (box instanceof HTMLInputElement) box.checked = on;
  }
  const whole = document.querySelector("[data-pick-all]");
  if (whole instanceof HTMLInputElement) {
    whole.checked = rows.length > 0 && rows.every((row) => picked.has(row.dataset.ticket ?? ""));
    whole.indeterminate = picked.size > 0 && !whole.checked;
  }
  changed.dispatchEvent(new Event("picked"));
}

/** Put the marks back after the list was written anew; what left it is let go. */
export function restore() {
  const ids = new Set(all().map((row) => row.dataset.ticket ?? ""));
  for (const id of picked) if (!ids.has(id)) picked.delete(id);
  showPicked();
  const row = here();
  if (row) go(row, { focus: false });
}

/** @param {"here" | "picked"} what @param {() => void} then */
export function when(what, then) {
  changed.addEventListener(what, then);
}

export function start() {
  hereId = sessionStorage.getItem(`here ${location.search}`) ?? "";
  const back = /** @type {PerformanceNavigationTiming | undefined} */ (performance.getEntriesByType("navigation")[0])?.type === "back_forward";
  const row = here();
  if (row) go(row, { focus: back });
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target instanceof HTMLInputElement && target.matches("[data-pick-all]")) {
      for (const each of all()) pick(each.dataset.ticket ?? "", target.checked);
    } else if (target instanceof HTMLInputElement && target.matches("[data-pick]")) {
      pick(target.value, target.checked);
    } else {
      const clicked = target.closest("#lines tr[data-ticket]");
      if (clicked instanceof HTMLTableRowElement) go(clicked, { focus: false });
    }
  });
  document.addEventListener("focusin", (event) => {
    const focused = /** @type {Element} */ (event.target).closest("#lines tr[data-ticket]");
    if (focused instanceof HTMLTableRowElement && focused !== here()) go(focused, { focus: false });
  });
}
