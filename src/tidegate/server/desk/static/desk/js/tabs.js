// Tabs after the pattern of the ARIA authoring practices: arrows move, the panel follows.

/** @param {HTMLElement} tab */
function open(tab) {
  for (const other of /** @type {NodeListOf<HTMLElement>} */ (tab.parentElement?.querySelectorAll("[role=tab]"))) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls") ?? "")?.classList.toggle("is-open", chosen);
  }
}

/** @param {string} [chosen]  id of the tab that is open */
export function start(chosen) {
  for (const list of document.querySelectorAll("[role=tablist]")) {
    const tabs = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[role=tab]")]);
    if (tabs[0]) open(tabs.find((tab) => tab.id === chosen) ?? tabs[0]);
    list.addEventListener("click", (event) => {
      const tab = /** @type {Element} */ (event.target).closest("[role=tab]");
      if (tab instanceof HTMLElement) open(tab);
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[/** @type {KeyboardEvent} */ (event).key] ?? 0;
      const at = tabs.indexOf(/** @type {HTMLElement} */ (document.activeElement));
      if (!step || at < 0) return;
      const next = tabs[(at + step + tabs.length) % tabs.length];
      open(next);
      next.focus();
      event.preventDefault();
    });
  }
}
