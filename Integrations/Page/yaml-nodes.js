// A YAML text as nodes: what stands there, in which style and where. The parser decides nothing else;
// what a word means, whether a key may stand twice and what an alias repeats is decided in the module,
// by the same code as in the program.

import { LineCounter, isAlias, isMap, isScalar, isSeq, parseAllDocuments } from "yaml";

// How deep values may stand in each other; the module has the same limit.
const depthLimit = 200;

const styles = {
  PLAIN: "p",
  QUOTE_SINGLE: "s",
  QUOTE_DOUBLE: "d",
  BLOCK_LITERAL: "l",
  BLOCK_FOLDED: "f",
};

// What is wrong with a YAML text, with its place from 1 on.
export class SyntaxFault extends Error {
  constructor(message, line, column) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

// The document of a text as the parser's own tree, for edits that need places in the text.
export function parsed(text) {
  const counter = new LineCounter();
  const options = { schema: "failsafe", uniqueKeys: false, prettyErrors: false, logLevel: "silent" };
  const documents = parseAllDocuments(text, { ...options, lineCounter: counter });
  const document = Array.isArray(documents) ? documents[0] : undefined;
  return { documents: Array.isArray(documents) ? documents : [], document, counter };
}

// The one document of a text as arrays, as docs/Browser.md describes them; null where there is none.
//
// A scalar is [line, column, style, text]; a list [line, column, "[", items]; a mapping
// [line, column, "{", keys and values in turn]; an alias [line, column, "*", name]. A node with an
// anchor has its name as fifth element. Throws a SyntaxFault.
export function nodes(text) {
  // A carriage return alone ends a line as well.
  const source = (text.startsWith("\uFEFF") ? text.slice(1) : text).replace(/\r(?!\n)/g, "\n");
  const { documents, document, counter } = parsed(source);
  const place = placeFinder(source, counter);
  const strange = /[\u0085\u2028\u2029]/.exec(source);
  if (strange) {
    throw new SyntaxFault("a line end that only some parsers take for one; others were expected", ...place(strange.index));
  }
  for (const each of documents) {
    if (each.errors.length > 0) {
      const error = each.errors[0];
      throw new SyntaxFault(`${sentence(error.message)}; well-formed YAML was expected`, ...place(error.pos[0]));
    }
  }
  if (documents.length > 1) {
    const start = documents[1].contents?.range?.[0] ?? documents[1].range[0];
    throw new SyntaxFault("a second document; a single one was expected", ...place(start));
  }
  if (!document || !document.contents) return null;
  // Within brackets tabs are as good as blanks.
  let isFlow = false;
  return array(document.contents, 0);

  function array(node, depth) {
    const isEmpty = node.source === "" && node.type === "PLAIN" && !node.anchor && !node.tag;
    const start = isEmpty && isFlow ? behindBlanks(node.range[0]) : beginning(source, node);
    const at = place(start);
    if (/^[ ]*\t\s*$/.test(source.slice(source.lastIndexOf("\n", start - 1) + 1, start)) && !isFlow) {
      throw new SyntaxFault("a tab indents this line; blanks were expected", ...at);
    }
    const wasFlow = isFlow;
    isFlow ||= Boolean(node.flow);
    try {
      return content(node, at, depth);
    } finally {
      isFlow = wasFlow;
    }
  }

  function content(node, at, depth) {
    if (depth > depthLimit) {
      throw new SyntaxFault(
        `values stand in each other more than ${depthLimit} deep; fewer levels were expected`, ...at);
    }
    let result;
    if (isAlias(node)) {
      result = [...at, "*", node.source];
    } else if (isMap(node)) {
      const children = [];
      for (const pair of node.items) {
        children.push(child(pair.key, at, depth));
        const end = pair.key?.range?.[1];
        children.push(child(pair.value, end === undefined ? at : place(behindBlanks(end)), depth));
      }
      result = [...at, "{", children];
    } else if (isSeq(node)) {
      result = [...at, "[", node.items.map((item) => child(item, at, depth))];
    } else {
      result = [...at, styles[node.type] ?? "p", isScalar(node) ? words(node) : ""];
    }
    if (node.anchor) result.push(node.anchor);
    return result;
  }

  function behindBlanks(offset) {
    return offset + /^\s*/.exec(source.slice(offset, offset + 200))[0].length;
  }

  function child(node, parentPlace, depth) {
    return node ? array(node, depth + 1) : [...parentPlace, "p", ""];
  }

  function words(node) {
    return typeof node.value === "string" ? node.value : node.source ?? "";
  }
}

// Where a node begins: with its anchor or tag, where it has one.
function beginning(text, node) {
  let start = node.range?.[0];
  if (start === undefined) {
    // A pair within a list, as in [a: 1], begins with its key, or with the question mark before it.
    start = beginning(text, node.items[0].key);
    const mark = /\?\s+$/.exec(text.slice(Math.max(start - 20, 0), start));
    return mark ? start - mark[0].length : start;
  }
  // A mapping begins with its first key, and with that key's anchor.
  const first = isMap(node) && !node.flow ? node.items[0]?.key : null;
  if (!node.anchor && first?.range?.[0] === start) return beginning(text, first);
  // What is left out stands right behind the sign that it was expected after.
  if (node.source === "" && !/QUOTE/.test(node.type)) while (/[ \t]/.test(text[start - 1] ?? "")) start -= 1;
  for (;;) {
    const before = text.slice(Math.max(start - 200, 0), start);
    const property = /(?:^|[\s[{,])([&!][^\s,[\]{}]*)(?:\s+(?:#.*\n\s*)*)?$/.exec(before);
    if (!property || /[:"']$/.test(property[1])) return start;
    if (property[1][0] === "&" && property[1].slice(1) !== node.anchor) return start;
    start -= before.length - before.lastIndexOf(property[1]);
  }
}

function sentence(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

// Turns offsets in UTF-16 into line and column; columns count Unicode scalars, as the program does.
function placeFinder(text, counter) {
  return (offset) => {
    const { line } = counter.linePos(Math.min(offset, text.length));
    const start = counter.lineStarts[line - 1] ?? 0;
    return [Math.max(line, 1), [...text.slice(start, offset)].length + 1];
  };
}
