"use strict";

// Lets the answer of *What if* go on by itself, some devices at a time, until the whole fleet was
// looked at or somebody stops it. Without JavaScript a link does one step.
(function () {
  const frame = document.querySelector("[data-what-if]");
  if (!frame) {
    return;
  }
  let stopped = false;
  let running = false;

  function next() {
    return frame.querySelector("[data-what-if-more]");
  }

  // The link becomes the button that stops, or goes on.
  function label(text) {
    const link = next();
    if (link) {
      link.textContent = text;
      link.setAttribute("role", "button");
    }
  }

  // The counts are replaced, the rows are added to those that are there.
  function take(fresh) {
    const held = document.activeElement === next();
    const summary = frame.querySelector("[data-what-if-summary]");
    summary.replaceWith(document.importNode(fresh.querySelector("[data-what-if-summary]"), true));
    const body = frame.querySelector("tbody");
    for (const row of fresh.querySelectorAll("tbody tr")) {
      body.append(document.importNode(row, true));
    }
    body.closest("table").hidden = body.rows.length === 0;
    if (held && next()) {
      next().focus({ preventScroll: true });
    }
  }

  async function step() {
    const response = await fetch(next().dataset.whatIfMore, { credentials: "same-origin" });
    if (!response.ok || response.redirected) {
      throw new Error("The server answered " + response.status + ".");
    }
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!fresh.querySelector("[data-what-if-summary]")) {
      throw new Error("The answer is none.");
    }
    take(fresh);
  }

  async function goOn() {
    running = true;
    try {
      while (next() && !stopped) {
        label(next().dataset.stop);
        await step();
      }
      label(next()?.dataset.goOn);
    } catch {
      stopped = true;
      label(next().dataset.trouble);
    }
    running = false;
  }

  frame.addEventListener("click", function (event) {
    if (!event.target.closest("[data-what-if-more]")) {
      return;
    }
    event.preventDefault();
    stopped = !stopped;
    label(stopped ? next().dataset.goOn : next().dataset.stop);
    if (!stopped && !running) {
      goOn();
    }
  });
  goOn();
})();
