// The policy's editor: line numbers beside the text, marks where the checks found something, a way to each line.

const editor = document.querySelector("[data-editor]");
const text = /** @type {HTMLTextAreaElement | null} */ (document.querySelector("#text"));
const gutter = document.querySelector("[data-gutter]");

/** Which lines have a finding; an error outweighs a warning. @returns {Record<string, string>} */
function marks() {
  /** @type {Record<string, string>} */
  const found = {};
  for (const button of document.querySelectorAll("#checks [data-line]")) {
    const { line = "", severity = "" } = /** @type {HTMLElement} */ (button).dataset;
    if (found[line] !== "error") found[line] = severity;
  }
  return found;
}

/** Draw a number for every line, and let the text be as high as it is. */
function draw() {
  if (!text || !gutter) return;
  const count = text.value.split("\n").length;
  const found = marks();
  text.rows = count + 1; // room for the bar below, so that the last line is never hidden
  gutter.replaceChildren(...Array.from({ length: count }, (_, place) => {
    const number = document.createElement("span");
    number.textContent = String(place + 1);
    number.className = found[String(place + 1)] ?? "";
    return number;
  }));
}

/** Put the cursor at the start of a line and bring it into view. @param {number} line */
function go(line) {
  if (!text) return;
  const rows = text.value.split("\n");
  const start = rows.slice(0, line - 1).reduce((sum, row) => sum + row.length + 1, 0);
  text.focus({ preventScroll: true });
  text.setSelectionRange(start, start + (rows[line - 1] ?? "").length);
  gutter?.children[line - 1]?.scrollIntoView({ block: "center" });
}

if (editor && text) {
  draw();
  text.addEventListener("input", draw);
  document.addEventListener("htmx:afterSwap", (event) => {
    if (/** @type {HTMLElement} */ (event.target).id === "checks") draw();
  });
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-line]");
    if (button instanceof HTMLElement) go(Number(button.dataset.line));
  });
  const saved = text.value;
  window.addEventListener("beforeunload", (event) => {
    if (text.value !== saved && !leaving) event.preventDefault();
  });
  let leaving = false;
  text.form?.addEventListener("submit", () => (leaving = true));
}
