// An order as people live it, without a script: drafted, approved, issued, signed for and reported on a phone with a picture,
// closed by somebody else; the unit's rate follows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startBrowser, startSite, stepInto } from "./site.mjs";

const unit = "青梧建筑公司（演示）";
// A picture of one point.
const picture = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==", "base64");

for (const database of ["sqlite", "postgres"]) {
  test(`an order from its draft to its rate, on ${database}`, async () => {
    const site = await startSite({ database, demo: true });
    const browser = await startBrowser();
    try {
      const sessions = await stepInto(browser, site, { leader: "领导", office: "督查室", second: ["督查室", 1], contractor: "施工单位" });
      const people = {};
      for (const [name, cookie] of Object.entries(sessions)) {
        const viewport = name === "contractor" ? { width: 360, height: 740 } : { width: 1440, height: 900 };
        const context = await browser.newContext({ viewport, javaScriptEnabled: false });
        await context.addCookies([cookie]);
        people[name] = await context.newPage();
      }
      const { leader, office, second, contractor } = people;
      const press = (page, name) => Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.locator("main").getByRole("button", { name, exact: true }).click()]);
      const rate = async () => {
        await leader.goto(`${site.address}/orders/rates`);
        const cells = await leader.locator("tbody tr", { hasText: unit }).locator("td").allTextContents();
        return { issued: Number(cells[3]), closed: Number(cells[4]), onTime: Number(cells[5]) };
      };
      const before = await rate();

      // A refused draft comes back filled; then it is drafted.
      await office.goto(`${site.address}/orders/new?place=p01`);
      await office.selectOption("[name=source]", { label: "领导批示" });
      await office.fill("[name=reference]", "棠批〔演示〕99号");
      await office.fill("[name=title]", "补装楼梯间扶手");
      await office.fill("[name=content]", "三栋楼楼梯间扶手未装，补装后报验。");
      for (const [name, label] of [["lead", unit], ["supporting1", unit], ["limit", "市督查规则·批示急件（5 天）"], ["ladder", "三色督办单（华亭、三明）"]]) await office.selectOption(`[name=${name}]`, { label });
      await press(office, "拟一件督办");
      assert.match(await office.locator(".summary").textContent(), /S-105/);
      assert.equal(await office.inputValue("[name=title]"), "补装楼梯间扶手");
      await office.selectOption("[name=supporting1]", "");
      await press(office, "拟一件督办");
      const order = office.url();

      // A leader agrees, the office issues: the unit is told on its first page.
      await leader.goto(order);
      await press(leader, "审签同意");
      await office.goto(order);
      await press(office, "交办，开始计时");
      assert.match(await office.locator(".clock").textContent(), /还有 \d+ 天/);
      await contractor.goto(site.address);
      const told = Number(await contractor.locator("header nav .count").textContent());
      assert.ok(told >= 1);

      // Signed for and reported on a phone, with a picture.
      await contractor.goto(order);
      await press(contractor, "签收");
      await contractor.fill("[name=outcome]", "三栋楼扶手补装完毕");
      await contractor.fill("section [name=evidence]", "报验单 12 号");
      await contractor.setInputFiles("[name=photos]", { name: "a.png", mimeType: "image/png", buffer: picture });
      await press(contractor, "反馈办结");
      assert.equal(await contractor.locator(".photos img").count(), 1);
      assert.equal(await contractor.getByRole("button", { name: "办结销号" }).count(), 0, "whoever reports does not close");

      // Somebody else looks and closes; the rate follows.
      await second.goto(`${site.address}/orders?show=mine`);
      await Promise.all([second.waitForNavigation(), second.getByRole("link", { name: "补装楼梯间扶手" }).click()]);
      await second.fill("section [name=evidence] >> nth=0", "三栋楼逐层看过");
      await press(second, "办结销号");
      assert.match(await second.locator(".clock").textContent(), /按时/);
      assert.deepEqual(await rate(), { issued: before.issued + 1, closed: before.closed + 1, onTime: before.onTime + 1 });
    } finally {
      await browser.close();
      await site.stop();
    }
  });
}
