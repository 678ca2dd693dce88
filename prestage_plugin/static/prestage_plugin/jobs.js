"use strict";

// What changes by itself on the pages of jobs. Without JavaScript they are the same, only still.
(function () {
  const INTERVAL = 2500;
  const SLOWEST = 30000;
  const announcement = document.querySelector("[data-live-announcement]");

  function say(text) {
    if (announcement) {
      announcement.textContent = text;
    }
  }

  // Calls `refresh` while `isActive` says so and the tab is visible; less and less often while the
  // server does not answer. What `refresh` returns says whether to go on.
  function poll(isActive, refresh, interval = INTERVAL) {
    let delay = interval;
    async function turn() {
      let goOn = true;
      if (!document.hidden && isActive()) {
        try {
          goOn = await refresh();
          delay = interval;
        } catch {
          delay = Math.min(2 * delay, Math.max(SLOWEST, interval));
        }
      }
      if (goOn) {
        window.setTimeout(turn, delay);
      }
    }
    window.setTimeout(turn, delay);
  }

  // The text of a fragment; nothing when the user is logged out or may not see it any more.
  async function read(url) {
    const response = await fetch(url, { credentials: "same-origin" });
    if (response.redirected || response.status === 403 || response.status === 404) {
      return null;
    }
    if (!response.ok) {
      throw new Error("The server answered " + response.status + ".");
    }
    return response.text();
  }

  function parsed(html) {
    return new DOMParser().parseFromString(html, "text/html");
  }

  // The details of a job, or the dashboard: one part is replaced as a whole.
  function followDetails(frame) {
    function part() {
      return frame.querySelector("[data-live-part]");
    }

    function isActive() {
      // Not while somebody writes into a field of it.
      const focused = document.activeElement;
      return !(focused && focused.matches("[data-live-keep]"));
    }

    function replace(html) {
      const fresh = parsed(html).querySelector("[data-live-part]");
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
        say(part().dataset.liveState);
      }
    }

    if (part().hasAttribute("data-live-active")) {
      poll(isActive, async function () {
        const html = await read(frame.dataset.liveUrl);
        if (html === null) {
          return false;
        }
        replace(html);
        return part().hasAttribute("data-live-active");
      }, Number(frame.dataset.liveEvery) || INTERVAL);
    }
  }

  // The list of jobs: the cells of the rows that change are replaced.
  function followRows(frame) {
    const loaded = performance.now();

    function active() {
      const now = performance.now();
      return [...frame.querySelectorAll("[data-active-in]")].filter(function (mark) {
        const since = Number(mark.dataset.insertedAt) || loaded;
        return Number(mark.dataset.activeIn) <= (now - since + INTERVAL) / 1000;
      });
    }

    function replace(fresh) {
      const mark = frame.querySelector('[data-job="' + fresh.dataset.job + '"][data-active-in]');
      if (!mark) {
        return;
      }
      const row = mark.closest("tr");
      for (const cell of fresh.cells) {
        const old = row.querySelector("td." + cell.className);
        if (old) {
          old.replaceChildren(...[...cell.childNodes].map((node) => document.importNode(node, true)));
        }
      }
      const state = fresh.dataset.state || fresh.querySelector(".prestage-pill")?.textContent;
      if (state && state !== mark.dataset.state) {
        say("#" + fresh.dataset.job + ": " + state);
      }
      if (fresh.hasAttribute("data-active-in")) {
        mark.dataset.state = state;
      } else {
        mark.removeAttribute("data-active-in");
      }
    }

    // New jobs have a place only on the first page of a list in its own order.
    const query = new URLSearchParams(window.location.search);
    const hasPlace = !query.has("o") && !query.has("p");
    let newest = Math.max(
      0,
      ...[...frame.querySelectorAll("[data-job]")].map((mark) => Number(mark.dataset.job)),
    );

    function insert(table) {
      const body = frame.querySelector("#result_list tbody");
      if (!table || !body) {
        return;
      }
      newest = Number(table.dataset.newest);
      const fresh = [...table.querySelectorAll("tr[data-new]")].filter(function (row) {
        const job = row.querySelector("[data-job]").dataset.job;
        return !body.querySelector('[data-job="' + job + '"]');
      });
      for (const row of fresh) {
        row.querySelector("[data-job]").dataset.insertedAt = performance.now();
      }
      body.prepend(...fresh.map((row) => document.importNode(row, true)));
      if (fresh.length) {
        say(fresh.map((row) => row.dataset.new).join(", "));
      }
    }

    async function refresh() {
      const ids = active().map((mark) => mark.dataset.job);
      const asked = new URLSearchParams({ ids: ids.join(",") });
      if (hasPlace) {
        asked.set("after", newest);
        asked.set("list", query);
      }
      const html = await read(frame.dataset.rowsUrl + "?" + asked);
      if (html === null) {
        return false;
      }
      const fresh = parsed(html);
      for (const row of fresh.querySelectorAll("tr[data-job]")) {
        replace(row);
      }
      insert(fresh.querySelector("[data-newest]"));
      return true;
    }

    poll(() => active().length > 0, refresh);

    // Who comes back to the tab sees at once what was started meanwhile.
    document.addEventListener("visibilitychange", function () {
      if (!document.hidden && hasPlace) {
        refresh().catch(() => undefined);
      }
    });

    frame.addEventListener("dblclick", function (event) {
      const row = event.target.closest("#result_list tbody tr");
      const link = row && row.querySelector("th a");
      if (link && !event.target.closest("a, input, button")) {
        window.location.assign(link.href);
      }
    });
  }

  // A form that must not be sent twice by a double click.
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", function (event) {
      if (form.dataset.once === "sent") {
        event.preventDefault();
      }
      form.dataset.once = "sent";
    });
    // Come back to by the browser's button, it can be sent anew.
    window.addEventListener("pageshow", function () {
      form.dataset.once = "";
    });
  }

  const details = document.querySelector("[data-live-url]");
  if (details) {
    followDetails(details);
  }
  const rows = document.querySelector("[data-rows-url]");
  if (rows) {
    followRows(rows);
  }
})();
