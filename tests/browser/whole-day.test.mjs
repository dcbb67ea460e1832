// A school's whole day, walked three times: with a mouse, with a finger on a phone, and with the keyboard alone. The county is away all along and comes back at the end.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { browse, sound } from "./browser.mjs";
import { County, root } from "./county.mjs";
import { hands } from "./hand.mjs";
import { later, schoolDays, today } from "./days.mjs";
import { cells, change } from "./workbook.mjs";

const roster = join(root, "tests/samples/roster-messy.xlsx");
const samples = join(root, "tests/samples");
const passwords = { wang: "石桥镇的一句好话", li: "山里的风天天吹着走", zhao: "春天的河水慢慢地流" };

for (const way of hands) {
  test(`a whole day with ${way.name}: enrol, roster, roll, case, notice, care, aid to public notice, export and import, two machines, and the county back`, async () => {
    const county = await County.begin();
    let desk;
    try {
      county.hub(["import", "ledger", "aid_programme", join(root, "shared/samples/aid_programmes.csv")]);
      desk = await county.desk("school");
      await browse(way.viewport, async (page) => {
        const day = new Day(county, desk, page, way.on(page));
        await day.firstStart();
        await day.accounts();
        await day.secondMachine();
        await county.down();
        await day.roll();
        await day.caseToNotice();
        await day.care();
        await day.aidToPublicNotice();
        await day.exportAndImport();
        await day.apart();
        await county.up();
        await day.countyBack();
      }, way.options);
    } finally {
      await desk?.stop();
      await county.end();
    }
  });
}

class Day {
  constructor(county, desk, page, hand) { Object.assign(this, { county, desk, page, hand, once: {} }); }

  async go(path) { await this.page.goto(this.desk.url + path); }

  async at(pattern) { await this.page.waitForURL(pattern); }

  async login(name) {
    const { page, hand } = this;
    if (await page.locator("header button:has-text('退出')").count()) await hand.press("header button:has-text('退出')");
    else await this.go("/login");
    await this.at("**/login");
    await hand.fill("#login", name);
    await hand.fill("#password", this.once[name] ?? passwords[name]);
    await hand.press("main button.main");
    if (!this.once[name]) return this.at((at) => !at.pathname.startsWith("/login"));
    await this.at("**/password");
    for (const [id, text] of [["old", this.once[name]], ["new", passwords[name]], ["again", passwords[name]]]) await hand.fill(`#${id}`, text);
    await hand.press("main button.main");
    await this.at(/\?done=/);
    delete this.once[name];
  }

  async firstStart() {
    const { page, hand, county } = this;
    await this.go("/");
    await hand.fill("#hub", county.quic);
    await hand.fill("#token", county.token());
    await hand.press("main button.main");
    await this.at("**/start");
    for (const [id, text] of [["name", "王秀英"], ["login", "wang"], ["password", passwords.wang], ["again", passwords.wang]]) await hand.fill(`#${id}`, text);
    await hand.press("main button.main");
    await this.at(/import\?first=1/);
    await hand.files("#file", roster);
    await hand.press("main button.main");
    await page.waitForSelector("text=可以收");
    // Another school's name stands in every row.
    await hand.tick("input[name=this_school]");
    await hand.press("button:has-text('写入这')");
    await this.at(/import\?done=/);
  }

  async accounts() {
    const { page, hand } = this;
    for (const [login, name, role] of [["li", "李老师", "class_teacher"], ["zhao", "赵老师", "aid_officer"]]) {
      await this.go("/people");
      await hand.fill("#name", name);
      await hand.fill("#login", login);
      await hand.tick(`input[value=${role}]`);
      if (role === "class_teacher") await hand.fill("#classes", "3.2");
      await hand.press("main button:has-text('开账号')");
      this.once[login] = await page.textContent(".secret");
    }
  }

  /** Another machine of the school takes in the same roster by itself: its children are the same documents. */
  async secondMachine() {
    const { county } = this;
    county.node("second", ["enrol", "--hub", county.quic, "--token", county.token()]);
    await this.go("/ledger/aid_programme");
    await this.page.waitForFunction(() => /小学/.test(document.querySelector("main").textContent));
  }

  async roll() {
    const { page, hand } = this;
    await this.login("li");
    for (const [nth, day] of schoolDays(3).entries()) {
      await this.go(`/roll/3/2?on=${day}`);
      await hand.mark("tbody tr:nth-child(2)", "absent", 3);
      await page.waitForSelector("tbody tr:nth-child(2) .saved");
      assert.match(await page.textContent("tbody tr:nth-child(2) .state-note"), new RegExp(`缺勤第 ${nth + 1} 天`));
      await hand.press("main .sticky button");
      await this.at(/done=1/);
    }
    await sound(page, "day-roll");
  }

  async caseToNotice() {
    const { page, hand } = this;
    await hand.press("tbody tr:nth-child(2) .state-note a");
    await this.at(/record\/dropout_case/);
    this.caseId = decodeURIComponent(page.url().split("/").pop().split("?")[0]);
    await hand.press("summary:has-text('开始核实')");
    await hand.press("details[open] button.main");
    await page.waitForSelector(".steps .now:has-text('核实中')");
    await hand.press("section.card:has-text('劝返复学通知书') a.button");
    await hand.fill("#f-issued_on", today());
    await hand.fill("#f-return_by", today());
    await hand.fill("#f-issuer", "张校长");
    await hand.press("main button.main");
    await this.at(/record\/return_notice/);
    await hand.press("main a.button:has-text('打印')");
    await this.at(/print/);
    await sound(page, "day-notice");
    const paper = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    assert.match(paper, /\/MediaBox \[0 0 59[45][.\d]* 84[12]/, "A4");
  }

  /** A visit to a left-behind child, found by the initials of the name, with a photo taken there. */
  async care() {
    const { page, hand } = this;
    await this.go("/children");
    await hand.fill("#q", "kb");
    await page.waitForFunction(() => document.querySelectorAll("#list tbody tr").length === 1);
    await hand.press("#list tbody a");
    await this.at(/\/child\//);
    this.child = page.url().split("/").pop().split("?")[0];
    await hand.press(".menu > summary");
    await hand.press(".acts a:has-text('留守儿童关爱记录')");
    await page.waitForSelector("#f-minutes");
    await hand.choose("#f-kind", "家访");
    await hand.tick("input[name=with][value=child]");
    await hand.fill("#f-minutes", "20");
    await hand.files("input[type=file]", join(samples, "photo-with-position.jpg"));
    await hand.press("main button.main");
    await this.at(/record\/care_log/);
    this.careId = this.recordHere();
    await page.waitForSelector("#files li:has-text('photo-with-position.jpg'):has-text('已保存在本机')");
    await sound(page, "day-care");
  }

  recordHere() { return decodeURIComponent(this.page.url().split("/record/")[1].split(/[?/]/)[0]); }

  /** Draft, applied, verified, assessed, on public notice: what a step needs is asked for by the step. */
  async aidToPublicNotice() {
    const { page, hand } = this;
    await this.login("zhao");
    // The leadership's minutes are a paper of the school's, referred to when an application is assessed.
    await this.go("/ledger/document/new");
    await this.fillIn("", { kind: "会议纪要", title: "资助评审会议纪要", dated: today(), level: "学校", section: "学生资助", period: `${today().slice(0, 4)}H2`, attendees: "9", place: "会议室" });
    await hand.press("main button.main");
    await this.at(/record\/document/);
    await this.go(`/child/${this.child}`);
    await hand.press(".menu > summary");
    await hand.press(".acts a:has-text('资助申请认定')");
    await page.waitForSelector("#f-programme");
    await this.fillIn("", { programme: "小学走读生生活补助 · 2025-11-01— · 625 元", categories: ["other"] });
    await hand.press("main button.main");
    await this.at(/record\/aid_application/);
    this.aidId = this.recordHere();
    assert.match(await page.textContent("h1"), /小学走读生生活补助/, "the programme is named, not numbered");
    await this.step("apply", "申请 →", { reason: "父亲外出务工受伤，家里靠奶奶种地", village: "茶园村", household_size: "4", income_year: "9000", agrees_by: "张校长", school_agrees: "是", income_from: ["farm"], documents: join(samples, "photo-plain.jpg") }, "已申请");
    await sound(page, "day-aid-applied");
    await this.step("verify", "核查 →", { village_opinion: "情况属实，同意", village_stamped_on: today(), check_how: ["home", "classmates"], check_by: "赵老师", check_by_2: "李老师", check_on: today(), check_result: "属实", check_text: "家访属实" }, "已核查");
    await this.step("assess", "评议 →", { votes_for: "12", votes_against: "0", votes_abstain: "1", leaders_on: today(), leaders_minutes: "资助评审会议纪要", level: "困难" }, "已评议");
    await this.step("publish", "公示 →", { notice_school_from: today(), notice_school_until: later(10), notice_village_from: today(), notice_village_until: later(10) }, "公示中");
    await sound(page, "day-aid-on-notice");
    await this.go("/ledger/aid_application/print?as=notice");
    const notice = await page.textContent("main");
    assert.match(notice, /康\*/, "the name is shortened");
    for (const hidden of ["康波", "529901201708221594", "13900000001", "茶园村8组"]) assert.ok(!notice.includes(hidden), `${hidden} is on the public notice`);
    await sound(page, "day-public-notice");
  }

  /** What was exported is changed in the office's program and taken in again: one cell. */
  async exportAndImport() {
    const { page, hand, county } = this;
    await this.login("li");
    await this.go("/ledger/care_log");
    const [download] = await Promise.all([page.waitForEvent("download"), hand.press("a.button:has-text('导出 Excel')")]);
    const [out, changed] = [join(county.dir, "out.xlsx"), join(county.dir, "关爱.xlsx")];
    await download.saveAs(out);
    const book = readFileSync(out), [cell] = [...cells(book)].find(([, text]) => text === "20");
    writeFileSync(changed, change(book, cell, 35));
    await this.login("wang");
    await this.go("/import");
    await hand.choose("#into", "留守儿童关爱记录");
    await hand.files("#file", changed);
    await hand.press("main button.main");
    await page.waitForSelector("text=可以收");
    await sound(page, "day-import-changed");
    await hand.press("button:has-text('写入这')");
    await this.at(/import\?done=1/);
    await this.go(`/record/${this.careId}`);
    await page.waitForSelector("dd:has-text('35')");
  }

  /** Fills the fields of a form, whatever they are: a list, buttons, boxes, a file, text. */
  async fillIn(form, values) {
    const { page, hand } = this;
    for (const [field, value] of Object.entries(values)) {
      const id = form ? `#f-${form}-${field}` : `#f-${field}`, scope = form ? "details[open] " : "";
      const at = page.locator(id).first();
      if (Array.isArray(value)) for (const one of value) await hand.tick(`${scope}input[name=${field}][value=${one}]`);
      else if (await at.count() === 0) await hand.choose(`${scope}input[type=radio][name=${field}]`, value);
      else if (await at.getAttribute("type") === "file") await hand.files(id, value);
      else if (await at.evaluate((node) => node.tagName) === "SELECT") await hand.choose(id, await at.evaluate((node, value) => [...node.options].find((o) => o.textContent.includes(value)).label, value));
      else await hand.fill(id, value);
    }
  }

  /** Takes a step of the record on the page; what it needs is in its form. */
  async step(code, summary, values, state) {
    const { page, hand } = this;
    await hand.press(`summary:has-text('${summary}')`);
    await this.fillIn(code, values);
    await hand.press("details[open] button.main");
    await page.waitForSelector(`.steps .now:has-text('${state}')`);
  }

  /** Two machines of the school write the same field with no link between them. */
  async apart() {
    const { hand, county } = this;
    // The same roster, taken in by the second machine for itself, gives the same documents: the next line names one of them.
    county.node("second", ["import", "roster", roster, "--this-school"], true);
    county.node("second", ["record", "set", this.child, "--set", "guardian_phone=13900000002", "--by", "赵老师"]);
    await this.go(`/record/${this.child}/edit`);
    await hand.fill("#f-guardian_phone", "13900000001");
    await hand.press("main button.main");
    await this.at(/\/child\//);
  }

  /** The link comes back by itself: everything arrives, and what was written apart is put to a person. */
  async countyBack() {
    const { page, hand, county } = this;
    const all = () => page.waitForFunction(() => /县里已全部收到；连接正常/.test(document.querySelector("#pulse").textContent), null, { timeout: 90_000 });
    await all();
    county.node("second", ["sync", "now"]);
    await all();
    await this.go("/conflicts");
    const until = Date.now() + 60_000;
    while (!(await page.textContent("main")).includes("13900000002") && Date.now() < until) await page.reload();
    await sound(page, "day-conflict");
    const card = "section:has(.value-card:has-text('13900000002'))";
    await hand.tick(`${card} .value-card:has-text('13900000002') input`);
    await hand.press(`${card} button:has-text('就按选的办')`);
    await this.at(/conflicts\?done=1/);
    await this.go(`/child/${this.child}`);
    await page.waitForSelector("dd:has-text('13900000002')");
    await all();
    county.hub(["status", "--settled"]);
    assert.equal(county.hub(["record", "show", this.caseId]).row.state, "verifying");
    assert.equal(county.hub(["record", "show", this.aidId]).row.state, "on_notice");
    const care = county.hub(["record", "show", this.careId]);
    assert.equal(care.fields.minutes, 35);
    // The photo came after the records, whole, and says so on the page that is open.
    await this.go(`/record/${this.careId}`);
    await page.waitForSelector("#files li:has-text('photo-with-position.jpg'):has-text('县里已收到')", { timeout: 60_000 });
    const { blobs } = county.hub(["blob", "list"]);
    assert.deepEqual(blobs.map((blob) => blob.here), [true, true], "the county has both files, whole");
  }
}
