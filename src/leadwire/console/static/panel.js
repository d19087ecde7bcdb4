// View Data in a panel beside the list. The address is that of the call's own page, so that it can
// be shared and reloaded; the back button closes the panel and the list is where it was.

const LINKS = "a[data-view-data]";

export function openCallsInPanel(enhance) {
  if (!document.querySelector(LINKS) || !("HTMLDialogElement" in globalThis)) return;
  const listTitle = document.title;
  const panel = makePanel();
  let opener = null;
  let turn = 0; // counts what was asked for: an answer that comes late is dropped
  let leaving = false;

  // *remember* is the History method that puts the call's address into the address bar, if any.
  async function open(address, remember) {
    const mine = ++turn;
    const content = await callFrom(address);
    if (mine !== turn) return;
    if (!content) {
      location.assign(address);
      return;
    }
    if (remember) history[remember]({ leadwirePanel: true }, "", address);
    panel.body.replaceChildren(content.article);
    document.title = content.title;
    opener = linkTo(address);
    panel.newer.disabled = !neighbour(opener, -1);
    panel.older.disabled = !neighbour(opener, 1);
    enhance(content.article);
    if (!panel.dialog.open) panel.dialog.showModal();
    panel.body.scrollTop = 0;
    content.article.querySelector("h1").focus();
  }

  function move(step) {
    const next = neighbour(opener, step);
    if (next) open(next.href, "replaceState");
  }

  // Two impatient keystrokes must not leave the list as well.
  function leave() {
    if (!leaving) history.back();
    leaving = true;
  }

  function closed() {
    panel.body.replaceChildren();
    document.title = listTitle;
    opener?.focus();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(LINKS);
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey);
    if (!link || !plain || event.altKey) return;
    event.preventDefault();
    open(link.href, "pushState");
  });
  addEventListener("popstate", (event) => {
    leaving = false;
    turn++;
    if (event.state?.leadwirePanel) open(location.href, "");
    else if (panel.dialog.open) panel.dialog.close();
  });
  panel.dialog.addEventListener("close", closed);
  panel.dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  panel.dialog.addEventListener("click", (event) => {
    if (event.target === panel.dialog) leave();
  });
  panel.close.addEventListener("click", leave);
  panel.newer.addEventListener("click", () => move(-1));
  panel.older.addEventListener("click", () => move(1));
}

// The call's own page, taken apart; null when it is not to be had, as after the session's end.
async function callFrom(address) {
  try {
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const article = document.adoptNode(page.querySelector("#call"));
    return { article, title: page.title };
  } catch {
    return null;
  }
}

function linkTo(address) {
  return [...document.querySelectorAll(LINKS)].find((link) => link.href === address) ?? null;
}

function neighbour(link, step) {
  const links = [...document.querySelectorAll(LINKS)];
  const place = links.indexOf(link);
  return place < 0 ? null : (links[place + step] ?? null);
}

function makePanel() {
  const dialog = document.createElement("dialog");
  dialog.className = "panel";
  dialog.setAttribute("aria-label", "View Data");
  const bar = document.createElement("div");
  bar.className = "panel-bar";
  const newer = makeButton("Newer call");
  const older = makeButton("Older call");
  const close = makeButton("Close");
  close.classList.add("panel-close");
  bar.append(newer, older, close);
  const body = document.createElement("div");
  body.className = "panel-body";
  dialog.append(bar, body);
  document.body.append(dialog);
  return { dialog, body, newer, older, close };
}

function makeButton(text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-small";
  button.textContent = text;
  return button;
}
