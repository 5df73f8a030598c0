// Draws <div data-chart="kind" data-values="its JSON"> with ECharts (an attribute: htmx swaps in no script elements). The table below it holds the same numbers.
"use strict";

// One palette for the whole system, from Okabe and Ito (readable with any kind of colour vision). [light, dark]
const PALETTE = {
  goods: ["#0072b2", "#4aa3df"], freight: ["#e69f00", "#f0b840"], insurance: ["#56b4e9", "#8fd0f5"],
  duty: ["#d55e00", "#f0884a"], fees: ["#009e73", "#3cc79f"], other: ["#8a8f98", "#a4abb5"],
  planned: ["#a4abb5", "#737c89"], estimated: ["#e69f00", "#f0b840"], actual: ["#0072b2", "#4aa3df"],
  dio: ["#0072b2", "#4aa3df"], dso: ["#009e73", "#3cc79f"], dpo: ["#d55e00", "#f0884a"],
  better: ["#009e73", "#3cc79f"], worse: ["#d55e00", "#f0884a"], total: ["#3f4650", "#c5ccd6"],
};
const ORDER = ["goods", "freight", "fees", "duty", "insurance", "other"];
let still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const drawn = [];

function colours() {
  const dark = document.documentElement.getAttribute("data-bs-theme") === "dark" ? 1 : 0;
  const style = getComputedStyle(document.body);
  return {
    of: (key, n = 0) => (PALETTE[key] || PALETTE[ORDER[n % ORDER.length]])[dark],
    text: style.color, line: dark ? "#3b424d" : "#dfe3e8", quiet: dark ? "#a9b1bc" : "#5c6470", back: dark ? "#262b33" : "#ffffff",
    font: style.fontFamily,
  };
}

function options(data, width) {
  const paint = colours();
  const number = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: data.decimals, maximumFractionDigits: data.decimals });
  const short = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", maximumFractionDigits: 1 });
  const say = (value) => value === null || value === undefined ? "–" : `${number.format(value)} ${data.unit}`;
  const legendRows = data.series.length > 1 ? Math.ceil(data.series.reduce((sum, one) => sum + one.name.length * 7 + 34, 0) / width) : 0;
  const longest = Math.max(...data.categories.map((name) => name.length));
  const label = { color: paint.quiet, fontFamily: paint.font, fontSize: 12 };
  const base = {
    animation: !still, animationDuration: 250, textStyle: { fontFamily: paint.font },
    aria: { enabled: false },
    tooltip: {
      trigger: "axis", axisPointer: { type: data.kind === "line" ? "line" : "shadow" }, backgroundColor: paint.back, borderColor: paint.line,
      textStyle: { color: paint.text, fontFamily: paint.font, fontSize: 13 }, renderMode: "richText", confine: true, valueFormatter: say,
    },
    legend: data.series.length > 1 ? { top: 0, left: 0, icon: "roundRect", itemWidth: 12, itemHeight: 12, textStyle: { ...label, color: paint.text } } : undefined,
    grid: { left: 8, right: 16, top: 32 + legendRows * 24, bottom: 4, containLabel: true },
    xAxis: {
      type: "category", data: data.categories, axisTick: { show: false }, axisLine: { lineStyle: { color: paint.line } },
      axisLabel: { ...label, hideOverlap: true, interval: data.kind === "ladder" ? 0 : "auto", rotate: data.kind === "ladder" && longest * 7 * (data.categories.length + 1) > width ? 40 : 0 },
    },
    yAxis: {
      type: "value", name: data.unit, nameTextStyle: { ...label, align: "left" }, nameGap: 12, axisLabel: { ...label, formatter: (v) => short.format(v) },
      splitLine: { lineStyle: { color: paint.line } },
    },
  };
  if (data.kind === "ladder") return ladder(base, data, paint, number, say);
  base.series = data.series.map((one, n) => {
    const colour = paint.of(one.key, n);
    if (data.kind === "line" || (data.kind === "stack" && one.key === "total")) {
      return { type: "line", name: one.name, data: one.values, color: colour, lineStyle: { width: 2, type: one.key === "planned" ? "dashed" : "solid" }, symbolSize: 6, showSymbol: one.values.length < 40, connectNulls: false };
    }
    return { type: "bar", name: one.name, data: one.values, color: colour, stack: data.kind === "stack" ? "sum" : undefined, barMaxWidth: 44, itemStyle: { borderColor: paint.back, borderWidth: data.kind === "stack" ? 1 : 0 } };
  });
  if (data.kind === "bar" && longest > 10 && longest * 7 * data.categories.length > width * 0.85) lieDown(base, data, width);
  return base;
}

// Long names read better beside bars that lie; months do not, they may leave out every other label.
function lieDown(base, data, width) {
  const names = { ...base.xAxis, inverse: true, axisLabel: { ...base.xAxis.axisLabel, width: width * 0.35, overflow: "truncate", interval: 0 } };
  base.xAxis = { ...base.yAxis, nameLocation: "end", name: "" };
  base.yAxis = names;
}

// Each step stands on the one before; the last bar is the whole.
function ladder(base, data, paint, number, say) {
  const values = data.series[0].values.map((value) => value ?? 0);
  const sum = values.reduce((a, b) => a + b, 0);
  const feet = [];
  let height = 0;
  for (const value of values) { feet.push(Math.min(height, height + value)); height += value; }
  const bars = [...values.map((value, n) => ({ value: Math.abs(value), signed: value, itemStyle: { color: paint.of(data.keys[n] || "goods", n) } })),
    { value: sum, signed: sum, itemStyle: { color: paint.of("total") } }];
  base.xAxis.data = [...data.categories, data.total];
  base.tooltip.formatter = (points) => { const p = points.find((one) => one.seriesIndex === 1); return `${p.name}\n${say(p.data.signed)}`; };
  base.series = [
    { type: "bar", stack: "step", data: [...feet, 0], itemStyle: { color: "transparent" }, silent: true, tooltip: { show: false } },
    { type: "bar", stack: "step", data: bars, barMaxWidth: 56, label: { show: true, position: "top", color: paint.text, fontFamily: paint.font, formatter: (p) => number.format(p.data.signed) } },
  ];
  return base;
}

const shownTables = new Set();  // which tables are open, so that a page that renews itself leaves them open

function draw(element) {
  const data = JSON.parse(element.dataset.values);
  const figure = element.closest("figure");
  const table = figure.querySelector(".chart-table");
  const button = figure.querySelector("[data-chart-switch]");
  element.hidden = false;
  table.hidden = !shownTables.has(figure.id);
  button.hidden = false;
  button.setAttribute("aria-expanded", String(!table.hidden));
  const chart = echarts.init(element, null, { renderer: "svg" });
  chart.setOption(options(data, element.clientWidth));
  if (data.urls.some(Boolean)) {
    chart.on("click", ({ dataIndex }) => { if (data.urls[dataIndex]) location.href = data.urls[dataIndex]; });
  }
  button.addEventListener("click", () => {
    table.hidden = !table.hidden;
    if (table.hidden) shownTables.delete(figure.id); else shownTables.add(figure.id);
    button.setAttribute("aria-expanded", String(!table.hidden));
  });
  drawn.push({ chart, data, element, width: element.clientWidth });
}

function drawAll() {
  for (const one of drawn.filter(({ element }) => !element.isConnected)) {
    one.chart.dispose();
    drawn.splice(drawn.indexOf(one), 1);
  }
  for (const element of document.querySelectorAll("[data-chart]")) if (!drawn.some((one) => one.element === element)) draw(element);
}

drawAll();
// A page that renews itself (core.web.live) brings new charts: they are drawn at once and do not grow again.
document.addEventListener("htmx:afterSwap", () => { still = true; drawAll(); });
document.addEventListener("theme", () => { for (const { chart, data, element } of drawn) chart.setOption(options(data, element.clientWidth), true); });
new ResizeObserver(() => {
  for (const one of drawn.filter(({ element, width }) => element.clientWidth !== width)) {
    one.width = one.element.clientWidth;
    one.chart.resize();
    one.chart.setOption(options(one.data, one.width), true);
  }
}).observe(document.body);
