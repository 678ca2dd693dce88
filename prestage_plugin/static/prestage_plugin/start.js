"use strict";

// The page that starts jobs: hides what does not belong to what is chosen, and shows the next times
// of a recurrence while it is being described. Without JavaScript everything is there.
(function () {
  const form = document.querySelector("form[data-start]");
  if (!form) {
    return;
  }
  const preview = form.querySelector("[data-preview]");
  const button = form.querySelector("[data-preview-button]");
  let waiting = 0;
  let newest = 0;

  function chosen(name) {
    return new FormData(form).get(name);
  }

  function arrange() {
    for (const element of form.querySelectorAll("[data-show-when]")) {
      const [name, value] = element.dataset.showWhen.split("=");
      element.hidden = chosen(name) !== value;
    }
  }

  async function show() {
    if (chosen("when") !== "recurring") {
      return;
    }
    const request = ++newest;
    const values = new FormData(form);
    values.delete("csrfmiddlewaretoken");
    values.delete("devices");
    const url = form.dataset.previewUrl + "?" + new URLSearchParams(values);
    const response = await fetch(url, { credentials: "same-origin" });
    if (!response.ok || response.redirected || request !== newest) {
      return;
    }
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const part = fresh.querySelector(".prestage-preview");
    if (part) {
      preview.replaceChildren(document.importNode(part, true));
    }
  }

  function follow() {
    arrange();
    window.clearTimeout(waiting);
    // The server away for a moment is no trouble here: the form is checked when it is sent.
    waiting = window.setTimeout(() => show().catch(() => undefined), 250);
  }

  form.addEventListener("input", follow);
  form.addEventListener("change", follow);
  button.hidden = true;
  arrange();
  show().catch(() => undefined);
})();
