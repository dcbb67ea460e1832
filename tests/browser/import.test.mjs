// Files that office people really send: another school's roster, a workbook into the wrong place, refused rows under another name, a class teacher's own table.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { browse, desktop, login, phone, sound } from "./browser.mjs";
import { County, root } from "./county.mjs";
import { cells, change } from "./workbook.mjs";

const registrar = ["wang", "石桥镇的一句好话"], teacher = ["li", "三年级的一句好话"];
let county, desk;

const check = (body) => body + "10X98765432"[[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2].reduce((sum, weight, at) => sum + weight * Number(body[at]), 0) % 11];
const number = (n) => check(`52990120161028${String(n * 2 + 101)}`);

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
    await page.waitForURL(/import\?first=1/);
    const rows = ["一", "二"].flatMap((name, at) => [1, 2].map((of) => `王小${name}${"甲乙"[of - 1]},${number(at * 2 + of)},男,三年级,${of}班`));
    await send(page, null, "名册.csv", Buffer.from(`姓名,身份证号,性别,年级,班级\n${rows.join("\n")}\n`));
    await write(page);
    await page.goto(`${desk.url}/people`);
    for (const [id, text] of [["name", "李老师"], ["login", teacher[0]], ["classes", "3.1"]]) await page.fill(`#${id}`, text);
    await page.check("input[name=role][value=class_teacher]");
    await page.click("main button:has-text('开账号')");
    teacher.once = await page.textContent(".secret");
  });
  await browse(desktop, async (page) => {
    await login(page, desk.url, teacher[0], teacher.once);
    for (const [id, text] of [["old", teacher.once], ["new", teacher[1]], ["again", teacher[1]]]) await page.fill(`#${id}`, text);
    await page.click("main button.main");
    await page.waitForURL((at) => !at.pathname.startsWith("/password"));
  });
});

after(async () => {
  await desk.stop();
  await county.end();
});

const download = async (page, click) => {
  const [file] = await Promise.all([page.waitForEvent("download"), click()]);
  return readFileSync(await file.path());
};
/** Sends a file; `into`: what is chosen, `null`: nothing. */
const send = async (page, into, name, buffer) => {
  if (!page.url().includes("/import?first")) await page.goto(`${desk.url}/import`);
  if (into !== null) await page.selectOption("#into", into);
  await page.setInputFiles("#file", { name, mimeType: "application/octet-stream", buffer });
  await page.click("main button.main");
  await page.waitForSelector("main table");
};
const write = async (page) => {
  await page.click("button:has-text('写入这')");
  await page.waitForURL(/import\?done=/);
};
const main = (page) => page.textContent("main");

test("another school's roster is written only by who says that it is this school's", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await send(page, null, "名册.xlsx", readFileSync(join(root, "tests/samples/roster-clean.xlsx")));
    assert.match(await main(page), /可能不是本校的.*5299010002/s);
    await sound(page, "import-other-school");
    await page.click("button:has-text('写入这')");
    assert.match(page.url(), /import\/[0-9a-f]{32}/, "the browser asks for the tick first");
    await page.click("a.button:has-text('换文件')");
    await page.waitForURL(/import$/);
    assert.equal(county.node("school", ["record", "list", "enrolment"]).rows.length, 4, "nothing was written");
  });
});

test("a workbook goes where it came from, whatever was chosen, and refused rows come back under any name", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    const table = `姓名,日期,关爱方式,时长\n王小一甲,2026-03-02,家访,30\n王小二甲,3月3日,家访,31\n`;
    await send(page, "care_log", "三月.csv", Buffer.from(table));
    assert.match(await main(page), /没有写年份/);
    assert.match(await main(page), /王小二甲/, "a refused row says whose it is");
    await page.click("main button.main");
    await page.waitForURL(/refused=1/);
    const book = await download(page, () => page.click("main a:has-text('三月.csv')"));
    const [at] = [...cells(book)].find(([, text]) => text === "3月3日");
    for (const [name, into] of [["改好.xlsx", "activity"], ["再改一次名.xlsx", null]]) {
      await send(page, into, name, change(book, at, "2026-03-03"));
      assert.match(await main(page), into ? /您选的是“关爱活动”.*改为导入到那里/s : /认出来了/);
      assert.doesNotMatch(await main(page), /没有用到的列/);
      await sound(page, into ? "import-other-target" : "import-recognised");
      if (into) await write(page);
    }
    assert.match(await main(page), /没有需要写入的/);
    assert.equal(county.node("school", ["record", "list", "care_log"]).rows.length, 2, "nothing is doubled");
    await page.goto(`${desk.url}/import`);
    assert.equal(await page.locator("text=退回的行").count(), 0, "nothing waits any more");
    await sound(page, "import-past");
  });
});

for (const [mode, viewport, scheme] of [["dark", desktop, "dark"], ["phone", phone, "light"]]) {
  test(`a class teacher brings in rows about the own class, ${mode}, in both languages`, async () => {
    await browse(viewport, async (page) => {
      await login(page, desk.url, ...teacher);
      const day = mode === "dark" ? "05" : "06";
      const table = Buffer.from(`姓名,日期,关爱方式,时长\n王小一甲,2026-03-${day},visit,30\n王小一乙,2026-03-${day},家访,31\n没有此人,2026-03-${day},家访,31\n`);
      for (const lang of ["en", "zh"]) {
        await page.context().addCookies([{ name: "huxue_lang", value: lang, url: desk.url }]);
        await page.goto(`${desk.url}/import`);
        assert.equal(await page.locator("#into option[value=roster]").count(), 0, "rosters are the registrar's");
        await sound(page, `import-teacher-${lang}-${mode}`);
        await send(page, "care_log", "三一班.csv", table);
        await sound(page, `import-teacher-preview-${lang}-${mode}`);
      }
      assert.equal((await main(page)).match(/不是您班上的学生/g).length, 2, "a child of another class and none at all are refused alike");
      assert.match(await main(page), /关爱方式.*家访/s);
      await write(page);
      assert.match(page.url(), /done=1&refused=2/);
    }, { colorScheme: scheme });
  });
}
