"use strict";
// Says that there is news of the return on this page. It reloads nothing: somebody may be filling in a form.
const note = document.querySelector("[data-live]");
if (note && window.EventSource) {
  const source = new EventSource(note.dataset.live);
  source.addEventListener("change", () => {
    note.hidden = false;
    source.close();
  });
}
