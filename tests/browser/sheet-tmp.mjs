import { chromium } from "playwright-core";
import { readFileSync, writeFileSync } from "node:fs";
const [out, ...files] = process.argv.slice(2);
const html = `<body style="margin:0;display:flex;align-items:flex-start;gap:8px;background:#888">${files.map((f) => `<img src="data:image/png;base64,${readFileSync(f).toString("base64")}">`).join("")}</body>`;
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--headless", "--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1650, height: 1500 } });
await page.setContent(html); await page.waitForTimeout(200);
await page.screenshot({ path: out }); await browser.close();
