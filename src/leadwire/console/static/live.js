// The Live switch: new calls of the list appear above the others, and every count follows. It stays
// on in this tab, also when a filter changes the list. Tabs share one stream through a worker.

import { openStream } from "./stream.js";

const KEY = "leadwire.live";
const SAID_EVERY_MS = 5000;
const ROWS_MAX = 2000;

export function offerLive() {
  const button = document.querySelector("button[data-live]");
  if (!button || !("EventSource" in globalThis)) return;
  const word = button.querySelector("[data-live-name]");
  const note = sayNowAndThen(document.querySelector("[data-live-note]"));
  const results = document.querySelector("[data-results]");
  const shown = new Set(Array.from(results.querySelectorAll("tr[data-call]"), (row) => row.dataset.call));
  const address = new URL(button.dataset.live, location.href);
  let seen = address.searchParams.get("after");
  address.searchParams.delete("after");
  let close = null;
  let arrived = 0;
  let held = []; // events that wait while somebody reads further down
  const more = heldButton(() => release());

  function open() {
    if (close || document.hidden || !isOn()) return;
    close = openStream(address.pathname + address.search, seen, {
      calls(parts, place) {
        seen = place;
        if (results.querySelector("table") === null) location.reload();
        else if (isReading()) hold(parts);
        else show(parts);
      },
      ended: () => stop("Live has stopped. Reload the page."),
    });
  }

  function shut() {
    close?.();
    close = null;
  }

  function show(parts) {
    const table = results.querySelector("table");
    const part = document.createElement("template");
    part.innerHTML = `<table>${parts.rows}</table>`;
    for (const row of part.content.querySelectorAll("tr[data-call]")) {
      // Every call comes at least once; the page, and a stream that went on, may have it.
      if (shown.has(row.dataset.call)) row.remove();
      else {
        shown.add(row.dataset.call);
        row.classList.add("row-new");
        arrived += 1;
      }
    }
    for (const day of [...part.content.querySelectorAll("tbody")].reverse()) place(table, day);
    counts(parts);
    if (shown.size > ROWS_MAX) stop("Live has stopped: too many calls to follow. Reload the page for the newest.");
    else note(`${calls(arrived, "new ")} since Live was switched on`);
  }

  function place(table, day) {
    const fresh = [...day.querySelectorAll("tr[data-call]")];
    if (!fresh.length) return;
    const known = table.querySelector(`tbody[data-day="${day.dataset.day}"]`);
    if (known) known.querySelector("tr.day").after(...fresh);
    else table.querySelector("thead").after(day);
  }

  function counts(parts) {
    const swap = (selector, html) => {
      const fresh = document.createElement("template");
      fresh.innerHTML = html;
      return [document.querySelector(selector), fresh.content];
    };
    const [summary, fresh] = swap("[data-summary]", parts.summary);
    const tools = summary.querySelector(".tools");
    const focused = summary.contains(document.activeElement) && !tools.contains(document.activeElement);
    if (!focused) {
      fresh.querySelector(".sum").append(tools);
      summary.replaceChildren(fresh);
    }
    const [facets, values] = swap("[data-facets]", parts.facets);
    if (!facets.contains(document.activeElement)) {
      const open = [...facets.querySelectorAll("details")].map((details) => details.open);
      values.querySelectorAll("details").forEach((details, number) => (details.open = open[number] ?? details.open));
      facets.replaceChildren(values);
    }
    for (const [day, count] of Object.entries(parts.days)) {
      const place = results.querySelector(`tbody[data-day="${day}"] [data-day-count]`);
      if (place) place.textContent = calls(count.calls) + (count.failed ? `, ${count.failed.toLocaleString("en")} failed` : "");
    }
    results.querySelector("[data-shown]").textContent = shown.size.toLocaleString("en");
    const counted = results.querySelector("[data-counted]");
    if (counted && parts.count !== null) counted.textContent = calls(parts.count);
  }

  function isReading() {
    return results.querySelector("table").getBoundingClientRect().top < 0;
  }

  function hold(parts) {
    held.push(parts);
    const rows = held.reduce((sum, each) => sum + (each.rows.match(/data-call=/g)?.length ?? 0), 0);
    const failed = held.reduce((sum, each) => sum + each.failed, 0);
    more.textContent = `↑ ${rows.toLocaleString("en")} newer${failed ? `, ${failed.toLocaleString("en")} failed` : ""}`;
    more.hidden = false;
    button.classList.add("held");
    word.textContent = "Live, held";
  }

  function release() {
    more.hidden = true;
    button.classList.remove("held");
    word.textContent = "Live";
    for (const parts of held) show(parts);
    held = [];
  }

  function stop(why) {
    shut();
    remember(false);
    button.setAttribute("aria-checked", "false");
    note(why, true);
    word.textContent = "Live";
    button.title = why;
  }

  button.hidden = false;
  button.setAttribute("aria-checked", String(isOn()));
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-checked") !== "true";
    remember(on);
    button.setAttribute("aria-checked", String(on));
    if (!on) shut();
    note(on ? "Waiting for new calls" : "", true);
    arrived = 0;
    open();
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? shut() : open()));
  addEventListener("pagehide", shut);
  addEventListener("pageshow", open);
  addEventListener("scroll", () => held.length && !isReading() && release(), { passive: true });
  open();
}

function heldButton(release) {
  const more = document.createElement("button");
  more.type = "button";
  more.className = "button held-rows";
  more.hidden = true;
  more.addEventListener("click", () => {
    scrollTo({ top: 0 });
    release();
  });
  document.querySelector("[data-results] table")?.before(more);
  return more;
}

function calls(number, kind = "") {
  return `${number.toLocaleString("en")} ${kind}${number === 1 ? "call" : "calls"}`;
}

// A screen reader reads every change: the newest text is put there at most every few seconds.
function sayNowAndThen(element) {
  let waiting = 0;
  let latest = "";
  let saidAt = -SAID_EVERY_MS;
  const say = () => {
    clearTimeout(waiting);
    waiting = 0;
    saidAt = performance.now();
    element.textContent = latest;
  };
  return (text, atOnce = false) => {
    latest = text;
    const left = saidAt + SAID_EVERY_MS - performance.now();
    if (atOnce || left <= 0) say();
    else waiting ||= setTimeout(say, left);
    if (atOnce) saidAt = -SAID_EVERY_MS;
  };
}

let on = false; // for this page alone, where storage is forbidden

function isOn() {
  try {
    return sessionStorage.getItem(KEY) === "on";
  } catch {
    return on;
  }
}

function remember(value) {
  on = value;
  try {
    if (value) sessionStorage.setItem(KEY, "on");
    else sessionStorage.removeItem(KEY);
  } catch {
    // see above
  }
}
