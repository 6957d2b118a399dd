// Back and forth through the record of a run. The places are those of the timeline that the module
// drew; the scrubber moves among them.

export class Scrubber {
  // `parts` has the timeline and the log; `look` is called with the number of the event to draw.
  constructor(parts, look) {
    this.timeline = parts.timeline;
    this.log = parts.log;
    this.look = look;
    this.range = document.getElementById("scrubber-range");
    this.label = document.getElementById("scrubber-label");
    // The event that the user went to; null where the page chose.
    this.chosen = null;
    this.moments = [];
    this.range.addEventListener("input", () => this.move(Number(this.range.value)));
    document.getElementById("scrubber-back").addEventListener("click", () => this.move(this.place - 1));
    document.getElementById("scrubber-on").addEventListener("click", () => this.move(this.place + 1));
    this.timeline.addEventListener("click", (event) => {
      const item = event.target.closest("[data-event]");
      if (item) this.goTo(Number(item.dataset.event));
    });
  }

  get place() {
    return Number(this.range.value);
  }

  get moment() {
    return this.moments[this.place];
  }

  get event() {
    return this.moment ? Number(this.moment.dataset.event) : null;
  }

  find(event) {
    return this.moments.find((item) => Number(item.dataset.event) === event);
  }

  forget(event = null) {
    this.chosen = event;
    this.kept = null;
  }

  // Takes the moments of a new run, and stays where it was as far as that can be told: at the same step,
  // or at the first request that was blocked or stale.
  take() {
    this.moments = [...this.timeline.querySelectorAll("[data-event]")];
    this.range.max = Math.max(this.moments.length - 1, 0);
    const place = this.remembered() ?? this.notable();
    return this.stand(place);
  }

  remembered() {
    if (this.kept) {
      const { step, order } = this.kept;
      const same = this.moments.filter((item) => item.dataset.step === step);
      const item = same[Math.min(order, same.length - 1)];
      return item ? this.moments.indexOf(item) : null;
    }
    const index = this.chosen === null ? -1 : this.moments.findIndex((item) => Number(item.dataset.event) >= this.chosen);
    return index >= 0 ? index : null;
  }

  notable() {
    const is = (name) => this.moments.findIndex((item) => item.dataset.kind === "request" && (!name || item.classList.contains(name)));
    const blocked = [is("bad"), is("old")].filter((index) => index >= 0);
    if (blocked.length > 0) return Math.min(...blocked);
    const last = this.moments.findLastIndex((item) => item.dataset.kind === "request");
    return Math.max(last >= 0 ? last : this.moments.length - 1, 0);
  }

  goTo(event) {
    const index = this.moments.findIndex((item) => Number(item.dataset.event) === event);
    if (index >= 0) this.move(index);
  }

  // The user goes to a place.
  move(place) {
    if (place < 0 || place >= this.moments.length) return;
    const { step } = this.moments[place].dataset;
    const same = this.moments.filter((item) => item.dataset.step === step);
    this.kept = { step, order: same.indexOf(this.moments[place]) };
    this.chosen = Number(this.moments[place].dataset.event);
    this.stand(place);
  }

  stand(place) {
    this.range.value = place;
    const moment = this.moments[place];
    const text = moment?.textContent ?? "nothing happened";
    this.label.textContent = text;
    this.range.setAttribute("aria-valuetext", text);
    for (const item of this.moments) {
      if (item === moment) item.setAttribute("aria-current", "true");
      else item.removeAttribute("aria-current");
    }
    const now = this.event ?? -1;
    // Once the user went to a place, lines that are printed only later are dim.
    const isScrubbed = Boolean(this.kept) || this.chosen !== null;
    this.log.classList.toggle("scrubbed", isScrubbed);
    for (const line of this.log.querySelectorAll("[data-event]")) {
      line.classList.toggle("later", isScrubbed && Number(line.dataset.event) > this.end(place));
    }
    return moment ? this.look(now) : undefined;
  }

  // The last event that belongs to a moment: the one before the next moment.
  end(place) {
    const next = this.moments[place + 1];
    return next ? Number(next.dataset.event) - 1 : Number.POSITIVE_INFINITY;
  }
}
