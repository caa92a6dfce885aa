// The rescue file: everything that is not sent yet, encrypted with a sentence that only its owner knows, for another phone or a desk.
//
// A first line that anybody can read, then pieces, each a length, an initialisation vector and what AES-GCM made of it. A piece is
// bound to its place and to the number of all, so that none can be left out or moved.

import * as kept from "./kept.js";

const MAGIC = "guatu-rescue/1";
/** Rounds of PBKDF2 with SHA-256: what is usual for a sentence a person remembers. */
const ROUNDS = 600_000;
/** Shortest sentence, in characters. */
export const LEAST_CHARS = 12;

const bytes = (text) => new TextEncoder().encode(text);
const base64 = (data) => btoa(String.fromCharCode(...data));

async function keyOf(sentence, salt, rounds) {
  const material = await crypto.subtle.importKey("raw", bytes(sentence.normalize("NFKC")), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

const bound = (at, count) => bytes(`${MAGIC} ${at}/${count}`);

/** Makes the file. Nothing here is changed by it: what was rescued is still to be sent, from here or from there, and is one. */
export async function make(sentence) {
  const entries = (await kept.entries()).filter((one) => one.state !== kept.SENT);
  const hashes = [...new Set(entries.flatMap((one) => one.pictures.map((picture) => picture.sha256)))];
  const salt = crypto.getRandomValues(new Uint8Array(16)), count = hashes.length + 1;
  const key = await keyOf(sentence, salt, ROUNDS);
  const parts = [bytes(`${MAGIC} ${JSON.stringify({ salt: base64(salt), rounds: ROUNDS, count })}\n`)];
  const seal = async (at, data) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound(at, count) }, key, data);
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, sealed.byteLength);
    parts.push(length.buffer, iv, sealed);
  };
  const found = [];
  for (const sha256 of hashes) {
    const piece = await kept.piece(sha256);
    if (piece) found.push({ sha256, type: piece.type });
  }
  await seal(0, bytes(JSON.stringify({ entries, pieces: found })));
  for (const [at, { sha256 }] of found.entries()) await seal(at + 1, (await kept.piece(sha256)).bytes);
  return new Blob(parts, { type: "application/octet-stream" });
}

/** Reads a file and keeps what is not here yet. Gives how many entries came. */
export async function read(file, sentence) {
  const data = new Uint8Array(await file.arrayBuffer());
  const end = data.indexOf(10);
  const [magic, ...rest] = new TextDecoder().decode(data.slice(0, Math.max(end, 0))).split(" ");
  if (magic !== MAGIC) throw new DOMException("no rescue file", "DataError");
  const { salt, rounds, count } = JSON.parse(rest.join(" "));
  const key = await keyOf(sentence, Uint8Array.from(atob(salt), (letter) => letter.charCodeAt(0)), Math.min(rounds, 10_000_000));
  let at = end + 1, index = 0;
  const next = async () => {
    const length = new DataView(data.buffer, at, 4).getUint32(0), iv = data.slice(at + 4, at + 16);
    const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: bound(index++, count) }, key, data.slice(at + 16, at + 16 + length));
    at += 16 + length;
    return opened;
  };
  const { entries, pieces } = JSON.parse(new TextDecoder().decode(await next()));
  const known = new Set((await kept.entries()).map((one) => one.id));
  const bodies = new Map();
  for (const { sha256, type } of pieces) {
    const body = await next();
    if ((await kept.hash(body)) !== sha256) throw new DOMException(sha256, "DataError");
    bodies.set(sha256, { sha256, type, bytes: body });
  }
  let came = 0;
  for (const entry of entries.filter((one) => !known.has(one.id))) {
    const mine = entry.pictures.map((picture) => bodies.get(picture.sha256)).filter(Boolean);
    await kept.begin([entry], mine);
    came++;
  }
  return came;
}
