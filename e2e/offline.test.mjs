// A day without a signal: an inspector's phone whose network is cut and whose tab is killed at each step, with little room, then
// sent through a network that loses answers. Nothing is lost, nothing is twice, and every receipt is checked before bytes are let go.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer, connect } from "node:net";
import { test } from "node:test";
import { startBrowser, startPhone, startSite, stepInto } from "./site.mjs";

/** A way to the server that can be cut, and that can lose the next answers to what the server has done. */
async function startWay(address) {
  const { hostname, port } = new URL(address);
  const way = { isCut: false, lost: 0, open: new Set() };
  const server = createServer((near) => {
    if (way.isCut) return near.destroy();
    const far = connect(Number(port), hostname);
    way.open.add(near);
    const end = () => { near.destroy(); far.destroy(); way.open.delete(near); };
    near.on("error", end).on("close", end);
    far.on("error", end).on("close", end);
    near.pipe(far);
    far.on("data", (bytes) => {
      if (way.lost > 0 && /^HTTP\/1.1 20[01]/.test(bytes.toString("latin1"))) { way.lost--; return end(); }
      near.write(bytes);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  way.address = `http://127.0.0.1:${server.address().port}`;
  way.cut = () => { way.isCut = true; for (const one of way.open) one.destroy(); };
  way.mend = () => { way.isCut = false; };
  way.stop = () => { way.cut(); server.close(); };
  return way;
}

/** A small photograph, and as many of its kind as are asked for, each with other bytes: a remark stands behind its head. */
async function camera(browser, width, height, quality) {
  const page = await browser.newPage();
  const base = Buffer.from(await page.evaluate(([width, height, quality]) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    const pen = canvas.getContext("2d");
    for (let y = 0; y < height; y += 8) for (let x = 0; x < width; x += 8) { pen.fillStyle = `hsl(${(x * 7 + y * 13 + Math.random() * 90) % 360} 60% ${30 + Math.random() * 40}%)`; pen.fillRect(x, y, 8, 8); }
    return canvas.toDataURL("image/jpeg", quality).split(",")[1];
  }, [width, height, quality]), "base64");
  await page.close();
  return (name, size = 0) => {
    // Chance, since a browser counts what it keeps after it has made it smaller.
    const remark = randomBytes(Math.max(64, size - base.length));
    remark.write(name);
    const marks = [];
    for (let at = 0; at < remark.length; at += 60_000) {
      const part = remark.subarray(at, at + 60_000), head = Buffer.from([0xff, 0xfe, 0, 0]);
      head.writeUInt16BE(part.length + 2, 2);
      marks.push(head, part);
    }
    return { name: `${name}.jpg`, mimeType: "image/jpeg", buffer: Buffer.concat([base.subarray(0, 2), ...marks, base.subarray(2)]) };
  };
}

/** Gives the page so many bytes for all it keeps; the end of another tab takes the limit away. */
const limit = async (page, origin, quotaSize) => (await page.context().newCDPSession(page)).send("Storage.overrideQuotaForOrigin", { origin, quotaSize });

/** The page on a phone that is taken out of a pocket again: the old tab is killed, not closed. */
async function reopen(context, old, address, hash = "", room) {
  if (old) {
    old.goto("chrome://crash").catch(() => {});
    await old.waitForEvent("crash").catch(() => {});
    await old.close();
  }
  const page = await context.newPage();
  if (room) await limit(page, address, room);
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (fault) => { throw fault; });
  await page.goto(`${address}/phone/visits${hash}`);
  await page.locator("#app h1").waitFor();
  return page;
}

const count = (page, key) => page.locator(`[data-count=${key}] b`).textContent().then(Number);
const stored = (page, store) => page.evaluate((store) => new Promise((resolve, reject) => {
  const asked = indexedDB.open("guatu-phone");
  asked.onsuccess = () => { const all = asked.result.transaction(store).objectStore(store).count(); all.onsuccess = () => { resolve(all.result); asked.result.close(); }; };
  asked.onerror = () => reject(asked.error);
}), store);

/** Findings of the day: on the second database fewer, since the phone does the same there. */
const FINDINGS = { sqlite: 50, postgres: 10 };

// Both at once: a phone that writes down and types waits more than it works.
test("a day without a signal", { concurrency: true }, (day) => Promise.all(Object.entries(FINDINGS).map(([database, many]) => day.test(`on ${database}`, () => walk(database, many)))));

async function walk(database, many) {
  const site = await startSite({ database, demo: true });
  const browser = await startBrowser();
  const way = await startWay(site.address);
  let phone;
  try {
    const sessions = await stepInto(browser, site, { inspector: "暗访检查员", second: ["暗访检查员", 1], contractor: "施工单位" });
    const photo = await camera(browser, 160, 120, 0.5);
    phone = await startPhone({ geolocation: { latitude: 34.7466, longitude: 113.6253, accuracy: 12 }, permissions: ["geolocation"] });
    const { context } = phone;
    let own;
    for (const name of ["inspector", "second"]) {
      await context.addCookies([sessions[name]]);
      const pack = await (await context.request.get(`${way.address}/phone/pack`)).json();
      if (pack.sites.some((one) => !one.is_open)) { own = name; break; }
    }
    assert.ok(own, "a sealed plan waits for an inspector");
    // Little room: five megabytes for everything, from before the page is opened, since a browser looks at that seldom.
    const ROOM = 5e6;
    let page = await reopen(context, null, way.address, "", ROOM);
    await page.getByText("可离线使用").waitFor();
    const plan = (await page.locator("ul.boxes a").first().getAttribute("href")).slice("#s=".length);

    // No signal.
    way.cut();
    await context.setOffline(true);

    // The tab is killed after every step of the first findings; what was captured or typed is there again.
    const severity = "ordinary";
    for (let at = 1; at <= many; at++) {
      const kills = at <= 3;
      const on = async (hash) => {
        if (kills) page = await reopen(context, page, way.address, hash, ROOM);
        else { await page.evaluate((hash) => { location.hash = hash; }, hash); }
      };
      await on(`#s=${plan}`);
      await page.locator("#sign").waitFor();
      // Photographs of the first finding are too large to travel with it: they go in parts.
      await page.locator("#camera").setInputFiles([1, 2, 3].map((nth) => photo(`f${at}-${nth}`, at === 1 ? 300_000 : 0)));
      await page.waitForURL(/#e=/);
      const entry = new URL(page.url()).hash;
      await page.locator(".thumbs li").nth(2).waitFor();
      if (kills) await on(entry);
      assert.equal(await page.locator(".thumbs li").count(), 3, `finding ${at}`);
      await page.locator("#finding").fill(`第${at}处：临边防护缺失，须当日恢复`);
      await page.getByText("已保存到本机").waitFor();
      if (kills) await on(entry);
      await page.waitForFunction(() => document.querySelector("#finding")?.value.length > 5);
      await page.locator("#severity").selectOption(severity);
      await page.locator("#lead").selectOption({ index: 1 });
      await page.locator("#kept[data-is=true]").waitFor();
      await page.getByText("已保存到本机").waitFor();
      if (kills) await on(entry);
      await page.waitForFunction(() => document.querySelector("#lead")?.value);
      await page.locator("#ready").click();
      await page.waitForURL(/#s=/);
    }
    const entries = page.locator("ul.boxes a[href^='#e=']");
    // The address changes before the list is drawn.
    await entries.nth(many).waitFor();
    assert.equal(await entries.count(), many + 1, "each finding, and the check-in they made");

    // A checklist and a signature.
    await page.goto(`${way.address}/phone/visits#c=${plan}=funds`);
    await page.locator(".item input").first().waitFor();
    for (const input of await page.locator(".item input").all()) await input.fill(await input.getAttribute("max"));
    await page.locator("#kept[data-is=true]").waitFor();
    page = await reopen(context, page, way.address, `#c=${plan}=funds`, ROOM);
    await page.locator(".item input").first().waitFor();
    assert.notEqual(await page.locator(".item input").first().inputValue(), "");
    await page.locator("#ready").click();
    await page.waitForURL(/#s=/);
    await page.goto(`${way.address}/phone/visits#sign=${plan}`);
    await page.locator(".pad").waitFor();
    await page.waitForTimeout(100);
    const pad = await page.locator(".pad").boundingBox();
    await page.mouse.move(pad.x + 20, pad.y + 50);
    await page.mouse.down();
    for (const [x, y] of [[80, 20], [140, 90], [220, 40]]) await page.mouse.move(pad.x + x, pad.y + y);
    await page.mouse.up();
    await page.locator("#keep_signature").click();
    await page.waitForURL(/#s=/);

    // What does not fit is refused with a sentence, and the rest stands.
    await page.locator("#sign").waitFor();
    await page.locator("#camera").setInputFiles([photo("large", 6e6)]);
    await page.getByText("手机存储已满").waitFor();
    page = await reopen(context, page, way.address, "", ROOM);
    const all = many + 3;
    assert.deepEqual([await count(page, "waiting"), await stored(page, "pieces")], [all, many * 3 + 1]);
    await page.locator("#send").click();
    await page.getByText("暂时无法发送").waitFor();

    // A rescue file holds all of it for another device.
    await page.goto(`${way.address}/phone/visits#rescue`);
    await page.locator("#make input").fill("一句只有我自己知道的口令");
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator("#make button").click()]);
    const rescue = await file.path();

    // A signal again, and a way that loses the first answers: what the server has done is not done twice.
    way.mend();
    await context.setOffline(false);
    // Logged out, everything stays.
    await context.clearCookies();
    page = await reopen(context, page, way.address, "", ROOM);
    await page.locator("#send").click();
    await page.getByText("请重新登录后发送").waitFor();
    assert.deepEqual([await count(page, "waiting"), await stored(page, "pieces")], [all, many * 3 + 1]);
    await context.addCookies([sessions[own]]);
    way.lost = 4;
    for (let tries = 0; tries < 12; tries++) {
      page = await reopen(context, page, way.address, "", ROOM);
      if ((await count(page, "waiting")) === 0) break;
      await page.locator("#send").click();
      await page.waitForFunction(() => !document.querySelector("#send")?.disabled && !document.querySelector("#said")?.hidden);
    }
    assert.deepEqual([await count(page, "waiting"), await count(page, "drafts"), await count(page, "sent")], [0, 0, all]);
    assert.deepEqual([await stored(page, "pieces"), await stored(page, "receipts")], [0, all], "bytes are let go against receipts, each of them checked");

    // The rescue file, read and sent from a desk, adds nothing.
    const desk = await browser.newContext();
    await desk.addCookies([sessions[own]]);
    const other = await reopen(desk, null, way.address);
    await other.getByText("可离线使用").waitFor();
    await other.goto(`${way.address}/phone/visits#rescue`);
    await other.locator("#rescue-file").setInputFiles(rescue);
    await other.locator("#read input[type=password]").fill("一句只有我自己知道的口令");
    await other.locator("#read button").click();
    await other.getByText(`恢复 ${all} 条记录`).waitFor();
    await other.goto(`${way.address}/phone/visits#`);
    await other.locator("#send").click();
    await other.getByText("发送完成").waitFor();
    assert.deepEqual([await count(other, "sent"), await stored(other, "pieces")], [all, 0]);

    // On the server: each finding once with its three photographs, and an order for each; the plan is open now.
    await context.addCookies([sessions[own]]);
    const desktop = await context.newPage();
    await desktop.goto(`${site.address}/inspections/${plan}`);
    const findings = desktop.locator("#findings + ol.course > li, #findings ~ ol.course:first-of-type > li");
    assert.equal(await findings.count(), many);
    const texts = new Set(await findings.locator("p:first-child").allTextContents());
    assert.equal(texts.size, many, "none twice");
    assert.equal(await findings.locator(".photos img").count(), many * 3);
    const copies = new Set(await findings.locator(".photos img").evaluateAll((all) => all.map((one) => one.getAttribute("src"))));
    assert.equal(copies.size, many * 3);
    const shown = await context.request.get(new URL([...copies][0], site.address).href);
    assert.equal(shown.headers()["content-type"], "image/jpeg", "a copy is drawn when it is asked for");
    assert.match(await desktop.locator("main").textContent(), /未经核实/);
  } finally {
    await phone?.stop();
    await browser.close();
    way.stop();
    await site.stop();
  }
}
