// The inspector's page: sites, findings, checklists, a signature; drafts, what is ready, what is sent.

import * as kept from "./kept.js";
import { LoginNeeded, NoWay, Refused, Unproved, fetchPack, send, shown } from "./sending.js";

const main = document.getElementById("main"), app = document.getElementById("app"), line = document.getElementById("line");
const words = JSON.parse(main.dataset.words);
const say = (key, values = {}) => (words[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
const labelled = (label, text) => main.dataset.mark.replace("{label}", label).replace("{text}", text);

/** An element with its attributes, what it hears, and what is in it. */
function el(tag, attributes = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value") made.value = value;
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...inside.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

let pack, position, notice = "", isSending = false;

// ---- What the phone knows of now

let latest = Date.now();
/** By how much the clock was set back since the page was opened, in seconds: the other clock only runs forward. */
function setBack() {
  const byOther = performance.timeOrigin + performance.now();
  latest = Math.max(latest, byOther, Date.now());
  return Math.max(0, Math.round((latest - Date.now()) / 1000));
}

/** A position older than this is of somewhere else, in milliseconds. */
const FRESH_MS = 120_000;

async function moment() {
  const here = position && Date.now() - position.timestamp < FRESH_MS ? position.coords : null;
  return {
    phone_at: new Date().toISOString(),
    behind_s: (await kept.meta("behind_s")) ?? 0,
    set_back_s: setBack(),
    ...(here && {
      position: { latitude_e6: Math.round(here.latitude * 1e6), longitude_e6: Math.round(here.longitude * 1e6), accuracy_m: Math.round(here.accuracy), source: "device" },
    }),
  };
}

let isWatching = false;
function watch() {
  if (isWatching || !navigator.geolocation) return;
  isWatching = true;
  navigator.geolocation.watchPosition((found) => { position = found; }, () => { position = null; }, { enableHighAccuracy: true, maximumAge: 30_000 });
}

const clock = (iso) => new Date(iso).toLocaleString(document.documentElement.lang, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
function momentText(one) {
  const where = one.position
    ? say("position", { latitude: (one.position.latitude_e6 / 1e6).toFixed(5), longitude: (one.position.longitude_e6 / 1e6).toFixed(5), accuracy: one.position.accuracy_m ?? "—" })
    : say("no_position");
  return `${clock(one.phone_at)} · ${where}`;
}

// ---- Capturing

const newEntry = async (site, act, fields = {}) => ({
  id: kept.newId(), account: pack.account, inspection: site.inspection, site: site.name, act, state: kept.DRAFT, fields, pictures: [], moment: await moment(),
});

const mine = async (inspection) => (await kept.entries()).filter((one) => one.account === pack?.account && one.inspection === inspection);

/** The check-in of a site, when there is none: whoever captures something there is there. */
async function checkIn(site) {
  const there = site.has_arrived || (await mine(site.inspection)).some((one) => one.act === "check_in");
  return there ? [] : [{ ...(await newEntry(site, "check_in")), state: kept.READY }];
}

/** Photographs are kept one by one: what does not fit is said, and the rest stands. */
async function capture(files, add) {
  const refused = [];
  for (const file of files) {
    try {
      const bytes = await file.arrayBuffer();
      if (bytes.byteLength > pack.limits.photo_bytes) { refused.push(say("too_large", { name: file.name })); continue; }
      const picture = { sha256: await kept.hash(bytes), moment: await moment() };
      await add(picture, { sha256: picture.sha256, type: file.type, bytes });
    } catch (fault) {
      refused.push(fault.name === "QuotaExceededError" ? say("no_room", { name: file.name }) : say("not_kept", { name: file.name, why: fault.message }));
    }
  }
  notice = refused.join(" ");
}

async function newFinding(site, files) {
  let made;
  await capture(files, async (picture, piece) => {
    if (made) return addPicture(made.id, picture, piece);
    const one = { ...(await newEntry(site, "find", { finding: "", severity: "", lead: "", where: "" })), pictures: [picture] };
    await kept.begin([...(await checkIn(site)), one], [piece]);
    made = one;
  });
  if (made) location.hash = `e=${made.id}`;
  else render();
}

const addPicture = (id, picture, piece) =>
  kept.change(id, [kept.DRAFT], (one) => {
    // The same photograph twice is one.
    if (one.pictures.some((known) => known.sha256 === picture.sha256)) return;
    if (shown(one).length >= pack.limits.photos) throw new Error(say("most_photos", { limit: pack.limits.photos }));
    one.pictures.push(picture);
  }, [piece]);

// ---- Views

const go = (hash) => () => { location.hash = hash; };
const stateName = (one) => say(`state_${one.state}`);
const title = (one) => (one.act === "find" ? one.fields.finding?.trim() || say("find") : one.act === "score" ? nameOf(pack?.checklists, one.fields.checklist) : say(one.act));
const nameOf = (list, id) => list?.find((one) => one.id === id)?.name ?? id;
const lamp = (one) => el("span", { class: `lamp ${{ draft: "idle", ready: "warn", sending: "warn", sent: "good", refused: "bad", aside: "idle" }[one.state]}` }, stateName(one));
const refusalText = (one) => (one.refusal?.code === "damaged" ? say("damaged") : `${one.refusal?.sentence ?? ""} ${one.refusal?.code ?? ""}`);
const row = (one) => el("li", {}, el("a", { href: `#e=${one.id}` }, title(one), el("small", {}, lamp(one), ` ${clock(one.moment.phone_at)}`, shown(one).length ? ` · ${say("photo_count", { count: shown(one).length })}` : "", one.number ? ` · № ${one.number}` : ""), one.refusal ? el("small", {}, refusalText(one)) : null));
const byTime = (list) => list.sort((one, other) => (one.id < other.id ? 1 : -1));

async function homeView() {
  const all = await kept.entries(), own = all.filter((one) => one.account === pack?.account), others = all.filter((one) => one.account !== pack?.account && one.state !== kept.SENT);
  const of = (...states) => own.filter((one) => states.includes(one.state)).length;
  const room = await navigator.storage?.estimate?.().catch(() => null);
  const alarm = await kept.meta("alarm");
  return [
    el("h1", { tabindex: -1 }, say("title")),
    alarm ? el("p", { class: "notice", role: "alert" }, say("alarm")) : null,
    el("div", { class: "counts" }, [["drafts", of(kept.DRAFT, kept.REFUSED)], ["waiting", of(kept.READY, kept.SENDING)], ["sent", of(kept.SENT)]].map(([key, count]) => el("a", { class: "sheet", href: `#box=${key}`, "data-count": key }, say(key), " ", el("b", {}, String(count))))),
    el("button", { class: "wide", type: "button", id: "send", disabled: isSending, onclick: sendNow }, say(isSending ? "being_sent" : "send")),
    el("h2", {}, say("sites")),
    pack?.sites.length ? el("ul", { class: "boxes" }, pack.sites.map((site) => el("li", {}, el("a", { href: `#s=${site.inspection}` }, site.name, el("small", {}, say(site.is_open ? "is_open" : "is_sealed"), site.is_open ? "" : ` · ${say("until", { date: site.until })}`))))) : el("p", { class: "empty" }, say(pack ? "no_sites" : "no_pack")),
    others.length ? el("p", { class: "notice" }, say("of_others", { count: others.length })) : null,
    el("p", { class: "quiet" }, say(isKept ? "ready_offline" : "not_offline"), " ", room ? say("room", { used: Math.ceil(room.usage / 1e6) }) : "", " ", pack ? say("as_of", { number: pack.head, at: clock(pack.now) }) : ""),
    el("p", {}, el("a", { href: "#rescue" }, say("rescue")), " · ", el("a", { href: "/inspections" }, say("to_forms"))),
  ];
}

const cameraButton = (key, hear, attributes = {}) => el("label", { class: "button wide" }, say(key), el("input", { type: "file", accept: "image/jpeg,image/png,image/webp", capture: "environment", multiple: true, ...attributes, onchange: (event) => hear([...event.target.files]) }));

async function siteView(inspection) {
  const site = pack?.sites.find((one) => one.inspection === inspection), list = byTime(await mine(inspection));
  if (!site) return [el("h1", { tabindex: -1 }, list[0]?.site ?? say("gone")), el("p", {}, say("gone_hint")), el("ul", { class: "boxes" }, list.map(row))];
  watch();
  const hasArrived = site.has_arrived || list.some((one) => one.act === "check_in");
  const arrive = async () => { await kept.begin(await checkIn(site)); render(); };
  return [
    el("p", {}, el("a", { href: "#" }, say("back"))),
    el("h1", { tabindex: -1 }, site.name),
    el("p", { class: "quiet" }, site.is_open ? say("is_open") : `${say("until", { date: site.until })} ${say("secret")}`),
    cameraButton("photograph", (files) => newFinding(site, files), { id: "camera" }),
    hasArrived ? null : el("button", { class: "wide second", type: "button", id: "arrive", onclick: arrive }, say("check_in")),
    hasArrived ? null : el("p", { class: "hint" }, say("check_in_hint")),
    el("h2", {}, say("captured")),
    list.length ? el("ul", { class: "boxes" }, list.map(row)) : el("p", { class: "empty" }, say("nothing")),
    el("h2", {}, say("score")),
    el("ul", { class: "boxes" }, pack.checklists.map((one) => el("li", {}, el("a", { href: `#c=${site.inspection}=${one.id}` }, one.name)))),
    el("button", { class: "wide second", type: "button", id: "sign", onclick: go(`sign=${site.inspection}`) }, say("sign")),
    el("h2", {}, say("orders")),
    site.orders.length ? el("ul", { class: "boxes" }, site.orders.map((one) => el("li", {}, el("span", {}, one.title, el("small", {}, [one.place, one.lead, one.stage, one.due].filter(Boolean).join(" · ")))))) : el("p", { class: "empty" }, say("no_orders")),
    site.more_orders ? el("p", { class: "quiet" }, say("more_orders", { count: site.more_orders })) : null,
  ];
}

let writing = Promise.resolve(), typed = 0;
function showKept(isKept) {
  const mark = document.getElementById("kept");
  if (mark) { mark.textContent = say(isKept ? "is_kept" : "is_being_kept"); mark.dataset.is = isKept; }
}
/** Every letter is kept as it is typed, one after another. */
const type = (id, name) => (event) => {
  const value = event.target.value, mark = ++typed;
  showKept(false);
  writing = writing.then(() => kept.change(id, [kept.DRAFT], (one) => { one.fields[name] = value; })).then(() => { if (mark === typed) showKept(true); }).catch((fault) => { notice = say("not_kept", { name: "", why: fault.message }); tell(); });
};

const keptMark = () => el("p", { class: "quiet", id: "kept", role: "status" });
const choice = (one, name, list, isNeeded) => el("div", { class: "field" }, el("label", { for: name }, say(name)), el("select", { id: name, required: isNeeded, onchange: type(one.id, name), value: "" }, el("option", { value: "" }, "—"), list.map((option) => el("option", { value: option.id, selected: option.id === one.fields[name] }, option.name))));

async function thumb(one, picture) {
  const canvas = el("canvas", { width: 320, height: 240, role: "img", "aria-label": momentText(picture.moment) });
  kept.piece(picture.sha256).then(async (found) => {
    if (!found) return;
    const drawn = await createImageBitmap(new Blob([found.bytes], { type: found.type })).catch(() => null);
    if (!drawn) return;
    const scale = Math.max(320 / drawn.width, 240 / drawn.height);
    canvas.getContext("2d").drawImage(drawn, (320 - drawn.width * scale) / 2, (240 - drawn.height * scale) / 2, drawn.width * scale, drawn.height * scale);
    drawn.close();
  });
  const leave = async () => { await kept.change(one.id, [kept.DRAFT], (entry) => { const found = entry.pictures.find((known) => known.sha256 === picture.sha256); found.is_left_out = !found.is_left_out; }); render(); };
  return el("li", { class: picture.is_left_out ? "is-left-out" : "" }, canvas, el("small", {}, momentText(picture.moment), " ", el("code", {}, picture.sha256.slice(0, 12))), one.state === kept.DRAFT ? el("button", { class: "plain", type: "button", onclick: leave }, say(picture.is_left_out ? "take_in" : "leave_out")) : null);
}

/** What can be done with an entry as a whole, by its state. */
function turns(one) {
  const to = (state, from) => async () => { await writing; await kept.change(one.id, from, (entry) => { entry.state = state; delete entry.refusal; }); render(); };
  const button = (key, work, style = "second") => el("button", { class: `wide ${style}`, type: "button", id: key, onclick: work }, say(key));
  if (one.state === kept.ASIDE) return [button("take_up", to(kept.DRAFT, [kept.ASIDE]))];
  if (one.state === kept.READY && one.act !== "check_in") return [button("reopen", to(kept.DRAFT, [kept.READY]))];
  if (one.state === kept.REFUSED) return [one.act === "find" || one.act === "score" ? button("reopen", to(kept.DRAFT, [kept.REFUSED])) : button("try_again", to(kept.READY, [kept.REFUSED])), button("set_aside", to(kept.ASIDE, [kept.REFUSED]))];
  return [];
}

const finish = (one, form) => async () => {
  await writing;
  if (!form().reportValidity()) return;
  await kept.change(one.id, [kept.DRAFT], (entry) => {
    entry.state = kept.READY;
    // The fields of the form of the act, and nothing else: the building stands before the words.
    const { where, ...fields } = entry.fields;
    const site = pack.sites.find((site) => site.inspection === entry.inspection);
    if (entry.act === "find") entry.fields = { ...fields, finding: where && site ? labelled(nameOf(site.places, where), fields.finding.trim()) : fields.finding.trim() };
  });
  location.hash = `s=${one.inspection}`;
};

async function entryView(id) {
  const one = await kept.entry(id);
  if (!one) return [el("h1", { tabindex: -1 }, say("gone"))];
  if (one.act === "score") return scoreView(one.inspection, one.fields.checklist, one);
  const site = pack?.sites.find((site) => site.inspection === one.inspection), isDraft = one.state === kept.DRAFT;
  const proof = one.state === kept.SENT ? await kept.receipt(one.id) : null;
  const head = [el("p", {}, el("a", { href: `#s=${one.inspection}` }, one.site)), el("h1", { tabindex: -1 }, title(one), " ", lamp(one)), one.refusal ? el("p", { class: "error" }, refusalText(one)) : null, el("p", { class: "quiet" }, momentText(one.moment)),
    proof ? el("p", { class: "quiet" }, say("receipt", { number: proof.number })) : null];
  const thumbs = el("ul", { class: "thumbs" }, await Promise.all(one.pictures.map((picture) => thumb(one, picture))));
  if (one.act !== "find") return [...head, one.pictures.length && one.state !== kept.SENT ? thumbs : null, turns(one)];
  const add = async (files) => { await capture(files, (picture, piece) => addPicture(one.id, picture, piece)); render(); };
  const form = el("form", { class: "fields", onsubmit: (event) => event.preventDefault() }, el("fieldset", { disabled: !isDraft },
    one.fields.where !== undefined ? choice(one, "where", site?.places ?? [], false) : null,
    el("div", { class: "field" }, el("label", { for: "finding" }, say("finding")), el("textarea", { id: "finding", rows: 4, maxlength: 500, required: true, oninput: type(one.id, "finding"), value: one.fields.finding ?? "" })),
    choice(one, "severity", pack?.severities ?? [], true), choice(one, "lead", site?.units ?? [], true)), keptMark());
  return [...head, isDraft ? cameraButton("one_more", add, { id: "camera" }) : null, thumbs, form,
    isDraft ? el("button", { class: "wide", type: "button", id: "ready", onclick: finish(one, () => form) }, say("ready")) : null,
    isDraft ? el("button", { class: "wide second", type: "button", onclick: async () => { await writing; await kept.change(one.id, [kept.DRAFT], (entry) => { entry.state = kept.ASIDE; }); location.hash = `s=${one.inspection}`; } }, say("set_aside")) : null,
    turns(one)];
}

async function scoreView(inspection, id, given) {
  const site = pack?.sites.find((one) => one.inspection === inspection), list = pack?.checklists.find((one) => one.id === id);
  if (!list) return [el("h1", { tabindex: -1 }, say("gone"))];
  let one = given ?? byTime(await mine(inspection)).find((one) => one.act === "score" && one.fields.checklist === id && one.state !== kept.SENT && one.state !== kept.ASIDE);
  if (!one && site) { one = await newEntry(site, "score", { checklist: id }); await kept.begin([...(await checkIn(site)), one]); }
  if (!one) return [el("h1", { tabindex: -1 }, say("gone"))];
  const form = el("form", { onsubmit: (event) => event.preventDefault() }, el("fieldset", { disabled: one.state !== kept.DRAFT }, list.tables.map((table) => [el("h2", {}, table.name), table.items.map((item) =>
    el("div", { class: "item" }, el("label", { for: `item-${item.id}` }, item.name, " ", el("span", { class: "quiet" }, `0–${item.points}`), item.is_guarantee ? [" ", el("span", { class: "tag" }, say("guarantee"))] : null), el("input", { id: `item-${item.id}`, type: "number", inputmode: "numeric", min: 0, max: item.points, step: 1, value: one.fields[`item-${item.id}`] ?? "", oninput: type(one.id, `item-${item.id}`) })))])), keptMark());
  return [el("p", {}, el("a", { href: `#s=${inspection}` }, one.site)), el("h1", { tabindex: -1 }, list.name, " ", lamp(one)), one.refusal ? el("p", { class: "error" }, refusalText(one)) : null, el("p", { class: "hint" }, say("score_hint")), form,
    one.state === kept.DRAFT ? el("button", { class: "wide", type: "button", id: "ready", onclick: finish(one, () => form) }, say("ready")) : null, turns(one)];
}

async function signView(inspection) {
  const site = pack?.sites.find((one) => one.inspection === inspection);
  if (!site) return [el("h1", { tabindex: -1 }, say("gone"))];
  const pad = el("canvas", { class: "pad", width: 900, height: 420, "aria-label": say("sign_here"), role: "img" }), pen = pad.getContext("2d");
  const clear = () => { pen.fillStyle = "#fff"; pen.fillRect(0, 0, pad.width, pad.height); isBlank = true; };
  let isBlank = true, isDown = false;
  clear();
  pen.lineWidth = 6; pen.lineCap = pen.lineJoin = "round"; pen.strokeStyle = "#111";
  const at = (event) => { const box = pad.getBoundingClientRect(); return [((event.clientX - box.left) * pad.width) / box.width, ((event.clientY - box.top) * pad.height) / box.height]; };
  pad.onpointerdown = (event) => { pad.setPointerCapture(event.pointerId); isDown = true; pen.beginPath(); pen.moveTo(...at(event)); };
  pad.onpointermove = (event) => { if (isDown) { pen.lineTo(...at(event)); pen.stroke(); isBlank = false; } };
  pad.onpointerup = pad.onpointercancel = () => { isDown = false; };
  const keep = async () => {
    if (isBlank) { notice = say("no_signature"); return tell(); }
    const file = await new Promise((resolve) => pad.toBlob(resolve, "image/png"));
    await capture([new File([file], say("sign"), { type: "image/png" })], async (picture, piece) => {
      const one = { ...(await newEntry(site, "sign")), state: kept.READY, pictures: [picture] };
      await kept.begin([...(await checkIn(site)), one], [piece]);
    });
    if (!notice) location.hash = `s=${inspection}`; else tell();
  };
  // Whoever cannot draw has a picture of a signature taken.
  const other = async (files) => {
    await capture(files.slice(0, 1), async (picture, piece) => kept.begin([...(await checkIn(site)), { ...(await newEntry(site, "sign")), state: kept.READY, pictures: [picture] }], [piece]));
    if (!notice) location.hash = `s=${inspection}`; else tell();
  };
  return [el("p", {}, el("a", { href: `#s=${inspection}` }, site.name)), el("h1", { tabindex: -1 }, say("sign")), el("p", { class: "hint" }, say("sign_hint")), pad,
    el("button", { class: "wide", type: "button", id: "keep_signature", onclick: keep }, say("keep_signature")), el("button", { class: "wide second", type: "button", onclick: clear }, say("clear")), cameraButton("sign_by_picture", other, { multiple: false })];
}

async function boxView(which) {
  const states = { drafts: [kept.DRAFT, kept.REFUSED, kept.ASIDE], waiting: [kept.READY, kept.SENDING], sent: [kept.SENT] }[which] ?? [];
  const list = byTime((await kept.entries()).filter((one) => one.account === pack?.account && states.includes(one.state)));
  return [el("p", {}, el("a", { href: "#" }, say("back"))), el("h1", { tabindex: -1 }, say(which)), list.length ? el("ul", { class: "boxes" }, list.map(row)) : el("p", { class: "empty" }, say("nothing"))];
}

async function rescueView() {
  const rescue = await import("./rescue.js");
  const sentence = (id) => el("div", { class: "field" }, el("label", { for: id }, say("sentence")), el("p", { class: "hint" }, say("sentence_hint", { least: rescue.LEAST_CHARS })), el("input", { id, type: "password", minlength: rescue.LEAST_CHARS, required: true, autocomplete: "off" }));
  const make = async (event) => {
    event.preventDefault();
    const blob = await rescue.make(event.target.querySelector("input").value);
    const link = el("a", { href: URL.createObjectURL(blob), download: `guatu-${new Date().toISOString().slice(0, 10)}.rescue` });
    link.click();
    notice = say("rescued");
    tell();
  };
  const read = async (event) => {
    event.preventDefault();
    const [file, word] = event.target.querySelectorAll("input");
    try { notice = say("came", { count: await rescue.read(file.files[0], word.value) }); }
    catch (fault) { notice = fault.name === "QuotaExceededError" ? say("no_room", { name: file.files[0].name }) : say("not_opened"); }
    tell();
  };
  return [el("p", {}, el("a", { href: "#" }, say("back"))), el("h1", { tabindex: -1 }, say("rescue")), el("p", { class: "lead" }, say("rescue_lead")),
    el("form", { class: "fields", id: "make", onsubmit: make }, sentence("make-sentence"), el("button", { class: "wide", type: "submit" }, say("make_rescue"))),
    el("h2", {}, say("read_rescue")), el("form", { class: "fields", id: "read", onsubmit: read }, el("div", { class: "field" }, el("label", { for: "rescue-file" }, say("rescue_file")), el("input", { id: "rescue-file", type: "file", required: true })), sentence("read-sentence"), el("button", { class: "wide second", type: "submit" }, say("read_rescue")))];
}

// ---- The page

/** Says what is to be said, without drawing the page anew. */
async function tell() {
  const own = (await kept.entries()).filter((one) => one.account === pack?.account && one.state !== kept.SENT && one.state !== kept.ASIDE);
  line.textContent = `${say(navigator.onLine ? "online" : "offline")} · ${say("unsent", { count: own.length })}`;
  let said = document.getElementById("said");
  if (!said) { said = el("p", { id: "said", class: "notice", role: "status" }); app.before(said); }
  said.textContent = notice;
  said.hidden = !notice;
}

let drawn = 0;
async function render({ keepsFocus = false } = {}) {
  const mark = ++drawn, [view, ...of] = location.hash.slice(1).split("=").map(decodeURIComponent);
  const views = { s: siteView, e: entryView, c: scoreView, sign: signView, box: boxView, rescue: rescueView };
  const inside = await (views[view] ?? homeView)(...of);
  // Whoever went on meanwhile sees where they are, not where they were.
  if (mark !== drawn) return;
  app.replaceChildren(...inside.flat(Infinity).filter(Boolean));
  if (!keepsFocus) app.querySelector("h1")?.focus();
  await tell();
}

const sentences = (fault) =>
  fault instanceof LoginNeeded ? "log_in" : fault instanceof NoWay ? "no_way" : fault instanceof Unproved ? (fault.message === "key" ? "other_key" : fault.message === "browser" ? "cannot_check" : "unproved") : fault instanceof Refused ? "not_allowed" : "fault";

async function sendNow() {
  isSending = true;
  notice = "";
  await render({ keepsFocus: true });
  try {
    await send(tell);
    notice = say("all_sent");
  } catch (fault) {
    notice = say(sentences(fault), { why: fault.message });
    if (fault instanceof LoginNeeded) setTimeout(() => document.getElementById("said")?.append(" ", el("a", { href: "/login?to=/phone/visits" }, say("to_login"))));
  }
  isSending = false;
  pack = (await kept.meta("pack")) ?? pack;
  await render({ keepsFocus: true });
}

let isKept = false;
async function start() {
  if (!("serviceWorker" in navigator) || !window.indexedDB || !crypto.subtle || !navigator.locks) return;
  try { pack = await kept.meta("pack"); } catch { return; }
  document.getElementById("plain").hidden = true;
  app.hidden = false;
  addEventListener("hashchange", () => { notice = ""; render(); });
  for (const name of ["online", "offline"]) addEventListener(name, tell);
  addEventListener("unhandledrejection", (event) => { notice = say(sentences(event.reason), { why: event.reason?.message }); tell(); });
  await render();
  navigator.storage?.persist?.();
  const worker = navigator.serviceWorker.register("/phone/worker.js", { scope: "/phone/" }).catch(() => null);
  navigator.serviceWorker.ready.then(() => { isKept = true; if (!location.hash) render({ keepsFocus: true }); });
  if (navigator.onLine) {
    try { pack = await fetchPack(); if (!/^#e=/.test(location.hash)) await render({ keepsFocus: true }); }
    catch (fault) { if (!(fault instanceof NoWay)) { notice = say(sentences(fault), { why: fault.message }); tell(); } }
  }
  await worker;
}
start();
