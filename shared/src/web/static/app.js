// What pages do beyond htmx: Enter while an input method composes does not submit; the roll by keyboard; the head keeps itself fresh; nothing typed is lost unnoticed.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);

  // Input methods: Enter chooses a word, it does not send the form. `keyCode` 229 is what older browsers say.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopImmediatePropagation();
  }, true);
  let composing = false;
  document.addEventListener("compositionstart", () => { composing = true; });
  document.addEventListener("compositionend", () => { setTimeout(() => { composing = false; }, 0); });
  document.addEventListener("submit", (event) => { if (composing) { event.preventDefault(); event.stopImmediatePropagation(); } }, true);

  // What has to be said at once stands on top of the page.
  const said = (text) => { const box = $("#said"); if (box) { box.innerHTML = ""; const p = document.createElement("p"); p.className = "said"; p.textContent = text; box.append(p); } };

  // The head's line says how it was when it was drawn: while nobody answers, it says that.
  const away = () => {
    const line = $("#pulse"), dot = line && line.querySelector(".dot");
    if (!dot) return;
    dot.className = "dot bad";
    line.replaceChildren(dot, ` ${document.body.dataset.away}`);
  };

  // A form is sent only once the server would take it: on a page that was locked meanwhile, or without a link, nothing typed is lost, and no page of the browser's own
  // stands where the person was.
  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter;
    if (event.defaultPrevented || !form.matches("main form[method=post]") || !window.htmx || !$("#pulse")) return;
    if (form.dataset.asked) { delete form.dataset.asked; return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.asking) return;
    form.dataset.asking = "1";
    const answer = await fetch("/pulse", { headers: { "HX-Request": "true" } }).catch(() => null);
    delete form.dataset.asking;
    if (answer && shut(answer)) { cover(document.body.dataset.unsavedLocked); return; }
    if (!answer) away();
    if (!answer || !answer.ok) { said(document.body.dataset.unsaved); scrollTo(0, 0); return; }
    renew(await answer.text());
    form.dataset.asked = "1";
    form.requestSubmit(button);
  }, true);

  // Whoever logged in again has another token.
  const renew = (pulse) => {
    const token = pulse.match(/data-token="([^"]*)"/);
    if (!token) return;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRF-Token": token[1] }));
    for (const form of document.forms) if (/[?&]t=/.test(form.action)) form.action = form.action.replace(/([?&]t=)[^&]*/, `$1${token[1]}`);
  };

  // A page whose session is locked or over shows nothing of what stands on it, on the screen or on paper, until the person is back; what was typed in it stays.
  const shut = (answer) => [401, 403].includes(answer.status);
  const watched = () => document.body.hasAttribute("data-live");
  const covered = () => !$("#cover").hidden;
  let left = null;
  const cover = (words) => {
    const box = $("#cover"), link = $("a", box);
    $("p", box).textContent = words;
    if (covered()) return;
    left = document.activeElement;
    // What is typed in, or marked, is gone back to; what is only read is read again.
    if ($("form[data-keep], #grid-form, tr[data-row]")) Object.assign(link, { href: "/lock", target: "_blank", rel: "noopener", textContent: document.body.dataset.unlock });
    else link.href = `/lock?next=${encodeURIComponent(location.pathname + location.search)}`;
    document.body.classList.add("covered");
    box.hidden = false;
    link.focus();
  };
  const uncover = () => {
    document.body.classList.remove("covered");
    $("#cover").hidden = true;
    left?.focus?.({ preventScroll: true });
  };
  const look = async () => {
    if (!watched() || document.hidden) return;
    const answer = await fetch("/pulse", { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer) away();
    else if (shut(answer)) cover(document.body.dataset.locked);
    else if (answer.ok && covered()) { renew(await answer.text()); uncover(); }
  };
  addEventListener("DOMContentLoaded", () => { if (watched()) { setInterval(look, 20000); setInterval(() => { if (covered()) look(); }, 2000); } });
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);

  // A field judged, a row of the roll marked on a page that is locked by now: the page stays, with what stands in it.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const to = event.detail.xhr.getResponseHeader("HX-Redirect");
    if (!to || !/^\/(lock|login)/.test(to) || !($("form[data-keep]") || event.detail.requestConfig.verb === "post")) return;
    event.preventDefault();
    notSaved(event.target);
    cover(document.body.dataset.unsavedLocked);
  });

  // A form that was typed in asks before it is left.
  let dirty = false;
  document.addEventListener("input", (event) => { if (event.target.closest("form[data-keep]")) dirty = true; });
  // Another form of the page, such as the language's, does not save what stands in this one.
  document.addEventListener("submit", (event) => { if (event.target.matches("form[data-keep]") || !document.querySelector("form[data-keep]")) dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  // Twice clicked is once sent.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 4000);
  });

  // Filters act as they are changed; only the page's main part is exchanged, so that the focus stays where the hand is.
  const filter = (form) => {
    if (!window.htmx) { form.requestSubmit(); return; }
    const at = new URL(form.action);
    at.search = new URLSearchParams(new FormData(form));
    const path = at.pathname + at.search;
    // The form's own fields come with it.
    htmx.ajax("GET", at.pathname, { source: form, target: "#main", select: "#main", swap: "morph:outerHTML" }).then(() => {
      history.replaceState(null, "", path);
      for (const next of document.querySelectorAll("input[name=next]")) next.value = path;
    });
  };
  let typing = 0;
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-auto]");
    if (!form || event.target.hasAttribute("hx-get")) return;
    clearTimeout(typing);
    // A date typed by its digits is a date after the first of them, and not the one that is meant.
    if (event.target.type === "date") typing = setTimeout(() => filter(form), 900);
    else filter(form);
  });

  // The roll: up and down between children, 1 to 9 for a state, as the keys beside them say. They work as soon as the page that names them is there; under a finger, nothing is moved.
  const chosen = (row) => row && ($("input:checked", row) || $("input[type=radio]", row));
  if (matchMedia("(hover: hover) and (pointer: fine)").matches && $(".keys")?.offsetParent && !location.hash) chosen($("tr.undecided") || $("tr[data-row]"))?.focus({ preventScroll: !$("main > .said") });
  document.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr[data-row]");
    if (!row || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (step) {
      const target = chosen(row[step]);
      // Also where there is no other row: the arrow would choose the child's next state.
      if (target || event.target.type === "radio") event.preventDefault();
      if (target) { target.focus(); target.scrollIntoView({ block: "nearest" }); }
      return;
    }
    if (/^[1-9]$/.test(event.key) && event.target.type === "radio") {
      const input = row.querySelectorAll("input[type=radio]")[Number(event.key) - 1];
      if (input) { event.preventDefault(); input.focus(); if (!input.checked) input.click(); }
    }
  });

  // A third value is chosen by writing it.
  document.addEventListener("input", (event) => {
    const radio = event.target.matches("input[data-third]") && event.target.closest(".value-card").querySelector("input[type=radio]");
    if (radio && event.target.value) radio.checked = true;
  });

  // What must be filled now, folded away as it may be, is shown.
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const mark = event.detail.target;
    if (mark && mark.matches(".must:not(:empty)")) mark.closest("details:not([open])")?.setAttribute("open", "");
  });

  // A record that another page added can be chosen as soon as this page is looked at again.
  const lookAgain = async () => {
    const lists = document.querySelectorAll("select[data-ref]");
    if (document.hidden || !lists.length) return;
    // What answers to a form has no address of its own: the page it was sent from has.
    const here = $("input[name=next]");
    const answer = await fetch(here ? here.value : location.href).catch(() => null);
    if (!answer || !answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const list of lists) {
      const other = fresh.getElementById(list.id), chosen = list.value;
      if (other) { list.replaceChildren(...other.children); list.value = chosen; }
    }
  };
  document.addEventListener("visibilitychange", lookAgain);
  addEventListener("focus", lookAgain);

  // What an address leads to is not left folded away.
  const unfold = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView({ block: "start" });
    $("input:not([type=hidden]), select, textarea", target)?.focus({ preventScroll: true });
  };
  addEventListener("DOMContentLoaded", unfold);
  addEventListener("hashchange", unfold);

  // "/" goes to the search field.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    const field = $("input[type=search]");
    if (field) { event.preventDefault(); field.focus(); field.select(); }
  });

  // A row that was not saved shows what is saved, and marks what was tried: pressing that again sends it again.
  // Of a row marked again while the first mark is under way, the last mark counts: the answer to the first does not draw over it, and what waits behind is sent as it stands.
  const sent = new Map(), under = new Set();
  let handing = null;
  const newer = (row) => under.has(row.id) && sent.get(row.id) !== row.querySelector("input[name=state]:checked")?.value;
  const notSaved = (at) => {
    const row = at.closest("tr[data-row]");
    if (!row || newer(row)) return;
    row.classList.add("unsaved");
    const choices = Array.from(row.querySelectorAll("input[type=radio]"));
    for (const input of choices) input.closest("label").classList.toggle("tried", input.checked && !input.defaultChecked);
    for (const input of choices) input.checked = input.defaultChecked;
    const note = $(".state-note", row), words = document.createElement("strong");
    words.className = "unsettled";
    words.textContent = document.body.dataset.rowUnsaved;
    if (note && !$("strong.unsettled", note)) note.prepend(words, " ");
  };
  document.addEventListener("htmx:beforeSend", (event) => {
    const { elt, parameters } = event.detail.requestConfig, row = elt.closest("tr[data-row]");
    if (row) { sent.set(row.id, parameters.state); under.add(row.id); }
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const row = event.detail.requestConfig.elt.closest("tr[data-row]");
    if (row && newer(row)) event.detail.shouldSwap = false;
  });
  // What waits is sent right behind; only then is nothing under way.
  document.addEventListener("htmx:afterRequest", (event) => {
    const row = event.detail.requestConfig.elt.closest("tr[data-row]");
    if (!row) return;
    under.delete(row.id);
    setTimeout(() => {
      if (under.size || !handing) return;
      const [form, button] = handing;
      handing = null;
      form.requestSubmit(button);
    }, 0);
  });
  // A roll is not handed in over a mark that was not saved, nor before the last one is.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.unsavedRows && under.size) {
      event.preventDefault();
      event.stopImmediatePropagation();
      handing = [event.target, event.submitter];
      return;
    }
    const words = event.target.dataset.unsavedRows, row = words && $("tr.unsaved");
    if (!row) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    said(words);
    chosen(row)?.focus();
    row.scrollIntoView({ block: "center" });
  }, true);
  document.addEventListener("htmx:sendError", (event) => { away(); said(document.body.dataset.unsaved); notSaved(event.target); });
  // The line that keeps itself fresh is refused on a page that is locked by now: it says nothing over what was said of the row or the form.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.pathInfo.requestPath !== "/pulse" || event.detail.xhr.status < 400) return;
    event.detail.shouldSwap = false;
    if (shut(event.detail.xhr)) cover(document.body.dataset.locked);
  });
  // Whoever logged in again on another page has another token; what keeps itself fresh brings it.
  document.addEventListener("htmx:afterSettle", () => {
    const pulse = $("#pulse");
    if (pulse) document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRF-Token": pulse.dataset.token }));
  });

  // Files: what was chosen is listed with its size before it is sent, and what is too large is said at once.
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type !== "file" || !input.dataset.mib) return;
    const slot = $(".slot", input.closest(".field"));
    slot.replaceChildren(...Array.from(input.files, (file) => {
      const line = document.createElement("span");
      const over = file.size > Number(input.dataset.mib) * 1048576;
      line.className = over ? "error" : "hint";
      line.textContent = `${file.name} · ${file.size < 1e6 ? Math.ceil(file.size / 1e3) + " KB" : (file.size / 1e6).toFixed(1) + " MB"}${over ? ` > ${input.dataset.mib} MiB` : ""}`;
      return line;
    }));
  });
  document.addEventListener("htmx:xhr:progress", (event) => {
    const bar = event.target instanceof Element && $("progress.sending", event.target);
    if (!bar || !event.detail.lengthComputable) return;
    bar.hidden = false;
    bar.value = 100 * event.detail.loaded / event.detail.total;
  });
  document.addEventListener("htmx:afterRequest", (event) => { const bar = event.target instanceof Element && $("progress.sending", event.target); if (bar) bar.hidden = true; });

  // A date proposed so many months after another follows it, until somebody writes one.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form");
    if (event.target.dataset.follows) { delete event.target.dataset.follows; return; }
    for (const later of form ? form.querySelectorAll("input[data-follows]") : []) {
      const [year, month, day] = event.target.value.split("-").map(Number);
      if (later.dataset.follows !== event.target.name || !day) continue;
      const last = new Date(Date.UTC(year, month + Number(later.dataset.months), 0)).getUTCDate();
      later.value = new Date(Date.UTC(year, month - 1 + Number(later.dataset.months), Math.min(day, last))).toISOString().slice(0, 10);
    }
  });

  // What cannot be taken back by a click is asked about first.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-sure]");
    if (button && !confirm(button.dataset.sure)) event.preventDefault();
  });

  // State of the link: told by the server; only while the page is looked at, so that many open pages do not use up the browser's connections.
  let source = null, waiting = false;
  const refresh = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      // Pieces of the page that keep themselves fresh listen for this.
      document.body.dispatchEvent(new Event("huxue"));
      if (window.htmx && $("#pulse")) htmx.ajax("GET", "/pulse", { target: "#pulse", swap: "outerHTML" });
    }, 700);
  };
  const live = () => {
    if (!document.body.hasAttribute("data-live")) return;
    if (document.hidden) { if (source) { source.close(); source = null; } return; }
    if (source) return;
    source = new EventSource("/events");
    source.addEventListener("changed", refresh);
    // What changed between the page's drawing and this moment rang no bell here.
    source.addEventListener("open", refresh);
    source.onerror = () => {
      source.close();
      source = null;
      setTimeout(live, 5000);
      look();
    };
  };
  document.addEventListener("visibilitychange", live);
  addEventListener("DOMContentLoaded", live);

  // Pages for paper: a button where the browser's own menu is far away.
  addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-print]").forEach((button) => { button.hidden = false; button.addEventListener("click", () => print()); }));
})();
