// What every page needs: theme, keys, help, palette, toasts. Pages add their own modules.
import { start as startKeys, on } from "./keys.js";
import { start as startTheme } from "./theme.js";
import { start as startToasts } from "./toasts.js";
import { start as startPalette } from "./palette.js";
import { start as startRequests } from "./requests.js";
import { start as startTips } from "./tips.js";

startTheme();
startToasts();
startRequests();
startKeys();
startPalette();
startTips();

for (const [act, place] of Object.entries({
  "go-queue": "queue", "go-review": "review", "go-pulse": "pulse", "go-policy": "policy", "go-activity": "activity",
  "go-escalations": "escalations", "go-people": "people", "go-settings": "settings",
})) {
  on(act, () => {
    const link = document.querySelector(`[data-place="${place}"]`);
    if (link instanceof HTMLAnchorElement) link.click();
  });
}

document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }); // on a phone

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const closer = target.closest("[data-close]");
  if (closer) closer.closest("dialog") ? closer.closest("dialog")?.close() : closer.closest(".toast, .note")?.remove();
  if (target instanceof HTMLDialogElement) target.close(); // a click beside it
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.removeAttribute("open");
  }
});
