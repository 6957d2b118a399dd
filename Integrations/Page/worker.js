// The part that runs beside the page: it holds the module and reads YAML, so that the page itself never
// waits. The same code serves in the page where a browser makes no worker (`Server`).

import { Module } from "./module.js";
import { ScenarioFiles, isScenario, yamlContent } from "./files.js";

// Answers requests, one after the other.
export class Server {
  async start({ module, library }) {
    this.files = new ScenarioFiles(library);
    this.module = await Module.compile(module);
  }

  // A request about a scenario names its file and brings the files that the user has of their own.
  async answer(request) {
    const { own, ...rest } = request;
    if (request.folder !== undefined) {
      // A question about an exercise takes all that lies in the lesson's folder.
      return this.module.call({ ...rest, files: this.files.below(`${request.folder}/`, own ?? {}) });
    }
    if (request.scenario === undefined) {
      // Beside logs, a machine's table or bus may come as YAML.
      const files = request.files?.map((file) => (isScenario(file.name) ? { ...file, ...yamlContent(file.text) } : file));
      return this.module.call({ ...request, files });
    }
    const files = this.files.collect(request.scenario, own ?? {});
    return { ...(await this.module.call({ ...rest, files })), named: Object.keys(files) };
  }
}

// Serves the messages of a page. Each request has a number, which its answer bears as well.
export function serve(scope) {
  const server = new Server();
  let ready;
  scope.onmessage = async ({ data }) => {
    try {
      if (data.start) {
        ready = server.start(data.start);
        await ready;
        scope.postMessage({ number: data.number, answer: { ok: true } });
        return;
      }
      await ready;
      scope.postMessage({ number: data.number, answer: await server.answer(data.request) });
    } catch (error) {
      const message = String(error?.message ?? error);
      scope.postMessage({ number: data.number, answer: { ok: false, error: { message } } });
    }
  };
}
