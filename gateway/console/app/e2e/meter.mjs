// What a page costs the person who looks at it, measured from inside and, by the
// browser's own protocol, from outside.

/** Runs in the page before its scripts; what it finds stands in window.meter. */
export function meter() {
  const m = { shifts: [], gaps: [], ready: 0, comments: 0, holes: 0, counting: false };
  window.meter = m;

  // Which element moved, so that a shift can be mended.
  const name = (node) => {
    const parts = [];
    for (let n = node?.nodeType === 1 ? node : node?.parentElement; n && parts.length < 4; n = n.parentElement) parts.unshift(n.tagName.toLowerCase() + [...n.classList].slice(0, 2).map((c) => `.${c}`).join(""));
    return parts.join(" ");
  };
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) if (m.counting && !e.hadRecentInput) m.shifts.push({ value: e.value, moved: (e.sources ?? []).slice(0, 3).map((s) => `${name(s.node)} ${Math.round(s.previousRect.y)}→${Math.round(s.currentRect.y)}`) });
  }).observe({ type: "layout-shift", buffered: true });

  // The socket stays the page's own; what comes through it is counted beside it.
  window.WebSocket = class extends window.WebSocket {
    constructor(...of) {
      super(...of);
      this.addEventListener("message", (e) => {
        m.comments += e.data.split('"type":"comment_sent"').length - 1;
        if (e.data.startsWith('{"type":"gap"')) m.holes++;
      });
    }
  };

  let last = 0;
  const frame = (t) => {
    if (m.counting && last) m.gaps.push(t - last);
    last = m.counting ? t : 0;
    if (!m.ready && usable()) m.ready = performance.now();
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);

  /** The first pin can be pressed, and the header has its figures. */
  function usable() {
    const pin = document.querySelector('[data-do="pin"]:not(:disabled)');
    const figures = [...document.querySelectorAll('[data-figure="online"], [data-figure="paid"], [data-figure="orders"]')];
    if (!pin || figures.length < 2 || figures.some((f) => f.textContent.includes("—"))) return false;
    const r = pin.getBoundingClientRect();
    return document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)?.closest('[data-do="pin"]') === pin;
  }
}

/** Bytes of the heap that live after the garbage is collected, and what the document holds. */
export async function held(cdp) {
  for (let i = 0; i < 3; i++) await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize: heap } = await cdp.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners: listeners } = await cdp.send("Memory.getDOMCounters");
  return { heap, nodes, listeners };
}

/** Loads the page again and adds up what its scripts weigh on the wire. */
export async function loaded(page, cdp, cold, ready) {
  const scripts = new Map();
  const met = (e) => { if (e.type === "Script") scripts.set(e.requestId, 0); };
  const came = (e) => { if (scripts.has(e.requestId)) scripts.set(e.requestId, e.encodedDataLength); };
  cdp.on("Network.responseReceived", met);
  cdp.on("Network.loadingFinished", came);
  if (cold) await cdp.send("Network.clearBrowserCache");
  await page.reload();
  await ready();
  cdp.off("Network.responseReceived", met);
  cdp.off("Network.loadingFinished", came);
  return [...scripts.values()].reduce((a, b) => a + b, 0);
}

/** Counts shifts and pictures for some seconds. */
export async function counted(page, seconds) {
  await page.evaluate(() => { Object.assign(window.meter, { shifts: [], gaps: [], counting: true }); });
  await page.waitForTimeout(seconds * 1000);
  return page.evaluate(() => {
    window.meter.counting = false;
    const { shifts, gaps } = window.meter;
    return { shift: shifts.reduce((sum, s) => sum + s.value, 0), shifts, pictures: gaps.length, long: gaps.filter((g) => g > 50).length, longest: Math.max(0, ...gaps) };
  });
}
