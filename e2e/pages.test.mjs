// Every kind of page in the invented district: no accessibility fault at three widths in light and dark, nothing wider
// than its screen, no script error, and the same words without a script.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { fill, startBrowser, startSite, stepInto } from "./site.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let site, browser, cookie;
/** Sessions by who a page is for; pages not named in `whose` are a leader's. */
let people;

before(async () => {
  site = await startSite({ demo: true });
  browser = await startBrowser();
  people = await sessions({ leader: "领导", planner: "督查室", auditor: "审计人员", engineer: "监理工程师", contractor: "施工单位", inspector: "暗访检查员" });
  cookie = people.leader;
  // A second version of a plan, to be compared with the first.
  const context = await browser.newContext();
  await context.addCookies([people.planner]);
  const page = await context.newPage();
  await page.goto(`${site.address}/plans/p01/template`);
  await Promise.all([page.waitForNavigation(), page.locator("form.fields button[type=submit]").click()]);
  const version = page.url().split("/").at(-1);
  paths.unshift(`/plan-versions/${version}`, `/plans/p01/compare?a=p01-v1&b=${version}`);
  await context.close();
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

/** Sessions of people of the demo district, and of somebody who gives posts. */
async function sessions(roles) {
  const found = await stepInto(browser, site, roles);
  const context = await browser.newContext();
  const page = await context.newPage();
  // Whoever gives posts is let in by the first administrator.
  await context.addCookies([found.reviewer]);
  await page.goto(`${site.address}/accounts`);
  await fill(page, { person_name: "安" });
  const link = await page.locator(".receipt code").textContent();
  const entered = await browser.newContext();
  const welcome = await entered.newPage();
  await welcome.goto(site.address + link);
  await fill(welcome, { login: "security", new_password: "另一句自己记得住的很长很长的话" });
  await page.goto(`${site.address}/accounts`);
  await page.locator("form[action='/posts'] [name=account]").selectOption({ label: "安" });
  await page.locator("form[action='/posts'] [name=role]").selectOption("security_admin");
  await Promise.all([page.waitForNavigation(), page.locator("form[action='/posts'] button").click()]);
  found.security = (await entered.cookies()).find((one) => one.name === "guatu_session");
  await context.close();
  await entered.close();
  return found;
}

const whose = {
  "/returns/day_projects": "planner", "/rule-sets/new?copy=wall_2026": "planner", "/returns/sent/return-2": "planner",
  "/plans/p01/template": "planner", "/import?project=p01": "planner", "/plans/p01/ties": "planner", "/calendars/new/alert": "planner", "/calendars/new/winter": "planner",
  "/ledger": "auditor", "/facts?subject=p01": "auditor", "/accounts": "reviewer", "/demo": "reviewer", "/posts": "security", "/reports/waiting": "engineer", "/inspections/inspection-08-0/score?checklist=safety_duty": "inspector", "/reports/excel": "contractor", "/phone/visits": "inspector",
};
/**
 * What keeps somebody from using a page. Every rule is held to all of it; but nothing is told of what is in order, which on a long
 * page is a hundred times as much and takes four times as long to gather.
 */
async function barriers(page, rules = {}) {
  await page.evaluate(axe);
  return page.evaluate(async (rules) => {
    const { violations } = await window.axe.run({ ...rules, resultTypes: ["violations"], selectors: false });
    return violations.map(({ id, nodes }) => `${id} ${nodes.slice(0, 2).map((node) => node.html.slice(0, 120)).join(" | ")}`);
  }, rules);
}

const open = async (page, path) => {
  await page.context().addCookies([people[whose[path] ?? "leader"]]);
  return page.goto(site.address + path);
};

const paths = ["/desk", "/messages", "/messages/settings", "/messages/dead", "/wall", "/wall?place=p01", "/wall?place=p03&view=bars", "/wall?place=p05-b01&view=network", "/wall?place=p03&view=network", "/wall?place=p05-b01&view=flowline", "/wall?place=p05&view=flowline", "/wall?place=p05-b01&view=bars&links=all", "/wall?place=p05&view=resources", "/wall?place=p05&view=risk", "/wall/contractor?organisation=org17", "/wall/paths?project=p05", "/wall/paths?project=p03&by=free", "/wall?wall=1&place=p03", "/reports/reasons", "/search?find=gu", "/plans?sort=-days_left&find=a", "/round", "/round?place=p03", "/round?wall=1", "/round/decisions?place=p03", "/targets", "/targets?place=p03", "/targets/periods?place=p03", "/targets/periods?period=year&by=official", "/targets/p05-b10", "/reports", "/reports/day?place=p03", "/reports?place=p03", "/problems", "/problems/new?place=p03", "/problems/problem-0", "/orders", "/orders?show=all", "/orders/order-23", "/orders/order-26", "/orders/new", "/orders/new?kind=problem&id=problem-0", "/orders/of?kind=problem&id=problem-0", "/orders/proposals", "/orders/rates", "/orders/rules", "/hazards", "/hazards/new?place=p04", "/hazards/hazard-09", "/hazards/hazard-20", "/risks", "/risks?place=p04", "/risks/p04-b11", "/risks/rules", "/gates", "/gates/p02", "/gates/p02-b20", "/gates/rules", "/bulletins", "/bulletins/bulletin-1", "/returns", "/returns/day_projects", "/returns/month_programmes", "/returns/sent/return-2", "/places", "/places/p01", "/places/p03/profile", "/places/new", "/places/excel", "/places/excel?place=p01", "/plans", "/mandates", "/plan-versions", "/plans/p03", "/plans/p04/what-if?place=p04-b40&activity=p04-b40/structure", "/plans/p01/template", "/plans/p01/mandate", "/task-forces", "/task-forces/p01", "/organisations", "/organisations/excel", "/rule-sets", "/rule-sets/new?copy=wall_2026", "/calendars", "/calendars/alerts", "/calendars/exemptions", "/calendars/seasons", "/calendars/new/alert", "/calendars/new/winter", "/import?project=p01", "/plan-versions/p05-v1", "/wall/bar?project=p03&activity=p03-b01/structure", "/facts?subject=p03-b01", "/facts?subject=p01", "/plans/p01/ties", "/ledger", "/accounts", "/posts", "/demo", "/reports/waiting", "/reports/excel", "/phone/visits", "/places?level=building", "/duties?show=all", "/duties/institutions", "/duties/rates", "/duties/rules/new?template=official_visit", "/duties/rules/rule-0", "/closings", "/closings/reasons", "/closings?kind=month", "/instructions", "/instructions?show=all", "/instructions/instruction-1", "/instructions/instruction-4", "/instructions/instruction-5", "/instructions/new", "/orders/order-of-instruction-3-1", "/contingencies", "/contingencies?place=p05", "/contingencies/gaps?place=p01", "/contingencies/contingency-2", "/contingencies/contingency-6", "/contingencies/new?place=p05", "/leads", "/leads/key", "/no-such-page"];

// Each width and each set of colours once; whatever one of them breaks stands in its name. Two at a time: while one waits for
// the server the other is looked at. At a width that was looked at in the light only the colours are others in the dark.
describe("every page", { concurrency: 2 }, () => {
  for (const [width, colorScheme] of [[360, "light"], [768, "dark"], [1440, "light"], [1440, "dark"]]) {
    test(`pages at ${width} px, ${colorScheme}`, async () => {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
      await context.addCookies([cookie]);
      const page = await context.newPage();
      const errors = [];
      page.on("pageerror", (error) => errors.push(error.message));
      const faults = [];
      const rules = width === 1440 && colorScheme === "dark" ? { runOnly: ["color-contrast"] } : {};
      for (const path of paths) {
        const answer = await open(page, path);
        if (answer.status() !== 200 && path !== "/no-such-page") faults.push(`${path}: answered ${answer.status()}`);
        await page.waitForTimeout(150);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (overflow > 1) faults.push(`${path}: ${overflow} px wider than the screen`);
        faults.push(...(await barriers(page, rules)).map((barrier) => `${path}: ${barrier}`));
      }
      await context.close();
      assert.deepEqual(errors, []);
      assert.deepEqual(faults, []);
    });
  }
});

for (const [width, height] of [[1920, 1080], [3840, 2160]]) {
  test(`the wall fits a screen of ${width} × ${height} and is read from three metres`, async () => {
    const context = await browser.newContext({ viewport: { width, height } });
    const page = await context.newPage();
    for (const language of ["zh", "en"]) for (const path of ["/wall?wall=1", "/wall?wall=1&place=p03", "/wall?wall=1&view=bars", "/wall?wall=1&place=p03&view=bars"]) {
      await context.addCookies([cookie, { name: "guatu_language", value: language, url: site.address }]);
      await page.goto(site.address + path);
      await page.waitForTimeout(300);
      const found = await page.evaluate(() => {
        const shown = (element) => element.checkVisibility() && element.getClientRects().length > 0 && !element.closest(".skip");
        const texts = [...document.querySelectorAll("body *")].filter((one) => shown(one) && [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()));
        const list = document.querySelector(".scroll.board, .gantt:not([hidden])");
        const heights = [...document.querySelectorAll("table.matrix tbody tr")].map((row) => row.offsetHeight);
        const lamps = [...document.querySelectorAll(".cell .lamp")].filter((lamp) => lamp.scrollWidth > lamp.closest("td").clientWidth);
        return {
          beyond: [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight, list.scrollHeight - list.clientHeight],
          least: Math.min(...texts.map((one) => parseFloat(getComputedStyle(one).fontSize))),
          uneven: heights.length ? Math.max(...heights) - Math.min(...heights) : 0,
          wide: lamps.length + [...document.querySelectorAll(".milestones li")].filter((card) => card.scrollWidth > card.clientWidth).length,
        };
      });
      assert.ok(found.beyond.every((pixels) => pixels <= 1), `${path}: ${found.beyond} px beyond the screen`);
      assert.ok(found.least >= (24 * height) / 1080, `${path}: type of ${found.least} px`);
      assert.ok(found.uneven <= 2 * (height / 1080), `${path}: rows differ by ${found.uneven} px`);
      assert.equal(found.wide, 0, `${path}: lamps wider than their cells`);
    }
    await context.close();
  });
}

test("a wall turns its pages by itself and rests while somebody uses it", async () => {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
  await context.addCookies([cookie]);
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(`${site.address}/wall?wall=1&place=p03`);
  const first = () => page.locator("table.matrix tbody th a").first().textContent();
  const before = await first();
  await page.clock.runFor(21_000);
  await page.waitForFunction((old) => document.querySelector("table.matrix tbody th a").textContent !== old, before);
  assert.match(page.url(), /from=\d+/);
  const second = await first();
  await page.keyboard.press("Shift");
  await page.clock.runFor(30_000);
  await page.waitForTimeout(300);
  assert.equal(await first(), second, "a key was pressed: the page stays");
  await page.clock.runFor(60_000);
  await page.waitForFunction((old) => document.querySelector("table.matrix tbody th a").textContent !== old, second);
  await context.close();
});

test("every page says the same without a script", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  await context.addCookies([cookie]);
  const page = await context.newPage();
  for (const path of paths.slice(0, -1)) {
    const answer = await open(page, path);
    assert.equal(answer.status(), 200, path);
    assert.ok((await page.locator("main h1").count()) === 1, path);
  }
  await open(page, "/wall?place=p03&view=bars");
  assert.ok((await page.locator(".rows tbody tr").count()) <= 500, "at most 500 rows a page");
  assert.equal(await page.locator(".rows").isVisible(), true);
  await open(page, "/wall?wall=1&place=p03&view=bars");
  const names = await page.locator(".rows tbody td:first-child").allTextContents();
  await page.locator("nav.pages a").last().click();
  const others = await page.locator(".rows tbody td:first-child").allTextContents();
  assert.ok(others.length > 0 && others.every((name) => !names.includes(name)), "the wall has links where a script turns pages");
  await context.close();
});

test("a workbook of reports is read as it was fetched, and its findings are read on a phone", async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 800 } });
  const page = await context.newPage();
  await open(page, "/reports/excel");
  const workbook = await (await context.request.get(site.address + (await page.locator("a[download]").getAttribute("href")))).body();
  const handIn = async (buffer) => {
    await page.locator("[name=reports_file]").setInputFiles({ name: "day.xlsx", mimeType: "application/octet-stream", buffer });
    const [answer] = await Promise.all([page.waitForNavigation(), page.getByRole("button", { name: "查看将提交的内容" }).click()]);
    assert.equal(answer.status(), 422);
    return (await page.locator("table.findings code").allTextContents()).join(" ");
  };
  assert.equal(await handIn(workbook), "R-132", "nothing is filled in, and nothing else is wrong");
  assert.match(await handIn(Buffer.from("building,item")), /^file F-101$|^F-101$/);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 1);
  assert.deepEqual(await barriers(page), []);
  await context.close();
});

test("every page is in the language a person chose, in every browser of theirs", async () => {
  const context = await browser.newContext();
  await context.addCookies([people.planner]);
  const page = await context.newPage();
  await page.goto(`${site.address}/plans`);
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
  await page.getByRole("link", { name: "English" }).click();
  await page.waitForLoadState("load");
  assert.match(page.url(), /\/plans$/);
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  assert.equal(await page.locator("h1").textContent(), "Plans");
  const elsewhere = await browser.newContext();
  await elsewhere.addCookies([people.planner]);
  const other = await elsewhere.newPage();
  await other.goto(`${site.address}/plans`);
  assert.equal(await other.locator("html").getAttribute("lang"), "en", "a browser that was open already");
  await elsewhere.close();
  await page.getByRole("link", { name: "中文" }).click();
  await page.waitForLoadState("load");
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
  await context.close();
});

test("people fill few screens of a phone", async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 800 } });
  const page = await context.newPage();
  await open(page, "/accounts");
  const [rows, height] = await page.locator("main table tbody").evaluate((body) => [body.rows.length, body.offsetHeight]);
  assert.ok(rows > 50 && height / rows < 60, `${rows} people in ${height} px`);
  // What may be done to somebody opens under their line: within the screen, and no other line grows.
  await page.locator("details.acts summary").nth(3).click();
  const form = page.locator("details.acts[open] form").last();
  const { opened, others } = await form.evaluate((one) => {
    const box = one.getBoundingClientRect(), lines = [...one.closest("tbody").rows].filter((line) => !line.contains(one));
    return { opened: [box.left, box.right], others: Math.max(...lines.map((line) => line.offsetHeight)) };
  });
  assert.ok(opened[0] >= 0 && opened[1] <= 360, `a form from ${opened}`);
  assert.ok(others < 90, `a line of ${others} px`);
  await context.close();
});

test("a phone shows that the navigation goes on, and the page one is on", async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 800 } });
  const page = await context.newPage();
  for (const path of ["/wall", "/organisations"]) {
    await open(page, path);
    const found = await page.locator("header nav").evaluate((nav) => {
      const link = nav.querySelector("[aria-current]").getBoundingClientRect(), edge = nav.getBoundingClientRect();
      return { goesOn: nav.scrollWidth > nav.clientWidth, fades: getComputedStyle(nav).maskImage.includes("gradient"), isSeen: link.left >= edge.left && link.right <= edge.right };
    });
    assert.deepEqual(found, { goesOn: true, fades: true, isSeen: true }, path);
  }
  await context.close();
});

test("bars come out on paper, with a script and without one", async () => {
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, javaScriptEnabled });
    const page = await context.newPage();
    await open(page, "/wall?place=p03&view=bars");
    await page.waitForTimeout(300);
    assert.equal(await page.locator(".rows").isVisible(), !javaScriptEnabled, "on the screen the drawing stands for the table");
    await page.emulateMedia({ media: "print" });
    assert.ok(await page.locator(".rows tbody tr").last().isVisible());
    assert.ok((await page.locator("td.plot .cast").count()) > 400, "every row has its bar");
    assert.equal(await page.locator(".gantt").isVisible(), false);
    await page.emulateMedia({ media: null });
    const paper = (await page.pdf({ format: "A4", landscape: true })).toString("latin1");
    const sheets = paper.match(/\/Type \/Page\b/g).length;
    assert.ok(sheets > 5, `${sheets} sheets`);
    await context.close();
  }
});

test("bars are gone through and opened by the keyboard", async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await open(page, "/wall?place=p03&view=bars");
  const chart = page.locator(".gantt");
  await chart.locator("[role=option]").waitFor({ state: "attached" });
  const said = async () => {
    const active = await chart.getAttribute("aria-activedescendant");
    return page.evaluate((id) => document.getElementById(id).textContent, active);
  };
  const at = async () => +(await chart.getAttribute("aria-activedescendant")).split("#")[1];
  await chart.focus();
  assert.match(await said(), /^1号楼，/);
  await page.keyboard.press("ArrowDown");
  assert.match(await said(), /^1号楼 · 手续办理，已完成 \(自报\)，2025-/);
  await page.keyboard.press("PageDown");
  const page_length = (await at()) - 1;
  assert.ok(page_length > 5);
  assert.ok((await chart.evaluate((one) => one.scrollTop)) > 0, "the current row stays in sight");
  await page.keyboard.press("PageUp");
  assert.equal(await at(), 1);
  await page.keyboard.press("End");
  assert.match(await said(), /全部交付/);
  await page.keyboard.press("Home");
  assert.equal(await at(), 0);
  await page.keyboard.press("ArrowDown");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  assert.equal(await page.locator("h1").textContent(), "手续办理");
  assert.equal(await page.locator("section h2").first().textContent(), "为什么");
  await context.close();
});

test("what if: a bar is moved by the pointer and by the keys, and the page says at once what becomes of it", async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 } });
  await context.addCookies([people.planner]);
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  try {
    await page.goto(`${site.address}/plans/p04/what-if?place=p04-b40`);
    const chart = page.locator(".gantt[data-tries]");
    await chart.waitFor();
    const changes = () => page.locator("#what-if section:first-child ul.rows li:has-text('撤销')").count();
    assert.equal(await changes(), 0);
    // Where the pointer may take a bar, it says so.
    const box = await chart.boundingBox();
    const find = async (wanted) => {
      for (let y = box.y + 60; y < box.y + box.height - 10; y += 8) {
        for (let x = box.x + box.width * 0.3; x < box.x + box.width; x += 5) {
          await page.mouse.move(x, y);
          if ((await chart.evaluate((one) => one.style.cursor)) === wanted) return [x, y];
        }
      }
      assert.fail(`no bar can be taken: ${wanted}`);
    };
    const [x, y] = await find("grab");
    await page.mouse.down();
    await page.mouse.move(x + 40, y, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/changes=%5B/);
    assert.equal(await changes(), 1, "the change is listed");
    assert.ok((await page.locator("#what-if table tbody tr").count()) > 0, "and what moves with it");
    // The key changes the end of the same bar; what was current stays so.
    const before = page.url();
    await page.locator(".gantt[data-tries][aria-activedescendant]").focus();
    await page.keyboard.press("Shift+ArrowRight");
    await page.waitForURL((url) => url.href !== before);
    assert.equal(await changes(), 1, "of the same work");
    // And the keys go on.
    await page.locator(".gantt[data-tries]:focus").waitFor();
    // What stands in the address is the same for whoever opens it, and putting it forward makes a draft.
    await page.reload();
    assert.equal(await changes(), 1);
    await fill(page, { reason: "第二班组进场" });
    assert.match(page.url(), /\/plan-versions\/v-/);
    assert.ok((await page.locator("main").textContent()).includes("第二班组进场"));
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
  }
});

test("the matrix is one stop of the Tab key and is gone through by arrows", async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await open(page, "/wall?place=p03");
  assert.equal(await page.locator("table.matrix a[tabindex='0']").count(), 1);
  await page.locator("table.matrix a[tabindex='0']").focus();
  const here = () => page.evaluate(() => [document.activeElement.closest("tr").rowIndex, document.activeElement.closest("td, th").cellIndex]);
  const go = async (key) => (await page.keyboard.press(key), here());
  // The first row names a parcel and has one link.
  assert.deepEqual(await here(), [1, 0]);
  assert.deepEqual(await go("ArrowDown"), [2, 0]);
  assert.deepEqual(await go("ArrowRight"), [2, 1]);
  assert.deepEqual(await go("ArrowDown"), [3, 1]);
  assert.deepEqual(await go("End"), [3, 20]);
  assert.deepEqual(await go("ArrowRight"), [3, 20]);
  assert.deepEqual(await go("Home"), [3, 0]);
  assert.equal(await page.locator("table.matrix a[tabindex='0']").count(), 1, "the stop moves with the reader");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => !!document.activeElement.closest("table.matrix")), false);
  await context.close();
});

test("an English page names a template's stages in English and counts properly", async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, javaScriptEnabled: false });
  await context.addCookies([{ name: "guatu_language", value: "en", url: site.address }]);
  const page = await context.newPage();
  const chinese = new RegExp(["手续办理", "基坑土方", "主体结构", "全部交付", "、", "："].join("|"));
  for (const path of ["/wall?place=p03", "/wall?place=p03&view=bars", "/wall?place=p05-b01&view=network", "/wall?place=p05-b01&view=flowline", "/wall/bar?project=p03&activity=p03-b01/structure", "/plans/p03", "/plans", "/plan-versions/p05-v1", "/targets/p05-b10", "/round", "/problems/problem-0"]) {
    await open(page, path);
    const text = await page.locator("main").innerText();
    assert.doesNotMatch(text, chinese, path);
    assert.doesNotMatch(text, /\b1 (working days|natural days|days|activities|items|buildings)\b/, path);
    assert.doesNotMatch(text, /\{\w+/, path);
  }
  await context.close();
});

test("every view of a place counts the same activities", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  for (const place of ["p03", "p01"]) {
    const counts = [];
    for (const view of ["view=matrix", "view=bars", "view=bars&wall=1"]) {
      await open(page, `/wall?place=${place}&${view}`);
      counts.push((await page.locator(".legend .lamp").allTextContents()).map((text) => text.trim()));
    }
    assert.deepEqual(counts[1], counts[0]);
    assert.deepEqual(counts[2], counts[0]);
  }
  await context.close();
});
