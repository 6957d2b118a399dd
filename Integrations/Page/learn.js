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
    element("learn-exercises").addEventListener("click", (event) => {
      const index = event.target.closest("button")?.dataset.index;
      if (index !== undefined) this.show(Number(index));
    });
    element("learn-try").addEventListener("click", () => {
      this.openPlay();
      this.play.begin(this.exercise.start);
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
    const exercises = lesson.exercises ?? [lesson];
    element("learn-exercises").replaceChildren(...(exercises.length < 2 ? [] : exercises.map((_, index) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.textContent = `Exercise ${index + 1}`;
      button.dataset.index = index;
      item.append(button);
      return item;
    })));
    this.changed?.();
    await this.show(0);
  }

  // Shows one exercise of the lesson, and what its scenario does.
  async show(index) {
    this.exercise = (this.lesson.exercises ?? [this.lesson])[index];
    const { task, hints, start } = this.exercise;
    for (const button of element("learn-exercises").querySelectorAll("button")) {
      if (Number(button.dataset.index) === index) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    insert(element("learn-task"), task);
    element("learn-hints").replaceChildren();
    element("learn-hint").hidden = !(hints?.length > 0);
    element("learn-try").hidden = !start;
    element("learn-picture").replaceChildren();
    if (start) await this.draw(this.exercise);
  }

  // What a scenario does that an exercise begins with: its requests that are blocked or stale, or the
  // last one.
  async draw(exercise) {
    const answer = await this.machine.ask("report", { scenario: exercise.start, own: {}, want: ["requests"] });
    if (exercise !== this.exercise) return;
    if (answer.ok && answer.requests) insert(element("learn-picture"), answer.requests);
    else element("learn-picture").textContent = answer.error?.message ?? "This lesson's scenario makes no request.";
  }

  hint() {
    const shown = element("learn-hints").childElementCount;
    const item = document.createElement("li");
    insert(item, this.exercise.hints[shown]);
    element("learn-hints").append(item);
    element("learn-hint").hidden = shown + 1 >= this.exercise.hints.length;
  }
}
