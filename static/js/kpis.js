// How long ago the numbers were computed goes on counting between two answers of the server.
"use strict";

const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always", style: "short" });

function tick() {
  for (const time of document.querySelectorAll("[data-ticking] time")) {
    const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time.dateTime)) / 1000));
    const [number, unit] = seconds < 90 ? [seconds, "second"] : seconds < 5400 ? [Math.round(seconds / 60), "minute"]
      : seconds < 129600 ? [Math.round(seconds / 3600), "hour"] : [Math.round(seconds / 86400), "day"];
    const said = words.format(-number, unit);
    if (time.textContent !== said) time.textContent = said;
  }
}

tick();
setInterval(tick, 1000);
document.addEventListener("htmx:afterSwap", tick);
