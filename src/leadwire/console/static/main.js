// The console works without scripts; these make it quicker to use.

import { announceBusyForms } from "./busy.js";
import { offerCopying } from "./copy.js";
import { openCallsInPanel } from "./panel.js";
import { offerLocalTime } from "./time.js";

announceBusyForms();
offerCopying(document);
offerLocalTime(document);
openCallsInPanel((content) => {
  offerCopying(content);
  offerLocalTime(content);
});
