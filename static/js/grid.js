// Line grids: keys, paste from a spreadsheet, new rows, running totals. Works on <div data-grid="prefix"> (web/_grid.html).
"use strict";

for (const grid of document.querySelectorAll("[data-grid]")) {
  const prefix = grid.dataset.grid;
  const body = grid.querySelector("tbody");
  const template = grid.querySelector("template");
  const total = grid.querySelector(`[name="${prefix}-TOTAL_FORMS"]`);
  const most = Number(grid.querySelector(`[name="${prefix}-MAX_NUM_FORMS"]`)?.value || 1000);
  const wanted = grid.querySelector("[data-sums]").dataset;
  const product = wanted.product.split(" ").filter(Boolean);
  const sums = wanted.sums.split(" ").filter(Boolean);
  const format = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 4, minimumFractionDigits: 0 });
  const money = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

  const rows = () => [...body.rows].filter((row) => !row.hidden);
  const input = (row, name) => row.querySelector(`[data-field="${name}"] :is(input, select, textarea)`);
  const fields = (row) => [...row.querySelectorAll("[data-field] :is(input:not([type=hidden]), select, textarea)")];

  function number(text) {
    const plain = String(text ?? "").replace(/[\s\u00a0]/g, "");
    const comma = /^[+-]?(\d+,(\d{1,2}|\d{4,})|\d{1,3}(\.\d{3})+,\d+)$/.test(plain); // 12,5 and 1.234,50, as the server reads them
    const clean = (comma ? plain.replace(/\./g, "").replace(",", ".") : plain.replace(/,/g, "")).replace(/[０-９．]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0));
    return clean === "" || Number.isNaN(Number(clean)) ? null : Number(clean);
  }

  function addRow() {
    const n = Number(total.value);
    if (n >= most) return null;
    const piece = template.content.cloneNode(true);
    for (const element of piece.querySelectorAll("*")) {
      for (const { name, value } of [...element.attributes]) {
        if (value.includes("__prefix__") || value.includes("__number__")) {
          element.setAttribute(name, value.replaceAll("__prefix__", n).replaceAll("__number__", n + 1));
        }
      }
    }
    const label = piece.querySelector("[data-number]");
    for (const node of label.childNodes) if (node.nodeType === Node.TEXT_NODE) node.data = node.data.replace("__number__", n + 1);
    body.append(piece);
    total.value = n + 1;
    return body.rows[body.rows.length - 1];
  }

  function count() {
    const totals = Object.fromEntries([...sums, "product"].map((name) => [name, 0]));
    for (const row of rows()) {
      if (row.classList.contains("removed")) continue;
      for (const name of sums) totals[name] += number(input(row, name)?.value) ?? 0;
      if (!product.length) continue;
      const factors = product.map((name) => number(input(row, name)?.value));
      const result = factors.every((factor) => factor !== null) ? factors.reduce((a, b) => a * b, 1) : null;
      row.querySelector("[data-line-total]").textContent = result === null ? "" : money.format(result);
      totals.product += result === null ? 0 : Math.round(result * 100) / 100;
    }
    for (const cell of grid.querySelectorAll("[data-sum]")) {
      const name = cell.dataset.sum;
      if (name in totals && (name !== "product" || product.length)) cell.textContent = (name === "product" ? money : format).format(totals[name]);
    }
  }

  // up, down, enter: the same column of the next line; a new line at the end
  grid.addEventListener("keydown", (event) => {
    const field = event.target.closest("[data-field] :is(input, select)");
    const way = { ArrowDown: 1, ArrowUp: -1, Enter: 1 }[event.key];
    if (!field || !way || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== "Enter" && (field.tagName === "SELECT" || field.type === "date")) return;
    event.preventDefault();
    const name = field.closest("[data-field]").dataset.field;
    const all = rows();
    const at = all.indexOf(field.closest("[data-row]"));
    let next = all[at + way];
    if (!next && event.key === "Enter") next = addRow();
    const target = next && input(next, name);
    if (target) { target.focus(); target.select?.(); }
  });

  // a block of cells from a spreadsheet fills from here to the right and down; what does not fit a choice is marked
  grid.addEventListener("paste", (event) => {
    const field = event.target.closest("[data-field] :is(input, textarea)");
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!field || !/[\t\n]/.test(text.trimEnd())) return;
    event.preventDefault();
    let row = field.closest("[data-row]");
    const column = fields(row).indexOf(field);
    for (const line of text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n")) {
      if (!row) row = addRow();
      if (!row) break;
      line.split("\t").forEach((value, n) => set(fields(row)[column + n], value.trim()));
      row = row.nextElementSibling;
    }
    count();
  });

  function set(field, value) {
    if (!field || field.readOnly || field.disabled) return;
    field.classList.remove("is-invalid");
    if (field.tagName === "SELECT") {
      const option = [...field.options].find((one) => one.value === value || one.text.trim().toLowerCase() === value.toLowerCase());
      if (option) field.value = option.value; else field.classList.toggle("is-invalid", value !== "");
    } else if (field.type === "checkbox") {
      field.checked = /^(1|x|y|yes|true|是)$/i.test(value);
    } else {
      const numeric = field.inputMode === "decimal";
      field.value = numeric ? value.replace(/[\s\u00a0]/g, "") : value;
      if (numeric && value !== "" && number(value) === null) field.classList.add("is-invalid");
      if (field.type === "date" && value !== "" && field.value === "") field.classList.add("is-invalid");
    }
  }

  grid.addEventListener("change", (event) => {
    if (event.target.name?.endsWith("-DELETE")) event.target.closest("[data-row]").classList.toggle("removed", event.target.checked);
    count();
  });
  grid.addEventListener("input", count);
  const add = grid.querySelector("[data-add-row]");
  add.hidden = false;
  add.addEventListener("click", () => { const row = addRow(); if (row) fields(row)[0]?.focus(); });
  for (const row of rows()) if (row.querySelector('[name$="-DELETE"]')?.checked) row.classList.add("removed");
  count();
}
