// Due times count down by the wall clock; presenting/times.py says them the same way.

/** @param {number} minutes */
function span(minutes) {
  const whole = Math.abs(Math.round(minutes));
  if (whole < 60) return `${whole} min`;
  if (whole >= 1440) {
    const days = Math.round(whole / 1440);
    return days === 1 ? "1 day" : `${days} days`;
  }
  const [hours, rest] = [Math.floor(whole / 60), whole % 60];
  return rest ? `${hours} h ${String(rest).padStart(2, "0")}` : `${hours} h`;
}

function tick() {
  for (const time of document.querySelectorAll("time[data-due]")) {
    const minutes = (Date.parse(time.getAttribute("datetime") ?? "") - Date.now()) / 60000;
    if (Number.isNaN(minutes)) continue;
    time.textContent = (minutes < 0 ? "-" : "") + span(minutes);
    time.classList.toggle("late", minutes < 0);
    time.classList.toggle("soon", minutes >= 0 && minutes < 60);
  }
}

export function start() {
  setInterval(tick, 20000);
}
