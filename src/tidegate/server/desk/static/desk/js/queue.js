// The queue page.
import { on } from "./keys.js";
import * as acts from "./acts.js";
import * as due from "./due.js";
import * as live from "./live.js";
import * as rows from "./rows.js";
import * as since from "./since.js";
import { say } from "./toasts.js";

const beside = /** @type {HTMLElement} */ (document.querySelector("#beside"));

async function preview() {
  const id = rows.here()?.dataset.ticket;
  if (!id) return rows.move(0);
  if (!beside.hidden && beside.dataset.ticket === id) return hide();
  await load(id);
  say("Shown beside the list.");
}

/** @param {string} id */
async function load(id) {
  beside.dataset.ticket = id;
  await window.htmx.ajax("GET", `/queue/preview?ticket=${encodeURIComponent(id)}`, { source: beside, target: beside, swap: "innerHTML" });
  beside.hidden = false;
  beside.scrollTop = 0;
}

function hide() {
  beside.hidden = true;
  beside.replaceChildren();
}

function back() {
  const menu = document.querySelector("details[open]");
  if (menu) return menu.removeAttribute("open");
  if (!beside.hidden) return hide();
  rows.letGo();
}

let counted = 0;

function bulk() {
  const bar = /** @type {HTMLElement | null} */ (document.querySelector("#bulk"));
  const count = rows.pickedIds().length;
  if (!bar) return;
  bar.hidden = count === 0;
  const place = bar.querySelector("[data-bulk-count]");
  if (place) place.textContent = `${count} selected`;
  if (count !== counted) say(`${count} selected`);
  counted = count;
}

/** @param {string} rel */
const page = (rel) => /** @type {HTMLElement | null} */ (document.querySelector(`#lines a[rel="${rel}"]`))?.click();

on("down", () => { if (rows.move(1) >= rows.all().length) page("next"); });
on("up", () => { if (rows.move(-1) < 0) page("prev"); });
on("open", () => /** @type {HTMLElement | null} */ (rows.here()?.querySelector(".subject"))?.click());
on("preview", preview);
on("back", back);
on("show-new", live.showNew);
on("search", () => /** @type {HTMLInputElement | null} */ (document.querySelector("#search"))?.focus());
on("filter", () => {
  document.querySelector("#filters")?.setAttribute("open", "");
  /** @type {HTMLElement | null} */ (document.querySelector("#f-level"))?.focus();
});
on("save", () => {
  if (document.querySelector("[data-act=save]")) /** @type {HTMLDialogElement} */ (document.querySelector("#save")).showModal();
});
if (document.querySelector("#desk")?.getAttribute("data-may-act")) {
  on("select", () => { const id = rows.here()?.dataset.ticket; if (id) rows.pick(id); });
  on("take", () => window.htmx.ajax("POST", "/queue/take", { swap: "none" }));
}

rows.start();
rows.when("picked", bulk);
rows.when("here", () => {
  const id = rows.here()?.dataset.ticket;
  if (!beside.hidden && id && beside.dataset.ticket !== id) load(id); // the preview follows
});
acts.start(rows.chosen);
document.body.addEventListener("acted", async () => {
  await live.refresh({ now: true });
  if (!beside.hidden && beside.dataset.ticket) load(beside.dataset.ticket);
});
beside.addEventListener("click", (event) => {
  if (/** @type {Element} */ (event.target).closest("[data-hide]")) hide();
});
since.start();
due.start();
live.start();
