import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";
const [out, ...files] = process.argv.slice(2);
const html = `<body style="margin:0;display:grid;grid-template-columns:1fr 1fr;gap:8px;background:#888">${files.map((f) => `<div style="height:900px;overflow:hidden"><img style="width:100%" src="data:image/png;base64,${readFileSync(f).toString("base64")}"></div>`).join("")}</body>`;
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--headless", "--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 2000, height: 1810 } });
await page.setContent(html); await page.waitForTimeout(200);
await page.screenshot({ path: out }); await browser.close();
