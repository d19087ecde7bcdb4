// The history of a webhook, brought up to date while it is looked at.

const EVERY_MS = 1500;

export function followWebhook(offerLocalTime) {
  const part = document.querySelector("[data-history]:not([data-still])");
  if (part === null) return;
  setInterval(() => {
    if (!document.hidden) refresh(part, offerLocalTime);
  }, EVERY_MS);
}

async function refresh(part, offerLocalTime) {
  let text;
  try {
    const answer = await fetch(part.dataset.history);
    if (!answer.ok || answer.redirected) return;
    text = await answer.text();
  } catch {
    return; // the server is away for a moment; the next turn asks again
  }
  if (text === part.dataset.shown) return;
  part.dataset.shown = text;
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const note = part.querySelector("[data-history-note]");
  const said = fresh.querySelector("[data-history-note]").textContent;
  // The note is a live region: it stays in the page, so that a screen reader says what is new.
  if (note.textContent !== said) note.textContent = said;
  for (const name of [".scroll", ".pager"]) replace(part, fresh.querySelector(name), name);
  offerLocalTime(part);
}

function replace(part, fresh, name) {
  const old = part.querySelector(name);
  const focused = old?.contains(document.activeElement) && document.activeElement.href;
  if (fresh === null) old?.remove();
  else if (old === null) part.append(fresh);
  else old.replaceWith(fresh);
  if (focused) {
    for (const link of part.querySelectorAll("a")) if (link.href === focused) link.focus();
  }
}
