// The state of the page in its address: #door, or #door=STATE, the state being JSON, deflated, in
// base64url. What stands behind # is sent to nobody.

async function through(stream, bytes) {
  const output = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(output).arrayBuffer());
}

export function base64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export function bytesOfBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

export async function gunzipped(bytes) {
  return through(new DecompressionStream("gzip"), bytes);
}

export async function fragment(door, state) {
  if (!state) return `#${door}`;
  const bytes = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(JSON.stringify(state)));
  return `#${door}=${base64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}`;
}

// What an address says: {door, state}. A state that cannot be read is null, and `isBroken` says so.
export async function stateOf(address) {
  const [, door, packed] = /^#(\w+)(?:=([\w-]*))?$/.exec(address) ?? [null, "", ""];
  if (!packed) return { door, state: null };
  try {
    const bytes = bytesOfBase64(packed.replace(/-/g, "+").replace(/_/g, "/"));
    const text = new TextDecoder().decode(await through(new DecompressionStream("deflate-raw"), bytes));
    return { door, state: JSON.parse(text) };
  } catch {
    return { door, state: null, isBroken: true };
  }
}
