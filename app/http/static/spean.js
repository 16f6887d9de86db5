/* What Spean's pages do beyond plain HTML. Everything works without this file. */
"use strict";

(() => {
  const leave = document.querySelector("form[data-leave]");

  // Quick exit: sign out on the server, then replace this page, so that Back cannot show it.
  const go = () => {
    const data = new FormData(leave);
    data.set("beacon", "1");
    document.documentElement.hidden = true;
    navigator.sendBeacon(leave.action, data);
    window.location.replace(leave.dataset.leave);
  };
  if (leave) {
    leave.addEventListener("submit", (event) => {
      event.preventDefault();
      go();
    });
    let presses = [];
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      presses = [...presses, event.timeStamp].filter((at) => event.timeStamp - at < 1500);
      if (presses.length >= 3) go();
    });
  }

  // A page taken from the browser's memory is asked for again: after signing out, that is the sign-in page.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });

  // A form is sent once, however often a slow phone is tapped.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.hasAttribute("data-once")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
  });

  const errors = document.querySelector("[data-focus]");
  if (errors) errors.focus();

  for (const button of document.querySelectorAll("[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    button.hidden = !navigator.clipboard;
    source.addEventListener("focus", () => source.select());
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(source.value);
      button.textContent = button.dataset.copied;
    });
  }

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
