// The search among operations answers while it is typed. Without this, the form does.

export function searchDocs() {
  const field = document.querySelector("[data-docs-search]");
  const rows = [...document.querySelectorAll("[data-docs-text]")];
  // After a search by the form only the matches are here.
  if (!field || field.value) return;
  const count = document.querySelector("[data-docs-count]");
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const row of rows) {
      row.hidden = !words.every((word) => row.dataset.docsText.includes(word));
      found += !row.hidden;
    }
    for (const group of document.querySelectorAll("[data-docs-group]")) {
      group.hidden = !group.querySelector("[data-docs-text]:not([hidden])");
    }
    count.textContent = words.length ? `${found} ${found === 1 ? "operation" : "operations"}` : "";
  });
}
