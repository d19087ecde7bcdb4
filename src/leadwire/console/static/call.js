// One call, in a panel or on its page: keys, values to include, exclude or copy, more lines.

import { copyText } from "./copy.js";

const KEYS = { "[": "[data-newer]", "]": "[data-older]", c: "[aria-keyshortcuts=c]" };
Object.assign(KEYS, { y: "[aria-keyshortcuts=y]", Escape: "[data-close]" });
const ITEMS = "a.value, summary";

export function enhanceCall(article) {
  article.addEventListener("click", (event) => {
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey);
    const link = plain && event.target.closest("a");
    if (link?.matches(".value")) offerValue(event, link, article);
    else if (link?.matches("[data-more]")) showMore(event, link, article);
  });
  for (const body of article.querySelectorAll("[data-body]")) moveByArrows(body);
  for (const part of article.querySelectorAll("[data-part]")) loadPart(part);
}

export function offerCallKeys() {
  document.addEventListener("keydown", (event) => {
    const article = document.querySelector("#call");
    const typing = event.target.matches?.("input, select, textarea, [contenteditable]");
    const special = event.metaKey || event.ctrlKey || event.altKey;
    if (!article || !KEYS[event.key] || special || event.defaultPrevented) return;
    if (typing && event.key !== "Escape") return;
    if (document.querySelector("dialog[open]")) return;
    const open = document.querySelector(".value-menu, details.popover[open]");
    event.preventDefault();
    if (event.key === "Escape" && open) closeMenus();
    else article.querySelector(KEYS[event.key])?.click();
  });
}

function closeMenus() {
  for (const menu of document.querySelectorAll(".value-menu")) {
    menu.previousElementSibling?.focus();
    menu.remove();
  }
  for (const popover of document.querySelectorAll("details.popover[open]")) {
    popover.open = false;
    popover.querySelector("summary").focus();
  }
}

// Without a script the link leads to the page with these three choices.
function offerValue(event, link, article) {
  event.preventDefault();
  const wasHere = link.nextElementSibling?.matches(".value-menu");
  closeMenus();
  if (wasHere) return;
  const term = new URL(link.href).searchParams.get("pick");
  const menu = document.createElement("span");
  menu.className = "value-menu";
  menu.setAttribute("role", "group");
  menu.setAttribute("aria-label", term);
  menu.append(
    choice("Calls with it", listWith(article, term)),
    choice("Calls without it", listWith(article, `-${term}`)),
  );
  const copy = document.createElement("button");
  copy.type = "button";
  copy.className = "button";
  copy.textContent = "Copy";
  copy.addEventListener("click", () => copyText(copy, valueOf(link)));
  menu.append(copy);
  link.after(menu);
  menu.firstChild.focus();
}

function choice(text, address) {
  const link = document.createElement("a");
  link.className = "button";
  link.textContent = text;
  link.href = address;
  return link;
}

function listWith(article, term) {
  const list = new URL(article.dataset.list, location.href);
  const asked = list.searchParams.get("q") ?? "";
  const before = / OR /.test(asked) ? `(${asked})` : asked;
  list.searchParams.set("q", `${before} ${term}`.trim());
  list.searchParams.delete("cursor");
  return list.href;
}

// What is drawn as a token is copied as the letter that it stands for.
function valueOf(link) {
  const value = link.querySelector("bdi").cloneNode(true);
  for (const token of value.querySelectorAll("[data-letter]")) {
    token.textContent = String.fromCodePoint(Number(token.dataset.letter));
  }
  return value.textContent;
}

async function showMore(event, link, article) {
  event.preventDefault();
  const note = link.closest(".cut-note");
  const body = note.previousElementSibling;
  const index = [...article.querySelectorAll("[data-body]")].indexOf(body);
  link.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const more = page.querySelectorAll("[data-body]")[index];
    const following = more.nextElementSibling;
    const fresh = [...document.adoptNode(more).childNodes];
    body.append(...fresh);
    if (following?.matches(".cut-note")) note.replaceWith(document.adoptNode(following));
    else note.remove();
    body.focus();
  } catch {
    location.assign(link.href);
  }
}

// A body is one stop of Tab: arrows move between its values and folds.
function moveByArrows(body) {
  body.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const here = document.activeElement;
    const fold = here.closest?.("summary")?.parentElement;
    if (fold && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      event.preventDefault();
      fold.open = event.key === "ArrowRight";
    }
    if (!step || event.target.closest(".value-menu")) return;
    const items = [...body.querySelectorAll(ITEMS)].filter((item) => item.checkVisibility());
    const next = items[items.indexOf(here) + step] ?? (here === body ? items[0] : null);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  new MutationObserver(() => takeOutOfTab(body)).observe(body, { childList: true });
  takeOutOfTab(body);
}

function takeOutOfTab(body) {
  for (const item of body.querySelectorAll(ITEMS)) item.tabIndex = -1;
}

// A part that takes a search of its own comes after the page.
async function loadPart(part) {
  try {
    const answer = await fetch(part.dataset.part, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const content = page.querySelector(`#${part.id}`);
    if (answer.ok && content) part.replaceChildren(...document.adoptNode(content).childNodes);
  } catch {
    // Its link is still there.
  }
}
