// The door "Learn": a lesson's text, what a scenario does, and an exercise, side by side. The lessons are
// those of the program. The module draws them, asks the questions and checks the answers.

import { Editor } from "./editor.js";
import { insert } from "./insert.js";
import { Progress } from "./progress.js";
import { download, element, write } from "./parts.js";

const typingPause = 150;
const largestSeed = 2 ** 32;

export class Learn {
  constructor(machine, library, play) {
    this.machine = machine;
    this.library = library;
    this.play = play;
    this.progress = new Progress();
    this.seed = 1;
    this.part = 1;
    this.parts = Object.fromEntries(
      ["list", "seed", "exercises", "task", "rules", "board", "questions", "file", "name", "log", "log-row",
        "check", "hint", "hints", "solution", "solutions", "reset", "try", "save", "result", "picture"]
        .map((name) => [name, element(`learn-${name}`)]));
    this.editor = new Editor(element("learn-editor"), () => this.edited());
    this.connect();
  }

  connect() {
    const { list, seed, exercises, questions, log } = this.parts;
    list.addEventListener("change", () => this.choose(Number(list.value)));
    for (const [name, step] of [["back", -1], ["on", 1]]) {
      element(`learn-${name}`).addEventListener("click", () => {
        const next = this.lessons[this.lessons.indexOf(this.lesson) + step];
        if (next) this.choose(next.number);
      });
    }
    seed.addEventListener("change", () => {
      const number = Math.trunc(Number(seed.value));
      this.seed = number >= 0 && number < largestSeed ? number : 1;
      seed.value = this.seed;
      this.show(this.part);
    });
    exercises.addEventListener("click", (event) => {
      const number = event.target.closest("button")?.dataset.number;
      if (number !== undefined) this.show(Number(number));
    });
    questions.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input")) this.check();
    });
    log.addEventListener("input", () => this.progress.keep(this.key, { log: log.value }));
    const actions = {
      check: () => this.check(), hint: () => this.hint(), solution: () => this.showSolution(),
      reset: () => this.reset(), save: () => this.save(), rebuild: () => this.rebuild(),
      try: () => {
        this.openPlay();
        this.play.begin(this.path, this.own);
      },
    };
    for (const [name, action] of Object.entries(actions)) {
      element(`learn-${name}`).addEventListener("click", action);
    }
  }

  // MARK: Lessons

  // Asks for the lessons when the door is first opened.
  async open(state = null) {
    if (!this.lessons) {
      const files = Object.entries(this.library).filter(([name]) => /^course\/.*\.md$/.test(name))
        .map(([name, text]) => ({ name, text }));
      const answer = await this.machine.ask("lessons", { files });
      this.lessons = answer.ok ? answer.lessons : [];
      element("learn-none").hidden = this.lessons.length > 0;
      element("learn-all").hidden = this.lessons.length === 0;
    }
    if (Number.isInteger(state?.seed) && state.seed >= 0 && state.seed < largestSeed) this.seed = state.seed;
    this.parts.seed.value = this.seed;
    const lesson = this.lessons.find((each) => each.number === state?.lesson) ?? this.lesson ?? this.lessons[0];
    if (lesson) await this.choose(lesson.number, state?.exercise);
  }

  get state() {
    return this.lesson ? { lesson: this.lesson.number, exercise: this.part, seed: this.seed } : null;
  }

  keyOf(lesson, part) {
    return `${lesson.number}.${part}.${this.seed}`;
  }

  get key() {
    return this.keyOf(this.lesson, this.part);
  }

  // How much of a lesson is done, as a mark in front of its name.
  mark(lesson) {
    const wanted = lesson.exercises.map((each, index) => [each, index + 1]).filter(([each]) => !each.optional);
    const done = wanted.filter(([, part]) => this.progress.isDone(this.keyOf(lesson, part))).length;
    return done === wanted.length ? "✓ " : done > 0 ? `${done}/${wanted.length} ` : "";
  }

  // The menu of lessons, and the buttons of this one's exercises.
  listLessons() {
    const { list, exercises } = this.parts;
    list.replaceChildren(...this.lessons.map((each) => new Option(`${this.mark(each)}${each.number}. ${each.title}`, each.number)));
    list.value = this.lesson.number;
    const place = this.lessons.indexOf(this.lesson);
    element("learn-back").disabled = place === 0;
    element("learn-on").disabled = place === this.lessons.length - 1;
    exercises.replaceChildren(...this.lesson.exercises.map((each, index) => {
      const button = document.createElement("button");
      const mark = this.progress.isDone(this.keyOf(this.lesson, index + 1)) ? "✓ " : "";
      button.textContent = `${mark}${each.name} ${each.kind}${each.optional ? " (optional)" : ""}`;
      button.dataset.number = index + 1;
      if (index + 1 === this.part) button.setAttribute("aria-current", "true");
      const item = document.createElement("li");
      item.append(button);
      return item;
    }));
    exercises.hidden = this.lesson.exercises.length < 2;
  }

  async choose(number, part = null) {
    const lesson = this.lessons.find((each) => each.number === number);
    const isOther = lesson !== this.lesson;
    this.lesson = lesson;
    element("learn-title").textContent = `${lesson.number}. ${lesson.title}`;
    insert(element("learn-text"), lesson.html);
    for (const pre of element("learn-text").querySelectorAll("pre")) pre.tabIndex = 0;
    if (isOther) for (const pane of document.querySelectorAll("#learn-lesson .pane")) pane.scrollTop = 0;
    const open = lesson.exercises.findIndex((each, index) => !this.progress.isDone(this.keyOf(lesson, index + 1)));
    await this.show(lesson.exercises[part - 1] ? part : Math.max(open, 0) + 1);
  }

  // MARK: Exercises

  // The members of a question about this exercise.
  question(fields = {}) {
    return { folder: this.lesson.folder, exercise: this.part, seed: this.seed, own: this.own, ...fields };
  }

  // Where the answer lies among the files of the page: beside the lesson's own, so that what it names is
  // found.
  get path() {
    return `${this.lesson.folder}/${this.exercise?.file ?? "answer"}`;
  }

  // The files that are the user's.
  get own() {
    if (!this.exercise?.file) return {};
    const own = { [this.path]: this.editor.text };
    if (this.exercise.kind === "own") own[this.path.replace(/\.yaml$/, ".log")] = this.parts.log.value;
    return own;
  }

  // Shows an exercise of the lesson, and what its scenario does.
  async show(part) {
    this.part = part;
    this.exercise = null;
    this.listLessons();
    this.changed?.();
    const key = this.key;
    const answer = await this.machine.ask("exercise", this.question());
    if (key !== this.key) return;
    const { parts } = this;
    for (const name of ["hints", "solutions", "picture", "result", "rules", "board", "questions"]) {
      parts[name].replaceChildren();
    }
    this.exercise = answer.ok ? answer : { kind: "", hints: [], questions: [], board: [] };
    const { kind, task, hints, budget, only, file } = this.exercise;
    // What an editor of a checkout reads in it means nothing here.
    const start = this.exercise.start?.replace(/^# yaml-language-server:.*\n/, "");
    if (answer.ok) insert(parts.task, task);
    else write(parts.task, answer.error.message, "bad");
    const rules = [];
    const unit = kind.startsWith("schedule") ? "word" : "value";
    if (budget) rules.push(`At most ${budget} ${unit}${budget === 1 ? "" : "s"} may change.`);
    if (only) rules.push(`Only ${only.join(", ")} may change.`);
    if (kind === "code") rules.push(`It needs Swift: dmar learn ${this.exercise.name} in a terminal puts this file into a package of yours, and with --check runs the lesson’s tests.`);
    parts.rules.textContent = rules.join(" ");
    this.listBoard();
    this.ask(this.exercise);
    const kept = this.progress.of(key);
    const isOwn = kind === "own";
    parts.file.hidden = !file;
    parts["log-row"].hidden = !isOwn;
    parts.name.textContent = file ?? "";
    this.editor.mark("error", 0);
    this.editor.field.readOnly = kind === "code";
    this.editor.text = kept.text ?? (isOwn ? "" : start ?? "");
    parts.log.value = isOwn ? kept.log ?? start ?? "" : "";
    // Without a scenario nothing can be drawn: the others take its place.
    element("learn-lesson").classList.toggle("plain", !this.hasScenario);
    parts.check.hidden = kind === "code" || kind === "";
    parts.hint.hidden = hints.length === 0;
    parts.try.hidden = !this.hasScenario;
    parts.save.hidden = !file;
    parts.reset.hidden = !file || kind === "code";
    await this.draw();
    if (key === this.key) element("learn-lesson").dataset.shown = key;
  }

  get hasScenario() {
    return Boolean(this.exercise?.file?.endsWith(".yaml"));
  }

  listBoard() {
    const reached = this.progress.rows(this.key);
    this.parts.board.replaceChildren(...this.exercise.board.map((row) => {
      const item = document.createElement("li");
      const isReached = reached.includes(row);
      item.textContent = isReached ? `✓ ${row}` : row;
      item.className = isReached ? "row reached" : "row";
      return item;
    }));
  }

  // Puts the questions up, each with a field for its answer; those about logs have the log.
  ask({ questions, logs }) {
    const { answers = [] } = this.progress.of(this.key);
    const list = document.createElement("ol");
    questions.forEach((text, index) => {
      const item = document.createElement("li");
      const label = document.createElement("label");
      label.textContent = text;
      const field = document.createElement("input");
      field.autocomplete = "off";
      field.spellcheck = false;
      field.value = typeof answers[index] === "string" ? answers[index] : "";
      field.addEventListener("input", () => this.progress.keep(this.key, { answers: this.answers }));
      label.append(field);
      if (logs) {
        const pre = document.createElement("pre");
        pre.textContent = logs[index];
        pre.tabIndex = 0;
        item.append(pre);
      }
      item.append(label);
      list.append(item);
    });
    this.parts.questions.replaceChildren(...(questions.length > 0 ? [list] : []));
  }

  get answers() {
    return [...this.parts.questions.querySelectorAll("input")].map((field) => field.value);
  }

  edited() {
    this.progress.keep(this.key, { text: this.editor.text });
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.draw(), typingPause);
  }

  // What the scenario in the editor does: its requests that are blocked or stale, or the last one, and what
  // the kernel prints. An error stands at its line.
  async draw() {
    const { picture } = this.parts;
    if (!this.hasScenario || this.editor.text.trim() === "") {
      picture.replaceChildren();
      return;
    }
    const round = (this.round = (this.round ?? 0) + 1);
    const answer = await this.machine.ask(
      "report", { scenario: this.path, own: this.own, want: ["requests", "lines", "timeline"] });
    if (round !== this.round) return;
    this.markError(answer.error);
    if (!answer.ok) {
      write(this.parts.result, this.told(answer.error), "bad");
      return;
    }
    if (this.parts.result.className === "bad") write(this.parts.result, "");
    insert(picture, answer.requests);
    const lines = document.createElement("pre");
    lines.tabIndex = 0;
    lines.textContent = answer.lines.length > 0 ? answer.lines.join("\n") : "The kernel prints nothing.";
    const steps = document.createElement("div");
    insert(steps, answer.timeline ?? "");
    // The same events may be in Play, where they are places.
    for (const each of steps.querySelectorAll("[id]")) each.removeAttribute("id");
    const heading = (text) => Object.assign(document.createElement("h3"), { textContent: text });
    picture.append(heading("The kernel's log"), lines, heading("Step by step"), steps);
  }

  told({ file, line, column, message }) {
    const name = file === this.path ? this.exercise.file : file;
    return line ? `${name}:${line}:${column}: ${message}` : message;
  }

  markError(error) {
    const line = error?.file === this.path ? error.line : 0;
    this.editor.mark("error", line);
    this.editor.field.setAttribute("aria-invalid", String(Boolean(line)));
  }

  // MARK: Answers

  // Checks the answer by the code that `dmar learn --check` has.
  async check() {
    const { key, exercise } = this;
    const { result } = this.parts;
    delete result.dataset.passed;
    const asks = exercise.questions.length > 0;
    const isEmpty = asks ? this.answers.every((each) => each.trim() === "") : this.editor.text.trim() === "";
    if (isEmpty) {
      const what = exercise.kind === "own" ? "there is no scenario yet; “Rebuild as a scenario” makes one of the log"
        : asks ? "no question is answered yet" : "there is nothing in the file";
      write(result, `not yet: ${what}`, "bad");
      result.dataset.passed = false;
      return;
    }
    write(result, "checking …");
    const answer = await this.machine.ask(
      "check-answer", this.question(asks ? { answers: this.answers } : { answer: this.path }));
    if (key !== this.key || exercise !== this.exercise) return;
    this.markError(answer.error);
    if (!answer.ok) {
      write(result, this.told(answer.error), "bad");
      result.dataset.passed = false;
      return;
    }
    write(result, "");
    const say = (text, style) => {
      const line = document.createElement(style === "remark" ? "pre" : "p");
      line.textContent = text;
      line.className = style;
      result.append(line);
    };
    if (answer.remarks.length > 0) say(answer.remarks.join("\n"), "remark");
    if (answer.passed) say(this.finish(answer.reached), "right");
    for (const complaint of answer.complaints) say(`not yet: ${complaint}`, "wrong");
    for (const advice of answer.advice) say(advice, "advice");
    result.dataset.passed = answer.passed;
    result.scrollIntoView({ block: "nearest" });
  }

  // Keeps what was reached, and says what is left.
  finish(reached) {
    const { name, board } = this.exercise;
    const rows = [...new Set([...this.progress.rows(this.key), ...reached])];
    const left = board.filter((row) => !rows.includes(row)).length;
    const done = left === 0 || this.progress.isDone(this.key);
    this.progress.keep(this.key, { rows, done });
    this.listLessons();
    this.listBoard();
    const what = this.lesson.exercises.length === 1 ? "lesson" : "exercise";
    const way = board.length > 0 ? ` (reached: ${reached.join(", ")})` : "";
    return done ? `right: ${what} ${name} is done${way}` : `right: ${left} of ${board.length} are left${way}`;
  }

  hint() {
    const { hints, hint } = this.parts;
    const item = document.createElement("li");
    insert(item, this.exercise.hints[hints.childElementCount]);
    hints.append(item);
    hint.hidden = hints.childElementCount >= this.exercise.hints.length;
    item.scrollIntoView({ block: "nearest" });
  }

  async showSolution() {
    const { key } = this;
    const answer = await this.machine.ask("solution", this.question());
    if (key !== this.key || !answer.ok) return;
    const shown = [
      ...answer.answers.map((each, index) => ({ name: `${index + 1}.`, text: each })), ...answer.files,
    ].map(({ name, text }) => {
      const item = document.createElement("li");
      item.textContent = name;
      const pre = document.createElement("pre");
      pre.textContent = text;
      pre.tabIndex = 0;
      item.append(pre);
      return item;
    });
    this.parts.solutions.replaceChildren(...shown);
    this.parts.solutions.scrollIntoView({ block: "nearest" });
  }

  reset() {
    this.progress.reset(this.key, this.exercise.board.length > 0);
    return this.show(this.part);
  }

  save() {
    const { file } = this.exercise;
    download(file.split("/").at(-1), this.play.standingAlone(this.path, this.editor.text), "text/plain");
  }

  // The student's own log as a scenario, where the exercise is about one.
  async rebuild() {
    const name = this.exercise.file.replace(/\.yaml$/, ".log");
    const answer = await this.machine.ask("import", { files: [{ name, text: this.parts.log.value }] });
    if (!answer.ok || answer.yaml === undefined) {
      write(this.parts.result, answer.error?.message ?? answer.messages.join(" "), "bad");
      return;
    }
    this.editor.text = answer.yaml;
    this.edited();
  }
}
