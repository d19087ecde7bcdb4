// A call in a panel beside its list, which stays usable. The address is that of the call's own page,
// so that it can be shared and reloaded. Back closes the panel; the list is where it was.

import { enhanceCall } from "./call.js";
import { offerResizing } from "./grip.js";

const LINKS = "a[data-view-data]";
const WIDE = "(min-width: 861px)"; // narrower windows have no room for both

export function openCallsInPanel(enhance) {
  if (!document.querySelector("[data-results]")) return;
  const listTitle = document.title;
  const panel = document.createElement("aside");
  panel.className = "panel";
  panel.setAttribute("aria-label", "Call");
  let opener = null; // the address of the call's row
  let turn = 0; // counts what was asked for: an answer that comes late is dropped
  let leaving = false;

  // *remember* is the History method that puts the call's address into the address bar, if any.
  async function open(address, remember, focus = "h1") {
    const mine = ++turn;
    const content = await callFrom(address);
    if (mine !== turn) return;
    if (!content) {
      location.assign(address);
      return;
    }
    if (remember) history[remember]({ leadwirePanel: true }, "", content.address);
    show(content);
    panel.querySelector(focus)?.focus();
  }

  function show(content) {
    document.title = content.title;
    const wasOpen = panel.isConnected;
    panel.replaceChildren(offerResizing(panel), content.article);
    if (!wasOpen) document.querySelector("main").after(panel);
    document.body.classList.add("with-panel");
    panel.scrollTop = 0;
    opener = pathOf(content.address);
    markRow();
    enhance(content.article);
    enhanceCall(content.article);
  }

  function markRow() {
    document.querySelector("tr[aria-current]")?.removeAttribute("aria-current");
    const link = linkTo(opener);
    link?.closest("tr")?.setAttribute("aria-current", "true");
    return link;
  }

  // Two impatient keystrokes must not leave the list as well.
  function leave() {
    if (!leaving) history.back();
    leaving = true;
  }

  function close() {
    if (!panel.isConnected) return;
    const link = linkTo(opener);
    opener = "";
    markRow();
    panel.remove();
    document.body.classList.remove("with-panel");
    document.title = listTitle;
    link?.focus();
  }

  // The rows of the list first: they are what the reader sees. The server knows what is beyond.
  function besides(link) {
    const links = [...document.querySelectorAll(LINKS)];
    const place = links.findIndex((row) => pathOf(row.href) === opener);
    const step = link.hasAttribute("data-newer") ? -1 : 1;
    return (place >= 0 && links[place + step]?.href) || link.href;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey);
    if (!link || !plain || event.altKey || event.defaultPrevented) return;
    if (link.matches(LINKS) && matchMedia(WIDE).matches) {
      event.preventDefault();
      open(link.href, panel.isConnected ? "replaceState" : "pushState");
    } else if (panel.contains(link) && !link.hasAttribute("download")) {
      inPanel(event, link);
    }
  });

  function inPanel(event, link) {
    const isStep = link.matches("[data-newer], [data-older]");
    const isCall = isStep || link.matches("[data-call]") || pathOf(link.href) === opener;
    if (!link.hasAttribute("data-close") && (!isCall || link.hasAttribute("data-whole"))) return;
    event.preventDefault();
    if (link.hasAttribute("data-close")) leave();
    else open(isStep ? besides(link) : link.href, "replaceState");
  }

  panel.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-find]")) return;
    event.preventDefault();
    const asked = new URLSearchParams(new FormData(event.target));
    open(`${event.target.action}?${asked}`, "replaceState", "[data-find] input");
  });
  addEventListener("popstate", (event) => {
    leaving = false;
    turn++;
    if (event.state?.leadwirePanel) open(location.href, "");
    else close();
  });
}

// A page that is not the list of its history: Back shows an address whose page is not here.
export function followHistory() {
  const shown = location.pathname;
  if (document.querySelector("[data-results]")) return;
  addEventListener("popstate", () => {
    if (location.pathname !== shown) location.reload();
  });
}

// The call's own page, taken apart; null when it is not to be had, as after the session's end.
async function callFrom(address) {
  try {
    const answer = await fetch(address, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const article = page.querySelector("#call");
    if (!answer.ok || !article) return null;
    return { article: document.adoptNode(article), title: page.title, address: answer.url };
  } catch {
    return null;
  }
}

function pathOf(address) {
  return new URL(address, location.href).pathname;
}

function linkTo(path) {
  if (!path) return null;
  return [...document.querySelectorAll(LINKS)].find((link) => pathOf(link.href) === path) ?? null;
}
