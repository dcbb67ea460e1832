// The school's network: the registrar switches it on, a phone comes in behind TLS after the fingerprint was compared, and out it goes again; and the first day's list.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { browse, desktop, login, phone, sound } from "./browser.mjs";
import { County, root } from "./county.mjs";

const registrar = ["wang", "石桥镇的一句好话"];
let county, desk, port, address, shown;

before(async () => {
  county = await County.begin();
  county.node("school", ["enrol", "--hub", county.quic, "--token", county.token()]);
  desk = await county.desk("school");
  port = await new Promise((done) => { const server = createServer().listen(0, "0.0.0.0", () => { const { port } = server.address(); server.close(() => done(port)); }); });
});
after(async () => {
  await desk?.stop();
  await county?.end();
});

/** The certificate a machine shows, as a browser would display its fingerprint. */
const served = (url) => new Promise((done, fail) => {
  const { hostname } = new URL(url);
  const socket = connect({ host: hostname, port, rejectUnauthorized: false, servername: "" }, () => { done(socket.getPeerCertificate().fingerprint256); socket.end(); });
  socket.once("error", fail);
});

const undone = (page) => page.locator("section.guide li a").allTextContents();

test("the first day's list ticks itself off", async () => {
  await browse(desktop, async (page) => {
    await page.goto(`${desk.url}/start`);
    for (const [id, text] of [["name", "王秀英"], ["login", registrar[0]], ["password", registrar[1]], ["again", registrar[1]]]) await page.fill(`#${id}`, text);
    await page.click("main button.main");
    await page.waitForURL(/import\?first=1/);
    await page.goto(desk.url);
    await sound(page, "first-day");
    const before = await undone(page);
    assert.ok(before.some((line) => line.includes("名册")) && before.some((line) => line.includes("手机")), before.join("、"));
    await page.click("section.guide a:has-text('名册')");
    await page.setInputFiles("#file", join(root, "tests/samples/roster-clean.xlsx"));
    await page.click("main button.main");
    // The sample is another school's.
    await page.waitForSelector("text=可能不是本校的");
    await page.check("[name=this_school]");
    await page.click("button:has-text('写入这')");
    await page.waitForURL(/import\?done=/);
    await page.goto(desk.url);
    assert.ok(!(await undone(page)).some((line) => line.includes("名册")), "the roster is there");
    await sound(page, "first-day-ticked");
  });
});

test("switched on at this machine's page, with the fingerprint of the certificate served", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.click("section.guide a:has-text('手机')");
    await page.waitForURL(/machine/);
    await sound(page, "machine-off");
    await page.fill("#port", "80");
    await page.click("main button.main");
    await page.waitForSelector(".said");
    await page.fill("#port", String(port));
    await page.click("main button.main");
    await page.waitForSelector("#fingerprint");
    await page.waitForSelector("#lan .tag.ok");
    await sound(page, "machine-on");
    shown = (await page.locator("#fingerprint code").allTextContents()).join(":");
    const addresses = await page.locator("ul.addresses code").allTextContents();
    // A machine in no network at all still answers itself.
    address = addresses[0] ?? `https://127.0.0.1:${port}`;
    assert.equal(await served(address), shown);
    assert.equal(county.node("school", ["lan"]).fingerprint, shown, "the command line says the same");
    await page.goto(desk.url);
    assert.ok(!(await undone(page)).some((line) => line.includes("手机")));
    await page.goto(`${desk.url}/machine?whole=1`);
    await page.waitForSelector(".findings li");
    await sound(page, "machine-whole");
  });
  for (const [name, viewport, options] of [["machine-en-dark", desktop, { colorScheme: "dark" }], ["machine-phone-dark", phone, { colorScheme: "dark" }]]) {
    await browse(viewport, async (page) => {
      await login(page, desk.url, ...registrar);
      await page.goto(`${desk.url}/machine`);
      if (name.includes("en")) await page.click("header button[lang=en]");
      await page.waitForSelector("#fingerprint");
      await sound(page, name);
    }, options);
  }
});

test("a phone logs in behind TLS and works; its cookies are for TLS alone", async () => {
  const plain = await fetch(address.replace("https:", "http:"), { redirect: "manual" });
  assert.deepEqual([plain.status, plain.headers.get("location")], [307, `${address}/`], "typed without https, it is sent on");
  await browse(phone, async (page) => {
    await login(page, address, ...registrar);
    await sound(page, "lan-today");
    const session = (await page.context().cookies()).filter((cookie) => cookie.name.includes("huxue_session"));
    assert.deepEqual(session.map((cookie) => [cookie.name, cookie.secure, cookie.httpOnly, cookie.sameSite]), [["__Host-huxue_session", true, true, "Strict"]]);
    await page.goto(`${address}/roll`);
    await page.click("main a[href^='/roll/']");
    await page.waitForSelector("table.roll");
    assert.equal(await page.evaluate(() => document.activeElement === document.body), true, "nothing is focused, or scrolled to, under a finger");
    // On a weekend the page asks first.
    const open = page.locator("main a[href*='open=1']");
    if (await open.count() > 0) await open.click();
    await page.click("main .sticky button");
    await page.waitForURL(/done=1/);
    await sound(page, "lan-roll");
    await page.goto(`${address}/machine`);
    await sound(page, "lan-machine");
    assert.match(await page.textContent("#lan ~ form, form[action^='/machine/lan']"), /校内网络打开的这一页/);
  }, { ignoreHTTPSErrors: true, own: address });
});

test("switched off, nobody but this machine is answered", async () => {
  await browse(desktop, async (page) => {
    await login(page, desk.url, ...registrar);
    await page.goto(`${desk.url}/machine`);
    await page.click("button:has-text('关掉')");
    await page.waitForURL(/done=off/);
    await sound(page, "machine-off-again");
  });
  await assert.rejects(served(address));
});
