// The console works without scripts; these make it quicker to use.

import { announceBusyForms } from "./busy.js";
import { enhanceCall, offerCallKeys } from "./call.js";
import { offerCopying } from "./copy.js";
import { followLimits } from "./limits.js";
import { followHistory } from "./panel.js";
import { closePopovers } from "./popover.js";
import { offerLocalTime } from "./time.js";

// A narrow window cuts the rows of entries: bring the current one into sight, sideways alone.
for (const nav of document.querySelectorAll(".top nav, .side")) {
  const current = nav.querySelector("[aria-current]");
  const beyond = current ? current.getBoundingClientRect().right - nav.getBoundingClientRect().right : 0;
  if (beyond > 0) nav.scrollLeft += beyond;
}
announceBusyForms();
closePopovers();
offerCopying(document);
offerLocalTime(document);
followHistory();
offerCallKeys();
for (const call of document.querySelectorAll("#call")) enhanceCall(call);
followLimits();
if (document.querySelector("[data-history]")) {
  const { followWebhook } = await import("./webhooks.js");
  followWebhook(offerLocalTime);
}
if (document.querySelector("[data-docs-search]")) {
  const { searchDocs } = await import("./docs.js");
  searchDocs();
}
