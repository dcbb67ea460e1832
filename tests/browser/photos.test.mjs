// Photos on a teacher's phone: taken with an activity while the county is away, one of them no photo; then the county is back and has the same bytes, without a position.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browse, desktop, login, phone, sound } from "./browser.mjs";
import { County, root } from "./county.mjs";

const registrar = ["wang", "石桥镇的一句好话"];
const teacher = ["li", "山里的风天天吹着走"];
const samples = join(root, "tests/samples");
// 26°35'12.37" as EXIF has it: three fractions, the last of them.
const latitude = Buffer.from([0xd5, 0x04, 0, 0, 100, 0, 0, 0]);
const handheld = { isMobile: true, hasTouch: true };
let county, desk, record;

before(async () => {
  county = await County.begin();
  county.node("school", ["enrol", "--hub", county.quic, "--token", county.token()]);
  county.node("school", ["sync", "now"]);
  await county.down();
  desk = await county.desk("school");
});
after(async () => {
  await desk?.stop();
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
