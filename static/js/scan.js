// Scan first: a code typed or read by a scanner leads to its row; scanned again, to the next row with that code.
"use strict";

for (const box of document.querySelectorAll("[data-scan]")) {
  const field = box.querySelector("input");
  const said = box.querySelector("[data-scan-said]");
  const rows = [...box.parentElement.querySelectorAll("[data-row]")];
  let last = null;
  box.hidden = false;

  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const code = field.value.trim().toUpperCase();
    if (!code) return;
    const found = rows.filter((row) => row.dataset.codes.toUpperCase().split(" ").includes(code));
    field.value = "";
    if (!found.length) {
      said.textContent = `${code}: ${field.dataset.unknown ?? "?"}`;
      return;
    }
    const row = found[(found.indexOf(last) + 1) % found.length];
    last = row;
    for (const one of rows) one.classList.toggle("scanned", one === row);
    said.textContent = row.querySelector(".line-product")?.textContent ?? code;
    const target = row.querySelector("[data-field] input:not([type=hidden])");
    row.scrollIntoView({ block: "center" });
    target?.focus();
    target?.select?.();
  });
}
