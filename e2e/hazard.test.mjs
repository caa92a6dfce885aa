// A major hazard as people live it on a phone, without a script: found, work stops and the plan moves, repaired with a picture,
// looked at by somebody else, reviewed by a third, work goes on, closed once both reports are there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startBrowser, startSite, stepInto } from "./site.mjs";

// A picture of one point.
const picture = { name: "a.png", mimeType: "image/png", buffer: Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==", "base64") };

test("a major hazard from its finding to its end, on a phone", async () => {
  const site = await startSite({ demo: true });
  const browser = await startBrowser();
  try {
    const sessions = await stepInto(browser, site, { leader: "领导", office: "督查室", engineer: "监理工程师", contractor: "施工单位" });
    const people = {};
    for (const [name, cookie] of Object.entries(sessions)) {
      const context = await browser.newContext({ viewport: { width: 360, height: 740 }, javaScriptEnabled: false });
      await context.addCookies([cookie]);
      people[name] = await context.newPage();
    }
    const { leader, office, engineer, contractor } = people;
    const press = (page, name) => Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.locator("main").getByRole("button", { name, exact: true }).click()]);
    const fits = async (page) => assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360, `${page.url()} is wider than a phone`);

    // The contractor's own project, and its first building that has a risk point.
    await contractor.goto(`${site.address}/hazards/new`);
    const place = await contractor.locator("[name=about] option").nth(1).getAttribute("value");
    await contractor.goto(`${site.address}/hazards/new?place=${place}`);
    await fits(contractor);
    await contractor.selectOption("[name=hazard_kind]", { label: "起重机械未验收或安全装置缺失" });
    await contractor.selectOption("[name=hazard_grade]", { label: "一般隐患" });
    await contractor.fill("[name=remark]", "吊钩防脱装置缺失");
    await contractor.setInputFiles("[name=photos]", picture);
    await contractor.fill("[name=measure]", "停用，补装后验收");
    await contractor.locator("[name=assignee] option").nth(1).evaluate((option) => option.value).then((value) => contractor.selectOption("[name=assignee]", value));
    await contractor.fill("[name=amount_yuan]", "2000");
    await press(contractor, "登记隐患");
    assert.match(await contractor.locator(".summary").textContent(), /H-110/, "a kind of the published list is major, and names its contingency");
    assert.equal(await contractor.inputValue("[name=remark]"), "吊钩防脱装置缺失");
    await contractor.setInputFiles("[name=photos]", picture);
    await contractor.fill("[name=contingency]", "清场，禁止吊装");
    await press(contractor, "登记隐患");
    const hazard = contractor.url();
    await fits(contractor);
    assert.match(await contractor.locator("#stopped").textContent(), /起停工/);

    // Repaired with a picture; who repaired is not offered to judge.
    await contractor.fill("[name=remark] >> nth=0", "已补装");
    await contractor.setInputFiles("[name=photos] >> nth=0", picture);
    await press(contractor, "整改完成");
    assert.equal(await contractor.getByRole("button", { name: "复查", exact: true }).count(), 0);

    // Looked at by a leader, asked by the site, reviewed by the office: three people.
    await leader.goto(hazard);
    await leader.selectOption("[name=done]", "yes");
    await leader.fill("[name=remark] >> nth=0", "逐钩看过");
    await press(leader, "复查");
    assert.match(await leader.locator("#stopped").textContent(), /起停工/, "looked at, and still standing");
    await contractor.goto(hazard);
    await contractor.fill("[name=remark] >> nth=0", "装置齐全，申请复工");
    await press(contractor, "申请复工");
    await office.goto(hazard);
    await office.selectOption("[name=done]", "yes");
    await office.fill("[name=remark] >> nth=0", "同意");
    await press(office, "审查复工");
    assert.equal(await office.locator("#stopped").count(), 0, "work goes on");

    // Not closed without both reports.
    await office.fill("[id=field-close-remark]", "复工无异常");
    await press(office, "销号");
    assert.match(await office.locator(".summary").textContent(), /H-117/);
    for (const recipient of ["报告监管部门", "报告职代会"]) {
      await contractor.goto(hazard);
      await contractor.selectOption("[name=recipient]", { label: recipient });
      await contractor.fill("[name=document]", "报告单 1 号");
      await press(contractor, "登记报告");
    }
    await office.goto(hazard);
    await office.fill("[id=field-close-remark]", "复工无异常");
    await press(office, "销号");
    assert.match(await office.locator(".bar .lamp").textContent(), /已销号/);
    await fits(office);
    // The supervision engineer of another project finds none of it.
    await engineer.goto(`${site.address}/hazards`);
    await fits(engineer);
  } finally {
    await browser.close();
    await site.stop();
  }
});
