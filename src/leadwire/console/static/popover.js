// Popovers are details elements: Escape or a click elsewhere closes them.

export function closePopovers() {
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector("details.popover[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll("details.popover[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });
}
