// The container: a ZIP of which every byte follows from the names and contents of its files. Reading accepts only what
// writing would have made, so nothing can hide between the files, expand, or be named twice.

import { Malformed } from "./bytes.mjs";

const MAX_SIZE = 256 * 1024 * 1024; // bytes
const MAX_FILES = 60_000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$/;
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const LOCAL_SIZE = 30; // bytes before the name
const CENTRAL_SIZE = 46;
const END_SIZE = 22;
const VERSION = 20;
const MADE_BY = (3 << 8) | VERSION; // Unix
const DATE = (1 << 5) | 1; // 1980-01-01
const PERMISSIONS = (0o100644 << 16) >>> 0;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

export function crc32(bytes) {
  let sum = -1;
  for (let place = 0; place < bytes.length; place++) sum = (sum >>> 8) ^ TABLE[(sum ^ bytes[place]) & 255];
  return ~sum >>> 0;
}

/** Read an archive: its files in their order, and the names of those whose content is not what was written. */
export function unpack(data) {
  if (data.length > MAX_SIZE) throw new Malformed(`larger than ${MAX_SIZE} bytes`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const records = [];
  let position = 0;
  while (position + 4 <= data.length && view.getUint32(position, true) === LOCAL) {
    if (data.length < position + LOCAL_SIZE || records.length >= MAX_FILES) {
      throw new Malformed("cut short, or too many files");
    }
    const [size, nameSize] = [view.getUint32(position + 22, true), view.getUint16(position + 26, true)];
    const start = position + LOCAL_SIZE + nameSize;
    const name = String.fromCharCode(...data.subarray(position + LOCAL_SIZE, start).slice(0, 256));
    const record = { name, nameSize, offset: position, checksum: view.getUint32(position + 14, true) };
    records.push({ ...record, content: data.subarray(start, start + size) });
    position = start + size;
  }
  if (!isAsWritten(view, records, position)) throw new Malformed("not the one way of writing these files");
  const altered = records.filter((record) => crc32(record.content) !== record.checksum).map(({ name }) => name);
  return { files: new Map(records.map(({ name, content }) => [name, content])), altered };
}

/** Compare every byte outside the contents with what a writer of these files would have put there. */
function isAsWritten(view, records, directory) {
  let listing = 0;
  for (const { nameSize } of records) listing += CENTRAL_SIZE + nameSize;
  if (view.byteLength !== directory + listing + END_SIZE) return false;
  let place = directory;
  for (let number = 0; number < records.length; number++) {
    const record = records[number];
    const { name, nameSize, offset, checksum, content } = record;
    if (!NAME.test(name) || name.length !== nameSize || (number && records[number - 1].name >= name)) return false;
    if (offset + LOCAL_SIZE + nameSize + content.length !== (records[number + 1]?.offset ?? directory)) return false;
    const shared = [
      [2, VERSION], [2, 0], [2, 0], [2, 0], [2, DATE], [4, checksum], [4, content.length], [4, content.length],
      [2, nameSize], [2, 0],
    ];
    const tail = [[2, 0], [2, 0], [2, 0], [4, PERMISSIONS], [4, offset]];
    if (!matches(view, offset, [[4, LOCAL], ...shared], name)) return false;
    if (!matches(view, place, [[4, CENTRAL], [2, MADE_BY], ...shared, ...tail], name)) return false;
    place += CENTRAL_SIZE + nameSize;
  }
  const counts = [[2, records.length], [2, records.length]];
  return matches(view, place, [[4, END], [2, 0], [2, 0], ...counts, [4, listing], [4, directory], [2, 0]], "");
}

function matches(view, place, fields, name) {
  for (const [size, expected] of fields) {
    if ((size === 4 ? view.getUint32(place, true) : view.getUint16(place, true)) !== expected) return false;
    place += size;
  }
  for (let letter = 0; letter < name.length; letter++) {
    if (view.getUint8(place + letter) !== name.charCodeAt(letter)) return false;
  }
  return true;
}
