// The door "Play": a scenario as text, what became of it as pictures, and the kernel's log. The text is
// the one state: menus and clicked bits change the text, and the text is run again.

import { Editor } from "./editor.js";
import { insert } from "./insert.js";
import { Scrubber } from "./scrubber.js";
import { isScenario, normalized, folder, shippedName } from "./files.js";
import { standingAlone, valueAt, withValue, writeBefore } from "./yaml-edit.js";
import { download, element, write } from "./parts.js";

// Long enough that a word is not run letter by letter, short enough that one does not wait.
const typingPause = 20;

export class Play {
  constructor(machine, library, report) {
    this.machine = machine;
    this.library = library;
    this.report = report;
    // The files that the user has changed or brought, by name.
    this.own = {};
    this.scenario = "";
    this.shown = "";
    this.round = 0;
    this.parts = Object.fromEntries(
      ["scenario", "file", "release", "cure", "status", "failures", "verdict", "log", "tables", "locks",
        "timeline", "save", "open", "undo", "goto"].map((name) => [name, element(`play-${name}`)]));
    this.editor = new Editor(element("play-editor"), () => this.edited());
    this.scrubber = new Scrubber(this.parts, (event) => this.look(event));
    this.history = [];
    this.connect();
  }

  connect() {
    const { scenario, file, release, cure, save, open, log, undo } = this.parts;
    scenario.addEventListener("change", () => this.begin(scenario.value));
    file.addEventListener("change", () => this.showFile(file.value));
    release.addEventListener("change", () => this.chooseRelease(release.value));
    cure.addEventListener("change", () => this.chooseCure(cure.value));
    save.addEventListener("click", () => this.save());
    undo.addEventListener("click", () => this.undo());
    this.parts.goto.addEventListener("click", () => this.goToError());
    open.addEventListener("change", () => this.openFiles(open.files).then(() => (open.value = "")));
    for (const kind of ["click", "keydown"]) {
      element("play-picture").addEventListener(kind, (event) => this.bit(event));
    }
    for (const kind of ["mouseover", "focusin"]) {
      log.addEventListener(kind, (event) => this.lightUp(event.target.closest("[data-event]")));
    }
    log.addEventListener("mouseleave", () => this.lightUp(null));
    log.addEventListener("click", (event) => {
      const line = event.target.closest("[data-shows]");
      if (line) this.scrubber.goTo(Number(line.dataset.shows));
    });
    log.addEventListener("keydown", (event) => this.walkLines(event));
  }

  // Fills the menu of scenarios, in groups by their folders. A file that others only name is not a scenario.
  listScenarios() {
    const groups = new Map();
    for (const name of Object.keys(this.library).filter(isScenario).sort()) {
      const group = folder(name);
      if (/^(kernels|platforms)$/.test(group) || /\.dmar\.yaml$/.test(name)) continue;
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(name);
    }
    for (const [label, names] of groups) {
      const group = document.createElement("optgroup");
      group.label = label || "others";
      group.append(...names.map((name) => new Option(name.replace(/\.ya?ml$/, ""), name)));
      this.parts.scenario.append(group);
    }
  }

  async listReleases() {
    const { releases } = await this.machine.ask("profiles", { want: ["releases"] });
    const { release } = this.parts;
    release.append(...(releases ?? []).map((each) => new Option(`Linux ${each}`, each)));
    release.value = this.releaseIn(this.textOf(this.scenario));
  }

  // The release that a scenario's own text chooses; "" where it is as its kernel's file has it.
  releaseIn(text) {
    return valueAt(text, ["kernel", "profile"]) ?? "";
  }

  // MARK: The text

  textOf(name) {
    const text = Object.hasOwn(this.own, name) ? this.own[name] : this.library[name] ?? this.library[shippedName(name)];
    return typeof text === "string" ? text : "";
  }

  // Starts with a scenario, one of the page's or of the files that come along.
  begin(scenario, own = {}, event = null) {
    this.own = { ...own };
    this.scenario = scenario;
    this.history = [];
    this.parts.undo.disabled = true;
    this.named = [];
    this.scrubber.forget(event);
    const { scenario: menu } = this.parts;
    menu.querySelector("option[data-own]")?.remove();
    if (![...menu.options].some((option) => option.value === scenario)) {
      const option = new Option(scenario, scenario);
      option.dataset.own = "";
      menu.prepend(option);
    }
    menu.value = scenario;
    this.showFile(scenario);
    return this.run();
  }

  showFile(name) {
    this.shown = name;
    this.editor.text = this.textOf(name);
    this.listFiles();
    this.markError(this.error);
    this.markStep();
  }

  // The files that one can look at: the scenario, what it names, what the user brought.
  listFiles() {
    const names = new Set([this.scenario, this.shown, ...Object.keys(this.own), ...(this.named ?? [])]);
    this.parts.file.replaceChildren(...[...names].map((name) => new Option(name, name)));
    this.parts.file.value = this.shown;
    element("play-file-row").hidden = names.size < 2;
  }

  edited() {
    this.own[this.shown] = this.editor.text;
    this.typed = performance.now();
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.run(), typingPause);
  }

  // A change that the page makes to a text, which can be taken back.
  change(name, text) {
    this.history.push({ name, text: this.textOf(name), wasOwn: Object.hasOwn(this.own, name) });
    this.parts.undo.disabled = false;
    this.own[name] = text;
    this.showFile(name);
    return this.run();
  }

  undo() {
    const last = this.history.pop();
    this.parts.undo.disabled = this.history.length === 0;
    if (!last) return;
    if (last.wasOwn) this.own[last.name] = last.text;
    else delete this.own[last.name];
    this.showFile(last.name);
    this.run();
  }

  async openFiles(list) {
    const files = {};
    for (const file of list) files[normalized(file.webkitRelativePath || file.name)] = await file.text();
    const first = Object.keys(files).find(isScenario);
    if (first) await this.begin(first, files);
    else this.report("No scenario is among these files; a file that ends in .yaml was expected.");
  }

  save() {
    const text = this.standingAlone(this.shown, this.textOf(this.shown), this.own);
    download(this.shown.split("/").at(-1), text, "text/yaml");
  }

  // A text that names what came with the page as the program finds it from any folder.
  standingAlone(file, text, own = {}) {
    if (!isScenario(file)) return text;
    return standingAlone(text, (word) => {
      const name = normalized(`${folder(file)}/${word}`);
      return /\.\w+$/.test(word) && Object.hasOwn(this.library, name) && !Object.hasOwn(own, name) ? name : null;
    });
  }

  // What the address carries: the scenario, and of the files those that differ from the page's own.
  get state() {
    const files = Object.fromEntries(
      Object.entries(this.own).filter(([name, text]) => this.library[name] !== text));
    return { scenario: this.scenario, files, event: this.scrubber.chosen };
  }

  // MARK: Menus

  chooseRelease(release) {
    this.set(["kernel", "profile"], release === "" ? null : `"${release}"`);
  }

  // Takes the cure that is in the text out of it, and puts the chosen one in.
  chooseCure(name) {
    let text = this.textOf(this.scenario);
    const put = (cure, valueOf) => {
      for (const [key, value] of Object.entries(cure?.settings ?? {})) {
        text = withValue(text, ["kernel", "behaviour", key], valueOf(value)) ?? text;
      }
    };
    put(this.cureIn(text), () => null);
    put(this.cures?.find((cure) => cure.name === name), (value) => value);
    this.change(this.scenario, text);
  }

  // The cure whose settings a text has all of; of several, the one with most.
  cureIn(text) {
    const written = (this.cures ?? []).filter(({ settings }) => Object.keys(settings).length > 0
      && Object.entries(settings).every(([key, value]) => valueAt(text, ["kernel", "behaviour", key]) === value));
    return written.sort((a, b) => Object.keys(b.settings).length - Object.keys(a.settings).length)[0];
  }

  set(path, value) {
    const text = withValue(this.textOf(this.scenario), path, value);
    if (text === null) this.report("The scenario has no place for this: it is not well-formed, or kernel is not a mapping.");
    else this.change(this.scenario, text);
  }

  async listCures() {
    const answer = await this.machine.ask("cures", { scenario: this.scenario, own: this.own });
    if (!answer.ok) return;
    this.cures = answer.cures;
    const { cure } = this.parts;
    cure.replaceChildren(new Option("no cure", ""), ...this.cures.map(({ name, summary }) => new Option(`${name}: ${summary}`, name)));
    cure.value = this.cureIn(this.textOf(this.scenario))?.name ?? "";
    cure.disabled = cure.options.length < 2;
  }

  // MARK: Running

  async run() {
    const round = ++this.round;
    const started = this.typed ?? performance.now();
    this.typed = null;
    this.parts.release.value = this.releaseIn(this.textOf(this.scenario));
    const answer = await this.machine.ask("run", { scenario: this.scenario, own: this.own });
    // Meanwhile the text was changed again: the newer run counts.
    if (round !== this.round) return;
    this.error = answer.ok ? null : answer.error;
    this.named = answer.named;
    this.listFiles();
    this.markError(this.error);
    const { status, failures } = this.parts;
    if (!answer.ok) {
      const { file, line, column, message } = answer.error;
      const place = line ? `${file ?? this.scenario}:${line}${column ? `:${column}` : ""}: ` : "";
      write(status, `${place}${message}`, "bad");
      element("play-result").classList.add("outdated");
      return;
    }
    element("play-result").classList.remove("outdated");
    const lines = answer.lines ?? [];
    write(status, answer.skipped ? `skipped: ${answer.skipped}` : `${lines.length} lines of the kernel`, "");
    failures.replaceChildren(...(answer.failures ?? []).map((sentence) => {
      const item = document.createElement("li");
      item.textContent = sentence;
      return item;
    }));
    element("play-expected").hidden = !(answer.failures?.length > 0);
    for (const [name, html] of Object.entries(answer.parts ?? {})) {
      if (this.parts[name]) insert(this.parts[name], html);
    }
    for (const name of ["tables", "locks"]) element(`play-${name}-box`).hidden = this.parts[name].childElementCount === 0;
    this.parts.log.tabIndex = 0;
    const shown = this.scrubber.take();
    this.changed?.();
    await shown;
    status.dataset.milliseconds = Math.round(performance.now() - started);
    await this.listCures();
  }

  // Draws one event of the last run.
  async look(event) {
    const round = this.round;
    const answer = await this.machine.ask("picture", { event });
    if (round !== this.round || event !== this.scrubber.event) return;
    if (answer.ok) this.draw(answer.html);
    const line = this.markStep();
    // Who goes through the record sees the step; who types is left alone.
    if (line && this.scrubber.chosen !== null && document.activeElement !== this.editor.field) this.editor.show(line);
    this.changed?.();
  }

  // Puts a picture in. The bit that the keyboard was at keeps the keyboard, and the place that was
  // looked at stays.
  draw(html) {
    const picture = element("play-picture");
    const { address, bit } = document.activeElement?.dataset ?? {};
    const { scrollTop } = picture.parentElement;
    insert(picture, html);
    picture.parentElement.scrollTop = scrollTop;
    if (bit === undefined) return;
    const same = [...picture.querySelectorAll("[data-bit]")]
      .find((each) => each.dataset.address === address && each.dataset.bit === bit);
    same?.focus({ preventScroll: true });
  }

  // MARK: Marks

  markError(error) {
    const line = error?.line && (error.file ?? this.scenario) === this.shown ? error.line : 0;
    this.editor.mark("error", line);
    this.editor.field.setAttribute("aria-invalid", String(Boolean(line)));
    this.parts.goto.hidden = !(error?.line > 0);
  }

  goToError() {
    const { file = this.scenario, line, column } = this.error;
    if (file !== this.shown) this.showFile(file);
    this.editor.moveTo(line, column ?? 1);
  }

  markStep(moment = this.scrubber.moment) {
    const step = moment && this.parts.timeline.querySelector(`.step[data-step="${Number(moment.dataset.step)}"]`);
    const line = step && step.dataset.file === this.shown ? Number(step.dataset.line) : 0;
    this.editor.mark("step", line);
    return line;
  }

  // A line of the log lights the event that it tells of and the step that led to it.
  lightUp(line) {
    const moment = line && this.scrubber.find(Number(line.dataset.shows));
    for (const each of document.querySelectorAll("#door-play .lit")) each.classList.remove("lit");
    if (line) line.classList.add("lit");
    // The entry of a table whose value the line prints.
    const entry = line?.dataset.entry && document.querySelector(`#play-picture [data-entry="${CSS.escape(line.dataset.entry)}"]`);
    if (entry) entry.classList.add("lit");
    if (moment) moment.classList.add("lit");
    this.markStep(line ?? this.scrubber.moment);
  }

  // In the log, the arrow keys go from line to line, and Enter shows what the line tells of.
  walkLines(event) {
    const lines = [...this.parts.log.querySelectorAll("[data-event]")];
    const at = lines.findIndex((line) => line.classList.contains("lit"));
    const next = { ArrowDown: at + 1, ArrowUp: Math.max(at - 1, 0), Home: 0, End: lines.length - 1 }[event.key];
    if (next !== undefined && lines[next]) {
      event.preventDefault();
      this.lightUp(lines[next]);
      lines[next].scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      this.scrubber.goTo(Number(lines[at].dataset.shows));
    }
  }

  // MARK: Bits

  // A bit of an entry was clicked, or chosen by Enter or the space bar; arrow keys go from bit to bit.
  bit(event) {
    const bit = event.target.closest?.("[data-bit]");
    if (!bit) return;
    if (event.type === "keydown") {
      const bits = [...bit.parentElement.querySelectorAll("[data-bit]")];
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) {
        event.preventDefault();
        const next = bits[bits.indexOf(bit) + step];
        if (next) {
          bit.setAttribute("tabindex", "-1");
          next.setAttribute("tabindex", "0");
          next.focus();
        }
        return;
      }
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
    }
    this.flip(BigInt(bit.dataset.address), BigInt(bit.dataset.value), BigInt(bit.dataset.bit));
  }

  // Flips a bit of a word: before the step that is shown, the scenario writes the word.
  flip(address, value, bit) {
    const step = this.parts.timeline.querySelector(`.step[data-step="${Number(this.scrubber.moment?.dataset.step)}"]`);
    if (!step) {
      this.report("This was read while the kernel booted: there is no step to write before it.");
      return;
    }
    const hex = (number) => `0x${number.toString(16)}`;
    const { file, line } = step.dataset;
    const text = writeBefore(this.textOf(file), Number(line), hex(address), hex(value ^ (1n << bit)));
    if (text === null) {
      this.report(`No step of ${file} begins in line ${line}, so nothing can be written before it.`);
      return;
    }
    this.change(file, text);
    this.report(`Bit ${bit} of the word at ${hex(address)} is flipped by a step in ${file}, line ${line}.`);
  }
}
