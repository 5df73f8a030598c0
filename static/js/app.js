// The shell and the lists. Everything works without this file, only less quickly.
"use strict";

const root = document.documentElement;
const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private window */ } };

// ---- colours, and navigation as icons
const themeButtons = document.querySelectorAll("[data-theme-toggle]");
const isDark = () => root.getAttribute("data-bs-theme") === "dark";
const tellTheme = () => { for (const button of themeButtons) button.setAttribute("aria-pressed", String(isDark())); };
for (const button of themeButtons) {
  button.addEventListener("click", () => {
    const wanted = isDark() ? "light" : "dark";
    keep("theme", wanted);
    root.setAttribute("data-bs-theme", wanted);
    tellTheme();
    document.dispatchEvent(new Event("theme"));
  });
}
tellTheme();

const foldButton = document.querySelector("[data-fold-nav]");
const tellFold = () => foldButton?.setAttribute("aria-pressed", String(root.dataset.nav === "narrow"));
foldButton?.addEventListener("click", () => {
  if (root.dataset.nav === "narrow") delete root.dataset.nav; else root.dataset.nav = "narrow";
  keep("nav", root.dataset.nav || "wide");
  tellFold();
});
tellFold();

// With icons only, a section opens as a fly-out, and not by itself.
for (const section of document.querySelectorAll(".side-section")) {
  section.firstElementChild.addEventListener("click", (event) => {
    if (root.dataset.nav !== "narrow" || !matchMedia("(min-width: 992px)").matches) return;
    event.preventDefault();
    const out = !section.hasAttribute("data-out");
    closeMenus();
    section.toggleAttribute("data-out", out);
    section.open = out;
    section.querySelector("ul").style.top = `${Math.min(section.getBoundingClientRect().top, innerHeight - 300)}px`;
  });
}

// ---- menus: <details> that close when one looks elsewhere, and walk with the arrow keys
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except && !menu.contains(except)) menu.open = false;
  for (const section of document.querySelectorAll("[data-out]")) if (section !== except) section.removeAttribute("data-out");
}
document.addEventListener("click", (event) => {
  if (!event.target.closest(".side-section")) closeMenus(event.target.closest("details.menu"));
  if (!event.target.closest(".top-search")) hideSearch();
});
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (menu && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    const entries = [...menu.querySelectorAll(".menu-list a, .menu-list button")];
    const at = entries.indexOf(document.activeElement);
    entries.at((at + (event.key === "ArrowDown" ? 1 : entries.length - (at < 0 ? 0 : 1))) % entries.length)?.focus();
    event.preventDefault();
  }
  if (event.key === "Escape") {
    if (menu) menu.querySelector("summary").focus();
    closeMenus();
    hideSearch();
  }
});

// ---- search: "/" goes there; arrows walk through what was found
const search = document.getElementById("search");
const found = document.getElementById("search-results");
const hideSearch = () => found?.replaceChildren();
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && search) {
    event.preventDefault();
    search.focus();
    search.select();
  }
  if (["ArrowDown", "ArrowUp"].includes(event.key) && event.target.closest?.(".top-search")) {
    const stops = [search, ...found.querySelectorAll("a")];
    const next = stops[stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) { next.focus(); event.preventDefault(); }
  }
});

// ---- htmx: no empty parameters in addresses, hidden tabs ask nothing, failures are said
document.addEventListener("htmx:configRequest", (event) => {
  const { parameters, verb } = event.detail;
  if (verb !== "get") return;
  const sort = new URLSearchParams(location.search).get("sort");
  if (sort && event.detail.elt.matches(".filters")) parameters.sort = sort;  // the order chosen since the form was drawn
  for (const key of [...new Set(parameters.keys?.() ?? Object.keys(parameters))]) if (parameters[key] === "") delete parameters[key];
});
document.addEventListener("formdata", (event) => {
  if (event.target.method !== "get") return;
  for (const [key, value] of [...event.formData]) if (value === "") event.formData.delete(key);
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.matches("[data-live]") && document.hidden) event.preventDefault();
});
const toast = document.getElementById("toast");
function say(text) {
  toast.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { toast.textContent = ""; }, 8000);
}
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if ([401, 403].includes(xhr.status) && !xhr.responseText) { location.reload(); return; }
  if ((xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain")) say(xhr.responseText);
  else say(toast.dataset.failed);
});
document.addEventListener("htmx:sendError", () => say(toast.dataset.offline));

// ---- a form that was sent is not sent again while the answer is on its way
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "1";
  setTimeout(() => delete event.target.dataset.sent, 5000);
});
addEventListener("pageshow", () => { for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent; });

// ---- lists: ticking rows, and rows as cards on a phone
function dressLists() {
  for (const table of document.querySelectorAll("table.list:not([data-dressed])")) {
    table.dataset.dressed = "";
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.classList.contains("tick") ? "" : cell.innerText.trim());
    for (const row of table.tBodies[0].rows) [...row.cells].forEach((cell, n) => { if (heads[n]) cell.dataset.label = heads[n]; });
  }
  const bar = document.querySelector("[data-bulk]");
  if (bar) countTicks(bar.closest("form"));
}
function countTicks(form) {
  const boxes = [...form.querySelectorAll("[data-tick]")];
  const ticked = boxes.filter((box) => box.checked).length;
  const bar = form.querySelector("[data-bulk]");
  if (!bar) return;
  bar.hidden = !ticked;
  bar.querySelector("[data-bulk-count]").textContent = ticked ? `${ticked} ✓` : "";
  const all = form.querySelector("[data-tick-all]");
  all.checked = ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
  const matching = bar.querySelector("[data-bulk-all]");
  if (matching && ticked < boxes.length) matching.checked = false;
}
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (event.target.matches("[data-tick-all]")) for (const box of form.querySelectorAll("[data-tick]")) box.checked = event.target.checked;
  if (event.target.matches("[data-bulk-all]") && event.target.checked) for (const box of form.querySelectorAll("[data-tick]")) box.checked = true;
  if (event.target.matches("[data-tick], [data-tick-all], [data-bulk-all]")) countTicks(form);
});
document.addEventListener("htmx:afterSettle", dressLists);
dressLists();

// ---- the summary of a refused form is what one hears and sees first
document.querySelector("[data-focus]")?.focus();
