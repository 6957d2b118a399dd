// What the page changes in a scenario's text, and what it reads out of dropped files and addresses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { ScenarioFiles, normalized } from "../../Integrations/Page/files.js";
import { fragment, stateOf } from "../../Integrations/Page/permalink.js";
import { text, unpacked } from "../../Integrations/Page/unpack.js";
import { standingAlone, valueAt, withValue, writeBefore } from "../../Integrations/Page/yaml-edit.js";

const scenario = `description: a scenario
extends: report.yaml # by name

steps:
  # the first
  - dma: {device: x}
  - wait: 1
`;

test("a write is put before the step that begins in a line, below the step's comment", () => {
  assert.equal(
    writeBefore(scenario, 6, "0x1000", "0x3"),
    scenario.replace("  - dma", "  - write_memory: {address: 0x1000, words: [0x3]}\n  - dma"));
  assert.equal(
    writeBefore(scenario, 7, "0x1000", "0x3"),
    scenario.replace("  - wait", "  - write_memory: {address: 0x1000, words: [0x3]}\n  - wait"));
  assert.equal(writeBefore(scenario, 5, "0x1000", "0x3"), null);
  assert.equal(writeBefore("steps: [", 1, "0x1000", "0x3"), null);
});

test("the same word again changes the step that writes it, however its address is written", () => {
  const once = writeBefore(scenario, 6, "0x1000", "0x3");
  assert.equal(writeBefore(once, 7, "0x1000", "0x2"), once.replace("[0x3]", "[0x2]"));
  assert.equal(writeBefore(once.replace("0x1000", "4096"), 7, "0x1000", "0x2").match(/write_memory/g).length, 1);
  assert.equal(writeBefore(once, 7, "0x1008", "0x2").match(/write_memory/g).length, 2);
});

test("lists in brackets and steps of a kernel that takes over get their writes too", () => {
  assert.equal(
    writeBefore("steps: [{dma: {device: x}}]\n", 1, "0x1", "0x2"),
    "steps: [{write_memory: {address: 0x1, words: [0x2]}}, {dma: {device: x}}]\n");
  const nested = "steps:\n  - kexec:\n      steps:\n        - dma: {device: x}\n";
  assert.equal(
    writeBefore(nested, 4, "0x1", "0x2"),
    nested.replace("        - dma", "        - write_memory: {address: 0x1, words: [0x2]}\n        - dma"));
});

test("a setting is written, changed and taken away, and leaves the text as it was", () => {
  for (const before of [
    scenario, "kernel:\n  extends: a.yaml\nsteps: []\n", "kernel: {extends: a.yaml}\n", "kernel: {}\nsteps: []\n",
    "kernel:\n  behaviour: {a: b}\n", "kernel:\n  behaviour:\n    a: b\n    c: d\n", "description: only this\n",
  ]) {
    const path = ["kernel", "behaviour", "table_walk"];
    const written = withValue(before, path, "entry");
    assert.equal(valueAt(written, path), "entry", before);
    assert.equal(valueAt(withValue(written, path, "lookup"), path), "lookup");
    const gone = withValue(written, path, null);
    assert.equal(valueAt(gone, path), undefined);
    if (before !== "kernel: {}\nsteps: []\n") assert.equal(gone, before);
  }
  assert.equal(withValue("- a list\n", ["kernel", "profile"], "x"), null);
  assert.equal(withValue("kernel: text\n", ["kernel", "profile"], "x"), null);
  assert.equal(withValue("a: [", ["kernel", "profile"], "x"), null);
});

test("names of files are changed, keys and other words are not", () => {
  const alone = standingAlone("extends: ../b.yaml\n../b.yaml: c\n", (word) => (word === "../b.yaml" ? "b.yaml" : null));
  assert.equal(alone, "extends: b.yaml\n../b.yaml: c\n");
});

test("a scenario brings the files that its words name, and no others", () => {
  const files = new ScenarioFiles({ "k/a.yaml": "extends: ../l/b.yaml\n", "l/b.yaml": "log: x.log\n", "l/x.log": "one\n", "l/y.log": "" });
  const own = { "mine.yaml": "extends: Configs/k/a.yaml\n" };
  assert.deepEqual(
    Object.keys(files.collect("mine.yaml", own)).sort(),
    ["Configs/k/a.yaml", "Configs/l/b.yaml", "Configs/l/x.log", "mine.yaml"]);
  assert.deepEqual(Object.keys(files.collect("k/a.yaml", {})).sort(), ["k/a.yaml", "l/b.yaml", "l/x.log"]);
  // A file of one's own goes before one that came with the page.
  const both = { ...own, "Configs/k/a.yaml": "log: none.log\n" };
  assert.deepEqual(Object.keys(files.collect("mine.yaml", both)).sort(), ["Configs/k/a.yaml", "mine.yaml"]);
  assert.match(files.collect("mine.yaml", { "mine.yaml": "a: [" })["mine.yaml"].error.message, /was expected/);
  assert.deepEqual(files.collect("__proto__", {}), {});
  assert.equal(normalized("a/../../b/./c"), "../b/c");
});

test("an address carries a state there and back, and a broken one is told", async () => {
  const state = { scenario: "a.yaml", files: { "a.yaml": "ü ".repeat(1000) }, event: 7 };
  const address = await fragment("play", state);
  assert.match(address, /^#play=[\w-]+$/);
  assert.deepEqual(await stateOf(address), { door: "play", state });
  assert.equal((await stateOf(address.slice(0, -9))).isBroken, true);
  assert.deepEqual(await stateOf("#learn"), { door: "learn", state: null });
  assert.deepEqual(await stateOf("#<script>"), { door: "", state: null });
});

test("packed text is unpacked, what a browser cannot unpack is named with its command", async () => {
  const log = new TextEncoder().encode("DMAR: one line\n");
  const [file] = await unpacked("dmesg.gz", new Uint8Array(gzipSync(log)));
  assert.equal(file.name, "dmesg");
  assert.equal(text(file.bytes), "DMAR: one line\n");
  // What came before a gzip file was cut off is read.
  const packed = gzipSync(Buffer.from("x".repeat(100_000)));
  assert.ok((await unpacked("cut.gz", new Uint8Array(packed.subarray(0, packed.length - 8))))[0].bytes.length > 1000);
  await assert.rejects(unpacked("a.xz", Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)), /xz -d/);
  await assert.rejects(unpacked("a.zip", Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0)), /whole archive/);
  assert.equal(text(Uint8Array.of(0xff, 0xfe, 0x41, 0)), "A");
});

test("archives that lie about their sizes end", async () => {
  const tar = new Uint8Array(1024);
  tar.set(new TextEncoder().encode("a.log"));
  tar.set(new TextEncoder().encode("77777777777"), 124);
  tar.set(new TextEncoder().encode("ustar"), 257);
  assert.ok((await unpacked("a.tar", tar)).length <= 1);
  let bomb = new Uint8Array(gzipSync(new Uint8Array(100)));
  for (let layer = 0; layer < 6; layer += 1) bomb = new Uint8Array(gzipSync(bomb));
  await assert.rejects(unpacked("b.gz", bomb), /more than four times/);
});
