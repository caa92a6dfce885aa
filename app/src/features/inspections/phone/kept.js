// What this phone keeps: the pack, what was captured on it, the bytes of photographs, receipts.
//
// Every change is one transaction that says in which states it may be made, so that a tab that ends in the middle leaves the old
// state or the new one, and two tabs do not both go on from the same. Photographs lie as bytes, not as files of the browser:
// those were swapped for each other in the wild. Nothing is deleted here but through `settle`, which wants a checked receipt.

/** What may become of something captured; who locks it and who gives it back is written where it happens. */
export const DRAFT = "draft", READY = "ready", SENDING = "sending", SENT = "sent", REFUSED = "refused", ASIDE = "aside";

let opened;
function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("guatu-phone", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("meta");
      asked.result.createObjectStore("entries", { keyPath: "id" });
      asked.result.createObjectStore("pieces", { keyPath: "sha256" });
      asked.result.createObjectStore("receipts", { keyPath: "id" });
    };
    asked.onsuccess = () => {
      const db = asked.result;
      // Some phones close a database when memory is short: the next use opens it again.
      db.onclose = () => { opened = undefined; };
      db.onversionchange = () => { db.close(); opened = undefined; };
      resolve(db);
    };
    asked.onerror = () => { opened = undefined; reject(asked.error); };
  });
  return opened;
}

/** One transaction: `work` asks the stores and gives back what is to be answered, or a request whose result that is. */
async function transaction(names, mode, work) {
  const db = await database();
  return new Promise((resolve, reject) => {
    const running = db.transaction(names, mode, { durability: "strict" });
    const stores = Object.fromEntries(names.map((name) => [name, running.objectStore(name)]));
    let answer;
    running.oncomplete = () => resolve(answer instanceof IDBRequest ? answer.result : answer);
    running.onabort = () => reject(running.error ?? new DOMException("the transaction was given up", "AbortError"));
    const give = (value) => { answer = value; };
    const fail = (fault) => { running.onabort = () => reject(fault); running.abort(); };
    give(work(stores, give, fail));
  });
}

export const meta = (key) => transaction(["meta"], "readonly", ({ meta }) => meta.get(key));
export const keepMeta = (values) =>
  transaction(["meta"], "readwrite", ({ meta }) => { for (const [key, value] of Object.entries(values)) meta.put(value, key); });
export const entries = () => transaction(["entries"], "readonly", ({ entries }) => entries.getAll());
export const entry = (id) => transaction(["entries"], "readonly", ({ entries }) => entries.get(id));
export const piece = (sha256) => transaction(["pieces"], "readonly", ({ pieces }) => pieces.get(sha256));
export const receipt = (id) => transaction(["receipts"], "readonly", ({ receipts }) => receipts.get(id));

/** Keeps new entries and the bytes that came with them, all or nothing. What is there already stays as it is. */
export const begin = (fresh, pieces = []) =>
  transaction(["entries", "pieces"], "readwrite", (stores) => {
    for (const one of fresh) {
      const asked = stores.entries.get(one.id);
      asked.onsuccess = () => { if (!asked.result) stores.entries.put(one); };
    }
    for (const one of pieces) stores.pieces.put(one);
  });

/** Changes an entry that is in one of some states, with new bytes where there are any; gives the entry as it is now. */
export const change = (id, from, edit, pieces = []) =>
  transaction(["entries", "pieces"], "readwrite", (stores, give, fail) => {
    const asked = stores.entries.get(id);
    asked.onsuccess = () => {
      const found = asked.result;
      if (!found || !from.includes(found.state)) return fail(new DOMException(found?.state ?? "gone", "InvalidStateError"));
      edit(found);
      stores.entries.put(found);
      for (const one of pieces) stores.pieces.put(one);
      give(found);
    };
  });

/** An entry is sent: its receipt is kept, and the bytes that nothing else needs any more are let go. One transaction. */
export const settle = (id, receipt) =>
  transaction(["entries", "pieces", "receipts"], "readwrite", (stores, give, fail) => {
    const asked = stores.entries.getAll();
    asked.onsuccess = () => {
      const found = asked.result.find((one) => one.id === id);
      if (found?.state !== SENDING) return fail(new DOMException(found?.state ?? "gone", "InvalidStateError"));
      const needed = new Set(asked.result.filter((one) => one.id !== id && one.state !== SENT).flatMap((one) => one.pictures.map((picture) => picture.sha256)));
      for (const { sha256 } of found.pictures) if (!needed.has(sha256)) stores.pieces.delete(sha256);
      found.state = SENT;
      found.number = receipt.number;
      stores.receipts.put(receipt);
      stores.entries.put(found);
      give(found);
    };
  });

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
export const hash = async (bytes) => hex(await crypto.subtle.digest("SHA-256", bytes));

/** An id that sorts by time (UUIDv7): made here, so that whatever is sent twice is one. */
export function newId() {
  const random = crypto.getRandomValues(new Uint8Array(10));
  random[0] = (random[0] & 0x0f) | 0x70;
  random[2] = (random[2] & 0x3f) | 0x80;
  const text = Date.now().toString(16).padStart(12, "0") + hex(random);
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
