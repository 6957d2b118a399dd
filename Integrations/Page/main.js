// Where the page begins: it unpacks what was built into it, starts the machine, and opens a door.
// The same program runs in the page and, without a document, in the worker beside it.

import { Explain } from "./explain.js";
import { Learn } from "./learn.js";
import { Machine } from "./machine.js";
import { Play } from "./play.js";
import { bytesOfBase64, fragment, gunzipped, stateOf } from "./permalink.js";
import { isScenario } from "./files.js";
import { element, write } from "./parts.js";
import { serve } from "./worker.js";

// The door "report" is there only in a page that `dmar report --interactive` wrote.
const doors = ["report", "log", "play", "learn"].filter((door) => globalThis.document?.getElementById(`door-${door}`));

async function builtIn(id) {
  return gunzipped(bytesOfBase64(element(id).textContent.trim()));
}

class Page {
  async begin() {
    const [module, packed] = await Promise.all([builtIn("module"), builtIn("library")]);
    this.given = JSON.parse(element("start").textContent);
    this.library = JSON.parse(new TextDecoder().decode(packed));
    const start = { module, library: this.library };
    this.machine = new Machine(element("program").textContent, start, (sentence) => this.tell(sentence));
    this.play = new Play(this.machine, this.library, (sentence) => this.tell(sentence));
    this.explain = new Explain(this.machine, this.library, this.play);
    this.learn = new Learn(this.machine, this.library, this.play);
    for (const each of [this.explain, this.learn]) each.openPlay = () => this.open("play", { isBusy: true });
    for (const each of [this.play, this.learn]) each.changed = () => this.rewriteAddress();
    this.connect();
    this.play.listScenarios();
    await this.restore();
    document.body.dataset.ready = "";
    await this.play.listReleases();
  }

  connect() {
    element("open-report").hidden = !doors.includes("report");
    for (const door of doors) {
      element(`open-${door}`).addEventListener("click", (event) => {
        event.preventDefault();
        this.open(door);
        this.rewriteAddress();
      });
    }
    element("copy-link").addEventListener("click", () => this.copyLink());
    window.addEventListener("hashchange", () => this.restore());
    // Links inside of what the module drew lead to places of the page, and leave the address alone.
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.(".drawn a[href^='#']");
      if (!link) return;
      event.preventDefault();
      document.getElementById(link.getAttribute("href").slice(1))?.scrollIntoView({ block: "nearest" });
    });
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      document.body.classList.add("dragging");
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) document.body.classList.remove("dragging");
    });
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      document.body.classList.remove("dragging");
      if (event.dataTransfer.files.length > 0) this.drop([...event.dataTransfer.files]);
    });
  }

  // Dropped files go where they belong: scenarios are played, all else is read as logs.
  async drop(files) {
    const kinds = await Promise.all(files.map(async (file) =>
      isScenario(file.name) && /^(steps|extends|machine|kernel|boot|expect):/m.test(await file.text())));
    if (kinds.includes(true)) {
      this.open("play", { isBusy: true });
      return this.play.openFiles(files);
    }
    this.open("log");
    return this.explain.takeFiles(files);
  }

  // Opens a door; `isBusy` where the caller fills it.
  open(door, { isBusy = false } = {}) {
    this.door = door;
    for (const each of doors) {
      element(`door-${each}`).hidden = each !== door;
      const tab = element(`open-${each}`);
      if (each === door) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    if (isBusy) return undefined;
    if (door === "play" && !this.play.scenario) {
      const given = this.given;
      return given.scenario ? this.play.begin(given.scenario, contents(given.files))
        : this.play.begin("klist-splat/report.yaml");
    }
    if (door === "learn") return this.learn.open();
    return undefined;
  }

  // Opens what the address says, or the scenario that `dmar lab` or `dmar report` put into the page.
  async restore() {
    if (location.hash === this.written) return;
    const { door, state, isBroken } = await stateOf(location.hash);
    if (isBroken) this.tell("The address carries a state that cannot be read; it may have been cut off.");
    const { given } = this;
    if (door === "play" && state?.scenario) {
      this.open("play", { isBusy: true });
      await this.play.begin(String(state.scenario), contents(state.files), state.event ?? null);
    } else if (door === "learn") {
      this.open("learn", { isBusy: true });
      await this.learn.open(state);
    } else if (given.scenario && !given.report && !door) {
      this.open("play", { isBusy: true });
      await this.play.begin(given.scenario, contents(given.files));
    } else {
      await this.open(doors.includes(door) ? door : doors[0]);
    }
  }

  async rewriteAddress() {
    const state = this.door === "play" ? this.play.state : this.door === "learn" ? this.learn.state : null;
    const round = (this.addresses = (this.addresses ?? 0) + 1);
    const address = await fragment(this.door, state);
    if (round !== this.addresses) return;
    this.written = address;
    history.replaceState(null, "", address);
  }

  async copyLink() {
    await this.rewriteAddress();
    try {
      await navigator.clipboard.writeText(location.href);
      this.tell("The link is in the clipboard. It carries the scenario in itself.");
    } catch {
      this.tell("The address of this page is the link: it carries the scenario in itself.");
    }
  }

  tell(sentence) {
    write(element("notice"), sentence);
    element("notice").hidden = false;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => (element("notice").hidden = true), 12_000);
  }
}

// Files by name, each as text or as an object with base64; what an address says may be anything.
function contents(files) {
  return Object.fromEntries(Object.entries(files ?? {}).filter(
    ([, content]) => typeof content === "string" || typeof content?.base64 === "string"));
}

if (typeof document === "undefined") {
  serve(self);
} else {
  new Page().begin().catch((error) => {
    const notice = element("notice");
    write(notice, `This browser could not start the machine: ${error.message}`, "bad");
    notice.hidden = false;
  });
}
