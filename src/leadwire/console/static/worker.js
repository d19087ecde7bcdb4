// The worker that all tabs share. A tab that is closed says so, or falls silent.

import { Streams } from "./streams.js";

const SILENT_MS = 20000;

const streams = new Streams();
const readers = new Map(); // id of a reader -> { leave, heardAt }

addEventListener("connect", ({ ports: [port] }) => {
  port.addEventListener("message", ({ data: { id, follow, after, leave } }) => {
    if (follow !== undefined) {
      const close = streams.follow(
        follow,
        after,
        (parts, place) => port.postMessage({ id, parts, place }),
        () => port.postMessage({ id, ended: true }),
      );
      readers.set(id, { close, heardAt: Date.now() });
    } else if (leave) drop(id);
    else if (readers.has(id)) readers.get(id).heardAt = Date.now();
  });
  port.start();
});

setInterval(() => {
  for (const [id, { heardAt }] of readers) if (Date.now() - heardAt > SILENT_MS) drop(id);
}, SILENT_MS);

function drop(id) {
  readers.get(id)?.close();
  readers.delete(id);
}
