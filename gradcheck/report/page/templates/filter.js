"use strict";
(() => {
  const form = document.getElementById("filter");
  const cards = [...document.querySelectorAll(".claim")].map((card) => ({
    card,
    verdict: card.dataset.verdict,
    strength: card.dataset.strength,
    section: card.dataset.section,
    words: "",
  }));
  const count = document.getElementById("count");
  const nothing = document.getElementById("nothing");

  // Everything that a card shows, its code too: read when somebody searches, for a page opens at once.
  function words(one) {
    one.words ||= (one.card.textContent + " " + one.card.dataset.find).toLowerCase();
    return one.words;
  }

  function apply() {
    const chosen = new FormData(form);
    const verdicts = new Set(chosen.getAll("verdict"));
    const strength = chosen.get("strength") || "";
    const section = chosen.get("section") || "";
    const wanted = chosen.get("find").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const one of cards) {
      const fits =
        (verdicts.size === 0 || verdicts.has(one.verdict)) &&
        (!strength || one.strength === strength) &&
        (!section || one.section === section) &&
        wanted.every((word) => words(one).includes(word));
      one.card.hidden = !fits;
      shown += fits;
    }
    count.textContent = shown === cards.length ? `all ${shown} claims` : `${shown} of ${cards.length} claims`;
    nothing.hidden = shown > 0 || cards.length === 0;
  }

  function openAll(open) {
    for (const one of cards) if (!one.card.hidden) one.card.open = open;
  }

  function visit() {
    const target = document.getElementById(location.hash.slice(1));
    const card = target && target.closest(".claim");
    if (!card) return;
    if (card.hidden) {
      form.reset();
      apply();
    }
    card.open = true;
    target.scrollIntoView();
  }

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  document.getElementById("open").addEventListener("click", () => openAll(true));
  document.getElementById("close").addEventListener("click", () => openAll(false));
  window.addEventListener("hashchange", visit);
  form.hidden = false;
  apply();
  visit();
})();
