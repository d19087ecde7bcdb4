// The lists that are followed, over one event stream.

const GONE_AFTER_MS = 1000;
const TOGETHER_MS = 50;

export class Streams {
  #lists = new Map(); // address of the list -> { seen, readers }
  #source = null;
  #soon = 0;

  follow(address, after, calls, ended) {
    const list = this.#lists.get(address) ?? { seen: after, readers: new Set() };
    const reader = { calls, ended };
    // The stream goes back to the oldest place that a reader asks for; pages drop what they have.
    if (!this.#lists.has(address)) this.#lists.set(address, list);
    else list.seen = after;
    list.readers.add(reader);
    this.#reopenSoon();
    return () => {
      list.readers.delete(reader);
      if (list.readers.size || !this.#lists.delete(address)) return;
      this.#reopenSoon();
    };
  }

  // Several lists that come or go at once reopen the stream once.
  #reopenSoon() {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.#reopen(), TOGETHER_MS);
  }

  #reopen() {
    this.#source?.close();
    this.#source = null;
    const lists = [...this.#lists];
    if (!lists.length) return;
    const query = new URLSearchParams(
      lists.map(([address, list]) => ["list", `${address}${address.includes("?") ? "&" : "?"}after=${list.seen ?? ""}`]),
    );
    const source = new EventSource(`/console/live?${query}`);
    this.#source = source;
    source.addEventListener("calls", (event) => {
      const { list, parts } = JSON.parse(event.data);
      const [, followed] = lists[list];
      followed.seen = event.lastEventId.split(",")[list];
      for (const reader of followed.readers) reader.calls(parts, followed.seen);
    });
    source.addEventListener("error", () => {
      // A stream that ended by itself is opened again by the browser; one that was refused is
      // not. Leaving the page looks like a refusal, too: by then nobody is here to tell.
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(() => {
        if (this.#source !== source) return;
        for (const [, { readers }] of lists) for (const reader of readers) reader.ended();
      }, GONE_AFTER_MS);
    });
  }
}
