// Starts the program on a fresh folder, and a browser beside it.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const binary = new URL("../target/debug/guatu", import.meta.url).pathname;

/**
 * Serves a fresh site on SQLite or PostgreSQL; `demo` fills it with the invented district first: with a copy of the one in the
 * folder `E2E_DEMO`, or in the folder `E2E_DEMO_POSTGRES` and the database `demo`, where there is one, since to tell it takes
 * minutes.
 */
export async function startSite({ database = "sqlite", demo = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "guatu-e2e-"));
  const env = { ...process.env, GUATU_DATA: folder, GUATU_LISTEN: "127.0.0.1:0" };
  delete env.GUATU_DATABASE_URL;
  const told = demo && (database === "sqlite" ? process.env.E2E_DEMO : process.env.E2E_DEMO_POSTGRES);
  if (database === "postgres") {
    const name = `e2e_${process.pid}_${Math.floor(performance.now())}`;
    await finished(spawn("psql", [process.env.TEST_PG_URL, "-qc", `CREATE DATABASE ${name}${told ? " TEMPLATE demo" : ""}`]));
    const url = new URL(process.env.TEST_PG_URL);
    url.pathname = `/${name}`;
    env.GUATU_DATABASE_URL = url.href;
  }
  if (told) cpSync(told, folder, { recursive: true });
  else if (demo) await finished(spawn(binary, ["demo"], { env, stdio: "ignore" }));
  const server = spawn(binary, ["serve"], { env });
  let said = "";
  server.stderr.pipe(process.stderr);
  const address = await new Promise((resolve, reject) => {
    server.stdout.on("data", (text) => {
      said += text;
      if (said.includes("Ctrl-C")) resolve(said.match(/http:\/\/\S+/)[0]);
    });
    server.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
  return {
    address,
    welcome: said.match(/http:\/\/\S+\/welcome\/\S+/)?.[0],
    env,
    async stop() {
      server.removeAllListeners("exit");
      const ended = new Promise((resolve) => server.on("exit", resolve));
      server.kill("SIGTERM");
      await ended;
      // Every walk ends with a ledger that verifies and replays.
      await finished(spawn(binary, ["verify"], { env, stdio: ["ignore", "ignore", "inherit"] }));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function finished(child) {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${child.spawnfile} ended with ${code}`))));
  });
}

const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const options = { executablePath: "/usr/bin/chromium", args: ["--no-sandbox", ...quiet] };

/** A headless browser that asks nobody outside. */
export function startBrowser() {
  return chromium.launch(options);
}

/** A phone: a browser with a folder of its own, so that what it keeps is on a disk and counted, as it is on a phone. */
export async function startPhone(more) {
  const folder = mkdtempSync(join(tmpdir(), "guatu-phone-"));
  const context = await chromium.launchPersistentContext(folder, { ...options, ...more, viewport: { width: 360, height: 740 } });
  return { context, async stop() { await context.close(); rmSync(folder, { recursive: true, force: true }); } };
}

/** Fills a form's fields by name and presses its button. */
export async function fill(page, fields, form = "main form.fields") {
  const scope = page.locator(form).last();
  for (const [name, value] of Object.entries(fields)) {
    const field = scope.locator(`[name=${name}]`);
    if ((await field.evaluate((element) => element.tagName)) === "SELECT") {
      const option = await field.locator("option").evaluateAll((options, wanted) => options.find((one) => one.value === wanted || one.textContent.trim() === wanted)?.value, value);
      await field.selectOption(option ?? value);
    } else await field.fill(value);
  }
  await Promise.all([page.waitForNavigation({ waitUntil: "load" }), scope.locator("button[type=submit]").last().click()]);
}

/** Follows the link of a name in the page's own content. */
export async function follow(page, name) {
  await Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.locator("main").getByRole("link", { name }).first().click()]);
}

/**
 * Steps into people of the invented district by their roles, as the page for reviewers does, and gives their sessions; a role
 * with a number is the person after so many of it. `reviewer` is the first administrator.
 */
export async function stepInto(browser, site, roles) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(site.welcome);
  await page.fill("[name=person_name]", "评审");
  await page.fill("[name=login]", "review");
  await page.fill("[name=new_password]", "一句自己记得住的很长很长的话");
  await Promise.all([page.waitForNavigation(), page.click("main button[type=submit]")]);
  const session = async () => (await context.cookies()).find((one) => one.name === "guatu_session");
  const reviewer = await session();
  const found = { reviewer };
  for (const [name, wanted] of Object.entries(roles)) {
    const [role, nth] = [wanted].flat();
    await context.addCookies([reviewer]);
    await page.goto(`${site.address}/demo`);
    await Promise.all([page.waitForNavigation(), page.locator("tr", { hasText: role }).nth(nth ?? 0).locator("button").click()]);
    found[name] = await session();
  }
  await context.close();
  return found;
}

/** The pages of a PDF as pictures of 50 dots an inch: width, height, and the pixels as red, green, blue. */
export function pictures(pdf) {
  const folder = mkdtempSync(join(tmpdir(), "guatu-paper-"));
  try {
    const file = join(folder, "paper.pdf");
    writeFileSync(file, pdf);
    execFileSync("pdftoppm", ["-r", "50", file, join(folder, "page")]);
    return readdirSync(folder).filter((name) => name.endsWith(".ppm")).sort().map((name) => {
      const bytes = readFileSync(join(folder, name));
      const [head, width, height] = bytes.subarray(0, 40).toString("latin1").match(/^P6\s+(\d+)\s+(\d+)\s+255\s/);
      return { width: Number(width), height: Number(height), pixels: bytes.subarray(head.length) };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The share of a page's pixels between two heights and two widths (in shares of the page) that a test of a colour takes. */
export function ink({ width, height, pixels }, takes, [left, right] = [0, 1], [top, bottom] = [0, 1]) {
  let [taken, all] = [0, 0];
  for (let y = Math.floor(top * height); y < Math.floor(bottom * height); y++) {
    for (let x = Math.floor(left * width); x < Math.floor(right * width); x++) {
      const at = 3 * (y * width + x);
      all += 1;
      if (takes(pixels[at], pixels[at + 1], pixels[at + 2])) taken += 1;
    }
  }
  return taken / all;
}
