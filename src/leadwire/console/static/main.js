// The console works without scripts; these make it quicker to use.

import { announceBusyForms } from "./busy.js";
import { offerCopying } from "./copy.js";
import { closeHelpLightly } from "./help.js";
import { followLimits } from "./limits.js";
import { offerLive } from "./live.js";
import { openCallsInPanel } from "./panel.js";
import { offerLocalTime } from "./time.js";

announceBusyForms();
closeHelpLightly();
offerCopying(document);
offerLocalTime(document);
openCallsInPanel((content) => {
  offerCopying(content);
  offerLocalTime(content);
});
offerLive(offerLocalTime);
followLimits();
