// The left edge of the panel: dragged, or moved with the arrow keys. The width is kept.

const KEY = "leadwire.panel-percent";
const LEAST = 30;
const MOST = 70;
const USUAL = 45;
const STEP = 5;

export function offerResizing(panel) {
  const grip = document.createElement("div");
  grip.className = "grip";
  grip.tabIndex = 0;
  for (const [name, value] of Object.entries({
    role: "separator",
    "aria-orientation": "vertical",
    "aria-label": "Width of the call",
    "aria-valuemin": LEAST,
    "aria-valuemax": MOST,
  })) {
    grip.setAttribute(name, value);
  }
  const resize = (percent, keep = true) => {
    const width = Math.round(Math.min(Math.max(percent, LEAST), MOST));
    document.body.style.setProperty("--panel-width", `${width}%`);
    grip.setAttribute("aria-valuenow", width);
    if (keep) remember(width);
  };
  const percentAt = (event) => 100 - (100 * event.clientX) / document.documentElement.clientWidth;
  const now = () => Number(grip.getAttribute("aria-valuenow"));
  grip.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
  });
  grip.addEventListener("pointermove", (event) => {
    if (grip.hasPointerCapture(event.pointerId)) resize(percentAt(event));
  });
  grip.addEventListener("dblclick", () => resize(USUAL));
  grip.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: now() + STEP, ArrowRight: now() - STEP, Home: LEAST, End: MOST };
    if (!(event.key in to)) return;
    event.preventDefault();
    resize(to[event.key]);
  });
  resize(kept(), false);
  return grip;
}

function kept() {
  try {
    return Number(localStorage.getItem(KEY)) || USUAL;
  } catch {
    return USUAL; // storage may be forbidden
  }
}

function remember(width) {
  try {
    localStorage.setItem(KEY, width);
  } catch {
    // The width then holds for this page alone.
  }
}
