// One event stream for all lists: a worker that all tabs share holds it, since a browser opens only
// six connections to a server. Where there is no such worker, the tab holds its own.

import { Streams } from "./streams.js";

let own = null;
let worker = null;

// Calls *calls*(parts, place) for new calls of the list at *address*, and *ended*() when there will
// be no more. Returns a function that closes.
export function openStream(address, after, { calls, ended }) {
  if (!("SharedWorker" in globalThis)) {
    own ??= new Streams();
    return own.follow(address, after, calls, ended);
  }
  worker ??= new SharedWorker(new URL("./worker.js", import.meta.url), { type: "module", name: "leadwire" });
  const id = crypto.randomUUID?.() ?? String(Math.random());
  const hear = ({ data }) => {
    if (data.id !== id) return;
    if (data.ended) ended();
    else calls(data.parts, data.place);
  };
  worker.port.addEventListener("message", hear);
  worker.port.start();
  worker.port.postMessage({ id, follow: address, after });
  const alive = setInterval(() => worker.port.postMessage({ id, alive: true }), 5000);
  return () => {
    clearInterval(alive);
    worker.port.removeEventListener("message", hear);
    worker.port.postMessage({ id, leave: true });
  };
}
