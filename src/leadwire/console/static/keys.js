// Keys of the list. None works while something is typed, or with a modifier.

const SHEET = [
  ["/", "search"],
  ["j  k", "next, previous row"],
  ["Enter", "open the row"],
  ["[  ]", "newer, older call or page"],
  ["e", "errors only"],
  ["l", "Live"],
  ["c", "copy as cURL"],
  ["y", "copy the link"],
  ["x", "exclude what the row is about"],
  ["Esc", "close"],
];

export function offerKeys() {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (typing || event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || document.querySelector("dialog[open]")) return;
    const act = ACTS[event.key];
    if (act && act() !== false) event.preventDefault();
  });
}

const ACTS = {
  "/": () => document.querySelector("#q").select() ?? document.querySelector("#q").focus(),
  "?": showSheet,
  j: () => step(1),
  k: () => step(-1),
  e: onlyErrors,
  l: () => click("button[data-live]"),
  c: copyCurl,
  y: copyLink,
  x: exclude,
  "[": () => click("[data-newer]") || click('a[rel="prev"]'),
  "]": () => click("[data-older]") || click('a[rel="next"]'),
};

function links() {
  return [...document.querySelectorAll("a[data-view-data]")];
}

function current() {
  const row = document.activeElement?.closest?.("tr[data-call]") ?? document.querySelector("tr[aria-current]");
  return row?.querySelector("a[data-view-data]") ?? null;
}

function step(by) {
  const all = links();
  const place = all.indexOf(current());
  const next = all[place < 0 ? 0 : Math.min(Math.max(place + by, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function click(selector) {
  const found = document.querySelector(selector);
  if (!found || found.disabled || found.hidden) return false;
  found.click();
  return true;
}

// A sent form adds the condition to the others, and its answer has the list's own address.
function searchFor(text) {
  const form = document.querySelector("form[data-find]");
  form.querySelector("#q").value = text;
  form.requestSubmit();
}

function onlyErrors() {
  const has = document.querySelector('form[data-find] [name="has"]').value;
  const pills = [...document.querySelectorAll(".pills button")];
  const on = pills.find((button) => button.getAttribute("aria-label") === "Remove -outcome:success");
  if (on) on.click();
  else if (!has.includes("-outcome:success")) searchFor("-outcome:success");
}

function exclude() {
  const row = current()?.closest("tr");
  if (!row) return false;
  const fault = row.querySelector(".fault")?.textContent;
  const operation = row.querySelector("a[data-view-data]").textContent;
  searchFor(fault ? `-exception:"${fault}"` : `-operation:"${operation}"`);
}

async function copyCurl() {
  const link = current();
  const shown = document.querySelector("#curl-text");
  let text = shown?.textContent;
  if (!shown && link) {
    const answer = await fetch(link.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    text = page.querySelector("#curl-text")?.textContent;
  }
  if (text) await put(text, "Copied as cURL");
}

function copyLink() {
  const inPanel = document.querySelector("[data-newer]");
  put(inPanel ? location.href : (current()?.href ?? location.href), "Copied the link");
}

async function put(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    say(said);
  } catch {
    say("The browser does not let this page copy");
  }
}

function say(text) {
  const note = document.querySelector("[data-said]") ?? document.createElement("p");
  note.className = "said";
  note.dataset.said = "";
  note.setAttribute("role", "status");
  document.body.append(note);
  note.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => note.remove(), 2500);
}

function showSheet() {
  const dialog = document.querySelector("dialog.keys") ?? makeSheet();
  dialog.showModal();
}

function makeSheet() {
  const dialog = document.createElement("dialog");
  dialog.className = "keys";
  dialog.setAttribute("aria-label", "Keys");
  const title = document.createElement("h2");
  title.textContent = "Keys";
  const list = document.createElement("dl");
  for (const [keys, does] of SHEET) {
    const term = document.createElement("dt");
    for (const key of keys.split("  ")) term.append(Object.assign(document.createElement("kbd"), { textContent: key }), " ");
    list.append(term, Object.assign(document.createElement("dd"), { textContent: does }));
  }
  const form = document.createElement("form");
  form.method = "dialog";
  form.append(Object.assign(document.createElement("button"), { className: "button", textContent: "Close" }));
  dialog.append(title, list, form);
  document.body.append(dialog);
  return dialog;
}
