"""What is put into the pages to measure them; times are the browser's own, in milliseconds."""

WATCH = """
(() => {
  window.bench = { long: [], shown: null, painted: [], told: () => {} };
  // Waits without asking: a poll by animation frames would keep frames coming, and each change would wait
  // for the next of them, which it does not have to on a page that is at rest.
  window.bench.until = (count) => new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("nothing was painted within 30 s")), 30_000);
    window.bench.told = () => {
      if (window.bench.painted.length < count) return;
      clearTimeout(timer);
      resolve();
    };
    window.bench.told();
  });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.bench.long.push(entry.duration);
  }).observe({ type: "longtask", buffered: true });
  const afterPaint = (then) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(performance.now());
    channel.port2.postMessage(0);
  });
  // The page is there when the button works and the first kernel is drawn.
  new MutationObserver((_, observer) => {
    const there = (found) => document.querySelector(found) !== null;
    if (!there("article.card") || !there(".button.primary:not(:disabled)")) return;
    observer.disconnect();
    afterPaint((at) => { window.bench.shown = at; });
  }).observe(document, { childList: true, subtree: true });
  let pressed = null;
  addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.shiftKey) {
      pressed = { at: performance.now(), text: document.querySelector(".outputs")?.textContent ?? "" };
    }
  }, true);
  new MutationObserver(() => {
    const text = document.querySelector(".outputs")?.textContent ?? "";
    if (pressed === null || text === "" || text === pressed.text) return;
    const began = pressed.at;
    pressed = null;
    const changed = performance.now();
    afterPaint((at) => {
      window.bench.painted.push([changed - began, at - began]);
      window.bench.told();
    });
  }).observe(document, { childList: true, subtree: true, characterData: true });
})();
"""
"""In every page from its beginning: long tasks, first sight of the kernels, and Shift+Enter until painted."""

ROUND_TRIP = """
async ([kernel, csrf, rounds]) => {
  const answer = await fetch(`/api/v1/events?topics=kernel:${kernel}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const times = [];
  let text = "";
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    const sent = fetch(`/api/v1/kernels/${kernel}/executions`, {
      method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify({ code: CODE, flow_id: null }),
    });
    while (!text.includes('"type":"finished"')) text += (await reader.read()).value;
    await sent;
    times.push(performance.now() - began);
    text = "";
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  await reader.cancel();
  return times;
}
"""
"""The same cell by the same browser without the page: sent, and read from an event stream to its end."""
