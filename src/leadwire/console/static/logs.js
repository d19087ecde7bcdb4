// The list of calls: keys, the chart, completion, Live and the panel.

import { offerCopying } from "./copy.js";
import { offerChart } from "./chart.js";
import { offerCompletion } from "./completion.js";
import { offerKeys } from "./keys.js";
import { offerLive } from "./live.js";
import { openCallsInPanel } from "./panel.js";

const SEARCHED = "leadwire.searched";
const WAIT_MS = 300;

offerChart();
offerCompletion();
offerLive();
openCallsInPanel(offerCopying);
offerKeys();
watchSearch();

// After a search the focus is at the results, and a slow one shows that it goes on.
function watchSearch() {
  const form = document.querySelector("form[data-find]");
  form.addEventListener("submit", () => {
    sessionStorage?.setItem(SEARCHED, "yes");
    setTimeout(showWaiting, WAIT_MS);
  });
  addEventListener("pageshow", () => document.querySelector(".waiting")?.remove());
  if (sessionStorage?.getItem(SEARCHED) && !form.querySelector("[aria-invalid]")) {
    (document.querySelector("[data-view-data]") ?? document.querySelector(".sum h1"))?.focus();
  }
  sessionStorage?.removeItem(SEARCHED);
}

function showWaiting() {
  const results = document.querySelector("[data-results]");
  results.setAttribute("aria-busy", "true");
  const lines = document.createElement("div");
  lines.className = "waiting";
  lines.setAttribute("role", "status");
  const said = document.createElement("span");
  said.className = "unseen";
  said.textContent = "Searching";
  lines.append(said, ...Array.from({ length: 12 }, () => document.createElement("p")));
  results.querySelector("table, .empty")?.before(lines);
}
