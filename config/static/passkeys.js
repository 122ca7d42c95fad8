// Passkeys: asks the device, puts its answer into the form, sends it. Whatever goes wrong is said beside the button.
const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (mark) => mark.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

// What the server wrote as text, as the browser wants it: bytes.
const asked = (options) => {
  const publicKey = { ...options.publicKey, challenge: toBytes(options.publicKey.challenge) };
  if (publicKey.user) publicKey.user = { ...publicKey.user, id: toBytes(publicKey.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"])
    if (publicKey[list]) publicKey[list] = publicKey[list].map((one) => ({ ...one, id: toBytes(one.id) }));
  return { publicKey };
};

// What the device answered, as text again.
const answered = (credential) => {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
};

const optionsOf = async (place) => {
  if (place.dataset.options) return JSON.parse(place.dataset.options);
  const answer = await fetch(place.dataset.ask, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`asked for what to sign: ${answer.status}`);
  return answer.json();
};

const say = (place, words) => {
  const said = place.querySelector(".rr-passkey__said");
  const line = document.createElement("p");
  line.className = "govuk-error-message";
  line.textContent = words;
  said.replaceChildren(line);
};

if (window.PublicKeyCredential) {
  document.querySelectorAll(".rr-passkey__none").forEach((one) => one.remove());
  document.querySelectorAll("[data-passkey]").forEach((place) => {
    place.hidden = false;
    const form = place.querySelector("form");
    const button = form.querySelector("button");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        const options = asked(await optionsOf(place));
        const isNew = place.dataset.passkey === "create";
        const credential = isNew
          ? await navigator.credentials.create(options)
          : await navigator.credentials.get(options);
        form.elements.credential.value = JSON.stringify(answered(credential));
        form.submit();
      } catch (trouble) {
        button.disabled = false;
        const isKnown = trouble.name === "InvalidStateError";
        say(
          place,
          isKnown
            ? "This device has a passkey for your account already"
            : "The passkey was not used: it was stopped, took too long, or is not on this device. Try again, or use another way",
        );
      }
    });
  });
}
