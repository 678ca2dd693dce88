"use strict";

// Work that takes several requests goes on by itself. Without JavaScript, a button does.
(function () {
  const form = document.querySelector("form[data-go-on]");
  if (form) {
    form.submit();
  }
})();
