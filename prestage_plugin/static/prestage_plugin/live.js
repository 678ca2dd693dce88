"use strict";

// Replaces the live part of a job's page every two seconds while the job is active and the tab is
// visible. Without JavaScript the page is the same, only still.
(function () {
  const INTERVAL = 2000;
  const SLOWEST = 30000;
  const frame = document.querySelector("[data-live-url]");
  const announcement = document.querySelector("[data-live-announcement]");
  let delay = INTERVAL;

  function part() {
    return frame.querySelector("[data-live-part]");
  }

  function isActive() {
    return part().hasAttribute("data-live-active");
  }

  function replace(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-live-part]");
    if (!fresh) {
      throw new Error("The answer is not the live part of a job.");
    }
    const focused = frame.contains(document.activeElement) ? document.activeElement.id : "";
    const rows = document.getElementById("prestage-rows");
    const scrolled = rows ? rows.scrollLeft : 0;
    const before = part().dataset.liveState;
    part().replaceWith(document.importNode(fresh, true));
    if (focused && document.getElementById(focused)) {
      document.getElementById(focused).focus({ preventScroll: true });
    }
    if (scrolled && document.getElementById("prestage-rows")) {
      document.getElementById("prestage-rows").scrollLeft = scrolled;
    }
    if (part().dataset.liveState !== before) {
      announcement.textContent = part().dataset.liveState;
    }
  }

  async function refresh() {
    const response = await fetch(frame.dataset.liveUrl, { credentials: "same-origin" });
    if (response.redirected || response.status === 403 || response.status === 404) {
      return false;
    }
    if (!response.ok) {
      throw new Error("The server answered " + response.status + ".");
    }
    replace(await response.text());
    return isActive();
  }

  function finish() {
    for (const element of document.querySelectorAll("[data-live-while-active]")) {
      element.hidden = true;
    }
  }

  async function turn() {
    let goOn = true;
    if (!document.hidden) {
      try {
        goOn = await refresh();
        delay = INTERVAL;
      } catch {
        // The server is away for a moment: ask less and less often.
        delay = Math.min(2 * delay, SLOWEST);
      }
    }
    if (goOn) {
      window.setTimeout(turn, delay);
    } else if (!isActive()) {
      finish();
    }
  }

  if (frame && isActive()) {
    window.setTimeout(turn, delay);
  }
})();
