// The machine as the page sees it: questions go in, answers come back. It runs in a worker, which is
// replaced where it takes too long; an instance of the module that trapped is replaced in the worker.

import { Server } from "./worker.js";

const patience = 20_000;

export class Machine {
  // `program` is the text of this program, which the worker runs as well; `notify` is told in a sentence
  // what the user should know.
  constructor(program, start, notify) {
    this.program = program;
    this.start = start;
    this.notify = notify;
    this.waiting = new Map();
    this.number = 0;
    this.open();
  }

  open() {
    try {
      const address = URL.createObjectURL(new Blob([this.program], { type: "text/javascript" }));
      this.worker = new Worker(address);
      URL.revokeObjectURL(address);
    } catch {
      this.serveHere();
      return;
    }
    this.worker.onmessage = ({ data }) => this.settle(data.number, data.answer);
    this.worker.onerror = (event) => {
      event.preventDefault();
      // A worker that cannot even begin: the page does its work, and waits while it does.
      if (!this.hasAnswered) this.serveHere();
    };
    this.send({ start: this.start });
  }

  serveHere() {
    this.worker?.terminate();
    this.worker = null;
    this.notify("This browser runs no worker in a page from a file: the page may pause while it computes.");
    const server = new Server();
    const ready = server.start(this.start);
    this.here = async (request) => {
      await ready;
      return server.answer(request);
    };
    for (const [number, each] of this.waiting) {
      if (each.request) this.here(each.request).then((answer) => this.settle(number, answer));
      else ready.then(() => this.settle(number, { ok: true }));
    }
  }

  // The answer to a request; it never fails, an answer that says `ok: false` is one.
  ask(operation, fields = {}) {
    const request = { operation, ...fields };
    return this.send({ request });
  }

  send(message) {
    const number = ++this.number;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.giveUp(number), patience);
      this.waiting.set(number, { resolve, timer, request: message.request });
      if (this.here && message.request) {
        this.here(message.request).then((answer) => this.settle(number, answer));
      } else {
        this.worker?.postMessage({ number, ...message });
      }
    });
  }

  settle(number, answer) {
    const each = this.waiting.get(number);
    if (!each) return;
    this.waiting.delete(number);
    clearTimeout(each.timer);
    this.hasAnswered = true;
    if (answer.trapped) {
      this.notify(`The machine stopped (${answer.error.message}) and was replaced by a new one.`);
    }
    each.resolve(answer);
  }

  // Nothing came for too long. The worker is ended, and all that waited for it is told so.
  giveUp(number) {
    if (!this.waiting.has(number)) return;
    const seconds = patience / 1000;
    const message = `the machine gave no answer within ${seconds} seconds`;
    for (const each of [...this.waiting.keys()]) {
      this.settle(each, { ok: false, error: { message } });
    }
    if (!this.worker) return;
    this.worker.terminate();
    this.notify(`The machine gave no answer within ${seconds} seconds and was replaced by a new one.`);
    this.open();
  }
}
