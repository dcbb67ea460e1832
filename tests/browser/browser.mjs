// Chromium as the teachers have it, with axe on every page and an eye on the console.
import { chromium } from "playwright-core";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
/** Where pictures go; none are taken unless it is named. */
const pictures = process.env.HUXUE_PICTURES;

export const desktop = { width: 1366, height: 768 };
export const phone = { width: 390, height: 844 };

/** `own`: where pages may ask, besides this machine without TLS. */
export async function browse(viewport, work, { own = null, ...options } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "huxue-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.HUXUE_CHROMIUM ?? "/usr/bin/chromium", args: flags, viewport, locale: "zh-CN", acceptDownloads: true, ...options,
  });
  const page = context.pages()[0] ?? await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error" && !/status of 4\d\d|Response Status Error Code 4\d\d/.test(message.text())) complaints.push(message.text()); });
  page.on("request", (request) => { if (!/^(http:\/\/127\.0\.0\.1|data:)/.test(request.url()) && !(own && request.url().startsWith(own))) complaints.push(`asked elsewhere: ${request.url()}`); });
  try {
    await work(page);
  } catch (error) {
    if (pictures) await page.screenshot({ path: join(pictures, "failed.png"), fullPage: true }).catch(() => {});
    // What the page said is worth more than which element was missing.
    error.stack += `\non ${page.url()}: ${await page.textContent("#pulse").catch(() => "")} ${await page.textContent("main").then((text) => text.replace(/\s+/g, " ").slice(0, 400)).catch(() => "")}`;
    throw error;
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
  assert.deepEqual(complaints, [], "the console is quiet and nothing is asked of another machine");
}

/** Holds a page to what every page must be: no axe violation, nothing beside the screen. */
export async function sound(page, name) {
  if (pictures) {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ caret: "initial", path: join(pictures, `${name}-${page.viewportSize().width}.png`) });
  }
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" | ").slice(0, 300)}`), [], name);
  const beside = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const widest = beside > 0 ? await page.evaluate(() => [...document.querySelectorAll("main *")].filter((node) => node.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map((node) => `${node.tagName}.${node.className}#${node.id}`).slice(0, 8).join(" ")) : "";
  assert.ok(beside <= 0, `${name} is ${beside} px wider than the screen: ${widest}`);
}

export async function login(page, url, name, password) {
  await page.goto(`${url}/login`);
  await page.fill("#login", name);
  await page.fill("#password", password);
  await page.click("main button.main");
  await page.waitForURL((at) => !at.pathname.startsWith("/login"));
}
