// The page of a ticket.
import { on } from "./keys.js";
import * as acts from "./acts.js";
import * as due from "./due.js";
import { start as startTabs } from "./tabs.js";

const id = /** @type {HTMLElement} */ (document.querySelector("#ticket")).dataset.ticket ?? "";
const here = () => [id];

/** @param {string} which */
const follow = (which) => /** @type {HTMLElement | null} */ (document.querySelector(`[data-${which}]`))?.click();

on("down", () => follow("below"));
on("up", () => follow("above"));
on("back", () => {
  const menu = document.querySelector("details.menu[open]");
  if (menu) menu.removeAttribute("open");
  else location.assign("/");
});

acts.start(here);
due.start();
startTabs();

document.body.addEventListener("acted", async () => {
  const open = document.querySelector("[role=tab][aria-selected=true]")?.id;
  await window.htmx.ajax("GET", location.pathname, { source: "#main", target: "#main", select: "#main", swap: "outerHTML" });
  startTabs(open);
});
document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-take-back]");
  if (button instanceof HTMLElement) {
    window.htmx.ajax("POST", "/queue/take-back", { values: { override: button.dataset.takeBack ?? "" }, swap: "none" });
  }
});
document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-suggested]");
  if (button instanceof HTMLElement) acts.send(here(), { act: "assign", value: button.dataset.suggested ?? "" });
});
document.addEventListener("change", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || !box.matches("[data-kind]")) return;
  for (const moment of document.querySelectorAll(`[data-moment="${box.value}"]`)) moment.toggleAttribute("hidden", !box.checked);
});
