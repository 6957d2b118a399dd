// Asks the WebAssembly module and the program the same questions and compares the answers byte for byte:
// each scenario of Configs (log, trace, both as JSON, messages, check) and each log of the tree
// (explain as text, JSON, lines and page; import), and each exercise of the course (its questions, and what
// is said about right and wrong answers). Tests/Browser/run bundles and starts it.
//
//   node compare.mjs PROGRAM MODULE.wasm [--runner COMMAND …] [--only TEXT] [--first COUNT]
//
// With --runner the module is a WASI command that COMMAND runs, such as `wasmkit run`.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Module } from "../../Integrations/Page/module.js";
import { ScenarioFiles } from "../../Integrations/Page/files.js";
import { text } from "../../Integrations/Page/unpack.js";

const [programName, modulePath, ...options] = process.argv.slice(2);
const program = resolve(programName);
function option(name) {
  const place = options.indexOf(name);
  return place < 0 ? undefined : options[place + 1];
}
const runner = option("--runner")?.split(" ");
const only = option("--only") ?? "";
const first = Number(option("--first") ?? Infinity);
const root = resolve(process.env.DMAR_ROOT ?? ".");
const most = 256 << 20;

const module = runner ? null : await Module.compile(readFileSync(modulePath));

// The module's answer to a question.
async function ask(question) {
  if (!runner) return module.call(question);
  const done = spawnSync(runner[0], [...runner.slice(1), modulePath],
    { input: JSON.stringify(question), maxBuffer: most });
  if (done.status !== 0) return { ok: false, trapped: true, error: { message: String(done.stderr) } };
  return JSON.parse(done.stdout.toString());
}

// What the program prints, and its exit status. It draws with the characters of UTF-8, as the module does.
const env = { ...process.env, LC_ALL: "C.UTF-8" };
function run(folder, ...args) {
  const done = spawnSync(program, args, { cwd: folder, maxBuffer: most, env });
  return { out: done.stdout.toString(), err: done.stderr.toString(), status: done.status };
}

let compared = 0;
const failures = [];

function firstDifference(one, other) {
  const [left, right] = [one.split("\n"), other.split("\n")];
  const place = left.findIndex((line, index) => line !== right[index]);
  const at = place < 0 ? left.length : place;
  return `line ${at + 1}: program "${left[at] ?? ""}", module "${right[at] ?? ""}"`;
}

function compare(what, expected, actual) {
  compared += 1;
  if (expected !== actual) failures.push(`${what}: ${firstDifference(expected, actual)}`);
}

const joined = (lines) => lines.map((line) => `${line}\n`).join("");

// What the program prints on standard error where the module says that a question has no answer.
const complaint = (answer) => answer.trapped
  ? `the module stopped: ${answer.error.message}\n` : `dmar: ${answer.error.text}\n`;

// The files below a folder, sorted, with their paths from there.
function below(folder, prefix = "") {
  return readdirSync(folder).sort().flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? below(path, `${prefix}${name}/`) : [prefix + name];
  });
}

async function compareScenario(configs, files, name) {
  const forms = [
    [[], {}],
    [["--trace"], { trace: true }],
    [["--format", "json"], { format: "json" }],
    [["--trace", "--format", "json"], { trace: true, format: "json" }],
  ];
  const question = { scenario: name, files: files.collect(name, {}), parts: false };
  for (const [words, wanted] of forms) {
    const printed = run(configs, "replay", name, ...words);
    const answer = await ask({ operation: "run", ...question, ...wanted });
    const what = ["replay", name, ...words].join(" ");
    if (answer.ok) {
      compare(what, printed.out, joined(answer.lines));
      compare(`${what}, messages`, printed.err, joined(answer.messages));
    } else {
      compare(`${what}, error`, printed.err, complaint(answer));
    }
  }
  const checked = run(configs, "check", name);
  const answer = await ask({ operation: "check", ...question });
  compare(`check ${name}`, checked.err, answer.ok ? "" : complaint(answer));
}

// The program takes names of devices from this machine's pci.ids, which a module does not have. Without them
// a line breaks elsewhere, so that text is asked for in one line; what stands before the numbers is left out.
const hasNames = ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"].some((path) => existsSync(path));
const withoutNames = (said) => said.replace(
  /(\n *(?:device:?|"device_words": "?) +|"device_words": ?")(?:[^"\n]*?, )??(?=\[[0-9a-f]{4}:[0-9a-f]{4}\])/g, "$1");

async function compareLog(path) {
  const bytes = readFileSync(join(root, path));
  // UTF-16 is for whoever has the file to read: in the page that is the browser.
  const isWide = [0xfeff, 0xfffe].includes((bytes[0] << 8) | bytes[1]);
  const files = [{ name: path, ...(isWide ? { text: text(bytes) } : { base64: bytes.toString("base64") }) }];
  const answer = await ask({ operation: "explain", files, want: ["text", "json", "ndjson", "report"] });
  for (const form of ["text", "json", "ndjson", "report"]) {
    const printed = run(root, "explain", path, "--format", form, "--width", "100");
    const what = `explain ${path} --format ${form}`;
    if (answer.ok && hasNames && printed.out !== answer[form]) {
      const unbroken = run(root, "explain", path, "--format", form, "--width", "10000");
      const own = await ask({ operation: "explain", files, want: [form], width: 10000 });
      compare(`${what} without names`, withoutNames(unbroken.out), withoutNames(own[form]));
    } else if (answer.ok) compare(what, printed.out, answer[form]);
    else compare(`${what}, error`, printed.err, complaint(answer));
  }
  const printed = run(root, "import", path);
  const imported = await ask({ operation: "import", files });
  if (imported.ok) {
    compare(`import ${path}`, printed.out, imported.yaml ?? "");
    compare(`import ${path}, messages`, printed.err, joined(imported.messages));
    compare(`import ${path}, status`, `${printed.status}`, `${imported.status}`);
  } else {
    compare(`import ${path}, error`, printed.err, complaint(imported));
  }
}

// An exercise of the course: what is asked, and what becomes of the answers that lie beside it. Answers with
// numbers of a seed in them are left to the module's own tests: the program takes files as they are.
async function compareExercise(configs, files, folder, number, exercise) {
  const learn = (...args) => {
    const state = mkdtempSync(join(tmpdir(), "dmar-learn-"));
    const printed = run(configs, "learn", exercise.name, "--format", "json", "--folder", state, ...args);
    rmSync(state, { recursive: true });
    return printed;
  };
  const question = { folder, exercise: number, files: files.below(`${folder}/`, {}) };
  const shown = await ask({ operation: "exercise", ...question });
  const said = JSON.parse(learn().out);
  const what = `learn ${exercise.name}`;
  const asked = ({ kind, questions, board, budget }) => JSON.stringify({ kind, questions, board, budget });
  compare(what, asked(said), asked(shown.ok ? shown : { questions: [complaint(shown)] }));
  if (exercise.kind === "code") return;
  const verdict = ({ passed, complaints, advice, remarks, reached, cost }) =>
    JSON.stringify({ passed, complaints, advice, remarks, reached: reached ?? [], cost }, null, 1);
  const check = async (name, words, answer) => {
    const printed = learn("--check", "--", ...words);
    const own = await ask({ operation: "check-answer", ...question, ...answer });
    const said = printed.out === "" ? printed.err : verdict(JSON.parse(printed.out));
    compare(`${what} --check ${name}`, said, own.ok ? verdict(own) : complaint(own));
  };
  if (shown.questions.length > 0) {
    const { answers } = JSON.parse(learn("--solution").out);
    for (const each of [answers, answers.map((_, index) => (index === 0 ? "1" : answers[index]))]) {
      await check(each.join(" "), each, { answers: each });
    }
    return;
  }
  const mine = (name) => (/^\d-/.test(name) ? name.startsWith(`${number}-`) : number === 1);
  for (const name of Object.keys(question.files)) {
    const file = name.slice(folder.length + 1);
    if (!name.startsWith(`${folder}/`) || !/^(\d-)?(start|solution|wrong)[^/]*\.(yaml|locks)$/.test(file)) continue;
    if (!mine(file) || question.files[name].text.includes("$(")) continue;
    await check(file, [name], { answer: name });
  }
}

async function compareCourse(configs, files, names) {
  const given = names.map((name) => ({ name, text: files.library[name] }));
  const { lessons } = await ask({ operation: "lessons", files: given });
  let count = 0;
  for (const lesson of lessons) {
    for (const [index, exercise] of lesson.exercises.entries()) {
      await compareExercise(configs, files, lesson.folder, index + 1, exercise);
      count += 1;
    }
  }
  return count;
}

const { operations } = await ask({ operation: "operations" });
if (!operations?.includes("run")) {
  console.log("The comparison is skipped: the module runs no scenarios; make browser says what is in the way.");
  process.exit(0);
}

const configs = join(root, "Configs");
const library = {};
for (const name of below(configs)) {
  if (name.endsWith(".json")) continue;
  const bytes = readFileSync(join(configs, name));
  const content = bytes.toString("utf8");
  library[name] = Buffer.from(content).equals(bytes) ? content : { base64: bytes.toString("base64") };
}
const files = new ScenarioFiles(library);
// What looks at this machine's own bus has nothing to look at in the module.
const scenarios = Object.keys(library)
  .filter((name) => /\.ya?ml$/.test(name) && !/^host-/.test(name) && name.includes(only)).slice(0, first);
const logs = execFileSync("git", ["ls-files", "Tests", "Configs"], { cwd: root }).toString().split("\n")
  .filter((name) => /\.log(\.gz)?$/.test(name) && name.includes(only)).slice(0, first);
for (const name of scenarios) await compareScenario(configs, files, name);
for (const path of logs) await compareLog(path);

const lessons = Object.keys(library).filter((name) => /^course\/.*\/lesson\.md$/.test(name) && name.includes(only));
const exercises = runner ? 0 : await compareCourse(configs, files, lessons);

for (const failure of failures.slice(0, 40)) console.log(failure);
console.log(`${compared} answers of ${scenarios.length} scenarios, ${logs.length} logs and ${exercises} exercises compared,`
  + ` ${failures.length} differ`);
process.exit(failures.length > 0 ? 1 : 0);
