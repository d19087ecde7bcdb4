// The console works without scripts; these make it quicker to use.

import { announceBusyForms } from "./busy.js";
import { enhanceCall, offerCallKeys } from "./call.js";
import { offerCopying } from "./copy.js";
import { followLimits } from "./limits.js";
import { followHistory } from "./panel.js";
import { closePopovers } from "./popover.js";
import { offerLocalTime } from "./time.js";

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
