// Courtesies only: every page works without this file.
document.body.classList.add("js-enabled", "govuk-frontend-supported");

// The address carries the hash of the version, which only the page knows.
import(document.getElementById("govuk-frontend").href).then((frontend) => frontend.initAll());

// One press is enough. The server holds to that by itself; this shows the person that the press was seen.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented) return;
  // After this turn, so that the name and value of the button are still sent.
  setTimeout(() => {
    button.disabled = true;
    button.setAttribute("aria-disabled", "true");
  }, 0);
});

// A page taken back from the browser's memory can be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.querySelectorAll("button[aria-disabled]").forEach((button) => {
    button.disabled = false;
    button.removeAttribute("aria-disabled");
  });
});
