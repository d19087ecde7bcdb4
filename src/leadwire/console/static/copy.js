// Copy buttons: each names the element whose text it copies, or the file that holds it.

const SAID_FOR_MS = 2000;

export function offerCopying(root) {
  for (const button of root.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button, root));
  }
}

async function copy(button, root) {
  const target = root.querySelector(`#${button.dataset.copy}`);
  try {
    await navigator.clipboard.writeText(await textOf(button, target));
    say(button, "Copied");
  } catch {
    // Plain http to another machine has no clipboard: select the text, the keyboard does the rest.
    target.closest("details")?.setAttribute("open", "");
    target.closest(".unseen")?.classList.remove("unseen");
    getSelection().selectAllChildren(target);
    target.scrollIntoView({ block: "nearest" });
    say(button, "Selected: press Ctrl+C");
  }
}

export async function copyText(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    say(button, "Copied");
  } catch {
    say(button, "This browser gives no access to its clipboard");
  }
}

async function textOf(button, target) {
  if ("copyLink" in button.dataset) return new URL(target.textContent, location.href).href;
  if (!button.dataset.copyFrom) return target.textContent;
  const answer = await fetch(button.dataset.copyFrom, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.text();
}

function say(button, text) {
  let note = button.nextElementSibling;
  if (!note?.matches(".copy-note")) {
    note = document.createElement("span");
    note.className = "copy-note";
    note.setAttribute("role", "status");
    button.after(note);
  }
  note.textContent = text;
  setTimeout(() => {
    note.textContent = "";
  }, SAID_FOR_MS);
}
