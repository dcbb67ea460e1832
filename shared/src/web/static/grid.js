// The grid by keyboard and clipboard. Every judgement is the server's: what is typed or pasted is asked about and marked, nothing is written before "save", and a fault leaves
// everything where it was typed. Without this file the page still has its forms.
"use strict";
(() => {
  const form = document.getElementById("grid-form");
  if (!form) return;
  const table = document.getElementById("grid"), body = table.tBodies[0];
  const words = JSON.parse(form.dataset.words);
  // A word with a place for something says it there.
  const say = (word, what) => words[word].replace("%", what);
  const said = document.getElementById("grid-said"), saveButton = document.getElementById("grid-save"), dropButton = document.getElementById("grid-drop");
  const writeButton = document.getElementById("grid-write"), saveWord = saveButton.textContent, block = document.getElementById("block");
  const changes = document.getElementById("grid-changes"), lostBox = document.getElementById("grid-lost");
  for (const node of document.querySelectorAll(".only-js[hidden]")) if (node !== changes) node.hidden = false;

  const heads = new Map();
  for (const th of table.tHead.querySelectorAll("th[data-field]")) {
    heads.set(th.dataset.field, { title: th.textContent.replace(/ \*$/, ""), options: th.dataset.options ? JSON.parse(th.dataset.options) : [], several: "several" in th.dataset, long: "long" in th.dataset });
  }
  const dress = (row) => {
    for (const cell of row.querySelectorAll("td.cell")) { cell.tabIndex = -1; cell.dataset.was = cell.textContent; cell.dataset.now = cell.textContent; }
  };
  for (const row of body.rows) dress(row);
  table.setAttribute("role", "grid");

  const cellsOf = (row) => [...row.querySelectorAll("td.cell")];
  const rowsAll = () => [...body.rows];
  const value = (cell) => cell.dataset.now;
  const isChanged = (cell) => cell.dataset.now !== cell.dataset.was;
  const rowChanged = (row) => cellsOf(row).some(isChanged);

  // ---- where one is ----
  let here = null, anchor = null;
  const picked = () => {
    if (!here) return [];
    const from = anchor && anchor.isConnected ? anchor : here, rows = rowsAll();
    const r = [rows.indexOf(from.parentNode), rows.indexOf(here.parentNode)].sort((a, b) => a - b);
    const order = (cell) => cell.cellIndex;
    const c = [order(from), order(here)].sort((a, b) => a - b);
    return rows.slice(r[0], r[1] + 1).map((row) => cellsOf(row).filter((cell) => order(cell) >= c[0] && order(cell) <= c[1]));
  };
  const paint = () => {
    for (const cell of table.querySelectorAll(".picked")) cell.classList.remove("picked");
    const all = picked().flat();
    if (all.length > 1) for (const cell of all) cell.classList.add("picked");
  };
  const go = (cell, extend) => {
    if (!cell) return;
    if (here) here.tabIndex = -1;
    here = cell;
    if (!extend) anchor = cell;
    cell.tabIndex = 0;
    cell.focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
    paint();
  };
  const beside = (cell, down, right) => {
    const rows = rowsAll(), at = rows.indexOf(cell.parentNode);
    if (down) {
      const row = rows[Math.max(0, Math.min(rows.length - 1, at + down))];
      return cellsOf(row).find((other) => other.dataset.field === cell.dataset.field) ?? cellsOf(row)[0];
    }
    const cells = cellsOf(cell.parentNode);
    return cells[Math.max(0, Math.min(cells.length - 1, cells.indexOf(cell) + right))];
  };
  const first = table.querySelector("td.cell");
  if (first) { first.tabIndex = 0; here = first; anchor = first; }

  // ---- changing, and taking back what was typed ----
  const past = [];
  const draw = (cell) => {
    cell.textContent = value(cell);
    cell.title = cell.dataset.why || cell.dataset.odd || value(cell);
    cell.classList.toggle("changed", isChanged(cell));
    cell.classList.toggle("wrong", Boolean(cell.dataset.why));
    cell.classList.toggle("odd", Boolean(cell.dataset.odd) && !cell.dataset.why);
    if (cell.dataset.why) cell.setAttribute("aria-invalid", "true"); else cell.removeAttribute("aria-invalid");
  };
  const put = (list) => {
    const moved = list.filter(([cell, text]) => value(cell) !== text);
    if (!moved.length) return 0;
    past.push(moved.map(([cell]) => [cell, value(cell)]));
    for (const [cell, text] of moved) { cell.dataset.now = text; delete cell.dataset.why; delete cell.dataset.force; draw(cell); }
    ask();
    return moved.length;
  };
  const back = () => {
    const step = past.pop();
    if (!step) return;
    for (const [cell, text] of step) { cell.dataset.now = text; delete cell.dataset.why; draw(cell); }
    ask();
    go(step[0][0]);
  };

  // ---- asking the server ----
  const post = async (address, what) => {
    const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json", "HX-Request": "true" }, body: JSON.stringify(what), redirect: "error" });
    if (answer.headers.get("HX-Redirect")) throw new Error("locked");
    if (!answer.ok || !(answer.headers.get("content-type") || "").startsWith("application/json")) throw new Error(String(answer.status));
    return answer.json();
  };
  // What was typed stays in the grid, whatever it was.
  const lost = (error) => (error.message === "locked" ? document.body.dataset.locked : words.lost);
  const act = () => {
    const rows = rowsAll().filter(rowChanged);
    return [rows, { rows: rows.map((row) => {
      const cells = {};
      let child = "";
      for (const cell of cellsOf(row).filter(isChanged)) {
        if (cell.dataset.field === "_child") child = value(cell);
        else cells[cell.dataset.field] = { was: row.dataset.key.startsWith("+") || cell.dataset.force ? null : cell.dataset.was, now: value(cell) };
      }
      return { key: row.dataset.key, child, sure: row.dataset.sure ?? "", cells };
    }) }];
  };
  const label = (row) => row.querySelector(".who")?.textContent || say("row", row.rowIndex);
  const line = (text, wrong) => { const li = document.createElement("li"); li.textContent = text; if (wrong) li.className = "wrong"; changes.querySelector("ul").append(li); return li; };
  const choice = (li, text, work) => { const button = document.createElement("button"); button.type = "button"; button.textContent = text; button.addEventListener("click", work); li.append(" ", button); };
  // Like one that is there: written once the person says that it is meant.
  const question = (row, verdict) => {
    const li = line(`${verdict.waits ? "？" : "●"} ${label(row)}：${verdict.asked.said}`), box = document.createElement("input"), around = document.createElement("label");
    li.className = "odd";
    for (const [href, name] of verdict.asked.there) {
      const there = document.createElement(href ? "a" : "span");
      if (href) { there.href = href; there.target = "_blank"; }
      there.textContent = name;
      li.append(" ", there);
    }
    box.type = "checkbox";
    box.checked = !verdict.waits;
    box.addEventListener("change", () => { row.dataset.sure = box.checked ? verdict.asked.sure : ""; ask(); });
    around.append(box, ` ${words.sure}`);
    li.append(" ", around);
  };
  let asked = 0, timer = 0, judged = null, settle = () => {};
  // Of a handful of cells one sees in the grid what is written. More, a pasted block, and what is asked about are looked at first: the first "save" leads to the list.
  const HANDFUL = 5;
  let pasted = false, drawn = "", looked = "", toLook = 0;
  const print = (what) => JSON.stringify(what.rows.map((row) => ({ ...row, sure: "" })));
  const offerLook = (good, waits) => {
    toLook = good > HANDFUL || waits || (pasted && good) ? good + waits : 0;
    writeButton.hidden = !toLook;
    writeButton.disabled = !good;
    writeButton.textContent = say("write", good);
    saveButton.textContent = toLook && looked !== drawn ? say("look", toLook) : saveWord;
  };
  const mark = (rows, answer) => {
    changes.querySelector("ul").textContent = "";
    let good = 0, bad = 0, waits = 0;
    rows.forEach((row, at) => {
      const verdict = answer.rows[at];
      const find = (field) => cellsOf(row).find((cell) => cell.dataset.field === field);
      for (const cell of cellsOf(row)) { delete cell.dataset.why; delete cell.dataset.odd; }
      if (verdict.asked) {
        if (verdict.waits) waits += 1;
        question(row, verdict);
      }
      if (!verdict.waits) for (const moved of verdict.cells) {
        // What a new row is given by itself is shown, and is no change of a person's.
        const cell = find(moved.field);
        if (!cell || isChanged(cell)) good += 1;
        line(`${label(row)} · ${moved.title}：${moved.from || words.empty} → ${moved.to || words.empty}`);
      }
      if (verdict.new && verdict.changed && !verdict.cells.length) good += 1;
      for (const warning of verdict.warnings) {
        for (const cell of warning.fields.map(find).filter(Boolean)) cell.dataset.odd = warning.message;
        line(`! ${label(row)}：${warning.message}`).className = "odd";
      }
      if (verdict.new && verdict.gaps.length) line(`○ ${label(row)}：${verdict.gaps.join(" ")}`).className = "soft";
      for (const refused of verdict.refused) {
        const cell = find(refused.field);
        if (cell) cell.dataset.why = refused.message;
        if (verdict.message && !cell) continue;
        bad += 1;
        const li = line(`✗ ${label(row)}：${refused.message}`, true);
        if (cell && refused.theirs !== null) {
          choice(li, words.theirs, () => { cell.dataset.force = "1"; delete cell.dataset.why; draw(cell); ask(); });
          choice(li, words.take, () => { cell.dataset.was = refused.theirs; put([[cell, refused.theirs]]); draw(cell); ask(); });
        }
      }
      if (verdict.message) {
        if (!verdict.refused.some((refused) => find(refused.field))) {
          bad += 1;
          const who = find("_child") ?? cellsOf(row).find(isChanged);
          if (who) who.dataset.why = verdict.message;
          line(`✗ ${label(row)}：${verdict.message}${verdict.next ? ` → ${verdict.next}` : ""}`, true);
        }
      }
      for (const cell of cellsOf(row)) draw(cell);
    });
    if (waits > 1) {
      const li = document.createElement("li");
      choice(li, words["sure-all"], () => { rows.forEach((row, at) => { if (answer.rows[at].waits) row.dataset.sure = answer.rows[at].asked.sure; }); ask(); });
      changes.querySelector("ul").prepend(li);
    }
    changes.hidden = !changes.querySelector("li");
    saveButton.disabled = !good && !waits;
    offerLook(good, waits);
    dropButton.disabled = !rows.length;
    said.textContent = good || bad || waits ? [say("changed", good), bad ? say("bad", bad) : "", waits ? say("asks", waits) : ""].filter(Boolean).join("，") : words.none;
  };
  const ask = () => {
    clearTimeout(timer);
    // Who waited for what was typed before waits for this instead.
    settle();
    judged = new Promise((done) => {
      settle = done;
      timer = setTimeout(async () => {
        const turn = ++asked, [rows, what] = act();
        if (!rows.length) { pasted = false; drawn = ""; mark([], { rows: [] }); done(); return; }
        said.textContent = words.checking;
        try {
          const answer = await post(form.dataset.judge, what);
          if (turn === asked) { drawn = print(what); mark(rows, answer); }
        } catch (error) { if (turn === asked) { said.textContent = lost(error); saveButton.disabled = false; dropButton.disabled = false; } }
        done();
      }, 150);
    });
  };
  // Twice pressed is once sent.
  let saving = false;
  const save = async () => {
    if (saving) return;
    saving = true;
    try { await send(); } finally { saving = false; }
  };
  const send = async () => {
    if (editor) finish(true);
    for (let last = null; last !== judged;) { last = judged; await last; }
    if (toLook && looked !== drawn) {
      looked = drawn;
      saveButton.textContent = saveWord;
      changes.scrollIntoView({ block: "start" });
      (writeButton.disabled ? changes.querySelector("input, button:not(#grid-write)") : writeButton)?.focus({ preventScroll: true });
      return;
    }
    const turn = ++asked, [rows, what] = act();
    if (!rows.length) return;
    saveButton.disabled = true;
    let answer;
    try {
      answer = await post(form.dataset.judge + "&save=1", what);
    } catch (error) { said.textContent = lost(error); saveButton.disabled = false; return; }
    if (turn !== asked) asked += 1;
    rows.forEach((row, at) => {
      const verdict = answer.rows[at];
      if (!verdict.changed && (verdict.message || verdict.refused.length || verdict.waits)) return;
      delete row.dataset.sure;
      if (verdict.new && verdict.record) row.dataset.key = verdict.record;
      for (const cell of cellsOf(row)) {
        const moved = verdict.cells.find((other) => other.field === cell.dataset.field);
        if (moved) { cell.dataset.now = moved.to; cell.dataset.was = moved.to; } else if (!verdict.refused.some((other) => other.field === cell.dataset.field)) cell.dataset.was = value(cell);
        delete cell.dataset.force;
      }
      if (verdict.new) {
        row.classList.remove("new");
        // Whose it is is settled now.
        const who = row.querySelector("td.who.cell");
        if (who) { who.classList.remove("cell", "changed", "wrong"); who.removeAttribute("tabindex"); if (here === who) here = cellsOf(row)[0] ?? first; }
      }
    });
    past.length = 0;
    pasted = false; looked = "";
    mark(rows, { rows: answer.rows.map((verdict) => ({ ...verdict, cells: [], new: false, asked: verdict.waits ? verdict.asked : null })) });
    saveButton.disabled = !answer.refused && !answer.asked;
    writeButton.hidden = true;
    said.textContent = [answer.changed ? say("saved", answer.changed) : "", answer.refused ? say("bad", answer.refused) : "", answer.asked ? say("asks", answer.asked) : ""].filter(Boolean).join("；");
    offer(answer.batch);
    // What a row is like may be a record by now: it is asked about as that.
    if (answer.asked) { const done = said.textContent; ask(); judged.then(() => { said.textContent = done; }); }
  };
  // Taking the batch back is a form of its own, like everywhere.
  const offer = (batch) => {
    for (const node of document.querySelectorAll("form.undo, .grid-bar .undo-batch")) node.remove();
    if (!batch) return;
    const [path, query] = form.dataset.undo.split("?");
    const undo = document.createElement("form");
    undo.id = "undo-batch"; undo.className = "undo"; undo.method = "post"; undo.action = `${path}${batch}?${query}`;
    const next = document.createElement("input");
    next.type = "hidden"; next.name = "next"; next.value = location.pathname + location.search;
    const button = document.createElement("button");
    button.className = "undo-batch"; button.textContent = words.undo; button.setAttribute("form", "undo-batch");
    undo.append(next);
    form.after(undo);
    saveButton.before(button);
  };

  // ---- typing in a cell ----
  let editor = null;
  const edit = (cell, text) => {
    if (editor) finish(true);
    const head = heads.get(cell.dataset.field) ?? { options: [] };
    const single = head.options.length && !head.several;
    const input = document.createElement(single && text === undefined ? "select" : head.long ? "textarea" : "input");
    if (input.tagName === "SELECT") {
      const all = ["", ...head.options];
      if (!all.includes(value(cell))) all.push(value(cell));
      for (const option of all) input.add(new Option(option, option));
    } else if (head.options.length) {
      const list = document.createElement("datalist");
      list.id = "cell-options";
      for (const option of head.options) list.append(new Option(option, option));
      cell.after(list);
      input.setAttribute("list", "cell-options");
    }
    input.setAttribute("aria-label", `${label(cell.parentNode)} ${head.title ?? ""}`);
    input.autocomplete = "off";
    cell.textContent = "";
    cell.classList.add("editing");
    cell.append(input);
    input.value = text ?? value(cell);
    editor = { cell, input };
    input.focus();
    if (input.select && text === undefined) input.select();
  };
  const finish = (keep) => {
    const { cell, input } = editor;
    editor = null;
    const text = input.value.trim();
    document.getElementById("cell-options")?.remove();
    cell.classList.remove("editing");
    cell.textContent = value(cell);
    if (keep) put([[cell, text]]);
    draw(cell);
  };

  table.addEventListener("mousedown", (event) => {
    const cell = event.target.closest("td.cell");
    if (!cell || (editor && editor.cell === cell)) return;
    event.preventDefault();
    if (editor) finish(true);
    go(cell, event.shiftKey);
  });
  table.addEventListener("dblclick", (event) => { const cell = event.target.closest("td.cell"); if (cell && !editor) edit(cell); });
  table.addEventListener("focusin", (event) => { if (event.target.matches("td.cell") && event.target !== here) { here = event.target; anchor = here; paint(); } });
  table.addEventListener("focusout", (event) => { if (editor && event.target === editor.input && !editor.cell.contains(event.relatedTarget)) finish(true); });

  // An input method composes: Enter and arrows are its own (229 is what older browsers say).
  const composes = (event) => event.isComposing || event.keyCode === 229;
  const arrows = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  form.addEventListener("keydown", (event) => {
    if (composes(event)) return;
    if (event.target.id === "set_value" && event.key === "Enter") { event.preventDefault(); setMarked(); return; }
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "s") { event.preventDefault(); save(); return; }
    if (editor && event.target === editor.input) return inside(event);
    if (!event.target.matches("td.cell")) return;
    const cell = event.target;
    if (command) {
      const key = event.key.toLowerCase();
      if (key === "d") { event.preventDefault(); fillDown(); }
      if (key === "z") { event.preventDefault(); back(); }
      if (event.key === "Home") { event.preventDefault(); go(first); }
      return;
    }
    if (event.altKey) return;
    if (arrows[event.key]) { event.preventDefault(); go(beside(cell, ...arrows[event.key]), event.shiftKey); return; }
    switch (event.key) {
      case "Enter": event.preventDefault(); go(beside(cell, event.shiftKey ? -1 : 1, 0)); break;
      case "Tab": {
        const other = beside(cell, 0, event.shiftKey ? -1 : 1);
        // At either end Tab leaves the grid, as everywhere.
        if (other !== cell) { event.preventDefault(); go(other); }
        break;
      }
      case "Home": event.preventDefault(); go(cellsOf(cell.parentNode)[0]); break;
      case "End": event.preventDefault(); go(cellsOf(cell.parentNode).at(-1)); break;
      case "PageDown": event.preventDefault(); go(beside(cell, 12, 0)); break;
      case "PageUp": event.preventDefault(); go(beside(cell, -12, 0)); break;
      case "F2": event.preventDefault(); edit(cell); break;
      case "Delete": case "Backspace": event.preventDefault(); put(picked().flat().map((one) => [one, ""])); break;
      case " ": event.preventDefault(); edit(cell); break;
      default: if (event.key.length === 1) { event.preventDefault(); edit(cell, event.key); }
    }
  });
  // An input method begins on the cell itself: it gets a field to compose in.
  table.addEventListener("keydown", (event) => { if (composes(event) && !editor && event.target.matches("td.cell")) edit(event.target, ""); });
  const inside = (event) => {
    const { cell, input } = editor;
    const leave = (keep, down, right) => { event.preventDefault(); finish(keep); go(down || right ? beside(cell, down, right) : cell); };
    if (event.key === "Escape") leave(false, 0, 0);
    else if (event.key === "Enter" && !(input.tagName === "TEXTAREA" && (event.altKey || event.shiftKey))) leave(true, event.shiftKey ? -1 : 1, 0);
    else if (event.key === "Tab") leave(true, 0, event.shiftKey ? -1 : 1);
  };

  // ---- clipboard ----
  const quote = (text) => (/[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  table.addEventListener("copy", (event) => {
    if (editor || !here) return;
    event.clipboardData.setData("text/plain", picked().map((row) => row.map((cell) => quote(value(cell))).join("\t")).join("\r\n"));
    event.preventDefault();
  });
  table.addEventListener("paste", async (event) => {
    if (editor || !here) return;
    event.preventDefault();
    await paste(event.clipboardData.getData("text/plain"));
  });
  const copyOf = (model) => {
    const row = model.cloneNode(true);
    delete row.dataset.sure;
    for (const cell of cellsOf(row)) { cell.textContent = ""; cell.className = cell.className.replace(/\b(changed|wrong|odd|picked|editing)\b/g, ""); delete cell.dataset.why; delete cell.dataset.odd; }
    dress(row);
    return row;
  };
  const more = (count) => {
    const model = rowsAll().find((row) => row.dataset.key === "+" && !rowChanged(row)) ?? rowsAll().find((row) => row.dataset.key === "+");
    for (let n = 0; model && n < count; n += 1) body.append(copyOf(model));
    return Boolean(model);
  };
  // What a paste loses is said above the grid, and stays there until the next one.
  const tell = (lines) => {
    lostBox.replaceChildren(...lines.map((text) => { const p = document.createElement("p"); p.textContent = text; return p; }));
    lostBox.hidden = !lines.length;
  };
  const paste = async (text) => {
    if (!text) return;
    const area = picked(), all = area.flat(), single = text.replace(/\r?\n$/, "");
    if (all.length > 1 && !/[\t\n\r]/.test(single)) { filled(put(all.map((cell) => [cell, single.trim()]))); return; }
    const top = area[0]?.[0] ?? here, rows = rowsAll();
    const at = { row: rows.indexOf(top.parentNode), column: [...heads.keys()].indexOf(top.dataset.field) };
    let laid;
    try {
      laid = await post(form.dataset.lay, { text, keys: rows.map((row) => row.dataset.key), ...at });
    } catch (error) { said.textContent = lost(error); return; }
    const need = laid.rows.filter((row) => row.line === null && row.again === null && !row.trouble).length;
    // From where the paste begins, down.
    const free = () => rowsAll().slice(at.row).filter((row) => row.dataset.key === "+" && !rowChanged(row));
    const used = new Set(laid.rows.map((row) => row.line).filter((at) => at !== null).map((at) => rows[at]));
    if (free().filter((row) => !used.has(row)).length < need) more(need);
    const spare = free().filter((row) => !used.has(row));
    const list = [], notes = [], left = [], last = new Map();
    let added = 0;
    for (const placed of laid.rows) {
      if (placed.trouble) { notes.push(placed); left.push(placed.raw); continue; }
      let row = placed.line === null ? null : rows[placed.line];
      if (!row && placed.again !== null) {
        // Another of this child: below those there are.
        const model = rows[placed.again];
        row = copyOf(model);
        row.dataset.key = placed.key;
        row.classList.add("new");
        (last.get(model) ?? model).after(row);
        last.set(model, row);
      }
      row ??= spare.shift();
      if (!row) { notes.push(placed); left.push(placed.raw); continue; }
      if (placed.line === null) added += 1;
      for (const cell of cellsOf(row)) {
        if (cell.dataset.field === "_child") { if (placed.child) list.push([cell, placed.child]); }
        else if (cell.dataset.field in placed.cells) list.push([cell, placed.cells[cell.dataset.field]]);
      }
    }
    if (list.length > 1) pasted = true;
    put(list);
    await judged;
    const extra = [];
    // Which, the first ten by name, and how many if there are more.
    const which = (all) => all.slice(0, 10).join("、") + (all.length > 10 ? say("in-all", all.length) : "");
    if (added) extra.push(say("added", added));
    const gone = laid.lost ? [laid.lost] : [];
    const who = (row) => say("row", row.number) + (row.child ? `（${row.child}）` : "");
    const known = notes.filter((row) => row.why), other = notes.filter((row) => !row.why);
    for (const row of known.slice(0, 10)) gone.push(`✗ ${say("unplaced-why", who(row))} ${row.why}${row.next ? ` → ${row.next}` : ""}`);
    if (known.length > 10) gone.push(`✗ ${say("unplaced-why", which(known.slice(10).map(who)))}`);
    if (other.length) gone.push(`✗ ${say("unplaced", which(other.map(who)))}`);
    if (left.length) {
      // They stay with the person: to be corrected and pasted again.
      block.value = laid.title + left.join("");
      block.closest("details").open = true;
      gone.push(laid.left || words.left);
    }
    tell(gone);
    said.textContent = `${said.textContent}${extra.length ? `；${extra.join("；")}` : ""}`;
  };

  // ---- filling ----
  const filled = (count) => { if (count) judged.then(() => { said.textContent = `${say("filled", count)}；${said.textContent}`; }); };
  const fillDown = () => {
    const area = picked();
    let list = [];
    if (area.length > 1) list = area.slice(1).flatMap((row) => row.map((cell, at) => [cell, value(area[0][at] ?? cell)]));
    else if (here) {
      // Nothing selected: from here to the last row that is somebody's.
      const rows = rowsAll(), text = value(here);
      list = rows.slice(rows.indexOf(here.parentNode) + 1).filter((row) => row.dataset.key !== "+" || rowChanged(row))
        .map((row) => cellsOf(row).find((cell) => cell.dataset.field === here.dataset.field)).filter(Boolean).map((cell) => [cell, text]);
    }
    filled(put(list));
  };
  document.getElementById("fill-down").addEventListener("click", fillDown);
  document.getElementById("undo-typed").addEventListener("click", back);
  const setField = document.getElementById("set_field"), setValue = document.getElementById("set_value"), setList = document.getElementById("set-options");
  const offerOptions = () => { setList.textContent = ""; for (const option of heads.get(setField.value)?.options ?? []) setList.append(new Option(option, option)); };
  setField.addEventListener("change", offerOptions);
  offerOptions();
  const setMarked = () => {
    const rows = rowsAll().filter((row) => row.querySelector("input[name=mark]:checked"));
    const cells = rows.map((row) => cellsOf(row).find((cell) => cell.dataset.field === setField.value)).filter(Boolean);
    if (!cells.length) { said.textContent = words.unmarked; return; }
    filled(put(cells.map((cell) => [cell, setValue.value.trim()])));
  };
  document.getElementById("set-go").addEventListener("click", (event) => { event.preventDefault(); setMarked(); });
  document.getElementById("mark-all").addEventListener("change", (event) => { for (const box of table.querySelectorAll("input[name=mark]")) box.checked = event.target.checked; });

  saveButton.addEventListener("click", save);
  writeButton.addEventListener("click", () => { looked = drawn; save(); });
  dropButton.addEventListener("click", () => {
    const list = rowsAll().flatMap(cellsOf).filter(isChanged);
    put(list.map((cell) => [cell, cell.dataset.was]));
    tell([]);
  });
  addEventListener("beforeunload", (event) => { if (rowsAll().some(rowChanged)) event.preventDefault(); });
  form.addEventListener("submit", () => {
    // Rows that came to be here since the page was drawn.
    form.elements.keys.value = rowsAll().map((row) => row.dataset.key).join(" ");
  });
})();
