// Copy buttons: each names the element whose text it copies.

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
    await navigator.clipboard.writeText(target.textContent);
    say(button, "Copied");
  } catch {
    // Plain http to another machine has no clipboard: select the text, the keyboard does the rest.
    target.closest("details")?.setAttribute("open", "");
    getSelection().selectAllChildren(target);
    say(button, "Selected: press Ctrl+C");
  }
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
