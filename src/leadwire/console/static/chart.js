// The chart is one stop of Tab. Arrows move from bar to bar, shift and an arrow take a range, Enter
// shows it; so does dragging. Without a script each bar is a link.

const LINKS = ".chart svg a";

export function offerChart() {
  const summary = document.querySelector("[data-summary]");
  if (!summary) return;
  let anchor = null; // where a range begins
  let dragged = false;

  const bars = () => [...summary.querySelectorAll(LINKS)];
  const barAt = (event) => {
    const svg = summary.querySelector(".chart svg");
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    return bars().reduce((near, bar) => (away(bar, x) < away(near, x) ? bar : near));
  };

  function mark(from, to) {
    const all = bars();
    const [first, last] = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
    all.forEach((bar, place) => bar.classList.toggle("chosen", place >= first && place <= last && first !== last));
  }

  function show(from, to) {
    const all = bars();
    const [first, last] = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
    const address = new URL(all[first].href.baseVal, location.href);
    address.searchParams.set("to", new URL(all[last].href.baseVal, location.href).searchParams.get("to"));
    location.assign(address);
  }

  summary.addEventListener("keydown", (event) => {
    const bar = event.target.closest?.(LINKS);
    if (!bar) return;
    const all = bars();
    const place = all.indexOf(bar);
    const next = { ArrowLeft: all[place - 1], ArrowRight: all[place + 1], Home: all[0], End: all.at(-1) }[event.key];
    if (next) {
      event.preventDefault();
      anchor = event.shiftKey ? (anchor ?? bar) : null;
      rove(all, next);
      next.focus();
      mark(anchor ?? next, next);
    } else if (event.key === "Enter" && anchor && anchor !== bar) {
      event.preventDefault();
      show(anchor, bar);
    }
  });
  summary.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.target.closest?.(".chart svg") || !bars().length) return;
    anchor = barAt(event);
    dragged = false;
  });
  addEventListener("pointermove", (event) => {
    if (!anchor || event.buttons !== 1 || !anchor.isConnected) return;
    const bar = barAt(event);
    dragged ||= bar !== anchor;
    mark(anchor, bar);
  });
  addEventListener("pointerup", (event) => {
    if (anchor?.isConnected && dragged) show(anchor, barAt(event));
    if (!event.target.closest?.(LINKS)) dragged = false;
    anchor = null;
  });
  summary.addEventListener("click", (event) => dragged && event.preventDefault(), true);
  summary.addEventListener("dragstart", (event) => event.preventDefault());
  rove(bars(), bars().at(-1));
  new MutationObserver(() => rove(bars(), bars().at(-1))).observe(summary, { childList: true, subtree: true });
}

function away(bar, x) {
  const place = bar.querySelector("rect");
  const left = Number(place.getAttribute("x"));
  return Math.max(left - x, x - left - Number(place.getAttribute("width")), 0);
}

function rove(all, chosen) {
  for (const bar of all) bar.setAttribute("tabindex", bar === chosen ? "0" : "-1");
}
