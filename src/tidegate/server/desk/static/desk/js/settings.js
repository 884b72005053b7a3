// The page of a person's settings: what is chosen holds at once.
import { chime } from "./chime.js";

document.querySelector("[data-play]")?.addEventListener("click", chime);
document.body.addEventListener("looks", (event) => {
  const { theme, density, sound } = /** @type {CustomEvent} */ (event).detail;
  const root = document.documentElement.dataset;
  if (theme === "system") delete root.theme;
  else root.theme = theme;
  root.density = density;
  root.sound = sound ? "on" : "off";
});
