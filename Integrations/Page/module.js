// The module: the machine itself, compiled to WebAssembly. It takes a request as JSON and gives an
// answer as JSON; docs/Browser.md has both. This file knows only how to pass the two.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// One instance of the module. After a trap its memory is in no known state, so it is thrown away.
class Instance {
  constructor(exports) {
    this.exports = exports;
  }

  call(request) {
    const { allocate, release, call, memory } = this.exports;
    const bytes = encoder.encode(JSON.stringify(request));
    const input = allocate(bytes.length) >>> 0;
    // The memory may have grown, which leaves earlier views empty: each view is made anew.
    new Uint8Array(memory.buffer, input, bytes.length).set(bytes);
    const output = call(input, bytes.length) >>> 0;
    const length = new DataView(memory.buffer).getUint32(output, true);
    const answer = decoder.decode(new Uint8Array(memory.buffer, output + 4, length));
    release(output);
    release(input);
    return JSON.parse(answer);
  }
}

// The module with an instance of it, which is made anew after a trap.
export class Module {
  constructor(compiled) {
    this.compiled = compiled;
    this.instance = null;
  }

  static async compile(bytes) {
    return new Module(await WebAssembly.compile(bytes));
  }

  // The answer to a request. Where the module stops by a trap, the answer says so, and the next request
  // finds a new instance.
  async call(request) {
    try {
      this.instance ??= new Instance((await WebAssembly.instantiate(this.compiled, {})).exports);
      return this.instance.call(request);
    } catch (error) {
      this.instance = null;
      return { ok: false, trapped: true, error: { message: String(error?.message ?? error) } };
    }
  }
}
