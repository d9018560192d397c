(() => {
  const box = document.currentScript.closest(".questions");
  const asked = [...box.querySelectorAll(".question")];
  const kept = "truemask decisions " + box.dataset.together;
  const words = { w: "accept", r: "reject" };
  let decided = {};
  try { decided = JSON.parse(localStorage.getItem(kept)) || {}; } catch { /* private windows keep nothing */ }
  let now = 0;

  const open = () => asked.findIndex((one) => !(one.dataset.finding in decided));

  function show(at) {
    now = Math.max(0, Math.min(asked.length - 1, at));
    asked.forEach((one, place) => { one.hidden = place !== now; });
    const count = asked.filter((one) => one.dataset.finding in decided).length;
    const said = decided[asked[now].dataset.finding];
    box.querySelector(".place").textContent = `${now + 1} of ${asked.length}, ${count} decided`;
    box.querySelector("progress").value = count;
    for (const key of ["w", "r"]) {
      box.querySelector(`[data-key="${key}"]`).setAttribute("aria-pressed", said === words[key]);
    }
    box.querySelector(".save").disabled = count === 0;
  }

  function press(key) {
    if (key in words) {
      decided[asked[now].dataset.finding] = words[key];
      try { localStorage.setItem(kept, JSON.stringify(decided)); } catch { /* saved by the button alone */ }
      show(open() < 0 ? now : now + 1);
    } else {
      show(now + (key === "b" ? -1 : 1));
    }
  }

  function save() {
    const lines = asked.map((one) => one.dataset.finding).filter((finding) => finding in decided)
      .map((finding) => JSON.stringify({ finding, decision: decided[finding] }) + "\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(lines, { type: "application/jsonl" }));
    link.download = box.dataset.file;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  box.querySelectorAll("[data-key]").forEach((one) => one.addEventListener("click", () => press(one.dataset.key)));
  box.querySelector(".save").addEventListener("click", save);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = { ArrowLeft: "b", ArrowRight: "s" }[event.key] || event.key.toLowerCase();
    if ("wrsb".includes(key) && key.length === 1) { event.preventDefault(); press(key); }
  });
  show(Math.max(0, open()));
})();
