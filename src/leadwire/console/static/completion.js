// Completion in the search field: names of fields, then the values that the list's calls have.

const SHOWN_MAX = 10;

export function offerCompletion() {
  const form = document.querySelector("form[data-find]");
  const input = form.querySelector("#q");
  const list = document.createElement("ul");
  list.className = "completion";
  list.id = "completion";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Completion");
  input.closest("div").append(list);
  for (const [name, value] of [["role", "combobox"], ["aria-controls", list.id], ["aria-expanded", "false"], ["aria-autocomplete", "list"]]) {
    input.setAttribute(name, value);
  }
  let known = null;
  let chosen = -1;

  async function load() {
    known ??= fetch(form.dataset.find).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
    return known;
  }

  async function propose() {
    const data = await load();
    const found = data ? proposals(data, lastWord(input.value)) : [];
    chosen = -1;
    list.replaceChildren(...found.map(option));
    show(found.length > 0 && document.activeElement === input);
  }

  function show(open) {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) input.removeAttribute("aria-activedescendant");
  }

  function option(proposal, place) {
    const item = document.createElement("li");
    item.id = `completion-${place}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.dataset.text = proposal.text;
    const name = document.createElement("span");
    name.textContent = proposal.name;
    const note = document.createElement("small");
    note.textContent = proposal.note;
    item.append(name, note);
    return item;
  }

  function choose(place) {
    const items = [...list.children];
    chosen = (place + items.length) % items.length;
    items.forEach((item, number) => item.setAttribute("aria-selected", String(number === chosen)));
    input.setAttribute("aria-activedescendant", items[chosen].id);
    items[chosen].scrollIntoView({ block: "nearest" });
  }

  function take(item) {
    const word = lastWord(input.value);
    input.value = input.value.slice(0, input.value.length - word.length) + item.dataset.text;
    show(false);
    input.focus();
    if (item.dataset.text.endsWith(":")) propose();
    else form.requestSubmit();
  }

  input.addEventListener("focus", load);
  input.addEventListener("input", propose);
  input.addEventListener("blur", () => setTimeout(() => show(false), 150));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && list.hidden) propose();
    else if (list.hidden) return;
    else if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) take(list.children[chosen]);
    else if (event.key === "Escape") show(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const item = event.target.closest("li");
    if (item) take(item);
  });
}

// The word at the end, which may be a phrase in quotes that is still open.
function lastWord(text) {
  return text.match(/(?:[^\s"]|"[^"]*"?)*$/)[0];
}

function proposals(data, word) {
  const [, minus, rest] = word.match(/^(-?)(.*)$/);
  const colon = rest.indexOf(":");
  if (colon < 0) {
    return data.fields
      .filter((field) => field.name.startsWith(rest.toLowerCase()))
      .slice(0, rest ? SHOWN_MAX : 0)
      .map((field) => ({ text: `${minus}${field.name}:`, name: `${field.name}:`, note: field.help }));
  }
  const wanted = rest.slice(colon + 1).replace(/^"/, "").toLowerCase();
  return (data.values[rest.slice(0, colon).toLowerCase()] ?? [])
    .filter((value) => value.label.toLowerCase().includes(wanted))
    .slice(0, SHOWN_MAX)
    .map((value) => ({ text: minus + value.term, name: value.label, note: value.calls.toLocaleString("en") }));
}
