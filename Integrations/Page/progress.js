// What the user has done of the course: kept by the browser for this page, and nowhere else.

const key = "dmar-course";

export class Progress {
  constructor() {
    try {
      this.kept = JSON.parse(localStorage.getItem(key)) ?? {};
    } catch {
      // A browser that keeps nothing for a page from a file, or something else under this name.
      this.kept = {};
    }
  }

  // What is kept of an exercise: {text, log, answers, done, rows}.
  of(exercise) {
    const kept = Object.hasOwn(this.kept, exercise) ? this.kept[exercise] : undefined;
    return typeof kept === "object" && kept !== null ? kept : {};
  }

  keep(exercise, fields) {
    this.kept[exercise] = { ...this.of(exercise), ...fields };
    try {
      localStorage.setItem(key, JSON.stringify(this.kept));
    } catch {
      // It lasts as long as the page is open.
    }
  }

  // Of a board that is not full yet, what was reached stays: its file goes back before each row.
  reset(exercise, hasBoard) {
    const { done, rows } = this.of(exercise);
    delete this.kept[exercise];
    this.keep(exercise, hasBoard && !done ? { rows } : {});
  }

  isDone(exercise) {
    return this.of(exercise).done === true;
  }

  rows(exercise) {
    const { rows } = this.of(exercise);
    return Array.isArray(rows) ? rows : [];
  }
}
