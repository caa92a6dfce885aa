// The way back: what is ready goes to the server, and what the ledger holds is checked before anything here is let go.

import * as kept from "./kept.js";

/** No answer within this time is none. */
const PATIENCE_MS = 60_000;
/** A part that was answered within this time was carried quickly: four megabits a second for the parts that are tried first. */
const QUICK_MS = 500;
/** Acts on their way at once: each costs the server a picture or three to draw. */
const AT_ONCE = 3;
/** Refusals that time mends: the server's clock stands wrong, the plan's hour is not sealed yet, something was lost on the way. */
const LATER = ["J-102", "V-112", "V-134", "V-135", "V-136"];

/** There is no way to the server, or it is out of order: everything stays as it is and is tried again. */
export class NoWay extends Error {}
/** Somebody must log in first. */
export class LoginNeeded extends Error {}
/** The server said no, with a code and a sentence. */
export class Refused extends Error {
  constructor(code, sentence) { super(sentence); this.code = code; }
}
/** What the server gives as its ledger is not what was seen before. */
export class Unproved extends Error {}

async function ask(path, { token, ...options } = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      ...options,
      headers: { accept: "application/json", ...(token && { "x-form-token": token }) },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (fault) { throw new NoWay(String(fault)); }
  const body = await answer.json().catch(() => null);
  if (answer.ok && body) return body;
  if (answer.status === 401) throw new LoginNeeded();
  if (answer.status === 409 && body && "held" in body) return body;
  // An answer that is not ours comes from somebody on the way: a portal, a proxy.
  if (!body?.code || answer.status >= 500) throw new NoWay(String(answer.status));
  if (body.code === "G-116") throw new LoginNeeded();
  throw new Refused(body.code, body.detail);
}

const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const text = (value) => new TextEncoder().encode(value);
const join = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

/** Fetches the pack. It brings the server's clock, the key of the ledger, and the token for what is sent next. */
export async function fetchPack() {
  const before = Date.now();
  const pack = await ask("/phone/pack");
  const behind_s = Math.round((Date.parse(pack.now) - (before + Date.now()) / 2) / 1000);
  // The first key that was seen is the ledger's: another one later is another ledger.
  const verifier = await kept.meta("verifier");
  if (verifier && verifier !== pack.verifier) throw new Unproved("key");
  // A browser that checks no signatures takes a pack all the same; it lets nothing go.
  if (pack.note) await keepHead(pack.note, pack.verifier).catch((fault) => { if (fault.message !== "browser") throw fault; });
  await kept.keepMeta({ pack, behind_s, verifier: pack.verifier });
  return pack;
}

/** The head of a signed note whose signature holds. */
async function openNote(note, verifier) {
  const [, name, key] = verifier.match(/^([^+]+)\+[0-9a-f]{8}\+(.+)$/) ?? [];
  const [body, signatures] = note.split("\n\n");
  const [origin, size, root] = body.split("\n");
  const line = signatures?.split("\n").find((line) => line.startsWith(`— ${name} `));
  if (origin !== name || !line) throw new Unproved("note");
  const material = bytesOf(key);
  const raw = await crypto.subtle.importKey("raw", material.slice(1), "Ed25519", false, ["verify"]).catch(() => null);
  // Without the means to check a signature there is no receipt, and nothing is let go.
  if (!raw) throw new Unproved("browser");
  const signature = bytesOf(line.split(" ")[2]).slice(4);
  if (!(await crypto.subtle.verify("Ed25519", raw, signature, text(`${body}\n`)))) throw new Unproved("signature");
  return { size: Number(size), root: bytesOf(root) };
}

/** Keeps the largest head that was seen. A ledger that is shorter later, or another of the same length, has lost something: that is
    said for ever after, and what was captured goes there all the same, since there it is missed. */
async function keepHead(note, verifier) {
  const head = await openNote(note, verifier);
  const seen = await kept.meta("head");
  if (!seen || head.size > seen.size) await kept.keepMeta({ head: { ...head, note } });
  else if (head.size < seen.size || !same(head.root, seen.root)) await kept.keepMeta({ alarm: { seen: seen.note, given: note } });
  return head;
}

/** The root that a leaf and its way give (RFC 9162 §2.1.3.2); `null` when the way does not fit. */
async function rootOf(leaf, index, size, proof) {
  let [at, last, root] = [index, size - 1, leaf];
  if (at > last) return null;
  for (const sibling of proof) {
    if (last === 0) return null;
    if (at % 2 || at === last) {
      root = await sha256([1], sibling, root);
      while (at % 2 === 0 && at) { at = Math.floor(at / 2); last = Math.floor(last / 2); }
    } else root = await sha256([1], root, sibling);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : null;
}

/** Whether the ledger holds what was captured: the payload names its bytes, the record commits to the payload, the head to the record. */
export async function isHeld(entry, receipt, head) {
  const payload = JSON.parse(receipt.payload);
  const lines = Object.fromEntries(receipt.record.trim().split("\n").map((line) => line.split(/ (.*)/s)));
  const commitment = await sha256(bytesOf(receipt.salt), text(receipt.payload));
  if (!same(commitment, bytesOf(lines.commitment)) || lines.subject !== entry.inspection || Number(lines.number) !== receipt.number) return false;
  const originals = payload.signature ? [payload.signature] : (payload.photos ?? []).map((photo) => photo.original);
  const mine = shown(entry).map((picture) => picture.sha256);
  if (originals.length !== mine.length || !originals.every((one, at) => one === mine[at])) return false;
  if (payload.moment?.phone_at && Date.parse(payload.moment.phone_at) !== Date.parse(entry.moment.phone_at)) return false;
  if (entry.act === "find" && (payload.finding !== entry.id || payload.content !== entry.fields.finding.trim())) return false;
  if (entry.act === "score" && payload.checklist !== entry.fields.checklist) return false;
  const root = await rootOf(await sha256([0], text(receipt.record)), receipt.number - 1, head.size, receipt.proof.map(bytesOf));
  return root !== null && same(root, head.root);
}

/** Pictures that were not left out. */
export const shown = (entry) => entry.pictures.filter((picture) => !picture.is_left_out);

/** The bytes of a piece. What is not what it was when it was captured is not sent as if it were. */
async function sound(sha256) {
  const found = await kept.piece(sha256);
  if (!found || (await kept.hash(found.bytes)) !== sha256) throw new Refused("damaged", "");
  return found.bytes;
}

/** Sends the parts of a piece that the server has not. After each that the line carried quickly more goes at once. */
async function upload(sha256, pack, line) {
  const bytes = await sound(sha256), size = bytes.byteLength;
  let from = 0;
  for (let part = 0; part <= Math.ceil(size / pack.limits.part_bytes) * 3; part++) {
    const body = bytes.slice(from, Math.min(size, from + line.at_once)), begun = performance.now();
    const { held, is_whole } = await ask(`/phone/pieces/${sha256}?from=${from}&size=${size}`, { method: "PUT", token: pack.token, body });
    if (body.byteLength > pack.limits.part_bytes / 2 && performance.now() - begun < QUICK_MS) line.at_once = Math.min(line.at_once * 2, pack.limits.most_part_bytes);
    if (is_whole) return;
    from = held;
  }
  throw new NoWay("parts");
}

/** The bytes of pictures that together are small enough to travel with their act; `null` of others. */
async function together(pictures, line) {
  const all = [];
  let left = line.at_once;
  for (const { sha256 } of pictures) {
    const bytes = await sound(sha256);
    left -= bytes.byteLength;
    if (left < 0) return null;
    all.push(bytes);
  }
  return all;
}

async function deliver(entry, pack, line) {
  const pictures = shown(entry);
  const { id, inspection, act, fields, moment } = entry;
  const submission = JSON.stringify({ format: "guatu-visit/1", id, inspection, act, fields, moment, pictures: pictures.map(({ sha256, moment }) => ({ sha256, moment })) });
  const post = (body = submission) => ask("/phone/visits", { method: "POST", token: pack.token, body });
  // What was on its way before may have arrived with its answer lost.
  if (entry.tries > 1) {
    try { return await post(); } catch (fault) { if (fault.code !== "V-134") throw fault; }
  }
  const all = pictures.length ? await together(pictures, line) : null;
  if (all) {
    const form = new FormData();
    form.append("act", submission);
    for (const bytes of all) form.append("picture", new Blob([bytes]));
    return post(form);
  }
  for (const { sha256 } of pictures) await upload(sha256, pack, line);
  return post();
}

/** Checks what the ledger holds of entries on their way, and settles those. */
async function collect(entries, pack) {
  for (let at = 0; at < entries.length; at += 100) {
    const some = entries.slice(at, at + 100);
    const answer = await ask("/phone/receipts", { method: "POST", token: pack.token, body: JSON.stringify({ ids: some.map((one) => one.id) }) });
    if (!answer.note) continue;
    const head = await keepHead(answer.note, pack.verifier);
    for (const receipt of answer.receipts) {
      const entry = some.find((one) => one.id === receipt.id);
      if (!entry) continue;
      if (!(await isHeld(entry, receipt, head))) throw new Unproved("content");
      await kept.settle(entry.id, { ...receipt, note: answer.note });
    }
  }
}

/** Sends everything that is ready, of whoever is logged in. `tell` hears of each step. */
export function send(tell) {
  // One tab sends; another that asks meanwhile is told that it is being done.
  return navigator.locks.request("guatu-sending", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    const pack = await fetchPack();
    const all = (await kept.entries()).filter((one) => one.account === pack.account && [kept.READY, kept.SENDING].includes(one.state));
    all.sort((one, other) => (one.act !== "check_in") - (other.act !== "check_in") || (one.id < other.id ? -1 : 1));
    const closed = new Set(), delivered = [];
    // A line that broke begins with small parts again: a break ends this sending.
    const line = { at_once: pack.limits.part_bytes };
    let fault;
    const go = async (entry) => {
      try {
        const locked = await kept.change(entry.id, [kept.READY, kept.SENDING], (one) => { one.state = kept.SENDING; delete one.refusal; one.tries = (one.tries ?? 0) + 1; });
        await deliver(locked, pack, line);
        delivered.push(locked);
      } catch (thrown) {
        if (thrown instanceof Refused && !LATER.includes(thrown.code)) {
          await kept.change(entry.id, [kept.SENDING], (one) => { one.state = kept.REFUSED; one.refusal = { code: thrown.code, sentence: thrown.message }; });
        } else if (thrown instanceof Refused) await kept.change(entry.id, [kept.SENDING], (one) => { one.refusal = { code: thrown.code, sentence: thrown.message }; });
        else fault ??= thrown;
        // A check-in that was refused keeps nothing back: the place may be open already, and the rest is judged by itself.
        const isRefused = thrown instanceof Refused && !LATER.includes(thrown.code);
        if (entry.act === "check_in" && !isRefused) closed.add(entry.inspection);
      }
      tell();
    };
    for (const entry of all.filter((one) => one.act === "check_in")) if (!fault) await go(entry);
    // What was captured at a place is sent when its check-in has arrived: before that the place is not there for the server.
    const rest = all.filter((one) => one.act !== "check_in" && !closed.has(one.inspection));
    await Promise.all(Array.from({ length: AT_ONCE }, async () => { while (rest.length && !fault) await go(rest.shift()); }));
    if (delivered.length) await collect(delivered, pack);
    tell();
    if (fault) throw fault;
  });
}
