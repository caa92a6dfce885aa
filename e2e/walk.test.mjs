// The whole way as people go it: first administrator, project and task force, plan file, approval, wall chart, paper.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fill, follow, startBrowser, startSite } from "./site.mjs";

const today = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10);
/** A plan as another program wrote it, with buildings and stages called as people call them. */
const plan = JSON.parse(readFileSync(new URL("plan.json", import.meta.url)));
const file = (name, content) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content)) });
const soon = new Date(Date.now() + 200 * 864e5).toISOString().slice(0, 10);
const seats = ["leader", "liaison", "sub_district", "employer", "contractor", "supervision_engineer"];

for (const database of ["sqlite", "postgres"]) {
  test(`from the first administrator to a printed wall chart, on ${database}`, async () => {
    const site = await startSite({ database });
    const browser = await startBrowser();
    try {
      // The system administrator comes by the one-time link and lets a security administrator in.
      const system = await (await browser.newContext()).newPage();
      await system.goto(site.welcome);
      await fill(system, { person_name: "甲", login: "system", new_password: "一句自己记得住的很长很长的话" });
      assert.match(system.url(), /\/accounts$/);
      const links = {};
      for (const name of ["乙", "丙", "丁"]) {
        await fill(system, { person_name: name });
        links[name] = await system.locator(".receipt code").textContent();
        await system.goto(`${site.address}/accounts`);
      }
      // People enter first; only then do they get posts.
      const enter = async (name) => {
        const page = await (await browser.newContext()).newPage();
        await page.goto(site.address + links[name]);
        await fill(page, { login: `user-${name}`, new_password: "另一句自己记得住的很长很长的话" });
        assert.equal(await page.locator("h1").textContent(), "您已登录，还没有岗位");
        return page;
      };
      const security = await enter("乙");
      const leader = await enter("丙");
      const office = await enter("丁");
      await system.goto(`${site.address}/accounts`);
      await system.locator("form[action='/posts'] [name=account]").selectOption({ label: "乙" });
      await system.locator("form[action='/posts'] [name=role]").selectOption("security_admin");
      await Promise.all([system.waitForNavigation(), system.locator("form[action='/posts'] button").click()]);

      // The security administrator grants posts to a leader and a planner.
      await security.goto(`${site.address}/posts`);
      await fill(security, { account: "丙", role: "leader", from: today });
      await fill(security, { account: "丁", role: "supervision_office", from: today });

      // District, project, parcel, building; every place has an accountable official.
      await leader.goto(`${site.address}/places/new`);
      await fill(leader, { kind: "district", name: "试验区" });
      assert.equal(await leader.locator(".summary a").getAttribute("href"), "#field-official");
      assert.equal(await leader.locator("#field-name").inputValue(), "试验区", "the form stays filled");
      await fill(leader, { official: "丙" });
      for (const [kind, name, extra] of [["project", "试验项目", { programme: "resettlement" }], ["parcel", "一号地块", {}], ["building", "1号楼", { floors_above: "18", floors_below: "1", flats: "108" }]]) {
        await follow(leader, "开设点位");
        await fill(leader, { kind, name, ...extra });
        assert.equal(await leader.locator("h1").textContent(), name);
      }
      await leader.goto(`${site.address}/task-forces`);
      await follow(leader, "试验项目");
      for (const seat of seats) await fill(leader, { seat, holder: "丁", from: today });

      // The organisation that commands dates is one of the register.
      await leader.goto(`${site.address}/organisations`);
      await fill(leader, { name: "指挥部", kind: "headquarters" });

      // A plan file by one person. What is wrong with it is said line by line, and nothing of it is kept.
      await office.goto(`${site.address}/plans`);
      await follow(office, "试验项目");
      await follow(office, "导入计划文件");
      const upload = async (chosen) => {
        await office.locator("[name=plan_file]").setInputFiles(chosen);
        const [answer] = await Promise.all([office.waitForNavigation(), office.getByRole("button", { name: "查看内容" }).click()]);
        return answer.status();
      };
      const dated = { ...plan, start: today, mandated: plan.mandated.map((one) => ({ ...one, finish_by: soon })) };
      const circle = { from: "END", to: "B1-010" };
      assert.equal(await upload(file("计划.json", { ...dated, links: [...plan.links, circle] })), 422);
      assert.ok((await office.locator("table.findings .lamp.bad").count()) > 0, "the circle is named");

      // The dry run shows what was read; only then is it imported, as a draft.
      assert.equal(await upload(file("计划.json", dated)), 200);
      assert.equal(await office.locator("h1").textContent(), "文件内容");
      assert.deepEqual(await office.locator("table.activities td:nth-child(2)").allTextContents(), plan.activities.map((one) => one.name));
      assert.match(await office.locator("main .notice").textContent(), /1 个节点时限没有导入/);
      await Promise.all([office.waitForNavigation(), office.getByRole("button", { name: "导入为草案" }).click()]);
      const version = office.url();
      assert.match(version, /\/plan-versions\//);
      assert.match(await office.locator("dl.facts").textContent(), /计划\.json/);
      // What is exported is read again, name by name.
      const workbook = await (await office.request.get(`${version}/export/xlsx`)).body();
      await follow(office, "试验项目");
      await follow(office, "导入计划文件");
      assert.equal(await upload(file("计划.xlsx", workbook)), 200);
      assert.deepEqual(await office.locator("table.activities td:nth-child(2)").allTextContents(), plan.activities.map((one) => one.name));

      // Another person approves, and commands a date.
      await leader.goto(version);
      await fill(leader, { reason: "经现场核对" });
      await follow(leader, "下达节点时限");
      await fill(leader, { activity: "全部交付", finish_by: soon, issuer: "指挥部", document: "一号文", edition: "第一版" });
      assert.ok((await leader.locator("section.sheet .lamp.bad").count()) === 1, "the date cannot be kept, and the page says so");
      await Promise.all([leader.waitForNavigation(), leader.getByRole("button", { name: "启动项目" }).click()]);
      assert.match(await leader.locator("main").textContent(), /已启动/);

      // The wall: every lamp opens why, who, since when; the command room's screen hears of a new fact by itself.
      await leader.goto(`${site.address}/wall`);
      await Promise.all([leader.waitForNavigation(), leader.locator("table.matrix tbody th a").first().click()]);
      assert.equal(await leader.locator("tbody th[scope=row] a").textContent(), "1号楼", "activities belong to the building their file names");
      assert.equal(await leader.locator("a.cell").count(), 6, "six stages known by their names");
      await Promise.all([leader.waitForNavigation(), leader.locator("a.cell.bad").first().click()]);
      assert.deepEqual(await leader.locator("section h2").allTextContents(), ["为什么", "从何时起", "谁负责", "日期"]);
      const wall = await leader.context().newPage();
      await wall.goto(`${site.address}/wall?wall=1`);
      const before = await wall.locator("footer span").first().textContent();
      await wall.waitForTimeout(500);
      await leader.goto(`${site.address}/places`);
      await follow(leader, "试验项目");
      await follow(leader, "更新状态");
      await fill(leader, { state: "under_construction" });
      await wall.waitForFunction((old) => document.querySelector("footer span").textContent !== old, before, { timeout: 10000 });

      // Paper.
      const answer = await leader.request.get(`${site.address}/wall.pdf?size=A3`);
      assert.equal(answer.status(), 200);
      assert.equal((await answer.body()).subarray(0, 5).toString(), "%PDF-");
    } finally {
      await browser.close();
      await site.stop();
    }
  });
}
