// Every kind of page in the invented district: no accessibility fault at three widths in light and dark, nothing wider
// than its screen, no script error, and the same words without a script.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { startBrowser, startSite } from "./site.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let site, browser, cookie, plannerCookie;

before(async () => {
  site = await startSite({ demo: true });
  browser = await startBrowser();
  [cookie, plannerCookie] = await sessions("领导", "督查室");
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

/** Steps into people of the demo district by their roles, as the page for reviewers does. */
async function sessions(...roles) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(site.welcome);
  await page.fill("[name=person_name]", "评审");
  await page.fill("[name=login]", "review");
  await page.fill("[name=new_password]", "一句自己记得住的很长很长的话");
  await Promise.all([page.waitForNavigation(), page.click("main button[type=submit]")]);
  const session = async () => (await context.cookies()).find((one) => one.name === "guatu_session");
  const reviewer = await session();
  const found = [];
  for (const role of roles) {
    await context.addCookies([reviewer]);
    await page.goto(`${site.address}/demo`);
    await Promise.all([page.waitForNavigation(), page.locator("tr", { hasText: role }).locator("button").first().click()]);
    found.push(await session());
  }
  await context.close();
  return found;
}

/** Forms that only those who plan may open; all other pages are a leader's. */
const planning = ["/plans/p01/template", "/import?project=p01"];
const open = async (page, path) => {
  await page.context().addCookies([planning.includes(path) ? plannerCookie : cookie]);
  return page.goto(site.address + path);
};

const paths = ["/wall", "/wall?place=p01", "/wall?place=p03&view=bars", "/wall?wall=1&place=p03", "/round", "/round?place=p03", "/round?wall=1", "/targets", "/targets?place=p03", "/targets/p05-b10", "/reports", "/reports?place=p03", "/bulletins", "/places", "/places/p01", "/places/new", "/plans", "/plans/p03", "/plans/p01/template", "/plans/p01/mandate", "/task-forces", "/task-forces/p01", "/organisations", "/calendars", "/import?project=p01", "/no-such-page"];

for (const width of [360, 768, 1440]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`pages at ${width} px, ${colorScheme}`, async () => {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
      await context.addCookies([cookie]);
      const page = await context.newPage();
      const errors = [];
      page.on("pageerror", (error) => errors.push(error.message));
      const faults = [];
      for (const path of paths) {
        await open(page, path);
        await page.waitForTimeout(150);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (overflow > 1) faults.push(`${path}: ${overflow} px wider than the screen`);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run());
        for (const { id, nodes } of violations) faults.push(`${path}: ${id} ${nodes.slice(0, 2).map((node) => node.html.slice(0, 120)).join(" | ")}`);
      }
      await context.close();
      assert.deepEqual(errors, []);
      assert.deepEqual(faults, []);
    });
  }
}

for (const [width, height] of [[1920, 1080], [3840, 2160]]) {
  test(`the wall fits a screen of ${width} × ${height} and is read from three metres`, async () => {
    const context = await browser.newContext({ viewport: { width, height } });
    await context.addCookies([cookie]);
    const page = await context.newPage();
    for (const path of ["/wall?wall=1", "/wall?wall=1&place=p03", "/wall?wall=1&view=bars", "/wall?wall=1&place=p03&view=bars"]) {
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
          wide: lamps.length,
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
  await page.goto(`${site.address}/wall?place=p03&view=bars`);
  assert.ok((await page.locator(".rows tbody tr").count()) <= 500, "at most 500 rows a page");
  assert.equal(await page.locator(".rows").isVisible(), true);
  await page.goto(`${site.address}/wall?wall=1&place=p03&view=bars`);
  const names = await page.locator(".rows tbody td:first-child").allTextContents();
  await page.locator("nav.pages a").last().click();
  const others = await page.locator(".rows tbody td:first-child").allTextContents();
  assert.ok(others.length > 0 && others.every((name) => !names.includes(name)), "the wall has links where a script turns pages");
  await context.close();
});

test("every page is in the language a person chose", async () => {
  const context = await browser.newContext();
  await context.addCookies([cookie]);
  const page = await context.newPage();
  await page.goto(`${site.address}/plans`);
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
  await page.getByRole("link", { name: "English" }).click();
  await page.waitForLoadState("load");
  assert.match(page.url(), /\/plans$/);
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  assert.equal(await page.locator("h1").textContent(), "Plans");
  await context.close();
});
