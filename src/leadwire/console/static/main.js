// The console works without scripts; these make it quicker to use.

import { announceBusyForms } from "./busy.js";
import { enhanceCall, offerCallKeys } from "./call.js";
import { offerCopying } from "./copy.js";
import { followLimits } from "./limits.js";
import { followHistory } from "./panel.js";
import { closePopovers } from "./popover.js";
import { offerLocalTime } from "./time.js";

// A narrow window cuts the rows of entries: bring the current one into sight.
for (const entry of document.querySelectorAll(":is(.top nav, .side) [aria-current]")) {
  entry.scrollIntoView({ block: "nearest", inline: "nearest" });
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
