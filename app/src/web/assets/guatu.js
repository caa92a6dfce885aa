// What a page can do better with a script. Nothing here is needed: every page works without it.
"use strict";
// After a refusal the eye and the screen reader go to what must be mended.
document.getElementById("summary")?.focus();
// A form is sent once: a second tap on a slow line would only wait. The client-made id makes even that harmless.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", () => setTimeout(() => form.querySelectorAll("button").forEach((b) => (b.disabled = true))));
}
addEventListener("pageshow", () => document.querySelectorAll("form button[disabled]").forEach((b) => (b.disabled = false)));
