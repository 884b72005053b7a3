// Figures that a thing is made of, shown while it has the pointer or the focus: `data-tip` names a template inside it.

/** @type {HTMLElement | null} */
let shown = null;

function hide() {
  shown?.remove();
  shown = null;
}

/** @param {Event} event */
function reveal(event) {
  const target = /** @type {Element} */ (event.target).closest?.("[data-tip]");
  if (!target) return event.type === "focusin" ? hide() : undefined;
  const content = target.querySelector("template");
  if (!(content instanceof HTMLTemplateElement)) return;
  hide();
  shown = document.createElement("div");
  shown.className = "tip";
  shown.setAttribute("aria-hidden", "true"); // the same figures are in the element's label
  shown.append(content.content.cloneNode(true));
  document.body.append(shown);
  const place = target.getBoundingClientRect();
  const below = place.bottom + shown.offsetHeight + 8 < innerHeight;
  shown.style.setProperty("left", `${Math.max(8, Math.min(place.left, innerWidth - shown.offsetWidth - 8)) + scrollX}px`);
  shown.style.setProperty("top", `${(below ? place.bottom + 4 : place.top - shown.offsetHeight - 4) + scrollY}px`);
}

export function start() {
  document.addEventListener("mouseover", reveal);
  document.addEventListener("focusin", reveal);
  document.addEventListener("mouseout", (event) => {
    if (/** @type {Element} */ (event.target).closest?.("[data-tip]")) hide();
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("scroll", hide, { passive: true });
}
