// Pages work without this. It adds buttons that copy, the reader's own zone to the list of zones, and keeps a page that
// nobody touches current.
"use strict";

for (const source of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  const what = source.getAttribute("data-copy");
  button.setAttribute("aria-label", `Copy ${what}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select and copy";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  source.after(button);
}

for (const select of document.querySelectorAll("select[name=zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = [...select.options].some((option) => option.value === zone);
  if (zone && zone.includes("/") && !known) {
    select.append(new Option(`${zone.replaceAll("_", " ")} (yours)`, zone));
  }
}

const renewSeconds = Number(document.body.dataset.renew);
if (renewSeconds > 0) {
  let touched = Date.now();
  for (const event of ["pointerdown", "keydown", "scroll", "input"]) {
    addEventListener(event, () => { touched = Date.now(); }, { passive: true });
  }
  setInterval(() => {
    const isIdle = Date.now() - touched >= renewSeconds * 1000;
    if (isIdle && document.visibilityState === "visible") location.reload();
  }, 30_000);
}
