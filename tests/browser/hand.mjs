// How a person works a page: with a mouse, with a finger on a phone, or with the keyboard alone. A journey is written once and walked by each of them.
import assert from "node:assert/strict";
import { desktop, phone } from "./browser.mjs";

/** Pressing Tab so often reaches everything on a page, or it cannot be reached. */
const TABS_MAX = 700;

class Pointer {
  constructor(page) { this.page = page; }
  /** A link, a button, a summary. */
  async press(selector) { await this.page.locator(selector).first().click(); }
  async fill(selector, text) { await this.page.locator(selector).first().fill(text); }
  /** A choice by its title: options of a list, or one of several buttons. */
  async choose(selector, title) {
    const at = this.page.locator(selector).first();
    if (await at.evaluate((node) => node.tagName) === "SELECT") await at.selectOption({ label: title });
    else await this.tickOf(at.locator("xpath=ancestor::fieldset[1]").locator("label").filter({ hasText: new RegExp(`^\\s*${title}\\s*$`) }).locator("input"));
  }
  async tick(selector) { await this.page.locator(selector).first().check(); }
  async tickOf(locator) { await locator.check(); }
  async files(selector, files) { await this.page.locator(selector).first().setInputFiles(files); }
  /** A child's state on the roll. `key`: what is pressed for it. */
  async mark(row, state) { await this.tick(`${row} input[value=${state}]`); }
}

class Finger extends Pointer {
  async press(selector) { await this.page.locator(selector).first().tap(); }
  async tick(selector) { if (!(await this.page.locator(selector).first().isChecked())) await this.page.locator(selector).first().tap(); }
}

/** Nothing but keys: every element is walked to with Tab, and where the focus stands must be seen. */
class Keys extends Pointer {
  async reach(selector) {
    const target = this.page.locator(selector).first();
    const box = await target.elementHandle();
    // From where the focus is; a radio button takes it for its whole group.
    const there = () => box.evaluate((node) => {
      const now = document.activeElement;
      return now === node || (node.type === "radio" && now?.type === "radio" && now.name === node.name && now.form === node.form);
    });
    for (let pressed = 0; pressed < TABS_MAX; pressed += 1) {
      if (await there()) {
        const seen = await this.page.evaluate(() => {
          const now = document.activeElement, style = getComputedStyle(now);
          return style.outlineStyle !== "none" || style.boxShadow !== "none" || now.matches("input[type=file], input[type=date]");
        });
        assert.ok(seen, `where the focus stands is seen on ${selector}`);
        return target;
      }
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`${selector} is not reached with Tab on ${this.page.url()}`);
  }
  async press(selector) { await this.reach(selector); await this.page.keyboard.press("Enter"); }
  async fill(selector, text) {
    const at = await this.reach(selector);
    if (await at.getAttribute("type") === "date") {
      // A date is typed part by part; which part comes first is the browser's own language.
      const [year, month, day] = text.split("-");
      for (const order of [[month, day, year], [year, month, day]]) {
        await this.page.keyboard.press("Shift+Tab");
        await this.reach(selector);
        for (const part of order) await this.page.keyboard.type(part);
        if (await at.inputValue() === text) break;
      }
      assert.equal(await at.inputValue(), text);
      return;
    }
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.insertText(text);
  }
  async choose(selector, title) {
    const at = await this.reach(selector);
    const list = await at.evaluate((node) => node.tagName === "SELECT");
    const down = async (wanted) => {
      for (let pressed = 0; pressed < 60; pressed += 1) {
        if (await wanted()) return;
        await this.page.keyboard.press("ArrowDown");
      }
      throw new Error(`${title} is not among the choices of ${selector}`);
    };
    if (list) await down(() => at.evaluate((node, title) => node.selectedOptions[0]?.textContent.trim() === title, title));
    else {
      await this.page.keyboard.press("Space");
      await down(() => this.page.evaluate((title) => document.activeElement.closest("label")?.textContent.trim() === title, title));
    }
  }
  async tick(selector) {
    const at = await this.reach(selector);
    if (await at.getAttribute("type") === "radio") {
      const mine = () => at.evaluate((node) => node === document.activeElement && node.checked);
      await this.page.keyboard.press("Space");
      for (let pressed = 0; pressed < 30 && !(await mine()); pressed += 1) await this.page.keyboard.press("ArrowDown");
      assert.ok(await mine(), selector);
    } else if (!(await at.isChecked())) await this.page.keyboard.press("Space");
  }
  async mark(row, state, key) {
    await this.reach(`${row} input[type=radio]`);
    await this.page.keyboard.press(String(key));
  }
  async files(selector, files) {
    await this.reach(selector);
    const [chooser] = await Promise.all([this.page.waitForEvent("filechooser"), this.page.keyboard.press("Space")]);
    await chooser.setFiles(files);
  }
}

/** The three ways: name, viewport, options of the browser, and the hand. */
export const hands = [
  { name: "a mouse", viewport: desktop, options: {}, on: (page) => new Pointer(page) },
  { name: "a finger on a phone", viewport: phone, options: { isMobile: true, hasTouch: true }, on: (page) => new Finger(page) },
  { name: "the keyboard alone", viewport: desktop, options: {}, on: (page) => new Keys(page) },
];
