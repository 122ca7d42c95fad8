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

// The session ends at a time that the server knows. Two minutes before, a person is asked, in time to say that they are
// there: by one press, also of the keyboard. What they do on another page of theirs counts here too.
const ending = document.getElementById("session-ending");
if (ending) {
  const warnedBefore = 120;
  const shown = document.getElementById("session-ends-at");
  const words = document.getElementById("session-ending-words");
  const form = ending.querySelector("form");
  const others = "BroadcastChannel" in window ? new BroadcastChannel("session") : null;
  let isLast = "isLast" in ending.dataset;
  let endsAt = Date.now() + 1000 * Number(ending.dataset.endsIn);
  let timer;

  const clock = () =>
    new Date(endsAt)
      .toLocaleTimeString("en-GB", { timeZone: "Europe/London", hour: "numeric", minute: "2-digit", hour12: true })
      .replace(/\s|:00/g, "")
      .toLowerCase();
  const say = (text) => {
    words.textContent = text;
  };
  // Whoever comes to this screen later reads nothing of a case on it: of the page only forms stay in which something was
  // typed, and nothing of the server is needed for that. Returns whether there are any.
  const main = document.querySelector("main");
  const isTyped = (box) =>
    box.type === "checkbox" || box.type === "radio"
      ? box.checked !== box.defaultChecked
      : box.tagName === "SELECT"
        ? [...box.options].some((option) => option.selected !== option.defaultSelected)
        : "defaultValue" in box && box.type !== "hidden" && box.value !== box.defaultValue;
  const forget = () => {
    const typed = [...main.querySelectorAll("form[method=post]")].filter((one) => [...one.elements].some(isTyped));
    main.replaceChildren(...typed);
    document.title = "You were signed out";
    return typed.length > 0;
  };
  const close = () => {
    if (ending.open) ending.close();
  };
  const look = () => {
    clearTimeout(timer);
    const left = (endsAt - Date.now()) / 1000;
    if (left <= 0) {
      form.hidden = true;
      document.getElementById("session-ending-title").textContent = "You were signed out";
      say(
        forget()
          ? "What you have typed is still here, and the rest of the page was taken away. When you send it you are asked to sign in, and nothing is lost. Press Escape to go back to it."
          : "What this page showed was taken away. Load it again to sign in.",
      );
      if (!ending.open) ending.showModal();
    } else if (left <= warnedBefore) {
      form.hidden = isLast;
      say(
        isLast
          ? `You have been signed in for nearly 8 hours, and are signed out at ${clock()}. What you have typed is kept: send it now, or after you sign in again. Press Escape to go back to it.`
          : `You have done nothing here for a while, so you are signed out at ${clock()}. What you have typed is kept.`,
      );
      if (!ending.open) ending.showModal();
      timer = setTimeout(look, 1000 * left + 200);
    } else {
      timer = setTimeout(look, Math.min(1000 * (left - warnedBefore), 2 ** 30));
    }
  };
  const lasts = (seconds, last) => {
    endsAt = Date.now() + 1000 * seconds;
    isLast = last;
    shown.textContent = clock();
    close();
    look();
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const told = await answer.json();
      lasts(told.ends_in, told.is_last);
      others?.postMessage({ seconds: told.ends_in, last: told.is_last });
    } catch {
      endsAt = Math.min(endsAt, Date.now());
      look();
    }
  });
  others?.addEventListener("message", ({ data }) => lasts(data.seconds, data.last));
  others?.postMessage({ seconds: Number(ending.dataset.endsIn), last: isLast });
  document.addEventListener("visibilitychange", look); // a laptop that slept
  look();
}
