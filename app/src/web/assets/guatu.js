// What a page can do better with a script. Nothing here is needed: every page works without it.
"use strict";
// After a refusal the eye and the screen reader go to what must be mended.
document.getElementById("summary")?.focus();
// Where the navigation goes on beyond the edge, the page one is on is in sight.
const here = document.querySelector("header nav [aria-current]");
if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2;
// A form is sent once: a second tap on a slow line would only wait. The client-made id makes even that harmless.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", () => setTimeout(() => form.querySelectorAll("button").forEach((b) => (b.disabled = true))));
}
addEventListener("pageshow", () => document.querySelectorAll("form button[disabled]").forEach((b) => (b.disabled = false)));

// The wall follows the ledger: when a fact is written, the board is fetched again and swapped in place. A list longer than
// the screen turns its own pages, by the same links that are there without a script.
const board = document.getElementById("board");
if (board?.dataset.events && document.body.classList.contains("wall")) {
  let turn = 0;
  const show = async (address) => {
    const mine = ++turn;
    const answer = await fetch(address, { headers: { accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // A later call has the newer board.
    if (mine !== turn || !page.getElementById("board")) return;
    board.replaceChildren(...page.getElementById("board").childNodes);
    document.querySelector("footer").replaceWith(page.querySelector("footer"));
    history.replaceState(null, "", address);
    tell();
    drawCharts();
    rove();
  };
  let shown = null, turned = Date.now(), restsUntil = 0;
  new EventSource(board.dataset.events).addEventListener("head", (event) => {
    if (shown !== null && shown !== event.data) show(location.href);
    shown = event.data;
  });
  const tell = () => {
    const state = board.querySelector(".pages .turns");
    if (!state) return;
    state.hidden = false;
    state.textContent = Date.now() < restsUntil ? state.dataset.paused : state.dataset.running;
  };
  const rest = (event) => {
    // A pointer that lies still is told to move whenever the page below it changes.
    if (event.type === "pointermove" && !event.movementX && !event.movementY) return;
    restsUntil = Date.now() + (board.querySelector(".pages")?.dataset.pause ?? 0) * 1000;
    tell();
  };
  for (const kind of ["keydown", "pointerdown", "pointermove", "wheel"]) addEventListener(kind, rest, { passive: true });
  setInterval(() => {
    const pages = board.querySelector(".pages");
    if (!pages) return;
    tell();
    if (Date.now() < restsUntil) turned = Date.now();
    if (Date.now() - turned < pages.dataset.turn * 1000) return;
    turned = Date.now();
    show(pages.dataset.next);
  }, 1000);
  tell();
}

// A sentence with its places filled, as the server does: {name} by the value, {name|one|many} by the word it takes.
const said = (sentence, values) => sentence.replace(/\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g, (_, name, one, many) => (many === undefined ? values[name] : `${values[name]}` === "1" ? one : many));

// Bars on a canvas: only the rows in sight are drawn, so ten thousand cost no more than fifty.
const drawings = new WeakMap();
function drawCharts() {
  for (const chart of document.querySelectorAll(".gantt[data-rows]")) chartOf(chart);
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.querySelectorAll(".gantt").forEach((chart) => drawings.get(chart)?.()));
async function chartOf(chart, at = 0) {
  const answer = await fetch(chart.dataset.rows).catch(() => null);
  if (!answer?.ok) return;
  const { today, rows: all, mandated, links = [], left_out } = await answer.json();
  const words = JSON.parse(chart.dataset.words);
  const isWall = chart.dataset.end !== undefined;
  const rows = isWall ? all.slice(+chart.dataset.first, +chart.dataset.end) : all;
  // Every page of a wall has the axis of the whole.
  const days = all.flatMap((r) => [r[4], r[5], r[6], r[7], r[8], r[9], r[12]]).filter((d) => d !== null);
  if (!days.length) return;
  const least = (list) => list.reduce((a, b) => Math.min(a, b)), most = (list) => list.reduce((a, b) => Math.max(a, b));
  const first = Math.min(least(days), today) - 7, last = Math.max(most(days), ...mandated.map((m) => m[1]), today) + 21;
  chart.hidden = false;
  // What a drawing leaves out it says.
  if (left_out && !chart.previousElementSibling?.classList.contains("left-out")) chart.before(Object.assign(document.createElement("p"), { className: "quiet left-out", textContent: left_out }));
  // The table stays for whoever reads it, and for paper; on the screen it folds away under the drawing.
  const table = chart.nextElementSibling;
  if (table?.classList.contains("rows")) {
    const fold = document.createElement("button");
    fold.type = "button";
    fold.className = "plain as-table no-print";
    fold.textContent = chart.getAttribute("aria-label");
    const turn = () => fold.setAttribute("aria-expanded", !table.classList.toggle("is-folded"));
    turn();
    fold.onclick = turn;
    table.before(fold);
  }
  const canvas = chart.querySelector("canvas"), pen = canvas.getContext("2d");
  let filler = chart.querySelector(".filler");
  if (!filler) { filler = document.createElement("div"); filler.className = "filler"; chart.append(filler); }
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const cut = (label, room) => {
    if (pen.measureText(label).width <= room) return label;
    let length = label.length;
    while (length > 1 && pen.measureText(label.slice(0, length) + "…").width > room) length--;
    return label.slice(0, length) + "…";
  };
  const shape = (lamp, x, y, r) => {
    pen.beginPath();
    if (lamp === "bad") pen.rect(x - r, y - r, 2 * r, 2 * r);
    else if (lamp === "warn") { pen.moveTo(x, y - r * 1.1); pen.lineTo(x + r * 1.15, y + r * 0.9); pen.lineTo(x - r * 1.15, y + r * 0.9); pen.closePath(); }
    else pen.arc(x, y, lamp === "good" ? r : r * 0.85, 0, 7);
    if (lamp === "done" || lamp === "idle") { pen.lineWidth = r * 0.4; pen.setLineDash(lamp === "idle" ? [r * 0.5, r * 0.5] : []); pen.stroke(); pen.setLineDash([]); }
    else pen.fill();
  };
  const usual = parseFloat(getComputedStyle(chart).fontSize), family = getComputedStyle(chart).fontFamily;
  // The wall is read from three metres: nothing on it is smaller than its usual type.
  const text = isWall ? usual : usual * 0.85, hair = Math.max(1, usual / 18);
  let row = Math.round(usual * 1.7), top = 0, current = 0, scale = 1, origin = 0;
  const draw = () => {
    const wide = chart.clientWidth, high = chart.clientHeight, dots = devicePixelRatio || 1;
    if (!wide || !high) return;
    const gutter = Math.round(Math.min(usual * (isWall ? 17 : 15), wide * 0.4));
    // On a phone a month keeps its width, and the chart is moved sideways.
    const whole = wide < usual * 45 ? Math.max(wide, gutter + ((last - first) / 30.4) * usual * 2.4) : wide;
    const left = chart.scrollLeft;
    scale = (whole - gutter - 12) / (last - first); origin = gutter - left;
    const x = (d) => gutter + (d - first) * scale - left;
    pen.setTransform(dots, 0, 0, dots, 0, 0);
    const face = (size, weight = "") => { pen.font = `${weight} ${size}px ${family}`; };
    face(text, "600");
    // Words of today and of mandated dates stand on levels where they do not meet.
    const line = text * 1.35, taken = [];
    const signs = [[today, words.today, "--red"], ...[...mandated].sort((a, b) => a[1] - b[1]).map(([name, when]) => {
      const left = when - today;
      return [when + 1, `◆ ${name} ${said(left < 0 ? words.days_past : words.days_left, { days: Math.abs(left) })}`, "--ink"];
    })].map(([when, label, tone]) => {
      const width = pen.measureText(label).width + 8, at = x(when) + left;
      for (let level = 0; level < 3; level++) {
        for (const from of at + width <= whole ? [at, at - width] : [at - width, at]) {
          const isFree = from >= gutter - 1 && from + width <= whole && (taken[level] ?? []).every(([a, b]) => from >= b || from + width <= a);
          if (isFree) { (taken[level] ??= []).push([from, from + width]); return { when, label, tone, level, from: from - left + 4 }; }
        }
      }
      return { when, label, tone, level: -1 };
    });
    const levels = taken.length, axis = text * 2.7;
    top = Math.round(levels * line + axis);
    if (isWall) row = Math.min((high - top) / Math.max(rows.length, 1), usual * 5);
    else {
      const wanted = Math.min(Math.round(innerHeight * (chart.dataset.tries === undefined ? 0.72 : 0.45)), Math.ceil(top + rows.length * row) + 20);
      if (Math.abs(wanted - chart.offsetHeight) > 2) chart.style.height = wanted + "px";
    }
    canvas.width = wide * dots; canvas.height = high * dots; canvas.style.width = wide + "px"; canvas.style.height = high + "px";
    pen.setTransform(dots, 0, 0, dots, 0, 0);
    filler.style.height = (isWall ? 0 : Math.max(0, rows.length * row + top - high)) + "px";
    filler.style.width = whole + "px";
    const ink = colour("--ink"), quiet = colour("--quiet"), grid = colour("--line"), sheet = colour("--sheet"), planned = colour("--planned");
    pen.fillStyle = sheet; pen.fillRect(0, 0, wide, high);
    pen.textBaseline = "middle";
    const from = Math.floor(chart.scrollTop / row), shift = chart.scrollTop - from * row, front = [];
    const end = Math.min(rows.length, from + Math.ceil((high - top) / row) + 1), foot = Math.min(high, top + rows.length * row - chart.scrollTop);
    const name = isWall ? Math.max(text, Math.min(row * 0.42, text * 1.35)) : text;
    pen.save(); pen.beginPath(); pen.rect(0, top, wide, high - top); pen.clip();
    for (let i = from; i < end; i++) if (i % 2) { pen.fillStyle = colour("--soft"); pen.fillRect(0, top + (i - from) * row - shift, wide, row); }
    pen.save(); pen.beginPath(); pen.rect(gutter, top, wide - gutter, high - top); pen.clip();
    // Who stands for what is done: a ring that fills as the grade rises; a dispute is a diamond.
    const mark = (grade, cx, cy, r) => {
      const isDisputed = grade === "disputed";
      pen.fillStyle = pen.strokeStyle = isDisputed ? colour("--bad") : quiet; pen.lineWidth = hair * 1.5;
      pen.beginPath();
      if (isDisputed) { pen.moveTo(cx, cy - r); pen.lineTo(cx + r, cy); pen.lineTo(cx, cy + r); pen.lineTo(cx - r, cy); pen.closePath(); }
      else pen.arc(cx, cy, r, 0, 7);
      if (isDisputed || grade === "verified") pen.fill();
      pen.stroke();
      if (grade === "confirmed") { pen.beginPath(); pen.arc(cx, cy, r, Math.PI / 2, Math.PI * 1.5); pen.fill(); }
    };
    const stretches = (months) => {
      const list = [], date = new Date(first * 864e5);
      date.setUTCDate(1); date.setUTCMonth(Math.floor(date.getUTCMonth() / months) * months);
      for (let at; (at = date.getTime() / 864e5) < last; ) {
        const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
        date.setUTCMonth(date.getUTCMonth() + months);
        list.push({ a: Math.max(gutter, x(Math.max(at, first))), b: Math.min(wide, x(Math.min(last, date.getTime() / 864e5))), year, month });
      }
      return list;
    };
    pen.strokeStyle = grid; pen.lineWidth = hair;
    for (const { a } of stretches(12)) { pen.beginPath(); pen.moveTo(a, top); pen.lineTo(a, foot); pen.stroke(); }
    // Links under the bars: a weight, then corners as days and rows; what holds its successor is heavy.
    pen.lineJoin = "round";
    for (const [weight, ...at] of links) {
      const corners = [];
      for (let i = 0; i < at.length; i += 2) corners.push([x(at[i]), top + at[i + 1] * row - chart.scrollTop]);
      if (corners.every((c) => c[1] < top) || corners.every((c) => c[1] > high)) continue;
      const [tx, ty] = corners.at(-1), [bx, by] = corners.at(-2), dx = Math.sign(tx - bx), dy = Math.sign(ty - by), r = Math.max(4, row * 0.17);
      pen.strokeStyle = pen.fillStyle = [quiet, ink, colour("--red")][weight]; pen.lineWidth = hair * [0.6, 1.3, 2][weight];
      pen.globalAlpha = weight ? 1 : 0.7;
      pen.beginPath(); corners.forEach(([cx, cy], i) => (i ? pen.lineTo(cx, cy) : pen.moveTo(cx, cy))); pen.stroke();
      pen.beginPath(); pen.moveTo(tx, ty); pen.lineTo(tx - dx * r - dy * r * 0.45, ty - dy * r - dx * r * 0.45); pen.lineTo(tx - dx * r + dy * r * 0.45, ty - dy * r + dx * r * 0.45); pen.closePath(); pen.fill();
      pen.globalAlpha = 1;
    }
    for (let i = Math.max(0, from - 1); i < Math.min(rows.length, end + 1); i++) {
      const [, , kind, lamp, bs, bf, es, ef, as, af, , , fr, , , pauses] = rows[i];
      const y = top + (i - from) * row - shift, middle = y + row / 2, tone = colour("--" + lamp);
      front.push([x(fr ?? today), y + row * 0.8]);
      if (bs !== null && kind !== "milestone") { pen.fillStyle = planned; pen.fillRect(x(bs), y + row * 0.72, Math.max(3, x(bf + 1) - x(bs)), row * 0.16); }
      if (es === null) continue;
      const a = x(es), b = x(ef + 1), wideBar = Math.max(3, b - a);
      if (kind === "milestone") {
        const r = Math.min(row * 0.3, usual), diamond = (at) => { pen.beginPath(); pen.moveTo(at, middle - r); pen.lineTo(at + r, middle); pen.lineTo(at, middle + r); pen.lineTo(at - r, middle); pen.closePath(); };
        if (bs !== null) { pen.strokeStyle = planned; pen.lineWidth = hair * 2; diamond(x(bf + 1)); pen.stroke(); }
        pen.fillStyle = tone; diamond(b); pen.fill();
      } else if (kind === "summary" || kind === "whole") {
        pen.fillStyle = ink; pen.fillRect(a, y + row * 0.22, wideBar, row * 0.14); pen.fillRect(a, y + row * 0.22, hair * 3, row * 0.34); pen.fillRect(b - hair * 3, y + row * 0.22, hair * 3, row * 0.34);
        // Of many works together the done part is drawn on the plan, up to the front: their per cent of a forecast's length
        // would look like being ahead.
        if (bs !== null) { pen.fillStyle = tone; pen.fillRect(x(bs), y + row * 0.68, Math.max(0, x(Math.min(fr ?? today, bf + 1)) - x(bs)), row * 0.24); }
      } else {
        // What remains is forecast from today on, so what has been is all before; how much of it, the front line says.
        const done = as === null ? 0 : af !== null ? wideBar : Math.min(wideBar, Math.max(0, x(today) - a));
        pen.fillStyle = tone; pen.globalAlpha = 0.18; pen.fillRect(a, y + row * 0.2, wideBar, row * 0.44); pen.globalAlpha = 1;
        pen.fillRect(a, y + row * 0.2, done, row * 0.44);
        pen.strokeStyle = tone; pen.lineWidth = hair * 1.5; pen.strokeRect(a, y + row * 0.2, wideBar, row * 0.44);
        // Where nobody works the bar is broken; a line holds its parts together.
        for (let p = 0; p < pauses.length; p += 2) {
          const l = Math.max(a, x(pauses[p])), r = Math.min(b, x(pauses[p + 1] + 1));
          if (r <= l) continue;
          pen.fillStyle = i % 2 ? colour("--soft") : sheet; pen.fillRect(l + hair, y + row * 0.17, r - l - 2 * hair, row * 0.5);
          pen.setLineDash([hair * 3, hair * 3]); pen.beginPath(); pen.moveTo(l, y + row * 0.42); pen.lineTo(r, y + row * 0.42); pen.stroke(); pen.setLineDash([]);
        }
      }
    }
    for (const { when, tone } of signs) {
      pen.setLineDash(when === today ? [] : [hair * 4, hair * 4]); pen.strokeStyle = colour(tone); pen.lineWidth = hair * (when === today ? 1.5 : 1);
      pen.beginPath(); pen.moveTo(x(when), top); pen.lineTo(x(when), foot); pen.stroke();
    }
    // The front line: where work is not where the approved plan says, it leaves today's line at the first day not done.
    pen.setLineDash([usual * 0.5, usual * 0.2, usual * 0.12, usual * 0.2]); pen.strokeStyle = colour("--focus"); pen.lineWidth = Math.max(2, usual * 0.12); pen.lineJoin = "round";
    pen.beginPath(); if (from === 0) pen.moveTo(x(today), top);
    for (const [fx, fy] of front) pen.lineTo(fx, fy);
    if (end === rows.length) pen.lineTo(x(today), foot);
    pen.stroke(); pen.setLineDash([]);
    pen.restore();
    for (let i = from; i < end; i++) {
      const [label, depth, kind, lamp] = rows[i], grade = rows[i][14], middle = top + (i - from + 0.5) * row - shift, indent = name * (0.5 + Math.min(4, depth) * 0.7);
      pen.fillStyle = pen.strokeStyle = colour("--" + lamp); shape(lamp, indent + name * 0.4, middle, name * 0.34);
      const isHead = kind === "summary" || kind === "whole";
      face(name, isHead ? "600" : ""); pen.fillStyle = isHead ? ink : quiet;
      pen.fillText(cut(label, gutter - indent - name * (grade ? 2.3 : 1.5)), indent + name * 1.1, middle);
      if (grade) mark(grade, gutter - name * 0.7, middle, name * 0.24);
    }
    if (document.activeElement === chart && current >= from && current < end) {
      pen.strokeStyle = colour("--focus"); pen.lineWidth = hair * 3; pen.strokeRect(hair * 3, top + (current - from) * row - shift + hair, wide - hair * 6, row - hair * 2);
    }
    pen.restore();
    // The axis: years over months, or over quarters where months have no room.
    pen.fillStyle = sheet; pen.fillRect(0, 0, wide, top);
    pen.save(); pen.beginPath(); pen.rect(gutter, 0, wide - gutter, high); pen.clip();
    pen.strokeStyle = grid; pen.lineWidth = hair;
    const isByMonth = scale * 28 > text * 1.4;
    for (const [level, list, label, weight] of [[0, stretches(12), (s) => s.year, "600"], [1, stretches(isByMonth ? 1 : 3), (s) => (isByMonth ? s.month : "Q" + (s.month + 2) / 3), ""]]) {
      const y = levels * line + (level * axis) / 2;
      face(text, weight); pen.fillStyle = level ? quiet : ink;
      for (const stretch of list) {
        const { a, b } = stretch, width = pen.measureText(label(stretch)).width;
        pen.beginPath(); pen.moveTo(a, y); pen.lineTo(a, y + axis / 2); pen.stroke();
        if (b - a >= width + 4) pen.fillText(label(stretch), (a + b - width) / 2, y + axis / 4 + 1);
      }
    }
    face(text, "600");
    for (const { when, label, tone, level, from: at } of signs.filter((sign) => sign.level >= 0)) {
      pen.fillStyle = pen.strokeStyle = colour(tone);
      pen.beginPath(); pen.moveTo(x(when), level * line + 2); pen.lineTo(x(when), levels * line); pen.stroke();
      pen.fillText(label, at, (level + 0.5) * line);
    }
    pen.restore();
    pen.strokeStyle = ink; pen.lineWidth = hair; pen.beginPath(); pen.moveTo(0, top - 0.5); pen.lineTo(wide, top - 0.5); pen.stroke();
  };
  drawings.set(chart, draw);
  chart.onscroll = () => requestAnimationFrame(draw);
  const rowAt = (event) => { const box = chart.getBoundingClientRect(); return event.clientY - box.top > top ? Math.floor((event.clientY - box.top - top + chart.scrollTop) / row) : -1; };
  // The form asked for stands under the chart, which has its height only now.
  if (chart.dataset.tries !== undefined) document.querySelector("main [autofocus]")?.scrollIntoView({ block: "center" });
  if (chart.dataset.tries !== undefined) trying(chart, { rows, rowAt, draw, dayAt: (event) => first + (event.clientX - chart.getBoundingClientRect().left - origin) / scale, reach: () => 9 / scale, point: (at) => point(at) });
  else chart.onclick = (event) => { const box = chart.getBoundingClientRect(), at = Math.floor((event.clientY - box.top - top + chart.scrollTop) / row); if (event.clientY - box.top > top && rows[at]) location.href = rows[at][11]; };
  new ResizeObserver(draw).observe(chart);
  // One row is the current one: arrows move it, Enter opens it, and its words are read out.
  const date = (day) => (day === null ? "—" : new Date(day * 864e5).toISOString().slice(0, 10));
  const point = (wanted) => {
    current = Math.max(0, Math.min(rows.length - 1, wanted));
    const [label, depth, , , bs, bf, es, ef] = rows[current], [word, grade] = rows[current].slice(13);
    let above = current;
    while (above >= 0 && rows[above][1] >= depth) above--;
    const name = above >= 0 ? `${rows[above][0]} · ${label}` : label;
    chart.querySelector("[role=option]")?.remove();
    const option = document.createElement("span");
    option.id = `${chart.dataset.rows}#${current}`;
    option.className = "unseen";
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "true");
    option.textContent = said(words.row_text, { name, word: words[word], grade: grade ? ` (${words[grade]})` : "", start: date(es ?? bs), finish: date(ef ?? bf), row: current + 1, count: rows.length });
    chart.append(option);
    chart.setAttribute("aria-activedescendant", option.id);
    const upper = current * row, lower = (current + 1) * row - (chart.clientHeight - top);
    if (chart.scrollTop > upper) chart.scrollTop = upper;
    if (chart.scrollTop < lower) chart.scrollTop = lower;
    draw();
  };
  chart.onkeydown = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor((chart.clientHeight - top) / row) - 1);
    const to = { ArrowUp: current - 1, ArrowDown: current + 1, PageUp: current - page, PageDown: current + page, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) point(to);
    else if (event.key === "Enter" || event.key === " ") location.href = rows[current][11];
    else if (chart.tryBy && (event.key === "ArrowLeft" || event.key === "ArrowRight")) chart.tryBy(current, event.key === "ArrowLeft" ? -1 : 1, event.shiftKey);
    else return;
    event.preventDefault();
  };
  chart.onfocus = chart.onblur = draw;
  point(at);
  // Where the whole does not fit, today is in sight.
  const gap = chart.scrollWidth - chart.clientWidth;
  if (gap > 0) chart.scrollLeft = ((today - first) / (last - first)) * chart.scrollWidth - chart.clientWidth * 0.6;
}
drawCharts();

// What if: a bar is taken by its body to begin on another day, by its end to last longer or shorter. The server says what
// becomes of it: the page that it answers takes the place of this one, and the address holds the changes.
function trying(chart, { rows, rowAt, draw, dayAt, reach, point }) {
  const iso = (day) => new Date(day * 864e5).toISOString().slice(0, 10);
  const mayMove = (line) => line && line[2] === "task" && line[6] !== null && line[9] === null;
  // Whoever goes back sees the changes that stood there.
  onpopstate = () => location.reload();
  let asked = 0;
  const ask = async (line, name, day, current) => {
    const to = new URL(line[11], location.href), mine = ++asked;
    to.searchParams.set(name, iso(day));
    const answer = await fetch(to).catch(() => null);
    const html = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = html?.getElementById("what-if"), old = document.getElementById("what-if");
    if (mine !== asked || !fresh || !old) return;
    const [top, left, hadFocus] = [chart.scrollTop, chart.scrollLeft, document.activeElement === chart];
    old.replaceWith(fresh);
    if (answer.ok) history.pushState(null, "", answer.url);
    const next = fresh.querySelector(".gantt[data-rows]");
    next.style.height = chart.style.height;
    await chartOf(next, current);
    next.scrollTo(left, top);
    if (hadFocus) next.focus({ preventScroll: true });
  };
  let held = null;
  const grip = (event) => {
    const line = rows[rowAt(event)], day = dayAt(event);
    if (!mayMove(line) || day < line[6] - reach() || day > line[7] + 1 + reach()) return null;
    // What has begun stays where it began.
    return line[8] !== null || Math.abs(day - line[7] - 1) <= reach() ? "to" : "from";
  };
  chart.onpointerdown = (event) => {
    const name = event.button === 0 && grip(event);
    if (!name) return;
    const at = rowAt(event);
    held = { at, name, from: dayAt(event), before: [rows[at][6], rows[at][7]], by: 0 };
    chart.setPointerCapture(event.pointerId);
    event.preventDefault();
    chart.focus({ preventScroll: true });
    point(at);
  };
  chart.onpointermove = (event) => {
    if (!held) { chart.style.cursor = { to: "ew-resize", from: "grab" }[grip(event)] ?? ""; return; }
    held.by = Math.round(dayAt(event) - held.from);
    const line = rows[held.at], [start, finish] = held.before;
    if (held.name === "from") [line[6], line[7]] = [start + held.by, finish + held.by];
    else line[7] = Math.max(start, finish + held.by);
    draw();
  };
  chart.onpointerup = () => {
    if (!held) return;
    const { at, name, by } = held, line = rows[at];
    held = null;
    if (by) ask(line, name, name === "from" ? line[6] : line[7], at);
  };
  chart.onpointercancel = () => { if (held) [rows[held.at][6], rows[held.at][7]] = held.before; held = null; draw(); };
  chart.tryBy = (at, days, isEnd) => {
    const line = rows[at];
    if (!mayMove(line)) return;
    const name = isEnd || line[8] !== null ? "to" : "from", day = (name === "from" ? line[6] : line[7]) + days;
    if (name === "from") line[6] += days;
    line[7] = Math.max(line[6], line[7] + days);
    draw();
    ask(line, name, Math.max(day, line[6]), at);
  };
}

// The matrix is one stop for the Tab key: arrows move from link to link. Without a script every link is a stop of its own.
function rove() {
  for (const table of document.querySelectorAll("table.matrix")) {
    const lines = [...table.rows].map((line) => [...line.cells].map((cell) => cell.querySelector("a"))).filter((line) => line.some(Boolean));
    const all = lines.flat().filter(Boolean);
    const make = (link) => all.forEach((one) => (one.tabIndex = one === link ? 0 : -1));
    if (!all.length) continue;
    table.setAttribute("role", "grid");
    make(all[0]);
    table.addEventListener("focusin", (event) => all.includes(event.target) && make(event.target));
    table.onkeydown = (event) => {
      if (event.altKey || event.metaKey) return;
      let y = lines.findIndex((line) => line.includes(document.activeElement));
      if (y < 0) return;
      let x = lines[y].indexOf(document.activeElement);
      const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], PageUp: [0, -1], PageDown: [0, 1], Home: [-1, 0], End: [1, 0] }[event.key] ?? [0, 0];
      if (!dx && !dy) return;
      event.preventDefault();
      if (event.key === "Home" || event.key === "End") {
        if (event.ctrlKey) y = dx < 0 ? 0 : lines.length - 1;
        const line = lines[y].filter(Boolean);
        return (dx < 0 ? line[0] : line.at(-1)).focus();
      }
      let steps = event.key.startsWith("Page") ? 10 : 1, last = null;
      // Cells without a link are passed over; a heading over all columns is met wherever one comes from.
      for (x += dx, y += dy; lines[y] && x >= 0 && x < Math.max(lines[y].length, dy ? Infinity : 0) && steps; x += dx, y += dy) {
        const link = lines[y][x] ?? (dy && lines[y].length === 1 ? lines[y][0] : null);
        if (link) { last = link; steps--; }
      }
      last?.focus();
    };
  }
}
rove();

// The phone's own time travels with a report; the server's counts.
for (const field of document.querySelectorAll("[data-now]")) {
  field.form.addEventListener("submit", () => { field.value = new Date().toISOString(); });
}

// A wall only reads: every half hour it says that somebody still looks at it, or the session would end in the evening.
if (document.body.classList.contains("wall")) {
  setInterval(() => fetch("/session/alive", { method: "POST" }), 30 * 60 * 1000);
}
