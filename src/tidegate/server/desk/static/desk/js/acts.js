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
  const value = String((given.get("value") === "at" ? given.get("when") : given.get("value")) ?? "");
  if (!given.has("value") || (given.get("value") === "at" && !value)) return show({ text: "Choose a value first." });
  box?.close();
  send(JSON.parse(box?.dataset.tickets ?? "[]"), { act: form.dataset.actForm ?? "", value, reason: String(given.get("reason") ?? "") });
}

/** The field of a date and time, where a dialog has one. @param {HTMLFormElement} form */
const when = (form) => /** @type {HTMLInputElement | null} */ (form.querySelector('input[name="when"]'));

/** A digit chooses and decides, unless it is typed into the reason. @param {KeyboardEvent} event */
function digit(event) {
  const form = /** @type {Element} */ (event.target).closest?.("form[data-digits]");
  if (!(form instanceof HTMLFormElement)) return;
  const typing = event.target instanceof HTMLInputElement && event.target.type !== "radio";
  const choice = form.querySelectorAll('input[name="value"]')[Number(event.key) - 1];
  if (!/^[1-9]$/.test(event.key) || typing || !(choice instanceof HTMLInputElement)) return;
  choice.checked = true;
  event.preventDefault();
  if (choice.value === "at") return when(form)?.focus();
  decide(form);
}

/**
 * @param {() => string[]} tickets  whom acts are for
 * @param {string[]} [names]  which dialogs there are
 */
export function start(tickets, names = ["assign", "level", "lane", "snooze", "intent", "route"]) {
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
  document.addEventListener("input", (event) => { // a date that is written is a date that is chosen
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || field.name !== "when") return;
    const choice = field.form?.querySelector('input[name="value"][value="at"]');
    if (choice instanceof HTMLInputElement) choice.checked = true;
  });
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-bring-back]");
    if (button instanceof HTMLElement) send([button.dataset.bringBack ?? ""], { act: "snooze", value: "now" });
  });
  document.addEventListener("keydown", digit, true);
}
