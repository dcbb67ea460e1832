// A workbook opened and changed without an office program: its parts out of the archive and back, stored. Enough to change a cell as Excel or WPS would.
import { inflateRawSync } from "node:zlib";

const table = Uint32Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k += 1) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n >>> 0; });
const crc32 = (bytes) => { let crc = 0xffffffff; for (const byte of bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8); return (crc ^ 0xffffffff) >>> 0; };

/** Parts of an archive, by name. */
export function unpack(bytes) {
  const parts = new Map();
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [method, packed, name, extra, comment, local] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32), bytes.readUInt32LE(at + 42)];
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const part = bytes.subarray(start, start + packed);
    parts.set(bytes.toString("utf8", at + 46, at + 46 + name), method === 8 ? inflateRawSync(part) : Buffer.from(part));
    at += 46 + name + extra + comment;
  }
  return parts;
}

/** An archive of these parts, none of them packed. */
export function pack(parts) {
  const files = [], entries = [];
  let offset = 0;
  for (const [name, part] of parts) {
    const title = Buffer.from(name), head = Buffer.alloc(30), entry = Buffer.alloc(46);
    head.writeUInt32LE(0x04034b50, 0); head.writeUInt16LE(20, 4); head.writeUInt32LE(crc32(part), 14); head.writeUInt32LE(part.length, 18); head.writeUInt32LE(part.length, 22); head.writeUInt16LE(title.length, 26);
    entry.writeUInt32LE(0x02014b50, 0); entry.writeUInt16LE(20, 4); entry.writeUInt16LE(20, 6); entry.writeUInt32LE(crc32(part), 16); entry.writeUInt32LE(part.length, 20); entry.writeUInt32LE(part.length, 24); entry.writeUInt16LE(title.length, 28); entry.writeUInt32LE(offset, 42);
    files.push(head, title, part); entries.push(entry, title);
    offset += 30 + title.length + part.length;
  }
  const size = entries.reduce((sum, part) => sum + part.length, 0), end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0); end.writeUInt16LE(parts.size, 8); end.writeUInt16LE(parts.size, 10); end.writeUInt32LE(size, 12); end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, ...entries, end]);
}

/** The first sheet's cell, such as `C5`, with another number or text in it. */
export function change(bytes, cell, value) {
  const parts = unpack(bytes), name = [...parts.keys()].find((part) => part.endsWith("worksheets/sheet1.xml"));
  const text = parts.get(name).toString("utf8"), found = new RegExp(`<c r="${cell}"([^>]*?)(/>|>.*?</c>)`);
  if (!found.test(text)) throw new Error(`no cell ${cell}`);
  const style = (rest) => rest.match(/ s="\d+"/)?.[0] ?? "";
  const fresh = (rest) => (typeof value === "number" ? `<c r="${cell}"${style(rest)}><v>${value}</v></c>` : `<c r="${cell}"${style(rest)} t="inlineStr"><is><t>${value}</t></is></c>`);
  parts.set(name, Buffer.from(text.replace(found, (_, rest) => fresh(rest))));
  return pack(parts);
}

/** Cells of the first sheet, by address. */
export function cells(bytes) {
  const parts = unpack(bytes), part = (end) => parts.get([...parts.keys()].find((name) => name.endsWith(end)))?.toString("utf8") ?? "";
  const plain = (xml) => [...xml.matchAll(/<t[^>]*>([^<]*)<\/t>/g)].map((found) => found[1]).join("").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", "\"").replaceAll("&amp;", "&");
  const strings = [...part("sharedStrings.xml").matchAll(/<si>(.*?)<\/si>/gs)].map((found) => plain(found[1]));
  const out = new Map();
  for (const [, address, rest, body] of part("worksheets/sheet1.xml").matchAll(/<c r="([A-Z]+\d+)"([^>]*?)(?:\/>|>(.*?)<\/c>)/gs)) {
    const value = body?.match(/<v>(.*?)<\/v>/)?.[1] ?? "";
    out.set(address, rest.includes('t="s"') ? strings[Number(value)] : rest.includes("inlineStr") ? plain(body) : value);
  }
  return out;
}
