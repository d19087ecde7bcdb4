// The server shows every instant in the zone that the browser chose. Here the browser names its own.

export function offerLocalTime(root) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || zone === "UTC") return;
  for (const button of root.querySelectorAll("button[data-local-zone]")) {
    button.value = zone;
    button.textContent = `Local, ${zone}`;
    button.hidden = false;
  }
}
