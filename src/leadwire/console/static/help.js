// The help beside the search field lies over the page: Escape or a click elsewhere puts it away.

export function closeHelpLightly() {
  const help = document.querySelector("details.search-help");
  if (!help) return;
  help.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !help.open) return;
    help.open = false;
    help.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (!help.contains(event.target)) help.open = false;
  });
}
