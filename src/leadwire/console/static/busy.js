// A form that was sent says so until its answer arrives, and leaves empty fields out of the URL.

export function announceBusyForms() {
  for (const form of document.querySelectorAll("form[data-busy]")) {
    const button = form.querySelector("button[type=submit]");
    const idleText = button.textContent;
    const setBusy = (busy) => {
      document.querySelector("[data-results]")?.setAttribute("aria-busy", String(busy));
      form.toggleAttribute("data-sent", busy);
      button.textContent = busy ? form.dataset.busy : idleText;
    };
    form.addEventListener("submit", () => setBusy(true));
    // The back button may bring back the page as it was left.
    addEventListener("pageshow", () => setBusy(false));
    if (form.method === "get") {
      form.addEventListener("formdata", ({ formData }) => {
        for (const [name, value] of [...formData]) {
          if (value === "") formData.delete(name);
        }
      });
    }
  }
}
