// What htmx does not do by itself: say what went wrong.
import { on } from "./keys.js";
import { show, undo } from "./toasts.js";

const SAID = /** @type {Record<number, string>} */ ({
  403: "You may not do that.",
  404: "It is not there any more.",
  409: "Somebody else was faster.",
  429: "Too many requests; try again in a moment.",
});

export function start() {
  on("undo", undo);
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = /** @type {CustomEvent} */ (event).detail;
    if (xhr.getResponseHeader("hx-redirect")) return; // the session has ended: htmx goes to sign in
    const plain = xhr.getResponseHeader("content-type")?.startsWith("text/plain");
    show({ text: (plain && xhr.responseText) || SAID[xhr.status] || "Something went wrong; look whether it was done.", bad: true });
  });
  document.addEventListener("htmx:sendError", () => show({ text: "The service cannot be reached.", bad: true }));
}
