// Keeps an open page up to date. Without this script every page works, and shows what was true when it was loaded.
"use strict";

const lost = document.getElementById("connection");
let events = null;
let isLoading = false;
let isStale = false;

// Replaces each part that may change by the same part of the newly rendered page.
async function refresh() {
  if ("answer" in document.documentElement.dataset) {
    return; // the answer to a form has no address of its own
  }
  if (isLoading) {
    isStale = true;
    return;
  }
  isLoading = true;
  isStale = false;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const newer = page.getElementById(part.id);
      // Not under the reader's hands: a focus or a selection would be lost.
      if (newer && newer.innerHTML !== part.innerHTML && !isInUse(part)) {
        replace(part, newer);
      }
    }
  } catch {
    // The stream of events says that the connection is lost.
  }
  isLoading = false;
  if (isStale) {
    refresh();
  }
}

function isInUse(part) {
  const selection = getSelection();
  const isSelected = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  return isSelected || part.contains(document.activeElement) || [...part.querySelectorAll("input, textarea")].some(isChanged);
}

function isChanged(field) {
  return field.checked !== field.defaultChecked || field.value !== field.defaultValue;
}

function replace(part, newer) {
  const scrolled = [...part.querySelectorAll("[tabindex]")].map((each) => [each.scrollTop, each.scrollLeft]);
  part.innerHTML = newer.innerHTML;
  [...part.querySelectorAll("[tabindex]")].forEach((each, index) => {
    [each.scrollTop, each.scrollLeft] = scrolled[index] ?? [0, 0];
  });
}

// A hidden page needs no stream, and a browser has few connections to one host.
function follow() {
  if (document.hidden) {
    events?.close();
    events = null;
  } else if (!events) {
    events = new EventSource("/events");
    events.addEventListener("change", refresh);
    events.addEventListener("open", () => (lost.hidden = true));
    events.addEventListener("error", () => (lost.hidden = false));
  }
}

// Who ticks messages means these, and not all that match.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (event.target.name !== "id" || !form) {
    return;
  }
  const count = form.querySelectorAll("input[name=id]:checked").length;
  form.querySelector(`input[name=which][value=${count ? "ticked" : "listed"}]`).checked = true;
  document.getElementById("ticked").textContent = count ? ` (${count})` : "";
});

document.addEventListener("visibilitychange", follow);
follow();
