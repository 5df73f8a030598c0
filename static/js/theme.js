// Runs before the first paint: the remembered colours and navigation width, so that nothing flashes.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const show = () => root.setAttribute("data-bs-theme", kept("theme") || (dark.matches ? "dark" : "light"));
  show();
  dark.addEventListener("change", () => { show(); document.dispatchEvent(new Event("theme")); });
  if (kept("nav") === "narrow") root.setAttribute("data-nav", "narrow");
})();
