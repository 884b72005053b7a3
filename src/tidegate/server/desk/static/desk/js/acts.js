// What is done to tickets: a dialog asks, one request does it, a toast takes it back.
import { on } from "./keys.js";
import { show } from "./toasts.js";

/** @param {string} name */
const dialog = (name) => {
  const found = document.querySelector(`dialog#${name}.act`);
  return found instanceof HTMLDialogElement ? found : null;
};

/**
 * @param {string[]} tickets
 * @param {{act: string, value?: string, reason?: string}} what
 */
export function send(tickets, what) {
  return window.htmx.ajax("POST", "/queue/act", { values: { value: "", reason: "", ...what, ticket: tickets }, swap: "none" });
}

/** @param {string} name @param {string[]} tickets */
function ask(name, tickets) {
  const box = dialog(name);
  const form = box?.querySelector("form");
  if (!box || !form) return;
  if (!tickets.length) return show({ text: "Choose a ticket first: j and k move, x selects." });
  form.reset();
  const what = box.querySelector("[data-act-what]");
  if (what) what.textContent = tickets.length === 1 ? tickets[0] : `${tickets.length} tickets`;
  box.dataset.tickets = JSON.stringify(tickets);
  box.showModal();
  /** @type {HTMLElement | null} */ (form.querySelector("select, input[type=radio], input:not([type=hidden])"))?.focus();
}

/** @param {HTMLFormElement} form */
function decide(form) {
  const box = form.closest("dialog");
  const given = new FormData(form);
  const value = String(given.get("value") ?? "");
  if (!given.has("value")) return show({ text: "Choose a value first." });
  box?.close();
  send(JSON.parse(box?.dataset.tickets ?? "[]"), { act: form.dataset.actForm ?? "", value, reason: String(given.get("reason") ?? "") });
}

/** A digit chooses and decides, unless it is typed into the reason. @param {KeyboardEvent} event */
function digit(event) {
  const form = /** @type {Element} */ (event.target).closest?.("form[data-digits]");
  if (!(form instanceof HTMLFormElement)) return;
  const typing = event.target instanceof HTMLInputElement && event.target.type !== "radio";
  const choice = form.querySelectorAll('input[name="value"]')[Number(event.key) - 1];
  if (!/^[1-9]$/.test(event.key) || typing || !(choice instanceof HTMLInputElement)) return;
  choice.checked = true;
  event.preventDefault();
  decide(form);
}

/**
 * @param {() => string[]} tickets  whom acts are for
 * @param {string[]} [names]  which dialogs there are
 */
export function start(tickets, names = ["assign", "level", "lane", "intent", "route"]) {
  for (const name of names) if (dialog(name)) on(name, () => ask(name, tickets()));
  if (dialog("assign")) {
    on("resolve", () => {
      const chosen = tickets();
      return chosen.length ? send(chosen, { act: "resolve" }) : show({ text: "Choose a ticket first: j and k move, x selects." });
    });
  }
  document.addEventListener("submit", (event) => {
    if (event.target instanceof HTMLFormElement && event.target.matches("[data-act-form]")) {
      event.preventDefault();
      decide(event.target);
    }
  });
  document.addEventListener("keydown", digit, true);
}
