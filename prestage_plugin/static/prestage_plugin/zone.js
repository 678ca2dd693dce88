"use strict";

// Tells the server the browser's time zone, in which it shows times unless the user chose another.
(function () {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) {
    document.cookie = "prestage_time_zone=" + zone + "; path=/; max-age=31536000; samesite=lax";
  }
})();
