// The Live switch: new calls of the list appear above the others while it is on. It stays on in
// this tab, also when a filter changes the list. One stream a tab, and none while it is hidden.

const KEY = "leadwire.live";
const SAID_EVERY_MS = 5000;
const GONE_AFTER_MS = 1000;
const ROWS_MAX = 2000;

export function offerLive(enhance) {
  const button = document.querySelector("button[data-live]");
  if (!button || !("EventSource" in globalThis)) return;
  const rows = document.querySelector("[data-rows]");
  const note = sayNowAndThen(document.querySelector("[data-live-note]"));
  const shown = new Set(Array.from(rows?.rows ?? [], (row) => row.dataset.call));
  let stream = null;
  let seen = new URL(button.dataset.live, location.href).searchParams.get("after");
  let arrived = 0;

  function open() {
    if (stream || document.hidden || !isOn()) return;
    const address = new URL(button.dataset.live, location.href);
    address.searchParams.set("after", seen);
    const mine = new EventSource(address);
    stream = mine;
    mine.addEventListener("calls", show);
    mine.addEventListener("error", () => {
      // A stream that ended by itself is opened again by the browser; one that was refused is
      // not. Leaving the page looks like a refusal, too: by then nobody is here to tell.
      if (mine.readyState !== EventSource.CLOSED) return;
      setTimeout(() => {
        if (stream === mine) stop("Live has stopped. Reload the page.");
      }, GONE_AFTER_MS);
    });
  }

  function close() {
    stream?.close();
    stream = null;
  }

  function show(event) {
    const fresh = JSON.parse(event.data);
    seen = event.lastEventId;
    if (!rows) {
      location.reload(); // the first calls of a list that was empty bring the table with them
      return;
    }
    const part = document.createElement("template");
    part.innerHTML = fresh.rows;
    for (const row of part.content.querySelectorAll("tr")) {
      // Every call comes at least once; the page, and a stream that went on, may have it.
      if (shown.has(row.dataset.call)) row.remove();
      else {
        shown.add(row.dataset.call);
        row.classList.add("row-new");
        arrived += 1;
      }
    }
    if (!part.content.childElementCount) return;
    enhance(part.content);
    rows.prepend(part.content);
    document.querySelector("[data-shown]").textContent = calls(rows.rows.length);
    if (rows.rows.length > ROWS_MAX) {
      stop("Live has stopped: too many calls to follow. Reload the page for the newest.");
    } else {
      note(`${calls(arrived, "new ")} since Live was switched on`);
    }
  }

  function stop(why) {
    close();
    remember(false);
    button.setAttribute("aria-checked", "false");
    note(why, true);
  }

  button.hidden = false;
  button.setAttribute("aria-checked", String(isOn()));
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-checked") !== "true";
    remember(on);
    button.setAttribute("aria-checked", String(on));
    if (!on) close();
    note(on ? "Waiting for new calls" : "", true);
    arrived = 0;
    open();
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
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
