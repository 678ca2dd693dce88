"use strict";

// Judges a configuration without leaving the page, so that it stays in its field: the server does
// not send it back. Without JavaScript the verdicts come on a page of their own.
(function () {
  const form = document.querySelector("form[data-trial]");
  const results = document.querySelector("[data-trial-results]");
  if (!form || !results) {
    return;
  }

  function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.querySelector("[data-trial-results]");
    if (!fresh) {
      return false;
    }
    results.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    // What is wrong with one field stands beside it.
    for (const row of form.querySelectorAll(".form-row")) {
      row.querySelector(".errorlist")?.remove();
      const name = [...row.classList].find((each) => each.startsWith("field-"));
      const errors = page.querySelector("form[data-trial] ." + name + " .errorlist");
      if (errors) {
        row.prepend(document.importNode(errors, true));
      }
    }
    return true;
  }

  form.addEventListener("submit", async function (event) {
    event.preventDefault();
    const button = form.querySelector("input[type=submit]");
    button.disabled = true;
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        credentials: "same-origin",
      });
      if (response.redirected || !show(await response.text())) {
        // Logged out, or something that is no page of ours: let the browser show it.
        form.submit();
        return;
      }
      results.focus();
    } catch {
      form.submit();
    } finally {
      button.disabled = false;
    }
  });
})();
