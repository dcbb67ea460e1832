// What is read: the trail with people in it, what is open on a child's page, lists and reports as they are printed, each in both languages, dark and on a phone.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browse, desktop, login, phone, sound } from "./browser.mjs";
import { County, root } from "./county.mjs";

const registrar = ["wang", "石桥镇的一句好话"];
let county, desk, child, log, dir;

const day = (back) => new Date(Date.now() + 8 * 3600e3 - back * 86400e3).toISOString().slice(0, 10);
const node = (...args) => county.node("school", args);
const sets = (set) => Object.entries(set).flatMap(([k, v]) => ["--set", `${k}=${v}`]);
const add = (ledger, set, by = "李老师") => node("record", "add", ledger, "--student", child._id, "--by", by, ...sets(set)).record;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "huxue-read-"));
  county = await County.begin();
  county.hub(["import", "ledger", "aid_programme", join(root, "shared/samples/aid_programmes.csv")]);
  county.node("school", ["enrol", "--hub", county.quic, "--token", county.token()]);
  node("sync", "now");
  node("import", "roster", join(root, "tests/samples/roster-clean.xlsx"), "--this-school");
  child = node("record", "list", "enrolment", "--limit", "1").rows[0];
  const programme = node("record", "list", "aid_programme", "--limit", "50").rows[0]._id;
  const application = add("aid_application", { programme, applicant: "guardian", level: "hard", on: day(60) });
  add("aid_payment", { programme, application, channel: "social", form: "cash", held_by: "school_held", gratis: "gift", purpose: "board", receipt: "signed", amount: "300.25", on: day(10), paid_on: day(10) });
  const room = add("dropout_case", { opened_by: "teacher", first_absent: day(12), on: day(10) });
  node("record", "step", room, "verify", "--on", day(9), "--by", "王老师", "--why", "家里没人");
  log = add("care_log", { kind: "visit", with: "child", minutes: "20", found: "家里只有奶奶", follow_up: "yes", next_on: day(-3), on: day(4) });
  node("record", "set", log, "--by", "王老师", ...sets({ minutes: "45", note: "带了一本书" }));
  desk = await county.desk("school");
  await browse(desktop, async (page) => {
    await page.goto(desk.url);
    await page.waitForURL("**/start");
    for (const [id, text] of [["name", "王秀英"], ["login", registrar[0]], ["password", registrar[1]], ["again", registrar[1]]]) await page.fill(`#${id}`, text);
    await page.click("main button.main");
    await page.waitForURL((at) => !at.pathname.startsWith("/start"));
    // Whoever reads aid as well sees its lists.
    await page.goto(`${desk.url}/people/1`);
    for (const role of ["registrar", "aid_officer"]) await page.check(`input[name=role][value=${role}]`);
    await page.click("main form button.main");
  });
});
after(async () => {
  await desk?.stop();
  await county?.end();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

test("a ledger the county publishes is there in the running desk, with its form, its checks, its list and its grid", async () => {
  const milk = `code = "milk"
version = 1
subject = "student"
form = "records"
owner = "school"
sections = ["basic_education"]
privacy = "A"
title = { zh = "营养奶", en = "Milk" }
label = ["boxes"]
list = ["boxes", "on"]
[[field]]
code = "boxes"
title = { zh = "盒数", en = "Boxes" }
type = "int"
required = "yes"
min = 1
`;
  writeFileSync(join(dir, "milk.toml"), milk);
  county.hub(["ledger", "publish", join(dir, "milk.toml")]);
  node("sync", "now");
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/ledgers`);
    await page.click("main a:has-text('营养奶')");
    await page.waitForURL("**/ledger/milk");
    await page.goto(`${desk.url}/ledger/milk/new?student=${child._id}`);
    await page.fill("#f-boxes", "0");
    await page.click("main button.main");
    await page.waitForSelector("#f-boxes[aria-invalid], .field .error, .said");
    assert.match(page.url(), /milk\/new/, "what the definition refuses is refused");
    await page.fill("#f-boxes", "3");
    await sound(page, "published-form");
    await page.click("main button.main");
    await page.waitForURL(/record\/milk:/);
    await page.goto(`${desk.url}/ledger/milk`);
    assert.match(await page.textContent("main"), /共 1 条/);
    await sound(page, "published-list");
    await page.goto(`${desk.url}/ledger/milk/grid`);
    assert.match(await page.textContent("table.grid thead"), /盒数/);
    await page.goto(`${desk.url}/ledger/milk`);
    await page.click("header button:has-text('English')");
    await page.waitForSelector("html[lang=en]", { state: "attached" });
    assert.match(await page.textContent("main"), /Boxes/);
  });
});

test("who, where and from what to what stand in the trail, a line an edit", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/record/${log}`);
    await page.click("#trail summary");
    const lines = await page.$$eval("#trail tbody tr", (rows) => rows.map((row) => row.textContent.replace(/\s+/g, " ").trim()));
    assert.equal(lines.length, 2, lines.join("\n"));
    assert.match(lines[0], /王老师 ?在本机上 ?时长 20 分钟 → 45 分钟/);
    assert.match(lines[1], /李老师 ?在本机上 ?建立记录/);
    await page.locator("#trail").scrollIntoViewIfNeeded();
    await sound(page, "read-trail");
  });
});

test("what is open stands on top of a child's page, and adding is in reach without scrolling on a phone", async () => {
  await browse(phone, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/child/${child._id}`);
    const open = await page.textContent("section.open-items");
    for (const words of ["还有 3 天", "草稿放了十五天", "资助申请认定"]) assert.ok(open.includes(words), `${words}: ${open}`);
    const menu = page.locator("details.menu > summary");
    const box = await menu.boundingBox();
    assert.ok(box.y + box.height < phone.height, "in sight at once");
    await sound(page, "read-child");
    await menu.click();
    await sound(page, "read-child-add");
    await page.click("details.menu a:has-text('留守儿童关爱记录')");
    await page.waitForURL(/\/ledger\/care_log\/new/);
  });
});

test("a report is found by its title, asks for a child by name, and is printed with school, year and day", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/reports`);
    assert.ok((await page.evaluate(() => document.documentElement.scrollHeight)) < 3000, "the page is not a roll of paper");
    await sound(page, "read-reports");
    await page.locator("#q").pressSequentially("ysyd");
    await page.waitForFunction(() => document.querySelectorAll("#list .index li").length === 1);
    await page.click("#list .index a");
    await page.waitForURL(/one_child/);
    await sound(page, "read-report-child");
    await page.locator("#q").pressSequentially(child.name.slice(0, 2));
    await page.click("#found a");
    await page.waitForSelector("table tbody tr");
    const text = await page.textContent("main table");
    assert.ok(!/(care_log|dropout_case|aid_payment|aid_application):/.test(text), text);
    await sound(page, "read-report");
    await page.goto(`${desk.url}/report/enrolment_headcount`);
    await sound(page, "read-report-sum");
    const file = join(dir, "report.pdf");
    writeFileSync(file, await page.pdf({ format: "A4" }));
    const said = spawnSync("pdftotext", ["-layout", file, "-"], { encoding: "utf8" }).stdout.replace(/\s+/g, "");
    for (const words of ["打印日期", "学年：", "合计", day(0)]) assert.ok(said.includes(words), `${words}: ${said}`);
  });
});

test("a printed list names what it refers to and has its state", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    for (const [path, name] of [["/ledger/aid_payment/print?as=list", "payment"], ["/ledger/aid_application/print?as=list&state=draft", "application"], [`/paper/child/dropout_history?student=${child._id}`, "history"]]) {
      await page.goto(desk.url + path);
      const text = await page.textContent("article.sheet");
      assert.ok(!/aid_(programme|application):/.test(text), text);
      if (name === "application") assert.ok(text.includes("草稿") && text.includes("打印日期"), text);
      if (name === "history") assert.ok(text.includes("家里没人") && text.includes("王老师"), text);
      await sound(page, `read-list-${name}`);
    }
  });
});

test("these pages pass axe in both languages, dark and on a phone", async () => {
  const paths = [`/child/${child._id}`, `/record/${log}?trail=all`, "/reports", "/report/one_child", `/report/one_child?child=${child._id}`, "/report/enrolment_headcount", "/report/aid_paid", "/ledger/aid_application/print?as=list", `/record/${log}/print`];
  for (const [scheme, viewport] of [["light", desktop], ["dark", desktop], ["light", phone], ["dark", phone]]) {
    await browse(viewport, async (page) => {
      await login(page, desk.url, ...registrar);
      for (const lang of ["zh", "en"]) {
        if ((await page.getAttribute("html", "lang")).slice(0, 2) !== lang) await page.click(".me form:last-child button");
        for (const [at, path] of paths.entries()) {
          await page.goto(desk.url + path);
          await sound(page, `read-${scheme}-${lang}-${at}`);
        }
      }
    }, { colorScheme: scheme });
  }
});
