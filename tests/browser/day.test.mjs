// A school's first day and a teacher's day: from nothing to records, with the county away, then back; two machines that disagree.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browse, desktop, login, phone, sound } from "./browser.mjs";
import { County, root } from "./county.mjs";

const registrar = ["wang", "石桥镇的一句好话"];
const teacher = ["li", "山里的风天天吹着走"];
let county, desk;

before(async () => {
  county = await County.begin();
  desk = await county.desk("school");
});
after(async () => {
  await desk?.stop();
  await county?.end();
});

const ago = (days) => {
  // School days of this week or the last: the roll follows them, whatever day the test runs on.
  const day = new Date(Date.now() + 8 * 3600e3);
  while (days > 0 || [0, 6].includes(day.getUTCDay())) {
    if (![0, 6].includes(day.getUTCDay())) days -= 1;
    if (days < 0) break;
    day.setUTCDate(day.getUTCDate() - 1);
  }
  return day.toISOString().slice(0, 10);
};

test("the first start leads from nothing to a roster, in this machine's own browser", async () => {
  assert.equal(desk.ready.first_start, true);
  const began = performance.now();
  await browse(desktop, async (page) => {
    await page.goto(desk.url);
    await sound(page, "first-start");
    await page.fill("#hub", county.quic);
    await page.fill("#token", "没有这样的入网码");
    await page.click("main button.main");
    await page.waitForSelector(".said");
    await sound(page, "first-start-refused");
    const file = join(county.dir, "token.txt");
    writeFileSync(file, `${county.token()}\n`);
    await page.fill("#hub", county.quic);
    await page.fill("#token", "");
    await page.setInputFiles("#file", file);
    await page.click("main button.main");
    await page.waitForURL("**/start");
    await sound(page, "first-account");
    for (const [id, text] of [["name", "王秀英"], ["login", registrar[0]], ["password", registrar[1]], ["again", registrar[1]]]) await page.fill(`#${id}`, text);
    await page.click("main button.main");
    await page.waitForURL(/import\?first=1/);
    await sound(page, "import");
    await page.setInputFiles("#file", join(root, "tests/samples/roster-messy.xlsx"));
    await page.click("main button.main");
    await page.waitForSelector("text=可以收");
    await sound(page, "import-preview");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("a.button:has-text('下载退回名单')")]);
    assert.match(download.suggestedFilename(), /xlsx$/);
    // The file names another school in every row, though the code is this one's.
    assert.match(await page.textContent("main"), /学校标识码是本校的.*青杠镇中心小学/s);
    await page.check("input[name=this_school]");
    await page.click("button:has-text('写入这')");
    await page.waitForURL(/import\?done=/);
    console.log(`huxue desk from nothing to the first records, every page held to axe on the way, ${((performance.now() - began) / 1000).toFixed(0)} s (limit 600, a person's reading and typing included)`);
    await page.goto(`${desk.url}/people`);
    await page.fill("#name", "李老师");
    await page.fill("#login", teacher[0]);
    await page.check("input[name=role][value=class_teacher]");
    await page.fill("#classes", "3.2");
    await page.click("main button:has-text('开账号')");
    teacher.once = await page.textContent(".secret");
    await sound(page, "people");
  });
});

test("the list of children is filtered by class as soon as one is chosen", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/children`);
    await page.selectOption("#class", "3.2");
    await page.waitForURL(/class=3\.2$/);
    assert.ok(await page.locator("#list tbody tr, #list li").count() > 0, "the class is listed");
    assert.equal(await page.locator("#list :text('三年级2班')").count() > 0, true);
  });
});

test("with the county away, a teacher takes the roll by keyboard and the third day opens a case", async () => {
  await county.down();
  await browse(desktop, async (page) => {
    await login(page, desk.url, teacher[0], teacher.once);
    await page.waitForURL("**/password");
    await page.fill("#old", teacher.once);
    await page.fill("#new", teacher[1]);
    await page.fill("#again", teacher[1]);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\?done=/);
    await sound(page, "today");
    for (const back of [2, 1, 0]) {
      // On a weekend the day of its own accord would be no school day.
      await page.goto(`${desk.url}/roll/3/2${back > 0 ? "" : `?on=${ago(0)}`}`);
      if (back > 0) {
        await page.fill("#on", ago(back));
        await page.waitForURL(new RegExp(`on=${ago(back)}$`));
        await page.waitForSelector(`tbody tr:nth-child(2) [hx-post*="${ago(back)}"], tbody tr:nth-child(2) form[action*="${ago(back)}"]`);
      }
      if (back === 2) await sound(page, "roll");
      // The keys that the page names work as it opens, and none of them leads out of the list or marks a child by walking past the end.
      if (back === 2) await page.focus("tbody tr:nth-child(1) input:checked");
      else assert.equal(await page.locator("tbody tr:nth-child(2) input:checked").count(), 0, "who was away is not taken for back");
      if (back === 0) assert.equal(await page.evaluate(() => document.activeElement.matches("tbody tr:nth-child(2) input")), true, "of whom it must be said has the focus");
      else await page.focus("tbody tr:nth-child(1) input:checked");
      await page.keyboard.press("ArrowUp");
      assert.equal(await page.isChecked("tbody tr:nth-child(1) input[value=present]"), true, "above the first child there is nobody");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("3");
      await page.waitForSelector("tbody tr:nth-child(2) .saved");
      assert.equal(await page.evaluate(() => document.activeElement.value), "absent", "the focus stays where the hand is");
      assert.match(await page.textContent("tbody tr:nth-child(2) .state-note"), new RegExp(`缺勤第 ${3 - back} 天`));
      await page.focus("main .sticky button");
      await page.keyboard.press("Enter");
      await page.waitForURL(/done=1/);
    }
    assert.equal(await page.isChecked("tbody tr:nth-child(2) input[value=absent]"), true, "what was chosen is still there");
    const link = await page.locator("tbody tr:nth-child(2) .state-note a").evaluate((node) => node.getBoundingClientRect().height / parseFloat(getComputedStyle(node).fontSize));
    assert.ok(link < 2, `the way to the case stays on one line: ${link}`);
    await page.click("tbody tr:nth-child(2) .state-note a");
    await page.waitForURL(/record\/dropout_case/);
    await sound(page, "case");
    await page.click("summary:has-text('开始核实')");
    await page.click("details[open] button.main");
    await page.waitForSelector(".steps .now:has-text('核实中')");
    await page.click("section.card:has-text('劝返复学通知书') a.button");
    await page.fill("#f-issued_on", ago(0));
    await page.fill("#f-return_by", ago(0));
    await page.fill("#f-issuer", "张校长");
    await page.click("main button.main");
    await page.waitForURL(/record\/return_notice/);
    await page.click("main a.button:has-text('打印')");
    await page.waitForURL(/print/);
    await sound(page, "notice-on-paper");
    const paper = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    assert.equal(paper.match(/\/Type \/Page\b/g).length, 1, "a notice is one sheet");
    assert.match(paper, /\/MediaBox \[0 0 59[45][.\d]* 84[12]/, "of A4");
    await page.goto(`${desk.url}/ledger/dropout_check/print?as=each`);
    const each = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    assert.equal(each.match(/\/Type \/Page\b/g).length, 3, "three checks are three sheets");
    // Until the link is given up it is called sending; either way it says what has not arrived.
    assert.match(await page.textContent("#pulse"), /还有 \d+ 条|\d+ 条等待上报/);
  });
});

test("a mark on the roll that was not saved is not shown as saved, and the same tap again saves it", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...teacher);
    await page.goto(`${desk.url}/roll/3/2?on=${ago(0)}`);
    const ill = "tbody tr:nth-child(4) input[value=ill]";
    const other = await page.context().newPage();
    await other.goto(`${desk.url}/lock`);
    await page.click(ill);
    await page.waitForSelector("#cover:has-text('还没有保存')");
    await page.waitForSelector("tbody tr:nth-child(4).unsaved label.tried", { state: "attached" });
    assert.equal(await page.isChecked("tbody tr:nth-child(4) input[value=present]"), true, "what stands there is what is saved");
    await other.fill("#password", teacher[1]);
    await other.keyboard.press("Enter");
    await other.waitForURL((at) => at.pathname === "/");
    await page.bringToFront();
    await page.waitForSelector("tbody tr:nth-child(4).unsaved label.tried");
    await page.click(ill);
    await page.waitForSelector("tbody tr:nth-child(4) .saved");
    assert.match(await page.textContent("#roll-head"), /到校 5 人，应到 7 人 请假、病休等 1 人 无故缺勤 1 人/, "the roll was handed in, and counts what changed since");
    await page.reload();
    assert.equal(await page.isChecked(ill), true);
  });
});

test("the last mark of a row counts, however slow the link, and the roll is handed in behind it", async () => {
  await browse(phone, async (page) => {
    await login(page, desk.url, ...teacher);
    const address = `${desk.url}/roll/3/2?on=${ago(1)}`;
    await page.goto(address);
    const row = "tbody tr:nth-child(5)";
    const before = await page.getAttribute(`${row} input[name=state]:checked`, "value");
    // A slow link: each mark takes its time, and the next tap comes before the answer.
    await page.route("**/roll/3/2/row**", async (route) => { await new Promise((done) => { setTimeout(done, 700); }); await route.continue(); });
    const tap = (state) => page.click(`${row} label:has(input[value=${state}])`);
    await tap("absent");
    await page.waitForTimeout(300);
    await tap("leave");
    await tap(before);
    await tap("ill");
    await page.click("main form[data-unsaved-rows] button");
    await page.waitForSelector(`${row} input[value=ill]:checked`);
    await page.waitForLoadState("networkidle");
    await page.goto(address);
    assert.equal(await page.isChecked(`${row} input[value=ill]`), true, "what was tapped last");
    await page.unroute("**/roll/3/2/row**");
    await tap(before);
    await page.waitForSelector(`${row} .saved`);
  });
});

test("Enter while an input method composes does not send the form, and a wrong value is said beside its field", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...teacher);
    await page.goto(`${desk.url}/children?q=zzzz`);
    await page.waitForSelector("text=没有符合的学生");
    await page.fill("#q", "");
    await page.waitForSelector("tbody tr");
    await sound(page, "children");
    await page.click("tbody a >> nth=0");
    await page.waitForURL(/\/child\//);
    await sound(page, "child");
    await page.click(".menu > summary");
    await page.click(".acts a:has-text('留守儿童关爱记录')");
    await page.waitForSelector("#f-minutes");
    await sound(page, "form");
    await page.focus("#f-minutes");
    const at = page.url();
    await page.evaluate(() => {
      const field = document.querySelector("#f-minutes");
      field.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
      const enter = new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, isComposing: true, bubbles: true, cancelable: true });
      field.dispatchEvent(enter);
      field.form.requestSubmit();
      field.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }));
    });
    assert.equal(page.url(), at);
    await page.fill("#f-minutes", "二十");
    await page.keyboard.press("Tab");
    await page.waitForSelector("#slot-minutes .error");
    await page.click("main button.main");
    await page.waitForSelector(".said");
    await sound(page, "form-refused");
    await page.fill("#f-minutes", "20");
    await page.selectOption("#f-kind", "visit");
    await page.check("input[name=with][value=child]");
    await page.click("main button.main");
    await page.waitForURL(/record\/care_log/);
    await sound(page, "record");
    await page.click("summary:has-text('作废')");
    await page.fill("#why", "记错了人");
    await page.click("button.bad");
    await page.waitForSelector("text=这条记录已作废：记错了人");
    await page.goto(`${desk.url}/ledger/dropout_check`);
    await sound(page, "ledger");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("a.button:has-text('导出 Excel')")]);
    assert.match(download.suggestedFilename(), /控辍保学排查.*xlsx/);
  });
});

test("what was typed survives the lock: it is said, unlocked in another page, and saved with the next press", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...teacher);
    await page.goto(`${desk.url}/children?q=kb`);
    await page.click("tbody a >> nth=0");
    await page.click(".menu > summary");
    await page.click(".acts a:has-text('留守儿童关爱记录')");
    await page.selectOption("#f-kind", "talk");
    await page.check("input[name=with][value=child]");
    await page.fill("#f-note", "孩子说想妈妈，约好周日视频");
    const other = await page.context().newPage();
    await other.goto(`${desk.url}/lock`);
    await page.click("main button.main");
    await page.waitForSelector("#cover:has-text('还没有保存')");
    await sound(page, "locked-typing");
    const [unlock] = await Promise.all([page.context().waitForEvent("page"), page.click("#cover a")]);
    await unlock.fill("#password", teacher[1]);
    await unlock.keyboard.press("Enter");
    await unlock.waitForURL((at) => at.pathname === "/");
    await page.bringToFront();
    assert.equal(await page.inputValue("#f-note"), "孩子说想妈妈，约好周日视频");
    await page.click("main button.main");
    await page.waitForURL(/record\/care_log/);
    await page.waitForSelector("dd:has-text('孩子说想妈妈，约好周日视频')");
    // A login that is over altogether: the new one has another token.
    await page.goto(page.url().replace(/\?.*/, "") + "/edit");
    await page.fill("#f-note", "周日视频了");
    await other.goto(`${desk.url}/`);
    await other.click("header button:has-text('退出')");
    await other.waitForURL("**/login");
    await page.click("main button.main");
    await page.waitForSelector("#cover:has-text('还没有保存')");
    await login(other, desk.url, ...teacher);
    await page.bringToFront();
    await page.click("main button.main");
    await page.waitForSelector("dd:has-text('周日视频了')");
  });
});

test("every page of the registrar is sound in both languages, and on a phone", async () => {
  const paths = ["/", "/roll", "/roll/3/2", "/children", "/ledgers", "/ledger/enrolment", "/ledger/dropout_case", "/conflicts", "/import", "/reports", "/report/enrolment_headcount", "/people", "/people/1", "/me", "/password", "/ledger/enrolment/new", "/ledger/activity/new", "/nowhere"];
  for (const [viewport, options] of [[desktop, { colorScheme: "dark" }], [phone, { isMobile: true, hasTouch: true }]]) {
    await browse(viewport, async (page) => {
      await login(page, desk.url, ...registrar);
      for (const path of paths) {
        await page.goto(desk.url + path);
        await sound(page, `all${path.replaceAll("/", "-")}`);
      }
      await page.click("header button:has-text('English')");
      await page.waitForSelector("html[lang=en]");
      for (const path of paths) {
        await page.goto(desk.url + path);
        await sound(page, `en${path.replaceAll("/", "-")}`);
      }
    }, options);
  }
});

test("a registrar who forgot the password is let in by whoever has the machine", async () => {
  const { password } = county.node("school", ["account", "reset", registrar[0]]);
  await browse(desktop, async (page) => {
    await login(page, desk.url, registrar[0], password);
    await page.waitForURL("**/password");
    await page.fill("#old", password);
    registrar[1] = "石桥镇的另一句好话";
    await page.fill("#new", registrar[1]);
    await page.fill("#again", registrar[1]);
    await page.click("main button.main");
    await page.waitForURL(/\/\?done=/);
  });
});

test("a page that was locked shows nothing of a child until its person is back, and then the same page", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...teacher);
    await page.goto(`${desk.url}/children?q=kb`);
    await page.click("tbody a >> nth=0");
    await page.waitForURL(/\/child\//);
    const child = page.url();
    const seen = () => page.isVisible("h1, dd, td, nav, #pulse");
    assert.equal(await seen(), true);
    const other = await page.context().newPage();
    await other.goto(`${desk.url}/lock`);
    // Looked at again, as by whoever passes by.
    await page.bringToFront();
    await page.evaluate(() => dispatchEvent(new Event("focus")));
    await page.waitForSelector("#cover:has-text('已锁定')");
    assert.equal(await seen(), false);
    await sound(page, "covered");
    await page.click("#cover a");
    await page.waitForURL(/\/lock\?next=/);
    await page.fill("#password", teacher[1]);
    await page.keyboard.press("Enter");
    await page.waitForURL(child);
    assert.equal(await seen(), true);
    // A login that is over altogether comes back to the page too.
    await other.goto(`${desk.url}/`);
    await other.click("header button:has-text('退出')");
    await other.waitForURL("**/login");
    await page.bringToFront();
    await page.evaluate(() => dispatchEvent(new Event("focus")));
    await page.click("#cover a");
    await page.waitForURL(/\/login\?next=/);
    await page.fill("#login", teacher[0]);
    await page.fill("#password", teacher[1]);
    await page.keyboard.press("Enter");
    await page.waitForURL(child);
  });
});

test("the first page is small, and a page locks itself on asking", async () => {
  await browse(desktop, async (page) => {
    let bytes = 0;
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    session.on("Network.loadingFinished", (event) => { bytes += event.encodedDataLength; });
    await login(page, desk.url, ...registrar);
    await page.waitForLoadState("networkidle").catch(() => {});
    assert.ok(bytes > 10_000 && bytes < 150 * 1024, `login and the first page are ${bytes} bytes`);
    await page.goto(`${desk.url}/lock`);
    await page.goto(`${desk.url}/children`);
    await page.waitForURL(/\/lock\?next=/);
    await sound(page, "lock");
    await page.fill("#password", registrar[1]);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/children");
  });
});

test("when the county is back it has everything, and what two machines wrote apart is put to a person", async () => {
  await county.up();
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.waitForFunction(() => /县里已全部收到；连接正常/.test(document.querySelector("#pulse").textContent), null, { timeout: 60_000 });
    // A second machine of the school.
    county.node("second", ["enrol", "--hub", county.quic, "--token", county.token()]);
    county.node("second", ["sync", "now"]);
    await county.down();
    await page.goto(`${desk.url}/children?q=kb`);
    await page.click("tbody a >> nth=0");
    await page.waitForURL(/\/child\//);
    const child = page.url().split("/").pop();
    county.node("second", ["record", "set", child, "--set", "guardian_phone=13900000002", "--by", "赵老师"]);
    await page.goto(`${desk.url}/record/${child}/edit`);
    await sound(page, "profile");
    await page.fill("#f-guardian_phone", "13900000001");
    await page.click("main button.main");
    await page.waitForURL(/\/child\//);
    await county.up();
    county.node("second", ["sync", "now"]);
    // The link comes back by itself; the head of the page says so without being asked.
    await page.waitForFunction(() => /县里已全部收到；连接正常/.test(document.querySelector("#pulse").textContent), null, { timeout: 90_000 });
    await page.goto(`${desk.url}/conflicts`);
    const until = Date.now() + 60_000;
    while (!(await page.textContent("main")).includes("13900000002") && Date.now() < until) await page.reload();
    await sound(page, "conflicts");
    assert.equal(await page.locator("main section").count(), 1, "who wrote it is no question of its own");
    await page.check(".value-card:has-text('13900000002') input");
    await page.click("section:has(.value-card:has-text('13900000002')) button:has-text('就按选的办')");
    await page.waitForURL(/conflicts\?done=1/);
    await page.waitForSelector("text=没有等您定夺的分歧");
    await page.goto(`${desk.url}/child/${child}`);
    await page.waitForSelector("dd:has-text('13900000002')");
    await page.click("header button:has-text('退出')");
    await page.waitForURL("**/login");
    await sound(page, "login");
  });
});
