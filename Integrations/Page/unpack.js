// What a dropped file holds: the text of a log, of each file of an archive, or of what is packed in
// either. Browsers bring gzip and deflate; of other packers only the name is told.

// How many bytes are read out of one dropped file, packed ones included.
const sizeLimit = 256 * 2 ** 20;
const fileLimit = 2000;

const packers = [
  { name: "gzip", magic: [0x1f, 0x8b], format: "gzip" },
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], command: "xz -d" },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], format: "zstd", command: "unzstd" },
  { name: "bzip2", magic: [0x42, 0x5a, 0x68], command: "bunzip2" },
  { name: "lz4", magic: [0x04, 0x22, 0x4d, 0x18], command: "unlz4" },
];

// The files in a dropped one: [{name, bytes}]. Throws an Error whose message is a sentence.
export async function unpacked(name, bytes, depth = 0) {
  if (depth > 4) throw new Error(`${name}: packed more than four times over; fewer layers were expected`);
  const packer = packers.find(({ magic }) => magic.every((byte, index) => bytes[index] === byte));
  if (packer) {
    const inner = await expanded(name, bytes, packer);
    return unpacked(name.replace(/\.(gz|xz|zst|bz2|lz4)$|(?<=\.t)gz$/i, (end) => (end === "gz" ? "ar" : "")),
      inner, depth + 1);
  }
  const members = isZip(bytes) ? zipMembers(name, bytes) : isTar(bytes) ? tarMembers(bytes) : null;
  if (!members) return [{ name, bytes }];
  const files = [];
  for (const member of members) {
    if (files.length >= fileLimit) break;
    const content = member.format
      ? await expanded(member.name, member.bytes, { name: "deflate", format: member.format })
      : member.bytes;
    if (content.length > 0) files.push(...(await unpacked(`${name}/${member.name}`, content, depth + 1)));
  }
  return files;
}

// The text of a file: UTF-8, or UTF-16 where it says so by its first bytes.
export function text(bytes) {
  const [first, second] = bytes;
  const encoding = first === 0xff && second === 0xfe ? "utf-16le"
    : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

async function expanded(name, bytes, packer) {
  let stream;
  try {
    stream = new DecompressionStream(packer.format ?? "none");
  } catch {
    throw new Error(
      `${name} is packed by ${packer.name}, which this browser cannot unpack: unpack it first with ` +
        `${packer.command ?? packer.name}, or run dmar explain, which reads it as it is`);
  }
  const parts = [];
  let size = 0;
  try {
    const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > sizeLimit) {
        await reader.cancel();
        throw new RangeError(`${name}: more than ${sizeLimit / 2 ** 20} MiB once unpacked; less was expected`);
      }
      parts.push(value);
    }
  } catch (error) {
    if (error instanceof RangeError) throw error;
    // What came before the damage is worth reading, as a log that was cut off is.
    if (size === 0) throw new Error(`${name}: ${packer.name} data is damaged at its beginning`);
  }
  const all = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

function isZip(bytes) {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

// The members of a zip archive, by its directory at the end.
function zipMembers(name, bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end -= 1;
  if (end < 0) throw new Error(`${name}: the directory of this zip archive is missing; a whole archive was expected`);
  const members = [];
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) break;
    const method = view.getUint16(at + 10, true);
    const size = view.getUint32(at + 20, true);
    const nameLength = view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    const memberName = text(bytes.subarray(at + 46, at + 46 + nameLength));
    if (local + 30 <= bytes.length && (method === 0 || method === 8)) {
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      members.push({
        name: memberName,
        bytes: bytes.subarray(start, start + size),
        format: method === 8 ? "deflate-raw" : undefined,
      });
    }
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return members;
}

function isTar(bytes) {
  return bytes.length > 262 && text(bytes.subarray(257, 262)) === "ustar";
}

// The regular files of a tar archive.
function* tarMembers(bytes) {
  let longName = "";
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const field = (start, length) => text(bytes.subarray(at + start, at + start + length)).replace(/\0.*$/s, "");
    const size = Number.parseInt(field(124, 12).trim() || "0", 8);
    if (!Number.isSafeInteger(size) || size < 0) return;
    const content = bytes.subarray(at + 512, at + 512 + size);
    const type = field(156, 1);
    if (type === "L") {
      longName = text(content).replace(/\0.*$/s, "");
    } else {
      const prefix = field(345, 155);
      const name = longName || (prefix ? `${prefix}/${field(0, 100)}` : field(0, 100));
      longName = "";
      if (type === "0" || type === "") yield { name, bytes: content };
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
