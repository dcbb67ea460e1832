// The grid in a real browser: a block of forty rows from a spreadsheet, keys only, fill down, what two people change at once, and an exported workbook that comes back.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { browse, desktop, login, phone, sound } from "./browser.mjs";
import { County } from "./county.mjs";
import { cells, change } from "./workbook.mjs";

const registrar = ["wang", "石桥镇的一句好话"];
let county, desk, names;

const check = (body) => body + "10X98765432"[[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2].reduce((sum, weight, at) => sum + weight * Number(body[at]), 0) % 11];
const children = Array.from({ length: 40 }, (_, n) => ["甲乙丙丁"[Math.floor(n / 10)] + "小" + "一二三四五六七八九十"[n % 10], check(`52990120161028${String(n * 2 + 101)}`)]);

before(async () => {
  county = await County.begin();
  desk = await county.desk("school");
  await browse(desktop, async (page) => {
    await page.goto(desk.url);
    await page.fill("#hub", county.quic);
    await page.fill("#token", county.token());
    await page.click("main button.main");
    await page.waitForURL("**/start");
    for (const [id, text] of [["name", "王秀英"], ["login", registrar[0]], ["password", registrar[1]], ["again", registrar[1]]]) await page.fill(`#${id}`, text);
    await page.click("main button.main");
    await page.waitForURL(/import/);
    await page.goto(`${desk.url}/import`);
    // A class of forty, as an office would send it.
    const roster = ["姓名,身份证号,性别,年级,班级,是否留守儿童", ...children.map(([name, number]) => `${name},${number},男,三年级,1班,是`)].join("\n");
    writeFileSync(county.path("roster.csv"), roster);
    await page.setInputFiles("#file", county.path("roster.csv"));
    await page.click("main button.main");
    await page.click("button:has-text('写入这')");
    await page.waitForURL(/import\?done=/);
    await page.goto(`${desk.url}/ledger/care_log/grid?add=1`);
    names = await page.$$eval("#grid tbody th.who", (list) => list.map((th) => th.textContent));
    assert.equal(names.length, 40);
    names.class = "3.1";
  });
});
after(async () => {
  await desk?.stop();
  await county?.end();
});

/** A record of a child that the test begins with. */
const care = (at, minutes) => county.node("school", ["record", "add", "care_log", "--student", children[at][1], "--set", "kind=visit", "--set", `minutes=${minutes}`]).record;
const cell = (page, row, field) => page.locator(`#grid tbody tr:nth-child(${row}) td[data-field="${field}"]`);
/** What Excel and WPS do when a block is pasted: text between tabs and line ends. */
const paste = (page, text) => page.evaluate((text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}, text);
const said = async (page, text) => {
  try { await page.waitForFunction((text) => document.getElementById("grid-said").textContent.includes(text), text, { timeout: 10000 }); } catch { throw new Error(`not said: ${text}, but ${await page.textContent("#grid-said")} ${await page.textContent("#grid-changes")}`); }
};
/** Saves what was pasted: the first press leads to the list of what will be written, which is in sight, the second writes. */
const write = async (page) => {
  await page.click("#grid-save");
  await page.waitForFunction(() => document.activeElement.id === "grid-write");
  const box = await page.locator("#grid-write").boundingBox();
  assert.ok(box.y >= 0 && box.y < page.viewportSize().height, "the list is in sight");
  await page.click("#grid-write");
};
/** What a paste does not write, said above the grid. */
const lost = async (page, text) => {
  try { await page.waitForFunction((text) => document.getElementById("grid-lost").textContent.includes(text), text, { timeout: 10000 }); } catch { throw new Error(`not said: ${text}, but ${await page.textContent("#grid-lost")}`); }
};

test("a block from a spreadsheet is pasted, two bad cells are marked, corrected, saved and taken back", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/ledger/care_log/grid?add=1&class=${names.class}`);
    await sound(page, "grid-empty");
    const rows = names.map((name, at) => [name, at % 2 ? "家访" : "谈心", at === 2 ? "三十" : "３０", at === 4 ? "2025年2月30日" : "2025年10月20日", at === 1 ? "\"两行\n备注\"" : ""].join("\t"));
    await cell(page, 1, "kind").click();
    await paste(page, ["姓名\t关爱方式\t时长\t日期\t备注", ...rows].join("\r\n") + "\r\n");
    await said(page, "2 处不能收");
    assert.equal(await page.locator("td.wrong").count(), 2);
    await sound(page, "grid-pasted");
    const wrong = page.locator("td.wrong").first();
    await wrong.click();
    await page.keyboard.type("30");
    await page.keyboard.press("Enter");
    await said(page, "1 处不能收");
    await page.click("#grid-save");
    assert.equal(county.node("school", ["query", "care_log"]).rows.length, 0, "looking writes nothing");
    await page.click("#grid-write");
    await said(page, `已写入 ${names.length - 1} 行，保存在本机`);
    assert.equal(await page.locator("td.wrong").count(), 1, "what was not saved stands where it was typed");
    assert.match(await cell(page, 5, "on").textContent(), /2月30日/);
    await sound(page, "grid-saved");
    const records = county.node("school", ["query", "care_log"]).rows;
    assert.equal(records.length, names.length - 1);
    page.once("dialog", (dialog) => dialog.accept());
    await page.click("button.undo-batch");
    await page.waitForSelector(`text=已撤销 ${names.length - 1} 条`);
    await sound(page, "grid-undone");
    assert.equal(county.node("school", ["query", "care_log"]).rows.length, 0);
  });
});

test("keys alone do it: typing, Enter, Tab, Escape, F2, fill down, back; an input method's Enter stays", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/ledger/care_log/grid?add=1&class=${names.class}`);
    await page.locator("#mark-all").focus();
    while (!(await page.evaluate(() => document.activeElement.matches("td.cell")))) await page.keyboard.press("Tab");
    const field = () => page.evaluate(() => [document.activeElement.dataset.field, document.activeElement.parentNode.rowIndex]);
    assert.deepEqual((await field())[1], 1);
    while ((await field())[0] !== "minutes") await page.keyboard.press("Tab");
    await page.keyboard.type("25");
    await page.keyboard.press("Enter");
    assert.deepEqual(await field(), ["minutes", 2]);
    await page.keyboard.press("ArrowUp");
    assert.equal(await cell(page, 1, "minutes").textContent(), "25");
    await page.keyboard.press("F2");
    await page.keyboard.type("99");
    await page.keyboard.press("Escape");
    assert.equal(await cell(page, 1, "minutes").textContent(), "25");
    for (let n = 0; n < 4; n += 1) await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Control+d");
    await said(page, "5 处改动");
    assert.deepEqual(await page.locator('td[data-field="minutes"]').evaluateAll((list) => list.slice(0, 6).map((td) => td.textContent)), ["25", "25", "25", "25", "25", ""]);
    await page.keyboard.press("Control+z");
    await said(page, "1 处改动");
    await cell(page, 1, "note").click();
    await page.keyboard.press("F2");
    await page.evaluate(() => {
      const input = document.activeElement;
      input.value = "去过";
      for (const [code, composing] of [[229, true], [229, false]]) input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: code, isComposing: composing, bubbles: true, cancelable: true }));
    });
    assert.ok(await page.locator("td.editing").count(), "the word is chosen, the cell stays open");
    await page.keyboard.press("Tab");
    await said(page, "2 处改动");
    await page.keyboard.press("Control+s");
    await said(page, "已写入");
    assert.deepEqual(county.node("school", ["query", "care_log", "--column", "note", "--column", "minutes"]).rows.length, 1);
  });
});

test("one value for marked rows; what somebody else changed meanwhile is asked about", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    const record = care(0, 30);
    await page.goto(`${desk.url}/ledger/care_log/grid?class=${names.class}`);
    await page.check(`input[name=mark][value="${record}"]`);
    await page.selectOption("#set_field", "minutes");
    await page.fill("#set_value", "40");
    await page.click("#set-go");
    await said(page, "1 处改动");
    county.node("school", ["record", "set", record, "--set", "minutes=55"]);
    await page.click("#grid-save");
    await said(page, "1 处不能收");
    await page.waitForSelector("#grid-changes button");
    await sound(page, "grid-meanwhile");
    await page.click("#grid-changes button:has-text('用我的')");
    await page.waitForSelector("#grid-save:not([disabled])");
    await page.click("#grid-save");
    await said(page, "已写入 1 行，保存在本机");
    assert.equal(county.node("school", ["record", "show", record]).fields.minutes, 40);
  });
});

// axe is a script itself: the pages are held to it where scripts run.
for (const script of [true, false]) test(`${script ? "with" : "without"} scripts a block is pasted into the field, looked at and written`, async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/ledger/care_log/grid?add=1&class=${names.class}`);
    await page.click("details.paste summary");
    // Other children the second time: the same twice is asked about.
    const [one, other] = script ? names : names.slice(20);
    await page.fill("#block", `姓名\t关爱方式\n${one}\t家访\n${other}\t飞鸽\n`);
    await page.click("button[value=block]");
    await page.waitForSelector("text=不能收 1 处");
    if (script) await sound(page, "grid-preview");
    await page.fill("input[name^='fix.']", "谈心");
    await page.click("main button.main");
    await page.waitForSelector("text=已写入 2 行");
    if (script) await sound(page, "grid-written");
  }, { javaScriptEnabled: script });
});

const download = async (page, click) => {
  const [file] = await Promise.all([page.waitForEvent("download"), click()]);
  return readFileSync(await file.path());
};
const send = async (page, into, name, bytes) => {
  await page.goto(`${desk.url}/import`);
  await page.selectOption("#into", into);
  await page.setInputFiles("#file", { name, mimeType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", buffer: bytes });
  await page.click("main button.main");
  await page.waitForSelector("main table");
};

test("an exported list comes back: only what was edited is written, what both changed is chosen", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    const [record, other] = [care(1, 31), care(2, 32)];
    await page.goto(`${desk.url}/ledger/care_log?class=${names.class}`);
    let book = await download(page, () => page.click("a.button:has-text('导出')"));
    await send(page, "care_log", "关爱.xlsx", book);
    assert.match(await page.textContent("main"), /没有需要写入的|没有/);
    assert.equal(await page.locator("fieldset.both").count(), 0);
    // Two records edited in the file, one of them here as well.
    const sheet = cells(book), column = (title) => [...sheet].find(([at, text]) => /^[A-Z]+1$/.test(at) && text === title)[0].replace("1", "");
    const row = (id) => [...sheet].find(([at, text]) => /^A\d+$/.test(at) && text === id)[0].slice(1);
    county.node("school", ["record", "set", record, "--set", "minutes=77"]);
    book = change(change(book, `${column("时长")}${row(record)}`, 66), `${column("关爱方式")}${row(other)}`, "体检");
    await send(page, "care_log", "关爱.xlsx", book);
    await page.waitForSelector("fieldset.both");
    assert.match(await page.textContent("fieldset.both"), /77.*66/s);
    await sound(page, "import-conflict");
    await page.click("fieldset.both label:has-text('用文件里的')");
    await page.click("main button.main");
    await page.waitForURL(/import\?done=2/);
    assert.equal(county.node("school", ["record", "show", record]).fields.minutes, 66);
    assert.equal(county.node("school", ["record", "show", other]).fields.kind, "health");
    await page.click("form.undo button");
    await page.waitForSelector("text=已撤销 2 条");
    assert.equal(county.node("school", ["record", "show", record]).fields.minutes, 77);
  });
});

test("refused rows are downloaded, corrected where they stand and taken when they come back", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    const good = check("52990120161101200"), bad = `${good.slice(0, 17)}${good.endsWith("1") ? "2" : "1"}`;
    const roster = Buffer.from(`姓名,身份证号,性别,年级,班级\n新小一,${good},女,三年级,1班\n新小二,${bad},女,三年级,1班\n`);
    await send(page, "", "转入.csv", roster);
    await page.click("main button.main");
    await page.waitForURL(/refused=1/);
    await sound(page, "import-waiting");
    const book = await download(page, () => page.click("main a:has-text('转入.csv')"));
    const sheet = cells(book), [at] = [...sheet].find(([, text]) => text === bad);
    assert.ok([...sheet.values()].includes("为什么退回") && ![...sheet.values()].includes("新小一"), "only what was refused, and why");
    await send(page, "", "退回-转入.xlsx", change(book, at, check("52990120161101300")));
    await sound(page, "import-corrected");
    await page.click("main button.main");
    await page.waitForURL(/done=1&refused=0/);
    assert.equal(await page.locator("text=退回的行").count(), 0, "nothing waits any more");
    await page.goto(`${desk.url}/children?q=新小`);
    assert.deepEqual((await page.$$eval("main tbody th, main tbody td:first-child", (list) => list.map((cell) => cell.textContent.trim()))).filter((name) => name.startsWith("新小")).sort(), ["新小一", "新小二"]);
  });
});

test("what a pasted block leaves over is counted and named: heads, columns on the right, rows below the last", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/ledger/care_log/grid?add=1&class=${names.class}`);
    await cell(page, 1, "kind").click();
    await paste(page, `姓名\t没有这一栏\t时长\r\n${names[0]}\tx\t30\r\n没有此人\tx\t31\r\n`);
    await lost(page, "里面的内容不会写入：没有这一栏");
    await lost(page, "粘贴的第 3 行（没有此人）没有放进表格");
    const last = page.locator("#grid tbody tr:last-child td[data-field]").last();
    await last.click();
    await paste(page, "一\t二\t三\r\n四\t五\t六\r\n");
    await lost(page, "右边多出的列没有地方放：第 2 列 二、第 3 列 三");
    await lost(page, "粘贴的第 2 行没有放进表格");
    // Where rows can be added they are, and it is said.
    await page.goto(`${desk.url}/ledger/care_log/grid?class=${names.class}`);
    const rows = await page.locator("#grid tbody tr").count();
    await page.locator(`#grid tbody tr:nth-child(${rows}) td[data-field=minutes]`).click();
    await paste(page, "41\r\n42\r\n43\r\n");
    await said(page, "多出的 2 行放进了新增行");
  });
});

test("in the profile ledger a block under a head goes to the children named, and what has no place stays at hand", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/ledger/enrolment/grid?class=${names.class}`);
    await cell(page, 1, "name").click();
    await paste(page, `姓名\t监护人电话\r\n${names[3]}\t13800000003\r\n没有此人\t13800000004\r\n`);
    await lost(page, "表格里没有“没有此人”");
    assert.match(await page.inputValue("#block"), /^姓名\t监护人电话\n没有此人\t13800000004\n$/);
    assert.equal(await page.locator("td.changed").count(), 1);
    await page.click("#grid-save");
    await said(page, "已写入 1 行，保存在本机");
    const row = page.locator(`#grid tbody tr:has(td[data-field=name]:text-is("${names[3]}"))`);
    assert.equal(await row.locator("td[data-field=guardian_phone]").textContent(), "13800000003");
    // Without a head a block lies where the cursor is, in that column.
    await row.locator("td[data-field=guardian_phone]").click();
    await paste(page, "13800000005\r\n");
    await said(page, "1 处改动");
    assert.equal(await row.locator("td[data-field=guardian_phone]").textContent(), "13800000005");
  });
});

test("a second row of a child stands below the first, and one like another is written once it is ticked", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/ledger/care_log/grid?add=1&class=${names.class}`);
    await cell(page, 1, "kind").click();
    // The same twice, and another day.
    await paste(page, ["姓名\t关爱方式\t时长（分钟）\t日期", ...["2025-10-20", "2025-10-20", "2025-10-21"].map((day) => `${names[5]}\t家访\t30\t${day}`)].join("\r\n"));
    await said(page, "1 条待确认");
    assert.equal(await page.locator(`#grid tbody tr:has(th.who:text-is("${names[5]}"))`).count(), 3);
    assert.ok(await page.locator("#grid-lost").isHidden());
    await sound(page, "grid-asked");
    await write(page);
    await said(page, "已写入 2 行，保存在本机");
    // It is like a record now, and leads there.
    await page.waitForSelector("#grid-changes li.odd a[href*=care_log]");
    await page.check("#grid-changes input[type=checkbox]");
    await said(page, "处改动");
    await page.click("#grid-save");
    await said(page, "已写入 1 行，保存在本机");
  });
});

test("a block under a head begun in the empty row makes a new record of a child that has one, and changes none", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    const record = care(30, 10);
    await page.goto(`${desk.url}/ledger/care_log/grid?class=${names.class}`);
    await page.locator("#grid tbody tr[data-key='+'] td[data-field=minutes]").first().click();
    await paste(page, `姓名\t关爱方式\t时长\t日期\r\n${children[30][0]}\t谈心\t20\t2025-10-22\r\n`);
    await said(page, "放进了新增行");
    assert.equal(await page.locator(`#grid tbody tr[data-key="${record}"] td.changed`).count(), 0);
    await write(page);
    await said(page, "已写入 1 行，保存在本机");
    assert.equal(county.node("school", ["record", "show", record]).fields.minutes, 10);
  });
});

for (const [mode, viewport, scheme] of [["dark", desktop, "dark"], ["phone", phone, "light"]]) {
  test(`the grid is sound in both languages, ${mode}`, async () => {
    await browse(viewport, async (page) => {
      await login(page, desk.url, ...registrar);
      for (const lang of ["zh", "en"]) {
        await page.context().addCookies([{ name: "huxue_lang", value: lang, url: desk.url }]);
        for (const [name, path] of [["grid", `/ledger/care_log/grid?class=${names.class}`], ["grid-class", `/ledger/care_log/grid?add=1&class=${names.class}`], ["grid-profile", `/ledger/enrolment/grid?class=${names.class}`], ["list", "/ledger/care_log"]]) {
          await page.goto(`${desk.url}${path}`);
          await sound(page, `${name}-${lang}-${mode}`);
        }
      }
    }, { colorScheme: scheme });
  });
}
