// The console works without scripts; these make it quicker to use.

import { announceBusyForms } from "./busy.js";
import { enhanceCall, offerCallKeys } from "./call.js";
import { offerCopying } from "./copy.js";
import { closeHelpLightly } from "./help.js";
import { followLimits } from "./limits.js";
import { offerLive } from "./live.js";
import { followHistory, openCallsInPanel } from "./panel.js";
import { offerLocalTime } from "./time.js";

announceBusyForms();
closeHelpLightly();
offerCopying(document);
offerLocalTime(document);
openCallsInPanel((content) => {
  offerCopying(content);
  offerLocalTime(content);
});
followHistory();
offerCallKeys();
for (const call of document.querySelectorAll("#call")) enhanceCall(call);
offerLive(offerLocalTime);
followLimits();
if (document.querySelector("[data-history]")) {
  const { followWebhook } = await import("./webhooks.js");
  followWebhook(offerLocalTime);
}
