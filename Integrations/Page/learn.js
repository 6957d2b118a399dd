// The door "Learn": a lesson's text, a picture of what its scenario does, and its exercise, side by side.
// The lessons are those of the program; the module draws their text.

import { insert } from "./insert.js";
import { element } from "./parts.js";

export class Learn {
  constructor(machine, library, play) {
    this.machine = machine;
    this.library = library;
    this.play = play;
    element("learn-list").addEventListener("click", (event) => {
      const number = event.target.closest("button")?.dataset.number;
      if (number !== undefined) this.choose(Number(number));
    });
    element("learn-hint").addEventListener("click", () => this.hint());
    element("learn-try").addEventListener("click", () => {
      this.openPlay();
      this.play.begin(this.lesson.start);
    });
  }

  // Asks for the lessons when the door is first opened.
  async open(number = null) {
    if (!this.lessons) {
      const files = Object.entries(this.library).filter(([name]) => /^course\/.*\.md$/.test(name))
        .map(([name, text]) => ({ name, text }));
      const answer = await this.machine.ask("lessons", { files });
      this.lessons = answer.ok ? answer.lessons : [];
      element("learn-none").hidden = this.lessons.length > 0;
      element("learn-lesson").hidden = this.lessons.length === 0;
      element("learn-list").replaceChildren(...this.lessons.map((lesson) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.textContent = `${lesson.number}. ${lesson.title}`;
        button.dataset.number = lesson.number;
        item.append(button);
        return item;
      }));
    }
    const lesson = this.lessons.find((each) => each.number === number) ?? this.lesson ?? this.lessons[0];
    if (lesson) await this.choose(lesson.number);
  }

  get state() {
    return this.lesson ? { lesson: this.lesson.number } : null;
  }

  async choose(number) {
    const lesson = this.lessons.find((each) => each.number === number);
    this.lesson = lesson;
    for (const button of element("learn-list").querySelectorAll("button")) {
      if (Number(button.dataset.number) === number) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    element("learn-title").textContent = `${lesson.number}. ${lesson.title}`;
    insert(element("learn-text"), lesson.html);
    insert(element("learn-task"), lesson.task);
    element("learn-hints").replaceChildren();
    element("learn-hint").hidden = !(lesson.hints?.length > 0);
    element("learn-try").hidden = !lesson.start;
    element("learn-picture").replaceChildren();
    this.changed?.();
    if (lesson.start) await this.draw(lesson);
  }

  // What the lesson's first scenario does: its first request that is blocked or stale, or the last one.
  async draw(lesson) {
    const answer = await this.machine.ask("report", { scenario: lesson.start, own: {}, want: ["requests"] });
    if (lesson !== this.lesson) return;
    if (answer.ok && answer.requests) insert(element("learn-picture"), answer.requests);
    else element("learn-picture").textContent = answer.error?.message ?? "This lesson's scenario makes no request.";
  }

  hint() {
    const shown = element("learn-hints").childElementCount;
    const item = document.createElement("li");
    insert(item, this.lesson.hints[shown]);
    element("learn-hints").append(item);
    element("learn-hint").hidden = shown + 1 >= this.lesson.hints.length;
  }
}
