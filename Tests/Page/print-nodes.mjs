// Prints what the page's YAML parser makes of files, a line of JSON each: nodes, or the error.
//
//   node print-nodes.mjs FILE …      (bundled by esbuild first, which finds the parser)

import { readFileSync } from "node:fs";
import { nodes } from "../../Integrations/Page/yaml-nodes.js";

for (const file of process.argv.slice(2)) {
  try {
    console.log(JSON.stringify(nodes(readFileSync(file, "utf8"))));
  } catch (error) {
    console.log(JSON.stringify({ message: error.message, line: error.line, column: error.column }));
  }
}
