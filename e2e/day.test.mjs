// A day as people live it: a report on a phone, a dispute, the problem it becomes, a correction, a confirmation, a verdict on the
// spot; a promise; the lamp; the round with a decision and minutes; the bulletin by three people, and its paper.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fill, ink, pictures, startBrowser, startSite, stepInto } from "./site.mjs";

const day = (ahead) => new Date(Date.now() + 8 * 3600e3 + ahead * 864e5).toISOString().slice(0, 10);
const today = day(0);

for (const database of ["sqlite", "postgres"]) {
  test(`from a day's report to the bulletin, on ${database}`, async () => {
    const site = await startSite({ database, demo: true });
    const browser = await startBrowser();
    try {
      const sessions = await stepInto(browser, site, { leader: "领导", office: "督查室", second: ["督查室", 1], inspector: "暗访检查员", contractor: "施工单位", engineer: "监理工程师" });
      const people = {};
      for (const [name, cookie] of Object.entries(sessions)) {
        const context = await browser.newContext({ viewport: name === "contractor" ? { width: 360, height: 740 } : { width: 1440, height: 900 } });
        await context.addCookies([cookie]);
        people[name] = await context.newPage();
      }
      const { leader, office, second, inspector, contractor, engineer } = people;
      const press = (page, name) => Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.locator("main").getByRole("button", { name }).first().click()]);
      const paper = async (page, path) => {
        const answer = await page.request.get(site.address + path);
        assert.equal(answer.status(), 200, path);
        return answer.body();
      };
      const begins = async (page, path) => (await paper(page, path)).subarray(0, 5).toString();
      // An official paper as people see it: black text within the margins of GB/T 9704, a red head on its first page.
      const looksOfficial = (pdf) => {
        const pages = pictures(pdf);
        const isInk = (red, green, blue) => red + green + blue < 720;
        const isRed = (red, green, blue) => red > 170 && green < 90 && blue < 90;
        for (const page of pages) {
          assert.ok(Math.abs(page.height / page.width - 297 / 210) < 0.01, "A4 upright");
          const share = ink(page, isInk);
          assert.ok(share > 0.005 && share < 0.35, `ink on ${share} of a page`);
          assert.equal(ink(page, isInk, [0, 24 / 210]) + ink(page, isInk, [190 / 210, 1]), 0, "nothing in the margins");
        }
        assert.ok(ink(pages[0], isRed, [0, 1], [0, 0.3]) > 0.005, "a red head");
        return pages.length;
      };

      // A page as people of two sizes of screens see it: nothing runs out of it, and both read the same.
      const atBothWidths = async (page, path, look) => {
        const seen = [];
        for (const width of [1440, 360]) {
          await page.setViewportSize({ width, height: 800 });
          await page.goto(site.address + path);
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${path} at ${width} px`);
          seen.push(await look(page));
        }
        assert.deepEqual(seen[0], seen[1], path);
        return seen[1];
      };
      // What the building is asked for today of a work item, and what is left of it after today's report.
      const todays = (name) => async (page) => {
        const line = page.locator("ul.rows li", { hasText: name }).first();
        const target = parseFloat(await line.locator(".days-left").textContent());
        const soFar = line.locator(".lamp");
        const left = (await soFar.count()) ? parseFloat((await soFar.textContent()).match(/还差 ([\d.]+)/)?.[1] ?? "0") : target;
        return { target, left };
      };
      // The building's row on the wall chart: its lamps, with the marks of who stands for them.
      const rowOnWall = async () => {
        await leader.goto(`${site.address}/wall?place=${building.split("-")[0]}`);
        const row = leader.locator(`tbody tr:has(th a[href*="${building}"])`);
        assert.equal(await row.count(), 1, "the building has a row");
        return row.evaluate((row) => [...row.querySelectorAll(".lamp, .grade")].map((one) => `${one.className} ${one.textContent.trim()}`));
      };

      // The contractor reports one work item of the first building that owes a report: a field, a button.
      await contractor.goto(`${site.address}/reports`);
      await Promise.all([contractor.waitForNavigation(), contractor.locator('main a[href^="/reports/new?building="]').first().click()]);
      const building = new URL(contractor.url()).searchParams.get("building");
      const works = contractor.locator("label.work");
      let chosen, before, total;
      for (let at = 0; at < (await works.count()); at++) {
        const found = (await works.nth(at).locator(".quiet").first().textContent()).match(/([\d.]+) \/ ([\d.]+)/).slice(1).map(Number);
        const hint = works.nth(at).locator(".today");
        const isAsked = (await hint.count()) && parseFloat((await hint.textContent()).match(/[\d.]+/)?.[0]) > 4;
        if (found[1] - found[0] > 10 && isAsked) [chosen, [before, total]] = [works.nth(at), found];
      }
      assert.ok(chosen, "something is left to do");
      assert.ok(total > before + 4);
      const item = await chosen.locator("input").getAttribute("name");
      const name = (await chosen.locator(".name").first().textContent()).trim();
      const reporting = new URL(contractor.url());
      const asked = await atBothWidths(contractor, `/targets/${building}`, todays(name));
      assert.ok(asked.target > 4, `${name} is asked for today: ${asked.target}`);
      const unreported = await rowOnWall();
      await contractor.goto(reporting.href);
      await chosen.locator("input").fill(String(before + 4));
      await press(contractor, "提交日报");
      assert.equal(await contractor.locator(".receipt").count(), 1);
      const report = new URL(contractor.url()).pathname;
      const near = (one, other) => Math.abs(one - other) < 0.011;
      const reported = await atBothWidths(contractor, `/targets/${building}`, todays(name));
      assert.ok(near(reported.target, asked.target) && near(reported.left, asked.left - 4), JSON.stringify([asked, reported]));

      // The engineer sees only what waits, and measures less; the report's figure does not count any more.
      const isWaiting = (page) => page.locator(`a[href="${report}"]`).count().then((count) => count > 0);
      assert.ok(await atBothWidths(engineer, "/reports/waiting", isWaiting));
      await engineer.goto(`${site.address}${report}/dispute`);
      await fill(engineer, { [`"${item}"`]: String(before + 2), reason: "断面实测" }, "main form.report");
      assert.match(await engineer.locator("h1 + .lamp").textContent(), /异议/);
      const disputed = await atBothWidths(engineer, `/targets/${building}`, todays(name));
      assert.ok(near(disputed.left, asked.left - 2), `what was too much is asked for again: ${JSON.stringify([reported, disputed])}`);
      const disputedRow = await rowOnWall();
      assert.ok(disputedRow.some((one) => one.startsWith("grade disputed")) && !unreported.some((one) => one.startsWith("grade disputed")), String(disputedRow));

      // It is a problem with an owner by now; its days run.
      await leader.goto(`${site.address}/problems?find=${encodeURIComponent("断面实测")}`);
      assert.equal(await leader.locator("tbody tr").count(), 1);
      await Promise.all([leader.waitForNavigation(), leader.locator("tbody a").first().click()]);
      const problem = leader.url();
      assert.match(await leader.locator("dl.facts").textContent(), /监理有异议/);

      // A site cannot take it back by saying its figure again; as far as measured it can, and then it is confirmed.
      await contractor.goto(`${site.address}${report}/correct`);
      await fill(contractor, { [`"${item}"`]: String(before + 3), reason: "重算" }, "main form.report");
      assert.match(await contractor.locator(".summary").textContent(), /R-125/);
      await fill(contractor, { [`"${item}"`]: String(before + 2), reason: "重复计量" }, "main form.report");
      await engineer.goto(site.address + report);
      await press(engineer, "确认");
      const confirmed = await atBothWidths(engineer, `/targets/${building}`, todays(name));
      assert.deepEqual(confirmed, disputed, "who confirms what was measured moves no target");
      const confirmedRow = await rowOnWall();
      assert.ok(!confirmedRow.some((one) => one.startsWith("grade disputed")), String(confirmedRow));
      await leader.goto(problem);
      assert.match(await leader.locator("h1 + .lamp").textContent(), /已了结/);

      // The figure and its lamp say who stands for it; an inspector on the spot overrules both.
      await leader.goto(`${site.address}/targets/${building}`);
      assert.ok((await leader.locator(".grade.confirmed").count()) > 0);
      await inspector.goto(`${site.address}${report}/verify`);
      await fill(inspector, { [`"${item}"`]: String(before + 1), reason: "现场只见一处" }, "main form.report");
      await leader.goto(`${site.address}/wall/bar?project=${building.split("-")[0]}&activity=${encodeURIComponent(item.slice("done.".length))}`);
      assert.match(await leader.locator("main").textContent(), /经检查核实/);

      // A promise for the week to come, frozen with who made it.
      await contractor.goto(`${site.address}/targets/${building}`);
      const form = contractor.locator('form[action$="/promise"]');
      const month = await form.locator('option[value^="month "]').getAttribute("value");
      await form.locator("[name=period]").selectOption(month);
      await form.locator(`[name="will.${item.slice("done.".length)}"]`).fill("5");
      await Promise.all([contractor.waitForNavigation(), form.locator("button").click()]);
      assert.equal(await contractor.locator(".summary").count(), 0);

      // The wall names what there is to talk about, in type that is read from three metres.
      const screen = await (await browser.newContext({ viewport: { width: 1920, height: 1080 } })).newPage();
      await screen.context().addCookies([sessions.leader]);
      await screen.goto(`${site.address}/round?wall=1`);
      const named = screen.locator("table.named td");
      assert.ok((await named.count()) > 5);
      const type = await named.evaluateAll((cells) => cells.map((cell) => parseFloat(getComputedStyle(cell).fontSize)));
      assert.ok(Math.min(...type) >= 24, String(type));
      const isCut = await screen.evaluate(() => [...document.querySelectorAll(".round-wall *")].some((one) => one.getBoundingClientRect().bottom > innerHeight || one.getBoundingClientRect().right > innerWidth));
      assert.equal(isCut, false, "all of it is on the screen");

      // The round: what changed is named, a decision gets an owner and a date, the minutes are paper.
      await office.goto(`${site.address}/round`);
      await fill(office, { content: "外墙增加一个班组", about: "棠川区（演示）", assignee: (await office.locator("[name=assignee] option", { hasText: "督查室" }).first().textContent()).trim(), due: day(2) }, 'main form[action^="/round/decisions?"]');
      assert.equal(await office.locator(".summary").count(), 0, await office.locator(".summary").allTextContents().then(String));
      assert.equal(await office.locator("article.decision", { hasText: "外墙增加一个班组" }).count(), 1);
      await press(office, "形成今天的纪要");
      const minutes = await office.locator('a[href$="/pdf"][href^="/round/minutes/"]').first().getAttribute("href");
      assert.ok(looksOfficial(await paper(office, minutes)) <= 2, "minutes are short");

      // The bulletin: drafted, reviewed and issued by three people; later facts leave it as it is.
      await office.goto(`${site.address}/bulletins`);
      const monday = day(-((new Date(`${today}T00:00:00Z`).getUTCDay() + 6) % 7));
      await fill(office, { from: monday });
      const bulletin = new URL(office.url()).pathname;
      await second.goto(site.address + bulletin);
      await press(second, "审核");
      await leader.goto(site.address + bulletin);
      // Its week runs on: whoever issues it now is asked first.
      await press(leader, "签发");
      await leader.check("#field-early");
      await press(leader, "签发");
      assert.match(await leader.locator("h1 + .tag").textContent(), /已印发/);
      const frozen = await leader.locator("tbody").first().textContent();
      await contractor.goto(`${site.address}/reports`);
      const others = contractor.locator('main form[action="/reports/unchanged"] button');
      if (await others.count()) await Promise.all([contractor.waitForNavigation(), others.first().click()]);
      await leader.reload();
      assert.equal(await leader.locator("tbody").first().textContent(), frozen);
      assert.ok(looksOfficial(await paper(leader, `${bulletin}/paper/pdf`)) <= 3, "a bulletin is short");
      assert.equal(await begins(leader, `${bulletin}/paper/docx`), "PK\u0003\u0004\u0014");
    } finally {
      await browser.close();
      await site.stop();
    }
  });
}
