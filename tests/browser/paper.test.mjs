// Paper: families' statements, forms to take along, ledgers by year and term, notices: rendered to PDF by Chromium and looked at page by page.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browse, desktop, login, phone, sound } from "./browser.mjs";
import { County, root } from "./county.mjs";

const registrar = ["wang", "石桥镇的一句好话"];
const people = { principal: ["zhang", "校长的一句老话很长"], aid: ["zhao", "资助的一句老话很长"] };
const pictures = process.env.HUXUE_PICTURES;
let county, desk, children, dir, first, second;

/** What poppler says of a PDF: its pages' sizes and texts. */
function look(bytes, name) {
  const file = join(dir, `${name}.pdf`);
  writeFileSync(file, bytes);
  const said = (program, ...args) => {
    const done = spawnSync(program, args, { encoding: "utf8" });
    assert.equal(done.status, 0, `${program}: ${done.stderr ?? done.error}`);
    return done.stdout;
  };
  const info = said("pdfinfo", "-f", "1", "-l", "9999", file);
  const sizes = [...info.matchAll(/Page\s+\d+ size:\s+([\d.]+) x ([\d.]+) pts/g)].map((m) => [Math.round(Number(m[1])), Math.round(Number(m[2]))]);
  const pages = said("pdftotext", "-raw", file, "-").split("\f").slice(0, sizes.length);
  if (pictures) {
    mkdirSync(pictures, { recursive: true });
    said("pdftoppm", "-r", "60", "-png", file, join(pictures, `paper-${name}`));
  }
  return { sizes, pages, text: pages.join("\n") };
}

const upright = [595, 842];
const flat = (text) => text.replace(/\s+/g, "");

async function print(page, path, name) {
  await page.goto(desk.url + path);
  await page.waitForSelector("article.sheet");
  const beyond = await page.evaluate(() => [...document.querySelectorAll(".sheet td, .sheet th")].filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent));
  assert.deepEqual(beyond, [], `${name}: no cell is cut off`);
  return look(await page.pdf({ preferCSSPageSize: true }), name);
}

const add = (ledger, child, set) => county.node("school", ["record", "add", ledger, ...(child ? ["--student", child] : []), ...Object.entries(set).flatMap(([k, v]) => ["--set", `${k}=${v}`])]).record;

/** A date so many days ago in China; its term and calendar half-year as paper says them. */
const day = (back) => new Date(Date.now() + 8 * 3600e3 - back * 86400e3).toISOString().slice(0, 10);
/** A day as paper for people outside writes it. */
const written = (date) => `${Number(date.slice(0, 4))}年${month(date)}月${Number(date.slice(8))}日`;
const month = (date) => Number(date.slice(5, 7));
const term = (date) => (month(date) >= 9 || month(date) === 1 ? 1 : 2);
const half = (date) => `${date.slice(0, 4)}年${month(date) <= 6 ? "上" : "下"}半年`;
const start = Number(day(0).slice(0, 4)) - (month(day(0)) >= 9 ? 0 : 1);
const year = `${start}—${start + 1}学年`;

const step = (side, record, name, on, set) => {
  const args = ["record", "step", record, name, "--on", on, ...Object.entries(set).flatMap(([k, v]) => ["--set", `${k}=${v}`])];
  return side === "hub" ? county.hub(args) : county.node("school", args);
};

/** A year's records of one class, the county's part of an application among them. */
function records() {
  const programmes = county.node("school", ["record", "list", "aid_programme", "--limit", "50"]).rows;
  const programme = programmes.find((row) => row.code === "YW_XX_ZD")._id;
  const paper = "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262;扫描件.pdf;0";
  const minutes = add("document", null, { kind: "minutes", title: "班子会", dated: day(50), level: "school", section: "student_aid", period: `${day(50).slice(0, 4)}H${Number(day(50).slice(5, 7)) < 7 ? 1 : 2}`, on: day(50) });
  const application = add("aid_application", first._id, { programme, applicant: "guardian", on: day(60) });
  step("school", application, "apply", day(60), { reason: "父母务农，收入低", categories: "rural_allowance", household_size: 5, income_year: 8000, income_from: "farm", documents: paper, school_agrees: "yes", agrees_by: "李校长", village: "石桥村", township: "石桥镇" });
  step("school", application, "verify", day(58), { village_opinion: "agree", village_stamped_on: day(59), check_how: "home,classmates,village", check_by: "王老师", check_by_2: "张老师", check_on: day(58), check_result: "true", check_text: "情况属实" });
  step("school", application, "assess", day(50), { votes_for: 20, votes_against: 1, votes_abstain: 0, leaders_on: day(50), leaders_minutes: minutes, level: "hard" });
  step("school", application, "publish", day(40), { notice_school_from: day(40), notice_school_until: day(30), notice_village_from: day(40), notice_village_until: day(30) });
  step("school", application, "report", day(25), { notice_school: paper, notice_village: paper, form_stamped: paper, reported_on: day(25), village_track_on: day(25) });
  county.node("school", ["sync", "now"]);
  step("hub", application, "approve", day(20), { approved_amount: "499.50", approved_by: "县资助中心", batch: "第一批" });
  step("hub", application, "allot", day(19), {});
  county.node("school", ["sync", "now"]);
  const payment = { programme, application, channel: "government", form: "cash", held_by: "school_held", gratis: "gift", purpose: "board", receipt: "signed", on: day(10), paid_on: day(10) };
  add("aid_payment", first._id, { ...payment, amount: "300.25" });
  add("aid_payment", first._id, { ...payment, amount: "200", on: day(9), paid_on: day(9), failed: "yes", refund_amount: "200", refund_on: day(8), refund_why: "wrong_account" });
  add("aid_payment", second._id, { ...payment, application: "", channel: "social", amount: "88", note: "某企业捐赠" });
  for (const [at, child] of children.entries()) {
    for (let n = 0; n < 6; n += 1) {
      const on = day(3);
      add("care_log", child._id, { kind: n === 0 ? "counsel" : "visit", with: "child,guardian", on, found: "家里只有奶奶，作业没有人看，周末在镇上亲戚家，路远，要走一个小时。".repeat(1 + (at + n) % 3), done: "已与村委会联系，安排邻居接送；约好下周再去。", ...(n === 0 ? { counsel_text: "孩子说的秘密" } : {}) });
    }
  }
}

/** Makes an account through the page, and changes its one-time password. */
async function account(page, name, [login_, password], role) {
  await page.goto(`${desk.url}/people`);
  await page.fill("#name", name);
  await page.fill("#login", login_);
  for (const box of await page.$$("input[name=role]")) await box.setChecked((await box.getAttribute("value")) === role);
  await page.click("main button:has-text('开账号')");
  const once = await page.textContent(".secret");
  await browse(desktop, async (other) => {
    await login(other, desk.url, login_, once);
    await other.waitForURL("**/password");
    await other.fill("#old", once);
    await other.fill("#new", password);
    await other.fill("#again", password);
    await other.keyboard.press("Enter");
    await other.waitForURL(/\?done=/);
  });
}

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "huxue-paper-"));
  county = await County.begin();
  county.hub(["import", "ledger", "aid_programme", join(root, "shared/samples/aid_programmes.csv")]);
  county.node("school", ["enrol", "--hub", county.quic, "--token", county.token()]);
  county.node("school", ["sync", "now"]);
  county.node("school", ["import", "roster", join(root, "tests/samples/roster-clean.xlsx"), "--this-school"]);
  desk = await county.desk("school");
  await browse(desktop, async (page) => {
    await page.goto(desk.url);
    await page.waitForURL("**/start");
    for (const [id, text] of [["name", "王秀英"], ["login", registrar[0]], ["password", registrar[1]], ["again", registrar[1]]]) await page.fill(`#${id}`, text);
    await page.click("main button.main");
    await page.waitForURL(/import/);
    await account(page, "张校长", people.principal, "principal");
    await account(page, "赵老师", people.aid, "aid_officer");
  });
  children = county.node("school", ["record", "list", "enrolment", "--limit", "500"]).rows.filter((row) => row.status === "present" && row.class);
  first = children[0];
  second = children.find((row) => row.grade === first.grade && row.class === first.class && row.name !== first.name);
  records();
});
after(async () => {
  await desk?.stop();
  await county?.end();
  rmSync(dir, { recursive: true, force: true });
});

test("a family's statement is one child a page, with the sum in capitals, and holds nothing of another child", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...people.aid);
    await page.goto(`${desk.url}/ledgers`);
    await page.click("main .title a:has-text('打印文书')");
    await page.waitForURL("**/paper");
    await sound(page, "paper");
    await page.selectOption("#c-aid_statement", `${first.grade}.${first.class}`);
    await page.click("section.card:has(h3:has-text('学生资助告知单')) button");
    await page.waitForURL(/paper\/child\/aid_statement/);
    await sound(page, "paper-statement");
    const { sizes, pages } = await print(page, `/paper/child/aid_statement?class=${first.grade}.${first.class}`, "statement");
    assert.deepEqual(sizes, [upright, upright], "two children were aided");
    const mine = pages.find((text) => flat(text).includes(first.name)), other = pages.find((text) => flat(text).includes(second.name));
    assert.ok(!flat(mine).includes(second.name) && !flat(other).includes(first.name) && mine !== other);
    for (const words of ["合计300.25元", "人民币叁佰元贰角伍分", "小学走读生", `第${term(day(10)) === 1 ? "一" : "二"}学期`, "签收", "寄宿生活费", "政府专款", "199.25元", "人民币壹佰玖拾玖元贰角伍分", "家长（监护人）签字", "盖章"]) assert.ok(flat(mine).includes(words), `${words}: ${mine}`);
    for (const words of ["合计88元", "人民币捌拾捌元整", "社会资助"]) assert.ok(flat(other).includes(words), `${words}: ${other}`);
    const all = await print(page, `/paper/child/aid_statement?class=${first.grade}.${first.class}&empty=1`, "statement-all");
    assert.equal(all.pages.length, children.filter((row) => row.grade === first.grade && row.class === first.class).length, "asked for, everybody has one");
    const listed = await print(page, "/paper/child/aid_statement?of=aid_payment&f.channel=social", "statement-listed");
    assert.equal(listed.pages.length, 1, "of the filtered list");
    assert.ok(flat(listed.text).includes(second.name));
    await page.goto(`${desk.url}/paper/child/care_card`);
    assert.match(await page.textContent("main"), /不/, "not the aid officer's");
  });
});

test("ledgers of the year have a cover, their head and number on every page, and no row is split", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/paper`);
    await page.check("input[name='l.care_log']");
    await page.check("input[name='l.enrolment']");
    await page.selectOption("#t-run", String(term(day(3))));
    await page.click("button:has-text('打开勾选的台账')");
    await page.waitForURL(/paper\/ledgers/);
    await sound(page, "paper-run");
    const { sizes, pages, text } = await print(page, `/paper/ledgers?l.care_log=1&l.enrolment=1&term=${term(day(3))}`, "run");
    assert.ok(pages.length > 4, `${pages.length} pages`);
    assert.deepEqual(sizes[0], upright, "the cover stands upright");
    assert.ok(sizes.every(([w, h]) => (w === 595 && h === 842) || (w === 842 && h === 595)), "all of A4");
    pages.forEach((one, at) => assert.ok(flat(one).includes(`第${at + 1}页/共${pages.length}页`), `page ${at + 1}: ${one.slice(-200)}`));
    assert.ok(["目录", half(day(3)).slice(5), day(3).slice(0, 4)].every((words) => flat(pages[0]).includes(words)), pages[0]);
    pages.slice(1).forEach((one) => assert.match(flat(one), new RegExp(`石桥镇中心小学[12](学籍|留守).*${year}第${term(day(3)) === 1 ? "一学期（秋）" : "二学期（春）"}全校`), one.slice(0, 300)));
    assert.ok(!text.includes("孩子说的秘密"), "what was said in counselling is on no paper");
    assert.equal(text.match(/填表人/g).length, 3, "boxes at the end of the cover and of each ledger");
    const rows = flat(text).split(day(3)).length - 1;
    assert.ok(rows >= children.length * 6, `${rows} rows`);
  });
});

test("nobody signs a page without a row, however the rows fall", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    for (const path of [`/ledger/care_log/print?as=list&class=${first.grade}.${first.class}`, `/paper/ledgers?l.care_log=1&class=${first.grade}.${first.class}`]) {
      await page.goto(desk.url + path);
      let full = 0;
      // A row less each time, over more than the height of a page's end.
      for (let n = 0; n < 14; n += 1) {
        const { pages } = look(await page.pdf({ preferCSSPageSize: true }), "signed");
        const last = flat(pages.at(-1));
        assert.ok(last.includes("填表人") && last.includes(day(3)), `${path} less ${n} rows: ${last}`);
        full = Math.max(full, pages.length);
        await page.evaluate(() => [...document.querySelectorAll("table.paper tbody:not(.end) tr:not(.half)")].at(-1).remove());
      }
      assert.ok(full > 1, `${path} fills more than a page`);
    }
  });
});

test("a form to take along comes in as many sheets as it says", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/paper`);
    const ledgers = await page.$$eval("#form option", (all) => all.map((option) => option.value));
    assert.ok(ledgers.length > 10, `${ledgers}`);
    for (const ledger of ledgers) {
      const { pages } = await print(page, `/paper/blank?code=${ledger}&student=${first._id}`, `sheets-${ledger}`);
      assert.equal(pages.length, await page.locator("article.sheet").count(), ledger);
    }
  });
});

test("a form to take along is one child a page, with what is known filled in and boxes to tick", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    const inClass = children.filter((row) => row.grade === first.grade && row.class === first.class);
    for (const ledger of ["care_log", "household_visit"]) {
      const { sizes, pages } = await print(page, `/paper/blank?code=${ledger}&all=1&class=${first.grade}.${first.class}`, `blank-${ledger}`);
      assert.deepEqual(sizes, inClass.map(() => upright), "a page each");
      const mine = flat(pages.find((text) => flat(text).includes(first.name)));
      assert.ok(mine.includes("□") && mine.includes("家长（监护人）签字"), mine);
      assert.ok(!mine.includes("心理辅导内容"), "class C stays at school");
    }
    const bare = await print(page, "/paper/blank?code=care_log&copies=2", "blank-copies");
    assert.equal(bare.pages.length, 2);
    await page.goto(`${desk.url}/paper/blank?code=care_log`);
    await sound(page, "paper-blank");
  });
});

test("what two machines disagree about is in no sum, and the statement says so", async () => {
  county.node("second", ["enrol", "--hub", county.quic, "--token", county.token()]);
  county.node("second", ["sync", "now"]);
  const payment = county.node("school", ["record", "list", "aid_payment", "--where", "channel=social"]).rows[0]._id;
  await county.down();
  county.node("second", ["record", "set", payment, "--set", "amount=99"]);
  county.node("school", ["record", "set", payment, "--set", "amount=77"]);
  await county.up();
  county.node("second", ["sync", "now"]);
  county.node("school", ["sync", "now"]);
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...people.aid);
    const path = `/paper/child/aid_statement?student=${second._id}`;
    await page.goto(desk.url + path);
    const until = Date.now() + 60_000;
    while (!(await page.textContent("main")).includes("核对中") && Date.now() < until) await page.reload();
    const { pages } = await print(page, path, "statement-disputed");
    assert.equal(pages.length, 1);
    const text = flat(pages[0]);
    assert.ok(text.includes("核对中") && text.includes("有1笔数据有分歧") && text.includes("合计0元"), pages[0]);
    assert.ok(!text.includes("99") && !text.includes("77元"), pages[0]);
  });
});

test("the monthly report is filled from the records, zero with one click, signed by the principal and seen by the county", async () => {
  const last = new Date(Date.UTC(Number(day(0).slice(0, 4)), month(day(0)) - 2, 1)).toISOString().slice(0, 7);
  let address;
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/ledger/monthly_report/new`);
    await page.waitForSelector("section.offer");
    await sound(page, "monthly");
    assert.equal(await page.inputValue("#a-month"), last, "the month before, unless another is asked for");
    assert.equal(await page.inputValue("#f-pupils"), String(children.length));
    assert.match(await page.textContent("section.offer"), /应点名（班次）[\s\d]+已点名（班次）/, "it says what it rests on");
    assert.match(await page.textContent(".field:has(#f-pupils)"), /按记录/);
    assert.equal(await page.inputValue("#f-present"), "", "no roll was taken: nobody is said to have been there");
    assert.match(await page.textContent(".field:has(#f-present)"), /没有点过名/);
    await page.fill("#z-present", String(children.length));
    await page.click("button:has-text('零报告')");
    await page.waitForURL(/record\/monthly_report/);
    await sound(page, "monthly-record");
    assert.ok((await page.textContent("main")).includes("请校长用自己的账号办理"));
    address = new URL(page.url()).pathname;
    await page.goto(`${desk.url}${address}/edit`);
    await page.fill("#f-pupils", String(children.length + 5));
    await page.click("main button.main");
    await page.waitForURL(/saved=/);
    assert.match(await page.textContent("tr:has(th:has-text('在籍学生数'))"), /不一致/);
    await page.goto(`${desk.url}${address}/edit`);
    await page.fill("#f-pupils", String(children.length));
    await page.click("main button.main");
    await page.waitForURL(/saved=/);
  });
  const reported = () => county.hub(["report", "run", "monthly_reports", "--format", "json"]).rows.find((row) => row.month === last);
  county.node("school", ["sync", "now"]);
  assert.deepEqual([reported().state, reported().signed_by], ["draft", null], "the county sees that it is not signed");
  await browse(phone, async (page) => {
    await login(page, desk.url, ...people.principal);
    await page.goto(desk.url);
    await page.waitForSelector("h2:has-text('等您签字的月报')");
    await sound(page, "monthly-today");
    await page.click(`li:has(a[href='${address}']) button:has-text('校长签字')`);
    await page.waitForSelector(".steps .now:has-text('校长已签字')");
    await sound(page, "monthly-signed");
    await page.click("summary:has-text('报送')");
    await page.fill("#f-send-sent_on", day(0));
    await page.click("details[open] button.main");
    await page.waitForSelector(".steps .now:has-text('已报送')");
    const { sizes, text } = await print(page, `${address}/print`, "monthly");
    assert.deepEqual(sizes, [upright]);
    for (const words of ["控辍保学月报", "张校长", "校长：", "盖章", "零报告是"]) assert.ok(flat(text).includes(words), `${words}: ${text}`);
  });
  county.node("school", ["sync", "now"]);
  const seen = reported();
  assert.deepEqual([seen.state, seen.signed_by, seen.signed_on, seen.zero, seen.pupils], ["sent", "张校长", day(0), 1, children.length]);
  assert.equal(county.hub(["report", "run", "monthly_reports_missing", "--format", "json"]).rows.some((row) => row.month === last), false);
});

test("a notice is stub, notice and proof of service on one page", async () => {
  const opened = add("dropout_case", first._id, { opened_by: "teacher", first_absent: day(6), on: day(3) });
  const notice = add("return_notice", first._id, { case: opened, number: "石桥小学〔2026〕3号", kind: "persuade", issued_on: day(2), return_by: day(0), issuer: "张校长" });
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    const { sizes, text } = await print(page, `/record/${notice}/print`, "notice");
    assert.deepEqual(sizes, [upright]);
    for (const words of ["存根", "骑缝盖章", "送达回证", "义务教育法", "盖章"]) assert.ok(flat(text).includes(words), words);
    assert.equal(flat(text).split("石桥小学〔2026〕3号").length - 1, 4, "the number stands on all parts and across the seam");
    const each = await print(page, "/paper/child/dropout_history", "history");
    assert.equal(each.pages.length, 1);
    await page.goto(`${desk.url}/record/${notice}/print`);
    await sound(page, "paper-notice");
  });
});

test("the public notice names nobody whole and says until when and whom to turn to", async () => {
  const programme = county.node("school", ["record", "list", "aid_programme", "--where", "code=YW_XX_ZD"]).rows[0]._id;
  const hung = (child, from, until) => {
    const application = add("aid_application", child._id, { programme, applicant: "guardian", on: day(12), reason: "家里的私事" });
    const paper = "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262;扫描件.pdf;0";
    const minutes = county.node("school", ["record", "list", "document"]).rows[0]._id;
    step("school", application, "apply", day(12), { reason: "家里的私事", categories: "rural_allowance", household_size: 5, income_year: 8000, income_from: "farm", documents: paper, school_agrees: "yes", agrees_by: "李校长", village: "石桥村", township: "石桥镇" });
    step("school", application, "verify", day(11), { village_opinion: "agree", village_stamped_on: day(11), check_how: "home,classmates,village", check_by: "王老师", check_by_2: "张老师", check_on: day(11), check_result: "true", check_text: "情况属实" });
    step("school", application, "assess", day(10), { votes_for: 20, votes_against: 1, votes_abstain: 0, leaders_on: day(10), leaders_minutes: minutes, level: "hard" });
    step("school", application, "publish", day(9), { notice_school_from: from, notice_school_until: until, notice_village_from: from, notice_village_until: until });
  };
  hung(children[3], day(9), day(-2));
  hung(children[4], day(9), day(1));
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...people.aid);
    await page.goto(`${desk.url}/ledger/aid_application/print?as=notice`);
    await page.fill("#contact", "赵老师");
    await page.fill("#phone", "0871-5551234");
    await page.click("button:has-text('填上')");
    await sound(page, "paper-public");
    const { sizes, text } = await print(page, new URL(page.url()).pathname + new URL(page.url()).search, "public");
    assert.deepEqual(sizes, [upright], "five columns hang upright on the wall");
    for (const words of [`自${written(day(9))}至${written(day(-2))}`, "0871-5551234", "赵老师", "小学走读生生活补助"]) assert.ok(flat(text).includes(words), `${words}: ${text}`);
    for (const private_ of [children[3].name, children[4].name, "私事", "石桥村"]) assert.ok(!flat(text).includes(private_), private_);
    const shortened = (name) => (name.length === 2 ? `${name[0]}*` : `${name[0]}${"*".repeat(name.length - 2)}${name.at(-1)}`);
    assert.ok(flat(text).includes(shortened(children[3].name)), "what hangs today");
    assert.equal(await page.locator("table.paper tbody tr:not(.last)").count(), 1, "what is over has taken itself down");
    await page.click("a:has-text('村（居）公示')");
    await page.waitForSelector("strong:has-text('村（居）公示')");
  });
});

test("every page for paper is sound in both languages, dark and on a phone, and charts are read", async () => {
  const older = add("dropout_case", children[6]._id, { opened_by: "teacher", first_absent: day(45), on: day(45) });
  step("school", older, "verify", day(44), {});
  add("dropout_case", children[7]._id, { opened_by: "teacher", first_absent: day(3), on: day(3) });
  const paths = ["/paper", `/paper?student=${first._id}`, "/paper/child/aid_statement", "/paper/child/dropout_history", `/paper/blank?code=household_visit&student=${first._id}`, "/paper/ledgers?l.aid_payment=1&l.dropout_case=1", "/ledger/care_log/print?as=list&class=9.9", "/report/enrolment_headcount", "/report/dropout_now", "/report/dropout_by_month", "/report/monthly_reports", "/report/monthly_figures", "/ledger/monthly_report/new"];
  for (const [viewport, options] of [[desktop, { colorScheme: "dark" }], [phone, { isMobile: true, hasTouch: true }]]) {
    await browse(viewport, async (page) => {
      await login(page, desk.url, ...registrar);
      for (const lang of ["zh", "en"]) {
        for (const path of paths) {
          await page.goto(desk.url + path);
          await sound(page, `paper-${lang}${path.replace(/\W+/g, "-").slice(0, 40)}`);
        }
        if (lang === "zh") {
          await page.click("header button:has-text('English')");
          await page.waitForSelector("html[lang=en]");
        }
      }
      await page.goto(`${desk.url}/report/dropout_by_month`);
      assert.equal(await page.locator("svg.chart polyline").count(), 2, "one line and its sign in the legend: what is nowhere but nought is not drawn");
      await page.goto(`${desk.url}/report/enrolment_headcount`);
      const size = await page.$eval("svg.chart", (svg) => (13 * svg.getBoundingClientRect().width) / 400);
      assert.ok(size >= 10.5, `letters of a chart are ${size} px`);
      assert.match(await page.textContent("svg.chart desc"), /Grade 1: Male \d+, Female \d+/);
    }, options);
  }
});
