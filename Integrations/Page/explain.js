// The door "Paste a log": what the DMA faults in a kernel log mean. Nothing of it leaves the page.

import { insert } from "./insert.js";
import { base64 } from "./permalink.js";
import { text, unpacked } from "./unpack.js";
import { download, element, write } from "./parts.js";

const pause = 250;

// A file as the module takes it: text, or where it is a machine's DMAR table, its bytes.
function content({ name, bytes }) {
  const isTable = text(bytes.subarray(0, 4)) === "DMAR" && bytes.subarray(0, 64).includes(0);
  return isTable ? { name, base64: base64(bytes) } : { name, text: text(bytes) };
}

export class Explain {
  constructor(machine, library, play) {
    this.machine = machine;
    this.library = library;
    this.play = play;
    this.files = [];
    this.round = 0;
    this.field = element("log-text");
    this.status = element("log-status");
    this.result = element("log-result");
    this.field.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.takeText(this.field.value), pause);
    });
    const open = element("log-open");
    open.addEventListener("change", () => this.takeFiles([...open.files]).then(() => (open.value = "")));
    element("log-sample").addEventListener("click", () => {
      this.field.value = this.library["klist-splat/report.log"] ?? "";
      this.takeText(this.field.value);
    });
    element("log-clear").addEventListener("click", () => this.clear());
    element("log-save").addEventListener("click", () => download("explained.html", this.page, "text/html"));
    element("log-copy").addEventListener("click", () => this.copy());
    element("log-rebuild").addEventListener("click", () => this.rebuild());
  }

  clear() {
    this.field.value = "";
    this.files = [];
    this.round += 1;
    this.result.replaceChildren();
    write(this.status, "");
    element("log-actions").hidden = true;
    this.field.focus();
  }

  takeText(content) {
    if (content.trim() === "") return this.clear();
    return this.explain([{ name: "the pasted log", text: content }]);
  }

  // Files that were dropped or chosen: logs, archives of logs, packed ones.
  async takeFiles(list) {
    const files = [];
    const failures = [];
    write(this.status, "reading …");
    for (const file of list) {
      try {
        const bytes = new Uint8Array(await file.arrayBuffer());
        for (const each of await unpacked(file.name, bytes)) files.push(content(each));
      } catch (error) {
        failures.push(error.message);
      }
    }
    this.field.value = files.length === 1 && files[0].text?.length < 200_000 ? files[0].text : "";
    if (files.length === 0) write(this.status, failures.join("; ") || "nothing was dropped", "bad");
    else await this.explain(files, failures);
  }

  async explain(files, failures = []) {
    const round = ++this.round;
    this.files = files;
    write(this.status, "reading …");
    const answer = await this.machine.ask("explain", { files, want: ["html", "page", "text"] });
    if (round !== this.round) return;
    element("log-actions").hidden = !answer.ok;
    if (!answer.ok) {
      this.result.replaceChildren();
      write(this.status, [answer.error.message, ...failures].join("; "), "bad");
      return;
    }
    this.page = answer.page;
    this.plain = answer.text;
    insert(this.result, answer.html);
    for (const pre of this.result.querySelectorAll("pre, .scroll, .picture")) pre.tabIndex = 0;
    write(this.status, failures.join("; "), failures.length > 0 ? "bad" : "");
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.plain);
      write(this.status, "The explanation is in the clipboard as text.");
    } catch {
      download("explained.txt", this.plain, "text/plain");
    }
  }

  // The log as a scenario, which the other door runs.
  async rebuild() {
    const answer = await this.machine.ask("import", { files: this.files });
    if (!answer.ok) {
      write(this.status, answer.error.message, "bad");
      return;
    }
    const name = "imported.yaml";
    if (answer.yaml === undefined) {
      write(this.status, `Nothing of it can be rebuilt: ${answer.messages.join("; ")}`, "bad");
      return;
    }
    this.openPlay();
    await this.play.begin(name, { [name]: answer.yaml });
    // What of the log does not come back, and why.
    const told = answer.messages.map((message) => message.replace(/^dmar: /, ""));
    const rest = told.length > 3 ? `; and ${told.length - 3} more, which the program’s dmar import lists` : "";
    if (told.length > 0) this.play.report(told.slice(0, 3).join("; ") + rest);
  }
}
