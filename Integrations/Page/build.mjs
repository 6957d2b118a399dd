// Makes the page: one file that holds the program, the module and the scenarios that come with it.
//
//   node Integrations/Page/build.mjs MODULE.wasm CONFIGS OUTPUT.html VERSION
//
// VERSION is what `dmar --version` prints (Packaging/version); it stands at the page's foot.
// It needs esbuild and node-yaml, which Debian has as packages.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Module } from "./module.js";

const here = dirname(fileURLToPath(import.meta.url));
const [modulePath, configs, output, version] = process.argv.slice(2);
if (!version) {
  console.error("usage: node build.mjs MODULE.wasm CONFIGS OUTPUT.html VERSION");
  process.exit(64);
}

const wasm = readFileSync(modulePath);
const module = await Module.compile(wasm);

async function ask(operation) {
  const answer = await module.call({ operation });
  if (!answer.ok) {
    console.error(`${modulePath}: ${operation}: ${answer.error.message}`);
    process.exit(65);
  }
  return answer;
}

// The parser's licence asks that its notice goes along.
function parserNotice() {
  const text = readFileSync("/usr/share/doc/node-yaml/copyright", "utf8");
  const holder = /^Files: \*\nCopyright: (.*)$/m.exec(text)?.[1];
  const licence = /^License: ISC\n( Permission[^]*?)(?:\n\n|$(?![^]))/m.exec(text)?.[1];
  if (!holder || !licence) throw new Error("the notice of node-yaml is not where it was expected");
  return `/*! The YAML parser in this program is "yaml", copyright ${holder}\n${licence.replace(/^ \.?/gm, "")}\n*/`;
}

// The program, with the YAML parser in it. The page is for browsers that have WebAssembly and streams,
// which know this much of the language.
const program = execFileSync(
  "esbuild",
  [join(here, "main.js"), "--bundle", "--minify", "--format=iife", "--target=chrome103,firefox113,safari16.4",
    "--charset=utf8", `--banner:js=${parserNotice()}`, "--log-level=warning"],
  { env: { ...process.env, NODE_PATH: "/usr/share/nodejs" }, maxBuffer: 64 << 20 }).toString();

// The scenarios that come with the page, by name: text, or base64 where a file is none.
function library(folder, prefix = "") {
  const files = {};
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      Object.assign(files, library(path, `${prefix}${name}/`));
      continue;
    }
    if (/\.json$/.test(name)) continue;
    const bytes = readFileSync(path);
    const text = bytes.toString("utf8");
    files[prefix + name] = Buffer.from(text, "utf8").equals(bytes) ? text : { base64: bytes.toString("base64") };
  }
  return files;
}

const packed = (bytes) => gzipSync(bytes, { level: 9 }).toString("base64");
// Inside of a script element nothing may look like its end.
const script = program.replace(/<\/(script)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");
const hash = createHash("sha256").update(script).digest("base64");
const { css } = await ask("style");

const parts = {
  // The program alone may run, by its hash: a browser that knows hashes takes 'unsafe-inline' for nothing.
  policy: `default-src 'none'; script-src 'unsafe-inline' 'sha256-${hash}' 'wasm-unsafe-eval'; `
    + "worker-src blob:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
  style: css + readFileSync(join(here, "style.css"), "utf8"),
  version: `dmar ${version}`,
  module: packed(wasm),
  library: packed(JSON.stringify(library(configs))),
  program: script,
};

const page = readFileSync(join(here, "index.html"), "utf8").replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
mkdirSync(dirname(output), { recursive: true });
writeFileSync(`${output}.new`, page);
renameSync(`${output}.new`, output);
const kilobytes = (text) => Math.round(text.length / 1000);
console.log(`${output}: ${kilobytes(page)} kB: the module ${kilobytes(parts.module)}, scenarios ${kilobytes(parts.library)}, ` +
  `the program ${kilobytes(script)}`);
