// Suggestions in a line grid: <datalist data-suggest="/address/" data-for="sku" data-fills="unit_price:price">.
// What is chosen fills the empty cells named in data-fills; prices are those of the party in #id_supplier (data-party: another field). Without this file one types the number oneself.
"use strict";

for (const list of document.querySelectorAll("datalist[data-suggest]")) {
  const known = new Map();
  let asked = "";
  let timer;

  const cell = (row, name) => row.querySelector(`[data-field="${name}"] :is(input, select)`);

  async function ask(text) {
    if (text.length < 2 || text === asked) return;
    asked = text;
    const supplier = document.getElementById(list.dataset.party || "id_supplier")?.value || "";
    const answer = await fetch(`${list.dataset.suggest}?q=${encodeURIComponent(text)}&supplier=${encodeURIComponent(supplier)}`);
    if (!answer.ok || text !== asked) return;
    const { products } = await answer.json();
    list.replaceChildren(...products.map((product) => {
      known.set(product.sku.toLowerCase(), product);
      const option = document.createElement("option");
      option.value = product.sku;
      option.label = `${product.sku} ${product.name}`;
      return option;
    }));
  }

  function fill(field) {
    const product = known.get(field.value.trim().toLowerCase());
    const row = field.closest("[data-row]");
    if (!product || !row) return;
    const description = cell(row, "description");
    if (description) description.placeholder = product.name;
    for (const pair of list.dataset.fills.split(" ")) {
      const [name, key] = pair.split(":");
      const target = cell(row, name);
      if (target && target.value === "" && product[key]) {
        target.value = product[key];
        target.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }
  }

  document.addEventListener("input", (event) => {
    const field = event.target.closest?.(`[data-field="${list.dataset.for}"] input`);
    if (!field) return;
    clearTimeout(timer);
    timer = setTimeout(() => ask(field.value.trim()), 150);
    fill(field);
  });
  document.addEventListener("change", async (event) => {
    const field = event.target.closest?.(`[data-field="${list.dataset.for}"] input`);
    if (!field || field.value.trim() === "") return;
    if (!known.has(field.value.trim().toLowerCase())) await ask(field.value.trim());
    fill(field);
  });
}
