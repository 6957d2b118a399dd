// A text field with line numbers, whose lines can be marked: one with an error, those of a step.

export class Editor {
  // `root` holds a <textarea>, a .gutter and a .marks element.
  constructor(root, changed) {
    this.field = root.querySelector("textarea");
    this.gutter = root.querySelector(".gutter");
    this.marks = root.querySelector(".marks");
    this.lines = new Map();
    this.field.addEventListener("input", () => {
      this.number();
      changed();
    });
    this.field.addEventListener("scroll", () => this.follow());
  }

  get text() {
    return this.field.value;
  }

  // Puts another text in. The place that is looked at stays.
  set text(text) {
    if (this.field.value === text) return;
    const { scrollTop } = this.field;
    this.field.value = text;
    this.field.scrollTop = scrollTop;
    this.number();
  }

  number() {
    const count = this.field.value.split("\n").length;
    if (count !== this.count) {
      this.count = count;
      this.gutter.textContent = Array.from({ length: count }, (_, index) => index + 1).join("\n");
    }
    this.follow();
  }

  follow() {
    const shift = `translateY(${-this.field.scrollTop}px)`;
    this.gutter.style.transform = shift;
    this.marks.style.transform = shift;
  }

  // Marks a line in a way ("error", "step"), or with 0 none.
  mark(kind, line) {
    this.lines.set(kind, line);
    this.marks.replaceChildren(
      ...[...this.lines].filter(([, each]) => each > 0).map(([each, at]) => {
        const mark = document.createElement("div");
        mark.className = `mark ${each}`;
        mark.style.setProperty("--line", at - 1);
        return mark;
      }));
  }

  // Brings a line into view.
  show(line) {
    const height = Number.parseFloat(getComputedStyle(this.field).lineHeight);
    const top = (line - 1) * height;
    if (top < this.field.scrollTop || top > this.field.scrollTop + this.field.clientHeight - 2 * height) {
      this.field.scrollTop = Math.max(0, top - this.field.clientHeight / 3);
    }
  }

  // Puts the cursor there; lines and columns count from 1, columns in Unicode scalars.
  moveTo(line, column) {
    const before = this.text.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const rest = [...this.text.slice(before).split("\n", 1)[0]].slice(0, Math.max(column - 1, 0)).join("");
    this.field.focus();
    this.field.setSelectionRange(before + rest.length, before + rest.length);
    this.show(line);
  }
}
