// Photos on a teacher's phone: taken with an activity while the county is away, one of them no photo; then the county is back and has the same bytes, without a position.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { browse, desktop, login, phone, sound } from "./browser.mjs";
import { County, binary, root } from "./county.mjs";

const registrar = ["wang", "石桥镇的一句好话"];
const teacher = ["li", "山里的风天天吹着走"];
const samples = join(root, "tests/samples");
// 26°35'12.37" as EXIF has it: three fractions, the last of them.
const latitude = Buffer.from([0xd5, 0x04, 0, 0, 100, 0, 0, 0]);
const handheld = { isMobile: true, hasTouch: true };
let county, desk, record, wire;

/** The school's link: passes datagrams, as fast as asked for, or none at all. */
class Wire {
  constructor(hub) {
    const [, port] = hub.split(":");
    this.kilobytes = Infinity;
    this.open = true;
    this.front = createSocket("udp4");
    this.back = createSocket("udp4");
    const free = [0, 0];
    const pass = (way, socket, bytes, to) => {
      // One datagram after the other, each for as long as it takes.
      free[way] = Math.max(free[way], Date.now()) + bytes.length / this.kilobytes;
      setTimeout(() => { if (this.open && to()) socket.send(bytes, ...to()); }, free[way] - Date.now());
    };
    this.front.on("message", (bytes, from) => { this.node = from; pass(0, this.back, bytes, () => [Number(port), "127.0.0.1"]); });
    this.back.on("message", (bytes) => pass(1, this.front, bytes, () => this.node && [this.node.port, this.node.address]));
  }

  async begin() {
    await Promise.all([this.front, this.back].map((socket) => new Promise((done) => socket.bind(0, "127.0.0.1", done))));
    return `127.0.0.1:${this.front.address().port}`;
  }

  end() { this.front.close(); this.back.close(); }
}

before(async () => {
  county = await County.begin();
  wire = new Wire(county.quic);
  const hub = await wire.begin();
  // Not `county.node`, which waits: the wire is in this very process.
  const school = (args) => promisify(execFile)(binary("huxue-node"), ["--data", county.path("school"), ...args]);
  await school(["enrol", "--hub", hub, "--token", county.token()]);
  await school(["sync", "now"]);
  await county.down();
  desk = await county.desk("school");
});
after(async () => {
  await desk?.stop();
  wire?.end();
  await county?.end();
});

const day = () => new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10);

/** What the desk serves at an address of its own, as a page would get it. */
const fetched = async (page, href) => Buffer.from(await page.evaluate(async (href) => {
  const bytes = new Uint8Array(await (await fetch(href)).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}, href), "base64");

test("with the county away, a teacher logs an activity with photos on a phone; what is no photo is refused and the rest is kept", async () => {
  await browse(desktop, async (page) => {
    await page.goto(`${desk.url}/start`);
    for (const [id, text] of [["name", "王秀英"], ["login", registrar[0]], ["password", registrar[1]], ["again", registrar[1]]]) await page.fill(`#${id}`, text);
    await page.click("main button.main");
    await page.waitForURL((at) => !at.pathname.startsWith("/start"));
    await page.goto(`${desk.url}/people`);
    await page.fill("#name", "李老师");
    await page.fill("#login", teacher[0]);
    await page.check("input[name=role][value=class_teacher]");
    await page.fill("#classes", "3.2");
    await page.click("main button:has-text('开账号')");
    teacher.once = await page.textContent(".secret");
  });
  const renamed = join(county.dir, "说明.jpg");
  writeFileSync(renamed, "活动说明：只是文字，名字改成了照片的。");
  assert.ok(readFileSync(join(samples, "photo-with-position.jpg")).includes(latitude), "the sample says where it was taken");
  await browse(phone, async (page) => {
    await login(page, desk.url, teacher[0], teacher.once);
    await page.waitForURL("**/password");
    for (const [id, text] of [["old", teacher.once], ["new", teacher[1]], ["again", teacher[1]]]) await page.fill(`#${id}`, text);
    await page.click("main button.main");
    await page.waitForURL(/\?done=/);
    await page.goto(`${desk.url}/ledger/activity/new`);
    await page.fill("#f-on", day());
    await page.selectOption("#f-kind", "care");
    await page.fill("#f-title", "包饺子");
    await page.fill("#f-headcount_pupils", "20");
    await page.setInputFiles("#f-photos", [join(samples, "photo-with-position.jpg"), renamed, join(samples, "photo-plain.jpg")]);
    await page.waitForSelector("#slot-photos:has-text('photo-plain.jpg · 51 KB')");
    await page.locator("#f-photos").scrollIntoViewIfNeeded();
    await sound(page, "photos-form");
    await page.click("main button.main");
    await page.waitForURL(/record\/activity/);
    await page.waitForSelector(".said:has-text('有 1 个文件没有收下') li:has-text('说明.jpg：只收照片')");
    record = decodeURIComponent(new URL(page.url()).pathname.split("/").pop());
    assert.equal(await page.locator("#files li").count(), 2);
    for (const name of ["photo-with-position.jpg", "photo-plain.jpg"]) await page.waitForSelector(`#files li:has-text('${name}'):has-text('已保存在本机，等待上传')`);
    await page.waitForFunction(() => Array.from(document.querySelectorAll("#files img"), (img) => img.complete && img.naturalWidth > 0).join() === "true,true");
    await sound(page, "photos-saved");
    await page.locator("#files").scrollIntoViewIfNeeded();
    await sound(page, "photos-saved-below");
    const served = await fetched(page, await page.getAttribute("#file-photos a", "href"));
    assert.ok(served.length > 40_000 && !served.includes(latitude) && !served.includes("Exif"), "the position is not in what is served");
    assert.ok(!(await fetched(page, await page.getAttribute("#file-photos img", "src"))).includes(latitude));
    await page.click("#file-photos a");
    await page.waitForURL(/\/file\/photos$/);
    assert.equal(await page.evaluate(() => document.images[0].naturalWidth), 1200, "it opens in full");
    await page.goBack();
    await page.waitForURL(/record\/activity/);
  }, handheld);
});

test("photos are added, removed and listed by keyboard, in both languages and in the dark", async () => {
  await browse(desktop, async (page) => {
    page.on("dialog", (dialog) => dialog.accept());
    await login(page, desk.url, ...teacher);
    await page.goto(`${desk.url}/record/${record}`);
    await page.focus("#add-files summary");
    await page.keyboard.press("Enter");
    await page.setInputFiles("#f-photos", join(samples, "photo-plain.jpg"));
    await page.focus("#add-files button.main");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".said:has-text('这个文件已经在这条记录里了')");
    await page.focus("#file-photos_2 button");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".done:has-text('已从这条记录里移除')");
    assert.equal(await page.locator("#files li").count(), 1);
    await page.focus("#add-files summary");
    await page.keyboard.press("Enter");
    await page.setInputFiles("#f-photos", join(samples, "photo-plain.jpg"));
    await page.focus("#add-files button.main");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".done:has-text('1 个文件已保存在本机')");
    await sound(page, "photos-record");
    await page.goto(`${desk.url}/ledger/activity`);
    await page.waitForFunction(() => Array.from(document.querySelectorAll(".chip img"), (img) => img.naturalWidth > 0).join() === "true,true");
    await sound(page, "photos-list");
    await page.click("header button:has-text('English')");
    await page.waitForSelector("html[lang=en]");
    for (const [name, path] of [["record", `/record/${record}`], ["edit", `/record/${record}/edit`], ["list", "/ledger/activity"]]) {
      await page.goto(desk.url + path);
      await sound(page, `photos-${name}-en`);
    }
  }, { colorScheme: "dark" });
  await browse(phone, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/me`);
    await page.click("main a:has-text('照片占用的空间')");
    await page.waitForSelector("h1:has-text('照片占用的空间')");
    await sound(page, "photos-room");
  }, handheld);
});

test("without scripts the same form saves the same photo", async () => {
  await browse(phone, async (page) => {
    await login(page, desk.url, ...teacher);
    await page.goto(`${desk.url}/ledger/activity/new`);
    await page.fill("#f-on", day());
    await page.selectOption("#f-kind", "care");
    await page.fill("#f-title", "读书会");
    await page.fill("#f-headcount_pupils", "12");
    await page.setInputFiles("#f-photos", join(samples, "photo-plain.jpg"));
    await page.click("main button.main");
    await page.waitForURL(/record\/activity/);
    assert.equal(await page.locator("#files li").count(), 1);
  }, { ...handheld, javaScriptEnabled: false });
});

test("when the county is back, the photos' state becomes received while the page is open, and the county has the same bytes", async () => {
  await browse(phone, async (page) => {
    await login(page, desk.url, ...teacher);
    await page.goto(`${desk.url}/record/${record}`);
    await page.waitForSelector("#files li:has-text('等待上传')");
    await page.evaluate(() => { document.body.dataset.same = "page"; });
    await county.up();
    await page.waitForFunction(() => document.querySelectorAll("#files .dot.ok").length === 2, null, { timeout: 90_000 });
    assert.match(await page.textContent("#file-photos"), /县里已收到/);
    assert.equal(await page.evaluate(() => document.body.dataset.same), "page", "told live, not loaded anew");
    await sound(page, "photos-received");
    const { blobs } = county.hub(["blob", "list"]);
    const here = county.node("school", ["blob", "list"]).blobs;
    assert.ok(here.length === 2 && here.every((blob) => blob.here && blob.kept), JSON.stringify(here));
    assert.deepEqual(blobs.filter((blob) => blob.here).map((blob) => blob.hash).sort(), here.map((blob) => blob.hash).sort());
    for (const { hash } of here) {
      const at = join(county.dir, `county-${hash}.jpg`);
      county.hub(["blob", "get", hash, "--out", at]);
      const field = hash === here.find((blob) => blob.name.startsWith("photo-with")).hash ? "photos" : "photos_2";
      assert.ok(readFileSync(at).equals(await fetched(page, await page.getAttribute(`#file-${field} a`, "href"))), "the county has what the desk serves");
      assert.ok(!readFileSync(at).includes(latitude));
    }
  }, handheld);
});

test("on a slow link the page says how far a large scan is, a cut stops it there, and it goes on by itself", async () => {
  const scans = ["一.pdf", "二.pdf", "三.pdf"].map((name) => {
    const at = join(county.dir, name);
    writeFileSync(at, Buffer.concat([Buffer.from("%PDF-1.7\n"), randomBytes(1_200_000)]));
    return at;
  });
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...teacher);
    await page.goto(`${desk.url}/ledger/activity/new`);
    await page.fill("#f-on", day());
    await page.selectOption("#f-kind", "care");
    await page.fill("#f-title", "家长会");
    await page.fill("#f-headcount_pupils", "30");
    await page.setInputFiles("#f-photos", scans);
    wire.kilobytes = 150;
    await page.click("main button.main");
    await page.waitForURL(/record\/activity/);
    await page.waitForSelector("#files li:has-text('正在上传') progress", { timeout: 60_000 });
    const bar = await page.waitForSelector("#pulse:has-text('正在上传照片') progress", { timeout: 60_000 });
    assert.match(await page.textContent("#pulse"), /正在上传照片：第 [123] \/ 共 3 个，\d+ %/);
    await sound(page, "photos-sending");
    await page.locator("#files").scrollIntoViewIfNeeded();
    await sound(page, "photos-sending-below");
    // It goes on while the page is looked at.
    const at = Number(await bar.getAttribute("value"));
    await page.waitForFunction((at) => Number(document.querySelector("#pulse progress")?.value ?? 0) > at, at, { timeout: 60_000 });
    wire.open = false;
    await page.waitForSelector("#files li:has-text('有网后接着传')", { timeout: 120_000 });
    const stopped = Number((await page.textContent("#files li:has-text('有网后接着传')")).match(/已上传 (\d+) %/)[1]);
    await page.waitForSelector("#pulse:not(:has(progress)):has-text('照片还有')");
    await sound(page, "photos-cut");
    wire.open = true;
    const on = await page.waitForFunction(() => document.querySelector("#files")?.textContent.match(/正在上传 (\d+) %/)?.[1] ?? null, null, { timeout: 120_000 });
    assert.ok(Number(await on.jsonValue()) >= stopped, "it goes on where it stopped");
    wire.kilobytes = Infinity;
    await page.waitForFunction(() => document.querySelectorAll("#files .dot.ok").length === 3, null, { timeout: 120_000 });
    await page.waitForFunction(() => document.querySelectorAll("#pulse progress").length === 0);
  });
});
