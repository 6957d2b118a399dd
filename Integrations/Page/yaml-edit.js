// Changes to a scenario's text that the page makes: a step that is put in, a setting of the kernel. The
// rest of the text stays as the user wrote it, comments and all.

import { isMap, isScalar, isSeq, visit } from "yaml";
import { parsed } from "./yaml-nodes.js";

function replaced(text, from, to, by) {
  return text.slice(0, from) + by + text.slice(to);
}

function lineStart(text, offset) {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

// Writes a word of memory before the step that begins in `line`; nil where no step begins there. If the
// step before writes the same word already, its value is changed instead.
export function writeBefore(text, line, address, value) {
  const { document, counter } = parsed(text);
  if (!document?.contents || document.errors.length > 0) return null;
  let found = null;
  visit(document, {
    Seq(_, list, path) {
      const key = path.at(-1)?.key;
      if (found || key?.value !== "steps") return;
      const index = list.items.findIndex((item) => item?.range && counter.linePos(item.range[0]).line === line);
      if (index >= 0) found = { list, index };
    },
  });
  if (!found) return null;
  const { list, index } = found;
  const before = index > 0 ? sameWrite(list.items[index - 1], address) : null;
  if (before) return replaced(text, before.range[0], before.range[1], value);
  const step = `write_memory: {address: ${address}, words: [${value}]}`;
  const start = list.items[index].range[0];
  if (list.flow) return replaced(text, start, start, `{${step}}, `);
  const dash = text.lastIndexOf("-", start - 1);
  const lineBegin = lineStart(text, dash);
  return replaced(text, lineBegin, lineBegin, `${text.slice(lineBegin, dash)}- ${step}\n`);
}

// The value that a step writes, where it is a write of one word to that address.
function sameWrite(step, address) {
  if (!isMap(step) || step.items.length !== 1 || step.items[0].key?.value !== "write_memory") return null;
  const content = step.items[0].value;
  if (!isMap(content) || content.items.length !== 2) return null;
  const words = content.get("words", true);
  const at = content.get("address", true);
  if (!isSeq(words) || words.items.length !== 1 || !isScalar(words.items[0]) || !isScalar(at)) return null;
  return numberOf(at.value) === numberOf(address) ? words.items[0] : null;
}

function numberOf(word) {
  try {
    return BigInt(word);
  } catch {
    return null;
  }
}

// The value at a path of keys; undefined where none is written.
export function valueAt(text, path) {
  let node = parsed(text).document?.contents;
  for (const key of path) node = isMap(node) ? node.get(key, true) : undefined;
  return isScalar(node) ? node.value : undefined;
}

// Writes a value at a path of keys, or with null takes the key away. Returns null where the text does
// not allow it, since it is not YAML or has something else than a mapping on the way.
export function withValue(text, path, value) {
  const { document } = parsed(text);
  if (!document || document.errors.length > 0) return null;
  let node = document.contents;
  if (!isMap(node)) return null;
  const way = [];
  for (const [depth, key] of path.entries()) {
    if (!isMap(node)) return null;
    const pair = node.items.find((item) => item.key?.value === key);
    if (!pair) return value === null ? text : inserted(text, node, path.slice(depth), value, depth === 0);
    way.push({ map: node, pair });
    node = pair.value;
  }
  if (value === null) return without(text, way);
  return node?.range ? replaced(text, node.range[0], node.range[1], value) : null;
}

function inserted(text, map, path, value, isTop) {
  const [key, ...rest] = path;
  const inner = rest.reduceRight((result, each) => `{${each}: ${result}}`, value);
  const entry = `${key}: ${inner}`;
  if (map.flow) {
    const start = map.range[0] + 1;
    return replaced(text, start, start, map.items.length > 0 ? `${entry}, ` : entry);
  }
  // A kernel stands before what is run under it.
  const next = isTop && map.items.find((item) => ["machine", "boot", "steps", "expect"].includes(item.key?.value));
  const anchor = (next || map.items[0]).key.range[0];
  const start = lineStart(text, anchor);
  const indent = " ".repeat(anchor - start);
  if (text.slice(start, anchor).trim() !== "") return replaced(text, anchor, anchor, `${entry}\n${indent}`);
  const separator = next ? "\n" : "";
  return replaced(text, start, start, `${indent}${entry}\n${separator}`);
}

function without(text, way) {
  const { map, pair } = way.at(-1);
  if (map.items.length === 1 && way.length > 1) return without(text, way.slice(0, -1));
  const from = pair.key.range[0];
  const to = pair.value?.range?.[1] ?? pair.key.range[1];
  if (map.flow) {
    const after = /^\s*,\s*/.exec(text.slice(to));
    if (after) return replaced(text, from, to + after[0].length, "");
    const before = /,\s*$/.exec(text.slice(0, from));
    return replaced(text, from - (before?.[0].length ?? 0), to, "");
  }
  const start = lineStart(text, from);
  const end = text.indexOf("\n", to);
  const next = text.slice(end + 1);
  const blank = /^\n/.test(next) && text[start - 2] === "\n" ? 1 : 0;
  return text.slice(0, start) + next.slice(blank);
}

// The text of a scenario for a folder of its own: files that came with the page are named as the
// program finds them from anywhere.
export function standingAlone(text, rename) {
  const { document } = parsed(text);
  if (!document || document.errors.length > 0) return text;
  const changes = [];
  visit(document, {
    Scalar(key, node) {
      if (key === "key") return;
      const name = rename(node.value);
      if (name !== null && name !== node.value) changes.push([node.range[0], node.range[1], name]);
    },
  });
  return changes.reverse().reduce((result, [from, to, by]) => replaced(result, from, to, by), text);
}
