// What a page can do better with a script. Nothing here is needed: every page works without it.
"use strict";
// After a refusal the eye and the screen reader go to what must be mended.
document.getElementById("summary")?.focus();
// A form is sent once: a second tap on a slow line would only wait. The client-made id makes even that harmless.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", () => setTimeout(() => form.querySelectorAll("button").forEach((b) => (b.disabled = true))));
}
addEventListener("pageshow", () => document.querySelectorAll("form button[disabled]").forEach((b) => (b.disabled = false)));

// The wall follows the ledger: when a fact is written, the board is fetched again and swapped in place.
const board = document.getElementById("board");
if (board?.dataset.events && document.body.classList.contains("wall")) {
  let shown = null;
  const events = new EventSource(board.dataset.events);
  events.addEventListener("head", async (event) => {
    if (shown === null) return void (shown = event.data);
    if (shown === event.data) return;
    shown = event.data;
    const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    board.replaceChildren(...page.getElementById("board").childNodes);
    document.querySelector("footer").replaceWith(page.querySelector("footer"));
    drawCharts();
  });
  // A list longer than the screen turns its own pages.
  setInterval(() => {
    for (const list of document.querySelectorAll(".wall .scroll.board, .wall .gantt")) {
      const end = list.scrollTop + list.clientHeight >= list.scrollHeight - 4;
      list.scrollTo({ top: end ? 0 : list.scrollTop + list.clientHeight * 0.8, behavior: "smooth" });
    }
  }, 15000);
}

// Bars on a canvas: only the rows in sight are drawn, so ten thousand cost no more than fifty.
function drawCharts() {
  for (const chart of document.querySelectorAll(".gantt[data-rows]")) chartOf(chart);
}
async function chartOf(chart) {
  const answer = await fetch(chart.dataset.rows);
  if (!answer.ok) return;
  const { today, rows, mandated } = await answer.json();
  const words = JSON.parse(chart.dataset.words);
  const days = rows.flatMap((r) => [r[4], r[5], r[6], r[7], r[8], r[9]]).filter((d) => d !== null);
  if (!days.length) return;
  const least = (list) => list.reduce((a, b) => Math.min(a, b)), most = (list) => list.reduce((a, b) => Math.max(a, b));
  const first = least(days) - 7, last = Math.max(most(days), ...mandated.map((m) => m[1]), today) + 21;
  chart.hidden = false;
  // The table stays for whoever reads it; it folds away under the drawing.
  const table = chart.nextElementSibling;
  if (table?.classList.contains("rows") && !table.closest("details")) {
    const fold = document.createElement("details");
    fold.className = "as-table no-print";
    const summary = document.createElement("summary");
    summary.textContent = chart.getAttribute("aria-label");
    table.replaceWith(fold);
    fold.append(summary, table);
  }
  const canvas = chart.querySelector("canvas"), pen = canvas.getContext("2d");
  const text = parseFloat(getComputedStyle(chart).fontSize), row = Math.round(text * 1.7), top = Math.round(text * 3.4), gutter = Math.round(text * 15);
  let filler = chart.querySelector(".filler");
  if (!filler) { filler = document.createElement("div"); filler.className = "filler"; chart.append(filler); }
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const draw = () => {
    const wide = chart.clientWidth, high = chart.clientHeight, dots = devicePixelRatio || 1;
    canvas.width = wide * dots; canvas.height = high * dots; canvas.style.width = wide + "px"; canvas.style.height = high + "px";
    filler.style.height = Math.max(0, rows.length * row + top - high) + "px";
    pen.setTransform(dots, 0, 0, dots, 0, 0);
    const x = (d) => gutter + ((d - first) / (last - first)) * (wide - gutter - 12);
    const ink = colour("--ink"), quiet = colour("--quiet"), line = colour("--line"), sheet = colour("--sheet");
    pen.fillStyle = sheet; pen.fillRect(0, 0, wide, high);
    pen.font = `${text * 0.85}px ${getComputedStyle(chart).fontFamily}`; pen.textBaseline = "middle";
    const from = Math.floor(chart.scrollTop / row), shift = chart.scrollTop - from * row, front = [];
    pen.save(); pen.beginPath(); pen.rect(0, top, wide, high - top); pen.clip();
    for (let i = from; i < rows.length && (i - from - 1) * row < high; i++) {
      const [label, depth, kind, lamp, bs, bf, es, ef, as, af, percent] = rows[i];
      const y = top + (i - from) * row - shift, middle = y + row / 2;
      if (i % 2) { pen.fillStyle = colour("--soft"); pen.fillRect(0, y, wide, row); }
      const tone = colour("--" + lamp);
      if (bs !== null) { pen.fillStyle = line; pen.fillRect(x(bs), y + row * 0.74, Math.max(2, x(bf + 1) - x(bs)), row * 0.16); }
      if (es !== null) {
        const a = x(es), b = x(ef + 1);
        if (kind === "milestone") {
          pen.fillStyle = tone; pen.beginPath(); pen.moveTo(b, middle - row * 0.3); pen.lineTo(b + row * 0.3, middle); pen.lineTo(b, middle + row * 0.3); pen.lineTo(b - row * 0.3, middle); pen.fill();
        } else if (kind === "summary") {
          pen.fillStyle = ink; pen.fillRect(a, y + row * 0.3, Math.max(2, b - a), row * 0.16); pen.fillRect(a, y + row * 0.3, 3, row * 0.34); pen.fillRect(b - 3, y + row * 0.3, 3, row * 0.34);
          pen.fillStyle = tone; pen.fillRect(a, y + row * 0.5, Math.max(2, (b - a) * percent / 100), row * 0.12);
        } else {
          pen.strokeStyle = tone; pen.lineWidth = 1.5; pen.strokeRect(a, y + row * 0.2, Math.max(2, b - a), row * 0.46);
          const done = as === null ? 0 : af !== null ? b - a : (b - a) * percent / 100;
          pen.fillStyle = tone; pen.fillRect(a, y + row * 0.2, done, row * 0.46);
          pen.globalAlpha = 0.18; pen.fillRect(a, y + row * 0.2, Math.max(2, b - a), row * 0.46); pen.globalAlpha = 1;
          if (as !== null && af === null) front.push([x(es) + done, middle]);
          else if (as === null && es <= today && bs !== null && bs < today) front.push([x(es), middle]);
        }
      }
      pen.fillStyle = kind === "summary" ? ink : quiet; pen.fillText(label, 8 + Math.min(4, depth) * text, middle, gutter - 16 - depth * text);
    }
    pen.strokeStyle = colour("--red"); pen.lineWidth = 1.5; pen.setLineDash([]); pen.beginPath(); pen.moveTo(x(today), top); pen.lineTo(x(today), high); pen.stroke();
    if (front.length) {
      pen.setLineDash([8, 3, 2, 3]); pen.strokeStyle = colour("--focus"); pen.lineWidth = 2; pen.beginPath(); pen.moveTo(x(today), top);
      for (const [fx, fy] of front) { pen.lineTo(x(today), fy - row / 2); pen.lineTo(fx, fy); pen.lineTo(x(today), fy + row / 2); }
      pen.lineTo(x(today), high); pen.stroke(); pen.setLineDash([]);
    }
    for (const [, when] of mandated) { pen.setLineDash([3, 3]); pen.strokeStyle = ink; pen.lineWidth = 1; pen.beginPath(); pen.moveTo(x(when + 1), top); pen.lineTo(x(when + 1), high); pen.stroke(); pen.setLineDash([]); }
    pen.restore();
    pen.fillStyle = sheet; pen.fillRect(0, 0, wide, top);
    pen.fillStyle = quiet; pen.strokeStyle = line;
    const step = (last - first) / ((wide - gutter) / (text * 4.5));
    const date = new Date(first * 864e5); date.setUTCDate(1);
    for (let month = date; month.getTime() / 864e5 < last; month.setUTCMonth(month.getUTCMonth() + Math.max(1, Math.ceil(step / 30)))) {
      const at = month.getTime() / 864e5;
      if (at < first) continue;
      pen.fillText(month.toISOString().slice(2, 7), x(at) + 3, top - text * 0.7);
      pen.beginPath(); pen.moveTo(x(at), top - text * 1.2); pen.lineTo(x(at), top); pen.stroke();
    }
    pen.fillStyle = colour("--red"); pen.fillText(words.today, x(today) + 4, text * 0.8);
    pen.fillStyle = ink;
    mandated.slice(0, 3).forEach(([name, when], i) => { const label = `◆ ${name} ${when - today}d`; pen.fillText(label, Math.min(x(when + 1) - 4, wide - pen.measureText(label).width - 8), text * (0.8 + (i % 2) * 1.0)); });
  };
  chart.onscroll = () => requestAnimationFrame(draw);
  chart.onclick = (event) => { const box = chart.getBoundingClientRect(), at = Math.floor((event.clientY - box.top - top + chart.scrollTop) / row); if (event.clientY - box.top > top && rows[at]) location.href = rows[at][11]; };
  new ResizeObserver(draw).observe(chart);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
}
drawCharts();

// The phone's own time travels with a report; the server's counts.
for (const field of document.querySelectorAll("[data-now]")) {
  field.form.addEventListener("submit", () => { field.value = new Date().toISOString(); });
}
