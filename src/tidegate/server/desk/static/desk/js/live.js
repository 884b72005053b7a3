// What changes while one looks: it waits behind a line until it is asked for. Only what became urgent speaks up.
import { chime } from "./chime.js";
import * as rows from "./rows.js";
import { say, show } from "./toasts.js";

const EVERY = 1500;
const HIDDEN = 20000;

/** @typedef {{mark: string, clock: string, total: number, lanes: Record<string, number>, review: number, rows: [string, string | null, string][], urgent: [string, string | null][]}} News */

let mark = "";
let stopped = false;
/** @type {Set<string>} */
let heard = new Set();

const desk = () => /** @type {HTMLElement} */ (document.querySelector("#desk"));
const state = () => /** @type {HTMLElement | null} */ (document.querySelector("#lines > [data-mark]"));

function query() {
  const page = desk().dataset.number ?? "1";
  return `${desk().dataset.query ? `${desk().dataset.query}&` : ""}page=${page}`;
}

/** @param {News} news */
function counts(news) {
  for (const [lane, count] of Object.entries(news.lanes)) {
    for (const place of document.querySelectorAll(`[data-lane-count="${lane}"]`)) place.textContent = String(count);
  }
  const review = document.querySelector("[data-review-count]");
  if (review) review.textContent = String(news.review);
}

/** A new P0 is said once, in every page of this browser. @param {News} news */
function urgent(news) {
  const fresh = news.urgent.filter(([id]) => !heard.has(id));
  for (const [id] of fresh) heard.add(id);
  localStorage.setItem("heard", JSON.stringify([...heard].slice(-200)));
  if (!fresh.length) return;
  const text = fresh.length === 1 ? `New P0: ${fresh[0][0]} ${fresh[0][1] ?? ""}` : `${fresh.length} new P0 tickets`;
  show({ text, bad: true });
  if (document.documentElement.dataset.sound === "on") chime();
}

/** @param {News} news */
function compare(news) {
  const shown = rows.all();
  const known = new Map(shown.map((row) => [row.dataset.ticket, row]));
  const there = new Set(news.rows.map(([id]) => id));
  const place = rows.here() ? news.rows.findIndex(([id]) => id === rows.here()?.dataset.ticket) : -1;
  const fresh = news.rows.map(([id], at) => ({ id, at })).filter(({ id }) => !known.has(id));
  const above = fresh.filter(({ at }) => place >= 0 && at < place).length;
  const moved = news.rows.filter(([id, level, lane]) => {
    const row = known.get(id);
    return row && (row.dataset.level !== (level ?? "") || row.dataset.lane !== lane);
  }).length;
  let gone = 0;
  for (const row of shown) {
    const left = !there.has(row.dataset.ticket ?? "");
    row.classList.toggle("is-gone", left);
    gone += Number(left);
  }
  tell(fresh.length, above, moved, gone);
}

/** @param {number} fresh @param {number} above @param {number} moved @param {number} gone */
function tell(fresh, above, moved, gone) {
  const bar = /** @type {HTMLElement | null} */ (document.querySelector("#news"));
  const place = bar?.querySelector("[data-news-text]");
  if (!bar || !place) return;
  const parts = [];
  if (fresh) parts.push(`${fresh} new since ${state()?.dataset.clock ?? ""}${above ? `, ${above} above you` : ""}`);
  if (moved) parts.push(`${moved} changed`);
  if (gone) parts.push(`${gone} left`);
  const text = parts.join(", ");
  if (place.textContent !== text) place.textContent = text;
  bar.hidden = !text;
}

async function look() {
  const answer = await fetch(`/queue/news?v=${encodeURIComponent(mark)}&${query()}`, { headers: { accept: "application/json", "x-background": "true" } });
  if (answer.redirected || answer.status === 401 || answer.status === 403) stopped = true;
  if (answer.status !== 200 || stopped) return;
  const news = /** @type {News} */ (await answer.json());
  mark = news.mark;
  counts(news);
  urgent(news);
  compare(news);
}

async function forever() {
  while (!stopped) {
    await new Promise((resolve) => setTimeout(resolve, document.hidden ? HIDDEN : EVERY));
    await look().catch(() => undefined); // the service may be restarting: it is asked again
  }
}

/** Write the list anew without losing the place: the row that is here stays where it is on the screen. */
export async function refresh({ now = false } = {}) {
  const row = rows.here();
  const before = row?.getBoundingClientRect().top ?? 0;
  const focused = Boolean(row?.contains(document.activeElement));
  await window.htmx.ajax("GET", `/queue/lines?${query()}${now ? "&now=1" : ""}`, { source: "#lines", target: "#lines", swap: "innerHTML" });
  mark = state()?.dataset.mark ?? "";
  const bar = /** @type {HTMLElement | null} */ (document.querySelector("#news"));
  if (bar) bar.hidden = true;
  rows.restore();
  const after = rows.here();
  if (!after) return;
  scrollBy(0, after.getBoundingClientRect().top - before);
  if (focused) /** @type {HTMLElement | null} */ (after.querySelector(".subject"))?.focus({ preventScroll: true });
}

export async function showNew() {
  const before = new Set(rows.all().map((row) => row.dataset.ticket));
  await refresh();
  const fresh = rows.all().filter((row) => !before.has(row.dataset.ticket));
  for (const row of fresh) {
    const place = row.querySelector("[data-mark-here]");
    if (place) place.textContent = "new";
  }
  say(`${fresh.length} new tickets are shown.`);
}

export function start() {
  mark = state()?.dataset.mark ?? "";
  const kept = localStorage.getItem("heard");
  heard = new Set(kept ? JSON.parse(kept) : []);
  for (const row of document.querySelectorAll('#lines tr[data-level="P0"]')) {
    if (row instanceof HTMLElement && row.dataset.ticket) heard.add(row.dataset.ticket); // seen as the page opens
  }
  forever();
}
