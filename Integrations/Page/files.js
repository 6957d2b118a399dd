// The files that the module gets with a request: a scenario and all that it names.
//
// No key is known here. A word of a scenario that is the name of a file which we have, seen from the
// scenario's folder or from the top of those that came with the page, is taken for that file; one too
// many does no harm.

import { nodes, SyntaxFault } from "./yaml-nodes.js";

// A path without its "." and "..".
export function normalized(path) {
  const parts = [];
  for (const part of path.split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

export function folder(path) {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

export function isScenario(name) {
  return /\.ya?ml$/i.test(name);
}

// The nodes of a text, or why it is not YAML, as the module takes both.
export function yamlContent(text) {
  try {
    return { nodes: nodes(text) };
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return { error: { message: error.message, line: error.line, column: error.column } };
  }
}

// Reads texts as nodes, each text once: of all the files of a scenario, one is typed in.
export class ScenarioFiles {
  constructor(library) {
    // The files that came with the page, by name: text, or {base64}.
    this.library = library;
    this.read = new Map();
  }

  // The content of a file as the module takes it; undefined where there is no such file.
  content(name, own) {
    const text = Object.hasOwn(own, name) ? own[name]
      : Object.hasOwn(this.library, name) ? this.library[name] : undefined;
    if (text === undefined) return undefined;
    if (typeof text !== "string") return text;
    if (!isScenario(name)) return { text };
    const known = this.read.get(name);
    if (known?.text === text) return known.content;
    const content = { text, ...yamlContent(text) };
    this.read.set(name, { text, content });
    return content;
  }

  // The files of a scenario, by name, with all that they name. A file that came with the page and is named
  // from elsewhere (`Configs/driver/base.yaml`) goes by the name that it has from there.
  collect(scenario, own) {
    const files = {};
    const waiting = [{ name: scenario, origin: scenario }];
    while (waiting.length > 0) {
      const { name, origin } = waiting.pop();
      if (Object.hasOwn(files, name)) continue;
      const content = this.content(origin, own);
      if (content === undefined) continue;
      files[name] = content;
      if (content.nodes) waiting.push(...this.named(content.nodes, name, origin, own));
    }
    return files;
  }

  // All files below a folder, with all that they name.
  below(prefix, own) {
    const files = {};
    for (const name of new Set([...Object.keys(this.library), ...Object.keys(own)])) {
      if (name.startsWith(prefix)) Object.assign(files, this.collect(name, own));
    }
    return files;
  }

  // The files that the words of a scenario may stand for: by which name, and which file that is.
  *named(node, name, origin, own) {
    const [, , kind, value] = node;
    if (kind === "[" || kind === "{") {
      for (const child of value) yield* this.named(child, name, origin, own);
    } else if (kind !== "*" && value.length < 300 && /\.\w+$/.test(value)) {
      const seen = normalized(`${folder(name)}/${value}`);
      const places = [seen, normalized(`${folder(origin)}/${value}`), shippedName(value)];
      const found = places.find((each) => Object.hasOwn(own, each) || Object.hasOwn(this.library, each));
      if (found !== undefined) yield { name: seen, origin: found };
    }
  }
}

// The name that a file of Configs has in the page.
export function shippedName(name) {
  return normalized(name.replace(/^(.*\/)?Configs\//, ""));
}
