// A switch between UTC and local time for everything in <time>, remembered in this browser.
// URL, filters, CSV and JSON stay in UTC.

const KEY = "leadwire.time-zone";
const TEXTS = { utc: "UTC", local: "local" };

export function offerLocalTime(root) {
  for (const group of root.querySelectorAll("[data-zone-switch]")) {
    group.hidden = false;
    for (const button of group.querySelectorAll("button[data-zone]")) {
      button.addEventListener("click", () => choose(button.dataset.zone));
    }
  }
  show(root, chosen());
}

function chosen() {
  try {
    return localStorage.getItem(KEY) === "local" ? "local" : "utc";
  } catch {
    return "utc"; // storage may be forbidden
  }
}

function choose(zone) {
  try {
    localStorage.setItem(KEY, zone);
  } catch {
    // The choice then holds for this page alone.
  }
  show(document, zone);
}

function show(root, zone) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.dataset.utc ??= time.textContent;
    time.textContent = zone === "local" ? local(time.dateTime, time.dataset.utc) : time.dataset.utc;
    time.title = zone === "local" ? `${time.dataset.utc} UTC` : "";
  }
  for (const name of root.querySelectorAll("[data-zone-name]")) name.textContent = TEXTS[zone];
  for (const button of root.querySelectorAll("button[data-zone]")) {
    button.setAttribute("aria-pressed", String(button.dataset.zone === zone));
  }
}

// The same form and precision as the UTC text it replaces.
function local(instant, utcText) {
  const at = new Date(instant);
  const two = (number) => String(number).padStart(2, "0");
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
  const text = `${date} ${time}.${String(at.getMilliseconds()).padStart(3, "0")}`;
  return text.slice(0, utcText.length);
}
