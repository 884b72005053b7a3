// Light, dark or as the system: kept in a cookie, so that the server writes it and nothing flashes.

const NAMES = { "": "as the system", light: "light", dark: "dark" };
const NEXT = { "": "dark", dark: "light", light: "" };

/** @typedef {keyof typeof NAMES} Theme */

/** @param {Theme} theme */
function show(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  for (const button of document.querySelectorAll("[data-theme-switch]")) {
    button.setAttribute("aria-label", `Theme: ${NAMES[theme]}`);
    button.setAttribute("title", `Theme: ${NAMES[theme]}`);
  }
}

export function start() {
  const given = document.documentElement.dataset.theme;
  let theme = /** @type {Theme} */ (given === "light" || given === "dark" ? given : "");
  show(theme);
  document.addEventListener("click", (event) => {
    if (!(/** @type {Element} */ (event.target).closest("[data-theme-switch]"))) return;
    theme = /** @type {Theme} */ (NEXT[theme]);
    document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax`;
    show(theme);
  });
}
