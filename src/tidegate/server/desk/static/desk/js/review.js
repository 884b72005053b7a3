// Review: a digit chooses, enter confirms, the next card is there.
import { on } from "./keys.js";
import { say } from "./toasts.js";

const form = () => /** @type {HTMLFormElement | null} */ (document.querySelector("#answers"));

/** @param {number} place */
function choose(place) {
  const choice = form()?.querySelectorAll('input[name="value"]')[place];
  if (!(choice instanceof HTMLInputElement)) return;
  choice.checked = true;
  choice.focus();
}

for (const place of [1, 2, 3, 4]) on(`choose-${place}`, () => choose(place - 1));
on("confirm", () => form()?.requestSubmit());
on("skip", () => {
  const ticket = document.querySelector(".doubt")?.getAttribute("data-ticket");
  if (ticket) window.htmx.ajax("POST", "/review/answer", { values: { ticket, value: "later" }, source: "#card", target: "#card", swap: "innerHTML" });
});
on("open", () => /** @type {HTMLElement | null} */ (document.querySelector("[data-open]"))?.click());

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (/** @type {Element} */ (event.target).id !== "card") return;
  const title = /** @type {HTMLElement | null} */ (document.querySelector("#doubt-title"));
  title?.focus({ preventScroll: true });
  scrollTo(0, 0);
  const count = document.querySelector("#counter b")?.textContent;
  const badge = document.querySelector("[data-review-count]");
  if (badge && count) badge.textContent = count;
  say(title ? `Next: ${title.textContent}` : "Nothing is in doubt.");
});
document.body.addEventListener("acted", () => // something was taken back
  window.htmx.ajax("GET", "/review/card", { source: "#card", target: "#card", swap: "innerHTML" }));
