// Light, dark or as the system: kept with the person, a stranger's in a cookie; the server writes it, so nothing flashes.

const NAMES = { "": "as the system", light: "light", dark: "dark" };
const NEXT = /** @type {Record<Theme, Theme>} */ ({ "": "dark", dark: "light", light: "" });

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

/** @param {string} address @param {string} theme */
function keep(address, theme) {
  const token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["x-csrftoken"] ?? "";
  const headers = { "x-csrftoken": token, "hx-request": "true" };
  fetch(address, { method: "POST", body: new URLSearchParams({ theme }), headers, keepalive: true });
}

export function start() {
  const given = document.documentElement.dataset.theme;
  let theme = /** @type {Theme} */ (given === "light" || given === "dark" ? given : "");
  show(theme);
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-theme-switch]");
    if (!(button instanceof HTMLElement)) return;
    const given = document.documentElement.dataset.theme ?? "";
    theme = NEXT[/** @type {Theme} */ (given in NEXT ? given : "")];
    show(theme);
    document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax`;
    if (button.dataset.themeSwitch) keep(button.dataset.themeSwitch, theme || "system");
  });
}
